/** `rdpscope scan`: verdicts of captures, one after the other, so that memory does not grow with their number. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CaptureAnalysis } from '../analysis.ts'
import { analyzeFile, CaptureError, type GivenKeys, unreadable } from '../analyze.ts'
import { clientTables, typedCode } from '../codes/code-family.ts'
import { errorInfo } from '../codes/errinfo.ts'
import { extendedDisconnectReasons } from '../codes/extended-disconnect-reasons.ts'
import type { CodeTable } from '../codes/table.ts'
import { clean } from '../report/clean.ts'
import { jsonCapture, jsonHead, jsonTail } from '../report/json.ts'
import type { ReportedCode } from '../report/reported-code.ts'
import { textReport } from '../report/text.ts'
import { captureInputs } from './inputs.ts'
import { givenKeys, type KeyOptions } from './keys.ts'
import { Output, type Streams } from './output.ts'
import { Progress } from './progress.ts'
import { EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE, UsageError } from './status.ts'
import { textStyle } from './terminal.ts'

export interface ScanOptions extends KeyOptions {
  readonly format: 'text' | 'json'
  readonly output?: string
  readonly verbose: boolean
  readonly failOn: FailOn
  readonly width?: number
  /** What the dialog of the client showed: numbers or symbols. */
  readonly error?: string
  readonly extended?: string
}

type FailOn = 'error' | 'warning' | 'info' | 'never'

/** Writes one kind of report, capture by capture. */
interface ReportWriter {
  head(): string
  capture(analysis: CaptureAnalysis, index: number): Iterable<string>
  tail(): string
}

/** @returns the exit status. */
export async function scan(paths: readonly string[], options: ScanOptions, streams: Streams): Promise<number> {
  const inputs = await captureInputs(paths)
  const output = options.output === undefined ? streams.results : fileOutput(options.output, inputs)
  const keys = givenKeys(options, streams)
  const writer = reportWriter(options, reportedCode(options), streams)
  let status = EXIT_CLEAN
  await output.write(writer.head())
  for (const [index, path] of inputs.entries()) {
    const analysis = await analyzeOne(path, keys, streams)
    for (const piece of writer.capture(analysis, index)) await output.write(piece)
    status = Math.max(status, statusOf(analysis, options.failOn))
    if (output.closed) break
  }
  await output.write(writer.tail())
  if (output !== streams.results) await output.end()
  if (output.error !== null) {
    throw new UsageError(`${options.output ?? 'standard output'}: can not be written: ${output.error.message}`)
  }
  return status
}

/** @throws UsageError for what is neither a number nor a symbol of the tables. */
function reportedCode({ error, extended }: ScanOptions): ReportedCode | null {
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

function reportWriter(options: ScanOptions, code: ReportedCode | null, streams: Streams): ReportWriter {
  if (options.format === 'json') {
    const capture = (analysis: CaptureAnalysis, index: number) => jsonCapture(analysis, index, code)
    return { head: jsonHead, capture, tail: jsonTail }
  }
  const columns = options.output === undefined ? streams.columns : null
  const style = textStyle({
    verbose: options.verbose,
    columns,
    ...(options.width === undefined ? {} : { width: options.width }),
  })
  const silent = columns !== null && streams.messagesShown
  // On a terminal the message on standard error already says that a capture can not be opened.
  const capture = (analysis: CaptureAnalysis) =>
    silent && analysis.format === '' ? [] : [textReport(analysis, style, code)]
  return { head: () => '', capture, tail: () => '' }
}

function fileOutput(path: string, inputs: readonly string[]): Output {
  if (inputs.some(input => resolve(input) === resolve(path)))
    throw new UsageError(`${path}: is one of the captures to read`)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`${path}: is a folder, not a file`)
  return Output.toFile(path)
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

const WEIGHT = { info: 1, warning: 2, error: 3, never: 4 }

/** A confirmed or likely finding at or above the threshold; unreadable input weighs more. */
function statusOf({ error, diagnosis }: CaptureAnalysis, failOn: FailOn): number {
  if (error !== null) return EXIT_UNREADABLE
  const found = diagnosis.some(
    ({ verdict, severity }) => (verdict === 'confirmed' || verdict === 'likely') && WEIGHT[severity] >= WEIGHT[failOn],
  )
  return found ? EXIT_FINDINGS : EXIT_CLEAN
}
