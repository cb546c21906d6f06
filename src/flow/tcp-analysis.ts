/**
 * TCP sequence analysis, segment by segment: is this one a retransmission, out of order, a duplicate ACK ...? The words mean
 * what tcp.analysis.* means in Wireshark 4.0, so that users find the same in both tools and tshark can judge this file
 * (its user's guide, chapter "TCP Analysis", describes the conditions). Sequence numbers: RFC 9293 section 3.4; windows:
 * RFC 7323 section 2.
 *
 * Odd on purpose, because Wireshark is: 0 stands for "no sequence number seen yet", a window is compared as it is in the header, and
 * the segments themselves are not remembered, only how far each side has come.
 *
 * Two things are left out: Wireshark does not count the FIN of a side that has more than 10,000 segments unacknowledged, and
 * lets duplicate ACKs of Multipath TCP pass (RFC 8684 section 4).
 */
import type { Direction } from '../wire/dissector.ts'
import { ACK, FIN, type Headers, RST, SYN } from './headers.ts'

/** Sent again: the bytes lie below the next expected sequence number, and nothing more precise holds. */
export const RETRANSMISSION = 1 << 0
/** Sent again within 20 ms of the second or a later duplicate ACK that asks for it. */
export const FAST_RETRANSMISSION = 1 << 1
/** Below the next expected sequence number, but so soon that it was overtaken rather than sent again. */
export const OUT_OF_ORDER = 1 << 2
/** Sent again although the capture holds the ACK for it. */
export const SPURIOUS_RETRANSMISSION = 1 << 3
/** Beyond the next expected sequence number: "previous segment not captured". */
export const LOST_SEGMENT = 1 << 4
/** Acknowledges what the capture does not hold: "ACKed unseen segment". */
export const ACK_LOST_SEGMENT = 1 << 5
export const KEEP_ALIVE = 1 << 6
export const KEEP_ALIVE_ACK = 1 << 7
export const DUPLICATE_ACK = 1 << 8
export const ZERO_WINDOW = 1 << 9
export const ZERO_WINDOW_PROBE = 1 << 10
export const ZERO_WINDOW_PROBE_ACK = 1 << 11
export const WINDOW_UPDATE = 1 << 12
/** Its last byte fills the window that the receiver offered. */
export const WINDOW_FULL = 1 << 13
/** A SYN on ports that were in use before, or a SYN-ACK with another sequence number than before. */
export const REUSED_PORTS = 1 << 14

const NS_PER_MS = 1e6
/** How soon after the last duplicate ACK a resend counts as its answer. */
const FAST_RETRANSMISSION_NS = 20 * NS_PER_MS
/** How late a segment may be out of order while the round trip of the handshake is unknown. */
const DEFAULT_OUT_OF_ORDER_NS = 3 * NS_PER_MS

/** Integers a direction. */
const NEXT = 0 // next expected sequence number; 0 = nothing seen
const CONTIGUOUS = 1 // up to here without a hole: all that the other side can acknowledge; 0 = nothing seen
const ACKNOWLEDGED = 2 // its last acknowledgement number
const BASE = 3 // its initial sequence number, or a guess
const DUPLICATES = 4 // duplicate ACKs in a row, unsigned; UNSEEN_MARK after ACK_LOST_SEGMENT
const WINDOW = 5 // as in the header; -1 = none seen
const SCALE = 6 // shift count of its window
const BITS = 7
const DIRECTION_INTS = 8
const FLOW_INTS = 2 * DIRECTION_INTS

/** Values of SCALE below a shift count. */
const SCALE_UNKNOWN = -1
const SCALE_UNUSED = -2
/** RFC 7323 section 2.3: a greater shift count is taken as this one. */
const MAX_SCALE = 14

const UNSEEN_MARK = -1

/** Bits a direction. */
const BASE_KNOWN = 1
/** A SYN was seen, but no ACK after it: the window is the SYN's, which is never scaled. */
const WINDOW_OF_SYN = 2
/** What its last segment was. */
const LAST_KEPT_ALIVE = 4
const LAST_PROBED = 8
/** In both directions: a SYN was seen, and the round trip of its handshake is not known yet. */
const SHAKING_HANDS = 16

/** Times a flow: when NEXT moved and when the last segment came, for each direction; last SYN, and round trip of the handshake. */
const ADVANCED_NS = 0
const LAST_NS = 2
const SYN_NS = 4
const ROUND_TRIP_NS = 5
const FLOW_TIMES = 6

export class TcpAnalysis {
  /** Made by `grow`: integers of flow and direction, and times of the flow. NaN = not known. */
  private integers = new Int32Array(0)
  private times = new Float64Array(0)
  /** `reusesPorts` said yes, and the segment it asked about was not analysed yet. */
  private reused = false

  /** Makes room for flow records [0, flows); what they hold stays. */
  grow(flows: number): void {
    const integers = new Int32Array(flows * FLOW_INTS)
    integers.set(this.integers)
    this.integers = integers
    const times = new Float64Array(flows * FLOW_TIMES)
    times.set(this.times)
    this.times = times
  }

  /** A new connection takes this record. */
  reset(flow: number): void {
    const at = flow * FLOW_INTS
    this.integers.fill(0, at, at + FLOW_INTS)
    for (let side = at; side < at + FLOW_INTS; side += DIRECTION_INTS) {
      this.integers[side + WINDOW] = -1
      this.integers[side + SCALE] = SCALE_UNKNOWN
    }
    this.times.fill(Number.NaN, flow * FLOW_TIMES, (flow + 1) * FLOW_TIMES)
  }

  /** What is known of a direction, for whoever shows it: its initial sequence number, as int32. */
  base(flow: number, direction: Direction): number {
    return this.integers[flow * FLOW_INTS + direction * DIRECTION_INTS + BASE] as number
  }

  /** Shift of its window; -1 when not known, -2 when windows are not scaled. */
  windowShift(flow: number, direction: Direction): number {
    return this.integers[flow * FLOW_INTS + direction * DIRECTION_INTS + SCALE] as number
  }

  /** Its duplicate ACKs in a row. */
  duplicates(flow: number, direction: Direction): number {
    return this.integers[flow * FLOW_INTS + direction * DIRECTION_INTS + DUPLICATES] as number
  }

  /** Of the handshake; NaN when not known. */
  roundTripNs(flow: number): number {
    return this.times[flow * FLOW_TIMES + ROUND_TRIP_NS] as number
  }

  /**
   * A SYN that starts another connection on the same ports: Wireshark counts a new tcp.stream. Then `reset` a record for
   * it; `analyse` adds REUSED_PORTS. Without such a change it is the same SYN again.
   */
  reusesPorts(flow: number, direction: Direction, h: Headers): boolean {
    if ((h.flags & (SYN | ACK)) !== SYN) return false
    const own = flow * FLOW_INTS + direction * DIRECTION_INTS
    const s = this.integers
    if (((s[own + BITS] as number) & BASE_KNOWN) === 0 || h.sequence === s[own + BASE]) return false
    this.reused = true
    return true
  }

  /** Flags of this segment. The order of the steps is Wireshark's: earlier ones decide what later ones see. */
  analyse(flow: number, direction: Direction, h: Headers, timeNs: number): number {
    const s = this.integers
    const own = flow * FLOW_INTS + direction * DIRECTION_INTS
    const peer = flow * FLOW_INTS + (1 - direction) * DIRECTION_INTS
    if (this.isOrdinary(own, peer, h)) return this.inOrder(flow, direction, h, timeNs)
    let marks = (h.flags & SYN) !== 0 ? this.opening(own, h) : 0
    this.baseSequences(own, peer, h)
    marks |= this.comparison(own, peer, h)
    if (h.acknowledgement !== s[own + ACKNOWLEDGED]) s[own + DUPLICATES] = 0
    marks |= this.acknowledged(peer, h)
    if ((h.payloadLength > 0 || (h.flags & (SYN | FIN)) !== 0) && (marks & KEEP_ALIVE) === 0) {
      marks |= this.resending(flow, direction, h, timeNs)
    }
    this.advance(flow, direction, h, marks, timeNs)
    this.follow(flow, own, peer, h, timeNs)
    return marks
  }

  /**
   * Most segments: in order, nothing missing on either side, and an acknowledgement that is new or carries data. Of all
   * flags only WINDOW_FULL can apply to them, and little changes; this saves them the steps below, for speed alone.
   */
  private isOrdinary(own: number, peer: number, h: Headers): boolean {
    const s = this.integers
    const next = s[own + NEXT] as number
    const length = h.payloadLength
    const acknowledged = s[peer + ACKNOWLEDGED] as number
    return (
      h.sequence === next &&
      s[own + BITS] === BASE_KNOWN &&
      (h.flags & (SYN | FIN | RST)) === 0 &&
      (length > 1 || (length === 0 && h.acknowledgement !== s[own + ACKNOWLEDGED])) &&
      next === s[own + CONTIGUOUS] &&
      h.window !== 0 &&
      h.windowScale < 0 &&
      ((h.acknowledgement - (s[peer + CONTIGUOUS] as number)) | 0) <= 0 &&
      s[peer + CONTIGUOUS] !== 0 &&
      (acknowledged === 0 || ((next - acknowledged) | 0) >= 0)
    )
  }

  private inOrder(flow: number, direction: Direction, h: Headers, timeNs: number): number {
    const s = this.integers
    const own = flow * FLOW_INTS + direction * DIRECTION_INTS
    const times = flow * FLOW_TIMES + direction
    const length = h.payloadLength
    let marks = 0
    if (length > 0) {
      const end = (h.sequence + length) | 0
      if (this.fillsWindow(flow * FLOW_INTS + (1 - direction) * DIRECTION_INTS, end)) marks = WINDOW_FULL
      s[own + NEXT] = end
      s[own + CONTIGUOUS] = end
      this.times[times + ADVANCED_NS] = timeNs
    }
    if (h.acknowledgement !== s[own + ACKNOWLEDGED]) s[own + DUPLICATES] = 0
    s[own + ACKNOWLEDGED] = h.acknowledgement
    s[own + WINDOW] = h.window
    this.times[times + LAST_NS] = timeNs
    return marks
  }

  /** What a SYN says about the connection before it. */
  private opening(own: number, h: Headers): number {
    const s = this.integers
    if (this.reused) {
      this.reused = false
      return REUSED_PORTS
    }
    if (((s[own + BITS] as number) & BASE_KNOWN) === 0) return 0
    if ((h.flags & ACK) === 0) {
      // The same SYN again. A reset since then may have moved NEXT to a number of its own.
      s[own + NEXT] = s[own + CONTIGUOUS] as number
      return 0
    }
    if (h.sequence === s[own + BASE]) return 0
    s[own + BASE] = h.sequence
    return REUSED_PORTS
  }

  /** The first segment of a direction tells its base, and its acknowledgement number the other's. */
  private baseSequences(own: number, peer: number, h: Headers): void {
    const s = this.integers
    const ownBits = s[own + BITS] as number
    if ((ownBits & BASE_KNOWN) === 0) {
      s[own + BASE] = (h.flags & SYN) !== 0 ? h.sequence : h.sequence - 1
      s[own + BITS] = ownBits | BASE_KNOWN
    }
    const peerBits = s[peer + BITS] as number
    if ((peerBits & BASE_KNOWN) === 0 && (h.flags & ACK) !== 0) {
      s[peer + BASE] = h.acknowledgement - 1
      s[peer + BITS] = peerBits | BASE_KNOWN
    }
  }

  /** Everything that follows from comparing the segment with the ones before it, except resends. */
  private comparison(own: number, peer: number, h: Headers): number {
    const s = this.integers
    const length = h.payloadLength
    const window = h.window
    const next = s[own + NEXT] as number
    const ahead = (h.sequence - next) | 0
    if (length === 1 && ahead === 0 && s[peer + WINDOW] === 0) return ZERO_WINDOW_PROBE

    const plain = (h.flags & (SYN | FIN | RST)) === 0
    let marks = 0
    if (window === 0 && plain) marks |= ZERO_WINDOW
    if (next !== 0 && ahead > 0 && (h.flags & RST) === 0) marks |= LOST_SEGMENT
    if (!plain) return marks
    if (length <= 1 && ahead === -1) marks |= KEEP_ALIVE
    if (length > 0) {
      if (this.fillsWindow(peer, (h.sequence + length) | 0)) marks |= WINDOW_FULL
      return marks
    }
    if (ahead !== 0 || h.acknowledgement !== s[own + ACKNOWLEDGED]) return marks
    // From here on: no data, and the numbers of the segment before.
    const sameWindow = window === s[own + WINDOW]
    const peerBits = s[peer + BITS] as number
    if (window === 0) {
      return sameWindow && (peerBits & LAST_PROBED) !== 0 ? marks | ZERO_WINDOW_PROBE_ACK : marks
    }
    if (!sameWindow) return marks | WINDOW_UPDATE
    if ((peerBits & LAST_KEPT_ALIVE) !== 0) return marks | KEEP_ALIVE_ACK
    s[own + DUPLICATES] = s[own + DUPLICATES] === UNSEEN_MARK ? 1 : (s[own + DUPLICATES] as number) + 1
    return marks | DUPLICATE_ACK
  }

  /** `end`: the sequence number behind the segment's last byte. */
  private fillsWindow(peer: number, end: number): boolean {
    const s = this.integers
    const scale = s[peer + SCALE] as number
    if (scale === SCALE_UNKNOWN) return false
    const shift = scale === SCALE_UNUSED || ((s[peer + BITS] as number) & WINDOW_OF_SYN) !== 0 ? 0 : scale
    return end === (((s[peer + ACKNOWLEDGED] as number) + ((s[peer + WINDOW] as number) << shift)) | 0)
  }

  /** Does it acknowledge what the other side was not seen to send? Said once for each hole. */
  private acknowledged(peer: number, h: Headers): number {
    const s = this.integers
    const contiguous = s[peer + CONTIGUOUS] as number
    if ((h.flags & ACK) === 0 || contiguous === 0 || ((h.acknowledgement - contiguous) | 0) <= 0) return 0
    const next = s[peer + NEXT] as number
    if (((contiguous - next) | 0) < 0) {
      s[peer + CONTIGUOUS] = next
      return ACK_LOST_SEGMENT
    }
    const first = s[peer + DUPLICATES] === 0
    s[peer + DUPLICATES] = UNSEEN_MARK
    return first ? ACK_LOST_SEGMENT : 0
  }

  /** Data, SYN or FIN that does not move the sequence number on: sent again, or overtaken? */
  private resending(flow: number, direction: Direction, h: Headers, timeNs: number): number {
    const s = this.integers
    const own = flow * FLOW_INTS + direction * DIRECTION_INTS
    const peer = flow * FLOW_INTS + (1 - direction) * DIRECTION_INTS
    const length = h.payloadLength
    const acknowledged = s[peer + ACKNOWLEDGED] as number
    const end = (h.sequence + length) | 0
    if (length > 0 && acknowledged !== 0 && ((end - acknowledged) | 0) <= 0) return SPURIOUS_RETRANSMISSION

    const next = s[own + NEXT] as number
    const ahead = (h.sequence - next) | 0
    if (next === 0 || ahead >= 0) return 0
    // A probe of a zero window may have sent that one byte before: the rest is new.
    if (ahead === -1 && length > 1) return 0

    const times = flow * FLOW_TIMES
    const sinceAckNs = timeNs - (this.times[times + LAST_NS + 1 - direction] as number)
    // Unsigned: after an ACK of unseen data a single one is enough.
    const askedFor = (s[peer + DUPLICATES] as number) >>> 0 >= 2 && acknowledged === h.sequence
    if (askedFor && sinceAckNs >= 0 && sinceAckNs < FAST_RETRANSMISSION_NS) return FAST_RETRANSMISSION

    const endsAtNext = next === (((h.flags & (SYN | FIN)) !== 0 ? end + 1 : end) | 0)
    if (!endsAtNext && this.isSoon(times, timeNs - (this.times[times + ADVANCED_NS + direction] as number))) {
      return OUT_OF_ORDER
    }
    return RETRANSMISSION
  }

  /** Within one round trip a sender can not have learnt of a loss. */
  private isSoon(times: number, lateNs: number): boolean {
    const roundTripNs = this.times[times + ROUND_TRIP_NS] as number
    // A clock that went back: Wireshark compares without sign, so that what is below zero is greater than all else.
    if (roundTripNs < 0) return lateNs >= 0 || lateNs < roundTripNs
    return lateNs >= 0 && lateNs < (Number.isNaN(roundTripNs) ? DEFAULT_OUT_OF_ORDER_NS : roundTripNs)
  }

  /** What the side has now sent, acknowledged and offered. */
  private advance(flow: number, direction: Direction, h: Headers, marks: number, timeNs: number): void {
    const s = this.integers
    const own = flow * FLOW_INTS + direction * DIRECTION_INTS
    const times = flow * FLOW_TIMES + direction
    const extra = (h.flags & (SYN | FIN)) !== 0 ? 1 : 0
    const end = (h.sequence + h.payloadLength + extra) | 0
    const next = s[own + NEXT] as number
    let bits = (s[own + BITS] as number) & ~(LAST_KEPT_ALIVE | LAST_PROBED)
    if ((marks & ZERO_WINDOW_PROBE) === 0) {
      if (next === 0 || ((end - next) | 0) > 0) {
        s[own + NEXT] = end
        this.times[times + ADVANCED_NS] = timeNs
      }
      const contiguous = s[own + CONTIGUOUS] as number
      if (contiguous === 0 || h.sequence === contiguous) s[own + CONTIGUOUS] = s[own + NEXT] as number
    } else {
      bits |= LAST_PROBED
    }
    if ((marks & KEEP_ALIVE) !== 0) bits |= LAST_KEPT_ALIVE
    s[own + BITS] = bits
    s[own + WINDOW] = h.window
    s[own + ACKNOWLEDGED] = h.acknowledgement
    this.times[times + LAST_NS] = timeNs
  }

  /** Handshake and window scale: of use from the next segment on. */
  private follow(flow: number, own: number, peer: number, h: Headers, timeNs: number): void {
    const s = this.integers
    const flags = h.flags
    if ((flags & SYN) !== 0) {
      s[own + BITS] = (s[own + BITS] as number) | WINDOW_OF_SYN
      if ((flags & ACK) === 0) this.handshakeBegins(flow, timeNs)
    } else if ((flags & ACK) !== 0) {
      s[own + BITS] = (s[own + BITS] as number) & ~WINDOW_OF_SYN
      if (((s[own + BITS] as number) & SHAKING_HANDS) !== 0) this.handshakeEnds(flow, own, peer, timeNs)
    }
    if (h.windowScale >= 0) s[own + SCALE] = Math.min(h.windowScale, MAX_SCALE)
    if ((flags & SYN) === 0) return
    if (s[own + SCALE] === SCALE_UNKNOWN) {
      s[own + SCALE] = SCALE_UNUSED
      s[peer + SCALE] = SCALE_UNUSED
    } else if ((flags & ACK) !== 0 && s[peer + SCALE] === SCALE_UNUSED) {
      s[own + SCALE] = SCALE_UNUSED
    }
  }

  private handshakeBegins(flow: number, timeNs: number): void {
    this.times[flow * FLOW_TIMES + SYN_NS] = timeNs
    if (!Number.isNaN(this.times[flow * FLOW_TIMES + ROUND_TRIP_NS])) return
    const s = this.integers
    for (let bits = flow * FLOW_INTS + BITS; bits < (flow + 1) * FLOW_INTS; bits += DIRECTION_INTS) {
      s[bits] = (s[bits] as number) | SHAKING_HANDS
    }
  }

  private handshakeEnds(flow: number, own: number, peer: number, timeNs: number): void {
    const s = this.integers
    const roundTripNs = timeNs - (this.times[flow * FLOW_TIMES + SYN_NS] as number)
    // Wireshark takes nothing at all as not known.
    if (roundTripNs === 0) return
    this.times[flow * FLOW_TIMES + ROUND_TRIP_NS] = roundTripNs
    s[own + BITS] = (s[own + BITS] as number) & ~SHAKING_HANDS
    s[peer + BITS] = (s[peer + BITS] as number) & ~SHAKING_HANDS
  }
}
