/**
 * `npm run check:fields`: every field of every packet that both the tool and tshark know, over the captures below
 * ../shared/captures/public: every fourth of them in the order of their names, and those that the list of known differences
 * names one by one. All of them would take too long for what they add. What differs for a reason stands in
 * test/inspect/known-differences.tsv.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { exit } from 'node:process'
import { compareFolder } from '../inspect/compare-folder.ts'
import { Comparer } from '../inspect/comparison.ts'
import { KnownDifferences } from '../inspect/known-differences.ts'
import { judges } from '../support/tcp-tshark.ts'

const FOLDER = join(import.meta.dirname, '../../../shared/captures/public')
/** tshark needs a second or more for each. */
const EVERY = 4
/** That so much was compared at least: a comparison of nothing finds no difference. */
const LEAST_CAPTURES = 240
const LEAST_OCCURRENCES = 400_000

if (!existsSync(FOLDER) || !judges()) {
  console.log('skipped: no public captures here, or no tshark 4.0')
  exit(0)
}

const list = new KnownDifferences()
const isChosen = (name: string, at: number): boolean => at % EVERY === 0 || list.names(name)
const compared = await compareFolder(FOLDER, 'public/', new Comparer(), list, isChosen)
const violations = [...compared.unexplained, ...list.unused('public/')]
if (compared.captures < LEAST_CAPTURES) violations.push(`only ${compared.captures} captures were compared`)
if (compared.occurrences < LEAST_OCCURRENCES) violations.push(`only ${compared.occurrences} fields were compared`)
for (const violation of violations) console.error(violation)
console.log(
  `${compared.captures} captures (one in ${EVERY}), ${compared.packets} packets, ${compared.occurrences} fields compared; ` +
    `${compared.known} known differences, ${violations.length} violations`,
)
exit(violations.length === 0 ? 0 : 1)
