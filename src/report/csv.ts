/**
 * Findings as CSV (RFC 4180), a row each, for spreadsheets: comma, CRLF, a line of names. A capture that could not be read
 * has a row of its own, as has one that is not as expected. The quoting is a line; what matters is that no cell is taken for a formula.
 */
import type { AssessedCapture } from '../policy/assessment.ts'
import { clean } from './clean.ts'
import { type Finding, findingsOf, packetsOf } from './finding.ts'
import type { ReportWriter } from './format.ts'
import { excuseText } from './policy-words.ts'
import { isoTime } from './time.ts'
import { chainTexts } from './words.ts'

const COLUMNS = [
  'capture',
  'attempt',
  'rule',
  'verdict',
  'severity',
  'says',
  'client',
  'client_port',
  'server',
  'server_port',
  'server_name',
  'transport',
  'outcome',
  'chain',
  'start',
  'packets',
  'filter',
  'remedy',
  'to_settle',
  'fails',
  'excuse',
] as const

type Row = Partial<Record<(typeof COLUMNS)[number], string | number>>

export function csvWriter(): ReportWriter {
  return { head: () => line(COLUMNS), capture: rows, tail: () => '' }
}

function* rows(analysis: AssessedCapture): Generator<string> {
  const { path, error, policy } = analysis
  for (const finding of findingsOf(analysis)) yield row(findingRow(finding, analysis))
  for (const { rule, met, says } of policy?.expectations ?? []) {
    if (!met) yield row({ capture: path, rule, verdict: 'not-as-expected', severity: 'error', says, fails: 'yes' })
  }
  if (error !== null) {
    yield row({ capture: path, verdict: 'unreadable', severity: 'error', says: error.message, remedy: error.remedy })
  }
}

function findingRow({ attempt, verdict }: Finding, { path, start }: AssessedCapture): Row {
  return {
    capture: path,
    attempt: attempt.id,
    rule: verdict.rule,
    verdict: verdict.verdict,
    severity: verdict.severity,
    says: verdict.says,
    client: attempt.client.address,
    client_port: attempt.client.port,
    server: attempt.server.address,
    server_port: attempt.server.port,
    server_name: attempt.serverName,
    transport: attempt.transport,
    outcome: attempt.outcome,
    chain: chainTexts(attempt.chain, { unicode: true }).join(' '),
    start: (start && isoTime(start, attempt.startNs)) ?? '',
    packets: packetsOf(verdict).join(' '),
    filter: verdict.filter,
    remedy: verdict.remedy.join(' '),
    to_settle: verdict.toSettle,
    fails: verdict.fails ? 'yes' : '',
    excuse: verdict.excuse === undefined ? '' : excuseText(verdict.excuse),
  }
}

function row(values: Row): string {
  return line(COLUMNS.map(name => values[name] ?? ''))
}

function line(values: readonly (string | number)[]): string {
  return `${values.map(value => (typeof value === 'number' ? String(value) : cell(value))).join(',')}\r\n`
}

/** What spreadsheets begin a formula with, also in full width. Control characters at the start are escaped by then. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/u
/** Where the list separator is a semicolon, a cell is split there, and its rest may be a formula. */
const SPLIT_FORMULA = /;(?=\s*[=+\-@])/g

function cell(text: string): string {
  const harmless = clean(text).replace(SPLIT_FORMULA, ";'")
  const value = FORMULA.test(harmless) ? `'${harmless}` : harmless
  return /[",;]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
