/** Lengths in aligned packed encoding. ITU-T X.691 11.9. */
import { field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const length = field('per.octet_string_length', 'Octet String Length')

/** One byte below 128, else two, the first of which has its top bit set. Fragments (a second bit) are not told apart. */
export function perLength(pdu: Pdu): number {
  const first = Math.max(0, pdu.peek())
  if ((first & 0x80) === 0) return pdu.u8(length)
  const value = ((first & 0x7f) << 8) | Math.max(0, pdu.peek(1))
  pdu.value(length, 2, value)
  return value
}

/** A length of one byte that counts from a least one. */
export function perShortLength(pdu: Pdu, least: number): number {
  const value = Math.max(0, pdu.peek()) + least
  pdu.value(length, 1, value)
  return pdu.ok ? value : 0
}
