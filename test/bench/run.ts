/**
 * `npm run bench`: measures this tool and its peers in turns (A B C A B C) on generated captures and prints what they
 * cost, and the budgets. See README.md in this folder.
 */
import { spawnSync } from 'node:child_process'
import { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { type Budget, budgets, bytesPerFlow, isMet, type Measured, type Round } from './budgets.ts'
import { type BenchCapture, benchCapture } from './captures.ts'
import type { Kind } from './generate.ts'
import { type Cost, measure, medianCost, missing } from './measure.ts'
import {
  bareNode,
  capinfos,
  cat,
  isInstalled,
  type Peer,
  sha256,
  tool,
  toolWithKeys,
  tsharkExpert,
  tsharkFields,
  version,
} from './peers.ts'
import { rulesShare } from './rules-share.ts'
import { printUi, uiRound } from './ui.ts'

const START_UP_ROUNDS = 15
/** Several minutes of CPU at full size. */
const DEFAULT_TSHARK_SCALE = 0.1

const { values: options } = parseArgs({
  args: argv.slice(2),
  options: {
    scale: { type: 'string', default: '1' },
    'tshark-scale': { type: 'string' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'mixed,bulk,small,flows,sealed,ui' },
    'without-tshark': { type: 'boolean', default: false },
  },
})
const scale = positive('scale', options.scale)
const tsharkScale = positive('tshark-scale', options['tshark-scale'] ?? String(Math.min(scale, DEFAULT_TSHARK_SCALE)))
const rounds = positive('rounds', options.rounds)
const kinds = new Set(options.only.split(','))

const lacking = missing()
if (lacking.error !== null) {
  console.error(`bench: ${lacking.error}`)
  exit(2)
}
if (lacking.remark !== null) console.log(`bench: ${lacking.remark}`)

let failures = 0
const withTshark = !options['without-tshark'] && kinds.has('mixed') && isInstalled(tsharkFields)
const yardsticks = [sha256, cat, capinfos].filter(isInstalled)
console.log(`Medians of ${rounds} rounds, in turns, page cache warm. CPU is user and system time of all threads.`)

const single = round('single', 1, [tool, ...(withTshark ? [tsharkFields, tsharkExpert] : [])], rounds)
const mixed = kinds.has('mixed') ? round('mixed', scale, [tool, ...yardsticks], rounds) : null
const measured: Measured = {
  single,
  startUp: inTurns(single.capture, [bareNode, version, tool], START_UP_ROUNDS),
  ...(mixed === null ? {} : { mixed, rulesShare: rulesShare(mixed.capture.path) }),
  ...(withTshark ? { tshark: round('mixed', tsharkScale, [tool, tsharkFields, tsharkExpert], rounds) } : {}),
  ...(kinds.has('bulk') ? { bulk: round('bulk', scale, [tool, ...yardsticks], rounds) } : {}),
  ...(kinds.has('small') ? { small: round('small', scale, [tool, ...yardsticks], rounds) } : {}),
  ...(kinds.has('sealed') ? { sealed: round('sealed', scale, [tool, toolWithKeys], rounds) } : {}),
  ...(kinds.has('ui') ? { ui: uiRound(benchCapture('bulk', scale, text => console.log(text))) } : {}),
  ...(kinds.has('flows')
    ? { fewFlows: round('flows', scale / 10, [tool], rounds), manyFlows: round('flows', scale, [tool], rounds) }
    : {}),
}

if (measured.ui !== undefined) printUi(measured.ui)
printCosts('start-up', measured.startUp, null)
const growth = bytesPerFlow(measured)
if (Number.isFinite(growth)) console.log(`\nEach further open flow takes ${growth.toFixed(0)} bytes.`)
printBudgets(budgets(measured))
if (failures > 0) console.error(`\nbench: ${failures} runs failed: the figures mean nothing`)
exit(failures > 0 ? 1 : 0)

function round(kind: Kind, size: number, peers: readonly Peer[], times: number): Round {
  const capture = benchCapture(kind, size, text => console.log(text))
  const costs = inTurns(capture, peers, times)
  const { packets, connections, bytes } = capture
  const title = `${kind} at scale ${size}: ${packets} packets, ${connections} connections, ${mebibytes(bytes)} MiB`
  printCosts(title, costs, capture)
  return { capture, costs }
}

function inTurns(capture: BenchCapture, peers: readonly Peer[], times: number): Map<string, Cost> {
  verify(capture)
  const costs = new Map<string, Cost[]>(peers.map(peer => [peer.name, []]))
  for (let turn = 0; turn < times; turn++) {
    for (const peer of peers) {
      const cost = measure(peer.command(capture.path))
      if (cost.status !== 0 && !peer.alsoGood?.includes(cost.status)) {
        failures++
        console.error(`bench: exit status ${cost.status} of ${peer.command(capture.path).join(' ')}`)
      }
      costs.get(peer.name)?.push(cost)
    }
  }
  return new Map([...costs].map(([name, all]) => [name, medianCost(all)]))
}

/** A tool that read only half of the capture would be fast. This also warms the page cache. */
function verify(capture: BenchCapture): void {
  const [program = '', ...args] = tool.command(capture.path)
  const run = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 30 })
  const packets = /"packets": *(\d+)/.exec(run.stdout)?.[1]
  if (Number(packets) === capture.packets) return
  failures++
  console.error(`bench: the report on ${capture.path} tells ${packets ?? 'no'} packets, not ${capture.packets}`)
  if (run.stderr !== '') console.error(run.stderr.trimEnd())
}

function printCosts(title: string, costs: ReadonlyMap<string, Cost>, capture: BenchCapture | null): void {
  const ours = costs.get(tool.name)?.cpuSeconds ?? Number.NaN
  console.log(`\n${title}`)
  console.log(`  ${'command'.padEnd(20)} CPU s  wall s  peak MiB  by our CPU  packets/CPU s`)
  for (const [name, cost] of costs) {
    const peak = cost.peakMiB === null ? '-' : cost.peakMiB.toFixed(0)
    const rate = capture === null ? '-' : `${(capture.packets / cost.cpuSeconds / 1e6).toFixed(2)} M`
    const figures = [
      cost.cpuSeconds.toFixed(3).padStart(7),
      cost.wallSeconds.toFixed(3).padStart(7),
      peak.padStart(9),
      `${(cost.cpuSeconds / ours).toFixed(2)}x`.padStart(11),
      rate.padStart(14),
    ]
    console.log(`  ${name.padEnd(18)} ${figures.join(' ')}`)
  }
}

function printBudgets(all: readonly Budget[]): void {
  console.log(`\nbudgets${scale === 1 ? '' : ` (they hold for scale 1; this is ${scale})`}`)
  if (withTshark) console.log(`  tshark read the mixed capture at scale ${tsharkScale}: its ratios are by packet`)
  for (const budget of all) {
    const limit = `${budget.atMost ? 'at most' : 'at least'} ${budget.limit}`
    const verdict = isMet(budget) ? 'met' : 'MISSED'
    const value = `${budget.value.toFixed(2)} ${budget.unit}`
    console.log(`  ${budget.name.padEnd(36)} ${value.padEnd(20)} ${limit.padEnd(14)} ${verdict}`)
  }
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  console.error(`bench: --${name} wants a number above 0, not "${text}"`)
  return exit(2)
}
