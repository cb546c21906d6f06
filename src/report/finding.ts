/** What rules claim of the attempts of a capture, one by one: what formats without prose have a row or a result for. */
import type { VerdictAnalysis } from '../analysis.ts'
import type { AssessedAttempt, AssessedCapture, AssessedVerdict } from '../policy/assessment.ts'
import { lineKey } from '../policy/fingerprint.ts'

export interface Finding {
  readonly attempt: AssessedAttempt
  readonly verdict: AssessedVerdict
}

/** Confirmed, likely and possible verdicts of the listed attempts, in the order of the diagnosis: the best first. */
export function findingsOf({ attempts, diagnosis }: AssessedCapture): Finding[] {
  const byClaim = new Map<string, Finding[]>(diagnosis.map(entry => [lineKey(entry, entry.outcome), []]))
  for (const attempt of attempts) {
    for (const verdict of attempt.verdicts) {
      if (verdict.verdict === 'ruled-out' || verdict.verdict === 'not-visible') continue
      const key = lineKey(verdict, attempt.outcome)
      const alike = byClaim.get(key)
      if (alike === undefined) byClaim.set(key, [{ attempt, verdict }])
      else alike.push({ attempt, verdict })
    }
  }
  return [...byClaim.values()].flat()
}

/** Of the evidence, each once, in order. */
export function packetsOf({ evidence }: Pick<VerdictAnalysis, 'evidence'>): number[] {
  return [...new Set(evidence.map(({ packet }) => packet))].sort((a, b) => a - b)
}
