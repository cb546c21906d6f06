/** What rules claim of the attempts of a capture, one by one: what formats without prose have a row or a result for. */
import type { AttemptAnalysis, DiagnosisEntry, VerdictAnalysis } from '../analysis.ts'
import type { AssessedAttempt, AssessedCapture, AssessedVerdict } from '../policy/assessment.ts'
import { lineKey } from '../policy/fingerprint.ts'
import { isClaim } from '../policy/threshold.ts'

export interface Finding {
  readonly attempt: AssessedAttempt
  readonly verdict: AssessedVerdict
}

/** Confirmed, likely and possible verdicts of the listed attempts, in the order of the diagnosis: the best first. */
export function findingsOf({ attempts, diagnosis }: AssessedCapture): Finding[] {
  const byClaim = new Map<string, Finding[]>(diagnosis.map(entry => [lineKey(entry, entry.outcome), []]))
  for (const attempt of attempts) {
    for (const verdict of attempt.verdicts) {
      if (!isFinding(verdict)) continue
      const key = lineKey(verdict, attempt.outcome)
      const alike = byClaim.get(key)
      if (alike === undefined) byClaim.set(key, [{ attempt, verdict }])
      else alike.push({ attempt, verdict })
    }
  }
  return [...byClaim.values()].flat()
}

/** The attempt that a line of the diagnosis names first, and its verdict there; null where it is not listed. */
export function firstOf<A extends AttemptAnalysis>(
  { attempts: [first], rule, verdict }: Pick<DiagnosisEntry, 'attempts' | 'rule' | 'verdict'>,
  attempts: readonly A[],
): { readonly attempt: A | null; readonly verdict: A['verdicts'][number] | null } {
  const attempt = attempts.find(({ id }) => id === first) ?? null
  return { attempt, verdict: attempt?.verdicts.find(one => one.rule === rule && one.verdict === verdict) ?? null }
}

/** Confirmed, likely or possible: something was found. */
export function isFinding({ verdict }: Pick<VerdictAnalysis, 'verdict'>): boolean {
  return verdict !== 'ruled-out' && verdict !== 'not-visible'
}

/** What explains an attempt best: confirmed before likely, cause before consequence; null when nothing does. */
export function causeOf({ verdicts }: Pick<AttemptAnalysis, 'verdicts'>): VerdictAnalysis | null {
  const claims = verdicts.filter(one => isClaim(one) && one.severity !== 'info')
  return claims.find(({ verdict }) => verdict === 'confirmed') ?? claims[0] ?? null
}

/** Of the evidence, each once, in order. */
export function packetsOf({ evidence }: Pick<VerdictAnalysis, 'evidence'>): number[] {
  return [...new Set(evidence.map(({ packet }) => packet))].sort((a, b) => a - b)
}
