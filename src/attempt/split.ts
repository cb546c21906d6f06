/**
 * Cuts the connections of one client to one target into attempts. One click makes several connections: mstsc tries again
 * within two seconds, FreeRDP after each failure, a gateway has two channels beside one another. A pause, or a session
 * that worked and ended, is the border to the next click.
 */
import type { Conversation } from '../flow/conversation.ts'
import type { FactOf } from '../flow/event.ts'
import { joinChannels } from './channels.ts'
import { type Examined, examine } from './outcome.ts'

const NS_PER_SECOND = 1e9
const PROTOCOL_RDSTLS = 0x04
/** Longer than clients wait before they try again by themselves, shorter than most people. */
const RETRY_SECONDS = 10
/** The same connection or correlation id is the same click, whatever the pause (a password prompt). */
const SAME_ID_SECONDS = 60

/** @returns the attempts, each in order of the start of its connections. */
export function splitIntoAttempts(conversations: readonly Conversation[], captureEndNs: number): Examined[][] {
  const inOrder =
    conversations.length === 1 ? conversations : [...conversations].sort((a, b) => a.firstPacket - b.firstPacket)
  const attempts: Examined[][] = []
  let current: Examined[] = []
  let lastNs = 0
  for (const conversation of joinChannels(inOrder)) {
    const next = examine(conversation, captureEndNs)
    if (current.length > 0 && isBorder(current, lastNs, next)) {
      attempts.push(current)
      current = []
      lastNs = 0
    }
    current.push(next)
    lastNs = Math.max(lastNs, conversation.lastNs)
  }
  if (current.length > 0) attempts.push(current)
  return attempts
}

/** Ids by which a connection names the attempt that it belongs to. */
export function idsOf(conversation: Conversation): readonly string[] {
  let ids: string[] | null = null
  for (const { fact } of conversation.events) {
    if (fact.kind === 'negotiation-request' && fact.correlationId !== '') {
      ids ??= []
      ids.push(fact.correlationId.toLowerCase())
    } else if (fact.kind === 'http-request') {
      for (const [name, value] of fact.headers) {
        if (name !== 'rdg-connection-id' && name !== 'rdg-correlation-id') continue
        ids ??= []
        ids.push(value.toLowerCase())
      }
    }
  }
  return ids ?? NO_IDS
}

export const NO_IDS: readonly string[] = []

/** The server of the first sent the client to that of the second (MS-RDPBCGR 2.2.13), which is no failure of the first. */
export function leadsTo(first: Examined, second: Examined): boolean {
  if (first.seen.conversation.server.address === second.seen.conversation.server.address) return false
  if (first.seen.redirection !== null) return true
  return first.seen.confirm !== null && second.seen.request !== null && isRedirected(second.seen.request.fact)
}

/** The request carries what only a redirected client has (MS-RDPBCGR 2.2.1.1, 3.2.5.3.1). */
export function isRedirected(request: FactOf<'negotiation-request'>): boolean {
  return request.routingToken !== '' || (request.protocols > 0 && (request.protocols & PROTOCOL_RDSTLS) !== 0)
}

function isBorder(current: readonly Examined[], lastNs: number, next: Examined): boolean {
  const { conversation } = next.seen
  const pauseNs = conversation.firstNs - lastNs
  if (pauseNs <= 0) return false
  if (pauseNs <= RETRY_SECONDS * NS_PER_SECOND) {
    return current.some(one => one.outcome === 'established') && !current.some(one => leadsTo(one, next))
  }
  if (pauseNs > SAME_ID_SECONDS * NS_PER_SECOND) return true
  const ids = idsOf(conversation)
  return ids.length === 0 || !current.some(one => idsOf(one.seen.conversation).some(id => ids.includes(id)))
}
