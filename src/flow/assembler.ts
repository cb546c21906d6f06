/**
 * Reassembly: hands the bytes of a TCP stream to its layers in order. In-order bytes are read in place; only what arrives
 * ahead of a hole is copied, and not even that where the layers pass over it by length. RFC 9293 section 3.4.
 */
import type { Direction } from '../wire/dissector.ts'
import { MAX_AHEAD_BYTES, MAX_AHEAD_SEGMENTS } from '../wire/limits.ts'
import type { AheadSegment, FlowNotes } from './flow-notes.ts'
import {
  ENDED,
  EXPECTED,
  FIN_SEQUENCE,
  HAS_EXPECTED,
  HAS_HIGH_ACK,
  HIGH_ACK,
  ID,
  INTS,
  SAW_FIN,
  SIDE_STATE,
  STREAM_OFFSET,
  sideDoubles,
  sideInts,
} from './flow-record.ts'
import type { FlowTable } from './flow-table.ts'
import type { Headers } from './headers.ts'

export class Assembler {
  /** Times that a limit made it give up a hole. */
  holesGivenUp = 0
  private readonly table: FlowTable
  private aheadBytes = 0

  constructor(table: FlowTable) {
    this.table = table
  }

  /** A segment with payload. */
  segment(
    flow: number,
    side: number,
    direction: Direction,
    notes: FlowNotes,
    h: Headers,
    packet: number,
    timeNs: number,
  ): void {
    const { ints } = this.table
    const base = sideInts(flow, side)
    let state = ints[base + SIDE_STATE] as number
    if ((state & HAS_EXPECTED) === 0) {
      state |= HAS_EXPECTED
      ints[base + SIDE_STATE] = state
      ints[base + EXPECTED] = h.sequence
    }
    const delta = (h.sequence - (ints[base + EXPECTED] as number)) | 0
    if (delta > 0) {
      this.hold(flow, side, direction, notes, h, packet, timeNs, delta)
      return
    }
    if (-delta >= h.payloadLength) return
    this.pass(
      flow,
      side,
      direction,
      notes,
      h.bytes,
      h.payload - delta,
      h.payloadEnd,
      h.payloadLength + delta,
      packet,
      timeNs,
    )
    if (waiting(notes, side) !== null) this.drain(flow, side, direction, notes, packet, timeNs)
  }

  /** The other side acknowledges: what it has although the capture holds a hole there was lost by the recorder. */
  acknowledged(
    flow: number,
    side: number,
    direction: Direction,
    notes: FlowNotes,
    packet: number,
    timeNs: number,
  ): void {
    const ahead = waiting(notes, side)
    if (ahead === null) return
    const other = sideInts(flow, 1 - side)
    const acknowledged = this.table.ints[other + HIGH_ACK] as number
    const first = ahead[0] as AheadSegment
    if (((acknowledged - first.sequence) | 0) >= 0) this.skipHole(flow, side, direction, notes, packet, timeNs)
  }

  /** A FIN ends the stream once all before it was read. */
  finish(flow: number, side: number, direction: Direction, notes: FlowNotes, packet: number, timeNs: number): void {
    const { ints } = this.table
    const base = sideInts(flow, side)
    const state = ints[base + SIDE_STATE] as number
    if ((state & (SAW_FIN | ENDED)) !== SAW_FIN) return
    const left = ((ints[base + FIN_SEQUENCE] as number) - (ints[base + EXPECTED] as number)) | 0
    const reached = (state & HAS_EXPECTED) === 0 || left <= 0
    if (!reached) return
    ints[base + SIDE_STATE] = state | ENDED
    notes.stack?.end(direction, 'fin', packet, timeNs, ints[flow * INTS + ID] as number)
  }

  /** The conversation is over: what waits behind holes is read as far as it goes. */
  flush(flow: number, side: number, direction: Direction, notes: FlowNotes, packet: number, timeNs: number): void {
    while (waiting(notes, side) !== null) this.skipHole(flow, side, direction, notes, packet, timeNs)
  }

  private hold(
    flow: number,
    side: number,
    direction: Direction,
    notes: FlowNotes,
    h: Headers,
    packet: number,
    timeNs: number,
    delta: number,
  ): void {
    const stack = notes.stack
    if (stack === null) return
    const captured = Math.min(h.payloadEnd - h.payload, h.payloadLength)
    const needed = !stack.skips(direction, delta + h.payloadLength)
    let ahead = waiting(notes, side)
    if (ahead === null) {
      ahead = []
      notes.ahead ??= [null, null]
      notes.ahead[side as 0 | 1] = ahead
    }
    let at = ahead.length
    while (at > 0 && (((ahead[at - 1] as AheadSegment).sequence - h.sequence) | 0) >= 0) at--
    const twin = ahead[at]
    if (twin?.sequence === h.sequence && twin.length >= h.payloadLength) return
    ahead.splice(at, 0, {
      sequence: h.sequence,
      bytes: needed ? h.bytes.slice(h.payload, h.payload + captured) : null,
      captured,
      length: h.payloadLength,
      packet,
      timeNs,
    })
    if (needed) this.aheadBytes += captured
    const { ints } = this.table
    const other = sideInts(flow, 1 - side)
    const hasAck = ((ints[other + SIDE_STATE] as number) & HAS_HIGH_ACK) !== 0
    if (ahead.length > MAX_AHEAD_SEGMENTS || this.aheadBytes > MAX_AHEAD_BYTES) {
      this.holesGivenUp++
      this.skipHole(flow, side, direction, notes, packet, timeNs)
    } else if (hasAck) {
      this.acknowledged(flow, side, direction, notes, packet, timeNs)
    }
  }

  /** Gives up the hole before the first segment that waits. */
  private skipHole(
    flow: number,
    side: number,
    direction: Direction,
    notes: FlowNotes,
    packet: number,
    timeNs: number,
  ): void {
    const { ints } = this.table
    const base = sideInts(flow, side)
    const first = (waiting(notes, side) as AheadSegment[])[0] as AheadSegment
    const missing = (first.sequence - (ints[base + EXPECTED] as number)) | 0
    if (missing > 0) {
      notes.stack?.gap(direction, missing, packet, timeNs, ints[flow * INTS + ID] as number)
      ints[base + EXPECTED] = first.sequence
      const offset = sideDoubles(flow, side) + STREAM_OFFSET
      this.table.doubles[offset] = (this.table.doubles[offset] as number) + missing
    }
    this.drain(flow, side, direction, notes, packet, timeNs)
  }

  /** Reads what waits and is in order now. */
  private drain(
    flow: number,
    side: number,
    direction: Direction,
    notes: FlowNotes,
    packet: number,
    timeNs: number,
  ): void {
    const ahead = waiting(notes, side) as AheadSegment[]
    const base = sideInts(flow, side)
    let read = 0
    for (; read < ahead.length; read++) {
      const segment = ahead[read] as AheadSegment
      const delta = (segment.sequence - (this.table.ints[base + EXPECTED] as number)) | 0
      if (delta > 0) break
      if (segment.bytes !== null) this.aheadBytes -= segment.captured
      const length = segment.length + delta
      if (length <= 0) continue
      if (segment.bytes === null) this.passOver(flow, side, direction, notes, length, segment.packet, segment.timeNs)
      else {
        const { bytes, captured } = segment
        this.pass(flow, side, direction, notes, bytes, -delta, captured, length, segment.packet, segment.timeNs)
      }
    }
    if (read === ahead.length) settled(notes, side)
    else if (read > 0) ahead.splice(0, read)
    if (((this.table.ints[base + SIDE_STATE] as number) & SAW_FIN) !== 0) {
      this.finish(flow, side, direction, notes, packet, timeNs)
    }
  }

  /** Bytes in order; `length` of them on the wire, of which bytes[start, end) were captured. */
  private pass(
    flow: number,
    side: number,
    direction: Direction,
    notes: FlowNotes,
    bytes: Uint8Array,
    start: number,
    end: number,
    length: number,
    packet: number,
    timeNs: number,
  ): void {
    const { ints, doubles } = this.table
    const offset = sideDoubles(flow, side) + STREAM_OFFSET
    const low = doubles[offset] as number
    ints[sideInts(flow, side) + EXPECTED] = ((ints[sideInts(flow, side) + EXPECTED] as number) + length) | 0
    const { stack } = notes
    if (stack !== null) {
      const id = ints[flow * INTS + ID] as number
      const captured = Math.max(0, Math.min(end - start, length))
      if (captured > 0) stack.segment(direction, bytes, start, start + captured, packet, timeNs, id, low)
      // A gap begins where the bytes before it ended.
      doubles[offset] = low + captured
      if (captured < length) stack.gap(direction, length - captured, packet, timeNs, id)
    }
    doubles[offset] = low + length
  }

  /** Bytes that the layers passed over when they arrived; if they no longer would, they are a hole for them. */
  private passOver(
    flow: number,
    side: number,
    direction: Direction,
    notes: FlowNotes,
    length: number,
    packet: number,
    timeNs: number,
  ): void {
    this.pass(flow, side, direction, notes, NO_BYTES, 0, 0, length, packet, timeNs)
  }
}

const NO_BYTES = new Uint8Array(0)

function waiting(notes: FlowNotes, side: number): AheadSegment[] | null {
  return notes.ahead === null ? null : (notes.ahead[side as 0 | 1] ?? null)
}

function settled(notes: FlowNotes, side: number): void {
  if (notes.ahead === null) return
  notes.ahead[side as 0 | 1] = null
  if (notes.ahead[0] === null && notes.ahead[1] === null) notes.ahead = null
}
