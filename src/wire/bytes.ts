/** Searching bytes and turning them into text, at a cost that does not depend on what lies behind them. */

/** None. It has no elements, so that one serves everybody. */
export const NO_BYTES = new Uint8Array(0)

interface NativeSlices {
  latin1Slice(this: Uint8Array, start: number, end: number): string
  hexSlice(this: Uint8Array, start: number, end: number): string
}
/** Node's own slices work on any Uint8Array as `this`; where there is no Buffer (a browser) plain code does the same. */
const native = (globalThis as { Buffer?: { prototype: NativeSlices } }).Buffer?.prototype
const HEX_PAIRS = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))
/** Below this a loop is cheaper than the call into native code. */
const SHORT_TEXT_BYTES = 10

/** One character a byte. The string is flat: one put together by += stays a rope of pieces and holds memory. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (native !== undefined && end - start >= SHORT_TEXT_BYTES) return native.latin1Slice.call(bytes, start, end)
  let text = ''
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number)
  return text
}

/** Lower-case hexadecimal digits, two a byte. */
export function hex(bytes: Uint8Array, start: number, end: number): string {
  if (native !== undefined) return native.hexSlice.call(bytes, start, end)
  let text = ''
  for (let at = start; at < end; at++) text += HEX_PAIRS[bytes[at] as number]
  return text
}

/** UTF-16LE without a byte order mark; an odd last byte is passed over. */
export function utf16le(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let at = start; at + 1 < end; at += 2) {
    text += String.fromCharCode((bytes[at] as number) | ((bytes[at + 1] as number) << 8))
  }
  return text
}

const utf8Decoder = new TextDecoder('utf-8')

/** UTF-8; what is none becomes U+FFFD. Slower than {@link latin1}: for texts that may hold more than ASCII. */
export function utf8(bytes: Uint8Array, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if ((bytes[at] as number) >= 0x80) return utf8Decoder.decode(bytes.subarray(start, end))
  }
  return latin1(bytes, start, end)
}

/**
 * Where the first such byte lies in [from, end), or -1. Not `TypedArray.indexOf`: that has no end and would run through
 * the whole window.
 */
export function find(bytes: Uint8Array, byte: number, from: number, end: number): number {
  for (let at = from; at < end; at++) if (bytes[at] === byte) return at
  return -1
}

/** The 16 bytes of a GUID as it is written: its first three parts are little-endian. */
export function guid(bytes: Uint8Array, at: number): string {
  const parts = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15]
  return parts.map(part => (part < 0 ? '-' : HEX_PAIRS[bytes[at + part] as number])).join('')
}
