/**
 * TLS handshake messages: a stream of their own inside the records, for one message may span records and one record hold
 * several. The hellos are read in tls-hello.ts, their extensions in tls-extensions.ts, the key exchanges in
 * tls-key-exchange.ts, certificates in x509.ts.
 *
 * RFC 8446 section 4, RFC 5246 section 7.4, RFC 4346, RFC 5077 (session tickets), RFC 8879 (compressed certificates).
 */
import { TLS_1_0, TLS_1_2 } from '../src/codes/tls-names.ts'
import { type Direction, NEED_MORE, NO, type Out, stream } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { MAX_CHAIN_CERTIFICATES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import {
  authorities,
  certificateStatus,
  Extensions,
  forTree,
  readExtensions,
  readSchemes,
  ticketName,
  Values,
} from './tls-extensions.ts'
import type { CertificateSummary, TlsFact } from './tls-facts.ts'
import { tlsFields as f } from './tls-fields.ts'
import { readClientHello, readServerHello } from './tls-hello.ts'
import { readClientKeyExchange, readServerKeyExchange, readSignature } from './tls-key-exchange.ts'
import * as is from './tls-numbers.ts'
import { isTls13, type TlsState, tlsState } from './tls-state.ts'
import { certificateSummary, readCertificate } from './x509.ts'

const HEADER_BYTES = 4
const MD5_BYTES = 16
const cut = field('tls.handshake', 'Handshake Protocol', 'group')

export const tlsHandshake = stream<TlsState, TlsFact>({
  name: 'tls-handshake',
  filterName: 'tls.handshake',
  title: 'TLS Handshake Protocol',
  spec: ['RFC 8446 4', 'RFC 5246 7.4'],

  /** The records hand over their own state: both read and write one connection. */
  begin: next => (next?.hint as TlsState | undefined) ?? tlsState(null),

  /** Never by content: only the records know where a message starts. */
  probe: () => NO,

  frame: (bytes, start, end) => (end - start < HEADER_BYTES ? NEED_MORE : HEADER_BYTES + bodyLength(bytes, start)),

  read: readMessage,
})

/**
 * What is there of a direction's first messages, in a record that the capture cuts. The PDU is faulty already: the facts
 * are not `complete`, and the state of the connection does not change.
 */
export function readCutHandshake(pdu: Pdu, state: TlsState, direction: Direction, out: Out<TlsFact>): void {
  while (pdu.left > HEADER_BYTES) {
    pdu.group(cut)
    readMessage(pdu, state, direction, out)
    pdu.end()
  }
}

function readMessage(pdu: Pdu, state: TlsState, direction: Direction, out: Out<TlsFact>): void {
  const start = pdu.pos
  const type = pdu.u8(f.type)
  const length = pdu.u24be(f.length)
  readHandshakeBody(pdu, type, length, start, state, direction, out)
}

/**
 * What follows type and length; in DTLS the fields of fragments lie in between.
 * @param start of the message, header and all
 */
export function readHandshakeBody(
  pdu: Pdu,
  type: number,
  length: number,
  start: number,
  state: TlsState,
  direction: Direction,
  out: Out<TlsFact>,
): void {
  pdu.sized(f.body, length, f.length)
  switch (type) {
    case is.CLIENT_HELLO:
      readClientHello(pdu, state, out)
      break
    case is.SERVER_HELLO:
      readServerHello(pdu, state, direction, out)
      break
    case is.CERTIFICATE:
      certificate(pdu, state, out)
      break
    default:
      if (type === is.NEW_SESSION_TICKET) sessionTicket(pdu, state)
      else forTree(pdu, () => describe(pdu, type, state))
      out.fact({ kind: 'handshake', type, length })
  }
  pdu.end()
  if (!pdu.ok) return
  out.overhear(state, pdu.bytes, start, pdu.pos)
  if (isTls13(state.version) && changesKeys(type, state.epoch[direction])) {
    state.epoch[direction]++
    state.sequence[direction] = 0
  }
}

/** Behind its Finished a side of TLS 1.3 uses the keys of application data, and new ones behind each update. */
function changesKeys(type: number, epoch: number): boolean {
  return (
    type === is.KEY_UPDATE || (type === is.FINISHED && epoch === 1) || (type === is.END_OF_EARLY_DATA && epoch === 0)
  )
}

/** RFC 5246 7.4.2; RFC 8446 4.4.2 puts a context before the list and extensions behind each certificate. */
function certificate(pdu: Pdu, state: TlsState, out: Out<TlsFact>): void {
  const tls13 = isTls13(state.version)
  if (tls13) context(pdu)
  const chain: CertificateSummary[] = []
  let all = true
  pdu.sized(f.certificates, pdu.u24be(f.certificatesLength), f.certificatesLength)
  while (pdu.left > 0) {
    const length = pdu.u24be(f.certificateLength)
    if (length > pdu.left || chain.length >= MAX_CHAIN_CERTIFICATES) {
      pdu.mark(f.certificate, length)
      all = false
    } else chain.push(oneCertificate(pdu, length))
    if (tls13) readExtensions(pdu, f, { message: is.CERTIFICATE, retry: false }, new Extensions())
  }
  pdu.end()
  out.fact({ kind: 'certificate', chain, complete: pdu.ok && all })
}

/** Damage in a certificate does not make the message incomplete. */
function oneCertificate(pdu: Pdu, length: number): CertificateSummary {
  const at = pdu.pos
  if (!pdu.watched) {
    pdu.mark(f.certificate, length)
    return certificateSummary(pdu.bytes, at, at + length)
  }
  let summary: CertificateSummary | null = null
  pdu.sized(f.certificate, length, f.certificateLength)
  forTree(pdu, () => {
    summary = readCertificate(pdu)
  })
  pdu.end()
  return summary ?? certificateSummary(pdu.bytes, at, at + length)
}

function context(pdu: Pdu): void {
  const length = pdu.u8(f.contextLength)
  if (length > 0) pdu.mark(f.context, length)
}

/** Messages of which only the type is a fact. What no field names stays unread. */
function describe(pdu: Pdu, type: number, state: TlsState): void {
  const { version, suite } = state
  const isNew = isTls13(version)
  const extensions = (): void => readExtensions(pdu, f, { message: type, retry: false }, new Extensions())
  switch (type) {
    case is.ENCRYPTED_EXTENSIONS:
      extensions()
      break
    case is.SERVER_KEY_EXCHANGE:
      readServerKeyExchange(pdu, f, suite, version)
      break
    case is.CERTIFICATE_REQUEST:
      if (isNew) {
        context(pdu)
        extensions()
      } else certificateRequest(pdu, version)
      break
    case is.CERTIFICATE_VERIFY:
      readSignature(pdu, f, version, f.verifySignatureLength, f.verifySignature)
      break
    case is.CLIENT_KEY_EXCHANGE:
      readClientKeyExchange(pdu, f, suite, version)
      break
    case is.FINISHED:
      finished(pdu, version)
      break
    case is.CERTIFICATE_STATUS:
      certificateStatus(pdu, f)
      break
    case is.KEY_UPDATE:
      pdu.u8(f.keyUpdate)
      break
    case is.COMPRESSED_CERTIFICATE:
      pdu.u16be(f.compression)
      pdu.u24be(f.uncompressedLength)
      pdu.mark(f.compressed, pdu.u24be(f.compressedLength))
      break
    case is.NEXT_PROTOCOL:
      pdu.text(f.npnSelected, pdu.u8(f.npnSelectedLength))
      pdu.mark(f.npnPadding, pdu.u8(f.npnPaddingLength))
      break
  }
}

/** RFC 5077 3.3, RFC 8446 4.6.1. */
function sessionTicket(pdu: Pdu, state: TlsState): void {
  const isNew = isTls13(state.version)
  pdu.u32be(f.ticketLifetime)
  if (isNew) {
    pdu.u32be(f.ticketAgeAdd)
    pdu.mark(f.ticketNonce, pdu.u8(f.ticketNonceLength))
  }
  const at = pdu.mark(f.ticket, pdu.u16be(f.ticketLength))
  if (isNew) readExtensions(pdu, f, { message: is.NEW_SESSION_TICKET, retry: false }, new Extensions())
  else if (pdu.ok) state.ticket = ticketName(pdu.bytes, at, pdu.pos)
}

/** RFC 5246 7.4.4; before TLS 1.2 there are no signature algorithms in it. */
function certificateRequest(pdu: Pdu, version: number): void {
  pdu.sized(f.types, pdu.u8(f.typesCount), f.typesCount)
  while (pdu.left > 0) pdu.u8(f.certificateType)
  pdu.end()
  if (version === TLS_1_2) readSchemes(pdu, f, new Values())
  authorities(pdu, f)
}

/** SSL 3.0 had two digests in place of one. */
function finished(pdu: Pdu, version: number): void {
  if (version >= TLS_1_0) pdu.mark(f.verifyData, pdu.left)
  else {
    pdu.mark(f.md5Hash, MD5_BYTES)
    pdu.mark(f.shaHash, pdu.left)
  }
}

function bodyLength(bytes: Uint8Array, start: number): number {
  return ((bytes[start + 1] as number) << 16) | ((bytes[start + 2] as number) << 8) | (bytes[start + 3] as number)
}
