/**
 * HTTP/2: the heads of its frames, header blocks, and why a stream or the connection ended. Enough to tell what is asked
 * and answered: RD Gateway never speaks it, its KDC proxy does. Bodies are passed over, but for those of the KDC proxy.
 *
 * RFC 9113 sections 3.4 (preface), 4.1 (frames), 6 (their types), 7 (error codes); MS-KKDCP 2.1.
 */

import {
  CLIENT,
  type Direction,
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
} from '../src/wire/dissector.ts'
import { MAX_HEADER_BLOCK_BYTES, MAX_HTTP2_FACTS, MAX_HTTP2_SETTINGS, MAX_KDC_STREAMS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { type HpackField, type HpackTable, hpackTable, readBlock } from './hpack.ts'
import { keptValue, shownValue } from './http1-secrets.ts'
import {
  anyFlags,
  CONTENTS,
  CONTINUATION,
  contentOf,
  DATA,
  END_HEADERS,
  FLAGS,
  frame,
  GOAWAY,
  HAS_PRIORITY,
  HEADERS,
  header,
  NUMBER_FIELDS,
  PADDED,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  settings,
  TEXT_FIELDS,
  unknownSetting,
  WINDOW_UPDATE,
} from './http2-fields.ts'
import { httpAuthentication } from './security-token.ts'

/** A request, or an answer. What a head does not say is '' or 0. */
export interface Http2Headers {
  readonly kind: 'http2-headers'
  readonly stream: number
  readonly method: string
  readonly path: string
  readonly authority: string
  readonly status: number
  readonly complete: boolean
}
/** A stream, or the connection, is given up. */
export interface Http2End {
  readonly kind: 'http2-reset' | 'http2-goaway'
  /** The stream, or the last one that was looked at. */
  readonly stream: number
  readonly error: number
  readonly complete: boolean
}
export type Http2Fact = Http2Headers | Http2End

export interface Http2State {
  begun: boolean
  tables: [HpackTable, HpackTable]
  /** The tables could not be followed any more. */
  lost: [boolean, boolean]
  /** A header block that goes on in the next frame, its stream and direction. */
  block: { bytes: Uint8Array; stream: number; direction: Direction } | null
  /** Streams whose bodies are messages for a KDC. */
  kdc: number[]
  facts: number
  readonly watched: boolean
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const HEAD_BYTES = 9
const SETTING_BYTES = 6
/** Data frames up to this size are shown whole to whoever watches. */
const WHOLE_DATA_BYTES = 1 << 16
const TOKEN_SLOT = MAX_KDC_STREAMS

export const http2 = stream<Http2State, Http2Fact>({
  name: 'http2',
  title: 'HyperText Transfer Protocol 2',
  spec: ['RFC 9113', 'RFC 7541'],

  begin: next => ({
    begun: false,
    tables: [hpackTable(), hpackTable()],
    lost: [false, false],
    block: null,
    kdc: [],
    facts: 0,
    watched: next?.watched ?? false,
  }),

  /** The client's preface, or the server's first frame, which is SETTINGS. */
  probe(bytes, start, end, direction): Likeness {
    if (direction === CLIENT) {
      if (!startsPreface(bytes, start, end)) return NO
      return end - start >= 14 ? SURE : MAYBE
    }
    const first = [0, 0, -1, SETTINGS, 0, 0, 0, 0, 0]
    for (let n = 0; n < HEAD_BYTES && start + n < end; n++) {
      const wanted = first[n] as number
      if (wanted >= 0 && bytes[start + n] !== wanted) return NO
      if (n === 2 && (bytes[start + n] as number) % SETTING_BYTES !== 0) return NO
    }
    return end - start >= HEAD_BYTES ? LIKELY : MAYBE
  },

  frame(bytes, start, end, _seen, state, direction) {
    if (direction === CLIENT && !state.begun) {
      if (!startsPreface(bytes, start, end)) return NOT_MINE
      return end - start < PREFACE.length ? NEED_MORE : PREFACE.length
    }
    if (end - start < HEAD_BYTES) return NEED_MORE
    const length = u24(bytes, start)
    if (bytes[start + 3] !== DATA) return HEAD_BYTES + length
    const padded = ((bytes[start + 4] as number) & PADDED) !== 0
    const whole = padded || (state.watched && length <= WHOLE_DATA_BYTES && !state.kdc.includes(streamAt(bytes, start)))
    return whole ? HEAD_BYTES + length : HEAD_BYTES
  },

  read(pdu, state, direction, out) {
    if (direction === CLIENT && !state.begun) {
      pdu.text(frame.magic, PREFACE.length)
      if (pdu.ok) state.begun = true
      return
    }
    pdu.group(frame.stream)
    const length = pdu.u24be(frame.length)
    const type = pdu.u8(frame.type)
    const flagged = pdu.u8(frame.flags)
    pdu.bits(...(FLAGS.get(type) ?? anyFlags))
    const id = pdu.u32be(frame.streamWord) & 0x7fffffff
    pdu.bits(frame.reserved, frame.streamId)
    content(pdu, { type, length, flags: flagged, stream: id }, state, direction, out)
    pdu.end()
  },
})

interface FrameHead {
  readonly type: number
  readonly length: number
  readonly flags: number
  readonly stream: number
}

function content(pdu: Pdu, head: FrameHead, state: Http2State, direction: Direction, out: Out<Http2Fact>): void {
  const { type, length, stream: id } = head
  if (type === DATA) {
    data(pdu, head, state, out)
    return
  }
  pdu.sized(CONTENTS.get(type) ?? frame.unknown, length, frame.length)
  if (type === HEADERS || type === PUSH_PROMISE || type === CONTINUATION) block(pdu, head, state, direction, out)
  else if (type === PRIORITY) priority(pdu)
  else if (type === RST_STREAM) {
    const error = pdu.u32be(frame.reset)
    out.fact({ kind: 'http2-reset', stream: id, error, complete: pdu.ok })
  } else if (type === SETTINGS) {
    for (let n = 0; n < MAX_HTTP2_SETTINGS && pdu.left > 0; n++) {
      const setting = pdu.u16be(frame.settingId)
      pdu.u32be(settings.get(setting) ?? unknownSetting)
    }
  } else if (type === PING) pdu.mark(frame.ping, length)
  else if (type === GOAWAY) {
    const last = pdu.u32be(frame.lastStreamWord) & 0x7fffffff
    pdu.bits(frame.lastStream)
    const error = pdu.u32be(frame.goaway)
    out.fact({ kind: 'http2-goaway', stream: last, error, complete: pdu.ok })
    if (pdu.left > 0) pdu.mark(frame.goawayData, pdu.left)
  } else if (type === WINDOW_UPDATE) {
    pdu.u32be(frame.windowWord)
    pdu.bits(frame.windowReserved, frame.window)
  } else if (pdu.left > 0) pdu.mark(frame.unknown, pdu.left)
  pdu.end()
}

/** What the content of a frame is called. */
function data(
  pdu: Pdu,
  { length, flags: flagged, stream: id }: FrameHead,
  state: Http2State,
  out: Out<Http2Fact>,
): void {
  if (!pdu.ok || length === 0) return
  const slot = state.kdc.indexOf(id)
  if (pdu.left === 0 && (flagged & PADDED) === 0) {
    out.body(length, slot < 0 ? SKIP : slot)
    return
  }
  pdu.sized(contentOf, length, frame.length)
  const padding = (flagged & PADDED) === 0 ? 0 : pdu.u8(frame.padLength)
  const given = Math.max(0, pdu.left - padding)
  const at = pdu.mark(frame.data, given)
  if (padding > 0) pdu.mark(frame.padding, padding)
  pdu.end()
  if (pdu.ok && slot >= 0 && given > 0) out.payload(slot, pdu.bytes, at, at + given, at, at + given)
}

function priority(pdu: Pdu): void {
  pdu.u32be(frame.dependencyWord)
  pdu.bits(frame.exclusive, frame.dependency)
  pdu.u8(frame.weight)
}

/** A header block, or a piece of one. */
function block(pdu: Pdu, head: FrameHead, state: Http2State, direction: Direction, out: Out<Http2Fact>): void {
  const { type, flags: flagged, stream: id } = head
  const padding = type !== CONTINUATION && (flagged & PADDED) !== 0 ? pdu.u8(frame.padLength) : 0
  if (type === HEADERS && (flagged & HAS_PRIORITY) !== 0) priority(pdu)
  if (type === PUSH_PROMISE) pdu.u32be(frame.streamWord)
  const length = Math.max(0, pdu.left - padding)
  const from = pdu.pos
  const before = type === CONTINUATION && state.block?.direction === direction ? state.block.bytes : null
  const ends = (flagged & END_HEADERS) !== 0
  if (!pdu.ok || !ends || before !== null || state.lost[direction]) {
    pdu.mark(header.block, length)
    if (padding > 0) pdu.mark(frame.headerPadding, padding)
    if (!pdu.ok) return
    const piece = joined(before, pdu.bytes.slice(from, from + length))
    if (!ends) keep(piece, id, direction, state)
    else tell(lastPiece(piece, state, direction), id, state, out)
    return
  }
  const table = structuredCopy(state.tables[direction])
  const fields = readBlock(pdu.bytes, from, from + length, table)
  show(pdu, fields, length)
  if (padding > 0) pdu.mark(frame.headerPadding, padding)
  if (!pdu.ok) return
  settle(fields, table, state, direction)
  tell(fields, id, state, out)
  tokens(fields, out)
}

/** The fields of a block that came in several frames; null when it can not be unpacked. */
function lastPiece(whole: Uint8Array, state: Http2State, direction: Direction): HpackField[] | null {
  state.block = null
  if (state.lost[direction]) return null
  const table = structuredCopy(state.tables[direction])
  const fields = readBlock(whole, 0, whole.length, table)
  settle(fields, table, state, direction)
  return fields
}

function structuredCopy({ entries, size, most }: HpackTable): HpackTable {
  return { entries: [...entries], size, most }
}

function joined(before: Uint8Array | null, piece: Uint8Array): Uint8Array {
  if (before === null) return piece
  const whole = new Uint8Array(before.length + piece.length)
  whole.set(before)
  whole.set(piece, before.length)
  return whole
}

function keep(bytes: Uint8Array, id: number, direction: Direction, state: Http2State): void {
  if (bytes.length <= MAX_HEADER_BLOCK_BYTES) state.block = { bytes, stream: id, direction }
  else state.lost[direction] = true
}

/** A block that can not be unpacked leaves a table that nobody knows. */
function settle(fields: HpackField[] | null, table: HpackTable, state: Http2State, direction: Direction): void {
  if (fields === null) state.lost[direction] = true
  else state.tables[direction] = table
}

function tell(fields: HpackField[] | null, id: number, state: Http2State, out: Out<Http2Fact>): void {
  const value = (name: string) => fields?.find(one => one.name === name)?.value ?? ''
  const path = value(':path')
  if (/^\/KdcProxy\/?$/i.test(path) && state.kdc.length < MAX_KDC_STREAMS && !state.kdc.includes(id)) {
    out.open(state.kdc.length, { protocol: 'kdc-proxy' })
    state.kdc.push(id)
  }
  if (state.facts >= MAX_HTTP2_FACTS) return
  state.facts++
  out.fact({
    kind: 'http2-headers',
    stream: id,
    method: value(':method'),
    path,
    authority: value(':authority'),
    status: /^\d{3}$/.test(value(':status')) ? Number(value(':status')) : 0,
    complete: fields !== null,
  })
}

/** Tokens of a logon go to who reads them. */
function tokens(fields: HpackField[] | null, out: Out<Http2Fact>): void {
  for (const { name, value, start, end } of fields ?? []) {
    if (keptValue(name, value) === value) continue
    const { token } = httpAuthentication(value)
    if (token === null) continue
    out.open(TOKEN_SLOT, { protocol: 'security-token' })
    out.payload(TOKEN_SLOT, token, 0, token.length, start, end)
    return
  }
}

function show(pdu: Pdu, fields: HpackField[] | null, length: number): void {
  pdu.sized(header.block, length, frame.length)
  if (fields !== null && pdu.watched) {
    pdu.derived(
      header.length,
      fields.reduce((sum, { name, value }) => sum + 8 + name.length + value.length, 0),
    )
    pdu.derived(header.count, fields.length)
    for (const one of fields) {
      if (one.start > pdu.pos) pdu.mark(header.packed, one.start - pdu.pos)
      const value = shownValue(one.name, one.value)
      const number = NUMBER_FIELDS.get(one.name)
      const text = TEXT_FIELDS.get(one.name)
      pdu.group(header.one)
      pdu.derived(header.nameLength, one.name.length)
      pdu.derived(header.name, one.name)
      pdu.derived(header.valueLength, one.value.length)
      pdu.derived(header.value, value)
      if (number !== undefined && /^\d{1,15}$/.test(value)) pdu.derived(number, Number(value))
      else if (text !== undefined) pdu.derived(text, value)
      pdu.mark(header.packed, one.end - one.start)
      pdu.end()
    }
  }
  if (pdu.left > 0) pdu.mark(header.packed, pdu.left)
  pdu.end()
}

function startsPreface(bytes: Uint8Array, start: number, end: number): boolean {
  for (let n = 0; n < PREFACE.length && start + n < end; n++) {
    if (bytes[start + n] !== PREFACE.charCodeAt(n)) return false
  }
  return true
}

function u24(bytes: Uint8Array, start: number): number {
  return ((bytes[start] as number) << 16) | ((bytes[start + 1] as number) << 8) | (bytes[start + 2] as number)
}

function streamAt(bytes: Uint8Array, start: number): number {
  return ((((bytes[start + 5] as number) & 0x7f) << 24) | u24(bytes, start + 6)) >>> 0
}
