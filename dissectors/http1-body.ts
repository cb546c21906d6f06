/** Bodies of HTTP/1 messages that are shown whole, and the lines between chunks. RFC 9112 section 7.1. */
import { find, utf8 } from '../src/wire/bytes.ts'
import { NEED_MORE } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { MAX_CHUNK_LINE_BYTES, MAX_CHUNKS_SHOWN } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import type { HttpHead } from './http1-facts.ts'
import { endOfLine, type Headers, restOfLine } from './http1-headers.ts'

const chunk = {
  size: field('http.chunk_size', 'Chunk size'),
  extension: field('http.chunk_extension', 'Chunk extension', 'text'),
  data: field('http.chunk_data', 'Chunk data', 'bytes'),
  boundary: field('http.chunk_boundary', 'Chunk boundary', 'bytes'),
  trailer: field('http.chunked_trailer_part', 'Trailer', 'text'),
}
const body = {
  content: field('http.file_data', 'File Data', 'text'),
  hidden: field('http.body', 'Form data (hidden)', 'group'),
}

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09
const SEMICOLON = 0x3b
/** No body is larger; beyond it the size line is no size line. */
const LARGEST_CHUNK = 2 ** 40

/** The line before a chunk. Its size, or -1 when it gives none. */
export function readChunkSize(pdu: Pdu): number {
  const { size, digits } = sizeAt(pdu.bytes, pdu.pos, pdu.limit)
  pdu.value(chunk.size, digits, size)
  const behind = pdu.peek()
  const extension = restOfLine(pdu)
  if (extension > 0) pdu.mark(chunk.extension, extension)
  endOfLine(pdu)
  if (digits > 0 && size <= LARGEST_CHUNK && endsSize(behind)) return size
  pdu.note('error', 'no chunk size')
  return -1
}

/** White space before the line's end is met in the wild; anything else but an extension is no size line. */
function endsSize(byte: number): boolean {
  return byte === CR || byte === LF || byte === SEMICOLON || byte === SPACE || byte === TAB
}

/** A line behind the last chunk. Answers whether it was the empty one. */
export function readTrailer(pdu: Pdu): boolean {
  const last = pdu.peek() === LF || (pdu.peek() === CR && pdu.peek(1) === LF)
  if (!last) pdu.mark(chunk.trailer, restOfLine(pdu))
  endOfLine(pdu)
  return last
}

/** Bytes of a whole chunked body with its trailer; NEED_MORE while it is not all there, -1 when it is malformed. */
export function wholeChunks(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  for (let chunks = 0; chunks < MAX_CHUNKS_SHOWN; chunks++) {
    const lineEnd = find(bytes, LF, at, Math.min(end, at + MAX_CHUNK_LINE_BYTES))
    if (lineEnd < 0) return end - at >= MAX_CHUNK_LINE_BYTES ? -1 : NEED_MORE
    const { size, digits } = sizeAt(bytes, at, lineEnd)
    if (digits === 0 || size > LARGEST_CHUNK || !endsSize(bytes[at + digits] as number)) return -1
    at = lineEnd + 1
    if (size === 0) return trailerEnd(bytes, at, end, start)
    at += size
    if (at >= end) return NEED_MORE
    if (bytes[at] === CR) at++
    if (at >= end) return NEED_MORE
    if (bytes[at] !== LF) return -1
    at++
  }
  return -1
}

function trailerEnd(bytes: Uint8Array, from: number, end: number, start: number): number {
  let at = from
  for (let lines = 0; lines < MAX_CHUNKS_SHOWN; lines++) {
    const lineEnd = find(bytes, LF, at, end)
    if (lineEnd < 0) return NEED_MORE
    const isLast = lineEnd === at || (lineEnd === at + 1 && bytes[at] === CR)
    at = lineEnd + 1
    if (isLast) return at - start
  }
  return -1
}

/** The body that is part of this PDU. */
export function readWholeBody(pdu: Pdu, { framing, length, headers: kept }: HttpHead, headers: Headers): void {
  const type = kept.find(([name]) => name === 'content-type')?.[1] ?? ''
  // What a form sends may be a password.
  const isForm = /^application\/x-www-form-urlencoded/i.test(type)
  const isEncoded = kept.some(([name]) => name === 'content-encoding') || headers.transferEncoding.includes('gzip')
  if (framing === 'length') {
    const at = pdu.pos
    const there = Math.min(length, pdu.left)
    if (isForm || isEncoded) pdu.mark(body.hidden, length)
    else pdu.value(body.content, length, pdu.watched ? shownText(pdu.bytes, at, at + there) : '')
    return
  }
  const pieces: Uint8Array[] = []
  for (let chunks = 0; chunks < MAX_CHUNKS_SHOWN && pdu.ok && pdu.left > 0; chunks++) {
    const size = readChunkSize(pdu)
    if (size < 0) return
    if (size === 0) break
    const at = pdu.pos
    if (isForm) pdu.mark(body.hidden, size)
    else if (pdu.mark(chunk.data, size) >= 0 && pdu.watched) pieces.push(pdu.bytes.subarray(at, at + size))
    pdu.mark(chunk.boundary, pdu.peek() === CR ? 2 : 1)
  }
  for (let lines = 0; lines < MAX_CHUNKS_SHOWN && pdu.ok && pdu.left > 0; lines++) if (readTrailer(pdu)) break
  if (!pdu.ok || isForm || isEncoded || pieces.length === 0) return
  const content = joined(pieces)
  pdu.derived(body.content, shownText(content, 0, content.length))
}

/** As a text, which ends with the first zero byte. */
function shownText(bytes: Uint8Array, start: number, end: number): string {
  const zero = find(bytes, 0, start, end)
  return utf8(bytes, start, zero < 0 ? end : zero)
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** The hexadecimal number here, and how many digits it has. */
function sizeAt(bytes: Uint8Array, start: number, end: number): { size: number; digits: number } {
  let size = 0
  let at = start
  for (; at < end && size <= LARGEST_CHUNK; at++) {
    const digit = hexDigit(bytes[at] as number)
    if (digit < 0) break
    size = size * 16 + digit
  }
  return { size, digits: at - start }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 && byte > 0 ? letter - 0x57 : -1
}
