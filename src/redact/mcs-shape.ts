/** The BER around the connect messages of MCS (T.125 section 7): tags, lengths and small numbers, which no field covers. */

const CONNECT = 0x7f
const CONSTRUCTED = 0x20
const OCTET_STRING = 4
/** Longer ones are the user data, which have fields of their own; domain selectors are shorter. */
const LONGEST_SELECTOR = 4

/** @param put takes stretches that stay, by where they start */
export function keepMcsShape(bytes: Uint8Array, put: (start: number, bytes: Uint8Array) => void): void {
  if (bytes[0] === CONNECT) values(bytes, 0, bytes.length, put)
}

function values(bytes: Uint8Array, start: number, end: number, put: (start: number, bytes: Uint8Array) => void): void {
  for (let at = start; at + 2 <= end; ) {
    const tag = bytes[at] as number
    // The tags of the messages themselves have two bytes.
    const lengthAt = (tag & 0x1f) === 0x1f ? at + 2 : at + 1
    const first = bytes[lengthAt] ?? 0
    const count = first < 0x80 ? 0 : first & 0x7f
    const content = lengthAt + 1 + count
    if (count > 4 || content > end) return
    let length = count === 0 ? first : 0
    for (let n = 1; n <= count; n++) length = length * 256 + (bytes[lengthAt + n] as number)
    const stop = Math.min(content + length, end)
    put(at, bytes.subarray(at, content))
    if ((tag & CONSTRUCTED) !== 0) values(bytes, content, stop, put)
    else if (tag !== OCTET_STRING || length <= LONGEST_SELECTOR)
      put(content, bytes.subarray(content, Math.min(stop, content + 5)))
    at = stop
  }
}
