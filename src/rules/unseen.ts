/**
 * What a capture may not hold of a connection: a whole direction, segments that the recorder dropped, the ends of cut
 * packets, or the beginning. Nothing is concluded from an absence that one of them explains.
 */
import type { Conversation, FragmentNote, TcpFacts } from '../flow/conversation.ts'
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'

/** This side said something that the capture does not hold, as far as the other one's acknowledgements and gaps tell. */
export function isUnseen(conversation: Conversation, direction: Direction): boolean {
  if (isMissing(conversation, direction)) return true
  for (const { fact, direction: from } of conversation.events) {
    if (from === direction && fact.kind === 'stream-gap') return true
  }
  return false
}

/** The same without the gaps inside what was read. */
export function isMissing(conversation: Conversation, direction: Direction): boolean {
  const { packets, tcp } = conversation
  if (packets[direction] === 0) return packets[CLIENT] + packets[SERVER] > 0 && wentOn(conversation)
  return tcp !== null && (tcp.sides[direction].ackedUnseen > 0 || endsBeyond(tcp, direction))
}

/** Its FIN stands behind more bytes than are here. */
function endsBeyond({ marks, sides }: TcpFacts, direction: Direction): boolean {
  const end = marks.find(({ kind, direction: from }) => kind === 'fin' && from === direction)
  return end !== undefined && end.sequence > 1 + sides[direction].bytes
}

/** A side that got no answer to its SYN sends nothing else: what goes on was answered. */
function wentOn({ tcp }: Conversation): boolean {
  return tcp !== null && (tcp.ackPacket > 0 || tcp.sides[CLIENT].segments > 0 || tcp.sides[SERVER].segments > 0)
}

/**
 * No fragment but the first of each datagram is here, and yet the receiver acknowledged what others carried: the recorder left
 * them out. A filter by port does, for only the first fragment has ports (RFC 791 3.2).
 */
export function areUnrecorded({ tcp }: Conversation, { direction, complete }: FragmentNote): boolean {
  return complete === 0 && (tcp?.sides[direction].ackedUnseen ?? 0) > 0
}

/** The connection began before the capture. */
export function isLate({ tcp }: Conversation): boolean {
  return tcp !== null && tcp.synPacket === 0 && tcp.synAckPacket === 0
}
