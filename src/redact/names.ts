/**
 * Names to others of the same shape and length. Each letter becomes another letter and each digit another digit, by an order
 * that depends on the key and on all characters before it in the word: equal names stay equal, in whatever case or
 * protocol they stand, and so do names that were cut short (NetBIOS, the cookie of mstsc). Addresses that are written out
 * become what the same addresses become in headers.
 */
import { isIPv6 } from 'node:net'
import { hex } from '../wire/bytes.ts'
import { MAX_REMEMBERED_REPLACEMENTS } from '../wire/limits.ts'
import type { AddressMap } from './addresses.ts'
import { isKeptWord, keptStart, marksIn } from './kept-words.ts'
import type { Keyed } from './keyed.ts'
import { remember } from './remember.ts'

const LETTERS = [...Array(26).keys()].map(at => 0x61 + at)
const DIGITS = [...Array(10).keys()].map(at => 0x30 + at)
/** Characters beyond ASCII move within a block: their length in UTF-8 stays. */
const BLOCK = 64
const IPV4 = /(?<![\p{L}\p{N}_.-])\d{1,3}(?:\.\d{1,3}){3}(?![\p{L}\p{N}_-]|\.[\p{L}\p{N}])/gu
const IPV6 = /(?<![\p{L}\p{N}_.:-])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\p{L}\p{N}_:-]|\.[\p{L}])/giu
/** A number behind a colon, as ports are written. */
const PORT = /(?<=[\p{L}\p{N}\]]):\d{1,5}(?![\p{L}\p{N}_.:-])/gu
/** A version behind the name of a product stays. */
const VERSION = /(?<=[\p{L}\p{N}])\/\d{1,2}(?:\.\d{1,3}){1,3}(?![\p{L}\p{N}_.-])/gu
const GUID = /(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])/giu
/** Words are what stands between other characters. */
const WORD = /[\p{L}\p{M}\p{N}_-]+|[^\p{ASCII}]+/gu

export class NameMap {
  readonly #keyed: Keyed
  readonly #addresses: AddressMap
  readonly #words = new Map<string, string>()
  /** Names that were replaced, each once; for the summary. */
  readonly replaced = new Set<string>()

  constructor(keyed: Keyed, addresses: AddressMap) {
    this.#keyed = keyed
    this.#addresses = addresses
  }

  /** A name, or a text with names in it. Equally long in characters, in UTF-8 and in UTF-16. */
  text(text: string): string {
    const places: Place[] = [
      ...matches(text, IPV4, found => this.#ipv4(found)),
      ...matches(text, IPV6, found => this.#ipv6(found)),
    ]
    for (const place of matches(text, WORD, found => (isKeptWord(found) ? found : null))) add(places, place)
    for (const [start, end] of marksIn(text)) add(places, { start, end, text: text.slice(start, end) })
    for (const place of matches(text, GUID, found => this.#guid(found))) add(places, place)
    for (const place of matches(text, PORT, found => found)) add(places, place)
    for (const place of matches(text, VERSION, found => found)) add(places, place)
    places.sort((a, b) => a.start - b.start)
    let mapped = ''
    let at = 0
    for (const { start, end, text: replacement } of places) {
      mapped += this.#wordsOf(text.slice(at, start)) + replacement
      at = end
    }
    return mapped + this.#wordsOf(text.slice(at))
  }

  /**
   * A label of a domain name.
   * @param name the whole name, and which of its labels it is: those of reverse lookups are parts of addresses
   */
  label(label: string, name: readonly string[], at: number): string {
    const reversed = this.#reversed(name)
    return reversed?.[at] ?? this.text(label)
  }

  /** The labels of a name below in-addr.arpa or ip6.arpa; null for another one. */
  #reversed(name: readonly string[]): string[] | null {
    const [top, second] = [name.at(-1)?.toLowerCase(), name.at(-2)?.toLowerCase()]
    if (top !== 'arpa') return null
    const labels = name.slice(0, -2).reverse()
    if (second === 'in-addr' && labels.length <= 4 && labels.every(label => /^\d{1,3}$/.test(label))) {
      return this.#addresses.ipv4(labels.map(Number)).map(String).reverse()
    }
    if (second === 'ip6' && labels.length <= 32 && labels.every(label => /^[0-9a-f]$/i.test(label))) {
      return [...this.#addresses.ipv6Digits(labels.join('').toLowerCase())].reverse()
    }
    return null
  }

  #guid(text: string): string {
    const bytes = Buffer.from(text.replaceAll('-', ''), 'hex')
    const digits = hex(this.#keyed.token(bytes), 0, bytes.length)
    const mapped = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    return /[A-F]/.test(text) ? mapped.toUpperCase() : mapped
  }

  #ipv4(text: string): string | null {
    const bytes = text.split('.').map(Number)
    const isPlain = bytes.every((byte, at) => byte < 256 && String(byte) === text.split('.')[at])
    return isPlain ? this.#addresses.ipv4(bytes).join('.') : null
  }

  #ipv6(text: string): string | null {
    if (!isIPv6(text)) return null
    const [head = '', tail] = text.split('::')
    const front = head === '' ? [] : head.split(':')
    const back = tail === undefined || tail === '' ? [] : tail.split(':')
    const zeros = tail === undefined ? 0 : 8 - front.length - back.length
    const groups = [...front, ...Array<string>(zeros).fill('0'), ...back]
    const digits = groups.map(group => group.toLowerCase().padStart(4, '0')).join('')
    const mapped = this.#addresses.ipv6Digits(digits).match(/.{4}/g) ?? []
    const written = groups.map((group, at) => (mapped[at] ?? '').slice(4 - group.length))
    const isUpper = /[A-F]/.test(text)
    const joined =
      tail === undefined
        ? written.join(':')
        : `${written.slice(0, front.length).join(':')}::${written.slice(front.length + zeros).join(':')}`
    return isUpper ? joined.toUpperCase() : joined
  }

  #wordsOf(text: string): string {
    return text.replace(WORD, word => this.#word(word))
  }

  #word(word: string): string {
    const known = this.#words.get(word)
    if (known !== undefined) return known
    const kept = keptStart(word)
    let before = word.slice(0, kept).toLowerCase()
    let mapped = word.slice(0, kept)
    for (const character of word.slice(kept)) {
      mapped += this.#character(character, before)
      before += character.toLowerCase()
    }
    remember(this.#words, word, mapped, MAX_REMEMBERED_REPLACEMENTS)
    if (mapped !== word && this.replaced.size < MAX_REMEMBERED_REPLACEMENTS) this.replaced.add(word.toLowerCase())
    return mapped
  }

  #character(character: string, before: string): string {
    const code = character.codePointAt(0) as number
    const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code
    if (lower >= 0x61 && lower <= 0x7a) {
      const mapped = this.#keyed.order(LETTERS, `letter ${before}`).get(lower) as number
      return String.fromCodePoint(lower === code ? mapped : mapped & ~0x20)
    }
    if (code >= 0x30 && code <= 0x39) {
      return String.fromCodePoint(this.#keyed.order(DIGITS, `digit ${before}`).get(code) as number)
    }
    if (code < 0x80) return character
    const base = code - (code % BLOCK)
    const block = [...Array(BLOCK).keys()]
    return String.fromCodePoint(base + (this.#keyed.order(block, `block ${before}`).get(code % BLOCK) as number))
  }
}

interface Place {
  readonly start: number
  readonly end: number
  readonly text: string
}

function* matches(text: string, pattern: RegExp, mapped: (found: string) => string | null): Generator<Place> {
  for (const found of text.matchAll(pattern)) {
    const replacement = mapped(found[0])
    if (replacement !== null) yield { start: found.index, end: found.index + found[0].length, text: replacement }
  }
}

function add(places: Place[], place: Place): void {
  if (!places.some(({ start, end }) => place.start < end && place.end > start)) places.push(place)
}
