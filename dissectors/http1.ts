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
import { MAX_CHUNK_LINE_BYTES, MAX_HEAD_BYTES, MAX_PDU_BYTES, MAX_PIPELINED_REQUESTS } from '../src/wire/limits.ts'
import { Pdu } from '../src/wire/pdu.ts'
import { readChunkSize, readTrailer, readWholeBody, wholeChunks } from './http1-body.ts'
import type { HttpFact } from './http1-facts.ts'
import { type Head, readHead, startsWithHttp } from './http1-head.ts'
import { endOfLine } from './http1-headers.ts'
import { type Asked, askedBy, listenerOf, upgraded } from './http1-listeners.ts'

/** What a direction is in the middle of. */
const HEAD = 0
const CHUNK_SIZE = 1
const CHUNK_END = 2
const TRAILER = 3
type Phase = typeof HEAD | typeof CHUNK_SIZE | typeof CHUNK_END | typeof TRAILER

export interface HttpState {
  phase: [Phase, Phase]
  /** The requests that wait for their answers, oldest first. */
  asked: Asked[]
  /** Requests that did not fit in there: until they are answered, answers are not matched. */
  unremembered: number
  /** The direction that said Upgrade or CONNECT: what it says next depends on the answer. -1 = none. */
  undecided: Direction | -1
  /** Who gets the body of the message at hand, a direction. */
  slot: [number, number]
  /** Messages so far, a direction. */
  count: [number, number]
  /** Somebody watches: a message is one PDU with its body, where nobody else wants that. */
  readonly watched: boolean
  /** It speaks inside TLS. */
  readonly secure: boolean
}

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const LONGEST_METHOD = 32
/** Who reads bodies, and who the tokens of logons. */
const BODY_SLOT = 0
const TOKEN_SLOT = 1
/** How far a first line is looked at to tell HTTP from something else. */
const FIRST_LINE_BYTES = 1024

export const http1 = stream<HttpState, HttpFact>({
  name: 'http1',
  filterName: 'http',
  title: 'Hypertext Transfer Protocol 1.x',
  spec: ['RFC 9112', 'RFC 9110', 'MS-TSGU 2.2.3'],

  begin: next => ({
    phase: [HEAD, HEAD],
    asked: [],
    unremembered: 0,
    undecided: -1,
    slot: [SKIP, SKIP],
    count: [0, 0],
    watched: next?.watched ?? false,
    secure: typeof next?.hint === 'string' && next.hint.includes('/tls'),
  }),

  probe(bytes, start, end): Likeness {
    let at = start
    while (at < end && at - start <= LONGEST_METHOD && isToken(bytes[at] as number)) at++
    if (startsWithHttp(bytes, start, end)) return end - start >= 'HTTP/1.'.length ? SURE : MAYBE
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
    const length = headLength(bytes, start, end, seen)
    return state.watched && length > 2 ? wholeLength(bytes, start, end, length, state, direction) : length
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
        if (readTrailer(pdu) && pdu.ok) state.phase[direction] = HEAD
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
  const read = readHead(pdu, state.asked[0], state.secure, state.count[direction])
  if (read === null) return
  const { fact, headers } = read
  const answers = fact.kind === 'http-response'
  const overflow = !answers && state.asked.length >= MAX_PIPELINED_REQUESTS
  out.fact(overflow ? { ...fact, oddity: joined(fact.oddity, 'too many requests wait to match their answers') } : fact)
  if (!pdu.ok) return
  for (const { bytes, from, to } of headers.tokens) {
    out.open(TOKEN_SLOT, { protocol: 'security-token' })
    out.payload(TOKEN_SLOT, bytes, 0, bytes.length, from, to)
  }
  const whole = pdu.left > 0
  if (whole) readWholeBody(pdu, fact, headers)
  if (!pdu.ok) return
  const asked = answers ? state.asked[0] : askedBy(fact, headers, read.uri)
  if (!whole) follow(read, asked, state, direction, out)
  state.count[direction]++
  if (answers) answered(state, fact.status)
  else if (asked !== undefined) asks(state, direction, asked)
}

function joined(oddity: string, more: string): string {
  return oddity === '' ? more : `${oddity}; ${more}`
}

/** Where the bytes behind the head go. */
function follow(
  { fact, headers }: Head,
  asked: Asked | undefined,
  state: HttpState,
  direction: Direction,
  out: Out<HttpFact>,
): void {
  const { framing, length } = fact
  const listener = asked === undefined ? null : listenerOf(fact, asked)
  state.slot[direction] = listener === null ? SKIP : BODY_SLOT
  if (listener !== null) out.open(BODY_SLOT, listener)
  const slot = state.slot[direction]
  if (framing === 'switch') out.become('both', upgraded(asked, headers))
  else if (framing === 'tunnel') out.become('both', { protocol: '' })
  else if (framing === 'length' && length > 0) out.body(length, slot)
  else if (framing === 'until-close') out.body(UNTIL_CLOSE, slot)
  else if (framing === 'chunked') state.phase[direction] = CHUNK_SIZE
  else if (framing === 'invalid') out.opaque('http: it can not be told where the body ends')
}

function asks(state: HttpState, direction: Direction, asked: Asked): void {
  if (state.unremembered > 0 || state.asked.length >= MAX_PIPELINED_REQUESTS) state.unremembered++
  else state.asked.push(asked)
  if (asked.method === 'CONNECT' || asked.upgrade !== '') state.undecided = direction
}

/** An interim answer (1xx without 101) is not the last one. */
function answered(state: HttpState, status: number): void {
  if (status < 200 && status !== 101) return
  state.undecided = -1
  if (state.asked.length > 0) state.asked.shift()
  else if (state.unremembered > 0) state.unremembered--
}

function chunkSize(pdu: Pdu, state: HttpState, direction: Direction, out: Out<HttpFact>): void {
  const size = readChunkSize(pdu)
  if (size < 0) {
    out.opaque('http: a chunk without a size')
    return
  }
  if (!pdu.ok) return
  state.phase[direction] = size === 0 ? TRAILER : CHUNK_END
  if (size > 0) out.body(size, state.slot[direction])
}

/** Watched, a message that nobody else listens to is one PDU with its body, as large as a PDU may be. */
function wholeLength(
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  state: HttpState,
  direction: Direction,
): number {
  const read = readHead(new Pdu().reset(bytes, start, start + length), state.asked[0], false, 0)
  if (read === null) return length
  const { fact, headers } = read
  const asked = fact.kind === 'http-response' ? state.asked[0] : askedBy(fact, headers, '')
  if (state.phase[direction] !== HEAD || (asked !== undefined && listenerOf(fact, asked) !== null)) return length
  if (fact.framing === 'length') return fact.length <= MAX_PDU_BYTES - length ? length + fact.length : length
  if (fact.framing !== 'chunked') return length
  const chunks = wholeChunks(bytes, start + length, end)
  return chunks === NEED_MORE && end - start < MAX_PDU_BYTES ? NEED_MORE : length + Math.max(0, chunks)
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

function isConnect(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 7 && bytes[start] === 0x43 && bytes[start + 1] === 0x4f && bytes[start + 6] === 0x54
}

function isEmptyLine(pdu: Pdu): boolean {
  return pdu.peek() === LF || (pdu.peek() === CR && pdu.peek(1) === LF)
}

/** RFC 9110 5.6.2: visible characters without delimiters. */
function isToken(byte: number): boolean {
  if (byte <= 0x20 || byte >= 0x7f) return false
  return !DELIMITERS.includes(byte)
}
const DELIMITERS = Uint8Array.from('"(),/:;<=>?@[\\]{}', character => character.charCodeAt(0))
