/**
 * TLS handshake messages: a stream of their own inside the records, for one message may span records and one record hold
 * several. The hellos are read in tls-hello.ts, certificates in x509.ts.
 *
 * RFC 8446 section 4, RFC 5246 section 7.4, RFC 4346, RFC 8422 (elliptic curves), RFC 5077 (session tickets).
 */
import { groups, signatureSchemes, TLS_1_2 } from '../src/codes/tls-names.ts'
import { type Direction, NEED_MORE, NO, type Out, stream } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { MAX_CHAIN_CERTIFICATES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import type { CertificateSummary, TlsFact } from './tls.ts'
import { readClientHello, readServerHello } from './tls-hello.ts'
import { isTls13, type TlsState, tlsState } from './tls-state.ts'
import { certificateSummary } from './x509.ts'

const CLIENT_HELLO = 1
const SERVER_HELLO = 2
const NEW_SESSION_TICKET = 4
const CERTIFICATE = 11
const SERVER_KEY_EXCHANGE = 12
const CERTIFICATE_REQUEST = 13
const FINISHED = 20
const HANDSHAKE_TYPES = new Map([
  [0, 'Hello Request'],
  [CLIENT_HELLO, 'Client Hello'],
  [SERVER_HELLO, 'Server Hello'],
  [NEW_SESSION_TICKET, 'New Session Ticket'],
  [5, 'End of Early Data'],
  [8, 'Encrypted Extensions'],
  [CERTIFICATE, 'Certificate'],
  [SERVER_KEY_EXCHANGE, 'Server Key Exchange'],
  [CERTIFICATE_REQUEST, 'Certificate Request'],
  [14, 'Server Hello Done'],
  [15, 'Certificate Verify'],
  [16, 'Client Key Exchange'],
  [FINISHED, 'Finished'],
  [21, 'Certificate URL'],
  [22, 'Certificate Status'],
  [24, 'Key Update'],
  [25, 'Compressed Certificate'],
])
const message = {
  type: field('tls.handshake.type', 'Handshake Type', 'dec', HANDSHAKE_TYPES),
  length: field('tls.handshake.length', 'Length'),
  body: field('tls.handshake', 'Handshake Protocol', 'group'),
  rest: field('tls.handshake.body', 'Body', 'bytes'),
}
const certificates = {
  contextLength: field('tls.handshake.certificate_request_context_length', 'Certificate Request Context Length'),
  context: field('tls.handshake.certificate_request_context', 'Certificate Request Context', 'bytes'),
  length: field('tls.handshake.certificates_length', 'Certificates Length'),
  list: field('tls.handshake.certificates', 'Certificates', 'group'),
  oneLength: field('tls.handshake.certificate_length', 'Certificate Length'),
  one: field('tls.handshake.certificate', 'Certificate', 'bytes'),
  extensionsLength: field('tls.handshake.extensions_length', 'Extensions Length'),
  extensions: field('tls.handshake.extensions', 'Extensions', 'bytes'),
  subject: field('x509af.subject', 'Subject', 'text'),
  issuer: field('x509af.issuer', 'Issuer', 'text'),
  notBefore: field('x509af.notBefore', 'Not before', 'text'),
  notAfter: field('x509af.notAfter', 'Not after', 'text'),
  name: field('x509ce.dNSName', 'Alternative name', 'text'),
}
const request = {
  typesCount: field('tls.handshake.cert_types_count', 'Certificate types count'),
  types: field('tls.handshake.cert_types', 'Certificate types', 'bytes'),
  schemesLength: field('tls.handshake.sig_hash_alg_len', 'Signature Hash Algorithms Length'),
  schemes: field('tls.handshake.sig_hash_algs', 'Signature Algorithms', 'group'),
  scheme: field('tls.handshake.sig_hash_alg', 'Signature Algorithm', 'hex', signatureSchemes),
  namesLength: field('tls.handshake.dnames_len', 'Distinguished Names Length'),
  names: field('tls.handshake.dnames', 'Distinguished Names', 'bytes'),
}
const exchange = {
  curveType: field('tls.handshake.server_curve_type', 'Curve Type', 'dec', new Map([[3, 'named_curve']])),
  namedCurve: field('tls.handshake.server_named_curve', 'Named Curve', 'hex', groups),
}
const ticket = {
  lifetime: field('tls.handshake.session_ticket_lifetime_hint', 'Session Ticket Lifetime Hint'),
  length: field('tls.handshake.session_ticket_length', 'Session Ticket Length'),
  bytes: field('tls.handshake.session_ticket', 'Session Ticket', 'bytes'),
}

const HEADER_BYTES = 4
const NAMED_CURVE = 3

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
  while (pdu.left > HEADER_BYTES) readMessage(pdu, state, direction, out)
}

function readMessage(pdu: Pdu, state: TlsState, direction: Direction, out: Out<TlsFact>): void {
  const type = pdu.u8(message.type)
  const length = pdu.u24be(message.length)
  pdu.sized(message.body, length, message.length)
  switch (type) {
    case CLIENT_HELLO:
      readClientHello(pdu, state, out)
      break
    case SERVER_HELLO:
      readServerHello(pdu, state, direction, out)
      break
    case CERTIFICATE:
      certificate(pdu, state, out)
      break
    default:
      if (type === CERTIFICATE_REQUEST && !isTls13(state.version)) certificateRequest(pdu, state)
      else if (type === SERVER_KEY_EXCHANGE) serverKeyExchange(pdu)
      else if (type === NEW_SESSION_TICKET && !isTls13(state.version)) sessionTicket(pdu)
      if (pdu.left > 0) pdu.mark(message.rest, pdu.left)
      out.fact({ kind: 'handshake', type, length })
  }
  pdu.end()
  // Behind its Finished a side of TLS 1.3 uses the keys of application data.
  if (type === FINISHED && isTls13(state.version) && state.epoch[direction] === 1 && pdu.ok) {
    state.epoch[direction]++
    state.sequence[direction] = 0
  }
}

/** RFC 5246 7.4.2; RFC 8446 4.4.2 puts a context before the list and extensions behind each certificate. */
function certificate(pdu: Pdu, state: TlsState, out: Out<TlsFact>): void {
  const tls13 = isTls13(state.version)
  if (tls13) pdu.mark(certificates.context, pdu.u8(certificates.contextLength))
  const chain: CertificateSummary[] = []
  let all = true
  pdu.sized(certificates.list, pdu.u24be(certificates.length), certificates.length)
  while (pdu.left > 0) {
    const length = pdu.u24be(certificates.oneLength)
    const at = pdu.mark(certificates.one, length)
    if (at >= 0 && chain.length < MAX_CHAIN_CERTIFICATES) {
      const summary = certificateSummary(pdu.bytes, at, at + length)
      chain.push(summary)
      describe(pdu, summary)
    } else all = false
    if (tls13) pdu.mark(certificates.extensions, pdu.u16be(certificates.extensionsLength))
  }
  pdu.end()
  out.fact({ kind: 'certificate', chain, complete: pdu.ok && all })
}

function describe(pdu: Pdu, summary: CertificateSummary): void {
  pdu.derived(certificates.subject, summary.subject)
  pdu.derived(certificates.issuer, summary.issuer)
  pdu.derived(certificates.notBefore, summary.notBefore)
  pdu.derived(certificates.notAfter, summary.notAfter)
  for (const name of summary.names) pdu.derived(certificates.name, name)
}

/** RFC 5246 7.4.4; before TLS 1.2 there are no signature algorithms in it. */
function certificateRequest(pdu: Pdu, state: TlsState): void {
  pdu.mark(request.types, pdu.u8(request.typesCount))
  if (state.version === TLS_1_2) {
    pdu.sized(request.schemes, pdu.u16be(request.schemesLength), request.schemesLength)
    while (pdu.left > 0) pdu.u16be(request.scheme)
    pdu.end()
  }
  pdu.mark(request.names, pdu.u16be(request.namesLength))
}

/** RFC 8422 5.4. Only a named curve begins so; what the other key exchanges hold is not looked at. */
function serverKeyExchange(pdu: Pdu): void {
  if (pdu.peek() !== NAMED_CURVE) return
  pdu.u8(exchange.curveType)
  pdu.u16be(exchange.namedCurve)
}

function sessionTicket(pdu: Pdu): void {
  pdu.u32be(ticket.lifetime)
  pdu.mark(ticket.bytes, pdu.u16be(ticket.length))
}

function bodyLength(bytes: Uint8Array, start: number): number {
  return ((bytes[start + 1] as number) << 16) | ((bytes[start + 2] as number) << 8) | (bytes[start + 3] as number)
}
