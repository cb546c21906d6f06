/** Codes of protocols as the sentences of rules write them. */
import { ntStatuses } from '../codes/ntstatus.ts'
import { sspiResults } from '../codes/sspi.ts'
import { type CodeTable, meaningOf, symbolOf, written } from '../codes/table.ts'

/** `ERRINFO_SERVER_DENIED_CONNECTION (0x00000007): server denied the connection`; `code 0x12345678` when it is not known. */
export function codeWords(table: CodeTable, code: number): string {
  const meaning = meaningOf(table, code)
  const number = written(table, code)
  return meaning === '' ? `code ${number}` : `${symbolOf(table, code)} (${number}): ${meaning}`
}

/** Windows puts results of both kinds into one field: NTSTATUS and HRESULT of the security packages. */
export function logonCodeWords(code: number): string {
  const table = ntStatuses.byValue.has(code) ? ntStatuses : sspiResults
  return table.byValue.has(code) ? codeWords(table, code) : `error ${written(table, code)}`
}
