/**
 * STUN and TURN: how two endpoints behind address translators find a way to one another, or a relay between them. What
 * matters to us is which address the server saw, what the relay gave, and what it refused.
 *
 * RFC 8489 section 5 (header) and 14 (attributes), RFC 8656 section 12 (channels) and 18 (attributes of TURN), RFC 8445
 * section 16 (ICE). Only the form with the magic cookie.
 */
import { stunAttributes, stunMethods } from '../src/codes/stun.ts'
import { hex } from '../src/wire/bytes.ts'
import { datagram, LIKELY, NO, SURE } from '../src/wire/dissector.ts'
import { bits, type Field, field } from '../src/wire/field.ts'
import { MAX_STUN_ATTRIBUTES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { ipv4Text, ipv6Text } from './ip-address.ts'

/** Any message but those that carry data through a relay. */
export interface StunMessage {
  readonly kind: 'stun'
  readonly class: 'request' | 'indication' | 'success' | 'error'
  /** 1 Binding, 3 Allocate ...: see {@link stunMethods}. */
  readonly method: number
  /** Of request and response, in hexadecimal digits. */
  readonly transaction: string
  /** `192.0.2.1:3478`: the client as the server sees it, and the address that a relay lends it; '' when not said. */
  readonly mapped: string
  readonly relayed: string
  /** 401, 437 ...; 0 when it is none. */
  readonly error: number
  readonly reason: string
  readonly software: string
  readonly complete: boolean
}
export type StunFact = StunMessage

const CLASSES = ['request', 'indication', 'success', 'error'] as const
const CLASS_NAMES = new Map([
  [0x00, 'Request'],
  [0x01, 'Indication'],
  [0x10, 'Success Response'],
  [0x11, 'Error Response'],
])
const REQUIREMENTS = new Map([
  [0, 'Required'],
  [1, 'Optional'],
])
const ASSIGNMENTS = new Map([
  [0, 'IETF Review'],
  [1, 'Designated Expert'],
])
const FAMILIES = new Map([
  [1, 'IPv4'],
  [2, 'IPv6'],
])
const header = {
  type: field('stun.type', 'Message Type', 'hex'),
  class: bits('stun.type.class', 'Message Class', 0x0110, 'hex', CLASS_NAMES),
  method: bits('stun.type.method', 'Message Method', 0x3eef, 'hex', stunMethods),
  assignment: bits('stun.type.method-assignment', 'Message Method Assignment', 0x2000, 'hex', ASSIGNMENTS),
  length: field('stun.length', 'Message Length'),
  cookie: field('stun.cookie', 'Message Cookie', 'bytes'),
  id: field('stun.id', 'Message Transaction ID', 'bytes'),
  attributes: field('stun.attributes', 'Attributes', 'group'),
  channel: field('stun.channel', 'Channel Number', 'hex'),
  channelData: field('stun.channel.data', 'Data', 'bytes'),
}
const attribute = {
  one: field('stun.attribute', 'Attribute', 'hex', stunAttributes),
  type: field('stun.att.type', 'Attribute Type', 'hex', stunAttributes),
  comprehension: bits('stun.att.type.comprehension', 'Attribute Type Comprehension', 0x8000, 'hex', REQUIREMENTS),
  assignment: bits('stun.att.type.assignment', 'Attribute Type Assignment', 0x4000, 'hex', ASSIGNMENTS),
  length: field('stun.att.length', 'Attribute Length'),
  content: field('stun.att.content', 'Content', 'group'),
  padding: field('stun.att.padding', 'Padding'),
  value: field('stun.value', 'Value', 'bytes'),
  reserved: field('stun.att.reserved', 'Reserved', 'bytes'),
  family: field('stun.att.family', 'Protocol Family', 'hex', FAMILIES),
  port: field('stun.att.port', 'Port'),
  ipv4: field('stun.att.ipv4', 'IP', 'ipv4'),
  ipv6: field('stun.att.ipv6', 'IP', 'ipv6'),
  ipv6Text: field('stun.att.ipv6', 'IP', 'text'),
  portXored: field('stun.att.port-xord', 'Port (XOR-d)', 'bytes'),
  ipv4Xored: field('stun.att.ipv4-xord', 'IP (XOR-d)', 'bytes'),
  ipv6Xored: field('stun.att.ipv6-xord', 'IP (XOR-d)', 'bytes'),
  username: field('stun.att.username', 'Username', 'text'),
  realm: field('stun.att.realm', 'Realm', 'text'),
  software: field('stun.att.software', 'Software', 'text'),
  errorClass: field('stun.att.error.class', 'Error Class'),
  error: field('stun.att.error', 'Error Code'),
  reason: field('stun.att.error.reason', 'Error Reason Phrase', 'text'),
  unknown: field('stun.att.unknown', 'Unknown Attribute', 'hex', stunAttributes),
  channel: field('stun.att.channelnum', 'Channel-Number', 'hex'),
  lifetime: field('stun.att.lifetime', 'Lifetime'),
  bandwidth: field('stun.port.bandwidth', 'Bandwidth'),
  transport: field('stun.att.transp', 'Transport', 'hex', new Map([[17, 'UDP']])),
  priority: field('stun.att.priority', 'Priority'),
  tieBreaker: field('stun.att.tie-breaker', 'Tie breaker', 'bytes'),
  cacheTimeout: field('stun.att.cache-timeout', 'Cache timeout'),
  crc32: field('stun.att.crc32', 'CRC-32', 'hex'),
  magicCookie: field('stun.att.magic_cookie', 'Magic Cookie', 'hex'),
  msVersion: field('stun.att.ms.version', 'MS Version'),
  msConnection: field('stun.att.ms.connection_id', 'Connection ID', 'bytes'),
  msSequence: field('stun.att.ms.sequence_number', 'Sequence Number'),
  msIceVersion: field('stun.att.ms.version.ice', 'MS ICE Version'),
  foundation: field('stun.att.ms.foundation', 'Foundation', 'text'),
  hidden: field('stun.att.secret', 'Value (hidden)', 'group'),
}

const HEADER_BYTES = 20
const CHANNEL_HEADER_BYTES = 4
export const MAGIC_COOKIE: readonly number[] = [0x21, 0x12, 0xa4, 0x42]
const MAGIC = 0x2112a442
const TURN_PORT = 3478
const FIRST_CHANNEL = 0x4000
const LAST_CHANNEL = 0x7fff
const SEND = 6
const DATA = 7
const IPV4 = 1
const IPV6 = 2

const PLAIN_ADDRESSES = [0x0001, 0x0002, 0x0004, 0x0005, 0x000b, 0x8023, 0x802b, 0x802c]
const MAPPED_ADDRESS = 0x0001
const XOR_PEER_ADDRESS = 0x0012
const XOR_RELAYED_ADDRESS = 0x0016
const XOR_MAPPED_ADDRESS = 0x0020
const MS_XOR_MAPPED_ADDRESS = 0x8020
/** Passwords, proofs of them, challenges and tokens are nobody's business. */
const SECRETS = [0x0007, 0x0008, 0x0015, 0x001b, 0x001c, 0x001e, 0x0022]

export const stun = datagram<StunFact>({
  name: 'stun',
  title: 'Session Traversal Utilities for NAT',
  spec: ['RFC 8489 5', 'RFC 8489 14', 'RFC 8656 12'],

  probe(bytes, start, end, port) {
    const first = bytes[start] as number
    const there = end - start
    if (first >= 0x40) return first < 0x80 && port === TURN_PORT && isChannelData(bytes, start, there) ? LIKELY : NO
    if (there < HEADER_BYTES || ((bytes[start + 3] as number) & 3) !== 0) return NO
    for (let n = 0; n < 4; n++) if (bytes[start + 4 + n] !== MAGIC_COOKIE[n]) return NO
    return SURE
  },

  read(pdu, _direction, out) {
    if (pdu.peek() >= FIRST_CHANNEL >> 8) {
      pdu.u16be(header.channel)
      const length = pdu.u16be(header.length)
      pdu.mark(header.channelData, length)
      if (pdu.left > 0) pdu.mark(attribute.reserved, pdu.left)
      return
    }
    const type = pdu.u16be(header.type)
    pdu.bits(header.class, header.method, header.assignment)
    const length = pdu.u16be(header.length)
    pdu.mark(header.cookie, 4)
    const id = pdu.mark(header.id, 12)
    if (id < 0) return
    const said = { mapped: '', relayed: '', error: 0, reason: '', software: '' }
    pdu.sized(header.attributes, length, header.length)
    let count = 0
    while (pdu.left >= 4 && count++ < MAX_STUN_ATTRIBUTES) readAttribute(pdu, id, said)
    const all = pdu.left === 0
    pdu.end()
    const method = (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2)
    // What goes through a relay is too frequent to be told.
    if (method === SEND || method === DATA) return
    out.fact({
      kind: 'stun',
      class: CLASSES[((type >> 4) & 1) | ((type >> 7) & 2)] ?? 'request',
      method,
      transaction: hex(pdu.bytes, id, id + 12),
      ...said,
      complete: pdu.ok && all,
    })
  },
})

function isChannelData(bytes: Uint8Array, start: number, there: number): boolean {
  if (there < CHANNEL_HEADER_BYTES) return false
  const channel = ((bytes[start] as number) << 8) | (bytes[start + 1] as number)
  const length = ((bytes[start + 2] as number) << 8) | (bytes[start + 3] as number)
  const rest = there - CHANNEL_HEADER_BYTES
  return channel >= FIRST_CHANNEL && channel <= LAST_CHANNEL && rest >= length && rest <= length + 3
}

interface Said {
  mapped: string
  relayed: string
  error: number
  reason: string
  software: string
}

/** @param id where the transaction id lies: addresses of IPv6 are masked with it */
function readAttribute(pdu: Pdu, id: number, said: Said): void {
  const type = (pdu.peek() << 8) | pdu.peek(1)
  const length = (pdu.peek(2) << 8) | pdu.peek(3)
  pdu.sized(attribute.one, Math.min(pdu.left, 4 + length + (-length & 3)), header.length, type)
  pdu.u16be(attribute.type)
  pdu.bits(attribute.comprehension, attribute.assignment)
  pdu.u16be(attribute.length)
  if (length > 0) {
    pdu.sized(attribute.content, length, attribute.length)
    readContent(pdu, type, id, said)
    if (pdu.left > 0) pdu.mark(attribute.value, pdu.left)
    pdu.end()
  }
  if (pdu.left > 0) pdu.value(attribute.padding, pdu.left, pdu.left)
  pdu.end()
}

function readContent(pdu: Pdu, type: number, id: number, said: Said): void {
  const { left } = pdu
  if (SECRETS.includes(type)) pdu.mark(attribute.hidden, left)
  else if (PLAIN_ADDRESSES.includes(type)) {
    const address = readAddress(pdu)
    if (type === MAPPED_ADDRESS && said.mapped === '') said.mapped = address
  } else {
    switch (type) {
      case XOR_MAPPED_ADDRESS:
      case MS_XOR_MAPPED_ADDRESS:
        said.mapped = readMaskedAddress(pdu, id)
        break
      case XOR_RELAYED_ADDRESS:
        said.relayed = readMaskedAddress(pdu, id)
        break
      case XOR_PEER_ADDRESS:
        readMaskedAddress(pdu, id)
        break
      case 0x0006:
        pdu.utf8(attribute.username, left)
        break
      case 0x0009:
        readError(pdu, said)
        break
      case 0x000a:
        while (pdu.left > 1) pdu.u16be(attribute.unknown)
        break
      case 0x0014:
        pdu.utf8(attribute.realm, left)
        break
      case 0x8022:
        said.software = pdu.utf8(attribute.software, left)
        break
      default:
        readNumber(pdu, type)
    }
  }
}

/** Attributes that begin with one value; what is behind it is reserved. */
function readNumber(pdu: Pdu, type: number): void {
  const words: ReadonlyMap<number, Field> = WORDS
  const word = words.get(type)
  if (word !== undefined) pdu.u32be(word)
  else if (type === 0x000c) pdu.u16be(attribute.channel)
  else if (type === 0x0017 || type === 0x8000) pdu.u8(attribute.family)
  else if (type === 0x0019) pdu.u8(attribute.transport)
  else if (type === 0x8029 || type === 0x802a) pdu.mark(attribute.tieBreaker, 8)
  else if (type === 0x8054) pdu.text(attribute.foundation, pdu.left)
  else if (type === 0x8050) {
    pdu.mark(attribute.msConnection, 20)
    pdu.u32be(attribute.msSequence)
  } else return
  if (pdu.left > 0) pdu.mark(attribute.reserved, pdu.left)
}

const WORDS: ReadonlyMap<number, Field> = new Map([
  [0x000d, attribute.lifetime],
  [0x000f, attribute.magicCookie],
  [0x0010, attribute.bandwidth],
  [0x0024, attribute.priority],
  [0x8008, attribute.msVersion],
  [0x8027, attribute.cacheTimeout],
  [0x8028, attribute.crc32],
  [0x8070, attribute.msIceVersion],
])

function readError(pdu: Pdu, said: Said): void {
  pdu.mark(attribute.reserved, 2)
  const hundreds = pdu.u8(attribute.errorClass) & 0x07
  const rest = pdu.u8(attribute.error)
  said.error = hundreds * 100 + rest
  said.reason = pdu.utf8(attribute.reason, pdu.left)
}

function readAddress(pdu: Pdu): string {
  pdu.mark(attribute.reserved, 1)
  const family = pdu.u8(attribute.family)
  const port = pdu.u16be(attribute.port)
  const at = pdu.pos
  if (family === IPV4) {
    pdu.u32be(attribute.ipv4)
    return pdu.ok ? `${ipv4Text(pdu.bytes, at)}:${port}` : ''
  }
  if (family !== IPV6) return ''
  pdu.mark(attribute.ipv6, 16)
  return pdu.ok ? `[${ipv6Text(pdu.bytes, at)}]:${port}` : ''
}

/** Masked with the magic cookie and the transaction id, so that translators which rewrite addresses do not find it. */
function readMaskedAddress(pdu: Pdu, id: number): string {
  const { bytes } = pdu
  pdu.mark(attribute.reserved, 1)
  const family = pdu.u8(attribute.family)
  const masked = pdu.mark(attribute.portXored, 2)
  if (masked < 0) return ''
  const port = (((bytes[masked] as number) << 8) | (bytes[masked + 1] as number)) ^ (MAGIC >>> 16)
  pdu.derived(attribute.port, port)
  if (family === IPV4) {
    const at = pdu.mark(attribute.ipv4Xored, 4)
    if (at < 0) return ''
    const address = MAGIC_COOKIE.map((mask, n) => (bytes[at + n] as number) ^ mask)
    pdu.derived(
      attribute.ipv4,
      address.reduce((whole, byte) => whole * 256 + byte, 0),
    )
    return `${address.join('.')}:${port}`
  }
  if (family !== IPV6) return ''
  const at = pdu.mark(attribute.ipv6Xored, 16)
  if (at < 0) return ''
  const mask = [...MAGIC_COOKIE, ...bytes.subarray(id, id + 12)]
  const address = ipv6Text(
    Uint8Array.from(mask, (one, n) => one ^ (bytes[at + n] as number)),
    0,
  )
  pdu.derived(attribute.ipv6Text, address)
  return `[${address}]:${port}`
}
