/**
 * Sec-WebSocket-Accept for a key: the literal text of the key and a fixed identifier, hashed. RFC 6455 4.2.2 point 5.4,
 * SHA-1 by RFC 3174. Written out here because rules touch no node:crypto; one hash an upgrade.
 */
const IDENTIFIER = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export function acceptFor(key: string): string {
  return base64(sha1(key + IDENTIFIER))
}

/** @param text of one byte a character */
function sha1(text: string): number[] {
  const state: [number, number, number, number, number] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  const bytes = padded(text)
  const words = new Int32Array(80)
  for (let block = 0; block < bytes.length; block += 64) {
    for (let at = 0; at < 16; at++) {
      const from = block + at * 4
      words[at] =
        (byteAt(bytes, from) << 24) |
        (byteAt(bytes, from + 1) << 16) |
        (byteAt(bytes, from + 2) << 8) |
        byteAt(bytes, from + 3)
    }
    for (let at = 16; at < 80; at++) {
      words[at] = rotate(
        wordAt(words, at - 3) ^ wordAt(words, at - 8) ^ wordAt(words, at - 14) ^ wordAt(words, at - 16),
        1,
      )
    }
    let [a, b, c, d, e] = state
    for (let at = 0; at < 80; at++) {
      const next = (rotate(a, 5) + mix(at, b, c, d) + e + wordAt(words, at)) | 0
      e = d
      d = c
      c = rotate(b, 30)
      b = a
      a = next
    }
    state[0] = (state[0] + a) | 0
    state[1] = (state[1] + b) | 0
    state[2] = (state[2] + c) | 0
    state[3] = (state[3] + d) | 0
    state[4] = (state[4] + e) | 0
  }
  return state.flatMap(word => [(word >>> 24) & 255, (word >>> 16) & 255, (word >>> 8) & 255, word & 255])
}

/** The message, a bit 1, zeros, and its length in bits, to a multiple of 64 bytes. */
function padded(text: string): Uint8Array {
  const bytes = new Uint8Array((((text.length + 8) >> 6) + 1) << 6)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at) & 255
  bytes[text.length] = 0x80
  new DataView(bytes.buffer).setUint32(bytes.length - 4, text.length * 8)
  return bytes
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1
  return round < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc : (b ^ c ^ d) + 0xca62c1d6
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}

function wordAt(words: Int32Array, at: number): number {
  return words[at] as number
}

function base64(bytes: readonly number[]): string {
  return btoa(String.fromCharCode(...bytes))
}
