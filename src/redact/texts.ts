/** Bytes that hold a text, in one of the codings that protocols use, to bytes of the same length. */
import { latin1, utf16le } from '../wire/bytes.ts'
import type { NameMap } from './names.ts'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One byte a character, or UTF-8. Bytes behind a NUL, which ends a text, go. */
export function redactText(bytes: Uint8Array, names: NameMap): Uint8Array {
  const end = bytes.indexOf(0)
  const text = end < 0 ? bytes : bytes.subarray(0, end)
  return filled(
    bytes.length,
    encoded(text, mapped => names.text(mapped)),
  )
}

/** The same with a mapping of one's own, which must keep the length. */
export function encoded(bytes: Uint8Array, map: (text: string) => string): Uint8Array {
  try {
    return new TextEncoder().encode(map(strict.decode(bytes)))
  } catch {
    return fromLatin1(map(latin1(bytes, 0, bytes.length)))
  }
}

/** A character a byte. */
export function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'))
}

/** UTF-16, little-endian. Characters behind a NUL go; an odd last byte too. */
export function redactWide(bytes: Uint8Array, names: NameMap): Uint8Array {
  const text = utf16le(bytes, 0, bytes.length & ~1)
  const end = text.indexOf('\0')
  return filled(bytes.length, Buffer.from(names.text(end < 0 ? text : text.slice(0, end)), 'utf16le'))
}

/** UTF-16, big-endian, as BMPString has it. */
export function redactWideBigEndian(bytes: Uint8Array, names: NameMap): Uint8Array {
  return swapped(redactWide(swapped(bytes), names))
}

function swapped(bytes: Uint8Array): Uint8Array {
  const other = Uint8Array.from(bytes)
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    other[at] = bytes[at + 1] as number
    other[at + 1] = bytes[at] as number
  }
  return other
}

function filled(length: number, text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(length)
  bytes.set(text.subarray(0, length))
  return bytes
}
