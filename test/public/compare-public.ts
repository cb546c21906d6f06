/**
 * `npm run check:fields`: every field of every packet that both the tool and tshark know, over all captures below
 * ../shared/captures/public, two at a time: tshark needs most of a second for each. What differs for a reason stands in
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
/** That so much was compared at least: a comparison of nothing finds no difference. */
const LEAST_CAPTURES = 985
const LEAST_PACKETS = 24_000
const LEAST_OCCURRENCES = 1_900_000

if (!existsSync(FOLDER) || !judges()) {
  console.log('skipped: no public captures here, or no tshark 4.0')
  exit(0)
}

const list = new KnownDifferences()
const started = performance.now()
const compared = await compareFolder(FOLDER, 'public/', new Comparer(), list)
const violations = [...compared.unexplained, ...list.unused('public/')]
if (compared.captures < LEAST_CAPTURES) violations.push(`only ${compared.captures} captures were compared`)
if (compared.packets < LEAST_PACKETS) violations.push(`only ${compared.packets} packets were compared`)
if (compared.occurrences < LEAST_OCCURRENCES) violations.push(`only ${compared.occurrences} fields were compared`)
for (const violation of violations) console.error(violation)
console.log(
  `${compared.captures} captures, ${compared.packets} packets, ${compared.occurrences} fields compared in ` +
    `${Math.round((performance.now() - started) / 1000)} s; ${compared.known} known differences, ${violations.length} violations`,
)
exit(violations.length === 0 ? 0 : 1)
