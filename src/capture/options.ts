/** Options of pcapng blocks: draft-ietf-opsawg-pcapng, section 3.5. */
import { MAX_OPTION_TEXT_BYTES } from '../wire/limits.ts'

const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

export const OPT_COMMENT = 1

/** Walks over the options of one block; a length that does not fit ends the walk. */
export class Options {
  code = 0
  /** The value: bytes[start, end). */
  start = 0
  end = 0
  /** The last option claimed more than there is. */
  broken = false
  /** A text was longer than what is kept of it. */
  clipped = false
  readonly view: DataView
  private readonly littleEndian: boolean
  private at: number
  private readonly limit: number

  constructor(view: DataView, at: number, limit: number, littleEndian: boolean) {
    this.view = view
    this.at = at
    this.limit = limit
    this.littleEndian = littleEndian
  }

  next(): boolean {
    if (this.at + 4 > this.limit) return false
    this.code = this.view.getUint16(this.at, this.littleEndian)
    const length = this.view.getUint16(this.at + 2, this.littleEndian)
    if (this.code === 0) return false
    this.start = this.at + 4
    this.end = this.start + length
    if (this.end > this.limit) {
      this.broken = true
      return false
    }
    this.at = this.start + ((length + 3) & ~3)
    return true
  }

  /** @param from bytes of the value to pass over. */
  text(from = 0): string {
    const start = Math.min(this.start + from, this.end)
    if (this.end - start > MAX_OPTION_TEXT_BYTES) this.clipped = true
    return textOf(this.view, start, Math.min(this.end, start + MAX_OPTION_TEXT_BYTES))
  }

  u8(): number {
    return this.end > this.start ? this.view.getUint8(this.start) : 0
  }

  u32(): number {
    return this.end - this.start >= 4 ? this.view.getUint32(this.start, this.littleEndian) : 0
  }

  /** Beyond 2^53 it is rounded. */
  u64(): number {
    if (this.end - this.start < 8) return -1
    const first = this.view.getUint32(this.start, this.littleEndian)
    const second = this.view.getUint32(this.start + 4, this.littleEndian)
    return this.littleEndian ? second * 2 ** 32 + first : first * 2 ** 32 + second
  }

  i64(): bigint {
    return this.end - this.start >= 8 ? this.view.getBigInt64(this.start, this.littleEndian) : 0n
  }
}

/** UTF-8 up to a zero byte, if there is one: some writers end their strings. */
export function textOf(view: DataView, start: number, end: number): string {
  let stop = start
  while (stop < end && view.getUint8(stop) !== 0) stop++
  return utf8.decode(new Uint8Array(view.buffer, view.byteOffset + start, stop - start))
}
