/**
 * Where each packet of a capture lies and when it came, so that any of them can be read again at once: a few numbers a packet
 * in typed arrays, whatever the size of the file.
 */
import { MAX_REPLAYED_PACKETS } from '../wire/limits.ts'

const CHUNK_BITS = 16
const CHUNK_PACKETS = 1 << CHUNK_BITS
const CHUNK_MASK = CHUNK_PACKETS - 1

/** What the index keeps of a packet. */
export interface IndexedPacket {
  /** Its number in the capture, from 1. */
  readonly number: number
  /** Of its first byte, in the (decompressed) file. */
  readonly offset: number
  readonly capturedLength: number
  readonly originalLength: number
  readonly timeNs: number
  readonly linkType: number
  readonly interfaceId: number
  readonly fcsLength: number
  /**
   * Twice the number of its conversation (of an ICMP message, that of the packet it speaks of), and one more where that is
   * UDP; -1 for none, FRAGMENT for a piece of a datagram.
   */
  readonly stream: number
}

/** In place of a conversation: a fragment, which belongs to whatever its datagram turns out to be. */
export const FRAGMENT = -2

class Chunk {
  readonly numbers = new Uint32Array(CHUNK_PACKETS)
  readonly offsets = new Float64Array(CHUNK_PACKETS)
  readonly captured = new Uint32Array(CHUNK_PACKETS)
  readonly original = new Uint32Array(CHUNK_PACKETS)
  readonly times = new Float64Array(CHUNK_PACKETS)
  readonly linkTypes = new Int32Array(CHUNK_PACKETS)
  readonly interfaces = new Uint16Array(CHUNK_PACKETS)
  readonly fcsLengths = new Int8Array(CHUNK_PACKETS)
  readonly streams = new Int32Array(CHUNK_PACKETS)
  /** Row of the packet before it in the same conversation; -1 = none. */
  readonly before = new Int32Array(CHUNK_PACKETS)
  /** Rows from it to the packet behind it in the same conversation; 0 = none yet. */
  readonly ahead = new Int32Array(CHUNK_PACKETS)
}

export class PacketIndex {
  /** Packets in it. Rows go from 0; where the file holds other records, numbers run ahead of rows. */
  count = 0
  readonly #chunks: Chunk[] = []
  /** By stream: the row of its last packet so far, and one more, so that 0 means none. */
  #lastRows = new Int32Array(1 << 12)
  #lastFragment = -1

  add(packet: IndexedPacket): void {
    const row = this.count++
    const at = row & CHUNK_MASK
    if (at === 0) this.#chunks.push(new Chunk())
    const chunk = this.#chunks[row >> CHUNK_BITS] as Chunk
    chunk.numbers[at] = packet.number
    chunk.offsets[at] = packet.offset
    chunk.captured[at] = packet.capturedLength
    chunk.original[at] = packet.originalLength
    chunk.times[at] = packet.timeNs
    chunk.linkTypes[at] = packet.linkType
    chunk.interfaces[at] = packet.interfaceId
    chunk.fcsLengths[at] = packet.fcsLength
    chunk.streams[at] = packet.stream
    chunk.before[at] = packet.stream === FRAGMENT ? this.#followFragment(row) : this.#follow(packet.stream, row)
  }

  /** @param row below `count`. */
  at(row: number): IndexedPacket {
    const chunk = this.#chunk(row)
    const at = row & CHUNK_MASK
    return {
      number: chunk.numbers[at] as number,
      offset: chunk.offsets[at] as number,
      capturedLength: chunk.captured[at] as number,
      originalLength: chunk.original[at] as number,
      timeNs: chunk.times[at] as number,
      linkType: chunk.linkTypes[at] as number,
      interfaceId: chunk.interfaces[at] as number,
      fcsLength: chunk.fcsLengths[at] as number,
      stream: chunk.streams[at] as number,
    }
  }

  number(row: number): number {
    return this.#chunk(row).numbers[row & CHUNK_MASK] as number
  }

  timeNs(row: number): number {
    return this.#chunk(row).times[row & CHUNK_MASK] as number
  }

  stream(row: number): number {
    return this.#chunk(row).streams[row & CHUNK_MASK] as number
  }

  /** The row of the packet of this number, or of the next one; -1 when there is none. */
  rowOf(number: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.number(middle) < number) low = middle + 1
      else high = middle
    }
    return low < this.count ? low : -1
  }

  /** The row before this one in the same conversation, or of the fragment before this one; -1 when there is none. */
  before(row: number): number {
    return this.#chunk(row).before[row & CHUNK_MASK] as number
  }

  /** The next row of the same conversation; -1 when there is none. */
  after(row: number): number {
    const ahead = this.#chunk(row).ahead[row & CHUNK_MASK] as number
    return ahead === 0 ? -1 : row + ahead
  }

  originalLength(row: number): number {
    return this.#chunk(row).original[row & CHUNK_MASK] as number
  }

  /** The row of the last packet of a conversation; -1 when it is not known. */
  last(stream: number): number {
    return (this.#lastRows[stream] ?? 0) - 1
  }

  /** Rows of a conversation, in order; none where there are more than `most`, or no such conversation. */
  rowsOf(stream: number, most = MAX_REPLAYED_PACKETS): readonly number[] {
    const last = this.last(stream)
    return last < 0 ? [] : (this.upTo(stream, last, most) ?? [])
  }

  /** Rows of a conversation up to this one, in order; null when there are more than `most`. */
  upTo(stream: number, row: number, most: number): number[] | null {
    const rows: number[] = []
    let at = this.stream(row) === stream ? row : this.last(stream)
    while (at > row) at = this.before(at)
    for (; at >= 0; at = this.before(at)) {
      if (rows.length === most) return null
      rows.push(at)
    }
    return rows.reverse()
  }

  /** Rows of the last fragments up to this row, in order, at most so many. */
  fragmentsUpTo(row: number, most: number): number[] {
    const rows: number[] = []
    for (let at = this.#lastFragment; at >= 0 && rows.length < most; at = this.before(at)) if (at <= row) rows.push(at)
    return rows.reverse()
  }

  #followFragment(row: number): number {
    const before = this.#lastFragment
    this.#lastFragment = row
    return before
  }

  #follow(stream: number, row: number): number {
    if (stream < 0) return -1
    if (stream >= this.#lastRows.length) {
      const larger = new Int32Array(Math.max(this.#lastRows.length * 2, stream + 1))
      larger.set(this.#lastRows)
      this.#lastRows = larger
    }
    const before = (this.#lastRows[stream] as number) - 1
    this.#lastRows[stream] = row + 1
    if (before >= 0) this.#chunk(before).ahead[before & CHUNK_MASK] = row - before
    return before
  }

  #chunk(row: number): Chunk {
    return this.#chunks[row >> CHUNK_BITS] as Chunk
  }
}
