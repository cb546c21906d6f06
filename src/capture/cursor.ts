/**
 * A pull cursor over the packets of a capture: one window of bytes, reused, and the current packet as numbers into it.
 * No object a packet. The format's reader moves it; {@link Capture.fill} brings more bytes.
 *
 *     for (;;) {
 *       while (capture.next()) { ... }
 *       if (!(await capture.fill())) break
 *     }
 */
import { MAX_BLOCK_BYTES, READ_WINDOW_BYTES } from '../wire/limits.ts'
import type { CaptureErrorCode, Damage } from './error.ts'
import { REMEDY_DAMAGED, SourceError } from './error.ts'
import type { CaptureInfo } from './info.ts'
import type { ByteSource } from './source.ts'

/** Reads the records of one format out of the window of a {@link Capture}. */
export interface RecordReader {
  /** Moves to the next packet; false = more bytes are needed (`wanted`, `skip` or `seekTo` says which), or `error` is set. */
  next(capture: Capture): boolean
  /** There are no more bytes: what is left in the window, or still to be skipped, was cut off. */
  ended(capture: Capture): void
}

/** Room at the end of the window below which the rest moves to the front. */
const LEAST_ROOM_BYTES = READ_WINDOW_BYTES >> 3
/** Read at once after a jump; doubles while no other follows, so that a file full of jumps is not read over and over. */
const AFTER_JUMP_BYTES = 1 << 16

export class Capture {
  /** The window. Replaced by a larger one when a record needs it; offsets hold until the next {@link fill}. */
  bytes: Uint8Array
  view: DataView
  /** Of the current packet, from 1, as Wireshark counts: records that are no packets take numbers too. */
  number = 0
  /** Its captured bytes: bytes[start, end). */
  start = 0
  end = 0
  /** Its length on the wire, as recorded: some recorders write less than they captured, or 0. */
  originalLength = 0
  /** Nanoseconds since the first packet; negative where the clock went back. Exact for 104 days, then to within a double. */
  timeNs = 0
  /** LINKTYPE_* value; from 65536 on, a NetMon media type that has none. */
  linkType = 0
  /** Bytes of frame check sequence at its end; -1 when the file does not say. */
  fcsLength = -1
  /** Index into `info.interfaces`. */
  interfaceId = 0
  /** Of its record, in the decompressed file. */
  offset = 0
  /** Time of the first packet since 1970. */
  startSeconds = 0
  startNanoseconds = 0
  /** Set when the capture can not be read any further; every packet before it was given. */
  error: Damage | null = null
  readonly info: CaptureInfo

  /** For readers: where the next record starts in the window, and where the window's bytes end. */
  pos = 0
  limit = 0
  /** For readers: offset in the file of bytes[0]. */
  base = 0
  /** For readers: bytes from `pos` that the next record needs. */
  wanted = 0
  /** For readers: bytes behind the window that nobody wants. */
  skip = 0
  /** For readers: go on at this offset of the file; -1 = right behind. */
  seekTo = -1
  /** For readers: there is nothing more to come. */
  done = false

  private readAhead = READ_WINDOW_BYTES
  private source: ByteSource
  private reader: RecordReader | null = null

  constructor(source: ByteSource, info: CaptureInfo) {
    this.bytes = new Uint8Array(READ_WINDOW_BYTES)
    this.view = new DataView(this.bytes.buffer)
    this.source = source
    this.info = info
  }

  /** Moves to the next packet; false = the window is used up: call {@link fill}. */
  next(): boolean {
    return this.reader?.next(this) ?? false
  }

  /** Reads more; false = the end of the capture, or `error` is set. */
  async fill(): Promise<boolean> {
    if (this.error !== null || this.done) return false
    if (await this.more()) return true
    this.done = true
    if (this.error === null) this.reader?.ended(this)
    return false
  }

  /** Packets so far. */
  get packets(): number {
    return this.number - this.info.otherRecords
  }

  /** Bytes of the file taken so far, for progress. */
  get bytesRead(): number {
    return this.source.consumed
  }

  /** The source can be read from any place. */
  get seekable(): boolean {
    return this.source.seek !== undefined
  }

  close(): Promise<void> {
    this.done = true
    return this.source.close()
  }

  /** For readers: records the damage and answers false. */
  fail(code: CaptureErrorCode, at: number, what: string, remedy: string = REMEDY_DAMAGED): false {
    const offset = this.base + at
    this.error ??= { code, message: `${what} at offset ${offset}`, offset, remedy }
    return false
  }

  /** For opening: `size` bytes from `pos` on are there; false when the file has no more. */
  async gather(size: number): Promise<boolean> {
    while (this.limit - this.pos < size || this.seekTo >= 0) {
      this.wanted = size
      if (this.error !== null || !(await this.more())) return false
    }
    return true
  }

  /** For opening: puts another source behind the window and starts anew with it. */
  restart(wrap: (rest: ByteSource, seen: Uint8Array) => ByteSource): void {
    this.source = wrap(this.source, this.bytes.slice(0, this.limit))
    this.pos = 0
    this.limit = 0
    this.base = 0
  }

  /** For opening: from now on this reader moves the cursor. */
  begin(reader: RecordReader): void {
    this.reader = reader
  }

  /** Brings bytes into the window, without a word about the end. */
  private async more(): Promise<boolean> {
    if (this.seekTo >= 0 && this.turn()) return true
    this.makeRoom()
    try {
      for (;;) {
        const room = Math.min(this.readAhead, this.bytes.length - this.limit)
        const got = await this.source.read(this.bytes, this.limit, room)
        if (got === 0) return false
        if (this.readAhead < this.bytes.length) this.readAhead *= 2
        this.limit += got
        if (this.skip === 0) return true
        const dropped = Math.min(this.skip, this.limit - this.pos)
        this.skip -= dropped
        this.pos += dropped
        if (this.skip === 0) return true
        this.makeRoom()
      }
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      this.fail(error.code, this.limit, error.message, error.remedy)
      return false
    }
  }

  /** Goes to `seekTo`; true when the window holds it already. */
  private turn(): boolean {
    const offset = this.seekTo
    this.seekTo = -1
    if (offset >= this.base && offset < this.base + this.limit) {
      this.pos = offset - this.base
      return true
    }
    this.source.seek?.(offset)
    this.readAhead = AFTER_JUMP_BYTES
    this.base = offset
    this.pos = 0
    this.limit = 0
    return false
  }

  /** The rest moves to the front once the window is nearly full; a record larger than the window gets a larger one. */
  private makeRoom(): void {
    const { pos, limit, bytes } = this
    if (pos > 0 && (pos === limit || bytes.length - limit < LEAST_ROOM_BYTES || this.wanted > bytes.length - pos)) {
      bytes.copyWithin(0, pos, limit)
      this.base += pos
      this.pos = 0
      this.limit = limit - pos
    }
    // Doubling only once it is full: a length that lies costs no memory.
    if (this.limit === bytes.length) {
      const larger = new Uint8Array(Math.min(bytes.length * 2, MAX_BLOCK_BYTES * 2))
      larger.set(bytes)
      this.bytes = larger
      this.view = new DataView(larger.buffer)
    }
  }
}
