/**
 * IPv6 addresses as small numbers, so that the hot path compares and hashes integers. IPv4 addresses need no table: they
 * are int32 themselves. Text as RFC 5952 wants it.
 */
import { MAX_IPV6_ADDRESSES } from '../wire/limits.ts'
import { i32be } from './integers.ts'

/** Ints of an address. */
const WORDS = 4
const FIRST_CAPACITY = 256
/** What all addresses beyond the limit are called: they can not be told apart. */
const BEYOND_LIMIT = '(too many IPv6 addresses)'

export class Addresses {
  /** How often an address found the table full, and therefore shares one number with others. */
  overflows = 0
  private readonly limit: number
  private readonly seed: number
  private count = 0
  private words = new Int32Array(FIRST_CAPACITY * WORDS)
  /** Open addressing, at most half full: number of the address + 1, 0 = free. */
  private index = new Int32Array(FIRST_CAPACITY * 2)

  /**
   * @param limit how many addresses are told apart.
   * @param seed of the hash: random, so that nobody can prepare addresses that all collide. Numbers are given in order
   * of appearance and do not depend on it.
   */
  constructor(limit = MAX_IPV6_ADDRESSES, seed = (Math.random() * 0x1_0000_0000) | 0) {
    this.limit = limit
    this.seed = seed
  }

  /** Number of the IPv6 address at bytes[at, at + 16). Beyond the limit all share the number `limit`. */
  intern(bytes: Uint8Array, at: number): number {
    const a = i32be(bytes, at)
    const b = i32be(bytes, at + 4)
    const c = i32be(bytes, at + 8)
    const d = i32be(bytes, at + 12)
    const mask = this.index.length - 1
    let slot = this.hash(a, b, c, d) & mask
    for (;;) {
      const id = (this.index[slot] as number) - 1
      if (id < 0) break
      const word = id * WORDS
      const words = this.words
      if (words[word] === a && words[word + 1] === b && words[word + 2] === c && words[word + 3] === d) return id
      slot = (slot + 1) & mask
    }
    return this.add(a, b, c, d, slot)
  }

  /** @param family 4 or 6 @param id what {@link Headers} holds as source or destination. */
  text(family: number, id: number): string {
    if (family !== 6) return ipv4Text(id)
    if (id >= this.count) return BEYOND_LIMIT
    return ipv6Text(this.words, id * WORDS)
  }

  private add(a: number, b: number, c: number, d: number, slot: number): number {
    if (this.count >= this.limit) {
      this.overflows++
      return this.limit
    }
    const id = this.count++
    const word = id * WORDS
    if (word >= this.words.length) this.grow()
    const words = this.words
    words[word] = a
    words[word + 1] = b
    words[word + 2] = c
    words[word + 3] = d
    if (this.count * 2 > this.index.length) this.rehash()
    else this.index[slot] = id + 1
    return id
  }

  private grow(): void {
    const larger = new Int32Array(this.words.length * 2)
    larger.set(this.words)
    this.words = larger
  }

  private rehash(): void {
    const larger = new Int32Array(this.index.length * 2)
    const mask = larger.length - 1
    for (let id = 0; id < this.count; id++) {
      const word = id * WORDS
      let slot =
        this.hash(
          this.words[word] as number,
          this.words[word + 1] as number,
          this.words[word + 2] as number,
          this.words[word + 3] as number,
        ) & mask
      while (larger[slot] !== 0) slot = (slot + 1) & mask
      larger[slot] = id + 1
    }
    this.index = larger
  }

  private hash(a: number, b: number, c: number, d: number): number {
    let h = this.seed
    h = mix(h, a)
    h = mix(h, b)
    h = mix(h, c)
    h = mix(h, d)
    h ^= h >>> 16
    h = Math.imul(h, 0x85ebca6b)
    return h ^ (h >>> 13)
  }
}

/** 192.0.2.1 @param address as int32. */
export function ipv4Text(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`
}

/** 00:11:22:aa:bb:cc @param high upper 16 bits @param low lower 32 bits. */
export function hardwareText(high: number, low: number): string {
  const digits = high.toString(16).padStart(4, '0') + (low >>> 0).toString(16).padStart(8, '0')
  return digits.replace(/..(?!$)/g, '$&:')
}

function mix(hash: number, word: number): number {
  const turned = Math.imul(word ^ hash, 0x9e3779b1)
  return ((turned << 15) | (turned >>> 17)) ^ Math.imul(hash, 0x27d4eb2f)
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as ::, the first of equals. */
function ipv6Text(words: Int32Array, word: number): string {
  const groups: number[] = []
  for (let at = word; at < word + WORDS; at++) {
    const value = words[at] as number
    groups.push(value >>> 16, value & 0xffff)
  }
  // RFC 5952 section 5: an IPv4-mapped address is known by its prefix, and shown mixed.
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${ipv4Text(words[word + 3] as number)}`
  }
  let runStart = -1
  let runLength = 1
  for (let from = 0; from < groups.length; from++) {
    let to = from
    while (to < groups.length && groups[to] === 0) to++
    if (to - from > runLength) {
      runStart = from
      runLength = to - from
    }
    from = Math.max(from, to)
  }
  const digits = groups.map(group => group.toString(16))
  if (runStart < 0) return digits.join(':')
  return `${digits.slice(0, runStart).join(':')}::${digits.slice(runStart + runLength).join(':')}`
}
