/**
 * The hellos of TLS: what the client can speak, and what the server chose. Facts leave out GREASE values (RFC 8701), which
 * clients send only so that servers keep passing over what they do not know.
 *
 * RFC 8446 sections 4.1 and 4.2, RFC 5246 section 7.4.1, RFC 6066 (server name), RFC 7301 (ALPN), RFC 5077 (session
 * tickets), RFC 5746 (renegotiation), RFC 6101 appendix E (the SSL 2.0 form).
 */
import { cipherSuites, groups, signatureSchemes, tlsVersions } from '../src/codes/tls-names.ts'
import { hex } from '../src/wire/bytes.ts'
import type { Direction, Out } from '../src/wire/dissector.ts'
import { type Field, field } from '../src/wire/field.ts'
import { MAX_HELLO_VALUES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { sharedList } from './shared-lists.ts'
import type { TlsFact } from './tls.ts'
import { isDraftTls13, isDtls, isTls13, type TlsState } from './tls-state.ts'

const SERVER_NAME = 0
const SUPPORTED_GROUPS = 10
const POINT_FORMATS = 11
const SIGNATURE_ALGORITHMS = 13
const ALPN = 16
const SESSION_TICKET = 35
const PRE_SHARED_KEY = 41
const SUPPORTED_VERSIONS = 43
const KEY_SHARE = 51
const RENEGOTIATION_INFO = 0xff01
const EXTENSION_TYPES = new Map([
  [SERVER_NAME, 'server_name'],
  [1, 'max_fragment_length'],
  [5, 'status_request'],
  [SUPPORTED_GROUPS, 'supported_groups'],
  [POINT_FORMATS, 'ec_point_formats'],
  [SIGNATURE_ALGORITHMS, 'signature_algorithms'],
  [ALPN, 'application_layer_protocol_negotiation'],
  [18, 'signed_certificate_timestamp'],
  [21, 'padding'],
  [22, 'encrypt_then_mac'],
  [23, 'extended_master_secret'],
  [27, 'compress_certificate'],
  [28, 'record_size_limit'],
  [SESSION_TICKET, 'session_ticket'],
  [PRE_SHARED_KEY, 'pre_shared_key'],
  [42, 'early_data'],
  [SUPPORTED_VERSIONS, 'supported_versions'],
  [44, 'cookie'],
  [45, 'psk_key_exchange_modes'],
  [50, 'signature_algorithms_cert'],
  [KEY_SHARE, 'key_share'],
  [RENEGOTIATION_INFO, 'renegotiation_info'],
])

const hello = {
  version: field('tls.handshake.version', 'Version', 'hex', tlsVersions),
  random: field('tls.handshake.random', 'Random', 'bytes'),
  sessionLength: field('tls.handshake.session_id_length', 'Session ID Length'),
  session: field('tls.handshake.session_id', 'Session ID', 'bytes'),
  cookieLength: field('dtls.handshake.cookie_length', 'Cookie Length'),
  cookie: field('dtls.handshake.cookie', 'Cookie', 'bytes'),
  suitesLength: field('tls.handshake.cipher_suites_length', 'Cipher Suites Length'),
  suites: field('tls.handshake.ciphersuites', 'Cipher Suites', 'group'),
  suite: field('tls.handshake.ciphersuite', 'Cipher Suite', 'hex', cipherSuites),
  methodsLength: field('tls.handshake.comp_methods_length', 'Compression Methods Length'),
  methods: field('tls.handshake.comp_methods', 'Compression Methods', 'bytes'),
  method: field('tls.handshake.comp_method', 'Compression Method'),
  extensionsLength: field('tls.handshake.extensions_length', 'Extensions Length'),
}
const extension = {
  one: field('tls.handshake.extension', 'Extension', 'group'),
  type: field('tls.handshake.extension.type', 'Type', 'dec', EXTENSION_TYPES),
  length: field('tls.handshake.extension.len', 'Length'),
  content: field('tls.handshake.extension.content', 'Content', 'group'),
  data: field('tls.handshake.extension.data', 'Data', 'bytes'),
  all: field('tls.handshake.extensions', 'Extensions', 'group'),
  namesLength: field('tls.handshake.extensions_server_name_list_len', 'Server Name list length'),
  names: field('tls.handshake.extensions_server_names', 'Server Names', 'group'),
  nameType: field('tls.handshake.extensions_server_name_type', 'Server Name Type'),
  nameLength: field('tls.handshake.extensions_server_name_len', 'Server Name length'),
  name: field('tls.handshake.extensions_server_name', 'Server Name', 'text'),
  groupsLength: field('tls.handshake.extensions_supported_groups_length', 'Supported Groups List Length'),
  groups: field('tls.handshake.extensions_supported_groups', 'Supported Groups List', 'group'),
  group: field('tls.handshake.extensions_supported_group', 'Supported Group', 'hex', groups),
  formatsLength: field('tls.handshake.extensions_ec_point_formats_length', 'EC point formats Length'),
  formats: field('tls.handshake.extensions_ec_point_formats', 'Elliptic curves point formats', 'bytes'),
  schemesLength: field('tls.handshake.sig_hash_alg_len', 'Signature Hash Algorithms Length'),
  schemes: field('tls.handshake.sig_hash_algs', 'Signature Hash Algorithms', 'group'),
  scheme: field('tls.handshake.sig_hash_alg', 'Signature Algorithm', 'hex', signatureSchemes),
  alpnLength: field('tls.handshake.extensions_alpn_len', 'ALPN Extension Length'),
  alpnList: field('tls.handshake.extensions_alpn_list', 'ALPN Protocol', 'group'),
  alpnStringLength: field('tls.handshake.extensions_alpn_str_len', 'ALPN string length'),
  alpnString: field('tls.handshake.extensions_alpn_str', 'ALPN Next Protocol', 'text'),
  versionsLength: field('tls.handshake.extensions.supported_versions_len', 'Supported Versions length'),
  versions: field('tls.handshake.extensions.supported_versions', 'Supported Versions', 'group'),
  version: field('tls.handshake.extensions.supported_version', 'Supported Version', 'hex', tlsVersions),
  sharesLength: field('tls.handshake.extensions_key_share_client_length', 'Client Key Share Length'),
  shares: field('tls.handshake.extensions_key_shares', 'Key Shares', 'group'),
  shareGroup: field('tls.handshake.extensions_key_share_group', 'Group', 'hex', groups),
  shareLength: field('tls.handshake.extensions_key_share_key_exchange_length', 'Key Exchange Length'),
  share: field('tls.handshake.extensions_key_share_key_exchange', 'Key Exchange', 'bytes'),
  selectedGroup: field('tls.handshake.extensions_key_share_selected_group', 'Selected Group', 'hex', groups),
  renegotiationLength: field('tls.handshake.extensions_reneg_info_len', 'Renegotiation info extension length'),
  renegotiation: field('tls.handshake.extensions_reneg_info', 'Renegotiation info', 'bytes'),
}
const sslv2 = {
  length: field('tls.record.length', 'Length'),
  type: field('tls.handshake.type', 'Handshake Message Type', 'dec', new Map([[1, 'Client Hello']])),
  suitesLength: field('tls.handshake.cipher_spec_len', 'Cipher Spec Length'),
  suites: field('tls.handshake.cipherspecs', 'Cipher Specs', 'group'),
  suite: field('tls.handshake.cipherspec', 'Cipher Spec', 'hex', cipherSuites),
  challengeLength: field('tls.handshake.challenge_length', 'Challenge Length'),
  challenge: field('tls.handshake.challenge', 'Challenge', 'bytes'),
}

const RANDOM_BYTES = 32
/** RFC 8446 4.1.3: the random that makes a server hello a HelloRetryRequest. */
const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'

export function readClientHello(pdu: Pdu, state: TlsState, out: Out<TlsFact>): void {
  const version = pdu.u16be(hello.version)
  const random = readRandom(pdu)
  pdu.mark(hello.session, pdu.u8(hello.sessionLength))
  if (isDtls(version)) readCookie(pdu)
  const suites = new Values()
  suites.read(pdu, hello.suites, pdu.u16be(hello.suitesLength), hello.suitesLength, hello.suite)
  pdu.mark(hello.methods, pdu.u8(hello.methodsLength))
  const offer = new Offer()
  if (pdu.left > 0) readExtensions(pdu, offer, readOffered)
  const complete = pdu.ok && suites.all && offer.all
  if (pdu.ok) state.clientRandom = random
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
  const length = pdu.u8(hello.cookieLength)
  if (length > 0) pdu.mark(hello.cookie, length)
}

/** The server's version and the cookie: the whole HelloVerifyRequest of DTLS. */
export function readHelloVerifyRequest(pdu: Pdu): void {
  pdu.u16be(hello.version)
  readCookie(pdu)
}

export function readServerHello(pdu: Pdu, state: TlsState, direction: Direction, out: Out<TlsFact>): void {
  const choice = new Choice()
  choice.version = pdu.u16be(hello.version)
  const random = readRandom(pdu)
  choice.retry = random === RETRY_RANDOM
  // Drafts of TLS 1.3 up to the 21st had neither session nor compression in this hello.
  const isDraft = isDraftTls13(choice.version)
  if (!isDraft) pdu.mark(hello.session, pdu.u8(hello.sessionLength))
  const suite = pdu.u16be(hello.suite)
  if (!isDraft) pdu.u8(hello.method)
  if (pdu.left > 0) readExtensions(pdu, choice, readChosen)
  const { version, retry, group, alpn } = choice
  out.fact({ kind: 'server-hello', version, suite, retry, group, alpn, random, complete: pdu.ok })
  if (!pdu.ok) return
  state.serverRandom = random
  state.version = version
  state.suite = suite
  // An empty stretch asks only whether there are keys.
  state.keys = out.unseal(state, direction, pdu.bytes, pdu.pos, pdu.pos) !== null
  if (!isTls13(version) || retry) return
  state.sealed = [true, true]
  state.epoch = [1, 1]
  state.sequence = [0, 0]
}

/** The whole record: its header of two bytes, and the hello in which suites have three bytes. */
export function readSslv2ClientHello(pdu: Pdu, state: TlsState, out: Out<TlsFact>): void {
  pdu.value(sslv2.length, 2, ((pdu.peek() & 0x7f) << 8) | Math.max(0, pdu.peek(1)))
  pdu.u8(sslv2.type)
  const version = pdu.u16be(hello.version)
  const suitesLength = pdu.u16be(sslv2.suitesLength)
  const sessionLength = pdu.u16be(hello.sessionLength)
  const challengeLength = pdu.u16be(sslv2.challengeLength)
  const suites = new Values()
  pdu.sized(sslv2.suites, suitesLength, sslv2.suitesLength)
  while (pdu.left > 2) suites.push(pdu.u24be(sslv2.suite))
  pdu.end()
  pdu.mark(hello.session, sessionLength)
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

/** One list of a hello, without GREASE, up to the limit. */
class Values {
  readonly kept: number[] = []
  all = true

  push(value: number): void {
    if (isGrease(value)) return
    if (this.kept.length < MAX_HELLO_VALUES) this.kept.push(value)
    else this.all = false
  }

  /** A group of 16-bit values. */
  read(pdu: Pdu, group: Field, length: number, by: Field, item: Field): void {
    pdu.sized(group, length, by)
    while (pdu.left > 1) this.push(pdu.u16be(item))
    if (pdu.left > 0) pdu.u16be(item)
    pdu.end()
  }
}

/** What a client's extensions offer. */
class Offer {
  readonly types = new Values()
  readonly versions = new Values()
  readonly groups = new Values()
  readonly schemes = new Values()
  readonly alpn: string[] = []
  serverName = ''
  resumes = false
  alpnAll = true

  get all(): boolean {
    return this.types.all && this.versions.all && this.groups.all && this.schemes.all && this.alpnAll
  }
}

/** What a server's extensions choose. */
class Choice {
  readonly types = new Values()
  version = 0
  retry = false
  group = -1
  alpn = ''
}

function readRandom(pdu: Pdu): string {
  const at = pdu.mark(hello.random, RANDOM_BYTES)
  return at < 0 ? '' : hex(pdu.bytes, at, at + RANDOM_BYTES)
}

/** A lying length loses the extension that it is in, and no other. */
function readExtensions<T extends { types: Values }>(
  pdu: Pdu,
  into: T,
  read: (pdu: Pdu, type: number, into: T) => void,
): void {
  pdu.sized(extension.all, pdu.u16be(hello.extensionsLength), hello.extensionsLength)
  while (pdu.left > 0) {
    pdu.group(extension.one)
    const type = pdu.u16be(extension.type)
    const length = pdu.u16be(extension.length)
    if (pdu.left >= length) into.types.push(type)
    pdu.sized(extension.content, length, extension.length)
    read(pdu, type, into)
    if (pdu.left > 0) pdu.mark(extension.data, pdu.left)
    pdu.end()
    pdu.end()
  }
  pdu.end()
}

function readOffered(pdu: Pdu, type: number, offer: Offer): void {
  switch (type) {
    case SERVER_NAME:
      if (pdu.left > 0) offer.serverName = readServerName(pdu)
      break
    case SUPPORTED_GROUPS:
      offer.groups.read(
        pdu,
        extension.groups,
        pdu.u16be(extension.groupsLength),
        extension.groupsLength,
        extension.group,
      )
      break
    case SIGNATURE_ALGORITHMS:
      offer.schemes.read(
        pdu,
        extension.schemes,
        pdu.u16be(extension.schemesLength),
        extension.schemesLength,
        extension.scheme,
      )
      break
    case ALPN:
      readAlpn(pdu, offer)
      break
    case SUPPORTED_VERSIONS:
      offer.versions.read(
        pdu,
        extension.versions,
        pdu.u8(extension.versionsLength),
        extension.versionsLength,
        extension.version,
      )
      break
    case SESSION_TICKET:
    case PRE_SHARED_KEY:
      // An empty session ticket only asks for a ticket.
      if (pdu.left > 0) offer.resumes = true
      break
    case KEY_SHARE:
      readKeyShares(pdu)
      break
    case POINT_FORMATS:
      pdu.mark(extension.formats, pdu.u8(extension.formatsLength))
      break
    case RENEGOTIATION_INFO:
      pdu.mark(extension.renegotiation, pdu.u8(extension.renegotiationLength))
  }
}

function readChosen(pdu: Pdu, type: number, choice: Choice): void {
  switch (type) {
    case SUPPORTED_VERSIONS: {
      const version = pdu.u16be(extension.version)
      if (version !== 0) choice.version = version
      break
    }
    case KEY_SHARE:
      if (choice.retry) choice.group = pdu.left < 2 ? -1 : pdu.u16be(extension.selectedGroup)
      else choice.group = readKeyShare(pdu)
      break
    case ALPN: {
      const offer = new Offer()
      readAlpn(pdu, offer)
      choice.alpn = offer.alpn[0] ?? ''
      break
    }
    case POINT_FORMATS:
      pdu.mark(extension.formats, pdu.u8(extension.formatsLength))
      break
    case RENEGOTIATION_INFO:
      pdu.mark(extension.renegotiation, pdu.u8(extension.renegotiationLength))
  }
}

/** RFC 6066 3: one name of type host_name; a second one is not allowed. */
function readServerName(pdu: Pdu): string {
  pdu.sized(extension.names, pdu.u16be(extension.namesLength), extension.namesLength)
  pdu.u8(extension.nameType)
  const name = pdu.text(extension.name, pdu.u16be(extension.nameLength))
  pdu.end()
  return name
}

function readAlpn(pdu: Pdu, offer: Offer): void {
  pdu.sized(extension.alpnList, pdu.u16be(extension.alpnLength), extension.alpnLength)
  while (pdu.left > 0) {
    const length = pdu.u8(extension.alpnStringLength)
    const grease = length === 2 && isGrease((pdu.peek() << 8) | pdu.peek(1))
    const name = pdu.text(extension.alpnString, length)
    if (grease || name === '') continue
    if (offer.alpn.length < MAX_HELLO_VALUES) offer.alpn.push(name)
    else offer.alpnAll = false
  }
  pdu.end()
}

function readKeyShares(pdu: Pdu): void {
  pdu.sized(extension.shares, pdu.u16be(extension.sharesLength), extension.sharesLength)
  while (pdu.left > 0) readKeyShare(pdu)
  pdu.end()
}

/** The share's group; -1 when it is not there. */
function readKeyShare(pdu: Pdu): number {
  const group = pdu.left < 2 ? -1 : pdu.u16be(extension.shareGroup)
  pdu.mark(extension.share, pdu.u16be(extension.shareLength))
  return group
}

/** RFC 8701: both bytes are equal and end in 0xa. */
function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff)
}
