/**
 * What the tool claims above info of captures that nobody here made, held against findings.tsv: each claim stands there with
 * the reason why it is right. A claim that is not listed, and a line that nothing claims, are violations.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const LIST = join(import.meta.dirname, 'findings.tsv')
const COLUMNS = 5

/** As far as this check reads the JSON report. */
export interface DiagnosedCapture {
  readonly path: string
  readonly diagnosis: readonly {
    readonly rule: string
    readonly verdict: string
    readonly severity: string
    readonly says: string
  }[]
}

/** @param nameOf A capture's path as findings.tsv has it. */
export function findingViolations(captures: readonly DiagnosedCapture[], nameOf: (path: string) => string): string[] {
  const listed = new Set(listedFindings())
  const violations: string[] = []
  for (const { path, diagnosis } of captures) {
    for (const { rule, verdict, severity, says } of diagnosis) {
      if (severity === 'info') continue
      const key = [nameOf(path), rule, verdict, severity].join('\t')
      if (!listed.delete(key)) violations.push(`not in findings.tsv: ${key}: ${says}`)
    }
  }
  for (const key of listed) violations.push(`in findings.tsv, but no longer found: ${key}`)
  return violations
}

/** Columns: path, rule, verdict, severity, why it is right. */
function listedFindings(): string[] {
  const rows = readFileSync(LIST, 'utf8').trimEnd().split('\n').slice(1)
  return rows.map(row => {
    const columns = row.split('\t')
    if (columns.length !== COLUMNS || columns.includes(''))
      throw new Error(`findings.tsv: ${COLUMNS} columns wanted: ${row}`)
    return columns.slice(0, COLUMNS - 1).join('\t')
  })
}
