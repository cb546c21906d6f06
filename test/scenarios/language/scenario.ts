/**
 * What a scenario is: a story that becomes a capture, and what the tool must find in it, with the keys that the capture holds
 * and without. What is not expected must stay silent: nothing above info may be claimed by any other rule.
 */
import type { Outcome } from '../../../src/attempt/attempt.ts'
import type { VerdictWord } from '../../../src/rules/rule.ts'
import type { Wire } from './wire.ts'

export type Expected = VerdictWord | readonly VerdictWord[]

export interface Expectation {
  /** Of each attempt, in order of their start; one word for all of them. */
  readonly outcome: Outcome | 'any' | readonly Outcome[]
  /** Rule to the word that some attempt has of it. */
  readonly finds?: Readonly<Record<string, Expected>>
  /** The rule that must lead the diagnosis; without it any of those found. */
  readonly first?: string
  /** May be claimed besides, where the story justifies it. */
  readonly mayAlso?: readonly string[]
  /** May be claimed besides, but never as confirmed: what is inferred. */
  readonly mayGuess?: readonly string[]
}

export interface Scenario {
  readonly name: string
  readonly story: (wire: Wire) => void
  readonly withKeys: Expectation
  /** The same as with keys where nothing is encrypted, or where keys change nothing. */
  readonly withoutKeys?: Expectation
  /** Rules that the project does not have yet: what is expected of them waits. */
  readonly awaits?: readonly string[]
  /** What the project does not see yet, in words: the test fails when it does, and the mark is to be removed. */
  readonly notSeenYet?: string
  /** tshark may find malformed packets in it: they belong to the story. */
  readonly isMalformed?: true
}

/** Without keys the end of a session is inferred from sizes at most, and its client seems to have left. */
export function encrypted(...mayGuess: readonly string[]): Expectation {
  return { outcome: 'any', mayGuess: [...mayGuess, 'client-aborted'] }
}

/** Nothing to find. */
export const HEALTHY: Expectation = { outcome: 'established' }

export function scenario(given: Scenario): Scenario {
  return given
}
