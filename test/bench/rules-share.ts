/** What all rules together take of a scan: the share of the samples of a CPU profile that lie within `judge`. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { tool } from './peers.ts'

const PROFILE = 'scan.cpuprofile'

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Of the time in which the main thread is busy, 0 to 1. @throws Error when the profile has nothing of the rules. */
export function rulesShare(path: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'rdpscope-profile-'))
  try {
    const [, ...args] = tool.command(path)
    const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${PROFILE}`]
    spawnSync(execPath, [...flags, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
    return shareOf('judge', JSON.parse(readFileSync(join(folder, PROFILE), 'utf8')) as CpuProfile)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function shareOf(name: string, { nodes, samples, timeDeltas }: CpuProfile): number {
  const below = new Set<number>()
  const idle = new Set<number>()
  // Callers come before those that they call.
  for (const { id, callFrame, children = [] } of nodes) {
    if (callFrame.functionName === name) below.add(id)
    if (callFrame.functionName === '(idle)') idle.add(id)
    if (below.has(id)) for (const child of children) below.add(child)
  }
  let within = 0
  let busy = 0
  for (const [at, id] of samples.entries()) {
    const spent = timeDeltas[at] ?? 0
    if (!idle.has(id)) busy += spent
    if (below.has(id)) within += spent
  }
  if (within === 0) throw new Error(`no sample of the profile lies within ${name}`)
  return within / busy
}
