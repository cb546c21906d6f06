/** `rdpscope scan`: verdicts of captures. */
import type { CaptureAnalysis } from '../analysis.ts'
import { rules } from '../rules/index.ts'
import { analysesOf } from './analyses.ts'
import { conclude } from './conclusion.ts'
import { type CaptureInput, captureInputs } from './inputs.ts'
import { type KeyOptions, keyMaterial } from './keys.ts'
import type { Streams } from './output.ts'
import { pathList } from './path-list.ts'
import { type PolicyOptions, policyFor } from './policy.ts'
import { type CodeOptions, reportedCode } from './reported-code.ts'
import { destinations, Reports, withSummary } from './reports.ts'
import { prepareStore } from './result-store.ts'
import { partOf, shardWish } from './shard.ts'
import { UsageError } from './status.ts'

export interface ScanOptions extends KeyOptions, PolicyOptions, CodeOptions {
  /** `format` or `format=file`; none is text. */
  readonly format?: readonly string[]
  readonly output?: string
  readonly verbose: boolean
  readonly width?: number
  /** A list of paths; `-` is standard input. */
  readonly filesFrom?: string
  readonly jobs: number
  /** `I/N`. */
  readonly shard?: string
  /** A folder that keeps what is finished. */
  readonly resume?: string
  readonly progress?: boolean
  /** A folder: what appears in it is scanned, until the scan is interrupted. */
  readonly watch?: string
  /** Seconds: a file there that has not changed for so long is finished. */
  readonly settled: number
}

/** @returns the exit status. */
export async function scan(paths: readonly string[], options: ScanOptions, streams: Streams): Promise<number> {
  const all = await inputsOf(paths, options)
  const { format = [], verbose, width, jobs, resume = null } = options
  const policy = await policyFor(options, streams)
  const part = options.shard === undefined ? null : partOf(all, shardWish(options.shard))
  const inputs = part?.inputs ?? all
  const files = all.map(({ path }) => path)
  const places = withSummary(destinations(format, options.output, files), process.env.GITHUB_STEP_SUMMARY)
  const keys = keyMaterial(options, streams)
  if (resume !== null) prepareStore(resume)
  const shard = part?.shard ?? null
  const wishes = { code: reportedCode(options), rules, folder: process.cwd(), verbose, width, shard }
  const reports = await Reports.begin(places, wishes, streams)
  const progress = {
    wanted: options.progress,
    sharesTerminal: streams.columns !== null && places.some(({ path }) => path === null),
    say: (line: string) => streams.complain(line),
  }
  const settings = { keys, resume, jobs, progress }
  if (options.watch !== undefined) {
    const { watching } = await import('./watching.ts')
    const analyses = watching(inputs, settings, { folder: options.watch, settledMs: options.settled * 1e3 }, streams)
    return conclude(analyses, reports, policy, streams)
  }
  const analyses = analysesOf(inputs, settings)
  return conclude(part === null ? analyses : placed(analyses, part.positions), reports, policy, streams)
}

async function inputsOf(paths: readonly string[], { filesFrom, watch, shard }: ScanOptions): Promise<CaptureInput[]> {
  if (watch !== undefined && shard !== undefined)
    throw new UsageError('--shard: what --watch finds is no set that can be shared out')
  if (filesFrom === '-' && paths.includes('-'))
    throw new UsageError('--files-from -: standard input can not be the list and a capture at once')
  const listed = filesFrom === undefined ? [] : await pathList(filesFrom)
  if (paths.length + listed.length === 0 && watch === undefined)
    throw new UsageError("missing argument 'path': name captures, folders or archives, or a list with --files-from")
  const inputs = await captureInputs(paths, listed)
  if (inputs.length === 0 && watch === undefined)
    throw new UsageError(`--files-from ${filesFrom}: no captures in what it lists`)
  return inputs
}

/** Analyses of one part of a set know their places in the whole. */
async function* placed(
  analyses: AsyncIterable<CaptureAnalysis>,
  positions: readonly number[],
): AsyncGenerator<CaptureAnalysis> {
  let at = 0
  for await (const analysis of analyses) yield { ...analysis, position: positions[at++] as number }
}
