/**
 * Segments with wrong checksums. Most of them are whole: the recorder saw them before the network card wrote the checksum,
 * or after it put several together. A sender whose other segments are right and that sends this one again had it damaged
 * on the way; of the two copies the right one is read. Verified are the first segments of a connection and some behind
 * each resend, which keeps the cost small.
 */
import type { Direction } from '../wire/dissector.ts'
import { MAX_VERIFIED_SEGMENTS, MAX_WITHHELD_BYTES, VERIFIED_BEHIND_RESEND } from '../wire/limits.ts'
import type { Assembler } from './assembler.ts'
import { tcpChecksumState } from './checksum.ts'
import type { FlowNotes } from './flow-notes.ts'
import {
  CHECKS,
  HAS_HIGH_ACK,
  HIGH_ACK,
  INTS,
  OFFLOADED_CHECKSUMS,
  SIDE_STATE,
  sideInts,
  VERIFIED,
  WRONG_CHECKSUMS,
} from './flow-record.ts'
import type { FlowTable } from './flow-table.ts'
import type { Headers } from './headers.ts'
import { TcpRemarks } from './tcp-remarks.ts'

/** A sender of so many right segments, and four times as many as wrong ones, writes its checksums before the recorder. */
const HONEST_SEGMENTS = 2
const HONEST_RATIO = 4

export class Damage {
  private readonly table: FlowTable
  private readonly assembler: Assembler

  constructor(table: FlowTable, assembler: Assembler) {
    this.table = table
    this.assembler = assembler
  }

  /**
   * A segment with payload.
   * @returns true when it is not to be read now: it is damaged, and its resend will be right.
   */
  verify(
    flow: number,
    side: 0 | 1,
    direction: Direction,
    notes: FlowNotes,
    h: Headers,
    packet: number,
    timeNs: number,
  ): boolean {
    const { ints } = this.table
    ints[flow * INTS + CHECKS] = (ints[flow * INTS + CHECKS] as number) + 1
    const state = tcpChecksumState(h)
    if (state === 'unverifiable') return false
    const me = sideInts(flow, side)
    ints[me + VERIFIED] = (ints[me + VERIFIED] as number) + 1
    const { remarks } = notes
    if (state !== 'bad') {
      if (state === 'offloaded') ints[me + OFFLOADED_CHECKSUMS] = (ints[me + OFFLOADED_CHECKSUMS] as number) + 1
      // The good copy of what waits.
      if (remarks?.withheld?.side === side && isCovered(remarks.withheld.end, h)) remarks.withheld = null
      return false
    }
    const wrongBefore = ints[me + WRONG_CHECKSUMS] as number
    ints[me + WRONG_CHECKSUMS] = wrongBefore + 1
    notes.remarks ??= new TcpRemarks()
    notes.remarks.damage(direction, h, packet, timeNs)
    const right = (ints[me + VERIFIED] as number) - wrongBefore - 1 - (ints[me + OFFLOADED_CHECKSUMS] as number)
    const isHonest = right >= HONEST_SEGMENTS && right >= HONEST_RATIO * wrongBefore
    const isHeard = ((ints[sideInts(flow, 1 - side) + SIDE_STATE] as number) & HAS_HIGH_ACK) !== 0
    if (!isHonest || !isHeard || h.payloadLength > MAX_WITHHELD_BYTES || notes.remarks.withheld !== null) return false
    notes.remarks.withhold(side, h, packet, timeNs)
    return true
  }

  /** A resend with payload: whether a damaged segment waited for it, and more segments are verified from here on. */
  resent(
    flow: number,
    side: 0 | 1,
    direction: Direction,
    notes: FlowNotes,
    h: Headers,
    packet: number,
    timeNs: number,
  ): void {
    const { ints } = this.table
    const checks = flow * INTS + CHECKS
    ints[checks] = Math.min(ints[checks] as number, MAX_VERIFIED_SEGMENTS - VERIFIED_BEHIND_RESEND)
    const { remarks } = notes
    if (remarks === null || remarks.damaged.length === 0) return
    const other = sideInts(flow, 1 - side)
    if (((ints[other + SIDE_STATE] as number) & HAS_HIGH_ACK) !== 0) {
      remarks.acknowledged(direction, ints[other + HIGH_ACK] as number)
    }
    const damaged = remarks.awaited(direction, (h.sequence + h.payloadLength) | 0)
    if (damaged === undefined || damaged.packet === packet) return
    damaged.resentPacket = packet
    damaged.resentNs = timeNs
    const state = tcpChecksumState(h)
    damaged.resentGood = state === 'good' || state === 'offloaded'
  }

  /** The other side acknowledged: what it has was whole, whatever its checksum says. */
  release(flow: number, direction: Direction, notes: FlowNotes): void {
    const withheld = notes.remarks?.withheld
    if (withheld == null) return
    const { side, headers, end, packet, timeNs } = withheld
    const acknowledged = this.table.ints[sideInts(flow, 1 - side) + HIGH_ACK] as number
    if (((acknowledged - end) | 0) >= 0) this.hand(flow, side, direction, notes, headers, packet, timeNs)
  }

  /** The connection is over. @param direction of a side of the record */
  finish(flow: number, direction: (side: number) => Direction, notes: FlowNotes): void {
    const { remarks } = notes
    if (remarks === null) return
    const { ints } = this.table
    for (const side of [0, 1] as const) {
      const other = sideInts(flow, 1 - side)
      if (((ints[other + SIDE_STATE] as number) & HAS_HIGH_ACK) === 0) continue
      remarks.acknowledged(direction(side), ints[other + HIGH_ACK] as number)
    }
    const { withheld } = remarks
    if (withheld === null) return
    const { side, headers, packet, timeNs } = withheld
    this.hand(flow, side, direction(side), notes, headers, packet, timeNs)
  }

  private hand(
    flow: number,
    side: number,
    direction: Direction,
    notes: FlowNotes,
    headers: Headers,
    packet: number,
    timeNs: number,
  ): void {
    if (notes.remarks !== null) notes.remarks.withheld = null
    this.assembler.at(flow, side, direction, notes, packet, timeNs).segment(headers)
  }
}

/** The segment reaches from before the end to it, or beyond. */
function isCovered(end: number, h: Headers): boolean {
  return ((h.sequence - end) | 0) < 0 && ((h.sequence + h.payloadLength - end) | 0) >= 0
}
