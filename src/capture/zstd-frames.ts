/**
 * Follows the frames of a zstd stream (RFC 8878, section 3.1) without decompressing. What history a frame asks for must be
 * known before a decompressor makes room for it; that of Node stops at the end of a frame; and neither of the two
 * tells a stream that is cut off from one that is whole.
 */
import { MAX_OUTPUT_AT_ONCE_BYTES } from '../wire/limits.ts'
import { SourceError } from './error.ts'

const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
/** Longest frame header, with magic number. */
const MOST_HEADER_BYTES = 18
const RLE_BLOCK = 1
const COMPRESSED_BLOCK = 2
/** No block yields more. */
const MOST_BLOCK_BYTES = 1 << 17
const CHECKSUM_BYTES = 4

export class ZstdFrames {
  /** The bytes scanned last were the end of a frame. */
  atEnd = false
  private readonly mostWindowBytes: number
  private readonly head = new Uint8Array(MOST_HEADER_BYTES)
  private readonly view = new DataView(this.head.buffer)
  /** Bytes in `head`: of a frame header, or of a block header inside a frame. */
  private held = 0
  /** Bytes that need no looking at: content of blocks, checksums. */
  private skip = 0
  private inFrame = false
  /** What the blocks of this scan may yield. */
  private yields = 0
  /** The frame ends behind what is skipped. */
  private isLast = false
  private hasChecksum = false
  /** No frame at all: the decompressor will say so. */
  private isLost = false

  /** @param mostWindowBytes a frame that asks for more history than this is refused. */
  constructor(mostWindowBytes: number) {
    this.mostWindowBytes = mostWindowBytes
  }

  /** Nothing is missing: no frame is open. */
  get isWhole(): boolean {
    return !this.inFrame && !this.isLast && this.held === 0 && !this.isLost
  }

  /**
   * Follows the bytes from `from` on. @returns where the current frame ends in the piece, or where enough blocks end that
   * they may yield {@link MAX_OUTPUT_AT_ONCE_BYTES}, or the piece's end.
   * @throws SourceError when a frame asks for too much history.
   */
  scan(piece: Uint8Array, from: number): number {
    this.atEnd = false
    this.yields = 0
    let at = from
    while (at < piece.length && !this.isLost) {
      if (this.skip > 0) {
        const passed = Math.min(this.skip, piece.length - at)
        this.skip -= passed
        at += passed
      } else {
        this.head[this.held++] = piece[at++] as number
        if (this.header()) this.held = 0
      }
      if (this.skip === 0 && this.isLast) {
        this.isLast = false
        this.atEnd = true
        return at
      }
      if (this.skip === 0 && this.yields >= MAX_OUTPUT_AT_ONCE_BYTES) return at
    }
    return piece.length
  }

  /** Reads the header in `head`; false = it is not whole yet. */
  private header(): boolean {
    return this.inFrame ? this.blockHeader() : this.frameHeader()
  }

  private blockHeader(): boolean {
    if (this.held < 3) return false
    const header = this.view.getUint16(0, true) | (this.view.getUint8(2) << 16)
    const type = (header >>> 1) & 3
    const size = header >>> 3
    this.skip = type === RLE_BLOCK ? 1 : size
    this.yields += type === COMPRESSED_BLOCK ? MOST_BLOCK_BYTES : size
    if ((header & 1) !== 0) {
      this.inFrame = false
      this.isLast = true
      if (this.hasChecksum) this.skip += CHECKSUM_BYTES
    }
    return true
  }

  private frameHeader(): boolean {
    const { view, held } = this
    if (held < 5) return false
    const magic = view.getUint32(0, true)
    if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
      if (held < 8) return false
      this.skip = view.getUint32(4, true)
      this.isLast = true
      return true
    }
    if (magic !== FRAME_MAGIC) {
      this.isLost = true
      return true
    }
    const flags = view.getUint8(4)
    const single = (flags >>> 5) & 1
    const dictionaryBytes = [0, 1, 2, 4][flags & 3] as number
    const sizeFlag = flags >>> 6
    const sizeBytes = sizeFlag === 0 ? single : 1 << sizeFlag
    const length = 5 + (1 - single) + dictionaryBytes + sizeBytes
    if (held < length) return false
    const windowBytes = single === 1 ? contentSize(view, length - sizeBytes, sizeBytes) : windowSize(view.getUint8(5))
    if (windowBytes > this.mostWindowBytes) {
      throw new SourceError(
        'limit',
        `a zstd frame asks for ${windowBytes} bytes of history, more than ${this.mostWindowBytes}`,
        'unpack it with: zstd -d --long=31 in',
      )
    }
    this.hasChecksum = (flags & 4) !== 0
    this.inFrame = true
    return true
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3))
  return base + (base / 8) * (descriptor & 7)
}

function contentSize(view: DataView, at: number, bytes: number): number {
  switch (bytes) {
    case 1:
      return view.getUint8(at)
    case 2:
      return view.getUint16(at, true) + 256
    case 4:
      return view.getUint32(at, true)
    default:
      return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
  }
}
