/**
 * What other connections to the same port say about a server that ended this one: cut at the same instant, SYNs refused
 * shortly after and accepted again later. Cause 22.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import { count, duration } from './figures.ts'
import type { Evidence } from './rule.ts'

export interface Restart {
  /** Sentences to go on with, each with a space before; '' when nothing speaks for a restart. */
  readonly says: string
  readonly evidence: readonly Evidence[]
}

/** A service that ends closes all of its connections at once. */
const SAME_INSTANT_NS = 2e9
/** A service is back within seconds, a host within minutes. */
const BACK_NS = 300e9
const NAMED = 3

/** @param end by which the server ended the connection to explain. */
export function restartOf({ crowd, conversations }: Attempt, end: Place): Restart {
  const evidence: Evidence[] = []
  const sentences: string[] = []
  // A retry of the same attempt may be cut again, for the same reason.
  const own = new Set(conversations.map(one => one.id))
  const cuts = crowd.cuts.filter(cut => !own.has(cut.stream) && Math.abs(cut.timeNs - end.timeNs) <= SAME_INSTANT_NS)
  if (cuts.length > 0) {
    const within = Math.max(...cuts.map(cut => Math.abs(cut.timeNs - end.timeNs)))
    const clients = new Set(cuts.map(cut => cut.client)).size
    sentences.push(
      `It ended ${count(cuts.length, 'other connection')} of ${count(clients, 'client')} within ${duration(within)} of this one.`,
    )
    for (const cut of cuts.slice(0, NAMED))
      evidence.push([cut, `The server ends a connection of ${cut.client} as well.`])
  }
  const refused = earliest(crowd.refused, end.timeNs)
  if (refused !== null) {
    const accepted = earliest(crowd.accepted, refused.timeNs)
    const back =
      accepted === null ? '' : ` and one was accepted again ${duration(accepted.timeNs - end.timeNs)} after it`
    sentences.push(
      `A SYN to the same port was refused ${duration(refused.timeNs - end.timeNs)} after the end${back}: the service ${accepted === null ? 'was gone' : 'or the host was restarted'}.`,
    )
    evidence.push([refused, 'A SYN to the same port is refused with a reset.'])
    if (accepted !== null) evidence.push([accepted, 'A SYN is accepted again.'])
  }
  return { says: sentences.map(sentence => ` ${sentence}`).join(''), evidence }
}

function earliest(places: readonly Place[], afterNs: number): Place | null {
  let first: Place | null = null
  for (const one of places) {
    if (one.timeNs <= afterNs || one.timeNs > afterNs + BACK_NS) continue
    if (first === null || one.timeNs < first.timeNs) first = one
  }
  return first
}
