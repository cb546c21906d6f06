/**
 * The JSON report, `rdpscope/report@1`. Fields may be added, none renamed. The same analysis gives the same bytes. It is
 * written in pieces, capture by capture, so that a scan of many files does not hold them all.
 */
import type { AttemptAnalysis, CaptureAnalysis, CaptureStart, VerdictAnalysis } from '../analysis.ts'
import { VERSION } from '../version.ts'
import { cleanJson } from './clean.ts'
import { isoTime } from './time.ts'

/** What stands before the first capture. */
export function jsonHead(): string {
  const tool = JSON.stringify({ name: 'rdpscope', version: VERSION })
  return `{\n  "schema": "rdpscope/report@1",\n  "tool": ${tool},\n  "captures": [`
}

/** One capture; `index` counts from 0. */
export function jsonCapture(analysis: CaptureAnalysis, index: number): string {
  const text = cleanJson(JSON.stringify(captureObject(analysis), null, 2))
  return `${index === 0 ? '' : ','}\n    ${text.replaceAll('\n', '\n    ')}`
}

/** What stands behind the last capture. */
export function jsonTail(): string {
  return '\n  ]\n}\n'
}

/** The whole document at once. */
export function jsonReport(analyses: readonly CaptureAnalysis[]): string {
  return jsonHead() + analyses.map(jsonCapture).join('') + jsonTail()
}

function captureObject(analysis: CaptureAnalysis) {
  const { start } = analysis
  return {
    path: analysis.path,
    format: analysis.format,
    packets: analysis.packets,
    bytes: analysis.bytes,
    start: start && isoTime(start, 0),
    end: start && isoTime(start, analysis.endNs),
    error: analysis.error,
    quality: analysis.quality,
    attemptCounts: analysis.attemptCounts,
    attempts: analysis.attempts.map(attempt => attemptObject(attempt, start)),
    diagnosis: analysis.diagnosis,
  }
}

function attemptObject(attempt: AttemptAnalysis, start: CaptureStart | null) {
  const { closing } = attempt
  return {
    id: attempt.id,
    transport: attempt.transport,
    client: { address: attempt.client.address, port: attempt.client.port },
    server: { address: attempt.server.address, port: attempt.server.port, name: attempt.serverName || null },
    start: start && isoTime(start, attempt.startNs),
    end: start && isoTime(start, attempt.endNs),
    outcome: attempt.outcome,
    milestones: attempt.milestones.map(({ id, state, packet }) => ({ id, state, packet: packet || null })),
    closedBy: {
      side: closing.side,
      how: closing.how,
      packet: closing.packet || null,
      time: start && isoTime(start, closing.timeNs),
    },
    quality: attempt.quality,
    verdicts: attempt.verdicts.map(verdict => verdictObject(verdict, start)),
  }
}

function verdictObject(verdict: VerdictAnalysis, start: CaptureStart | null) {
  return {
    rule: verdict.rule,
    verdict: verdict.verdict,
    severity: verdict.severity,
    says: verdict.says,
    evidence: verdict.evidence.map(({ packet, timeNs, says }) => ({
      packet,
      time: start && isoTime(start, timeNs),
      says,
    })),
    filter: verdict.filter,
    remedy: verdict.remedy.join('\n'),
    toSettle: verdict.toSettle || null,
  }
}
