/**
 * BER, the encoding of ASN.1 in security protocols: identifiers of any size, definite and indefinite lengths. Elements are
 * read through the cursor of the PDU, so that they stand in its tree; an element that lies about its length costs only
 * itself. Nothing checks that the encoding is canonical.
 *
 * ITU-T X.690 section 8.
 */
import { type Field, field } from '../src/wire/field.ts'
import { MAX_BER_ELEMENTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { elementLength, endOfContents, type Header, INDEFINITE, readHeader } from './ber-header.ts'
import { GENERALIZED_TIME, objectIdentifier, timeSeconds } from './der.ts'

const identifier = field('ber.identifier', 'Identifier and length', 'bytes')
const length = field('ber.length', 'Length')
const rest = field('ber.unknown', 'Unknown', 'group')

const NOTHING = -1
/** Of a number of 32 bits, with some zeros in front. */
const MAX_INTEGER_OCTETS = 8
const here: Header = { tag: 0, start: 0, length: 0 }

/** The tag of the element at the cursor; -1 when there is none. */
export function peekTag(pdu: Pdu): number {
  return readHeader(pdu.bytes, pdu.pos, pdu.limit, here) === 'whole' ? here.tag : NOTHING
}

/**
 * One element: `read` reads its content, and reading goes on behind it whatever happened inside.
 * @param f its group in the tree, over its content; null: what is inside stands in the group around it.
 */
export function element(pdu: Pdu, f: Field | null, read: (tag: number) => void): void {
  open(pdu, f, false, read)
}

/** All elements up to the limit of the group at hand, each bounded. */
function elements(pdu: Pdu, read: (tag: number) => void): void {
  for (let n = 0; n < MAX_BER_ELEMENTS && pdu.left > 0; n++) element(pdu, null, read)
}

/** A constructed element and all elements inside it. */
export function sequence(pdu: Pdu, f: Field | null, read: (tag: number) => void): void {
  element(pdu, f, () => elements(pdu, read))
}

/** A list: the value of its group is how many elements it has. `read` finds the cursor before each of them. */
export function listOf(pdu: Pdu, f: Field, read: () => void): void {
  open(pdu, f, true, () => {
    for (let n = 0; n < MAX_BER_ELEMENTS && pdu.left > 0; n++) read()
  })
}

function open(pdu: Pdu, f: Field | null, counts: boolean, read: (tag: number) => void): void {
  const tag = header(pdu)
  if (tag === NOTHING) return
  const { start } = here
  const isDefinite = here.length !== INDEFINITE
  const size = isDefinite ? here.length : contentLength(pdu, start)
  pdu.seek(start - pdu.start)
  if (f === null) pdu.bounded(size, length)
  else
    pdu.sized(f, size, length, counts && pdu.watched ? count(pdu.bytes, start, Math.min(start + size, pdu.limit)) : '')
  read(tag)
  pdu.end()
  if (!isDefinite && pdu.left > 0) pdu.seek(start + size + 2 - pdu.start)
}

/** Elements in bytes[start, end). */
function count(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  for (let n = 0; n < MAX_BER_ELEMENTS; n++) {
    const size = at < end ? elementLength(bytes, at, end) : 0
    if (size <= 0) return n
    at += size
  }
  return MAX_BER_ELEMENTS
}

/** INTEGER or ENUMERATED as a signed number of 32 bits; 0 where none is. */
export function integer(pdu: Pdu, f: Field): number {
  return number(pdu, f, true)
}

/** The same, unsigned: some senders leave out the zero octet in front of a high first bit. */
export function unsigned(pdu: Pdu, f: Field): number {
  return number(pdu, f, false)
}

function number(pdu: Pdu, f: Field, isSigned: boolean): number {
  const size = primitive(pdu)
  if (size < 0) return 0
  if (size > pdu.left || size > MAX_INTEGER_OCTETS) {
    if (size > pdu.left) pdu.mark(f, size)
    else pdu.mark(rest, size)
    return 0
  }
  const { bytes, pos } = pdu
  let value = isSigned && size > 0 && (bytes[pos] as number) >= 0x80 ? -1 : 0
  for (let n = 0; n < size; n++) value = (value << 8) | (bytes[pos + n] as number)
  if (!isSigned) value >>>= 0
  pdu.value(f, size, value)
  return value
}

export function boolean(pdu: Pdu, f: Field): boolean {
  const size = primitive(pdu)
  if (size < 0) return false
  const value = pdu.peek() > 0
  pdu.value(f, size, value ? 1 : 0)
  return value
}

/** A string type or OCTET STRING as UTF-8; '' where none is. */
export function text(pdu: Pdu, f: Field): string {
  const size = primitive(pdu)
  return size < 0 ? '' : pdu.utf8(f, size)
}

/** The content of one element as plain bytes. Yields their number. */
export function octets(pdu: Pdu, f: Field): number {
  const size = primitive(pdu)
  if (size < 0) return 0
  pdu.mark(f, size)
  return size
}

/** `2.5.4.3`; '' where none is. */
export function objectId(pdu: Pdu, f: Field): string {
  const size = primitive(pdu)
  if (size < 0) return ''
  const { bytes, pos } = pdu
  const value = size <= pdu.left ? objectIdentifier(bytes, pos, pos + size) : ''
  pdu.value(f, size, value)
  return value
}

/** GeneralizedTime in seconds since 1970; 0 where none is. */
export function time(pdu: Pdu, f: Field): number {
  const size = primitive(pdu)
  if (size < 0) return 0
  const { bytes, pos } = pdu
  const seconds = size <= pdu.left ? timeSeconds(GENERALIZED_TIME, bytes, pos, pos + size) : 0
  pdu.value(f, size, pdu.watched ? BigInt(seconds) * 1_000_000_000n : 0)
  return seconds
}

/** BIT STRING of 32 bits, the first one highest, with its flags; of other sizes only the bytes. */
export function flags(pdu: Pdu, f: Field, each: readonly Field[]): number {
  const size = primitive(pdu)
  if (size < 1) return 0
  // The first octet counts the bits that the last one leaves unused.
  pdu.seek(pdu.offset + 1)
  const { pos } = pdu
  if (pdu.mark(f, size - 1) < 0 || size !== 5) return 0
  pdu.bits(...each)
  const { bytes } = pdu
  const value =
    ((bytes[pos] as number) << 24) |
    ((bytes[pos + 1] as number) << 16) |
    ((bytes[pos + 2] as number) << 8) |
    (bytes[pos + 3] as number)
  return value >>> 0
}

/**
 * `size` bytes that must not be shown: `f` has the format of a group, so that its node carries no bytes. What of them is cut
 * off is a fault, and what is left of them stays hidden.
 */
export function hidden(pdu: Pdu, f: Field, size: number): void {
  const there = Math.min(size, pdu.left)
  pdu.mark(f, there)
  if (there < size) pdu.mark(f, size - there)
}

/** The content of one element, hidden. Yields its length; 0 where none is. */
export function hiddenOctets(pdu: Pdu, f: Field): number {
  const size = primitive(pdu)
  if (size < 0) return 0
  hidden(pdu, f, size)
  return size
}

/** Steps over the header of the element at the cursor; yields the length of its content, -1 when there is none. */
function primitive(pdu: Pdu): number {
  if (header(pdu) === NOTHING) return -1
  const { start } = here
  const size = here.length === INDEFINITE ? contentLength(pdu, start) : here.length
  pdu.seek(start - pdu.start)
  return size
}

/** Looks at the header at the cursor, without moving; -1 and a fault when there is none. */
function header(pdu: Pdu): number {
  const state = readHeader(pdu.bytes, pdu.pos, pdu.limit, here)
  if (state === 'whole') return here.tag
  if (state === 'cut') pdu.mark(identifier, pdu.left + 1)
  else {
    pdu.mark(rest, pdu.left)
    pdu.note('error', 'no element begins so')
  }
  return NOTHING
}

/** Of indefinite content: up to its end, or to all that is there. */
function contentLength(pdu: Pdu, start: number): number {
  const end = endOfContents(pdu.bytes, start, pdu.limit)
  return (end > 0 ? end : pdu.limit) - start
}
