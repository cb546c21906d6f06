/**
 * What a rule is, and the words it answers in. A rule never claims more than the packets carry: `confirmed` is proof,
 * `likely` the best explanation of what the capture shows, and `not-visible` says what would settle it.
 */
import type { Attempt, Place } from '../attempt/attempt.ts'
import type { Recording } from './recordings.ts'

export type Severity = 'error' | 'warning' | 'info'
export type VerdictWord = 'confirmed' | 'likely' | 'possible' | 'ruled-out' | 'not-visible'

/** A packet, and what it shows in a whole sentence. */
export type Evidence = readonly [place: Place, says: string]

export interface Verdict {
  readonly verdict: VerdictWord
  /** The verdict in one sentence; '' lets the rule's title speak. */
  readonly says: string
  readonly evidence: readonly Evidence[]
  /** What would settle it: a capture, a log, a test. '' when it is settled. */
  readonly toSettle: string
  /** Lower than the rule's own, where the facts weigh less. */
  readonly severity: Severity | null
}

export interface Rule {
  /** Public and stable: people write it into baselines and dashboards. */
  readonly id: string
  /** The highest that it may claim. */
  readonly severity: Severity
  readonly title: string
  /** Rows of protocol/causes.md that it stands for. */
  readonly causes: readonly number[]
  readonly looksAt: string
  readonly confirms: string
  readonly rulesOut: string
  /** What a capture may hide from it. */
  readonly cannotSee: string
  /** Which captures show what another hid, the best first. */
  readonly settledBy: readonly Recording[]
  readonly remedy: readonly string[]
  /** A Wireshark display filter that shows the same packets in any capture. */
  readonly filter: string
  /** It finds what happens to the server around the attempt: then probes and scans count as much as what people do. */
  readonly isAboutServer?: true
  assess(attempt: Attempt): Verdict
}

export function rule(rule: Rule): Rule {
  return rule
}

export function confirmed(says: string, ...evidence: Evidence[]): Verdict {
  return { verdict: 'confirmed', says, evidence, toSettle: '', severity: null }
}

/** @param toSettle what it cannot exclude, and what would. */
export function likely(says: string, toSettle: string, ...evidence: Evidence[]): Verdict {
  return { verdict: 'likely', says, evidence, toSettle, severity: null }
}

export function possible(says: string, toSettle: string, ...evidence: Evidence[]): Verdict {
  return { verdict: 'possible', says, evidence, toSettle, severity: null }
}

export function ruledOut(says: string, ...evidence: Evidence[]): Verdict {
  return { verdict: 'ruled-out', says, evidence, toSettle: '', severity: null }
}

export function notVisible(says: string, toSettle: string): Verdict {
  return { verdict: 'not-visible', says, evidence: [], toSettle, severity: null }
}

/** The same verdict, weighing less. */
export function at(severity: Severity, verdict: Verdict): Verdict {
  return { ...verdict, severity }
}
