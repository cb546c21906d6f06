/** The arithmetic of the Internet checksum (RFC 1071), for the few packets where it matters. */
import { u16be } from './integers.ts'

/** Of 16-bit words; an odd last byte is padded with zero. At most 2^16 words: the sum stays exact. */
export function sum(bytes: Uint8Array, start: number, end: number): number {
  let total = 0
  let at = start
  for (; at + 1 < end; at += 2) total += u16be(bytes, at)
  return at < end ? total + ((bytes[at] as number) << 8) : total
}

/** What is carried over added again, until 16 bits are left. */
export function fold(total: number): number {
  let folded = total
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000)
  return folded
}

/** RFC 9293 3.1 and RFC 8200 8.1: what both kinds of pseudo-headers come to. @param addresses the sum of both of them */
export function pseudoHeaderSum(addresses: number, protocol: number, length: number): number {
  return addresses + protocol + (length >>> 16) + (length & 0xffff)
}
