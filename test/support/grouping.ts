/** Conversations handed to the grouping, for tests of what becomes one attempt. */
import type { Attempt } from '../../src/attempt/attempt.ts'
import { Attempts } from '../../src/attempt/grouping.ts'
import type { Conversation, NeighbourNote } from '../../src/flow/conversation.ts'
import {
  type ConversationParts,
  conversation,
  event,
  flowSummary,
  mark,
  records,
  session,
  tls12Handshake,
} from './conversation.ts'

const SECOND = 1e9
const GCM = 24

/** Hands conversations over, each in its own range of packets, and gives the attempts in the order of judging. */
export function attemptsOf(
  conversations: readonly Conversation[],
  more: { neighbours?: readonly NeighbourNote[]; endNs?: number } = {},
): { attempts: Attempt[]; grouped: Attempts } {
  const attempts: Attempt[] = []
  const grouped = new Attempts(attempt => attempts.push(attempt), { startSeconds: () => 1_700_000_000 })
  for (const one of conversations) grouped.conversation(one)
  const endNs = more.endNs ?? Math.max(0, ...conversations.map(one => one.lastNs))
  grouped.end(flowSummary({ neighbours: more.neighbours ?? [] }), endNs)
  return { attempts, grouped }
}

let made = 0
/** A conversation that begins so many seconds into the capture, with packet numbers to match. */
export function connection(parts: ConversationParts, atSeconds = 0): Conversation {
  const id = made++
  return conversation({ id, from: 1 + Math.round(atSeconds * 1000), fromNs: atSeconds * SECOND, ...parts })
}

/** The session becomes active and the client ends it. */
export function established(atSeconds: number, more: ConversationParts = {}): Conversation {
  const sealed = records(...session().map(length => (length < 0 ? length - GCM : length + GCM)))
  const events = [event('negotiation-request'), event('negotiation-response'), ...tls12Handshake(), ...sealed]
  return connection({ events, tcp: { marks: [mark('fin')] }, ...more }, atSeconds)
}
