/**
 * Follows the frames of a zstd stream (RFC 8878, section 3.1) without decompressing: what history a frame asks for must be
 * known before a decompressor makes room for it.
 */

const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
/** Longest frame header, with magic number. */
const MOST_HEADER_BYTES = 18
const RLE_BLOCK = 1

/**
 * A function that is shown the compressed bytes piece by piece.
 * @param mostWindowBytes it throws when a frame asks for more history than this.
 */
export function checkZstdFrames(mostWindowBytes: number): (piece: Uint8Array) => void {
  const head = new Uint8Array(MOST_HEADER_BYTES)
  const view = new DataView(head.buffer)
  let held = 0
  let skip = 0
  let inFrame = false
  let hasChecksum = false
  let isLost = false

  /** Bytes of `head` that make a whole header; 0 = not known yet. */
  function step(): number {
    if (inFrame) {
      if (held < 3) return 0
      const header = view.getUint16(0, true) | (view.getUint8(2) << 16)
      const size = header >>> 3
      skip = ((header >>> 1) & 3) === RLE_BLOCK ? 1 : size
      if ((header & 1) !== 0) {
        inFrame = false
        if (hasChecksum) skip += 4
      }
      return 3
    }
    if (held < 5) return 0
    const magic = view.getUint32(0, true)
    if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
      if (held < 8) return 0
      skip = view.getUint32(4, true)
      return 8
    }
    if (magic !== FRAME_MAGIC) {
      // Not a frame: the decompressor will say so.
      isLost = true
      return held
    }
    const flags = view.getUint8(4)
    const single = (flags >>> 5) & 1
    const dictionaryBytes = [0, 1, 2, 4][flags & 3] as number
    const sizeFlag = flags >>> 6
    const sizeBytes = sizeFlag === 0 ? single : 1 << sizeFlag
    const length = 5 + (1 - single) + dictionaryBytes + sizeBytes
    if (held < length) return 0
    const windowBytes = single === 1 ? contentSize(view, length - sizeBytes, sizeBytes) : windowSize(view.getUint8(5))
    if (windowBytes > mostWindowBytes) {
      throw new Error(`a frame asks for ${windowBytes} bytes of history, more than ${mostWindowBytes}`)
    }
    hasChecksum = (flags & 4) !== 0
    inFrame = true
    return length
  }

  return piece => {
    let at = 0
    while (at < piece.length && !isLost) {
      if (skip > 0) {
        const passed = Math.min(skip, piece.length - at)
        skip -= passed
        at += passed
        continue
      }
      head[held++] = piece[at++] as number
      if (step() > 0) held = 0
    }
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
