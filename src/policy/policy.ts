/**
 * What people have agreed on about their network: what counts, what is known and what is expected. It is applied to an
 * analysis after it was made and before it is reported (assess.ts). Nothing of it changes what the packets show.
 */
import type { Rule, Severity } from '../rules/rule.ts'
import type { Baseline } from './baseline.ts'
import type { FailOn } from './threshold.ts'

export interface Policy {
  readonly failOn: FailOn
  /** By rule. What a rule claims at its own severity has this one; what it lowered by itself is never raised. */
  readonly severities: ReadonlyMap<string, Severity>
  readonly ignores: readonly Ignore[]
  /** What was there before; null when all counts. */
  readonly baseline: Baseline | null
  /** What this capture must show: rules, or NOTHING alone. Empty when nothing is said of it. */
  expectedOf(path: string): readonly string[]
  /** All that there are, in their order. */
  readonly rules: readonly Pick<Rule, 'id' | 'severity'>[]
}

/** In place of a rule: the capture must show no error and no warning. */
export const NOTHING = 'none'

/** Findings to which all its conditions apply do not count. */
export interface Ignore {
  /** null: of every rule. */
  readonly rule: string | null
  /** Whether the address of either end is meant; null: of every address. */
  readonly hasAddress: ((address: string) => boolean) | null
  /** Whether the capture with this path is meant; null: of every capture. */
  readonly hasCapture: ((path: string) => boolean) | null
  readonly reason: string
  /** The last day on which it holds, as 2027-01-31; null: for good. */
  readonly expires: string | null
  /** That day is over: it is told, and the findings count. */
  readonly lapsed: boolean
}

/** @param today as 2026-11-26 */
export function hasLapsed(expires: string | null, today: string): boolean {
  return expires !== null && expires < today
}
