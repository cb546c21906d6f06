/**
 * A TLS connection whose keys are known and whose session runs: its records are passed over by their headers, counted and not
 * decrypted. The last small ones are kept as they are, for in them the end of a session is told; they are read when the
 * connection ends, or when something else than application data comes. RFC 8446 section 5.1.
 */
import { ALERT, APPLICATION_DATA, RECORD_HEADER_BYTES, recordLength } from '../../dissectors/tls.ts'
import { isTls13, type TlsState } from '../../dissectors/tls-state.ts'
import { CLIENT, type Direction, SERVER, SKIP } from '../wire/dissector.ts'
import { MAX_KEPT_RECORD_BYTES, MAX_LAST_RECORDS } from '../wire/limits.ts'
import type { Layer } from './layers.ts'
import type { Unsealer } from './outbox.ts'
import type { RecordLog } from './record-log.ts'
import type { Slot } from './slot.ts'

/** Content of a key update, without what protection adds (RFC 8446 4.6.3). */
const KEY_UPDATE_BYTES = 5

/** A record that may still be read. */
interface KeptRecord {
  direction: Direction
  /** Its number under the keys of the direction. */
  sequence: number
  /** Position in the layer's bytes. */
  at: number
  /** Offset of its first byte in the TCP stream. */
  low: number
  packet: number
  timeNs: number
  /** With its header; so many have come. */
  length: number
  filled: number
  readonly bytes: Uint8Array
}

export class TlsBulk {
  private readonly root: Slot
  private readonly state: TlsState
  private readonly conversation: number
  /** What protection adds to a record. */
  private readonly overhead: number
  private readonly client: Side
  private readonly server: Side

  constructor(root: Slot, state: TlsState, conversation: number, overhead: number) {
    this.root = root
    this.state = state
    this.conversation = conversation
    this.overhead = overhead
    this.client = this.begin(CLIENT)
    this.server = this.begin(SERVER)
  }

  skips(direction: Direction, length: number): boolean {
    const side = this.side(direction)
    return side.left >= length && side.keeping === null
  }

  /** @returns how far it came: short of `end` where the layers have to read on, behind {@link resume} */
  segment(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: number,
    timeNs: number,
    low: number,
  ): number {
    const side = this.side(direction)
    if (side.left >= end - start && side.keeping === null) {
      side.left -= end - start
      side.at += end - start
      return end
    }
    let at = start
    while (at < end) {
      if (side.left > 0) {
        const length = Math.min(side.left, end - at)
        side.take(bytes, at, at + length, packet, timeNs)
        at += length
        continue
      }
      const from = at
      at = side.gatherHeader(bytes, at, end)
      if (side.headerBytes < RECORD_HEADER_BYTES) break
      const length = recordLength(side.header, 0)
      if (!this.passes(side.header[0] as number, length)) return side.ungather(from, at)
      side.record(length, packet, timeNs, low + at - start - RECORD_HEADER_BYTES)
    }
    return end
  }

  /**
   * The layers take over again: they read what was kept, and stand where the connection stands. Nothing may be asked of this
   * object any more.
   */
  resume(): void {
    const kept = [...this.client.kept(), ...this.server.kept()].sort((a, b) => a.packet - b.packet || a.at - b.at)
    for (const { direction, sequence, at, low, packet, timeNs, bytes, filled } of kept) {
      this.leap(direction, at, sequence, 0)
      this.replay(direction, bytes, filled, packet, timeNs, this.conversation, low)
    }
    for (const direction of [CLIENT, SERVER] as const) {
      const side = this.side(direction)
      if (side.keeping !== null) continue
      this.leap(direction, side.at - side.headerBytes, side.sequence, side.left)
      this.goOn(direction, side)
    }
  }

  private begin(direction: Direction): Side {
    const { at, left, log, underWay } = this.root.pipes[direction].passOver(this.conversation)
    return new Side(direction, at, left, this.state.sequence[direction] + (underWay ? 1 : 0), log)
  }

  /** A record that was passed over, or the header of one, is read after all; it is counted already. */
  private replay(
    direction: Direction,
    bytes: Uint8Array,
    length: number,
    packet: number,
    timeNs: number,
    conversation: number,
    low: number,
  ): void {
    const pipe = this.root.pipes[direction]
    pipe.telling.replaying = true
    pipe.segment(bytes, 0, length, packet, timeNs, conversation, low)
    pipe.telling.replaying = false
  }

  /** Of the record under way so much is still to come, or so much of its header is there. */
  private goOn(direction: Direction, { left, header, headerBytes }: Side): void {
    const pipe = this.root.pipes[direction]
    if (left > 0) pipe.spanning(left, SKIP)
    const { last, timeNs, conversation } = pipe.dissection.now
    if (headerBytes > 0) this.replay(direction, header, headerBytes, last, timeNs, conversation, 0)
  }

  /** Up to a record that is read, or to where the connection stands: `left` bytes before the end of a record. */
  private leap(direction: Direction, to: number, sequence: number, left: number): void {
    const pipe = this.root.pipes[direction]
    const length = to - pipe.position
    const records = sequence - this.state.sequence[direction]
    if (length > 0) pipe.leap(length, Math.max(0, length + left - records * (RECORD_HEADER_BYTES + this.overhead)))
    this.state.sequence[direction] = sequence
  }

  private passes(type: number, length: number): boolean {
    if (length < 0 || (type !== APPLICATION_DATA && type !== ALERT)) return false
    // New keys announce themselves only inside.
    return !isTls13(this.state.version) || length !== KEY_UPDATE_BYTES + this.overhead
  }

  private side(direction: Direction): Side {
    return direction === CLIENT ? this.client : this.server
  }
}

/** One direction. */
class Side {
  /** Position in the layer's bytes, and how much of the current record is still to come. */
  at: number
  left: number
  /** Of the next record. */
  sequence: number
  headerBytes = 0
  readonly header = new Uint8Array(RECORD_HEADER_BYTES)
  /** The record that is coming, when it is one to be kept. */
  keeping: KeptRecord | null = null
  private readonly direction: Direction
  private readonly log: RecordLog
  private readonly ring: KeptRecord[] = []
  private count = 0

  constructor(direction: Direction, at: number, left: number, sequence: number, log: RecordLog) {
    this.direction = direction
    this.at = at
    this.left = left
    this.sequence = sequence
    this.log = log
  }

  /** Adds to the header; answers where it stopped. */
  gatherHeader(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    while (at < end && this.headerBytes < RECORD_HEADER_BYTES) this.header[this.headerBytes++] = bytes[at++] as number
    this.at += at - from
    return at
  }

  /** The header is not for here: the part of it that came with this segment is given back. */
  ungather(from: number, at: number): number {
    this.at -= at - from
    this.headerBytes -= at - from
    return from
  }

  /** A record of this length behind its header begins. */
  record(length: number, packet: number, timeNs: number, low: number): void {
    const at = this.at - RECORD_HEADER_BYTES
    this.log.push(this.header[0] as number, length, at, packet, timeNs)
    this.headerBytes = 0
    this.left = length
    const sequence = this.sequence++
    if (length > MAX_KEPT_RECORD_BYTES - RECORD_HEADER_BYTES || length === 0) return
    const entry = this.count++ % MAX_LAST_RECORDS
    const { direction } = this
    this.ring[entry] ??= {
      ...{ direction, sequence, at, low, packet, timeNs, length: 0, filled: 0 },
      bytes: new Uint8Array(MAX_KEPT_RECORD_BYTES),
    }
    const kept = this.ring[entry] as KeptRecord
    kept.sequence = sequence
    kept.at = at
    kept.low = low
    kept.length = RECORD_HEADER_BYTES + length
    kept.filled = RECORD_HEADER_BYTES
    kept.bytes.set(this.header)
    this.keeping = kept
  }

  /** Content of the current record. */
  take(bytes: Uint8Array, from: number, end: number, packet: number, timeNs: number): void {
    this.left -= end - from
    this.at += end - from
    const { keeping } = this
    if (keeping === null) return
    keeping.bytes.set(bytes.subarray(from, end), keeping.filled)
    keeping.filled += end - from
    keeping.packet = packet
    keeping.timeNs = timeNs
    if (this.left === 0) this.keeping = null
  }

  kept(): readonly KeptRecord[] {
    return this.ring
  }
}

/** The session above runs: decryption need not follow it. */
function runs(layer: Layer): boolean {
  return (
    layer.bulk || layer.slots.some(slot => slot?.pipes.some(pipe => pipe.layer !== null && runs(pipe.layer)) === true)
  )
}

/** Null unless the records of this layer may be passed over. */
export function bulkOf(root: Slot, layer: Layer, conversation: number, unsealer: Unsealer | null): TlsBulk | null {
  const state = layer.state as TlsState
  if (unsealer === null || !state.keys || !runs(layer)) return null
  const overhead = unsealer.overhead(state)
  return overhead < 0 ? null : new TlsBulk(root, state, conversation, overhead)
}
