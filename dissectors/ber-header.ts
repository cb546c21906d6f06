/**
 * Identifier and length octets of BER, and so of DER: which element stands here, and how long it is. ITU-T X.690 8.1.
 */
import { MAX_BER_ELEMENTS } from '../src/wire/limits.ts'

/** The most octets of a length, and of the number of a tag. */
const MAX_LENGTH_OCTETS = 4
const MAX_TAG_OCTETS = 3
/** Length of a content that ends with octets of its own. */
export const INDEFINITE = -1

/** What {@link readHeader} found. */
export interface Header {
  /** The identifier octet; above it, from bit 8 on, the number of a tag that has octets of its own. */
  tag: number
  /** Where the content begins. */
  start: number
  /** Of the content; -1 when only the end-of-contents octets tell. */
  length: number
}

/** Not all of it is there, or no element begins so. */
export type HeaderState = 'whole' | 'cut' | 'impossible'

/** Identifier and length octets at `at`. */
export function readHeader(bytes: Uint8Array, at: number, limit: number, into: Header): HeaderState {
  let next = at
  if (next + 2 > limit) return 'cut'
  let tag = bytes[next++] as number
  if ((tag & 0x1f) === 0x1f) {
    let number = 0
    for (let n = 0; ; n++) {
      if (n === MAX_TAG_OCTETS) return 'impossible'
      if (next >= limit) return 'cut'
      const octet = bytes[next++] as number
      number = (number << 7) | (octet & 0x7f)
      if (octet < 0x80) break
    }
    tag += number * 256
  }
  if (next >= limit) return 'cut'
  let size = bytes[next++] as number
  if (size === 0x80) size = INDEFINITE
  else if (size > 0x80) {
    const octets = size & 0x7f
    if (octets > MAX_LENGTH_OCTETS) return 'impossible'
    if (next + octets > limit) return 'cut'
    size = 0
    for (let n = 0; n < octets; n++) size = size * 256 + (bytes[next++] as number)
  }
  into.tag = tag
  into.start = next
  into.length = size
  return 'whole'
}

/**
 * How long the element at `at` is, with its header and its end: it may be longer than what is there. 0 when too little is
 * there to tell, -1 when no element begins so.
 */
export function elementLength(bytes: Uint8Array, at: number, limit: number): number {
  const header: Header = { tag: 0, start: 0, length: 0 }
  const state = readHeader(bytes, at, limit, header)
  if (state !== 'whole') return state === 'cut' ? 0 : -1
  if (header.length !== INDEFINITE) return header.start + header.length - at
  const end = endOfContents(bytes, header.start, limit)
  return end > 0 ? end + 2 - at : end
}

/** Where the end-of-contents octets are that belong to content from `at` on; 0 when they are not there, -1 never. */
export function endOfContents(bytes: Uint8Array, at: number, limit: number): number {
  const header: Header = { tag: 0, start: 0, length: 0 }
  let depth = 0
  let next = at
  for (let n = 0; n < MAX_BER_ELEMENTS; n++) {
    const state = readHeader(bytes, next, limit, header)
    if (state !== 'whole') return state === 'cut' ? 0 : -1
    if (header.tag === 0 && header.length === 0) {
      if (depth === 0) return next
      depth--
      next = header.start
    } else if (header.length === INDEFINITE) {
      depth++
      next = header.start
    } else next = header.start + header.length
  }
  return -1
}
