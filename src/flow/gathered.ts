/** Bytes of one direction of a layer that wait for the rest of their PDU, or for the other direction to decide. */
import { NO_BYTES } from '../wire/bytes.ts'

const FIRST_BYTES = 256

export class Gathered {
  /** The buffer: its first `length` bytes wait. */
  bytes: Uint8Array = NO_BYTES
  length = 0
  /** There must be so many before it is worth to ask again; 0 when that is not known. */
  need = 0
  /** So many were there when the dissector said NEED_MORE last. */
  seen = 0

  append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.length + end - start
    const room = Math.max(this.need, length)
    if (this.bytes.length < room) {
      const larger = new Uint8Array(this.need > 0 ? room : Math.max(room, this.bytes.length * 2, FIRST_BYTES))
      larger.set(this.bytes.subarray(0, this.length))
      this.bytes = larger
    }
    this.bytes.set(bytes.subarray(start, end), this.length)
    this.length = length
  }

  /** The first `count` bytes were read. */
  shift(count: number): void {
    if (count >= this.length) this.drop()
    else if (count > 0) {
      this.bytes.copyWithin(0, count, this.length)
      this.length -= count
    }
  }

  drop(): void {
    this.bytes = NO_BYTES
    this.length = 0
  }

  /** What comes next is asked for anew. */
  forget(): void {
    this.need = 0
    this.seen = 0
  }
}
