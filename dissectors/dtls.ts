/**
 * DTLS records: several a datagram, each by itself, with an epoch and a number of its own. Handshake messages come in
 * fragments (dtls-handshake.ts) and are read by the same functions as those of TLS, under the names that Wireshark has for
 * them in DTLS.
 *
 * RFC 6347 section 4 (DTLS 1.2), RFC 4347 (DTLS 1.0). MS-TSGU 2.2.11: Remote Desktop clients add a trailer behind the record.
 */
import { tlsVersions } from '../src/codes/tls-names.ts'
import { type Direction, LIKELY, type Likeness, messages, NO, type Out, SURE } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { type DtlsState, dtlsState, HANDSHAKE_SLOT, openHandshake, readFragments } from './dtls-handshake.ts'
import { DTLS_NAMES } from './dtls-names.ts'
import { readRdgTrailer } from './rdg-udp.ts'
import {
  ALERT,
  APPLICATION_DATA,
  alerts,
  CHANGE_CIPHER_SPEC,
  CONTENT_TYPES,
  HANDSHAKE,
  HEARTBEAT,
  MAX_FRAGMENT_BYTES,
  SHORTEST_SEALED_ALERT,
} from './tls.ts'
import type { TlsFact } from './tls-facts.ts'
import { DTLS_BEFORE_RFC } from './tls-state.ts'

const APPLICATION_SLOT = 1

const VERSIONS = new Map([...tlsVersions, [DTLS_BEFORE_RFC, 'DTLS before RFC 4347']])
const record = {
  one: field('dtls.record', 'Record Layer', 'group'),
  type: field('dtls.record.content_type', 'Content Type', 'dec', CONTENT_TYPES),
  version: field('dtls.record.version', 'Version', 'hex', VERSIONS),
  epoch: field('dtls.record.epoch', 'Epoch'),
  sequence: field('dtls.record.sequence_number', 'Sequence Number'),
  length: field('dtls.record.length', 'Length'),
  content: field('dtls.record.content', 'Content', 'group'),
  changeCipherSpec: field('dtls.change_cipher_spec', 'Change Cipher Spec Message', 'group'),
  sealed: field('dtls.enc_content', 'Encrypted Record Content', 'bytes'),
  applicationData: field('dtls.app_data', 'Encrypted Application Data', 'bytes'),
  sealedHandshake: field('dtls.handshake', 'Encrypted Handshake Message', 'group'),
  sealedAlert: field('dtls.alert_message', 'Encrypted Alert', 'group'),
  heartbeat: field('dtls.heartbeat_message', 'Heartbeat Message', 'group'),
  rest: field('dtls.trailing_data', 'Bytes behind the records', 'bytes'),
}

/** What a sealed record of each type is shown as. */
const SEALED = new Map([
  [APPLICATION_DATA, record.applicationData],
  [HANDSHAKE, record.sealedHandshake],
  [ALERT, record.sealedAlert],
])

const HEADER_BYTES = 13
const HELLO_VERIFY_REQUEST = 3
const LAST_VERSION_BYTE = [0xff, 0xfd, 0xfc]

export const dtls = messages<DtlsState, TlsFact>({
  name: 'dtls',
  title: 'Datagram Transport Layer Security',
  spec: ['RFC 6347 4', 'RFC 4347 4'],

  begin: next => dtlsState(next?.inside ?? null),

  probe(bytes, start, end): Likeness {
    const there = end - start
    if (there < HEADER_BYTES || !isRecordHeader(bytes, start)) return NO
    const first = bytes[start + HEADER_BYTES] as number
    const isHello = bytes[start] === HANDSHAKE && there > HEADER_BYTES && first > 0 && first <= HELLO_VERIFY_REQUEST
    // A hello is known even where the snap length cuts it.
    if (HEADER_BYTES + contentLength(bytes, start) > there) return isHello ? LIKELY : NO
    return isHello ? SURE : LIKELY
  },

  read(pdu, state, direction, out) {
    pdu.rename(DTLS_NAMES)
    while (pdu.left > 0) {
      if (pdu.left >= HEADER_BYTES && !isRecordHeader(pdu.bytes, pdu.pos)) {
        if (!readRdgTrailer(pdu)) pdu.mark(record.rest, pdu.left)
        return
      }
      readRecord(pdu, state, direction, out)
    }
  },
})

function isRecordHeader(bytes: Uint8Array, start: number): boolean {
  const type = bytes[start] as number
  if (type < CHANGE_CIPHER_SPEC || type > HEARTBEAT || contentLength(bytes, start) > MAX_FRAGMENT_BYTES) return false
  const version = bytes[start + 2] as number
  if (bytes[start + 1] === 0xfe) return LAST_VERSION_BYTE.includes(version)
  return bytes[start + 1] === DTLS_BEFORE_RFC >> 8 && version === 0
}

function contentLength(bytes: Uint8Array, start: number): number {
  return ((bytes[start + 11] as number) << 8) | (bytes[start + 12] as number)
}

function readRecord(pdu: Pdu, state: DtlsState, direction: Direction, out: Out<TlsFact>): void {
  const start = pdu.pos
  pdu.group(record.one)
  const type = pdu.u8(record.type)
  pdu.u16be(record.version)
  const epoch = pdu.u16be(record.epoch)
  const sequence = number48(pdu)
  pdu.value(record.sequence, 6, sequence)
  const length = pdu.u16be(record.length)
  if (pdu.ok) {
    pdu.sized(record.content, length, record.length)
    if (epoch > 0) sealed(pdu, start, type, epoch, sequence, state, direction, out)
    else plain(pdu, type, length, state, direction, out)
    pdu.end()
  }
  pdu.end()
}

function number48(pdu: Pdu): number {
  let value = 0
  for (let at = 0; at < 6; at++) value = value * 256 + Math.max(0, pdu.peek(at))
  return value
}

function plain(
  pdu: Pdu,
  type: number,
  length: number,
  state: DtlsState,
  direction: Direction,
  out: Out<TlsFact>,
): void {
  if (type === HANDSHAKE) readFragments(pdu, state, direction, out)
  else if (type === ALERT && length < SHORTEST_SEALED_ALERT) alerts(pdu, pdu.left, out)
  else if (type === CHANGE_CIPHER_SPEC) {
    pdu.mark(record.changeCipherSpec, pdu.left)
    out.fact({ kind: 'change-cipher-spec' })
    if (pdu.ok) state.sealed[direction] = true
  } else if (type === HEARTBEAT) pdu.mark(record.heartbeat, pdu.left)
  else {
    out.tally(type, length)
    pdu.mark(record.applicationData, pdu.left)
  }
}

/** A record opens by itself: it carries the epoch and the number that its keys want. */
function sealed(
  pdu: Pdu,
  start: number,
  type: number,
  epoch: number,
  sequence: number,
  state: DtlsState,
  direction: Direction,
  out: Out<TlsFact>,
): void {
  const length = pdu.left
  const at = pdu.mark(SEALED.get(type) ?? record.sealed, length)
  if (!pdu.ok) return
  out.tally(type, length)
  let opened: Uint8Array | null = null
  if (state.keys) {
    state.epoch[direction] = epoch
    state.sequence[direction] = sequence
    opened = out.unseal(state, direction, pdu.bytes, start, pdu.pos)
  }
  if (opened !== null) unsealed(type, opened, at, pdu.pos, state, out)
  else if (type === ALERT) out.fact({ kind: 'alert', level: 0, code: -1, sealed: true, length })
  else if (type === HANDSHAKE) out.fact({ kind: 'handshake', type: -1, length })
}

function unsealed(
  type: number,
  opened: Uint8Array,
  from: number,
  to: number,
  state: DtlsState,
  out: Out<TlsFact>,
): void {
  if (type === HANDSHAKE) {
    openHandshake(state, out)
    out.payload(HANDSHAKE_SLOT, opened, 0, opened.length, from, to)
  } else if (type === APPLICATION_DATA) {
    if (state.inside !== null && !state.opened) out.open(APPLICATION_SLOT, state.inside)
    state.opened = true
    out.payload(APPLICATION_SLOT, opened, 0, opened.length, from, to)
  } else if (type === ALERT && opened.length >= 2) {
    const [level, code] = opened
    out.fact({ kind: 'alert', level: level as number, code: code as number, sealed: true, length: to - from })
  }
}
