/**
 * What single header fields prove about segments sent before: D-SACK, by which a receiver tells that it had bytes twice
 * (RFC 2883), and how the IP identification of a sender goes on (RFC 791 section 3.1, RFC 6864).
 */
import type { Headers } from './headers.ts'

/**
 * The first SACK block is a D-SACK: it lies below the acknowledgement, or inside the second block (RFC 2883 section 4).
 * Then it says nothing about a hole, and what it covers was sent once too often.
 */
export function isDuplicateSack(h: Headers): boolean {
  if (h.sackBlocks === 0) return false
  const left = h.sackLeft[0] as number
  const right = h.sackRight[0] as number
  if (((right - left) | 0) <= 0) return false
  if (((right - h.acknowledgement) | 0) <= 0) return true
  if (h.sackBlocks === 1) return false
  return ((left - (h.sackLeft[1] as number)) | 0) >= 0 && ((right - (h.sackRight[1] as number)) | 0) <= 0
}

/**
 * How many of the bytes [start, end), sequence numbers as int32, this segment's D-SACK reports as had twice; 0 when it has
 * none. All of them: the resend was needless. Some of them: the rest of it was wanted.
 */
export function duplicateBytes(h: Headers, start: number, end: number): number {
  if (!isDuplicateSack(h)) return 0
  const left = h.sackLeft[0] as number
  const right = h.sackRight[0] as number
  const from = ((left - start) | 0) > 0 ? left : start
  const to = ((right - end) | 0) < 0 ? right : end
  return Math.max(0, (to - from) | 0)
}

/**
 * From one IP identification of a sender to the next: 1 for a sender that counts, 0 for the same packet seen again; a
 * packet that another device made up stands out. Signed, across the wrap at 65536; 0 where there is none (IPv6: -1).
 */
export function ipIdStep(before: number, now: number): number {
  if (before < 0 || now < 0) return 0
  return ((now - before) << 16) >> 16
}
