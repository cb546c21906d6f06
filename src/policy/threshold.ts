/** Which findings count: for the exit status, and wherever a format has a word for failure. */
import type { Severity, VerdictWord } from '../rules/rule.ts'

/** Findings of this severity or a higher one count, and all findings of these rules. */
export interface FailOn {
  readonly severity: Severity | 'never'
  readonly rules: ReadonlySet<string>
}

/** The heaviest first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info']

const WEIGHT: Record<Severity | 'never', number> = { info: 1, warning: 2, error: 3, never: 4 }

interface Claim {
  readonly rule: string
  readonly verdict: VerdictWord
  readonly severity: Severity
}

/** A confirmed or likely finding at or above the threshold, or of a rule that is named. */
export function isFailure(claim: Claim, { severity, rules }: FailOn): boolean {
  return isClaim(claim) && (WEIGHT[claim.severity] >= WEIGHT[severity] || rules.has(claim.rule))
}

/** What counts at all: confirmed and likely verdicts. */
export function isClaim({ verdict }: Pick<Claim, 'verdict'>): boolean {
  return verdict === 'confirmed' || verdict === 'likely'
}

/** The one that weighs less. */
export function lighter(one: Severity, other: Severity): Severity {
  return WEIGHT[one] < WEIGHT[other] ? one : other
}
