/** `rdpscope scan`: verdicts of captures. */
import { clientTables, typedCode } from '../codes/code-family.ts'
import { errorInfo } from '../codes/errinfo.ts'
import { extendedDisconnectReasons } from '../codes/extended-disconnect-reasons.ts'
import type { CodeTable } from '../codes/table.ts'
import { clean } from '../report/clean.ts'
import type { ReportedCode } from '../report/reported-code.ts'
import type { FailOn } from '../report/threshold.ts'
import { rules } from '../rules/index.ts'
import { analysesOf } from './analyses.ts'
import { conclude } from './conclusion.ts'
import { captureInputs } from './inputs.ts'
import { givenKeys, type KeyOptions } from './keys.ts'
import type { Streams } from './output.ts'
import { destinations, Reports, withSummary } from './reports.ts'
import { UsageError } from './status.ts'

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
  return conclude(analysesOf(inputs, { keys }), reports, failOn, streams)
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
