/** Everything that is replaced depends on one key: pseudo-random bytes, and orders of small sets, by HMAC-SHA-256. */
import { createHmac, randomBytes } from 'node:crypto'
import { MAX_KEYED_ORDERS } from '../wire/limits.ts'
import { remember } from './remember.ts'

const KEY_BYTES = 32
const BLOCK_BYTES = 32

export class Keyed {
  readonly #key: Uint8Array
  readonly #orders = new Map<string, ReadonlyMap<number, number>>()

  /** @param secret of any length: the same one gives the same replacements. */
  constructor(secret: Uint8Array) {
    this.#key = createHmac('sha256', 'rdpscope redact').update(secret).digest()
  }

  /** A key that nobody knows. */
  static random(): Keyed {
    return new Keyed(randomBytes(KEY_BYTES))
  }

  /** As many bytes as the value has, which say nothing about it; the same for the same value. */
  token(value: Uint8Array): Uint8Array {
    return this.#stream('token', value, value.length)
  }

  /**
   * A permutation of these values that leaves none in its place (where there are two or more).
   * @param context another one gives another permutation
   */
  order(values: readonly number[], context: string): ReadonlyMap<number, number> {
    const known = this.#orders.get(context)
    if (known !== undefined) return known
    const shuffled = this.#shuffled(values, context)
    const order = new Map(shuffled.map((value, at) => [value, shuffled[(at + 1) % shuffled.length] as number]))
    return remember(this.#orders, context, order, MAX_KEYED_ORDERS)
  }

  /** Fisher and Yates; 16 bits for each choice among at most 256 are fair to one part in 256. */
  #shuffled(values: readonly number[], context: string): number[] {
    const shuffled = [...values]
    const random = this.#stream('order', new TextEncoder().encode(context), shuffled.length * 2)
    for (let last = shuffled.length - 1; last > 0; last--) {
      const drawn = (((random[2 * last] as number) << 8) | (random[2 * last + 1] as number)) % (last + 1)
      const value = shuffled[last] as number
      shuffled[last] = shuffled[drawn] as number
      shuffled[drawn] = value
    }
    return shuffled
  }

  #stream(purpose: string, value: Uint8Array, length: number): Uint8Array {
    const seed = createHmac('sha256', this.#key).update(`${purpose} `).update(value).digest()
    const bytes = new Uint8Array(length)
    for (let at = 0, block = 0; at < length; at += BLOCK_BYTES, block++) {
      const piece = block === 0 ? seed : createHmac('sha256', seed).update(String(block)).digest()
      bytes.set(piece.subarray(0, length - at), at)
    }
    return bytes
  }
}
