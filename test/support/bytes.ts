/** Bytes as they are written in tests, and put together. */

/** Hexadecimal digits and "text" in one string: `bytes('03 00 "Cookie" 0d0a')`. Bytes lie in the middle of a larger buffer. */
export function bytes(written: string): Uint8Array {
  const values: number[] = []
  for (const [, quoted, digits] of written.matchAll(/"([^"]*)"|([0-9a-f]{2})|\S/gi)) {
    if (quoted !== undefined) for (const character of quoted) values.push(character.charCodeAt(0))
    else if (digits !== undefined) values.push(Number.parseInt(digits, 16))
    else throw new Error(`not bytes: ${written}`)
  }
  return inside(Uint8Array.from(values))
}

/** The same bytes with others around them, so that a reading beyond its end does not go unseen. */
export function inside(plain: Uint8Array): Uint8Array {
  const around = new Uint8Array(plain.length + 64).fill(0xcc)
  around.set(plain, 32)
  return around.subarray(32, 32 + plain.length)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
