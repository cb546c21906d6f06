/** Gives an analysis back from what the JSON report says of a capture: all that reports of any format are written from. */
import type { AttemptAnalysis, CaptureAnalysis, NamedRecording } from '../analysis.ts'
import type { AssessedAttempt, AssessedCapture, AssessedVerdict } from '../policy/assessment.ts'
import { withoutPolicy } from '../policy/restore.ts'
import { assessedMembers, type attemptObject } from './json.ts'
import type { ReportedCode } from './reported-code.ts'

/** A capture of a report that was held against the schema. */
export interface WrittenCapture
  extends Pick<CaptureAnalysis, 'path' | 'format' | 'packets' | 'bytes' | 'endNs' | 'error' | 'quality'>,
    Pick<AssessedCapture, 'attemptCounts' | 'diagnosis' | 'position' | 'policy'> {
  readonly startSeconds: number | null
  readonly startNanoseconds: number | null
  readonly attempts: readonly WrittenAttempt[]
  readonly reportedCode?: { readonly error: string; readonly extended: string | null }
}

type WrittenAttempt = ReturnType<typeof attemptObject>
type WrittenVerdict = WrittenAttempt['verdicts'][number]

/**
 * Without its position: it is on its way into the whole; and as it was before a policy was applied.
 * @param titles of recordings, by their ids
 */
export function writtenAnalysis(written: WrittenCapture, titles: ReadonlyMap<string, string>): CaptureAnalysis {
  const { path, format, packets, bytes, startSeconds, startNanoseconds, endNs, error, quality, policy } = written
  return withoutPolicy({
    path,
    format,
    packets,
    bytes,
    start: startSeconds === null ? null : { seconds: startSeconds, nanoseconds: startNanoseconds ?? 0 },
    endNs,
    error,
    quality,
    attempts: written.attempts.map(attempt => attemptAnalysis(attempt, titles)),
    attemptCounts: written.attemptCounts,
    diagnosis: written.diagnosis,
    ...(policy === undefined ? {} : { policy }),
  })
}

/** The code that the captures of the report were held against. */
export function writtenCode({ reportedCode }: WrittenCapture): ReportedCode | null {
  if (reportedCode === undefined) return null
  const { error, extended } = reportedCode
  return { error: Number(error), extended: extended === null ? null : Number(extended) }
}

function attemptAnalysis(written: WrittenAttempt, titles: ReadonlyMap<string, string>): AssessedAttempt {
  const { client, server, milestones, links, closedBy, connections, verdicts } = written
  return {
    id: written.id,
    purpose: written.purpose,
    transport: written.transport,
    client,
    server: { address: server.address, port: server.port },
    serverName: server.name ?? '',
    startNs: written.startNs,
    endNs: written.endNs,
    outcome: written.outcome,
    milestones: milestones.map(({ id, state, packet, inferred }) => ({
      id,
      state,
      packet: packet ?? 0,
      ...(inferred ? { inferred } : {}),
    })),
    chain: links,
    closing: closing(closedBy),
    errorInfo: written.errorInfo,
    capturePoint: written.capturePoint,
    members: connections,
    quality: written.quality,
    verdicts: verdicts.map(verdict => verdictAnalysis(verdict, titles)),
    ladder: null,
  }
}

function closing(written: WrittenAttempt['closedBy']): AttemptAnalysis['closing'] {
  const { side, how, packet, timeNs } = written
  const end = { side, how, packet: packet ?? 0, timeNs }
  const { authenticity, signs, hops, whereabouts } = written
  // Of a FIN or reset only.
  if (authenticity === undefined || signs === undefined) return end
  return { ...end, sender: { authenticity, signs, hops: hops ?? -1, whereabouts: whereabouts ?? '' } }
}

function verdictAnalysis(written: WrittenVerdict, titles: ReadonlyMap<string, string>): AssessedVerdict {
  return {
    ...assessedMembers(written),
    rule: written.rule,
    verdict: written.verdict,
    severity: written.severity,
    says: written.says,
    short: written.short,
    evidence: written.evidence.map(({ packet, timeNs, says }) => ({ packet, timeNs, says })),
    filter: written.filter,
    remedy: written.remedy === '' ? [] : written.remedy.split('\n'),
    toSettle: written.toSettle ?? '',
    restsOn: written.restsOn,
    settledBy: written.settledBy.map((id): NamedRecording => ({ id, title: titles.get(id) ?? id })),
  }
}
