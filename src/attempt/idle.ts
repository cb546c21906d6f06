/**
 * How long no payload had gone over a connection when it was ended. TCP keep-alives are no payload; the words of the side
 * that ends it (an alert, a last record) belong to the end, not to what was before.
 */
import type { Conversation } from '../flow/conversation.ts'
import { type Direction, opposite } from '../wire/dissector.ts'
import type { Closing } from './attempt.ts'
import type { Place } from './place.ts'

export interface Idleness {
  /** The last payload before the silence. */
  readonly from: Place
  /** What ended it: the farewell, or the FIN or reset itself. */
  readonly until: Place
  readonly silentNs: number
  /** Who ended the connection. */
  readonly side: Direction
}

/** A farewell and the FIN behind it come together. */
const FAREWELL_NS = 1e9

/** The silence before a connection was ended by one of its sides; null where payload went over it to the end, or nobody left. */
export function idleBefore({ tcp }: Conversation, closing: Closing): Idleness | null {
  if (tcp === null || (closing.side !== 'client' && closing.side !== 'server')) return null
  const side: Direction = closing.side === 'client' ? 0 : 1
  const end = { packet: closing.packet, timeNs: closing.timeNs }
  // The payload that broke the last pause was the farewell of the side that then left.
  const pause = tcp.pauses.findLast(one => one.untilPacket <= end.packet)
  if (pause !== undefined && pause.direction === side && end.timeNs - pause.untilNs <= FAREWELL_NS) {
    const until = { packet: pause.untilPacket, timeNs: pause.untilNs }
    if (!isBusy(tcp.sides[opposite(side)], pause.untilNs, end.timeNs)) {
      return idleness({ packet: pause.fromPacket, timeNs: pause.fromNs }, until, side)
    }
  }
  // What the other side said behind the end ended a pause in which the end lies.
  const around = tcp.pauses.findLast(one => one.fromPacket < end.packet && one.untilPacket > end.packet)
  if (around !== undefined) return idleness({ packet: around.fromPacket, timeNs: around.fromNs }, end, side)
  const last = latest(
    tcp.sides.map(one => ({ packet: one.lastDataPacket, timeNs: one.lastDataNs })),
    end,
  )
  return last === null ? null : idleness(last, end, side)
}

/** The other side spoke between them: then it was no farewell. */
function isBusy(other: { readonly lastDataNs: number }, fromNs: number, toNs: number): boolean {
  return other.lastDataNs > fromNs && other.lastDataNs < toNs
}

function idleness(from: Place, until: Place, side: Direction): Idleness | null {
  const silentNs = until.timeNs - from.timeNs
  return silentNs > 0 ? { from, until, silentNs, side } : null
}

/** The latest of both sides' payload, unless it came with or behind the end: then it is not known what was before. */
function latest(places: readonly Place[], end: Place): Place | null {
  let found: Place | null = null
  for (const place of places) {
    if (place.packet === 0) continue
    if (place.packet >= end.packet) return null
    if (found === null || place.packet > found.packet) found = place
  }
  return found
}
