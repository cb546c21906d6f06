/**
 * How many segments of a side were really lost. Resends that D-SACK or an earlier ACK proves needless, repeated SYNs and
 * FINs, copies of a mirror port, resends that ICMP asked for (path MTU discovery), those into a closed window, which ask
 * for room, and what is sent when a side has already left are no loss. RFC 2883, RFC 1191, RFC 9293 section 3.8.6.1; what
 * retransmission means is Wireshark's tcp.analysis.*.
 */
import type { Conversation, TcpMark } from '../flow/conversation.ts'
import type { Direction } from '../wire/dissector.ts'
import { meaningOf } from './icmp.ts'
import type { Picture } from './picture.ts'

export interface Loss {
  /** Segments with payload, without resends. */
  readonly segments: number
  readonly resent: number
  /** Of segments sent. */
  readonly share: number
  /** Holes seen at the capture point: the loss lies before it. Otherwise resends of what passed here: behind it. */
  readonly before: boolean
  /** All resends are of the same bytes: something stands in their way, which is no random loss. */
  readonly oneStretch: boolean
  /** Where it shows. */
  readonly marks: readonly TcpMark[]
}

/** The first window is sent again within a retransmission time-out or two of the message. */
const ANNOUNCED_NS = 3e9

const NO_LOSS: Loss = { segments: 0, resent: 0, share: 0, before: false, oneStretch: false, marks: [] }

export function lossOf({ tcp, leaving, connection }: Picture, direction: Direction): Loss {
  if (tcp === null) return NO_LOSS
  const side = tcp.sides[direction]
  const all = side.retransmissions + side.fastRetransmissions + side.spuriousRetransmissions
  if (all <= side.needlessRetransmissions) return NO_LOSS
  const until = leaving?.packet ?? Number.MAX_SAFE_INTEGER
  const marks = tcp.marks.filter(
    mark => mark.direction === direction && mark.packet < until && isNeeded(mark) && !isAnnounced(connection, mark),
  )
  // Of a long connection not all marks are kept; then only the counts tell.
  const resent = tcp.marksLost > 0 ? all - side.needlessRetransmissions : marks.length
  const first = marks[0]
  return {
    segments: side.segments,
    resent,
    share: side.segments > 0 ? resent / Math.max(side.segments, resent) : 0,
    before: side.lostSegments > 0 && side.lostSegments * 2 >= resent,
    oneStretch: tcp.marksLost === 0 && marks.every(mark => mark.sequence === first?.sequence),
    marks,
  }
}

function isNeeded(mark: TcpMark): boolean {
  if (mark.needless || mark.intoClosedWindow || mark.length === 0) return false
  return mark.kind === 'retransmission' || mark.kind === 'fast-retransmission'
}

/** A router said that packets of this side are too big: what was on its way is sent again, smaller. */
function isAnnounced(connection: Conversation | null, mark: TcpMark): boolean {
  return (
    connection?.icmp.some(
      note =>
        meaningOf(note) === 'too-big' &&
        note.direction === mark.direction &&
        mark.timeNs >= note.timeNs &&
        mark.timeNs - note.timeNs <= ANNOUNCED_NS,
    ) ?? false
  )
}
