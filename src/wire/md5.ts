/** MD5 (RFC 1321), for fingerprints alone: nothing that must be secure. Works where Node's crypto is not. */

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
/** RFC 1321 3.4: the integer part of 2^32 times the sine of 1 to 64. */
const SINES = Array.from({ length: 64 }, (_, n) => Math.floor(Math.abs(Math.sin(n + 1)) * 2 ** 32) | 0)

/** 32 hexadecimal digits. @param text of which each character is one byte */
export function md5(text: string): string {
  const words = padded(text)
  let [a, b, c, d] = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476]
  for (let block = 0; block < words.length; block += 16) {
    let [e, f, g, h] = [a, b, c, d]
    for (let n = 0; n < 64; n++) {
      const round = n >> 4
      const mixed =
        round === 0 ? (f & g) | (~f & h) : round === 1 ? (h & f) | (~h & g) : round === 2 ? f ^ g ^ h : g ^ (f | ~h)
      const place = round === 0 ? n : round === 1 ? 5 * n + 1 : round === 2 ? 3 * n + 5 : 7 * n
      const sum = (e + mixed + (SINES[n] as number) + (words[block + (place & 15)] as number)) | 0
      const shift = SHIFTS[4 * round + (n & 3)] as number
      e = h
      h = g
      g = f
      f = (f + ((sum << shift) | (sum >>> (32 - shift)))) | 0
    }
    a = (a + e) | 0
    b = (b + f) | 0
    c = (c + g) | 0
    d = (d + h) | 0
  }
  return [a, b, c, d].map(littleEndian).join('')
}

/** Little-endian words: the text, a bit that is set, zeros, and its length in bits. */
function padded(text: string): Int32Array {
  const words = new Int32Array((((text.length + 8) >> 6) << 4) + 16)
  for (let at = 0; at < text.length; at++) {
    words[at >> 2] = (words[at >> 2] as number) | ((text.charCodeAt(at) & 0xff) << (8 * (at & 3)))
  }
  words[text.length >> 2] = (words[text.length >> 2] as number) | (0x80 << (8 * (text.length & 3)))
  words[words.length - 2] = text.length << 3
  return words
}

function littleEndian(word: number): string {
  let digits = ''
  for (let shift = 0; shift < 32; shift += 8) digits += ((word >>> shift) & 0xff).toString(16).padStart(2, '0')
  return digits
}
