/**
 * WebSocket frames behind a 101: masks taken off, fragments handed up one after the other, control frames read. RD Gateway
 * sends one packet a binary frame; what other applications say in their frames is shown, not read further.
 *
 * RFC 6455 sections 5.2 (frame), 5.3 (masking), 5.4 (fragments), 5.5 (control frames), 7.4 (close codes).
 */
import { webSocketCloseCodes } from '../src/codes/websocket.ts'
import { latin1, utf8 } from '../src/wire/bytes.ts'
import {
  BROKEN,
  CLIENT,
  type Direction,
  LIKELY,
  type Likeness,
  MAYBE,
  NEED_MORE,
  type Next,
  NO,
  type Out,
  stream,
} from '../src/wire/dissector.ts'
import { bits, field, flag } from '../src/wire/field.ts'
import { MAX_WEBSOCKET_FRAME_BYTES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { rdg } from './rdg.ts'

/** Somebody ends the WebSocket. */
export interface WebSocketClose {
  readonly kind: 'websocket-close'
  /** 1005 when the frame gives none. */
  readonly code: number
  readonly reason: string
  readonly complete: boolean
}
export type WebSocketFact = WebSocketClose

export interface WebSocketState {
  /** What speaks in its binary messages; null when nobody said. */
  inside: Next | null
  opened: boolean
  /** Opcode of the message whose fragments come, a direction. */
  message: [number, number]
}

const OPCODES = new Map([
  [0, 'Continuation'],
  [1, 'Text'],
  [2, 'Binary'],
  [8, 'Connection Close'],
  [9, 'Ping'],
  [10, 'Pong'],
])
const head = {
  first: field('websocket.head', 'FIN and opcode', 'hex'),
  fin: flag('websocket.fin', 'Fin', 0x80),
  reserved: bits('websocket.rsv', 'Reserved', 0x70, 'hex'),
  opcode: bits('websocket.opcode', 'Opcode', 0x0f, 'dec', OPCODES),
  second: field('websocket.length', 'Mask and length', 'hex'),
  mask: flag('websocket.mask', 'Mask', 0x80),
  length: bits('websocket.payload_length', 'Payload length', 0x7f),
  length16: field('websocket.payload_length_ext_16', 'Extended Payload length (16 bits)'),
  length64: field('websocket.payload_length_ext_64', 'Extended Payload length (64 bits)'),
  key: field('websocket.masking_key', 'Masking-Key', 'bytes'),
}
const payload = {
  masked: field('websocket.masked_payload', 'Masked payload', 'group'),
  all: field('websocket.payload', 'Payload', 'group'),
  text: field('websocket.payload.text', 'Text', 'text'),
  rest: field('websocket.payload.continue', 'Continue', 'bytes'),
  close: field('websocket.payload.close', 'Close', 'group'),
  code: field('websocket.payload.close.status_code', 'Status code', 'dec', webSocketCloseCodes.symbols),
  reason: field('websocket.payload.close.reason', 'Reason', 'text'),
  ping: field('websocket.payload.ping', 'Ping', 'bytes'),
  pong: field('websocket.payload.pong', 'Pong', 'bytes'),
  unknown: field('websocket.payload.unknown', 'Unknown', 'bytes'),
  data: field('websocket.data', 'Data', 'group'),
}

const CONTINUATION = 0
const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10
const NO_STATUS = 1005
const MASKED = 0x80
const KEY_BYTES = 4
/** Of a control frame: RFC 6455 5.5. */
const LONGEST_CONTROL = 125

export const websocket = stream<WebSocketState, WebSocketFact>({
  name: 'websocket',
  title: 'WebSocket',
  spec: ['RFC 6455'],

  begin: next => ({ inside: next?.inside ?? null, opened: false, message: [BINARY, BINARY] }),

  /** Two bytes say little: only whole frames with an RD Gateway packet inside are told apart surely enough. */
  probe(bytes, start, end, direction): Likeness {
    if (end - start < 2) return MAYBE
    if (bytes[start] !== 0x82) return NO
    const masked = ((bytes[start + 1] as number) & MASKED) !== 0
    if (masked !== (direction === CLIENT)) return NO
    const from = headLength(bytes, start, end)
    if (from === NEED_MORE) return MAYBE
    const plain = unmask(bytes, start + from - KEY_BYTES, start + from, end, masked)
    return rdg.probe(plain, 0, plain.length, direction) >= LIKELY ? LIKELY : NO
  },

  frame(bytes, start, end) {
    const length = headLength(bytes, start, end)
    if (length === NEED_MORE) return NEED_MORE
    const behind = payloadLength(bytes, start)
    if (((bytes[start] as number) & 0x08) !== 0 && behind > LONGEST_CONTROL) return BROKEN
    return behind > MAX_WEBSOCKET_FRAME_BYTES ? length : length + behind
  },

  read(pdu, state, direction, out) {
    const first = pdu.u8(head.first)
    pdu.bits(head.fin, head.reserved, head.opcode)
    const masked = (pdu.u8(head.second) & MASKED) !== 0
    pdu.bits(head.mask, head.length)
    const short = pdu.ok ? (pdu.bytes[pdu.pos - 1] as number) & 0x7f : 0
    let length = short
    if (short === 126) length = pdu.u16be(head.length16)
    else if (short === 127) length = Number(pdu.u64be(head.length64))
    const key = masked ? pdu.mark(head.key, KEY_BYTES) : -1
    if (!pdu.ok) return
    const opcode = first & 0x0f
    if (length > MAX_WEBSOCKET_FRAME_BYTES) {
      large(length, opcode, masked, pdu, state, direction, out)
      return
    }
    if (length === 0) {
      if (opcode === CLOSE) out.fact({ kind: 'websocket-close', code: NO_STATUS, reason: '', complete: true })
      else if (opcode < CLOSE) remember(first, opcode, state, direction)
      return
    }
    const at = pdu.pos
    if (masked) pdu.group(payload.masked)
    pdu.group(payload.all)
    const there = Math.min(length, pdu.left)
    const plain = unmask(pdu.bytes, key, at, at + there, masked)
    content(pdu, opcode, length, plain, masked, out)
    pdu.end()
    if (masked) pdu.end()
    if (!pdu.ok || opcode >= CLOSE) return
    const message = remember(first, opcode, state, direction)
    if (message === BINARY && listens(plain, state, direction, out)) {
      out.payload(0, plain, 0, plain.length, at, at + length)
    }
  },
})

/** Bytes up to the payload; NEED_MORE when they are not all there. */
function headLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 2) return NEED_MORE
  const second = bytes[start + 1] as number
  const short = second & 0x7f
  const length = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + ((second & MASKED) !== 0 ? KEY_BYTES : 0)
  return end - start < length ? NEED_MORE : length
}

/** Of a frame whose head is there. */
function payloadLength(bytes: Uint8Array, start: number): number {
  const short = (bytes[start + 1] as number) & 0x7f
  if (short < 126) return short
  let length = 0
  for (let at = start + 2; at < start + (short === 126 ? 4 : 10); at++) length = length * 256 + (bytes[at] as number)
  return length
}

/** bytes[start, end) without the mask of four bytes at `key`. */
function unmask(bytes: Uint8Array, key: number, start: number, end: number, masked: boolean): Uint8Array {
  const plain = bytes.slice(start, end)
  if (!masked) return plain
  for (let at = 0; at < plain.length; at++) {
    plain[at] = (plain[at] as number) ^ (bytes[key + (at & 3)] as number)
  }
  return plain
}

function content(
  pdu: Pdu,
  opcode: number,
  length: number,
  plain: Uint8Array,
  masked: boolean,
  out: Out<WebSocketFact>,
): void {
  const bytesOf = (f: typeof payload.rest) => pdu.mark(masked ? payload.data : f, length)
  if (opcode === CLOSE) close(pdu, length, plain, out)
  else if (opcode === TEXT) pdu.value(payload.text, length, pdu.watched ? utf8(plain, 0, plain.length) : '')
  else if (opcode === CONTINUATION) bytesOf(payload.rest)
  else if (opcode === PING) bytesOf(payload.ping)
  else if (opcode === PONG) bytesOf(payload.pong)
  else if (opcode === BINARY) pdu.mark(payload.data, length)
  else bytesOf(payload.unknown)
}

function close(pdu: Pdu, length: number, plain: Uint8Array, out: Out<WebSocketFact>): void {
  const hasCode = plain.length >= 2
  const code = hasCode ? ((plain[0] as number) << 8) | (plain[1] as number) : NO_STATUS
  const reason = hasCode ? latin1(plain, 2, plain.length) : ''
  pdu.group(payload.close)
  pdu.value(payload.code, Math.min(2, length), code)
  if (length > 2) pdu.value(payload.reason, length - 2, reason)
  pdu.end()
  out.fact({ kind: 'websocket-close', code, reason, complete: pdu.ok })
}

/** A frame too large to be gathered: its head alone is the PDU. RD Gateway never sends one. */
function large(
  length: number,
  opcode: number,
  masked: boolean,
  pdu: Pdu,
  state: WebSocketState,
  direction: Direction,
  out: Out<WebSocketFact>,
): void {
  const message = remember(pdu.bytes[pdu.start] as number, opcode, state, direction)
  if (masked) out.opaque('websocket: a masked frame too large to be gathered (a limit of this tool)')
  else out.body(Math.min(length, Number.MAX_SAFE_INTEGER - 1), message === BINARY && state.opened ? 0 : -1)
}

/** What the message of this data frame is: a continuation goes on with what was begun. */
function remember(first: number, opcode: number, state: WebSocketState, direction: Direction): number {
  if (opcode !== CONTINUATION) state.message[direction] = opcode
  const message = state.message[direction]
  if ((first & 0x80) !== 0 && opcode === CONTINUATION) state.message[direction] = BINARY
  return message
}

/** Somebody reads the binary messages: who was announced, or RD Gateway by its look. */
function listens(plain: Uint8Array, state: WebSocketState, direction: Direction, out: Out<WebSocketFact>): boolean {
  if (state.opened) return true
  if (state.inside === null && rdg.probe(plain, 0, plain.length, direction) < LIKELY) return false
  state.opened = true
  out.open(0, state.inside ?? { protocol: rdg.name, hint: 'websocket' })
  return true
}
