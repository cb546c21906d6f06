/** Which findings count: for the exit status, and wherever a format has a word for failure. */
import type { Severity, VerdictWord } from '../rules/rule.ts'

export type FailOn = Severity | 'never'

const WEIGHT: Record<FailOn, number> = { info: 1, warning: 2, error: 3, never: 4 }

interface Claim {
  readonly verdict: VerdictWord
  readonly severity: Severity
}

/** A confirmed or likely finding at or above the threshold. */
export function isFailure(claim: Claim, failOn: FailOn): boolean {
  return isClaim(claim) && WEIGHT[claim.severity] >= WEIGHT[failOn]
}

/** What counts at all: confirmed and likely verdicts. */
export function isClaim({ verdict }: Pick<Claim, 'verdict'>): boolean {
  return verdict === 'confirmed' || verdict === 'likely'
}
