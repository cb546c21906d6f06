/**
 * TLS records: what travels in clear until the keys change, and only the sizes of records behind that. Handshake messages
 * are a stream of their own inside the records (tls-handshake.ts).
 *
 * RFC 8446 section 5 and appendix D (TLS 1.3), RFC 5246 section 6 and 7.2 (TLS 1.2), RFC 6101 appendix E (the SSL 2.0
 * form of the client hello), RFC 6520 (heartbeat).
 */
import { tlsAlerts } from '../src/codes/tls-alerts.ts'
import { tlsVersions } from '../src/codes/tls-names.ts'
import {
  BROKEN,
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
import { type Field, field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import type { TlsFact } from './tls-facts.ts'
import { readCutHandshake } from './tls-handshake.ts'
import { readSslv2ClientHello } from './tls-hello.ts'
import { isTls13, type TlsState, tlsState } from './tls-state.ts'

const HANDSHAKE_SLOT = 0
const APPLICATION_SLOT = 1

export const CHANGE_CIPHER_SPEC = 20
export const ALERT = 21
export const HANDSHAKE = 22
export const APPLICATION_DATA = 23
export const HEARTBEAT = 24
export const CONTENT_TYPES = new Map([
  [CHANGE_CIPHER_SPEC, 'Change Cipher Spec'],
  [ALERT, 'Alert'],
  [HANDSHAKE, 'Handshake'],
  [APPLICATION_DATA, 'Application Data'],
  [HEARTBEAT, 'Heartbeat'],
])
const ALERT_LEVELS = new Map([
  [1, 'warning'],
  [2, 'fatal'],
])
const HEARTBEAT_TYPES = new Map([
  [1, 'Request'],
  [2, 'Response'],
])
const record = {
  one: field('tls.record', 'Record', 'group'),
  type: field('tls.record.content_type', 'Content Type', 'dec', CONTENT_TYPES),
  version: field('tls.record.version', 'Version', 'hex', tlsVersions),
  length: field('tls.record.length', 'Length'),
  opaqueType: field('tls.record.opaque_type', 'Opaque Type', 'dec', CONTENT_TYPES),
  paddingLength: field('tls.record.padding_length', 'Padding Length'),
  fragment: field('tls.record.fragment', 'Handshake messages', 'bytes'),
  cutFragment: field('tls.record.cut_fragment', 'Handshake messages', 'group'),
  sealed: field('tls.record.sealed', 'Encrypted data', 'bytes'),
  applicationData: field('tls.app_data', 'Encrypted Application Data', 'bytes'),
  sealedHandshake: field('tls.handshake', 'Encrypted Handshake Message', 'group'),
  changeCipherSpec: field('tls.change_cipher_spec', 'Change Cipher Spec Message', 'bytes'),
}
const heartbeat = {
  message: field('tls.heartbeat_message', 'Heartbeat Message', 'group'),
  type: field('tls.heartbeat_message.type', 'Type', 'dec', HEARTBEAT_TYPES),
  length: field('tls.heartbeat_message.payload_length', 'Payload Length'),
  payload: field('tls.heartbeat_message.payload', 'Payload', 'bytes'),
  padding: field('tls.heartbeat_message.padding', 'Padding', 'bytes'),
}
const alert = {
  message: field('tls.alert_message', 'Alert Message', 'group'),
  level: field('tls.alert_message.level', 'Level', 'dec', ALERT_LEVELS),
  description: field('tls.alert_message.desc', 'Description', 'dec', tlsAlerts.symbols),
}

export const RECORD_HEADER_BYTES = 5
/** RFC 5246 6.2.3: 2^14 bytes, and 2048 that protection may add. */
export const MAX_FRAGMENT_BYTES = (1 << 14) + 2048
/** An alert has two bytes; protection adds at least 16 (a MAC with MD5, an AEAD tag). */
export const SHORTEST_SEALED_ALERT = 18
const SSL2_HELLO_BYTES = 11
const SSL2_CLIENT_HELLO = 1
const SSL2_SUITE_BYTES = 3
const SSL2_CHALLENGE_BYTES = [16, 32]

export const tls = stream<TlsState, TlsFact>({
  name: 'tls',
  title: 'Transport Layer Security',
  spec: ['RFC 8446 5', 'RFC 5246 6', 'RFC 6101 E'],

  begin: next => tlsState(next?.inside ?? null, next?.watched ?? false),

  probe(bytes, start, end, direction): Likeness {
    const type = bytes[start] as number
    if (type >= 0x80) return direction === CLIENT ? probeSslv2(bytes, start, end) : NO
    if (!isContentType(type)) return NO
    const there = end - start
    if ((there > 1 && bytes[start + 1] !== 3) || (there > 2 && (bytes[start + 2] as number) > 4)) return NO
    if (there < RECORD_HEADER_BYTES) return MAYBE
    const length = fragmentLength(bytes, start)
    if (length > MAX_FRAGMENT_BYTES || length === 0) return NO
    if (type === HANDSHAKE)
      return there > RECORD_HEADER_BYTES && (bytes[start + RECORD_HEADER_BYTES] as number) <= 24 ? SURE : LIKELY
    if (type === ALERT) return length === 2 ? SURE : LIKELY
    return type === CHANGE_CIPHER_SPEC && length !== 1 ? NO : LIKELY
  },

  frame(bytes, start, end, _seen, state, direction) {
    const there = end - start
    const type = bytes[start] as number
    if (type >= 0x80 && direction === CLIENT && state.clientRandom === '') {
      const like = probeSslv2(bytes, start, end)
      return like === MAYBE ? NEED_MORE : like === NO ? NOT_MINE : 2 + sslv2Length(bytes, start)
    }
    if (!isContentType(type)) return NOT_MINE
    if ((there > 1 && bytes[start + 1] !== 3) || (there > 2 && (bytes[start + 2] as number) > 4)) return NOT_MINE
    if (there < RECORD_HEADER_BYTES) return NEED_MORE
    const length = fragmentLength(bytes, start)
    if (length > MAX_FRAGMENT_BYTES) return BROKEN
    // Without keys the content is body, not PDU: it is passed over by its length, never gathered.
    return isBody(type, state, direction) ? RECORD_HEADER_BYTES : RECORD_HEADER_BYTES + length
  },

  read(pdu, state, direction, out) {
    pdu.group(record.one)
    if (pdu.peek() >= 0x80) readSslv2ClientHello(pdu, state, out)
    else readRecord(pdu, state, direction, out)
    pdu.end()
  },
})

function readRecord(pdu: Pdu, state: TlsState, direction: Direction, out: Out<TlsFact>): void {
  // TLS 1.3 says the real type inside.
  const isOpaque = pdu.peek() === APPLICATION_DATA && isTls13(state.version)
  const type = pdu.u8(isOpaque ? record.opaqueType : record.type)
  pdu.u16be(record.version)
  const length = pdu.u16be(record.length)
  if (!pdu.ok) return
  if (type === APPLICATION_DATA && state.clientRandom === '' && !state.asked) {
    // There are none for a handshake that nobody saw, but it is told to those who gave some.
    state.asked = true
    out.unseal(state, direction, pdu.bytes, pdu.pos, pdu.pos)
  }
  if (type === CHANGE_CIPHER_SPEC) changeCipherSpec(pdu, length, state, direction, out)
  else if (isBody(type, state, direction)) {
    out.tally(type, length)
    if (length > 0) out.body(length, SKIP)
  } else if (type === ALERT && isPlainAlert(length, state, direction)) alerts(pdu, length, out)
  else if (isSealed(type, state, direction)) sealed(pdu, type, length, state, direction, out)
  else if (type === HANDSHAKE) handshake(pdu, length, state, direction, out)
  else heartbeatMessage(pdu, length)
}

function isContentType(type: number): boolean {
  return type >= CHANGE_CIPHER_SPEC && type <= HEARTBEAT
}

function fragmentLength(bytes: Uint8Array, start: number): number {
  return ((bytes[start + 3] as number) << 8) | (bytes[start + 4] as number)
}

function isBody(type: number, state: TlsState, direction: Direction): boolean {
  return type === APPLICATION_DATA && !state.watched && !readable(type, state, direction)
}

/** Application data is always encrypted: where a Change Cipher Spec is missing, it was lost. */
function readable(type: number, state: TlsState, direction: Direction): boolean {
  if (!state.keys) return state.early && direction === CLIENT
  return state.sealed[direction] || type === APPLICATION_DATA
}

/** TLS 1.3 seals handshake messages as application data: as handshake they are plain, be they read ever so late. */
function isSealed(type: number, state: TlsState, direction: Direction): boolean {
  if (type === ALERT || type === APPLICATION_DATA) return true
  return state.sealed[direction] && !(type === HANDSHAKE && isTls13(state.version))
}

/** TLS 1.3 seals alerts as application data, so that type 21 is plain there; before, a sealed alert is longer. */
function isPlainAlert(length: number, state: TlsState, direction: Direction): boolean {
  return length < SHORTEST_SEALED_ALERT && (!state.sealed[direction] || length === 2)
}

/** A record of plain alerts; those of DTLS are no other. */
export function alerts(pdu: Pdu, length: number, out: Out<TlsFact>): void {
  pdu.sized(alert.message, length, record.length)
  while (pdu.left > 0) {
    const level = pdu.u8(alert.level)
    const code = pdu.u8(alert.description)
    // Half an alert says nothing: a description that is not there would read as close_notify.
    if (pdu.ok) out.fact({ kind: 'alert', level, code, sealed: false, length })
  }
  pdu.end()
}

/** In TLS 1.3 it is there only to look like TLS 1.2 to middleboxes, and changes nothing (RFC 8446 D.4). */
function changeCipherSpec(pdu: Pdu, length: number, state: TlsState, direction: Direction, out: Out<TlsFact>): void {
  pdu.mark(record.changeCipherSpec, length)
  out.fact({ kind: 'change-cipher-spec' })
  if (!pdu.ok || isTls13(state.version)) return
  state.sealed[direction] = true
  state.epoch[direction]++
  state.sequence[direction] = 0
}

function handshake(pdu: Pdu, length: number, state: TlsState, direction: Direction, out: Out<TlsFact>): void {
  const at = pdu.pos
  if (pdu.left < length && state.handshakes[direction] === 0) {
    // The record is cut: what is there of the direction's first messages is still worth its facts.
    pdu.sized(record.cutFragment, length, record.length)
    readCutHandshake(pdu, state, direction, out)
    pdu.end()
    return
  }
  if (pdu.mark(record.fragment, length) < 0) return
  state.handshakes[direction]++
  open(state, out)
  out.payload(HANDSHAKE_SLOT, pdu.bytes, at, pdu.pos, at, pdu.pos)
}

/** RFC 6520 4. */
function heartbeatMessage(pdu: Pdu, length: number): void {
  pdu.sized(heartbeat.message, length, record.length)
  pdu.u8(heartbeat.type)
  pdu.mark(heartbeat.payload, pdu.u16be(heartbeat.length))
  pdu.mark(heartbeat.padding, pdu.left)
  pdu.end()
}

/** What is shown of a record that nobody can read. */
function fieldOf(type: number): Field {
  if (type === APPLICATION_DATA) return record.applicationData
  return type === ALERT ? alert.message : type === HANDSHAKE ? record.sealedHandshake : heartbeat.message
}

function sealed(
  pdu: Pdu,
  type: number,
  length: number,
  state: TlsState,
  direction: Direction,
  out: Out<TlsFact>,
): void {
  const at = pdu.pos
  const end = at + length
  if (pdu.left < length) {
    pdu.mark(record.sealed, length)
    return
  }
  const hasKeys = readable(type, state, direction)
  const plain = hasKeys ? out.unseal(state, direction, pdu.bytes, pdu.start, end) : null
  state.sequence[direction]++
  // Who judges by the sizes of records does so with keys too.
  out.tally(type, length)
  if (plain !== null) {
    state.sealed[direction] = true
    const inner = innerType(type, plain, state)
    pdu.mark(inner.type === APPLICATION_DATA ? record.applicationData : record.sealed, length)
    unsealed(pdu, plain, inner, at, end, state, out)
    return
  }
  pdu.mark(fieldOf(type), length)
  if (hasKeys && type === APPLICATION_DATA) out.lost(APPLICATION_SLOT, length)
  if (type === ALERT) out.fact({ kind: 'alert', level: 0, code: -1, sealed: true, length })
  else if (type === HANDSHAKE) out.fact({ kind: 'handshake', type: -1, length })
}

/** In TLS 1.3 the real type is the last byte that is not zero (RFC 8446 5.2). */
function innerType(type: number, plain: Uint8Array, state: TlsState): { type: number; end: number } {
  let end = plain.length
  if (!isTls13(state.version) && state.version !== 0) return { type, end }
  while (end > 0 && plain[end - 1] === 0) end--
  return end > 0 ? { type: plain[end - 1] as number, end: end - 1 } : { type, end }
}

function unsealed(
  pdu: Pdu,
  plain: Uint8Array,
  inner: { readonly type: number; readonly end: number },
  from: number,
  to: number,
  state: TlsState,
  out: Out<TlsFact>,
): void {
  const { type, end } = inner
  if (isTls13(state.version)) pdu.derived(record.type, type)
  if (type === HANDSHAKE) {
    open(state, out)
    out.payload(HANDSHAKE_SLOT, plain, 0, end, from, to)
  } else if (type === APPLICATION_DATA) {
    open(state, out)
    out.payload(APPLICATION_SLOT, plain, 0, end, from, to)
  } else if (type === ALERT && end >= 2) {
    const [level, code] = plain as unknown as [number, number]
    pdu.group(alert.message)
    pdu.derived(alert.level, level)
    pdu.derived(alert.description, code)
    pdu.end()
    out.fact({ kind: 'alert', level, code, sealed: true, length: to - from })
  }
}

function open(state: TlsState, out: Out<TlsFact>): void {
  if (state.opened) return
  state.opened = true
  out.open(HANDSHAKE_SLOT, { protocol: 'tls-handshake', hint: state })
  if (state.inside !== null) out.open(APPLICATION_SLOT, state.inside)
}

/** Length of the content behind the record header at `at`, or -1 when there is none. */
export function recordLength(bytes: Uint8Array, at: number): number {
  if (!isContentType(bytes[at] as number) || bytes[at + 1] !== 3 || (bytes[at + 2] as number) > 4) return -1
  const length = fragmentLength(bytes, at)
  return length > MAX_FRAGMENT_BYTES ? -1 : length
}

function sslv2Length(bytes: Uint8Array, start: number): number {
  return (((bytes[start] as number) & 0x7f) << 8) | (bytes[start + 1] as number)
}

/** A client hello in the SSL 2.0 form: its three lengths must add up, else any byte above 0x80 would do. */
function probeSslv2(bytes: Uint8Array, start: number, end: number): Likeness {
  const there = end - start
  if (there > 2 && bytes[start + 2] !== SSL2_CLIENT_HELLO) return NO
  if (there > 3 && bytes[start + 3] !== 3 && bytes[start + 3] !== 0) return NO
  if (there < SSL2_HELLO_BYTES) return MAYBE
  const two = (at: number): number => ((bytes[start + at] as number) << 8) | (bytes[start + at + 1] as number)
  const suites = two(5)
  const session = two(7)
  const challenge = two(9)
  if (suites === 0 || suites % SSL2_SUITE_BYTES !== 0 || (session !== 0 && session !== 16)) return NO
  if (challenge < (SSL2_CHALLENGE_BYTES[0] as number) || challenge > (SSL2_CHALLENGE_BYTES[1] as number)) return NO
  return SSL2_HELLO_BYTES - 2 + suites + session + challenge === sslv2Length(bytes, start) ? SURE : NO
}
