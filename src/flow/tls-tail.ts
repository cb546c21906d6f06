/**
 * A TLS connection that is encrypted both ways and that nobody has keys for: only record headers are still looked at, so
 * a few numbers take the place of its layers. RFC 8446 section 5.1.
 */
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  RECORD_HEADER_BYTES,
  recordLength,
} from '../../dissectors/tls.ts'
import { CLIENT, type Direction, type Ending, SERVER } from '../wire/dissector.ts'
import type { Dissection } from './dissection.ts'
import type { Fact } from './event.ts'
import {
  CLIENT_IS_HIGH,
  INTS,
  SKIMMED,
  SKIMMED_AT,
  SKIMMED_KEPT,
  SKIMMED_NS,
  SKIMMED_PACKET,
  SKIMMED_SHAPE,
  STATE,
  STREAM_OFFSET,
  sideDoubles,
  sideInts,
  TAIL_LEFT,
} from './flow-record.ts'
import type { FlowTable } from './flow-table.ts'
import type { RecordLog } from './record-log.ts'

/** Value of TAIL_LEFT while the numbers of the record do not say where the connection stands. */
const ASK_THE_OBJECT = -1

/** Where the layers stood in one direction when they were given up for this. */
export interface TailStart {
  readonly log: RecordLog
  /** Bytes of the current record still to come. */
  readonly left: number
  /** Position in the layer's bytes. */
  readonly at: number
}

export class TlsTail {
  private readonly dissection: Dissection
  private readonly conversation: number
  private readonly layer: number
  private readonly path: string
  private readonly client: Side
  private readonly server: Side
  private readonly table: FlowTable
  private readonly flow: number
  /** The side of the record that is the client's. */
  private readonly clientSide: number

  constructor(
    dissection: Dissection,
    table: FlowTable,
    flow: number,
    conversation: number,
    layer: number,
    path: string,
    starts: readonly [TailStart, TailStart],
  ) {
    this.table = table
    this.flow = flow
    this.clientSide = (table.ints[flow * INTS + STATE] as number) & CLIENT_IS_HIGH
    for (const direction of [CLIENT, SERVER] as const) table.ints[this.ints(direction) + TAIL_LEFT] = ASK_THE_OBJECT
    this.dissection = dissection
    this.conversation = conversation
    this.layer = layer
    this.path = path
    this.client = new Side(starts[CLIENT])
    this.server = new Side(starts[SERVER])
  }

  get finished(): boolean {
    return this.client.over && this.server.over
  }

  skips(direction: Direction, length: number): boolean {
    const left = this.table.ints[this.ints(direction) + TAIL_LEFT] as number
    if (left >= 0) return left >= length
    const side = this.side(direction)
    return side.over || side.left >= length
  }

  /** @param low offset of the first byte in the TCP stream of that direction */
  segment(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: number,
    timeNs: number,
    _conversation: number,
    low: number,
  ): void {
    const me = this.ints(direction)
    const { ints } = this.table
    const left = ints[me + TAIL_LEFT] as number
    let from = start
    if (left >= 0) {
      if (left >= end - start) {
        ints[me + TAIL_LEFT] = left - (end - start)
        return
      }
      from = this.skim(direction, me, bytes, start + left, end, packet, timeNs, low - start)
      if (from >= end) {
        ints[me + TAIL_LEFT] = from - end
        return
      }
      this.takeOver(direction, 0, low + from - start)
    }
    const side = this.side(direction)
    this.read(side, direction, bytes, from, end, packet, timeNs)
    if (side.isPlain) ints[me + TAIL_LEFT] = side.left
  }

  gap(direction: Direction, length: number, packet: number, timeNs: number): void {
    const me = this.ints(direction)
    const { ints } = this.table
    const left = ints[me + TAIL_LEFT] as number
    if (left >= length) {
      ints[me + TAIL_LEFT] = left - length
      return
    }
    // The gap lies before what reassembly has passed on.
    const offset = this.table.doubles[this.doubles(direction) + STREAM_OFFSET] as number
    if (left >= 0) this.takeOver(direction, left, offset)
    const side = this.side(direction)
    side.at += length
    if (side.over) return
    if (side.left >= length) {
      side.left -= length
      return
    }
    side.left = 0
    side.headerBytes = 0
    side.lost = true
    this.emit({ kind: 'stream-gap', length }, direction, packet, timeNs, side.at - length, 0)
  }

  end(direction: Direction, _how: Ending, _packet: number, _timeNs: number): void {
    this.table.ints[this.ints(direction) + TAIL_LEFT] = ASK_THE_OBJECT
    this.side(direction).over = true
  }

  /**
   * The common case, on numbers of the record alone: application data whose headers lie whole in bytes[from, end). Answers
   * where it stopped: behind `end` by what the last record still wants, or where something else starts.
   */
  private skim(
    direction: Direction,
    me: number,
    bytes: Uint8Array,
    from: number,
    end: number,
    packet: number,
    timeNs: number,
    base: number,
  ): number {
    const { ints, doubles } = this.table
    let at = from
    while (at + RECORD_HEADER_BYTES <= end) {
      const length = bytes[at] === APPLICATION_DATA ? recordLength(bytes, at) : -1
      if (length < 0) return at
      const kept = (ints[me + SKIMMED] as number) % SKIMMED_KEPT
      ints[me + SKIMMED] = (ints[me + SKIMMED] as number) + 1
      ints[me + SKIMMED_PACKET + kept] = packet
      ints[me + SKIMMED_SHAPE + kept] = (APPLICATION_DATA << 16) | length
      const place = this.doubles(direction)
      doubles[place + SKIMMED_NS + kept] = timeNs
      doubles[place + SKIMMED_AT + kept] = base + at
      at += RECORD_HEADER_BYTES + length
    }
    return at
  }

  /** What the numbers of the record can not tell is this object's again. */
  private takeOver(direction: Direction, left: number, at: number): void {
    this.table.ints[this.ints(direction) + TAIL_LEFT] = ASK_THE_OBJECT
    const side = this.side(direction)
    side.left = left
    side.at = at
  }

  private read(
    side: Side,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: number,
    timeNs: number,
  ): void {
    const length = end - start
    const { left } = side
    side.at += length
    if (side.over) return
    side.left = left >= length ? left - length : this.headers(side, direction, bytes, start + left, end, packet, timeNs)
  }

  private ints(direction: Direction): number {
    return sideInts(this.flow, direction ^ this.clientSide)
  }

  private doubles(direction: Direction): number {
    return sideDoubles(this.flow, direction ^ this.clientSide)
  }

  private side(direction: Direction): Side {
    return direction === CLIENT ? this.client : this.server
  }

  /** Walks the record headers in bytes[from, end); answers how much of the last record is still to come. */
  private headers(
    side: Side,
    direction: Direction,
    bytes: Uint8Array,
    from: number,
    end: number,
    packet: number,
    timeNs: number,
  ): number {
    let at = from
    while (at < end) {
      let header = bytes
      let headerAt = at
      if (side.headerBytes > 0 || end - at < RECORD_HEADER_BYTES) {
        // A header that two segments share.
        at = side.keepHeader(bytes, at, end)
        if (side.headerBytes < RECORD_HEADER_BYTES) return 0
        side.headerBytes = 0
        header = side.header
        headerAt = 0
      } else at += RECORD_HEADER_BYTES
      const length = recordLength(header, headerAt)
      if (length < 0) {
        if (!side.lost) this.giveUp(side, direction, packet, timeNs)
        return 0
      }
      side.lost = false
      const type = header[headerAt] as number
      const place = side.at - (end - at) - RECORD_HEADER_BYTES
      const whole = RECORD_HEADER_BYTES + length
      // TLS 1.3 sends it for show, also after the hellos (RFC 8446 D.4).
      if (type === CHANGE_CIPHER_SPEC)
        this.emit({ kind: 'change-cipher-spec' }, direction, packet, timeNs, place, whole)
      else side.log.push(type, length, place, packet, timeNs)
      if (type === HANDSHAKE) {
        this.emit({ kind: 'handshake', type: -1, length }, direction, packet, timeNs, place, whole)
      } else if (type === ALERT) {
        this.emit({ kind: 'alert', level: 0, code: -1, sealed: true, length }, direction, packet, timeNs, place, whole)
      }
      at += length
    }
    return at - end
  }

  private giveUp(side: Side, direction: Direction, packet: number, timeNs: number): void {
    side.over = true
    this.emit({ kind: 'opaque', why: 'tls: no record where one must start' }, direction, packet, timeNs, side.at, 0)
  }

  /** @param at of what it is about, in the layer's bytes */
  private emit(fact: Fact, direction: Direction, packet: number, timeNs: number, at: number, length: number): void {
    const { conversation, layer, path } = this
    this.dissection.emit({ fact, packet, first: packet, timeNs, conversation, layer, path, direction, at, length })
  }
}

/** One direction. */
class Side {
  at: number
  left: number
  /** Its stream ended, or is no TLS any more. */
  over = false
  /** Bytes were lost: a segment that starts with a record is the way back. */
  lost = false
  headerBytes = 0
  readonly log: RecordLog
  private kept: Uint8Array | null = null

  constructor(start: TailStart) {
    this.log = start.log
    this.left = start.left
    this.at = start.at
  }

  /** A few numbers say all about it: nothing is odd, and its first records are kept. */
  get isPlain(): boolean {
    return !this.over && !this.lost && this.headerBytes === 0 && this.log.skim()
  }

  get header(): Uint8Array {
    this.kept ??= new Uint8Array(RECORD_HEADER_BYTES)
    return this.kept
  }

  /** Adds to the header that is kept; answers where it stopped. */
  keepHeader(bytes: Uint8Array, from: number, end: number): number {
    const { header } = this
    let at = from
    while (at < end && this.headerBytes < RECORD_HEADER_BYTES) header[this.headerBytes++] = bytes[at++] as number
    return at
  }
}
