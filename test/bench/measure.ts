/**
 * What a command costs. The CPU time comes from bash's `time` (milliseconds, children included), the peak of resident
 * memory from GNU time where it is installed (Debian package `time`); Node can measure neither of a child.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const GNU_TIME = '/usr/bin/time'
/** The command's own output goes nowhere; its cost is all that bash prints. */
const SCRIPT = `TIMEFORMAT='%3U %3S %3R'; time "$@" >/dev/null 2>/dev/null`

export interface Cost {
  /** User and system time. */
  readonly cpuSeconds: number
  readonly wallSeconds: number
  /** Peak of resident memory; null without GNU time. */
  readonly peakMiB: number | null
  readonly status: number
}

/** What is missing on this machine to measure at all (an error), or to measure memory (a remark). */
export function missing(): { readonly error: string | null; readonly remark: string | null } {
  const bash = spawnSync('bash', ['-c', 'exit 0'])
  const time = spawnSync(GNU_TIME, ['-f', '%M', 'true'])
  return {
    error: bash.status === 0 ? null : 'bash is not there: its `time` measures the CPU time of the commands',
    remark: time.status === 0 ? null : `${GNU_TIME} is not there, so no memory is measured: install the package "time"`,
  }
}

export function measure(command: readonly string[]): Cost {
  const folder = mkdtempSync(join(tmpdir(), 'rdpscope-bench-'))
  try {
    const peakFile = join(folder, 'peak')
    const hasGnuTime = missing().remark === null
    const measured = hasGnuTime ? [GNU_TIME, '-q', '-f', '%M', '-o', peakFile, ...command] : command
    const run = spawnSync('bash', ['-c', SCRIPT, 'bash', ...measured], { encoding: 'utf8' })
    const [user, system, wall] = run.stderr.trim().split(/\s+/).map(Number)
    if (user === undefined || system === undefined || wall === undefined) throw new Error(run.stderr)
    return {
      cpuSeconds: user + system,
      wallSeconds: wall,
      peakMiB: hasGnuTime ? Number(readFileSync(peakFile, 'utf8').trim().split('\n').at(-1)) / 1024 : null,
      status: run.status ?? -1,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The cost in the middle, each figure by itself. */
export function medianCost(costs: readonly Cost[]): Cost {
  const peaks = costs.map(cost => cost.peakMiB).filter(peak => peak !== null)
  return {
    cpuSeconds: median(costs.map(cost => cost.cpuSeconds)),
    wallSeconds: median(costs.map(cost => cost.wallSeconds)),
    peakMiB: peaks.length === 0 ? null : median(peaks),
    status: costs.find(cost => cost.status !== 0)?.status ?? 0,
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
