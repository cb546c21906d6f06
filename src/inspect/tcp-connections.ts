/**
 * What Wireshark's tree says of a TCP segment beyond its bytes: the number of its connection, relative numbers, the scale of
 * its window, tcp.analysis.*. The flags come from the sequence analysis of the flow room; what needs the single segments
 * (which one this acknowledges, what is in flight) is worked out here, where speed does not matter.
 */
import type { TcpConnectionView } from '../../dissectors/tcp-analysis-fields.ts'
import { ACK, FIN, type Headers, PSH, RST, SYN } from '../flow/headers.ts'
import {
  ACK_LOST_SEGMENT,
  DUPLICATE_ACK,
  FAST_RETRANSMISSION,
  KEEP_ALIVE,
  KEEP_ALIVE_ACK,
  LOST_SEGMENT,
  OUT_OF_ORDER,
  RETRANSMISSION,
  REUSED_PORTS,
  SPURIOUS_RETRANSMISSION,
  TcpAnalysis,
  WINDOW_FULL,
  WINDOW_UPDATE,
  ZERO_WINDOW,
  ZERO_WINDOW_PROBE,
  ZERO_WINDOW_PROBE_ACK,
} from '../flow/tcp-analysis.ts'
import type { Direction } from '../wire/dissector.ts'
import { MAX_UNACKNOWLEDGED_SEGMENTS } from '../wire/limits.ts'
import { type ConversationKey, Conversations, directionOf } from './conversations.ts'

const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [RETRANSMISSION, 'retransmission'],
  [FAST_RETRANSMISSION, 'fast_retransmission'],
  [SPURIOUS_RETRANSMISSION, 'spurious_retransmission'],
  [OUT_OF_ORDER, 'out_of_order'],
  [REUSED_PORTS, 'reused_ports'],
  [LOST_SEGMENT, 'lost_segment'],
  [ACK_LOST_SEGMENT, 'ack_lost_segment'],
  [WINDOW_UPDATE, 'window_update'],
  [WINDOW_FULL, 'window_full'],
  [KEEP_ALIVE, 'keep_alive'],
  [KEEP_ALIVE_ACK, 'keep_alive_ack'],
  [DUPLICATE_ACK, 'duplicate_ack'],
  [ZERO_WINDOW_PROBE, 'zero_window_probe'],
  [ZERO_WINDOW, 'zero_window'],
  [ZERO_WINDOW_PROBE_ACK, 'zero_window_probe_ack'],
]
const ANY_RESEND = RETRANSMISSION | FAST_RETRANSMISSION | SPURIOUS_RETRANSMISSION

// What was seen of a connection, as Wireshark's bits.
const SEEN_SYN = 1
const SEEN_SYN_ACK = 2
const SEEN_ACK = 4
const SEEN_DATA = 8
const SEEN_FIN = 16
const SEEN_RESET = 32

/** A segment that was not acknowledged yet. Numbers as int32. */
interface Unacknowledged {
  sequence: number
  readonly end: number
  readonly frame: number
  readonly timeNs: number
}

class Side {
  /** Newest first. */
  segments: Unacknowledged[] = []
  /** How far it has come, and with which frame. */
  next = 0
  nextFrame = 0
  nextNs = 0
  /** Its last acknowledgement number, and the frame that brought it: what duplicates repeat. */
  acknowledgement = 0
  newAckFrame = 0
  /** Bytes since the last segment with PSH, with that one. */
  pushed = 0
  pushedLast = false
  /** A segment was lost before it: what is in flight is not known until the other side speaks. */
  isCountable = true
  /** What the other side says it has, beyond its acknowledgement. */
  sackBytes = 0
}

class Connection {
  readonly stream: number
  /** Its record in the analysis. */
  readonly record: number
  readonly sides = [new Side(), new Side()] as const
  seen = 0
  firstNs = Number.NaN
  lastNs = 0
  hasAnalysis = false

  constructor(stream: number, record: number) {
    this.stream = stream
    this.record = record
  }
}

export class TcpConnections {
  private readonly analysis = new TcpAnalysis()
  private readonly connections: Conversations<Connection>
  private readonly free: number[] = []
  private records = 0
  private capacity = 0

  /** @param numberOf the number of the n-th connection. */
  constructor(numberOf: (nth: number) => number) {
    this.connections = new Conversations<Connection>(
      nth => this.make(numberOf(nth)),
      connection => this.free.push(connection.record),
    )
  }

  /** A segment that the packet itself sends. */
  segment(h: Headers, frame: number, timeNs: number): TcpConnectionView {
    let connection = this.connections.find(h)
    const direction = directionOf(h)
    const isReuse = this.analysis.reusesPorts(connection.record, direction, h)
    if (isReuse) connection = this.connections.begin(h)
    const { record } = connection
    const [own, peer] = sidesOf(connection, direction)
    const scale = this.analysis.windowShift(record, direction)
    const marks = this.analysis.analyse(record, direction, h, timeNs)
    const isFirst = Number.isNaN(connection.firstNs)
    const times = this.touch(connection, timeNs)
    const { seen } = connection
    const sequenceBase = this.analysis.base(record, direction)
    const acknowledgementBase = this.analysis.base(record, (1 - direction) as Direction)
    connection.seen |= seenIn(h, isFirst)

    const resend = (marks & ANY_RESEND) !== 0 ? firstSent(own, timeNs, marks) : null
    if ((marks & LOST_SEGMENT) !== 0) own.isCountable = false
    if (h.acknowledgement !== own.acknowledgement) own.newAckFrame = frame
    own.acknowledgement = h.acknowledgement
    note(own, h, frame, timeNs, marks)
    const acknowledged = (h.flags & ACK) !== 0 || h.acknowledgement !== 0 ? acknowledge(peer, h) : null
    const counts = h.payloadLength > 0 && own.segments.length > 0 && own.isCountable
    // The number that SYN or FIN takes is no byte.
    const bytesInFlight = counts ? inFlight(own) - ((h.flags & (SYN | FIN)) !== 0 ? 1 : 0) : 0
    if (counts) push(own, h)
    if ((h.flags & ACK) !== 0) peer.isCountable = true
    const roundTripNs = this.analysis.roundTripNs(record)
    const isSyn = (h.flags & SYN) !== 0
    return {
      stream: connection.stream,
      // Wireshark begins anew with the SYN already when it finds ports used again.
      completeness: isReuse ? connection.seen : seen,
      sequenceBase,
      acknowledgementBase,
      windowShift: isSyn ? 0 : Math.max(0, scale),
      windowFactor: isSyn ? 0 : scale >= 0 ? 2 ** scale : scale,
      ...times,
      flags: FLAGS.filter(([bit]) => (shownMarks(marks) & bit) !== 0).map(([, name]) => name),
      duplicateAckNumber: (marks & DUPLICATE_ACK) !== 0 ? this.analysis.duplicates(record, direction) : 0,
      duplicateAckFrame: (marks & DUPLICATE_ACK) !== 0 ? own.newAckFrame : 0,
      acksFrame: acknowledged?.frame ?? 0,
      ackRoundTripNs: acknowledged === null ? 0 : timeNs - acknowledged.timeNs,
      roundTripNs: Number.isNaN(roundTripNs) ? 0 : roundTripNs,
      bytesInFlight,
      pushBytesSent: bytesInFlight > 0 ? own.pushed : 0,
      resendFrame: resend?.frame ?? 0,
      resendDelayNs: resend?.delayNs ?? 0,
      analysed: marks !== 0 || acknowledged !== null || counts,
    }
  }

  /** A segment that an ICMP error quotes: it belongs to a connection, and changes nothing about it. */
  quoted(key: ConversationKey, timeNs: number): TcpConnectionView {
    const connection = this.connections.find(key)
    const times = this.touch(connection, timeNs)
    const scale = this.analysis.windowShift(connection.record, directionOf(key))
    return {
      ...NOTHING_KNOWN,
      stream: connection.stream,
      completeness: connection.seen,
      windowShift: 0,
      windowFactor: scale >= 0 ? 2 ** scale : scale,
      ...times,
    }
  }

  private touch(connection: Connection, timeNs: number): { sinceFirstNs: number; sinceLastNs: number } {
    if (Number.isNaN(connection.firstNs)) {
      connection.firstNs = timeNs
      connection.lastNs = timeNs
    }
    const times = { sinceFirstNs: timeNs - connection.firstNs, sinceLastNs: timeNs - connection.lastNs }
    connection.lastNs = timeNs
    return times
  }

  private make(stream: number): Connection {
    const record = this.free.pop() ?? this.records++
    if (record >= this.capacity) {
      this.capacity = Math.max(64, this.capacity * 2)
      this.analysis.grow(this.capacity)
    }
    this.analysis.reset(record)
    return new Connection(stream, record)
  }
}

const NOTHING_KNOWN = {
  sequenceBase: 0,
  acknowledgementBase: 0,
  flags: [],
  duplicateAckNumber: 0,
  duplicateAckFrame: 0,
  acksFrame: 0,
  ackRoundTripNs: 0,
  roundTripNs: 0,
  bytesInFlight: 0,
  pushBytesSent: 0,
  resendFrame: 0,
  resendDelayNs: 0,
  analysed: false,
}

function sidesOf({ sides }: Connection, direction: Direction): readonly [own: Side, peer: Side] {
  return direction === 0 ? [sides[0], sides[1]] : [sides[1], sides[0]]
}

/** Wireshark calls a fast or needless retransmission a retransmission besides. */
function shownMarks(marks: number): number {
  return (marks & ANY_RESEND) !== 0 ? marks | RETRANSMISSION : marks
}

/** @param isFirst of its connection: of one that is met in the middle the first segment counts for nothing, nor does a SYN-ACK there */
function seenIn({ flags, payloadLength }: Headers, isFirst: boolean): number {
  let seen = (flags & (SYN | ACK)) === SYN ? SEEN_SYN : 0
  if (isFirst && seen === 0) return 0
  if ((flags & (SYN | ACK)) === (SYN | ACK)) seen |= SEEN_SYN_ACK
  if ((flags & RST) !== 0) seen |= SEEN_RESET
  if (payloadLength > 0 && (flags & (SYN | ACK)) !== (SYN | ACK)) seen |= SEEN_DATA
  else if ((flags & (SYN | RST | ACK)) === ACK) seen |= SEEN_ACK
  if ((flags & FIN) !== 0 && (flags & ACK) !== 0) seen |= SEEN_FIN
  return seen
}

/** The oldest segment that is not acknowledged, or else the one that came farthest. */
function firstSent(own: Side, timeNs: number, marks: number): { frame: number; delayNs: number } | null {
  if ((marks & RETRANSMISSION) === 0) return null
  const oldest = own.segments.at(-1)
  const delayNs = timeNs - (oldest?.timeNs ?? own.nextNs)
  // Wireshark says nothing of a time of zero.
  return delayNs === 0 ? null : { frame: oldest?.frame ?? own.nextFrame, delayNs }
}

/** What the side has sent now. */
function note(own: Side, h: Headers, frame: number, timeNs: number, marks: number): void {
  const takesNumbers = h.payloadLength > 0 || (h.flags & (SYN | FIN)) !== 0
  const end = (h.sequence + h.payloadLength + ((h.flags & (SYN | FIN)) !== 0 ? 1 : 0)) | 0
  if (takesNumbers && own.segments.length < MAX_UNACKNOWLEDGED_SEGMENTS) {
    own.segments.unshift({ sequence: h.sequence, end, frame, timeNs })
  }
  if ((marks & ZERO_WINDOW_PROBE) !== 0) return
  if (own.next !== 0 && ((end - own.next) | 0) <= 0) return
  own.next = end
  own.nextFrame = frame
  own.nextNs = timeNs
}

/** @returns the segment whose end it acknowledges; all that lies below is done with. */
function acknowledge(peer: Side, h: Headers): Unacknowledged | null {
  const { acknowledgement } = h
  let exact: Unacknowledged | null = null
  const left: Unacknowledged[] = []
  for (const segment of peer.segments) {
    if (segment.end === acknowledgement) exact = segment
    else if (((segment.end - acknowledgement) | 0) > 0) {
      if (((acknowledgement - segment.sequence) | 0) > 0) segment.sequence = acknowledgement
      left.push(segment)
    }
  }
  peer.segments = left
  peer.sackBytes = 0
  for (let block = 0; block < h.sackBlocks; block++) {
    peer.sackBytes += ((h.sackRight[block] as number) - (h.sackLeft[block] as number)) | 0
  }
  return exact
}

function inFlight(own: Side): number {
  const [newest] = own.segments as [Unacknowledged]
  let first = newest.sequence
  let last = newest.end
  for (const { sequence, end } of own.segments) {
    if (((end - last) | 0) > 0) last = end
    if (((sequence - first) | 0) < 0) first = sequence
  }
  return Math.max(0, ((last - first) | 0) - own.sackBytes)
}

function push(own: Side, { flags, payloadLength }: Headers): void {
  own.pushed = own.pushedLast ? payloadLength : own.pushed + payloadLength
  own.pushedLast = (flags & PSH) !== 0
}
