/** `--error` and `--extended`: what the dialog of the client showed, as it was typed. */
import { clientTables, typedCode } from '../codes/code-family.ts'
import { errorInfo } from '../codes/errinfo.ts'
import { extendedDisconnectReasons } from '../codes/extended-disconnect-reasons.ts'
import type { CodeTable } from '../codes/table.ts'
import { clean } from '../report/clean.ts'
import type { ReportedCode } from '../report/reported-code.ts'
import { UsageError } from './status.ts'

export interface CodeOptions {
  /** What the dialog of the client showed: numbers or symbols. */
  readonly error?: string
  readonly extended?: string
}

/** @throws UsageError for what is neither a number nor a symbol of the tables. */
export function reportedCode({ error, extended }: CodeOptions): ReportedCode | null {
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
