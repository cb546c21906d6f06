/** An analysis as it was before a policy was applied: so that a report that was written can be judged by another policy. */
import type { CaptureAnalysis, DiagnosisEntry, VerdictAnalysis } from '../analysis.ts'
import { byWeight } from '../rules/judge.ts'
import type { Assessed, AssessedCapture, AssessedEntry, AssessedVerdict } from './assessment.ts'
import { lineKey } from './fingerprint.ts'

export function withoutPolicy(assessed: AssessedCapture): CaptureAnalysis {
  const { policy, attempts, diagnosis, ...same } = assessed
  if (policy === undefined) return assessed
  return {
    ...same,
    attempts: attempts.map(attempt => ({ ...attempt, verdicts: attempt.verdicts.map(restoredVerdict) })),
    diagnosis: joined(diagnosis).sort(byWeight),
  }
}

function restoredVerdict({ baselineState: _, ...verdict }: AssessedVerdict): VerdictAnalysis {
  return restored(verdict)
}

function restored<T extends Assessed & Pick<VerdictAnalysis, 'severity'>>(finding: T): Omit<T, keyof Assessed> {
  const { fails: _, excuse: __, claimedSeverity, ...same } = finding
  return { ...same, severity: claimedSeverity ?? finding.severity }
}

/** Lines that were parted because only some of their attempts are excused. */
function joined(entries: readonly AssessedEntry[]): DiagnosisEntry[] {
  const lines = new Map<string, DiagnosisEntry>()
  for (const part of entries.map(restored)) {
    const key = lineKey(part, part.outcome)
    const line = lines.get(key)
    lines.set(key, line === undefined ? part : together(line, part))
  }
  return [...lines.values()]
}

function together(one: DiagnosisEntry, other: DiagnosisEntry): DiagnosisEntry {
  const first =
    (one.attempts[0] ?? Number.POSITIVE_INFINITY) < (other.attempts[0] ?? Number.POSITIVE_INFINITY) ? one : other
  return {
    ...first,
    attempts: [...new Set([...one.attempts, ...other.attempts])].sort((a, b) => a - b),
    count: one.count + other.count,
  }
}
