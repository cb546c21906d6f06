/**
 * What a rule is, and the words it answers in. A rule never claims more than the packets carry: `confirmed` is proof,
 * `likely` the best explanation of what the capture shows, and `not-visible` says what would settle it.
 */
import type { Attempt, MilestoneId } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import type { Team } from '../codes/teams.ts'
import type { Recording } from './recordings.ts'

export type Severity = 'error' | 'warning' | 'info'
export type VerdictWord = 'confirmed' | 'likely' | 'possible' | 'ruled-out' | 'not-visible'

/** A packet, and what it shows in a whole sentence. */
export type Evidence = readonly [place: Place, says: string]

/**
 * What a verdict rests on, beside what its packets say in so many words: pictures that a poor capture can make up as well
 * (see weakening.ts).
 *
 * - `silence`: no packet came, of a side for a time or about the connection
 * - `absence`: something was not said before: a farewell, a hello, an alert, a fragment
 * - `loss`: a resend or a hole means that a packet was lost on the way
 * - `sender`: who sent a packet, by how it looks
 * - `size`: segments were as large on the wire as they are here
 * - `time`: how long something took
 * - `beside`: nothing beside the connection spoke of it, as ICMP and ARP do
 * - `lasting`: it stayed so behind the last packet
 */
export type Ground = 'silence' | 'absence' | 'loss' | 'sender' | 'size' | 'time' | 'beside' | 'lasting'

export interface Verdict {
  readonly verdict: VerdictWord
  /** The verdict in one sentence; '' lets the rule's title speak. */
  readonly says: string
  readonly evidence: readonly Evidence[]
  /** What would settle it: a capture, a log, a test. '' when it is settled. */
  readonly toSettle: string
  /** Lower than the rule's own, where the facts weigh less. */
  readonly severity: Severity | null
  /** What failed in a few words, where the facts say it better than the rule. */
  readonly short?: string
  /** Empty where the packets say it themselves; null: as its rule says. */
  readonly restsOn: readonly Ground[] | null
}

export interface Rule {
  /** Public and stable: people write it into baselines and dashboards. */
  readonly id: string
  /** The highest that it may claim. */
  readonly severity: Severity
  readonly title: string
  /** What failed, in a few words that follow the name of the step: `TLS ✗ hello refused`. */
  readonly short: string
  /** The steps that it is about, where the attempt seems to fail at another: behind it, or hidden by encryption. */
  readonly steps?: readonly MilestoneId[]
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
  /** Who can do that, the likeliest first. */
  readonly ask: readonly Team[]
  /** A Wireshark display filter that shows the same packets in any capture. */
  readonly filter: string
  /** It finds what happens to the server around the attempt: then probes and scans count as much as what people do. */
  readonly isAboutServer?: true
  /** What its claims rest on, as a rule; without it the packets say it themselves. What it rules out says so itself. */
  readonly restsOn?: readonly Ground[]
  assess(attempt: Attempt): Verdict
}

export function rule(rule: Rule): Rule {
  return rule
}

export function confirmed(says: string, ...evidence: Evidence[]): Verdict {
  return { verdict: 'confirmed', says, evidence, toSettle: '', severity: null, restsOn: null }
}

/** @param toSettle what it cannot exclude, and what would. */
export function likely(says: string, toSettle: string, ...evidence: Evidence[]): Verdict {
  return { verdict: 'likely', says, evidence, toSettle, severity: null, restsOn: null }
}

export function possible(says: string, toSettle: string, ...evidence: Evidence[]): Verdict {
  return { verdict: 'possible', says, evidence, toSettle, severity: null, restsOn: null }
}

export function ruledOut(says: string, ...evidence: Evidence[]): Verdict {
  return { verdict: 'ruled-out', says, evidence, toSettle: '', severity: null, restsOn: null }
}

export function notVisible(says: string, toSettle: string): Verdict {
  return { verdict: 'not-visible', says, evidence: [], toSettle, severity: null, restsOn: null }
}

/** The same verdict, weighing less. */
export function at(severity: Severity, verdict: Verdict): Verdict {
  return { ...verdict, severity }
}

/** Only an attempt that failed can have failed for it: of another one it is a note. */
export function noteUnlessFailed(attempt: Attempt, verdict: Verdict): Verdict {
  return attempt.outcome === 'failed' ? verdict : at('info', verdict)
}

/** The same verdict, its failure told in other words. */
export function called(short: string, verdict: Verdict): Verdict {
  return { ...verdict, short }
}

/** The same verdict, resting on other things than the claims of its rule: `[]` = its packets say it themselves. */
export function resting(on: readonly Ground[], verdict: Verdict): Verdict {
  return { ...verdict, restsOn: on }
}
