/**
 * The extensions of TLS handshake messages. What becomes a fact is read always; what only the tree wants is read when
 * somebody watches, and no fault of it touches the message.
 *
 * RFC 8446 section 4.2, RFC 6066 (server name, status request), RFC 7301 (ALPN), RFC 5077 (session tickets), RFC 5746
 * (renegotiation), RFC 8422 (curves), RFC 6962 (certificate transparency), RFC 8879 (certificate compression).
 */
import { hex } from '../src/wire/bytes.ts'
import type { Field } from '../src/wire/field.ts'
import { MAX_HELLO_VALUES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { readTimestamps } from './certificate-timestamps.ts'
import type { HandshakeFields } from './tls-fields.ts'
import * as is from './tls-numbers.ts'
import { bareName } from './x509-names.ts'

const TICKET_NAME_BYTES = 32

/** One list of a hello, without GREASE, up to the limit. */
export class Values {
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

/** What the extensions of one message say. */
export class Extensions {
  readonly types = new Values()
  readonly versions = new Values()
  readonly groups = new Values()
  readonly schemes = new Values()
  readonly alpn: string[] = []
  serverName = ''
  /** A pre-shared key, or a session ticket that is not empty. */
  resumes = false
  /** The end of the session ticket: enough to know it by. */
  ticket = ''
  /** Of a server: 0 and -1 where it does not say. */
  chosenVersion = 0
  chosenGroup = -1
  /** Point formats; only filled for a tree. */
  formats: number[] = []
  private alpnAll = true

  /** Nothing was left out because of a limit. */
  get all(): boolean {
    return this.types.all && this.versions.all && this.groups.all && this.schemes.all && this.alpnAll
  }

  addProtocol(name: string): void {
    if (this.alpn.length < MAX_HELLO_VALUES) this.alpn.push(name)
    else this.alpnAll = false
  }
}

/** The last bytes of a ticket are its MAC (RFC 5077 section 4): enough to know it by. */
export function ticketName(bytes: Uint8Array, start: number, end: number): string {
  return hex(bytes, Math.max(start, end - TICKET_NAME_BYTES), end)
}

/** RFC 8701: both bytes are equal and end in 0xa. */
function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff)
}

/** Of which message the extensions are; a HelloRetryRequest is a server hello by its type. */
export interface Place {
  readonly message: number
  readonly retry: boolean
}

/** A lying length loses the extension that it is in, and no other. */
export function readExtensions(pdu: Pdu, f: HandshakeFields, place: Place, into: Extensions): void {
  pdu.sized(f.extensions, pdu.u16be(f.extensionsLength), f.extensionsLength)
  while (pdu.left > 0) {
    pdu.group(f.extension)
    const type = pdu.u16be(f.extensionType)
    const length = pdu.u16be(f.extensionLength)
    if (pdu.left >= length) into.types.push(type)
    pdu.sized(f.content, length, f.extensionLength)
    if (!readFacts(pdu, f, place, type, into)) forTree(pdu, () => describe(pdu, f, place, type, into))
    pdu.end()
    pdu.end()
  }
  pdu.end()
}

/** What only the tree wants: a fault in it says nothing about the message. */
export function forTree(pdu: Pdu, read: () => void): void {
  if (!pdu.watched) return
  const { fault } = pdu
  read()
  pdu.fault = fault
}

/** @returns whether it was one of those that become facts. */
function readFacts(pdu: Pdu, f: HandshakeFields, place: Place, type: number, into: Extensions): boolean {
  const isClient = place.message === is.CLIENT_HELLO
  switch (type) {
    case is.SERVER_NAME:
      if (!isClient) return false
      if (pdu.left > 0) into.serverName = readServerName(pdu, f)
      return true
    case is.SUPPORTED_GROUPS:
      if (!isClient) return false
      into.groups.read(pdu, f.groups, pdu.u16be(f.groupsLength), f.groupsLength, f.group)
      return true
    case is.SIGNATURE_ALGORITHMS:
      if (!isClient) return false
      readSchemes(pdu, f, into.schemes)
      return true
    case is.ALPN:
      readAlpn(pdu, f, into)
      return true
    case is.SUPPORTED_VERSIONS:
      if (isClient) {
        const length = pdu.u8(f.versionsLength)
        into.versions.read(pdu, f.versions, length, f.versionsLength, f.supportedVersion)
      } else if (place.message === is.SERVER_HELLO) into.chosenVersion = pdu.u16be(f.supportedVersion)
      return true
    case is.KEY_SHARE:
    case is.KEY_SHARE_OF_DRAFTS:
      if (isClient) readKeyShares(pdu, f)
      else if (place.retry) into.chosenGroup = pdu.left < 2 ? -1 : pdu.u16be(f.selectedGroup)
      else if (place.message === is.SERVER_HELLO) into.chosenGroup = readKeyShare(pdu, f)
      return true
    case is.SESSION_TICKET:
      if (isClient) into.ticket = ticketName(pdu.bytes, pdu.pos, pdu.limit)
      if (pdu.left > 0) into.resumes = true
      return false
    case is.PRE_SHARED_KEY:
      // An empty session ticket only asks for a ticket.
      if (pdu.left > 0) into.resumes = true
      return false
    case is.RENEGOTIATION_INFO:
      readRenegotiation(pdu, f)
      return true
    default:
      return false
  }
}

/** RFC 6066 3: one name of type host_name; a second one is not allowed, and not believed. */
function readServerName(pdu: Pdu, f: HandshakeFields): string {
  pdu.sized(f.names, pdu.u16be(f.namesLength), f.namesLength)
  pdu.u8(f.nameType)
  const first = pdu.text(f.name, pdu.u16be(f.nameLength))
  while (pdu.left > 0) {
    pdu.u8(f.nameType)
    pdu.mark(f.name, pdu.u16be(f.nameLength))
  }
  pdu.end()
  return first
}

export function readSchemes(pdu: Pdu, f: HandshakeFields, into: Values): void {
  pdu.sized(f.schemes, pdu.u16be(f.schemesLength), f.schemesLength)
  while (pdu.left > 1) into.push(readScheme(pdu, f))
  if (pdu.left > 0) readScheme(pdu, f)
  pdu.end()
}

export function readScheme(pdu: Pdu, f: HandshakeFields): number {
  const scheme = pdu.u16be(f.scheme)
  pdu.bits(f.schemeHash, f.schemeSignature)
  return scheme
}

function readAlpn(pdu: Pdu, f: HandshakeFields, into: Extensions): void {
  pdu.sized(f.alpnList, pdu.u16be(f.alpnLength), f.alpnLength)
  while (pdu.left > 0) {
    const length = pdu.u8(f.alpnStringLength)
    const grease = length === 2 && isGrease((pdu.peek() << 8) | pdu.peek(1))
    const name = pdu.text(f.alpnString, length)
    if (!grease && name !== '') into.addProtocol(name)
  }
  pdu.end()
}

function readKeyShares(pdu: Pdu, f: HandshakeFields): void {
  pdu.sized(f.shares, pdu.u16be(f.sharesLength), f.sharesLength)
  while (pdu.left > 0) readKeyShare(pdu, f)
  pdu.end()
}

/** The share's group; -1 when it is not there. */
function readKeyShare(pdu: Pdu, f: HandshakeFields): number {
  const group = pdu.left < 2 ? -1 : pdu.u16be(f.shareGroup)
  pdu.mark(f.share, pdu.u16be(f.shareLength))
  return group
}

function readRenegotiation(pdu: Pdu, f: HandshakeFields): void {
  const length = pdu.u8(f.renegotiationLength)
  if (length > 0) pdu.mark(f.renegotiation, length)
}

/** Extensions of no fact; those without content, or with one that no field names, leave it unread. */
function describe(pdu: Pdu, f: HandshakeFields, { message }: Place, type: number, into: Extensions): void {
  const isClient = message === is.CLIENT_HELLO
  switch (type) {
    case is.MAX_FRAGMENT_LENGTH:
      pdu.u8(f.maxFragmentLength)
      break
    case is.STATUS_REQUEST:
      if (isClient) statusRequest(pdu, f)
      else if (message === is.CERTIFICATE) certificateStatus(pdu, f)
      break
    case is.STATUS_REQUEST_V2:
      if (isClient) statusRequestList(pdu, f)
      break
    case is.SUPPORTED_GROUPS:
      into.groups.read(pdu, f.groups, pdu.u16be(f.groupsLength), f.groupsLength, f.group)
      break
    case is.POINT_FORMATS:
      pointFormats(pdu, f, into)
      break
    case is.SRP:
      pdu.utf8(f.srpName, pdu.u8(f.srpLength))
      break
    case is.SIGNATURE_ALGORITHMS:
    case is.SIGNATURE_ALGORITHMS_CERT:
      readSchemes(pdu, f, new Values())
      break
    case is.DELEGATED_CREDENTIALS:
      if (isClient) readSchemes(pdu, f, new Values())
      break
    case is.HEARTBEAT_MODE:
      pdu.u8(f.heartbeatMode)
      break
    case is.SIGNED_CERTIFICATE_TIMESTAMP:
      if (message === is.SERVER_HELLO || message === is.CERTIFICATE) readTimestamps(pdu, f)
      break
    case is.CLIENT_CERTIFICATE_TYPE:
    case is.SERVER_CERTIFICATE_TYPE:
      if (isClient) certificateFormats(pdu, f)
      else pdu.u8(f.certificateFormat)
      break
    case is.PADDING:
      pdu.mark(f.padding, pdu.left)
      break
    case is.COMPRESS_CERTIFICATE: {
      pdu.sized(f.content, pdu.u8(f.compressionsLength), f.compressionsLength)
      while (pdu.left > 0) pdu.u16be(f.compression)
      pdu.end()
      break
    }
    case is.RECORD_SIZE_LIMIT:
      pdu.u16be(f.recordSizeLimit)
      break
    case is.PRE_SHARED_KEY:
      if (isClient) preSharedKeys(pdu, f)
      else pdu.u16be(f.selectedIdentity)
      break
    case is.EARLY_DATA:
      if (message === is.NEW_SESSION_TICKET) pdu.u32be(f.maxEarlyData)
      break
    case is.COOKIE:
      pdu.mark(f.cookie, pdu.u16be(f.cookieLength))
      break
    case is.CERTIFICATE_AUTHORITIES:
      authorities(pdu, f)
      break
    case is.PSK_MODES: {
      pdu.sized(f.content, pdu.u8(f.pskModesLength), f.pskModesLength)
      while (pdu.left > 0) pdu.u8(f.pskMode)
      pdu.end()
      break
    }
    case is.CONNECTION_ID:
      pdu.mark(f.connectionId, pdu.u8(f.connectionIdLength))
      break
    case is.NEXT_PROTOCOL_NEGOTIATION:
      while (pdu.left > 0) pdu.text(f.npn, pdu.u8(f.npnLength))
      break
    case is.APPLICATION_SETTINGS:
      if (isClient) applicationSettings(pdu, f)
      else pdu.mark(f.alpsSettings, pdu.left)
      break
    case is.ENCRYPTED_SERVER_NAME:
      if (isClient) encryptedServerName(pdu, f)
      else pdu.mark(f.data, pdu.left)
      break
    case is.SERVER_NAME:
    case is.USE_SRTP:
    case is.ENCRYPT_THEN_MAC:
    case is.EXTENDED_MASTER_SECRET:
    case is.POST_HANDSHAKE_AUTH:
      break
    default:
      pdu.mark(f.data, pdu.left)
  }
}

function statusRequest(pdu: Pdu, f: HandshakeFields): void {
  if (pdu.u8(f.statusType) === 1) statusRequestLists(pdu, f)
}

/** RFC 6066 8: whom the client would believe, and what it asks besides. */
function statusRequestLists(pdu: Pdu, f: HandshakeFields): void {
  const responders = pdu.u16be(f.responderIdsLength)
  if (responders > 0) pdu.mark(f.responderIds, responders)
  const extensions = pdu.u16be(f.requestExtensionsLength)
  if (extensions > 0) pdu.mark(f.requestExtensions, extensions)
}

/** RFC 6961 2.2. */
function statusRequestList(pdu: Pdu, f: HandshakeFields): void {
  pdu.sized(f.content, pdu.u16be(f.statusListLength), f.statusListLength)
  while (pdu.left > 0) {
    const type = pdu.u8(f.statusType)
    pdu.sized(f.content, pdu.u16be(f.statusLength), f.statusLength)
    if (type === 1 || type === 2) statusRequestLists(pdu, f)
    pdu.end()
  }
  pdu.end()
}

/** RFC 6066 8, RFC 6961 2.2: the answer, one or a list of them. */
export function certificateStatus(pdu: Pdu, f: HandshakeFields): void {
  const type = pdu.u8(f.statusType)
  if (type === 1) pdu.mark(f.ocsp, pdu.u24be(f.ocspLength))
  else if (type === 2) {
    pdu.sized(f.content, pdu.u24be(f.ocspListLength), f.ocspListLength)
    while (pdu.left > 0) pdu.mark(f.ocsp, pdu.u24be(f.ocspLength))
    pdu.end()
  }
}

function pointFormats(pdu: Pdu, f: HandshakeFields, into: Extensions): void {
  pdu.sized(f.formats, pdu.u8(f.formatsLength), f.formatsLength)
  while (pdu.left > 0) into.formats.push(pdu.u8(f.format))
  pdu.end()
}

function certificateFormats(pdu: Pdu, f: HandshakeFields): void {
  pdu.sized(f.certificateFormats, pdu.u8(f.certificateFormatsLength), f.certificateFormatsLength)
  while (pdu.left > 0) pdu.u8(f.certificateFormat)
  pdu.end()
}

/** RFC 8446 4.2.11. */
function preSharedKeys(pdu: Pdu, f: HandshakeFields): void {
  pdu.sized(f.identities, pdu.u16be(f.identitiesLength), f.identitiesLength)
  while (pdu.left > 0) {
    pdu.mark(f.identity, pdu.u16be(f.identityLength))
    pdu.u32be(f.ticketAge)
  }
  pdu.end()
  pdu.mark(f.binders, pdu.u16be(f.bindersLength))
}

/** Names of those whose certificates would do; RFC 8446 4.2.4, RFC 5246 7.4.4. */
export function authorities(pdu: Pdu, f: HandshakeFields): void {
  const length = pdu.u16be(f.authoritiesLength)
  if (length === 0) return
  pdu.sized(f.authorities, length, f.authoritiesLength)
  while (pdu.left > 0) {
    pdu.sized(f.authority, pdu.u16be(f.authorityLength), f.authorityLength)
    if (pdu.left > 0) bareName(pdu)
    pdu.end()
  }
  pdu.end()
}

/** The drafts of encrypted server names before they became encrypted hellos. */
function encryptedServerName(pdu: Pdu, f: HandshakeFields): void {
  pdu.u16be(f.esniSuite)
  readKeyShare(pdu, f)
  pdu.mark(f.esniDigest, pdu.u16be(f.esniDigestLength))
  pdu.mark(f.esni, pdu.u16be(f.esniLength))
}

function applicationSettings(pdu: Pdu, f: HandshakeFields): void {
  pdu.sized(f.alpsList, pdu.u16be(f.alpsLength), f.alpsLength)
  while (pdu.left > 0) pdu.text(f.alpsString, pdu.u8(f.alpsStringLength))
  pdu.end()
}
