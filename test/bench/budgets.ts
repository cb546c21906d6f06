/** The budgets of the design, held against what was measured. They are printed, never asserted: machines differ. */
import type { BenchCapture } from './captures.ts'
import type { Cost } from './measure.ts'
import { bareNode, cat, sha256, tool, toolWithKeys, tsharkExpert, tsharkFields, version } from './peers.ts'
import { hundredth, keysOf, type UiRound } from './ui.ts'

/** What one capture cost, by the name of the peer. */
export interface Round {
  readonly capture: BenchCapture
  readonly costs: ReadonlyMap<string, Cost>
}

export interface Measured {
  /** One session: what remains is start-up. */
  readonly single: Round
  readonly startUp: ReadonlyMap<string, Cost>
  readonly mixed?: Round
  /** Of a scan of `mixed`, 0 to 1. */
  readonly rulesShare?: number
  readonly bulk?: Round
  readonly small?: Round
  /** Sessions whose keys are there. */
  readonly sealed?: Round
  /** A tenth of the flows, and all of them. */
  readonly fewFlows?: Round
  readonly manyFlows?: Round
  /** Smaller than `mixed`, because tshark takes so much longer. */
  readonly tshark?: Round
  /** The terminal UI on `bulk`. */
  readonly ui?: UiRound
}

export interface Budget {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly limit: number
  readonly atMost: boolean
}

export function isMet(budget: Budget): boolean {
  return budget.atMost ? budget.value <= budget.limit : budget.value >= budget.limit
}

/** Those that could be measured here. */
export function budgets(measured: Measured): Budget[] {
  const { mixed, rulesShare, bulk, small, sealed, manyFlows, fewFlows, single, startUp, ui } = measured
  const all: (Budget | null)[] = [
    mixed ? atLeast('mixed: tshark -T fields', tsharkRatio(measured, tsharkFields.name), 'x our CPU', 60) : null,
    mixed ? atLeast('mixed: tshark -z expert', tsharkRatio(measured, tsharkExpert.name), 'x our CPU', 20) : null,
    mixed ? atMost('mixed: openssl sha256', cpuRatio(mixed, sha256.name), 'x its CPU', 2) : null,
    mixed ? atMost('mixed: peak memory', peak(mixed), 'MiB', 150) : null,
    rulesShare === undefined ? null : atMost('mixed: all rules together', 100 * rulesShare, '% of a scan', 5),
    bulk ? atMost('bulk: cat', cpuRatio(bulk, cat.name), 'x its CPU', 4) : null,
    bulk ? atMost('bulk: peak memory', peak(bulk), 'MiB', 150) : null,
    small
      ? atLeast('small: packets a CPU second', small.capture.packets / cpu(small, tool.name) / 1e6, 'million', 5)
      : null,
    small ? atMost('small: peak memory', peak(small), 'MiB', 150) : null,
    sealed
      ? atMost('sealed: with keys', cpu(sealed, toolWithKeys.name) / cpu(sealed, tool.name), 'x without', 2)
      : null,
    fewFlows ? atMost(`${counted(fewFlows)} open flows: peak memory`, peak(fewFlows), 'MiB', 150) : null,
    manyFlows ? atMost(`${counted(manyFlows)} open flows: peak memory`, peak(manyFlows), 'MiB', 400) : null,
    atMost('--version', wall(startUp, version.name) / wall(startUp, bareNode.name), 'x node -e 0', 1.5),
    atMost(`${single.capture.packets} packets: wall time`, wall(startUp, tool.name) * 1000, 'ms', 150),
    ui ? atMost('UI: first picture', ui.cost.firstPictureMs / 1000, 's', 2) : null,
    ui ? atMost('UI: a key while loading, computed, 95th', computed(ui, 'loading'), 'ms', 16) : null,
    ui ? atMost('UI: a key after that, computed, 95th', computed(ui, 'loaded'), 'ms', 16) : null,
    ui ? atMost('UI: peak memory', ui.cost.peakMiB, 'MiB', 400) : null,
  ]
  return all.filter(budget => budget !== null)
}

/** What was waited counts the other programs of the machine as well; it is printed beside this. */
function computed(ui: UiRound, when: 'loading' | 'loaded'): number {
  return hundredth(
    keysOf(ui, when).map(({ cpuMs }) => cpuMs),
    95,
  )
}

/** Growth of the peak from few to many flows, a flow. */
export function bytesPerFlow(measured: Measured): number {
  const { fewFlows, manyFlows } = measured
  if (!fewFlows || !manyFlows) return Number.NaN
  const grown = (peak(manyFlows) - peak(fewFlows)) * 2 ** 20
  return grown / (manyFlows.capture.connections - fewFlows.capture.connections)
}

function atMost(name: string, value: number, unit: string, limit: number): Budget | null {
  return Number.isFinite(value) ? { name, value, unit, limit, atMost: true } : null
}

function atLeast(name: string, value: number, unit: string, limit: number): Budget | null {
  return Number.isFinite(value) ? { name, value, unit, limit, atMost: false } : null
}

function cpu(round: Round, name: string): number {
  return round.costs.get(name)?.cpuSeconds ?? Number.NaN
}

function wall(costs: ReadonlyMap<string, Cost>, name: string): number {
  return costs.get(name)?.wallSeconds ?? Number.NaN
}

function peak(round: Round): number {
  return round.costs.get(tool.name)?.peakMiB ?? Number.NaN
}

function cpuRatio(round: Round, name: string): number {
  return cpu(round, tool.name) / cpu(round, name)
}

/**
 * CPU a packet, tshark's on its smaller capture by ours on the full one. tshark's start-up is taken off first: spread over
 * fewer packets it would weigh more. Ours stays in.
 */
function tsharkRatio(measured: Measured, name: string): number {
  const { mixed, tshark, single } = measured
  if (!mixed || !tshark) return Number.NaN
  const theirs = (cpu(tshark, name) - cpu(single, name)) / tshark.capture.packets
  return theirs / (cpu(mixed, tool.name) / mixed.capture.packets)
}

function counted(round: Round): string {
  return round.capture.connections.toLocaleString('en')
}
