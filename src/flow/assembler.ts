/**
 * Reassembly: hands the bytes of a TCP stream to its layers in order. In-order bytes are read in place; only what arrives
 * ahead of a hole is copied, and not even that where the layers pass over it by length. RFC 9293 section 3.4.
 */
import { NO_BYTES } from '../wire/bytes.ts'
import type { Direction } from '../wire/dissector.ts'
import { MAX_AHEAD_BYTES, MAX_AHEAD_SEGMENTS } from '../wire/limits.ts'
import { type AheadSegment, FlowNotes } from './flow-notes.ts'
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

const NOBODY = new FlowNotes()

export class Assembler {
  /** Times that a limit made it give up a hole. */
  holesGivenUp = 0
  private readonly table: FlowTable
  private aheadBytes = 0
  // The stream at hand, and the packet that moves it.
  private flow = 0
  private side: 0 | 1 = 0
  private direction: Direction = 0
  private notes: FlowNotes = NOBODY
  private packet = 0
  private timeNs = 0

  constructor(table: FlowTable) {
    this.table = table
  }

  /** What the next calls are about: this side's stream, and the packet that moves it. */
  at(flow: number, side: number, direction: Direction, notes: FlowNotes, packet: number, timeNs: number): this {
    this.flow = flow
    this.side = side as 0 | 1
    this.direction = direction
    this.notes = notes
    this.packet = packet
    this.timeNs = timeNs
    return this
  }

  /** A segment with payload. */
  segment(h: Headers): void {
    const { ints } = this.table
    const base = sideInts(this.flow, this.side)
    let state = ints[base + SIDE_STATE] as number
    if ((state & HAS_EXPECTED) === 0) {
      state |= HAS_EXPECTED
      ints[base + SIDE_STATE] = state
      ints[base + EXPECTED] = h.sequence
    }
    const delta = (h.sequence - (ints[base + EXPECTED] as number)) | 0
    if (delta > 0) {
      this.hold(h, delta)
      return
    }
    if (-delta >= h.payloadLength) return
    this.pass(h.bytes, h.payload - delta, h.payloadEnd, h.payloadLength + delta, this.packet, this.timeNs)
    if (this.waiting() !== null) this.drain()
  }

  /** The other side acknowledges: what it has although the capture holds a hole there was lost by the recorder. */
  acknowledged(): void {
    const ahead = this.waiting()
    if (ahead === null) return
    const acknowledged = this.table.ints[sideInts(this.flow, 1 - this.side) + HIGH_ACK] as number
    if (((acknowledged - (ahead[0] as AheadSegment).sequence) | 0) >= 0) this.skipHole(ahead)
  }

  /** A FIN ends the stream once all before it was read. */
  finish(): void {
    const { ints } = this.table
    const base = sideInts(this.flow, this.side)
    const state = ints[base + SIDE_STATE] as number
    if ((state & (SAW_FIN | ENDED)) !== SAW_FIN) return
    const left = ((ints[base + FIN_SEQUENCE] as number) - (ints[base + EXPECTED] as number)) | 0
    if ((state & HAS_EXPECTED) !== 0 && left > 0) return
    ints[base + SIDE_STATE] = state | ENDED
    this.notes.stack?.end(this.direction, 'fin', this.packet, this.timeNs, this.conversation)
  }

  /** The conversation is over: what waits behind holes is read as far as it goes. */
  flush(): void {
    for (let ahead = this.waiting(); ahead !== null; ahead = this.waiting()) this.skipHole(ahead)
  }

  private get conversation(): number {
    return this.table.ints[this.flow * INTS + ID] as number
  }

  /** What arrived ahead of a hole on this side. */
  private waiting(): AheadSegment[] | null {
    return this.notes.ahead === null ? null : this.notes.ahead[this.side]
  }

  private hold(h: Headers, delta: number): void {
    const { notes, side } = this
    const { stack } = notes
    if (stack === null) return
    const captured = Math.min(h.payloadEnd - h.payload, h.payloadLength)
    const needed = !stack.skips(this.direction, delta + h.payloadLength)
    notes.ahead ??= [null, null]
    notes.ahead[side] ??= []
    const ahead = notes.ahead[side]
    let place = ahead.length
    while (place > 0 && (((ahead[place - 1] as AheadSegment).sequence - h.sequence) | 0) >= 0) place--
    const twin = ahead[place]
    if (twin?.sequence === h.sequence && twin.length >= h.payloadLength) return
    ahead.splice(place, 0, {
      sequence: h.sequence,
      bytes: needed ? h.bytes.slice(h.payload, h.payload + captured) : null,
      captured,
      length: h.payloadLength,
      packet: this.packet,
      timeNs: this.timeNs,
    })
    if (needed) this.aheadBytes += captured
    const otherState = this.table.ints[sideInts(this.flow, 1 - side) + SIDE_STATE] as number
    if (ahead.length > MAX_AHEAD_SEGMENTS || this.aheadBytes > MAX_AHEAD_BYTES) {
      this.holesGivenUp++
      this.skipHole(ahead)
    } else if ((otherState & HAS_HIGH_ACK) !== 0) this.acknowledged()
  }

  /** Gives up the hole before the first segment that waits. */
  private skipHole(ahead: AheadSegment[]): void {
    const { ints, doubles } = this.table
    const base = sideInts(this.flow, this.side)
    const first = ahead[0] as AheadSegment
    const missing = (first.sequence - (ints[base + EXPECTED] as number)) | 0
    if (missing > 0) {
      this.notes.stack?.gap(this.direction, missing, this.packet, this.timeNs, this.conversation)
      ints[base + EXPECTED] = first.sequence
      const offset = sideDoubles(this.flow, this.side) + STREAM_OFFSET
      doubles[offset] = (doubles[offset] as number) + missing
    }
    this.drain()
  }

  /** Reads what waits and is in order now. */
  private drain(): void {
    const ahead = this.waiting()
    if (ahead === null) return
    const base = sideInts(this.flow, this.side)
    let read = 0
    for (; read < ahead.length; read++) {
      const segment = ahead[read] as AheadSegment
      const delta = (segment.sequence - (this.table.ints[base + EXPECTED] as number)) | 0
      if (delta > 0) break
      if (segment.bytes !== null) this.aheadBytes -= segment.captured
      const length = segment.length + delta
      if (length <= 0) continue
      // Without bytes the layers passed over it when it came; if they no longer would, it is a hole for them.
      const captured = segment.bytes === null ? -delta : segment.captured
      this.pass(segment.bytes ?? NO_BYTES, -delta, captured, length, segment.packet, segment.timeNs)
    }
    if (read === ahead.length) this.settled()
    else if (read > 0) ahead.splice(0, read)
    if (((this.table.ints[base + SIDE_STATE] as number) & SAW_FIN) !== 0) this.finish()
  }

  private settled(): void {
    const { notes } = this
    if (notes.ahead === null) return
    notes.ahead[this.side] = null
    if (notes.ahead[0] === null && notes.ahead[1] === null) notes.ahead = null
  }

  /** Bytes in order; `length` of them on the wire, of which bytes[start, end) were captured. */
  private pass(bytes: Uint8Array, start: number, end: number, length: number, packet: number, timeNs: number): void {
    const { ints, doubles } = this.table
    const base = sideInts(this.flow, this.side)
    const offset = sideDoubles(this.flow, this.side) + STREAM_OFFSET
    const low = doubles[offset] as number
    ints[base + EXPECTED] = ((ints[base + EXPECTED] as number) + length) | 0
    const { stack } = this.notes
    if (stack !== null) {
      const { direction, conversation } = this
      const captured = Math.max(0, Math.min(end - start, length))
      if (captured > 0) stack.segment(direction, bytes, start, start + captured, packet, timeNs, conversation, low)
      // A gap begins where the bytes before it ended.
      doubles[offset] = low + captured
      if (captured < length) stack.gap(direction, length - captured, packet, timeNs, conversation)
    }
    doubles[offset] = low + length
  }
}
