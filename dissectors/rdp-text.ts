/** Strings of RDP's PDUs: fixed room or a length in bytes, and a NUL that ends them. */
import { latin1, utf16le } from '../src/wire/bytes.ts'
import type { Field } from '../src/wire/field.ts'
import { MAX_RDP_NAME } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

/** UTF-16LE in `length` bytes, up to the first NUL. */
export function utf16Text(pdu: Pdu, f: Field, length: number): string {
  const { bytes, pos } = pdu
  const text = length > pdu.left ? '' : untilNul(utf16le(bytes, pos, pos + Math.min(length, 2 * MAX_RDP_NAME)))
  pdu.value(f, length, text)
  return text
}

/** One character a byte, up to the first NUL. */
export function ansiText(pdu: Pdu, f: Field, length: number): string {
  const { bytes, pos } = pdu
  const text = length > pdu.left ? '' : untilNul(latin1(bytes, pos, pos + Math.min(length, MAX_RDP_NAME)))
  pdu.value(f, length, text)
  return text
}

function untilNul(text: string): string {
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}
