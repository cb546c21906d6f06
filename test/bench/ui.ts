/** What the terminal UI costs on a large capture: measured inside it, as its users wait for it. */
import { spawnSync } from 'node:child_process'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import type { BenchCapture } from './captures.ts'
import type { KeyCost, UiCost } from './ui-driver.ts'

const SOURCE = join(import.meta.dirname, 'ui-driver.ts')
/** Beside what `npm run build` makes, in the same manner. */
const BUILT = join(import.meta.dirname, '../../dist/bench/ui-driver.js')

export interface UiRound {
  readonly capture: BenchCapture
  readonly cost: UiCost
}

export function uiRound(capture: BenchCapture): UiRound {
  buildSync({
    entryPoints: [SOURCE],
    outfile: BUILT,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  })
  const run = spawnSync(process.execPath, [BUILT, capture.path], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (run.status !== 0) throw new Error(`the terminal UI ended with status ${run.status}: ${run.stderr}`)
  return { capture, cost: JSON.parse(run.stdout) as UiCost }
}

/** Typed while the capture is read, or after that. */
export function keysOf({ cost }: UiRound, when: 'loading' | 'loaded'): KeyCost[] {
  return Object.entries(cost.keys).flatMap(([phase, keys]) =>
    (phase === 'loading') === (when === 'loading') ? keys : [],
  )
}

export function hundredth(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(Math.floor((sorted.length * part) / 100), sorted.length - 1)] ?? Number.NaN
}

export function printUi({ capture, cost }: UiRound): void {
  const { packets } = capture
  console.log(`\nthe terminal UI on ${capture.kind}: ${packets.toLocaleString('en')} packets, by what was going on`)
  const [load = 0] = loadavg()
  const processors = availableParallelism()
  if (load > processors) {
    console.log(
      `  the machine is busy (load ${load.toFixed(1)} on ${processors} processors): what was waited is its queue as well`,
    )
  }
  console.log('  keys typed while     keys  waited ms: 50th  95th  most   computed ms: 50th  95th')
  for (const [phase, keys] of Object.entries(cost.keys)) {
    const waited = keys.map(({ waitedMs }) => waitedMs)
    const computed = keys.map(({ cpuMs }) => cpuMs)
    const figures = [
      String(keys.length).padStart(5),
      hundredth(waited, 50).toFixed(1).padStart(16),
      hundredth(waited, 95).toFixed(1).padStart(5),
      hundredth(waited, 100).toFixed(1).padStart(5),
      hundredth(computed, 50).toFixed(1).padStart(19),
      hundredth(computed, 95).toFixed(1).padStart(5),
    ]
    console.log(`  ${phase.padEnd(19)} ${figures.join(' ')}`)
  }
}
