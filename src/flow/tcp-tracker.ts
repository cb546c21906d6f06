/**
 * One TCP segment after the other: keeps the figures of its flow, marks what is worth a note, and feeds reassembly.
 * What a segment is (retransmission, out of order ...) tcp-analysis.ts says, in Wireshark's sense. RFC 9293, RFC 2018,
 * RFC 2883 (D-SACK).
 */
import type { Direction } from '../wire/dissector.ts'
import { MAX_COPY_MARKS, MAX_VERIFIED_SEGMENTS } from '../wire/limits.ts'
import type { Assembler } from './assembler.ts'
import type { MarkKind } from './conversation.ts'
import { Damage } from './damage.ts'
import { FlowNotes, type OpenMark } from './flow-notes.ts'
import {
  ACK_NS,
  ACK_PACKET,
  ACKED_UNSEEN,
  BYTES,
  CHECKS,
  CLIENT_IS_HIGH,
  COPIES_HOPPED,
  DOUBLES,
  DUPLICATE_ACKS,
  EXPECTED,
  FAST_RETRANSMISSIONS,
  FIN_SEQUENCE,
  FIRST_DATA_NS,
  FIRST_DATA_PACKET,
  FRAGMENTED,
  HAS_EXPECTED,
  HAS_HIGH_ACK,
  HAS_ISN,
  HAS_LAST,
  HAS_PEER_PROGRESS,
  HAS_SACK,
  HAS_STALL,
  HAS_TIMESTAMPS,
  HAS_TTL,
  HIGH_ACK,
  HIGH_SEQUENCE,
  INTS,
  IP_IDS_IN_ROW,
  ISN,
  KEEP_ALIVES,
  LARGEST,
  LARGEST_ACKNOWLEDGED,
  LAST_ACKNOWLEDGEMENT,
  LAST_DATA_NS,
  LAST_DATA_PACKET,
  LAST_IP,
  LAST_SEQUENCE,
  LAST_SHAPE,
  LAST_WINDOW,
  LOST_SEGMENTS,
  MIRROR_DUPLICATES,
  MSS,
  NEEDLESS_RETRANSMISSIONS,
  OUT_OF_ORDER_SEGMENTS,
  PACKETS,
  PEER_PROGRESS_NS,
  PENDING_END,
  PENDING_LENGTH,
  RETRANSMISSIONS,
  SAW_FIN,
  SAW_RESET,
  SEGMENTS,
  SIDE_LAST_NS,
  SIDE_LAST_PACKET,
  SIDE_STATE,
  SPURIOUS_RETRANSMISSIONS,
  STALL_FIRST_NS,
  STALL_FIRST_PACKET,
  STALL_LAST_NS,
  STALL_LAST_PACKET,
  STALL_LENGTH,
  STALL_RESENDS,
  STALL_SEQUENCE,
  STATE,
  SYN_ACK_NS,
  SYN_ACK_PACKET,
  SYN_ACKS,
  SYN_NS,
  SYN_PACKET,
  SYNS,
  sideDoubles,
  sideInts,
  TTL_LEAST,
  TTL_MOST,
  WINDOW_CLOSED,
  WINDOW_FULLS,
  WINDOW_SCALE,
  ZERO_WINDOWS,
} from './flow-record.ts'
import type { FlowTable } from './flow-table.ts'
import { ACK, FIN, Headers, RST, SYN } from './headers.ts'
import { acknowledgeSelectively } from './selective.ts'
import {
  ACK_LOST_SEGMENT,
  DUPLICATE_ACK,
  FAST_RETRANSMISSION,
  KEEP_ALIVE,
  LOST_SEGMENT,
  OUT_OF_ORDER,
  RETRANSMISSION,
  SPURIOUS_RETRANSMISSION,
  type TcpAnalysis,
  WINDOW_FULL,
  ZERO_WINDOW,
  ZERO_WINDOW_PROBE,
} from './tcp-analysis.ts'
import { ipIdStep } from './tcp-checks.ts'
import { TcpRemarks } from './tcp-remarks.ts'

const ANY_RESEND = RETRANSMISSION | FAST_RETRANSMISSION | SPURIOUS_RETRANSMISSION
/** What leaves a mark or a count; duplicate ACKs and window updates alone are too frequent to be told apart early. */
const NOTEWORTHY =
  ANY_RESEND |
  OUT_OF_ORDER |
  LOST_SEGMENT |
  ACK_LOST_SEGMENT |
  KEEP_ALIVE |
  ZERO_WINDOW |
  ZERO_WINDOW_PROBE |
  WINDOW_FULL
/** Anybody may write them in the name of a side: what they look like says nothing of its other packets. */
const ENDS = RST | FIN
/** One a packet, or as many as the segments that a network card cut from it. */
const IN_ROW = 256
/** Two copies of one packet on a mirror port come within this time. */
const MIRROR_NS = 1e6
/** Packets of one sender that wait at a router, and routers between two points of one capture. */
const COPIES_BEHIND = 512
const COPIED_HOPS = 3
const NS_PER_MS = 1e6
/** The shortest time-out of a proxy or firewall that is worth a note. */
const LEAST_PAUSE_MS = 10_000
const NOBODY = new FlowNotes()
const NOTHING = new Headers()

export class TcpTracker {
  private readonly table: FlowTable
  private readonly analysis: TcpAnalysis
  private readonly assembler: Assembler
  private readonly damage: Damage
  // The segment at hand.
  private flow = 0
  private side = 0
  private direction: Direction = 0
  private notes: FlowNotes = NOBODY
  private h: Headers = NOTHING
  private packet = 0
  private timeNs = 0
  /** Bases of the record, of the sender's side and of the receiver's. */
  private record = 0
  private me = 0
  private other = 0
  /** Distance of the IP identification to that of the sender's packet before. */
  private stepIpId = 0
  /** Milliseconds since the sender's last data. */
  private sinceDataMs = 0

  constructor(table: FlowTable, analysis: TcpAnalysis, assembler: Assembler) {
    this.table = table
    this.analysis = analysis
    this.assembler = assembler
    this.damage = new Damage(table, assembler)
  }

  /** The connection is over: what was kept aside is read. */
  finish(flow: number, direction: (side: number) => Direction, notes: FlowNotes): void {
    this.damage.finish(flow, direction, notes)
  }

  /** @param notes of this flow; its stack is there when the payload is to be read */
  segment(flow: number, side: number, notes: FlowNotes, h: Headers, packet: number, timeNs: number): void {
    const { ints, doubles } = this.table
    const me = sideInts(flow, side)
    const meAt = sideDoubles(flow, side)
    const record = flow * INTS
    const direction = (side ^ ((ints[record + STATE] as number) & CLIENT_IS_HIGH)) as Direction
    this.flow = flow
    this.side = side
    this.direction = direction
    this.notes = notes
    this.h = h
    this.packet = packet
    this.timeNs = timeNs
    this.record = record
    this.me = me
    this.other = sideInts(flow, 1 - side)
    this.sinceDataMs =
      ints[me + LAST_DATA_PACKET] === 0 ? -1 : (timeNs - (doubles[meAt + LAST_DATA_NS] as number)) / NS_PER_MS
    const what = this.analysis.analyse(flow, side as Direction, h, timeNs)

    let state = ints[me + SIDE_STATE] as number
    const { flags, sequence, payloadLength } = h
    const shape = (payloadLength << 12) | flags
    if (
      (state & HAS_LAST) !== 0 &&
      ints[me + LAST_SHAPE] === shape &&
      ints[me + LAST_SEQUENCE] === sequence &&
      ints[me + LAST_ACKNOWLEDGEMENT] === h.acknowledgement &&
      (ints[me + LAST_IP] as number) >> 8 === h.ipId + 1 &&
      (doubles[meAt + SIDE_LAST_NS] as number) + MIRROR_NS > timeNs &&
      (h.ipId > 0 || payloadLength > 0 || (flags & (SYN | FIN)) !== 0)
    ) {
      this.copy(state)
      return
    }

    const firstOfSide = (state & HAS_LAST) === 0
    const lastIp = ints[me + LAST_IP] as number
    this.stepIpId = firstOfSide ? 0 : ipIdStep((lastIp >> 8) - 1, h.ipId)
    if ((what & (ANY_RESEND | OUT_OF_ORDER)) !== 0 && this.isLateCopy(state)) {
      this.copy(state)
      return
    }
    if ((state & HAS_ISN) === 0) {
      state |= HAS_ISN
      ints[me + ISN] = (flags & SYN) !== 0 ? sequence : (sequence - 1) | 0
      ints[me + HIGH_SEQUENCE] = sequence
    }
    this.bump(me + PACKETS)
    if (h.fragments > 0) this.bump(me + FRAGMENTED)
    if (this.stepIpId > 0 && this.stepIpId <= IN_ROW)
      ints[me + IP_IDS_IN_ROW] = (ints[me + IP_IDS_IN_ROW] as number) + 1
    if ((flags & ENDS) === 0 && ((state & HAS_TTL) === 0 || (lastIp & 0xff) !== h.ttl)) {
      if ((state & HAS_TTL) === 0 || h.ttl < (ints[me + TTL_LEAST] as number)) ints[me + TTL_LEAST] = h.ttl
      if (h.ttl > (ints[me + TTL_MOST] as number)) ints[me + TTL_MOST] = h.ttl
      state |= HAS_TTL
    }

    if ((flags & (SYN | FIN | RST)) !== 0) state = this.control(state)
    else if (ints[record + ACK_PACKET] === 0) this.handshakeAck()
    if ((flags & ACK) !== 0 && (flags & RST) === 0) {
      state = this.acknowledge(state)
    }

    const advance = payloadLength + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0)
    const end = (sequence + advance) | 0
    const gained = (end - (ints[me + HIGH_SEQUENCE] as number)) | 0
    let aside = false
    if (payloadLength > 0) {
      this.bump(me + SEGMENTS)
      if ((ints[record + CHECKS] as number) < MAX_VERIFIED_SEGMENTS) {
        aside = this.damage.verify(flow, side as 0 | 1, direction, notes, h, packet, timeNs)
      }
      if ((ints[me + FIRST_DATA_PACKET] as number) === 0) {
        ints[me + FIRST_DATA_PACKET] = packet
        doubles[meAt + FIRST_DATA_NS] = timeNs
      }
      // The byte that some keep-alives carry is none.
      if ((what & KEEP_ALIVE) === 0) {
        if (this.sinceDataMs >= LEAST_PAUSE_MS) this.paused()
        ints[me + LAST_DATA_PACKET] = packet
        doubles[meAt + LAST_DATA_NS] = timeNs
      }
      if (gained > 0) doubles[meAt + BYTES] = (doubles[meAt + BYTES] as number) + Math.min(gained, payloadLength)
      if (payloadLength > (ints[me + LARGEST] as number)) ints[me + LARGEST] = payloadLength
      if (
        payloadLength > (ints[me + PENDING_LENGTH] as number) &&
        payloadLength > (ints[me + LARGEST_ACKNOWLEDGED] as number)
      ) {
        ints[me + PENDING_LENGTH] = payloadLength
        ints[me + PENDING_END] = end
      }
    }
    if ((what & (NOTEWORTHY | DUPLICATE_ACK)) !== 0) this.note(what)
    if ((what & ZERO_WINDOW) !== 0) state |= WINDOW_CLOSED
    else if ((state & WINDOW_CLOSED) !== 0 && h.window > 0 && (flags & RST) === 0) {
      state &= ~WINDOW_CLOSED
      notes.remarks?.windowOpened(side as 0 | 1, packet, timeNs)
    }
    if ((what & ANY_RESEND) !== 0 && payloadLength > 0) state |= HAS_STALL
    if (advance > 0 && gained > 0 && (flags & RST) === 0) ints[me + HIGH_SEQUENCE] = end

    ints[me + SIDE_STATE] = state | HAS_LAST
    ints[me + LAST_SHAPE] = shape
    ints[me + LAST_SEQUENCE] = sequence
    ints[me + LAST_ACKNOWLEDGEMENT] = h.acknowledgement
    ints[me + LAST_IP] = ((h.ipId + 1) << 8) | ((flags & ENDS) === 0 ? h.ttl : lastIp & 0xff)
    ints[me + SIDE_LAST_PACKET] = packet
    if ((flags & RST) === 0) ints[me + LAST_WINDOW] = h.window
    doubles[meAt + SIDE_LAST_NS] = timeNs

    if (notes.remarks !== null && (flags & ACK) !== 0) this.damage.release(flow, (1 - direction) as Direction, notes)
    if (notes.ahead !== null && (flags & ACK) !== 0) {
      this.assembler.at(flow, 1 - side, (1 - direction) as Direction, notes, packet, timeNs).acknowledged()
    }
    if (payloadLength > 0 && (flags & RST) === 0 && !aside) {
      // TCP Fast Open (RFC 7413): the data of a SYN lies behind it.
      if ((flags & SYN) !== 0) h.sequence = (sequence + 1) | 0
      this.assembler.at(flow, side, direction, notes, packet, timeNs).segment(h)
    }
    if ((flags & FIN) !== 0) this.assembler.at(flow, side, direction, notes, packet, timeNs).finish()
  }

  /** Payload behind a while without any from this side: and from the other? */
  private paused(): void {
    const { ints, doubles } = this.table
    const mine = sideDoubles(this.flow, this.side) + LAST_DATA_NS
    const theirs = sideDoubles(this.flow, 1 - this.side) + LAST_DATA_NS
    const last = (ints[this.other + LAST_DATA_PACKET] as number) > (ints[this.me + LAST_DATA_PACKET] as number)
    const fromNs = doubles[last ? theirs : mine] as number
    if (this.timeNs - fromNs < LEAST_PAUSE_MS * NS_PER_MS) return
    this.notes.remarks ??= new TcpRemarks()
    this.notes.remarks.pause({
      fromPacket: ints[(last ? this.other : this.me) + LAST_DATA_PACKET] as number,
      fromNs,
      untilPacket: this.packet,
      untilNs: this.timeNs,
      direction: this.direction,
    })
  }

  /**
   * Behind a router that held it for a while (a shaper, a VPN), a copy comes after other packets: a resend has a new IP
   * identification, a copy that of its first, and it has lost a hop or two.
   */
  private isLateCopy(state: number): boolean {
    const { h, stepIpId } = this
    if (h.ipId <= 0 || stepIpId > 0 || stepIpId < -COPIES_BEHIND || (state & HAS_TTL) === 0) return false
    const lost = (this.table.ints[this.me + TTL_MOST] as number) - h.ttl
    return lost > 0 && lost <= COPIED_HOPS
  }

  /** The packet before, recorded once more: at the same point, or behind a router that took one off its time to live. */
  private copy(state: number): void {
    const { ints } = this.table
    const { me, h } = this
    this.bump(me + MIRROR_DUPLICATES)
    // A mirror port that copies each packet would leave no room for what happened.
    if ((ints[me + MIRROR_DUPLICATES] as number) <= MAX_COPY_MARKS) this.mark('duplicate')
    if ((h.flags & RST) !== 0 || (state & HAS_TTL) === 0 || h.ttl === ((ints[me + LAST_IP] as number) & 0xff)) return
    ints[me + SIDE_STATE] = state | COPIES_HOPPED
    if (h.ttl < (ints[me + TTL_LEAST] as number)) ints[me + TTL_LEAST] = h.ttl
    if (h.ttl > (ints[me + TTL_MOST] as number)) ints[me + TTL_MOST] = h.ttl
  }

  private control(state: number): number {
    const { ints, doubles } = this.table
    const { record, me } = this
    const { flags } = this.h
    if ((flags & RST) !== 0) {
      ints[record + STATE] = (ints[record + STATE] as number) | SAW_RESET
      this.mark('reset')
      return state
    }
    if ((flags & SYN) !== 0) {
      const answer = (flags & ACK) !== 0
      this.bump(record + (answer ? SYN_ACKS : SYNS))
      const at = record + (answer ? SYN_ACK_PACKET : SYN_PACKET)
      if (ints[at] === 0) {
        ints[at] = this.packet
        doubles[this.flow * DOUBLES + (answer ? SYN_ACK_NS : SYN_NS)] = this.timeNs
      }
      if ((state & HAS_EXPECTED) === 0) ints[me + EXPECTED] = (this.h.sequence + 1) | 0
      ints[me + MSS] = this.h.mss
      ints[me + WINDOW_SCALE] = this.h.windowScale
      this.mark(answer ? 'syn-ack' : 'syn')
      return state | HAS_EXPECTED | (this.h.sackPermitted ? HAS_SACK : 0) | (this.h.hasTimestamps ? HAS_TIMESTAMPS : 0)
    }
    ints[me + FIN_SEQUENCE] = (this.h.sequence + this.h.payloadLength) | 0
    this.mark('fin')
    return state | SAW_FIN
  }

  /** The client's first segment behind the SYN-ACK ends the handshake. */
  private handshakeAck(): void {
    const { ints } = this.table
    const { record } = this
    if (this.direction !== 0 || ints[record + SYN_ACK_PACKET] === 0 || (this.h.flags & ACK) === 0) return
    ints[record + ACK_PACKET] = this.packet
    this.table.doubles[this.flow * DOUBLES + ACK_NS] = this.timeNs
    this.mark('handshake-ack')
  }

  private acknowledge(state: number): number {
    const { ints, doubles } = this.table
    const { me } = this
    const acknowledgement = this.h.acknowledgement
    if (this.h.sackBlocks > 0) {
      acknowledgeSelectively(ints, this.notes, this.h, this.other, (1 - this.side) as 0 | 1)
    }
    if ((state & HAS_HIGH_ACK) !== 0 && ((acknowledgement - (ints[me + HIGH_ACK] as number)) | 0) <= 0) return state
    ints[me + HIGH_ACK] = acknowledgement
    // What it acknowledges is the other side's.
    const { other } = this
    if ((state & HAS_HIGH_ACK) !== 0) {
      doubles[sideDoubles(this.flow, this.side) + PEER_PROGRESS_NS] = this.timeNs
    }
    const pending = ints[other + PENDING_LENGTH] as number
    if (pending > 0 && ((acknowledgement - (ints[other + PENDING_END] as number)) | 0) >= 0) {
      if (pending > (ints[other + LARGEST_ACKNOWLEDGED] as number)) ints[other + LARGEST_ACKNOWLEDGED] = pending
      ints[other + PENDING_LENGTH] = 0
    }
    if (
      ((ints[other + SIDE_STATE] as number) & HAS_STALL) !== 0 &&
      ((acknowledgement - (ints[other + STALL_SEQUENCE] as number)) | 0) > 0
    ) {
      ints[other + STALL_RESENDS] = 0
      ints[other + SIDE_STATE] = (ints[other + SIDE_STATE] as number) & ~HAS_STALL
    }
    return state | HAS_HIGH_ACK | ((state & HAS_HIGH_ACK) !== 0 ? HAS_PEER_PROGRESS : 0)
  }

  private note(what: number): void {
    const { me } = this
    if ((what & DUPLICATE_ACK) !== 0) this.bump(me + DUPLICATE_ACKS)
    if ((what & LOST_SEGMENT) !== 0) {
      this.bump(me + LOST_SEGMENTS)
      this.mark('lost-segment')
    }
    if ((what & ACK_LOST_SEGMENT) !== 0) {
      this.bump(this.other + ACKED_UNSEEN)
      this.mark('acked-unseen')
    }
    if ((what & ANY_RESEND) !== 0) this.resend(what)
    else if ((what & OUT_OF_ORDER) !== 0) {
      this.bump(me + OUT_OF_ORDER_SEGMENTS)
      this.mark('out-of-order')
    }
    if ((what & KEEP_ALIVE) !== 0) {
      this.bump(me + KEEP_ALIVES)
      this.mark('keep-alive')
    }
    if ((what & ZERO_WINDOW) !== 0) {
      this.bump(me + ZERO_WINDOWS)
      this.notes.remarks ??= new TcpRemarks()
      this.notes.remarks.windowClosed(this.side as 0 | 1, this.packet, this.timeNs)
      this.mark('zero-window')
    }
    if ((what & ZERO_WINDOW_PROBE) !== 0) this.mark('zero-window-probe')
    // Some probe with a byte, others with the shape of a keep-alive.
    if ((what & (ZERO_WINDOW_PROBE | KEEP_ALIVE | ANY_RESEND)) !== 0)
      this.notes.remarks?.probed((1 - this.side) as 0 | 1)
    if ((what & WINDOW_FULL) !== 0) {
      this.bump(me + WINDOW_FULLS)
      this.mark('window-full')
    }
  }

  private resend(what: number): void {
    const { ints, doubles } = this.table
    const { me } = this
    let kind: MarkKind = 'retransmission'
    if ((what & SPURIOUS_RETRANSMISSION) !== 0) {
      kind = 'spurious-retransmission'
      this.bump(me + SPURIOUS_RETRANSMISSIONS)
    } else if ((what & FAST_RETRANSMISSION) !== 0) {
      kind = 'fast-retransmission'
      this.bump(me + FAST_RETRANSMISSIONS)
    } else this.bump(me + RETRANSMISSIONS)
    const needless = kind === 'spurious-retransmission' || this.h.payloadLength === 0
    if (needless) this.bump(me + NEEDLESS_RETRANSMISSIONS)
    if (this.h.payloadLength === 0) return
    const mark = this.mark(kind)
    mark.needless = needless
    this.damage.resent(this.flow, this.side as 0 | 1, this.direction, this.notes, this.h, this.packet, this.timeNs)
    this.notes.lastResend ??= [null, null]
    this.notes.lastResend[this.side as 0 | 1] = mark

    const at = sideDoubles(this.flow, this.side)
    if ((ints[me + STALL_RESENDS] as number) === 0 || ints[me + STALL_SEQUENCE] !== this.h.sequence) {
      ints[me + STALL_SEQUENCE] = this.h.sequence
      ints[me + STALL_RESENDS] = 0
      ints[me + STALL_FIRST_PACKET] = this.packet
      doubles[at + STALL_FIRST_NS] = this.timeNs
    }
    this.bump(me + STALL_RESENDS)
    ints[me + STALL_LENGTH] = this.h.payloadLength
    ints[me + STALL_LAST_PACKET] = this.packet
    doubles[at + STALL_LAST_NS] = this.timeNs
  }

  private mark(kind: MarkKind): OpenMark {
    const { ints } = this.table
    const { me, other } = this
    const otherState = ints[other + SIDE_STATE] as number
    const otherHasIsn = (otherState & HAS_ISN) !== 0
    const { linkSourceHigh, linkSourceLow } = this.h
    const mark: OpenMark = {
      kind,
      packet: this.packet,
      timeNs: this.timeNs,
      direction: this.direction,
      sequence: (this.h.sequence - (ints[me + ISN] as number)) >>> 0,
      acknowledgement: otherHasIsn
        ? (this.h.acknowledgement - (ints[other + ISN] as number)) >>> 0
        : this.h.acknowledgement >>> 0,
      length: this.h.payloadLength,
      flags: this.h.flags,
      window: this.h.window,
      ttl: this.h.ttl,
      ipId: this.h.ipId,
      ipIdStep: this.stepIpId,
      timestamps: this.h.hasTimestamps,
      sinceNewDataMs: this.sinceDataMs,
      inWindow: kind === 'reset' && this.acceptable(),
      intoClosedWindow: (otherState & WINDOW_CLOSED) !== 0,
      hardware: linkSourceHigh < 0 ? -1 : linkSourceHigh * 2 ** 32 + (linkSourceLow >>> 0),
      needless: false,
    }
    this.notes.marks.push(mark)
    return mark
  }

  /** Would the receiver take this reset? RFC 9293 section 3.5.2, with the whole window allowed as older stacks do. */
  private acceptable(): boolean {
    const { ints } = this.table
    const { me, other } = this
    const otherState = ints[other + SIDE_STATE] as number
    if (((ints[me + SIDE_STATE] as number) & HAS_HIGH_ACK) === 0 && (otherState & HAS_HIGH_ACK) === 0) {
      // In answer to a SYN: it must acknowledge it.
      return (this.h.flags & ACK) !== 0 && this.h.acknowledgement === (((ints[other + ISN] as number) + 1) | 0)
    }
    const wanted =
      (otherState & HAS_HIGH_ACK) !== 0 ? (ints[other + HIGH_ACK] as number) : (ints[me + HIGH_SEQUENCE] as number)
    const scale = Math.max(0, ints[other + WINDOW_SCALE] as number)
    const ahead = (this.h.sequence - wanted) | 0
    return ahead >= 0 && ahead <= Math.max(1, (ints[other + LAST_WINDOW] as number) << scale)
  }

  private bump(at: number): void {
    const { ints } = this.table
    ints[at] = (ints[at] as number) + 1
  }
}
