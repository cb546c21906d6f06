/**
 * Values in DER or BER (X.690): certificates, Kerberos, SPNEGO. Tags, lengths, object identifiers, numbers, flags and times
 * stay, names are replaced, keys and whatever is encrypted become bytes that say nothing.
 */
import { type Header, INDEFINITE, readHeader } from '../../dissectors/ber-header.ts'
import {
  BIT_STRING,
  BMP_STRING,
  BOOLEAN,
  GENERALIZED_TIME,
  INTEGER,
  OBJECT_IDENTIFIER,
  SEQUENCE,
  UNIVERSAL_STRING,
  UTC_TIME,
} from '../../dissectors/der.ts'
import { i32be } from '../flow/integers.ts'
import { MAX_DER_DEPTH } from '../wire/limits.ts'
import type { AddressMap } from './addresses.ts'
import type { Keyed } from './keyed.ts'
import type { NameMap } from './names.ts'
import { redactText, redactWideBigEndian } from './texts.ts'

export interface Maps {
  readonly keyed: Keyed
  readonly addresses: AddressMap
  readonly names: NameMap
}

const CONSTRUCTED = 0x20
const CLASS = 0xc0
const APPLICATION = 0x40
const CONTEXT = 0x80
const TAG = 0x1f

const NULL = 5
const SET = 0x31
const OCTET_STRING = 4
const ENUMERATED = 10
/** UTF8, numeric, printable, teletex, videotex, IA5, graphic, visible, general. */
const TEXTS = new Set([12, 18, 19, 20, 21, 22, 25, 26, 27])

const UNIVERSAL = new Set([
  BOOLEAN,
  INTEGER,
  BIT_STRING,
  OCTET_STRING,
  NULL,
  OBJECT_IDENTIFIER,
  ENUMERATED,
  UTC_TIME,
  GENERALIZED_TIME,
  UNIVERSAL_STRING,
  BMP_STRING,
])

/** Longer integers are serial numbers and keys. */
const LONGEST_NUMBER = 5
/** Longer bit strings are keys and signatures. */
const LONGEST_FLAGS = 5
/** Identifiers that many share; longer ones end in numbers of a site (certificate templates). */
const LONGEST_IDENTIFIER = 10
const KEPT_IDENTIFIER = 8
/** Of GeneralName (RFC 5280 4.2.1.6). */
const IP_ADDRESS = CONTEXT | 7
const TEXT_NAMES = new Set([CONTEXT | 1, CONTEXT | 2, CONTEXT | 6])
/** Before a message of Kerberos in its GSS wrapping (RFC 4121 4.1), and on TCP. */
const TOKEN_ID_BYTES = 2
const RECORD_MARK_BYTES = 4

/** @returns a redacted copy; what is no DER becomes zeros. */
export function redactDer(bytes: Uint8Array, maps: Maps): Uint8Array {
  const out = new Uint8Array(bytes.length)
  if (!isDer(bytes, 0, bytes.length, 0)) return out
  new DerRedaction(bytes, out, maps).values(0, bytes.length, 0)
  return out
}

class DerRedaction {
  readonly #bytes: Uint8Array
  readonly #out: Uint8Array
  readonly #maps: Maps

  constructor(bytes: Uint8Array, out: Uint8Array, maps: Maps) {
    this.#bytes = bytes
    this.#out = out
    this.#maps = maps
  }

  /** One value behind the other, as far as they go. */
  values(start: number, end: number, depth: number): void {
    for (let at = start; at < end; ) {
      const next = this.#value(at, end, depth)
      if (next < 0) return
      at = next
    }
  }

  /** @returns where the next one begins; -1 where this is none. */
  #value(at: number, end: number, depth: number): number {
    const head = headAt(this.#bytes, at, end)
    if (head === null || depth > MAX_DER_DEPTH) return -1
    const { start: content } = head
    const stop = Math.min(content + head.length, end)
    this.#keep(at, content)
    if ((head.tag & CONSTRUCTED) === 0) this.#primitive(head.tag, content, stop, depth + 1)
    else if ((head.tag & CLASS) === APPLICATION) this.#application(content, stop, depth + 1)
    else this.values(content, stop, depth + 1)
    return content + head.length > end ? -1 : stop
  }

  /** The token of GSS-API: an object identifier, perhaps the kind of a Kerberos message, and the token itself. */
  #application(start: number, end: number, depth: number): void {
    const bytes = this.#bytes
    if (bytes[start] !== OBJECT_IDENTIFIER || !hasTokenKind(bytes, start, end)) {
      this.values(start, end, depth)
      return
    }
    const behind = behindIdentifier(bytes, start)
    this.values(start, behind, depth)
    this.#keep(behind, behind + TOKEN_ID_BYTES)
    this.values(behind + TOKEN_ID_BYTES, end, depth)
  }

  #primitive(tag: number, start: number, end: number, depth: number): void {
    const { addresses, names } = this.#maps
    const bytes = this.#bytes.subarray(start, end)
    const { length } = bytes
    if (tag === BOOLEAN || tag === ENUMERATED) {
      if (length <= LONGEST_NUMBER) this.#keep(start, end)
    } else if (tag === INTEGER) {
      if (length <= LONGEST_NUMBER) this.#keep(start, end)
      else this.#token(start, end, 1)
    } else if (tag === BIT_STRING) this.#bits(start, end, depth)
    else if (tag === OCTET_STRING) this.#octets(start, end, depth)
    else if (tag === OBJECT_IDENTIFIER) this.#identifier(start, end)
    else if (tag === UTC_TIME || tag === GENERALIZED_TIME) {
      if (bytes.every(isOfTime)) this.#keep(start, end)
    } else if (TEXTS.has(tag) || TEXT_NAMES.has(tag)) this.#out.set(redactText(bytes, names), start)
    else if (tag === BMP_STRING) this.#out.set(redactWideBigEndian(bytes, names), start)
    else if (tag === UNIVERSAL_STRING) this.#token(start, end)
    else if (tag === IP_ADDRESS && (length === 4 || length === 16)) this.#out.set(addresses.whole(bytes), start)
    else if ((tag & CLASS) === CONTEXT) {
      // Implicit: a short one is a number or a flag, a longer one whatever it may be.
      if (length <= 1) this.#keep(start, end)
      else if (looksLikeIdentifier(bytes)) this.#identifier(start, end)
      else this.#octets(start, end, depth)
    }
  }

  #bits(start: number, end: number, depth: number): void {
    if (end - start <= LONGEST_FLAGS) this.#keep(start, end)
    else if (isInner(this.#bytes, start + 1, end, depth)) {
      this.#keep(start, start + 1)
      this.values(start + 1, end, depth)
    } else this.#token(start, end, 1)
  }

  /** Values that lie in octets, also behind the record mark of Kerberos, are redacted as such. */
  #octets(start: number, end: number, depth: number): void {
    const mark = start + RECORD_MARK_BYTES
    if (isInner(this.#bytes, start, end, depth)) this.values(start, end, depth)
    else if (isInner(this.#bytes, mark, end, depth) && i32be(this.#bytes, start) === end - mark) {
      this.#keep(start, mark)
      this.values(mark, end, depth)
    } else this.#token(start, end)
  }

  #identifier(start: number, end: number): void {
    if (end - start <= LONGEST_IDENTIFIER) {
      this.#keep(start, end)
      return
    }
    const token = this.#maps.keyed.token(this.#bytes.subarray(start + KEPT_IDENTIFIER, end))
    this.#keep(start, start + KEPT_IDENTIFIER)
    // Which bytes end a number stays, and none begins with a needless zero.
    for (const [at, byte] of token.entries()) {
      const place = start + KEPT_IDENTIFIER + at
      this.#out[place] = ((this.#bytes[place] as number) & 0x80) | (byte & 0x7f) || 1
    }
  }

  /** @param kept bytes at the start that stay: they say how long a number is. */
  #token(start: number, end: number, kept = 0): void {
    this.#keep(start, Math.min(start + kept, end))
    this.#out.set(this.#maps.keyed.token(this.#bytes.subarray(start + kept, end)), Math.min(start + kept, end))
  }

  #keep(start: number, end: number): void {
    this.#out.set(this.#bytes.subarray(start, end), start)
  }
}

/** Null where none begins, and for those that these protocols do not use: tags of several bytes, lengths that are not told. */
function headAt(bytes: Uint8Array, at: number, end: number): Header | null {
  const head: Header = { tag: 0, start: 0, length: 0 }
  if (readHeader(bytes, at, end, head) !== 'whole') return null
  return (head.tag & TAG) === TAG || head.length === INDEFINITE ? null : head
}

/**
 * Values fill it, down to the innermost: heads of values stay, so that what only looks like one must not be taken for it.
 * @param depth of the values around it
 */
function isDer(bytes: Uint8Array, start: number, end: number, depth: number): boolean {
  if (start >= end || depth > MAX_DER_DEPTH) return start === end
  let from = start
  if (bytes[start] === OBJECT_IDENTIFIER && hasTokenKind(bytes, start, end))
    from = behindIdentifier(bytes, start) + TOKEN_ID_BYTES
  for (let at = from; at < end; ) {
    const head = headAt(bytes, at, end)
    if (head === null || head.start + head.length > end || !isKnownTag(head.tag)) return false
    const stop = head.start + head.length
    if ((head.tag & CONSTRUCTED) !== 0 && !isDer(bytes, head.start, stop, depth + 1)) return false
    at = stop
  }
  return true
}

/** As values in octets are: one that holds others, or one of the kinds that extensions of certificates are made of. */
function isInner(bytes: Uint8Array, start: number, end: number, depth: number): boolean {
  const head = headAt(bytes, start, end)
  if (head === null || head.start + head.length > end) return false
  const isPlain = head.tag === OCTET_STRING || head.tag === BIT_STRING || head.tag === INTEGER || TEXTS.has(head.tag)
  const isAlone = head.start + head.length === end
  return ((head.tag & CONSTRUCTED) !== 0 || (isPlain && isAlone)) && isDer(bytes, start, end, depth)
}

/** Universal ones that these protocols use, and those that a module or a context gives. */
function isKnownTag(tag: number): boolean {
  if ((tag & CLASS) !== 0) return true
  if ((tag & CONSTRUCTED) !== 0) return tag === SEQUENCE || tag === SET
  return UNIVERSAL.has(tag) || TEXTS.has(tag)
}

/** The kind of a Kerberos message stands between the identifier and the message. */
function hasTokenKind(bytes: Uint8Array, start: number, end: number): boolean {
  const behind = behindIdentifier(bytes, start)
  return behind + TOKEN_ID_BYTES < end && (bytes[behind] ?? 0xff) <= 5 && bytes[behind + 1] === 0
}

function behindIdentifier(bytes: Uint8Array, start: number): number {
  return start + 2 + (bytes[start + 1] ?? 0)
}

/** An implicit object identifier, as SPNEGO and otherName have it: the arcs of ISO, ITU and both. */
function looksLikeIdentifier(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 3 &&
    (bytes[0] === 0x2b || bytes[0] === 0x2a || bytes[0] === 0x55 || bytes[0] === 0x60) &&
    ((bytes.at(-1) as number) & 0x80) === 0 &&
    bytes.length <= 32 &&
    !bytes.every(isPrintable)
  )
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f
}

function isOfTime(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x5a || byte === 0x2b || byte === 0x2d || byte === 0x2e
}
