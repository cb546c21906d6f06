/**
 * How many segments of a side were really lost. Resends that D-SACK or an earlier ACK proves needless, repeated SYNs and
 * FINs, copies of a mirror port, smaller segments that ICMP asked for, resends into a closed
 * window, which ask for room, those of segments that came damaged, and what is sent when a side has already left are no
 * loss. RFC 2883, RFC 1191 section 3; what retransmission means is Wireshark's tcp.analysis.*.
 */
import type { IcmpNote, TcpFacts, TcpMark } from '../flow/conversation.ts'
import type { Direction } from '../wire/dissector.ts'
import { tooBigNotes } from './icmp.ts'
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

const NO_LOSS: Loss = { segments: 0, resent: 0, share: 0, before: false, oneStretch: false, marks: [] }

/** A sender that is told what fits sends it again at once. */
const DISCOVERY_NS = 1e9
const LEAST_HEADERS_BYTES = 40
/** Larger steps back are those of a sender that does not count, or that began anew. */
const MOST_OVERTAKING = 64

export function lossOf({ tcp, leaving, connection }: Picture, direction: Direction): Loss {
  if (tcp === null) return NO_LOSS
  const side = tcp.sides[direction]
  const all = side.retransmissions + side.fastRetransmissions + side.spuriousRetransmissions
  if (all <= side.needlessRetransmissions) return NO_LOSS
  const until = leaving?.packet ?? Number.MAX_SAFE_INTEGER
  const tooBig = connection === null ? [] : tooBigNotes(connection, direction)
  const needed = tcp.marks.filter(mark => mark.direction === direction && isNeeded(mark))
  const marks = needed.filter(
    mark =>
      mark.packet < until && !isOvertaken(mark) && !isOfDamaged(tcp, mark) && !tooBig.some(note => isAsked(mark, note)),
  )
  // Of a long connection not all marks are kept; then the counts tell, as far as those that are kept are losses.
  const share = needed.length > 0 ? marks.length / needed.length : 1
  const resent = tcp.marksLost > 0 ? Math.round((all - side.needlessRetransmissions) * share) : marks.length
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

/** What is sent again takes a new IP identification: a lower one was sent before the packets that are ahead of it here. */
function isOvertaken({ ipIdStep }: TcpMark): boolean {
  return ipIdStep < 0 && ipIdStep >= -MOST_OVERTAKING
}

/** Path MTU discovery at work: the same bytes in segments that fit. */
function isAsked(mark: TcpMark, { packet, timeNs, mtu }: IcmpNote): boolean {
  if (mark.packet < packet || mark.timeNs - timeNs > DISCOVERY_NS) return false
  return mtu > 0 && mark.length + LEAST_HEADERS_BYTES <= mtu
}

/** What arrived damaged did arrive: its resend tells of checksums, not of loss. */
function isOfDamaged({ damaged }: TcpFacts, mark: TcpMark): boolean {
  return damaged.some(one => one.resentPacket === mark.packet && !one.acknowledged && one.resentGood)
}
