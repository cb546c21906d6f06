/**
 * One connection of the client, seen twice: before and behind a translator of addresses, or on both sides of a proxy. What
 * both legs carry tells it: the random of the ClientHello, the ids of the gateway protocols and of the connection request,
 * and in front of and behind a translator the first sequence number.
 */
import type { Conversation } from '../flow/conversation.ts'
import { CLIENT } from '../wire/dissector.ts'
import type { Examined } from './outcome.ts'
import { isDead } from './outcome.ts'
import { idsOf, NO_IDS } from './split.ts'

const NS_PER_SECOND = 1e9
/** A device passes a SYN on at once. */
const SAME_SYN_SECONDS = 1
const NO_RANDOM = /^0*$/

/** The randoms of its ClientHellos, by which the legs of a connection are known, whatever their addresses. */
export function randomsOf(conversation: Conversation): readonly string[] {
  let randoms: string[] | null = null
  for (const { fact } of conversation.events) {
    if (fact.kind !== 'client-hello' || NO_RANDOM.test(fact.random)) continue
    randoms ??= []
    randoms.push(fact.random)
  }
  return randoms ?? NO_IDS
}

/** The SYN of the second is that of the first, with another address. */
export function isSameSyn(one: Conversation, other: Conversation): boolean {
  const sequence = initialSequence(one)
  if (sequence === null || sequence !== initialSequence(other)) return false
  const sameClient = one.client.address === other.client.address
  const sameServer = one.server.address === other.server.address
  if (sameClient && sameServer) return false
  return Math.abs(one.firstNs - other.firstNs) <= SAME_SYN_SECONDS * NS_PER_SECOND
}

/** As a signed number of 32 bits, which is a cheaper key; null when it was not seen. */
export function initialSequence({ tcp }: Conversation): number | null {
  const sequence = tcp === null ? -1 : tcp.sides[CLIENT].initialSequence
  return sequence < 0 ? null : sequence | 0
}

/**
 * The legs that are not the client's own: their client is a proxy of another leg, or they carry what an earlier one carries
 * between other addresses.
 *
 * @param examined of one attempt, in order of their start.
 */
export function farLegs(examined: readonly Examined[]): ReadonlySet<Examined> {
  const far = new Set<Examined>()
  if (examined.length < 2) return far
  for (const [at, one] of examined.entries()) {
    const { conversation } = one.seen
    const earlier = examined.slice(0, at)
    if (earlier.some(other => isBehind(conversation, other.seen.conversation))) far.add(one)
  }
  return far
}

function isBehind(conversation: Conversation, nearer: Conversation): boolean {
  const sameClient = conversation.client.address === nearer.client.address
  const sameServer = conversation.server.address === nearer.server.address
  if (sameClient && sameServer) return false
  if (conversation.client.address === nearer.server.address) return true
  if (isSameSyn(conversation, nearer)) return true
  if (sameClient) return false
  return shares(randomsOf(nearer), randomsOf(conversation)) || shares(idsOf(nearer), idsOf(conversation))
}

function shares(some: readonly string[], others: readonly string[]): boolean {
  return some.length > 0 && others.some(one => some.includes(one))
}

/**
 * The connection of a proxy to which the fault of the near side is due: one that nobody answered comes first. Behind a
 * translator of addresses is what is before it.
 */
export function faultBehind(near: Examined, far: readonly Examined[]): Examined | undefined {
  const { firstNs, lastNs } = near.seen.conversation
  const during = far.filter(
    ({ outcome, seen: { conversation } }) =>
      outcome === 'failed' &&
      conversation.firstNs >= firstNs &&
      conversation.firstNs <= lastNs &&
      !isSameSyn(near.seen.conversation, conversation),
  )
  const dead = during.find(one => isDead(one.seen.conversation))
  if (dead !== undefined) return dead
  return near.outcome === 'unfinished' ? during[0] : undefined
}
