/** `rdpscope scan`: verdicts of captures, one after the other, so that memory does not grow with their number. */
import type { CaptureAnalysis } from '../analysis.ts'
import { analyzeFile, CaptureError, type GivenKeys, unreadable } from '../analyze.ts'
import { clientTables, typedCode } from '../codes/code-family.ts'
import { errorInfo } from '../codes/errinfo.ts'
import { extendedDisconnectReasons } from '../codes/extended-disconnect-reasons.ts'
import type { CodeTable } from '../codes/table.ts'
import { clean } from '../report/clean.ts'
import type { ReportedCode } from '../report/reported-code.ts'
import { type FailOn, isFailure } from '../report/threshold.ts'
import { rules } from '../rules/index.ts'
import { captureInputs } from './inputs.ts'
import { givenKeys, type KeyOptions } from './keys.ts'
import type { Streams } from './output.ts'
import { Progress } from './progress.ts'
import { destinations, Reports, withSummary } from './reports.ts'
import { EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE, UsageError } from './status.ts'

export interface ScanOptions extends KeyOptions {
  /** `format` or `format=file`; none is text. */
  readonly format?: readonly string[]
  readonly output?: string
  readonly verbose: boolean
  readonly failOn: FailOn
  readonly width?: number
  /** What the dialog of the client showed: numbers or symbols. */
  readonly error?: string
  readonly extended?: string
}

/** @returns the exit status. */
export async function scan(paths: readonly string[], options: ScanOptions, streams: Streams): Promise<number> {
  const inputs = await captureInputs(paths)
  const { format = [], verbose, failOn, width } = options
  const places = withSummary(destinations(format, options.output, inputs), process.env.GITHUB_STEP_SUMMARY)
  const keys = givenKeys(options, streams)
  const wishes = { code: reportedCode(options), failOn, rules, folder: process.cwd(), verbose }
  const reports = await Reports.begin(places, width === undefined ? wishes : { ...wishes, width }, streams)
  let status = EXIT_CLEAN
  for (const [index, path] of inputs.entries()) {
    const analysis = await analyzeOne(path, keys, streams)
    await reports.capture(analysis, index)
    status = Math.max(status, statusOf(analysis, failOn))
    if (reports.closed) break
  }
  await reports.end()
  return status
}

/** @throws UsageError for what is neither a number nor a symbol of the tables. */
export function reportedCode({ error, extended }: Pick<ScanOptions, 'error' | 'extended'>): ReportedCode | null {
  if (error === undefined && extended === undefined) return null
  if (error === undefined)
    throw new UsageError('--extended is the second number of a dialog: give the first with --error')
  return {
    error: typed(error, clientTables),
    extended: extended === undefined ? null : typed(extended, [extendedDisconnectReasons, errorInfo]),
  }
}

function typed(text: string, tables: readonly CodeTable[]): number {
  const value = typedCode(text, tables)
  if (value === null)
    throw new UsageError(`${clean(text)}: is neither a number nor a name of such a code (0x904, 2308)`)
  return value
}

/** What can not be read is told on standard error and in the report; the other captures are still read. */
async function analyzeOne(path: string, keys: GivenKeys, streams: Streams): Promise<CaptureAnalysis> {
  const progress = new Progress(path)
  try {
    const analysis = await analyzeFile(path, { keys, onProgress: (read, total) => progress.update(read, total) })
    progress.end()
    if (analysis.error !== null) {
      const { message, remedy } = analysis.error
      streams.complain(`${path}: ${message}; ${remedy}`)
    }
    return analysis
  } catch (error) {
    progress.end()
    if (error instanceof CaptureError) {
      streams.complain(`${error.message}; ${error.remedy}`)
      return unreadable(path, { code: error.code, message: error.message, remedy: error.remedy })
    }
    const what = error instanceof Error ? error.message : String(error)
    streams.complain(`${path}: internal error: ${what}; please report it, with the capture if you may`)
    return unreadable(path, { code: 'internal', message: `internal error: ${what}`, remedy: 'please report it' })
  }
}

/** Unreadable input weighs more than findings. */
export function statusOf({ error, diagnosis }: CaptureAnalysis, failOn: FailOn): number {
  if (error !== null) return EXIT_UNREADABLE
  return diagnosis.some(entry => isFailure(entry, failOn)) ? EXIT_FINDINGS : EXIT_CLEAN
}
