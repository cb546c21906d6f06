/**
 * `npm run check:public`: scans every file below ../shared/captures/public, one process each. They are captures that nobody
 * here made, many of them broken on purpose. None may crash the tool, hang it or blow up its memory; and it must read as
 * many packets as capinfos does. Where the two differ, differences.tsv says why.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { exit } from 'node:process'
import { capinfosReading, isCapinfosInstalled, type Reading, reading, UNREADABLE } from './capinfos.ts'
import { type DiagnosedCapture, findingViolations } from './findings.ts'
import { type Scan, scan } from './scan-one.ts'

const FOLDER = join(import.meta.dirname, '../../../shared/captures/public')
const DIFFERENCES = join(import.meta.dirname, 'differences.tsv')
const AT_A_TIME = 2
const MAX_SECONDS = 10
const MAX_PEAK_MIB = 300
/** Nothing found, findings, unreadable. */
const GOOD_STATUSES: readonly (number | null)[] = [0, 1, 3]
/** All of them in one process may take longer, not more memory. */
const MAX_SECONDS_FOR_ALL = 300

interface Difference {
  readonly capinfos: Reading
  readonly rdpscope: Reading
}

if (!existsSync(FOLDER)) {
  console.log(`skipped: ${FOLDER} is not there`)
  exit(0)
}

const violations: string[] = []
const withCapinfos = isCapinfosInstalled()
if (!withCapinfos) console.log('capinfos is not installed: packet counts are not compared')

const known = knownDifferences()
const paths = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .map(entry => join(entry.parentPath, entry.name))
  .sort()
const statuses = new Map<string, number>()
let slowest = 0
let largest = 0
let compared = 0

const queue = paths.values()
await Promise.all(
  Array.from({ length: AT_A_TIME }, async () => {
    for (const path of queue) await check(path)
  }),
)
// Other releases of Wireshark know other link types, so this is only worth a remark.
for (const path of known.keys()) console.log(`${path}: listed in differences.tsv, but there is no difference`)
await checkAllTogether()

const counts = [...statuses].sort().map(([status, count]) => `${count} with exit status ${status}`)
console.log(`${paths.length} files: ${counts.join(', ')}`)
console.log(`slowest ${slowest.toFixed(2)} s, largest ${largest.toFixed(0)} MiB, ${compared} packet counts compared`)
for (const violation of violations) console.error(violation)
console.log(violations.length === 0 ? 'no violation' : `${violations.length} violations`)
exit(violations.length === 0 ? 0 : 1)

async function check(path: string): Promise<void> {
  const name = relative(FOLDER, path)
  const result = await scan(path, MAX_SECONDS)
  const status = String(result.status)
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
  slowest = Math.max(slowest, result.seconds)
  largest = Math.max(largest, result.peakMiB)
  judge(name, result, MAX_SECONDS)

  const ours = ourReading(name, result)
  if (!withCapinfos || ours === null) {
    known.delete(name)
    return
  }
  compared++
  const theirs = await capinfosReading(path)
  if (ours === theirs) return
  const listed = known.get(name)
  known.delete(name)
  if (listed?.capinfos === theirs && listed.rdpscope === ours) return
  violations.push(`${name}: capinfos reads ${theirs}, rdpscope ${ours}`)
}

function judge(name: string, result: Scan, maxSeconds: number): void {
  if (!GOOD_STATUSES.includes(result.status)) violations.push(`${name}: exit status ${result.status}`)
  if (/^\s+at .*:\d+/m.test(result.stderr)) violations.push(`${name}: stack trace: ${result.stderr}`)
  if (/internal error/i.test(result.stderr + result.stdout)) violations.push(`${name}: ${result.stderr.trimEnd()}`)
  if (result.seconds > maxSeconds) violations.push(`${name}: took ${result.seconds.toFixed(1)} s`)
  if (!(result.peakMiB <= MAX_PEAK_MIB)) violations.push(`${name}: took ${result.peakMiB.toFixed(0)} MiB`)
}

/** What the JSON report tells; null when there is none. */
function ourReading(name: string, result: Scan): Reading | null {
  const capture = report(name, result)?.captures[0]
  if (capture === undefined) return null
  if (capture.packets === 0 && capture.error !== null) return UNREADABLE
  return reading(capture.packets, capture.error !== null)
}

interface Report {
  readonly captures: readonly (DiagnosedCapture & { readonly packets: number; readonly error: object | null })[]
}

function report(name: string, result: Scan): Report | null {
  try {
    return JSON.parse(result.stdout) as Report
  } catch {
    violations.push(`${name}: standard output is not JSON: ${result.stdout.slice(0, 200)}`)
    return null
  }
}

async function checkAllTogether(): Promise<void> {
  const result = await scan(FOLDER, MAX_SECONDS_FOR_ALL)
  judge('all in one process', result, MAX_SECONDS_FOR_ALL)
  const captures = report('all in one process', result)?.captures ?? []
  violations.push(...findingViolations(captures, path => relative(FOLDER, path)))
  console.log(
    `all in one process: ${captures.length} captures, ${result.seconds.toFixed(1)} s, ${result.peakMiB.toFixed(0)} MiB`,
  )
}

/** Columns: path, what capinfos reads, what rdpscope reads, why. */
function knownDifferences(): Map<string, Difference> {
  const rows = readFileSync(DIFFERENCES, 'utf8').trimEnd().split('\n').slice(1)
  return new Map(
    rows.map((row): [string, Difference] => {
      const [path, capinfos, rdpscope, why] = row.split('\t')
      if (!path || !capinfos || !rdpscope || !why) throw new Error(`differences.tsv: four columns wanted: ${row}`)
      return [path, { capinfos, rdpscope }]
    }),
  )
}
