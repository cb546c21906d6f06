/**
 * Differences between our fields and tshark's, for whoever writes a dissector:
 *
 *     npx tsx test/inspect/compare.ts FILE|FOLDER... [--field PREFIX]... [--listed] [--verbose]
 *
 * One line for each field and kind of difference over all files, the most frequent first, with an example. --field keeps
 * those that begin so. --listed also shows what known-differences.tsv explains. --verbose: one line a difference.
 */
import { existsSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { capturesBelow, example } from './compare-folder.ts'
import { Comparer, type Difference } from './comparison.ts'
import { KnownDifferences } from './known-differences.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const { values, positionals } = parseArgs({
  args: argv.slice(2),
  allowPositionals: true,
  options: {
    field: { type: 'string', multiple: true },
    listed: { type: 'boolean' },
    verbose: { type: 'boolean' },
  },
})
if (positionals.length === 0 || !positionals.every(path => existsSync(path))) {
  console.error('wanted: files or folders that are there')
  exit(2)
}

const comparer = new Comparer()
const list = new KnownDifferences()
const found: Found[] = []
let packets = 0
let occurrences = 0
for (const path of positionals.flatMap(each => (statSync(each).isDirectory() ? capturesBelow(each) : [each]))) {
  const compared = await comparer.compare(path)
  const name = nameOf(path)
  if (compared === null) {
    console.log(`${name}: can not be read`)
    continue
  }
  packets += compared.packets
  occurrences += compared.occurrences
  for (const difference of compared.differences) {
    if (values.field !== undefined && !values.field.some(prefix => difference.field.startsWith(prefix))) continue
    if (!values.listed && list.explains(name, difference)) continue
    found.push({ name, difference })
  }
}
for (const line of values.verbose ? found.map(eachLine) : grouped()) console.log(line)
console.log(`${packets} packets, ${occurrences} occurrences, ${found.length} differences`)

interface Found {
  readonly name: string
  readonly difference: Difference
}

function eachLine({ name, difference }: Found): string {
  return `${difference.field} ${difference.kind}   ${name} ${example(difference)}`
}

/** One line for each field and kind, over all files. */
function grouped(): string[] {
  const groups = new Map<string, Found[]>()
  for (const one of found) {
    const key = `${one.difference.field} ${one.difference.kind}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .map(group => {
      const files = new Set(group.map(({ name }) => name)).size
      return `${group.length}x${files > 1 ? ` in ${files} files` : ''}  ${eachLine(group[0] as Found)}`
    })
}

/** As known-differences.tsv writes it. */
function nameOf(path: string): string {
  const absolute = resolve(path)
  const shared = /\/shared\/captures\/(.*)$/.exec(absolute.split(sep).join('/'))?.[1]
  return shared ?? join(relative(ROOT, absolute)).split(sep).join('/')
}
