/** An analysis with what a policy makes of it. Without one it is the analysis itself: all that is added may be absent. */
import type { AttemptAnalysis, CaptureAnalysis, DiagnosisEntry, VerdictAnalysis } from '../analysis.ts'
import type { Severity } from '../rules/rule.ts'
import type { BaselineState } from './baseline.ts'

export interface AssessedCapture extends CaptureAnalysis {
  readonly attempts: readonly AssessedAttempt[]
  readonly diagnosis: readonly AssessedEntry[]
  readonly policy?: CaptureStanding
}

export interface AssessedAttempt extends AttemptAnalysis {
  readonly verdicts: readonly AssessedVerdict[]
}

/** Of a finding. */
export interface Assessed {
  /** It counts: the exit status is 1. */
  readonly fails?: true
  /** Why it does not count, heavy as it may be. */
  readonly excuse?: Excuse
  /** What the rule itself said, where the policy gives it another severity. */
  readonly claimedSeverity?: Severity
}

export interface AssessedVerdict extends VerdictAnalysis, Assessed {
  /** Where there is a baseline. */
  readonly baselineState?: BaselineState
}

/** Where only some of its attempts are excused, a line of the diagnosis is parted in two. */
export interface AssessedEntry extends DiagnosisEntry, Assessed {}

/**
 * - `ignored`: as the policy says
 * - `expected`: the capture was to show it
 * - `known`: the baseline holds it
 */
export interface Excuse {
  readonly kind: 'ignored' | 'expected' | 'known'
  /** Of what is ignored, in the words of those who did; else ''. */
  readonly reason: string
  /** The last day on which that holds; null: for good. */
  readonly expires: string | null
}

/** How a capture stands. */
export interface CaptureStanding {
  /** A finding counts, or an expectation is not met. */
  readonly fails: boolean
  /** What was ignored, by reason, in the order of the policy. */
  readonly ignored: readonly IgnoredFindings[]
  /** What would be, had it not expired. */
  readonly lapsed: readonly IgnoredFindings[]
  /** Findings that the baseline holds; null where there is none. */
  readonly known: number | null
  readonly expectations: readonly Expectation[]
}

export interface IgnoredFindings {
  readonly reason: string
  readonly expires: string | null
  /** How many. */
  readonly count: number
}

export interface Expectation {
  /** A rule, or `none`. */
  readonly rule: string
  readonly met: boolean
  /** Lower case, in one sentence: what was expected and what the capture shows. */
  readonly says: string
}
