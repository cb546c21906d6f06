/**
 * The JSON report, `rdpscope/report@1`. Fields may be added, none renamed. The same analysis gives the same bytes. It is
 * written in pieces, capture by capture, so that a scan of many files does not hold them all.
 */
import type { CaptureStart } from '../analysis.ts'
import type { Closing } from '../attempt/attempt.ts'
import type {
  Assessed,
  AssessedAttempt,
  AssessedCapture,
  AssessedEntry,
  AssessedVerdict,
} from '../policy/assessment.ts'
import { REPORT_SCHEMA } from '../policy/baseline.ts'
import { VERSION } from '../version.ts'
import { cleanJson } from './clean.ts'
import type { ReportSettings, ReportWriter, Shard } from './format.ts'
import { againstWire, type ReportedCode } from './reported-code.ts'
import { isoTime } from './time.ts'
import { chainTexts } from './words.ts'

export function jsonWriter({ code, shard }: Pick<ReportSettings, 'code' | 'shard'>): ReportWriter {
  return {
    head: () => jsonHead(shard),
    capture: (analysis, index) => jsonCapture(analysis, index, code),
    tail: jsonTail,
  }
}

/** What stands before the first capture. */
export function jsonHead(shard: Shard | null = null): string {
  const lines = Object.entries(reportMembers(shard)).map(([name, value]) => `\n  "${name}": ${JSON.stringify(value)},`)
  return `{${lines.join('')}\n  "captures": [`
}

/** Of the document, beside its captures. */
export function reportMembers(shard: Shard | null): Record<string, unknown> {
  const report = { schema: REPORT_SCHEMA, tool: { name: 'rdpscope', version: VERSION } }
  if (shard === null) return report
  const { number, of, set, captures } = shard
  return { ...report, shard: { number, of, set, captures } }
}

/**
 * One capture in pieces, attempt by attempt: there may be thousands. `index` counts from 0.
 * @param code what the user was shown: held against the capture in `reportedCode`
 */
export function* jsonCapture(
  analysis: AssessedCapture,
  index: number,
  code: ReportedCode | null = null,
): Generator<string> {
  const { start, attempts } = analysis
  yield `${index === 0 ? '' : ','}\n    {${members(captureMembers(analysis, code))},\n      "attempts": [`
  for (const [at, attempt] of attempts.entries()) {
    yield `${at === 0 ? '' : ','}\n        ${indented(attemptObject(attempt, start), '        ')}`
  }
  const close = attempts.length === 0 ? ']' : '\n      ]'
  yield `${close},${members({ diagnosis: analysis.diagnosis.map(entryObject) })}\n    }`
}

/** What stands behind the last capture. */
export function jsonTail(): string {
  return '\n  ]\n}\n'
}

/** The whole document at once. */
export function jsonReport(analyses: readonly AssessedCapture[], code: ReportedCode | null = null): string {
  const captures = analyses.map((analysis, index) => [...jsonCapture(analysis, index, code)].join(''))
  return jsonHead() + captures.join('') + jsonTail()
}

/** What stands before the attempts of a capture. */
export function captureMembers(analysis: AssessedCapture, code: ReportedCode | null): Record<string, unknown> {
  const { start, position } = analysis
  return {
    path: analysis.path,
    ...(position === undefined ? {} : { position }),
    format: analysis.format,
    packets: analysis.packets,
    bytes: analysis.bytes,
    start: start && isoTime(start, 0),
    end: start && isoTime(start, analysis.endNs),
    startSeconds: start?.seconds ?? null,
    startNanoseconds: start?.nanoseconds ?? null,
    endNs: analysis.endNs,
    error: analysis.error,
    quality: analysis.quality,
    attemptCounts: analysis.attemptCounts,
    ...(analysis.policy === undefined ? {} : { policy: analysis.policy }),
    ...codeOf(analysis, code),
  }
}

function codeOf(analysis: AssessedCapture, code: ReportedCode | null): Record<string, unknown> {
  if (code === null) return {}
  const { error, extended, means, attempt, agreement, says, extendedCheck, causes } = againstWire(code, analysis)
  return { reportedCode: { error, extended, means, attempt, agreement, says, extendedCheck, causes } }
}

/** Members of a capture's object, one a line. */
function members(values: Record<string, unknown>): string {
  const lines = Object.entries(values).map(
    ([name, value]) => `\n      ${JSON.stringify(name)}: ${indented(value, '      ')}`,
  )
  return lines.join(',')
}

function indented(value: unknown, indent: string): string {
  return cleanJson(JSON.stringify(value, null, 2)).replaceAll('\n', `\n${indent}`)
}

export function attemptObject(attempt: AssessedAttempt, start: CaptureStart | null) {
  const { closing } = attempt
  return {
    id: attempt.id,
    purpose: attempt.purpose,
    transport: attempt.transport,
    client: { address: attempt.client.address, port: attempt.client.port },
    server: { address: attempt.server.address, port: attempt.server.port, name: attempt.serverName || null },
    start: start && isoTime(start, attempt.startNs),
    end: start && isoTime(start, attempt.endNs),
    startNs: attempt.startNs,
    endNs: attempt.endNs,
    outcome: attempt.outcome,
    milestones: attempt.milestones.map(({ id, state, packet, inferred = false }) => ({
      id,
      state,
      packet: packet || null,
      inferred,
    })),
    chain: chainTexts(attempt.chain, { unicode: true }).join(' '),
    links: attempt.chain.map(({ step, state, inferred, statuses, says }) => ({
      step,
      state,
      inferred,
      statuses,
      says,
    })),
    closedBy: {
      side: closing.side,
      how: closing.how,
      packet: closing.packet || null,
      time: start && isoTime(start, closing.timeNs),
      timeNs: closing.timeNs,
      ...senderObject(closing.sender),
    },
    capturePoint: attempt.capturePoint,
    errorInfo: attempt.errorInfo,
    connections: attempt.members.map(member => ({
      part: member.part,
      outcome: member.outcome,
      transport: member.transport,
      stream: member.stream,
      client: { address: member.client.address, port: member.client.port },
      server: { address: member.server.address, port: member.server.port },
      firstPacket: member.firstPacket,
      lastPacket: member.lastPacket,
    })),
    quality: attempt.quality,
    verdicts: attempt.verdicts.map(verdict => verdictObject(verdict, start)),
  }
}

/** Of a FIN or reset only. */
function senderObject(sender: Closing['sender']) {
  if (sender === undefined) return {}
  const { authenticity, signs, hops, whereabouts } = sender
  return { authenticity, signs, hops: hops < 0 ? null : hops, whereabouts: whereabouts || null }
}

function verdictObject(verdict: AssessedVerdict, start: CaptureStart | null) {
  return {
    rule: verdict.rule,
    verdict: verdict.verdict,
    severity: verdict.severity,
    says: verdict.says,
    short: verdict.short,
    evidence: verdict.evidence.map(({ packet, timeNs, says }) => ({
      packet,
      time: start && isoTime(start, timeNs),
      timeNs,
      says,
    })),
    filter: verdict.filter,
    remedy: verdict.remedy.join('\n'),
    toSettle: verdict.toSettle || null,
    settledBy: verdict.toSettle === '' ? [] : verdict.settledBy.map(({ id }) => id),
    restsOn: verdict.restsOn,
    ...assessedMembers(verdict),
    ...(verdict.baselineState === undefined ? {} : { baselineState: verdict.baselineState }),
  }
}

export function entryObject(entry: AssessedEntry) {
  const { rule, verdict, severity, outcome, says, attempts, count } = entry
  return { rule, verdict, severity, outcome, says, attempts, count, ...assessedMembers(entry) }
}

/** Only what a policy says. */
export function assessedMembers({ fails, excuse, claimedSeverity }: Assessed): Assessed {
  return {
    ...(fails === undefined ? {} : { fails }),
    ...(excuse === undefined ? {} : { excuse }),
    ...(claimedSeverity === undefined ? {} : { claimedSeverity }),
  }
}
