/**
 * Checksums over what was changed: right ones are right again, wrong ones stay wrong by the same amount, those that a sender
 * left to its network card cover the addresses alone as before, and those of cut packets change as the bytes that are there.
 * RFC 1071, RFC 1624; RFC 9293 3.1, RFC 768, RFC 8200 8.1, RFC 4443 2.3.
 */
import { i32le, u16be } from '../flow/integers.ts'
import { fold, sum } from '../flow/internet-checksum.ts'

/** A checksum of 16 bits, and what it covers: [start, end) with the checksum in it, and perhaps a pseudo-header. */
export interface Checksum {
  readonly at: number
  readonly start: number
  readonly end: number
  /** The bytes that it covers are all there. */
  readonly isWhole: boolean
  /** Sum of the pseudo-header, before and after; null where there is none. */
  readonly pseudo: readonly [before: number, after: number] | null
  /** 0 says that there is none, and ffff stands for a sum of 0. */
  readonly isOptional: boolean
}

/** @param before and `after` are the same packet; the checksum is written to `after`. */
export function mend(
  { at, start, end, isWhole, pseudo, isOptional }: Checksum,
  before: Uint8Array,
  after: Uint8Array,
): void {
  const old = u16be(before, at)
  put(after, at, 0)
  if (isOptional && old === 0) return
  const [pseudoBefore, pseudoAfter] = pseudo ?? [0, 0]
  const wasSum = fold(pseudoBefore + sum(before, start, end) - old)
  const right = ~fold(pseudoAfter + sum(after, start, end)) & 0xffff
  let mended = right
  if (!isWhole || fold(old + wasSum) !== 0xffff) {
    if (pseudo !== null && old === fold(pseudoBefore)) mended = fold(pseudoAfter)
    else if (old === 0) mended = 0
    // What it lacked to the right one, it lacks still.
    else mended = fold(right + old + wasSum)
  }
  put(after, at, mended === 0 && isOptional ? 0xffff : mended)
}

function put(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8
  bytes[at + 1] = value & 0xff
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** The frame check sequence of Ethernet (IEEE 802.3 3.2.9) over [start, end), least significant byte first behind it. */
export function mendFrameCheck(start: number, end: number, before: Uint8Array, after: Uint8Array): void {
  const difference = i32le(before, end) ^ crc32(before, start, end)
  const mended = crc32(after, start, end) ^ difference
  for (let n = 0; n < 4; n++) after[end + n] = (mended >>> (8 * n)) & 0xff
}

function crc32(bytes: Uint8Array, start: number, end: number): number {
  let value = 0xffffffff
  for (let at = start; at < end; at++) {
    value = (value >>> 8) ^ (CRC_TABLE[(value ^ (bytes[at] as number)) & 0xff] as number)
  }
  return (value ^ 0xffffffff) >>> 0
}
