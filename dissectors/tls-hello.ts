/**
 * The hellos of TLS: what the client can speak, and what the server chose. Facts leave out GREASE values (RFC 8701), which
 * clients send only so that servers keep passing over what they do not know.
 *
 * RFC 8446 section 4.1, RFC 5246 section 7.4.1, RFC 6101 appendix E (the SSL 2.0 form).
 */
import { cipherSuites, tlsVersions } from '../src/codes/tls-names.ts'
import { hex } from '../src/wire/bytes.ts'
import { CLIENT, type Direction, type Out } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { sharedList } from './shared-lists.ts'
import { Extensions, readExtensions, Values } from './tls-extensions.ts'
import type { TlsFact } from './tls-facts.ts'
import { type HandshakeFields, tlsFields } from './tls-fields.ts'
import { clientFingerprint, serverFingerprint } from './tls-fingerprint.ts'
import {
  CLIENT_HELLO,
  EARLY_DATA,
  ENCRYPT_THEN_MAC,
  EXTENDED_MASTER_SECRET,
  SERVER_HELLO,
  SUPPORTED_VERSIONS,
} from './tls-numbers.ts'
import { isDtls, isTls13, type TlsState } from './tls-state.ts'

const dtls = {
  cookieLength: field('dtls.handshake.cookie_length', 'Cookie Length'),
  cookie: field('dtls.handshake.cookie', 'Cookie', 'bytes'),
}
const sslv2 = {
  length: field('tls.record.length', 'Length'),
  type: field('tls.handshake.type', 'Handshake Message Type', 'dec', new Map([[1, 'Client Hello']])),
  suitesLength: field('tls.handshake.cipher_spec_len', 'Cipher Spec Length'),
  version: field('tls.record.version', 'Version', 'hex', tlsVersions),
  suites: field('tls.handshake.ciphersuites', 'Cipher Specs', 'group'),
  suite: field('tls.handshake.cipherspec', 'Cipher Spec', 'hex', cipherSuites),
  challengeLength: field('tls.handshake.challenge_length', 'Challenge Length'),
  challenge: field('tls.handshake.challenge', 'Challenge', 'bytes'),
}

const RANDOM_BYTES = 32
/** The record has no version: its form is one. */
const SSL_2 = 0x0002
/** RFC 8446 4.1.3: the random that makes a server hello a HelloRetryRequest. */
export const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'
const OF_CLIENT = { message: CLIENT_HELLO, retry: false }
const OF_SERVER = { message: SERVER_HELLO, retry: false }
const OF_RETRY = { message: SERVER_HELLO, retry: true }

export function readClientHello(pdu: Pdu, state: TlsState, out: Out<TlsFact>): void {
  const f = tlsFields
  const version = pdu.u16be(f.version)
  const random = readRandom(pdu, f, isTls13(state.version))
  readSession(pdu, f)
  if (isDtls(version)) readCookie(pdu)
  const suites = new Values()
  suites.read(pdu, f.suites, pdu.u16be(f.suitesLength), f.suitesLength, f.suite)
  readMethods(pdu, f)
  const offer = new Extensions()
  if (pdu.left > 0) readExtensions(pdu, f, OF_CLIENT, offer)
  if (pdu.watched && pdu.ok) {
    const { text, digest } = clientFingerprint(version, suites.kept, offer)
    pdu.derived(f.ja3Full, text)
    pdu.derived(f.ja3, digest)
  }
  const complete = pdu.ok && suites.all && offer.all
  if (pdu.ok) {
    state.clientRandom = random
    state.ticket = offer.ticket
    // Early data goes out before the server's hello: an empty stretch asks whether there are keys for it.
    const early = state.version === 0 && offer.types.kept.includes(EARLY_DATA)
    state.early = early && out.unseal(state, CLIENT, pdu.bytes, pdu.pos, pdu.pos) !== null
  }
  out.fact({
    kind: 'client-hello',
    version,
    versions: sharedList(offer.versions.kept),
    suites: sharedList(suites.kept),
    groups: sharedList(offer.groups.kept),
    signatureSchemes: sharedList(offer.schemes.kept),
    serverName: offer.serverName,
    alpn: offer.alpn,
    extensions: sharedList(offer.types.kept),
    resumes: offer.resumes,
    sslv2: false,
    random,
    complete,
  })
}

/** RFC 6347 4.2.1: a DTLS server may have its client prove that it is reachable, before it keeps anything. */
function readCookie(pdu: Pdu): void {
  const length = pdu.u8(dtls.cookieLength)
  if (length > 0) pdu.mark(dtls.cookie, length)
}

/** The server's version and the cookie: the whole HelloVerifyRequest of DTLS. */
export function readHelloVerifyRequest(pdu: Pdu): void {
  pdu.u16be(tlsFields.version)
  readCookie(pdu)
}

export function readServerHello(pdu: Pdu, state: TlsState, direction: Direction, out: Out<TlsFact>): void {
  const f = tlsFields
  const isNew = pdu.watched && chosenTls13(pdu)
  const legacyVersion = pdu.u16be(f.version)
  const random = readRandom(pdu, f, isNew)
  const retry = random === RETRY_RANDOM
  // Drafts of TLS 1.3 up to the 21st had neither session nor compression in this hello. TLS 1.3 itself writes 1.2 here.
  const isDraft = isTls13(legacyVersion)
  const session = isDraft ? '' : readSession(pdu, f)
  const suite = pdu.u16be(f.suite)
  if (!isDraft) pdu.u8(f.method)
  const choice = new Extensions()
  if (pdu.left > 0) readExtensions(pdu, f, retry ? OF_RETRY : OF_SERVER, choice)
  if (pdu.watched && pdu.ok) {
    const { text, digest } = serverFingerprint(legacyVersion, suite, choice)
    pdu.derived(f.ja3sFull, text)
    pdu.derived(f.ja3s, digest)
  }
  const version = choice.chosenVersion !== 0 ? choice.chosenVersion : legacyVersion
  const group = choice.chosenGroup
  const alpn = choice.alpn[0] ?? ''
  out.fact({ kind: 'server-hello', version, suite, retry, group, alpn, random, complete: pdu.ok })
  if (!pdu.ok) return
  state.serverRandom = random
  state.version = version
  state.suite = suite
  state.sessionId = session
  state.encryptThenMac = choice.types.kept.includes(ENCRYPT_THEN_MAC)
  state.extendedMasterSecret = choice.types.kept.includes(EXTENDED_MASTER_SECRET)
  if (retry) return
  // An empty stretch asks only whether there are keys.
  const keys = out.unseal(state, direction, pdu.bytes, pdu.pos, pdu.pos) !== null
  // What was decrypted so far goes on: this hello may be of a renegotiation.
  state.keys ||= keys || state.early
  if (!isTls13(version)) return
  state.sealed = [true, true]
  // The client goes on with early data until it says that it ended, or its keys show it.
  state.epoch = [state.early ? 0 : 1, 1]
  state.sequence = [state.early ? state.sequence[CLIENT] : 0, 0]
}

/** Does the hello at the cursor choose TLS 1.3? Its supported_versions come behind what depends on the answer. */
function chosenTls13(pdu: Pdu): boolean {
  if (isTls13((pdu.peek() << 8) | pdu.peek(1))) return true
  let at = 2 + RANDOM_BYTES
  at += 1 + Math.max(0, pdu.peek(at)) + 2 + 1 + 2
  for (let n = 0; n < pdu.left && at + 6 <= pdu.left; n++) {
    const type = (pdu.peek(at) << 8) | pdu.peek(at + 1)
    if (type === SUPPORTED_VERSIONS) return isTls13((pdu.peek(at + 4) << 8) | pdu.peek(at + 5))
    at += 4 + ((pdu.peek(at + 2) << 8) | pdu.peek(at + 3))
  }
  return false
}

/** The whole record: its header of two bytes, and the hello in which suites have three bytes. */
export function readSslv2ClientHello(pdu: Pdu, state: TlsState, out: Out<TlsFact>): void {
  pdu.derived(sslv2.version, SSL_2)
  pdu.value(sslv2.length, 2, ((pdu.peek() & 0x7f) << 8) | Math.max(0, pdu.peek(1)))
  pdu.u8(sslv2.type)
  const version = pdu.u16be(tlsFields.version)
  const suitesLength = pdu.u16be(sslv2.suitesLength)
  const sessionLength = pdu.u16be(tlsFields.sessionLength)
  const challengeLength = pdu.u16be(sslv2.challengeLength)
  const suites = new Values()
  pdu.sized(sslv2.suites, suitesLength, sslv2.suitesLength)
  while (pdu.left > 2) suites.push(pdu.u24be(sslv2.suite))
  pdu.end()
  pdu.mark(tlsFields.session, sessionLength)
  const challenge = pdu.mark(sslv2.challenge, challengeLength)
  const random = challenge < 0 ? '' : hex(pdu.bytes, challenge, challenge + challengeLength)
  if (pdu.ok) {
    // RFC 6101 E.2: a challenge shorter than a random is padded with zeros on the left.
    state.clientRandom = random.padStart(2 * RANDOM_BYTES, '0')
  }
  out.fact({
    kind: 'client-hello',
    version,
    versions: [],
    suites: sharedList(suites.kept),
    groups: [],
    signatureSchemes: [],
    serverName: '',
    alpn: [],
    extensions: [],
    resumes: sessionLength > 0,
    sslv2: true,
    random,
    complete: pdu.ok && suites.all,
  })
}

/** Before TLS 1.3 its first four bytes were meant to be the time. */
function readRandom(pdu: Pdu, f: HandshakeFields, isTls13: boolean): string {
  const at = pdu.pos
  if (!pdu.watched || isTls13 || pdu.left < RANDOM_BYTES) pdu.mark(f.random, RANDOM_BYTES)
  else {
    pdu.sized(f.random, RANDOM_BYTES, f.random)
    let seconds = 0
    for (let n = 0; n < 4; n++) seconds = seconds * 256 + pdu.peek(n)
    pdu.value(f.randomTime, 4, BigInt(seconds) * 1_000_000_000n)
    pdu.mark(f.randomBytes, RANDOM_BYTES - 4)
    pdu.end()
  }
  return pdu.pos - at < RANDOM_BYTES ? '' : hex(pdu.bytes, at, at + RANDOM_BYTES)
}

/** As hexadecimal digits. */
function readSession(pdu: Pdu, f: HandshakeFields): string {
  const length = pdu.u8(f.sessionLength)
  const at = length > 0 ? pdu.mark(f.session, length) : -1
  return at < 0 ? '' : hex(pdu.bytes, at, pdu.pos)
}

function readMethods(pdu: Pdu, f: HandshakeFields): void {
  pdu.sized(f.methods, pdu.u8(f.methodsLength), f.methodsLength)
  while (pdu.left > 0) pdu.u8(f.method)
  pdu.end()
}
