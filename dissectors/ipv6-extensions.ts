/**
 * What may come between the IPv6 header and the transport: options, routing, fragment, and other extension headers; and
 * the authentication header, which IPv4 knows too.
 *
 * RFC 8200 section 4, RFC 4302 section 2, RFC 2711 (router alert), RFC 2675 (jumbograms), RFC 8754 (segment routing).
 */
import { ipProtocols } from '../src/codes/protocol-numbers.ts'
import { bits, type Field, field, flag } from '../src/wire/field.ts'
import { IP_PROTOCOL, NEXT_FRAGMENT, STOP_CUT } from '../src/wire/following.ts'
import { type Header, header, type Trail } from '../src/wire/header.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const LEAST_BYTES = 8
const PAD_1 = 0
const PAD_N = 1
const TUNNEL_LIMIT = 0x04
const ROUTER_ALERT = 0x05
const JUMBO = 0xc2
const HOME_ADDRESS = 0xc9
/** Routing types whose data are addresses: the deprecated one, and that of Mobile IPv6; and segment routing. */
const ROUTING_SOURCE = 0
const ROUTING_MOBILE = 2
const ROUTING_SEGMENTS = 4

const optionTypes: ReadonlyMap<number, string> = new Map([
  [PAD_1, 'Pad1'],
  [PAD_N, 'PadN'],
  [TUNNEL_LIMIT, 'Tunnel encapsulation limit'],
  [ROUTER_ALERT, 'Router alert'],
  [JUMBO, 'Jumbo payload'],
  [HOME_ADDRESS, 'Home address'],
])
const option = {
  one: field('ipv6.opt', 'Option', 'group'),
  type: field('ipv6.opt.type', 'Type', 'hex', optionTypes),
  typeParts: [
    bits('ipv6.opt.type.action', 'Action', 0xc0),
    flag('ipv6.opt.type.change', 'May change', 0x20),
    bits('ipv6.opt.type.rest', 'Low-order bits', 0x1f, 'hex'),
  ],
  length: field('ipv6.opt.length', 'Length'),
  padding: field('ipv6.opt.padn', 'PadN', 'bytes'),
  alert: field('ipv6.opt.router_alert', 'Router alert'),
  limit: field('ipv6.opt.tel', 'Tunnel encapsulation limit'),
  jumbo: field('ipv6.opt.jumbo', 'Payload length'),
  home: field('ipv6.opt.mipv6.home_address', 'Home address', 'ipv6'),
  unknown: field('ipv6.opt.unknown', 'Data', 'bytes'),
}

interface Common {
  readonly next: Field
  readonly length: Field
  readonly bytes: Field
}
function common(name: string): Common {
  return {
    next: field(`${name}.nxt`, 'Next header', 'dec', ipProtocols),
    length: field(`${name}.len`, 'Length'),
    bytes: field(`${name}.len_oct`, 'Length in bytes'),
  }
}

function optionsHeader(name: string, filterName: string, title: string): Header {
  const fields = common(filterName)
  return header({
    name,
    filterName,
    title,
    spec: ['RFC 8200 4.2'],
    read(pdu, trail) {
      const end = begin(pdu, trail, fields)
      // Whatever the options say of themselves: what follows begins where the header ends.
      pdu.bounded(end - pdu.pos, fields.length)
      while (pdu.pos < end && pdu.ok) readOption(pdu)
      pdu.end()
    },
  })
}

export const hopByHop = optionsHeader('ipv6-hop-by-hop', 'ipv6.hopopts', 'IPv6 hop-by-hop options')
export const destinationOptions = optionsHeader('ipv6-destination-options', 'ipv6.dstopts', 'IPv6 destination options')

const routing = {
  ...common('ipv6.routing'),
  type: field('ipv6.routing.type', 'Type'),
  left: field('ipv6.routing.segleft', 'Segments left'),
  sourceReserved: field('ipv6.routing.src.reserved', 'Reserved', 'bytes'),
  sourceAddress: field('ipv6.routing.src.addr', 'Address', 'ipv6'),
  mobileReserved: field('ipv6.routing.mipv6.reserved', 'Reserved', 'bytes'),
  mobileAddress: field('ipv6.routing.mipv6.home_address', 'Home address', 'ipv6'),
  lastSegment: field('ipv6.routing.srh.last_entry', 'Last entry'),
  segmentFlags: field('ipv6.routing.srh.flags', 'Flags', 'hex'),
  segmentTag: field('ipv6.routing.srh.tag', 'Tag', 'bytes'),
  segment: field('ipv6.routing.srh.addr', 'Segment', 'ipv6'),
  unknown: field('ipv6.routing.unknown_data', 'Type-specific data', 'bytes'),
}

export const routingHeader = header({
  name: 'ipv6-routing',
  filterName: 'ipv6.routing',
  title: 'IPv6 routing header',
  spec: ['RFC 8200 4.4', 'RFC 6275 6.4', 'RFC 8754 2'],

  read(pdu, trail) {
    const end = begin(pdu, trail, routing)
    if (!pdu.ok) return
    const type = pdu.u8(routing.type)
    pdu.u8(routing.left)
    if (type === ROUTING_SEGMENTS) {
      const last = pdu.u8(routing.lastSegment)
      pdu.u8(routing.segmentFlags)
      pdu.mark(routing.segmentTag, 2)
      for (let n = 0; n <= last && pdu.pos + 16 <= end && pdu.ok; n++) pdu.mark(routing.segment, 16)
    } else if (type === ROUTING_SOURCE || type === ROUTING_MOBILE) {
      const isSource = type === ROUTING_SOURCE
      pdu.mark(isSource ? routing.sourceReserved : routing.mobileReserved, 4)
      const address = isSource ? routing.sourceAddress : routing.mobileAddress
      while (pdu.pos + 16 <= end && pdu.ok) pdu.mark(address, 16)
    }
    if (pdu.pos < end && pdu.ok) pdu.mark(routing.unknown, end - pdu.pos)
  },
})

const fragment = {
  next: field('ipv6.fraghdr.nxt', 'Next header', 'dec', ipProtocols),
  reserved: field('ipv6.fraghdr.reserved_octet', 'Reserved', 'hex'),
  offset: bits('ipv6.fraghdr.offset', 'Offset', 0xfff8),
  reservedBits: bits('ipv6.fraghdr.reserved_bits', 'Reserved bits', 0x0006),
  more: flag('ipv6.fraghdr.more', 'More fragments', 0x0001),
  id: field('ipv6.fraghdr.ident', 'Identification', 'hex'),
}

export const fragmentHeader = header({
  name: 'ipv6-fragment',
  filterName: 'ipv6.fraghdr',
  title: 'IPv6 fragment header',
  spec: ['RFC 8200 4.5', 'RFC 6946'],

  read(pdu, trail) {
    const start = pdu.pos
    trail.next = STOP_CUT
    if (pdu.left < LEAST_BYTES) return
    const following = pdu.u8(fragment.next)
    pdu.u8(fragment.reserved)
    const position = (pdu.peek() << 8) | pdu.peek(1)
    pdu.overlay(fragment.offset, 2, position >> 3)
    pdu.overlay(fragment.reservedBits, 2, (position >> 1) & 3)
    pdu.value(fragment.more, 2, position & 1)
    const id = pdu.u32be(fragment.id)
    trail.protocol = following
    trail.next = IP_PROTOCOL + following
    // An atomic fragment is a whole datagram.
    if ((position & 0xfff9) === 0) return
    trail.fragmentId = id | 0
    trail.fragmentOffset = position & 0xfff8
    trail.fragmentMore = (position & 1) !== 0
    trail.fragmentProtocol = following
    trail.fragmentHeaderEnd = start
    trail.next = NEXT_FRAGMENT
  },
})

const authentication = {
  next: field('ah.next_header', 'Next header', 'dec', ipProtocols),
  length: field('ah.length', 'Length'),
  reserved: field('ah.reserved', 'Reserved', 'bytes'),
  parameters: field('ah.spi', 'Security parameters index', 'hex'),
  sequence: field('ah.sequence', 'Sequence number'),
  check: field('ah.icv', 'Integrity check value', 'bytes'),
}

export const authenticationHeader = header({
  name: 'authentication-header',
  filterName: 'ah',
  title: 'Authentication Header',
  spec: ['RFC 4302 2'],

  read(pdu, trail) {
    trail.next = STOP_CUT
    if (pdu.left < LEAST_BYTES) return
    const start = pdu.pos
    const following = pdu.u8(authentication.next)
    const length = (pdu.u8(authentication.length) + 2) << 2
    pdu.mark(authentication.reserved, 2)
    pdu.u32be(authentication.parameters)
    if (length >= 12) pdu.u32be(authentication.sequence)
    if (length > 12) pdu.mark(authentication.check, length - 12)
    if (!pdu.ok || start + length > trail.end) return
    pdu.pos = start + length
    trail.protocol = following
    trail.next = IP_PROTOCOL + following
  },
})

/** @returns where the header ends; the pdu is not `ok` when it is not all there. */
function begin(pdu: Pdu, trail: Trail, fields: Common): number {
  const start = pdu.pos
  trail.next = STOP_CUT
  const following = pdu.u8(fields.next)
  const units = pdu.u8(fields.length)
  const length = (units + 1) << 3
  pdu.overlay(fields.bytes, 0, length)
  if (start + length > trail.end) return pdu.limit
  trail.protocol = following
  trail.next = IP_PROTOCOL + following
  return start + length
}

function readOption(pdu: Pdu): void {
  const type = pdu.peek()
  const length = type === PAD_1 ? 1 : 2 + Math.max(0, pdu.peek(1))
  pdu.sized(option.one, length, option.length)
  pdu.u8(option.type)
  if (type !== PAD_1) {
    pdu.bits(...option.typeParts)
    pdu.u8(option.length)
    if (type === PAD_N) pdu.mark(option.padding, pdu.left)
    else if (type === ROUTER_ALERT) pdu.u16be(option.alert)
    else if (type === TUNNEL_LIMIT) pdu.u8(option.limit)
    else if (type === JUMBO) pdu.u32be(option.jumbo)
    else if (type === HOME_ADDRESS) pdu.mark(option.home, 16)
    else pdu.mark(option.unknown, pdu.left)
  }
  pdu.end()
}
