/**
 * A TLS connection that is encrypted both ways and that nobody has keys for: only record headers are still looked at, so
 * a few numbers take the place of its layers. RFC 8446 section 5.1.
 */
import { ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE, RECORD_HEADER_BYTES, recordLength } from '../../dissectors/tls.ts'
import { CLIENT, type Direction, type Ending, SERVER } from '../wire/dissector.ts'
import type { Dissection } from './dissection.ts'
import type { Fact } from './event.ts'
import type { RecordLog } from './record-log.ts'

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

  constructor(
    dissection: Dissection,
    conversation: number,
    layer: number,
    path: string,
    starts: readonly [TailStart, TailStart],
  ) {
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
    const side = this.side(direction)
    return side.over || side.left >= length
  }

  segment(direction: Direction, bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number): void {
    const side = this.side(direction)
    const length = end - start
    const { left } = side
    side.at += length
    if (side.over) return
    if (left >= length) {
      side.left = left - length
      return
    }
    side.left = this.headers(side, direction, bytes, start + left, end, packet, timeNs)
  }

  gap(direction: Direction, length: number, packet: number, timeNs: number): void {
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
    this.side(direction).over = true
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
