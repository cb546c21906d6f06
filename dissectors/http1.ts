/**
 * HTTP/1.0 and HTTP/1.1: heads with the headers that matter, and how long the body behind each is. Bodies are passed over
 * by their length. Methods are just tokens: RDG_IN_DATA, RPC_OUT_DATA and CONNECT are framed like any other.
 *
 * RFC 9112 (sections 2.2, 5, 6.3 and 7.1), RFC 9110 (7.8 Upgrade, 9.3.6 CONNECT), MS-TSGU (RD Gateway), MS-RPCH.
 */
import { find } from '../src/wire/bytes.ts'
import {
  BROKEN,
  type Direction,
  type Ending,
  HOLD,
  LIKELY,
  type Likeness,
  MAYBE,
  NEED_MORE,
  NO,
  NOT_MINE,
  type Out,
  SKIP,
  SURE,
  stream,
  UNTIL_CLOSE,
} from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { MAX_CHUNK_LINE_BYTES, MAX_HEAD_BYTES, MAX_PIPELINED_REQUESTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { bodyFraming } from './http1-framing.ts'
import { endOfLine, readHeaders, restOfLine, wordLength } from './http1-headers.ts'

/** How RFC 9112 section 6.3 frames the body. */
export type Framing = 'none' | 'length' | 'chunked' | 'until-close' | 'tunnel' | 'switch' | 'invalid'
export interface HttpHead {
  readonly kind: 'http-request' | 'http-response'
  /** Of the request; in a response, of the request that it answers ('' when that was not seen). */
  readonly method: string
  readonly target: string
  readonly version: string
  /** 0 in a request. */
  readonly status: number
  readonly phrase: string
  /** The headers that matter, in order, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly framing: Framing
  /** Content-Length where `framing` is 'length', otherwise 0. */
  readonly length: number
  /** Why the framing is 'invalid', or what is odd about it (CL and TE, differing lengths); '' when nothing. */
  readonly oddity: string
  readonly complete: boolean
}
/** A body ended before all of it had come. `owed` bytes are missing (-1: unknown, chunked). */
export interface HttpBodyCut {
  readonly kind: 'http-body-cut'
  readonly how: Ending
  readonly owed: number
}
export type HttpFact = HttpHead | HttpBodyCut

/** What a direction is in the middle of. */
const HEAD = 0
const CHUNK_SIZE = 1
const CHUNK_END = 2
const TRAILER = 3
type Phase = typeof HEAD | typeof CHUNK_SIZE | typeof CHUNK_END | typeof TRAILER

export interface HttpState {
  phase: [Phase, Phase]
  /** Methods of the requests that wait for their answers, oldest first. */
  asked: string[]
  /** Requests that did not fit in there: until they are answered, answers are not matched. */
  unremembered: number
  /** The direction that said Upgrade or CONNECT: what it says next depends on the answer. -1 = none. */
  undecided: Direction | -1
}

const line = {
  one: field('http.line', 'Line', 'group'),
  method: field('http.request.method', 'Request Method', 'text'),
  target: field('http.request.uri', 'Request URI', 'text'),
  requestVersion: field('http.request.version', 'Request Version', 'text'),
  responseVersion: field('http.response.version', 'Response Version', 'text'),
  status: field('http.response.code', 'Status Code'),
  phrase: field('http.response.phrase', 'Response Phrase', 'text'),
  space: field('http.space', 'Space', 'bytes'),
}
const chunk = {
  size: field('http.chunk_size', 'Chunk size', 'hex'),
  extension: field('http.chunk_extension', 'Chunk extension', 'text'),
  trailer: field('http.chunked_trailer_part', 'Trailer', 'text'),
}

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const LONGEST_METHOD = 32
/** No body is larger; beyond it the size line is no size line. */
const LARGEST_CHUNK = 2 ** 40
/** How far a first line is looked at to tell HTTP from something else. */
const FIRST_LINE_BYTES = 1024

export const http1 = stream<HttpState, HttpFact>({
  name: 'http1',
  filterName: 'http',
  title: 'Hypertext Transfer Protocol 1.x',
  spec: ['RFC 9112', 'RFC 9110', 'MS-TSGU 2.2.3'],

  begin: () => ({ phase: [HEAD, HEAD], asked: [], unremembered: 0, undecided: -1 }),

  probe(bytes, start, end): Likeness {
    let at = start
    while (at < end && at - start <= LONGEST_METHOD && isToken(bytes[at] as number)) at++
    if (startsWithHttp(bytes, start, end)) return end - start >= HTTP_NAME.length ? SURE : MAYBE
    if (at === end) return at - start <= LONGEST_METHOD && at > start ? MAYBE : NO
    if (at === start || bytes[at] !== SPACE) return NO
    const lineEnd = find(bytes, LF, at, Math.min(end, start + FIRST_LINE_BYTES))
    if (lineEnd >= 0) return isFirstLine(bytes, start, lineEnd) ? SURE : NO
    // Without the end of the line: a path, or the one method whose target is not a path.
    if (at + 1 === end) return MAYBE
    return bytes[at + 1] === 0x2f || isConnect(bytes, start, at) ? LIKELY : MAYBE
  },

  frame(bytes, start, end, seen, state, direction) {
    const phase = state.phase[direction]
    if (phase === CHUNK_END) return chunkEndLength(bytes, start, end)
    if (phase === CHUNK_SIZE) return lineLength(bytes, start, end, seen, MAX_CHUNK_LINE_BYTES)
    if (phase === TRAILER) return lineLength(bytes, start, end, seen, MAX_HEAD_BYTES)
    if (state.undecided === direction) return HOLD
    return headLength(bytes, start, end, seen)
  },

  read(pdu, state, direction, out) {
    switch (state.phase[direction]) {
      case CHUNK_SIZE:
        chunkSize(pdu, state, direction, out)
        break
      case CHUNK_END:
        endOfLine(pdu)
        if (pdu.ok) state.phase[direction] = CHUNK_SIZE
        break
      case TRAILER:
        trailer(pdu, state, direction)
        break
      default:
        // RFC 9112 2.2: empty lines before a request are passed over.
        if (isEmptyLine(pdu)) endOfLine(pdu)
        else head(pdu, state, direction, out)
    }
  },

  ended(state, direction, how, left, out) {
    if (state.phase[direction] !== HEAD) out.fact({ kind: 'http-body-cut', how, owed: -1 })
    else if (left > 0 && left !== UNTIL_CLOSE) out.fact({ kind: 'http-body-cut', how, owed: left })
  },
})

function head(pdu: Pdu, state: HttpState, direction: Direction, out: Out<HttpFact>): void {
  const answers = startsWithHttp(pdu.bytes, pdu.pos, pdu.limit)
  let method = ''
  let target = ''
  let version = ''
  let phrase = ''
  let status = 0
  pdu.group(line.one)
  if (answers) {
    version = word(pdu, line.responseVersion)
    const digits = wordLength(pdu)
    status = statusCode(pdu, digits)
    pdu.value(line.status, digits, status)
    if (pdu.peek() === SPACE) pdu.mark(line.space, 1)
    phrase = pdu.text(line.phrase, restOfLine(pdu))
  } else {
    method = word(pdu, line.method)
    target = word(pdu, line.target)
    version = pdu.text(line.requestVersion, restOfLine(pdu))
  }
  endOfLine(pdu)
  pdu.end()
  const headers = readHeaders(pdu)
  // What is cut off in its first line must still look like one, else any word would be a request.
  if (!answers && !isRequestLine(method, target, version)) return
  if (answers) method = state.asked[0] ?? ''
  const { framing, length, oddity } = bodyFraming({ answers, method, status, version, headers })
  const overflow = !answers && state.asked.length >= MAX_PIPELINED_REQUESTS
  out.fact({
    kind: answers ? 'http-response' : 'http-request',
    method,
    target,
    version,
    status,
    phrase,
    headers: headers.kept,
    framing,
    length,
    oddity: overflow ? `${oddity === '' ? '' : `${oddity}; `}too many requests wait to match their answers` : oddity,
    complete: pdu.ok,
  })
  if (!pdu.ok) return
  if (answers) answered(state, status)
  else asks(state, direction, method, headers.upgrades)
  follow(framing, length, state, direction, out)
}

function isRequestLine(method: string, target: string, version: string): boolean {
  if (version.startsWith('HTTP/')) return true
  return version === '' && (target.startsWith('/') || target.startsWith('http') || method === 'CONNECT')
}

/** Where the bytes behind the head go. */
function follow(framing: Framing, length: number, state: HttpState, direction: Direction, out: Out<HttpFact>): void {
  if (framing === 'switch' || framing === 'tunnel') out.become('both', { protocol: '' })
  else if (framing === 'length' && length > 0) out.body(length, SKIP)
  else if (framing === 'until-close') out.body(UNTIL_CLOSE, SKIP)
  else if (framing === 'chunked') state.phase[direction] = CHUNK_SIZE
  else if (framing === 'invalid') out.opaque('http: it can not be told where the body ends')
}

function asks(state: HttpState, direction: Direction, method: string, upgrades: boolean): void {
  if (state.unremembered > 0 || state.asked.length >= MAX_PIPELINED_REQUESTS) state.unremembered++
  else state.asked.push(method)
  if (method === 'CONNECT' || upgrades) state.undecided = direction
}

/** An interim answer (1xx without 101) is not the last one. */
function answered(state: HttpState, status: number): void {
  if (status < 200 && status !== 101) return
  state.undecided = -1
  if (state.asked.length > 0) state.asked.shift()
  else if (state.unremembered > 0) state.unremembered--
}

function chunkSize(pdu: Pdu, state: HttpState, direction: Direction, out: Out<HttpFact>): void {
  let size = 0
  let digits = 0
  for (; size <= LARGEST_CHUNK; digits++) {
    const digit = hexDigit(pdu.peek(digits))
    if (digit < 0) break
    size = size * 16 + digit
  }
  pdu.value(chunk.size, digits, size)
  const behind = pdu.peek()
  const extension = restOfLine(pdu)
  if (extension > 0) pdu.mark(chunk.extension, extension)
  endOfLine(pdu)
  // White space before the line's end is met in the wild; anything else but an extension is no size line.
  const isSize = behind === CR || behind === LF || behind === 0x3b || behind === SPACE || behind === 0x09
  if (digits === 0 || size > LARGEST_CHUNK || !isSize) {
    pdu.note('error', 'no chunk size')
    out.opaque('http: a chunk without a size')
    return
  }
  if (!pdu.ok) return
  state.phase[direction] = size === 0 ? TRAILER : CHUNK_END
  if (size > 0) out.body(size, SKIP)
}

function trailer(pdu: Pdu, state: HttpState, direction: Direction): void {
  const last = isEmptyLine(pdu)
  if (!last) pdu.mark(chunk.trailer, restOfLine(pdu))
  endOfLine(pdu)
  if (last && pdu.ok) state.phase[direction] = HEAD
}

/** Up to and with the empty line; an empty line before the head is a PDU of its own. */
function headLength(bytes: Uint8Array, start: number, end: number, seen: number): number {
  if (seen === 0) {
    const first = bytes[start] as number
    if (first === LF) return 1
    if (first === CR) return end - start < 2 ? NEED_MORE : bytes[start + 1] === LF ? 2 : NOT_MINE
    if (!isToken(first)) return NOT_MINE
  }
  let isFirst = true
  for (let from = start + Math.max(0, seen - 3); ; from++) {
    from = find(bytes, LF, from, end)
    if (from < 0) break
    if (isFirst && from - start < FIRST_LINE_BYTES && find(bytes, LF, start, from) < 0) {
      if (!isFirstLine(bytes, start, from)) return NOT_MINE
    }
    isFirst = false
    if (from + 1 < end && bytes[from + 1] === LF) return from + 2 - start
    if (from + 2 < end && bytes[from + 1] === CR && bytes[from + 2] === LF) return from + 3 - start
  }
  return end - start > MAX_HEAD_BYTES ? BROKEN : NEED_MORE
}

function lineLength(bytes: Uint8Array, start: number, end: number, seen: number, most: number): number {
  const lineEnd = find(bytes, LF, start + seen, end)
  if (lineEnd >= 0) return lineEnd + 1 - start
  return end - start > most ? BROKEN : NEED_MORE
}

function chunkEndLength(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === LF) return 1
  if (bytes[start] !== CR) return BROKEN
  return end - start < 2 ? NEED_MORE : bytes[start + 1] === LF ? 2 : BROKEN
}

/** A response begins with `HTTP/1.`, a request ends its line with ` HTTP/1.x`. `lineEnd` is where the line feed is. */
function isFirstLine(bytes: Uint8Array, start: number, lineEnd: number): boolean {
  const end = bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd
  if (end - start < 12) return false
  return startsWithHttp(bytes, start, end) || (bytes[end - 9] === SPACE && startsWithHttp(bytes, end - 8, end))
}

const HTTP_NAME = Uint8Array.from('HTTP/1.', character => character.charCodeAt(0))

/** As far as the bytes go. */
function startsWithHttp(bytes: Uint8Array, start: number, end: number): boolean {
  const length = Math.min(HTTP_NAME.length, end - start)
  for (let n = 0; n < length; n++) if (bytes[start + n] !== HTTP_NAME[n]) return false
  return length > 0
}

function isConnect(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 7 && bytes[start] === 0x43 && bytes[start + 1] === 0x4f && bytes[start + 6] === 0x54
}

function isEmptyLine(pdu: Pdu): boolean {
  return pdu.peek() === LF || (pdu.peek() === CR && pdu.peek(1) === LF)
}

/** A word and the space behind it. */
function word(pdu: Pdu, f: typeof line.method): string {
  const text = pdu.text(f, wordLength(pdu))
  if (pdu.peek() === SPACE) pdu.mark(line.space, 1)
  return text
}

/** 0 unless it is three digits. */
function statusCode(pdu: Pdu, digits: number): number {
  if (digits !== 3) return 0
  let status = 0
  for (let n = 0; n < 3; n++) {
    const digit = pdu.peek(n) - 0x30
    if (digit < 0 || digit > 9) return 0
    status = status * 10 + digit
  }
  return status
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 && byte > 0 ? letter - 0x57 : -1
}

/** RFC 9110 5.6.2: visible characters without delimiters. */
function isToken(byte: number): boolean {
  if (byte <= 0x20 || byte >= 0x7f) return false
  return !DELIMITERS.includes(byte)
}
const DELIMITERS = Uint8Array.from('"(),/:;<=>?@[\\]{}', character => character.charCodeAt(0))
