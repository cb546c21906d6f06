/**
 * Options of neighbour discovery: link-layer addresses, prefixes, MTU, name servers.
 *
 * RFC 4861 section 4.6, RFC 4191 (routes), RFC 8106 (name servers), RFC 3971 section 5.3 (nonce).
 */
import { alias, bits, field, flag } from '../src/wire/field.ts'
import { MAX_CHAINED_PARTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const SOURCE_ADDRESS = 1
const TARGET_ADDRESS = 2
const PREFIX = 3
const REDIRECTED = 4
const MTU = 5
const NONCE = 14
const ROUTE = 24
const NAME_SERVERS = 25

const types: ReadonlyMap<number, string> = new Map([
  [SOURCE_ADDRESS, 'Source link-layer address'],
  [TARGET_ADDRESS, 'Target link-layer address'],
  [PREFIX, 'Prefix information'],
  [REDIRECTED, 'Redirected header'],
  [MTU, 'MTU'],
  [NONCE, 'Nonce'],
  [ROUTE, 'Route information'],
  [NAME_SERVERS, 'Recursive DNS server'],
  [31, 'DNS search list'],
])
const one = field('icmpv6.opt', 'Option', 'group')
const type = field('icmpv6.opt.type', 'Type', 'dec', types)
const length = field('icmpv6.opt.length', 'Length (units of 8 bytes)')
const source = alias('icmpv6.opt.linkaddr', field('icmpv6.opt.src_linkaddr', 'Link-layer address', 'bytes'))
const target = alias('icmpv6.opt.linkaddr', field('icmpv6.opt.target_linkaddr', 'Link-layer address', 'bytes'))
const reserved = field('icmpv6.opt.reserved', 'Reserved', 'group')
const mtu = field('icmpv6.opt.mtu', 'MTU')
const nonce = field('icmpv6.opt.nonce', 'Nonce', 'bytes')
const redirected = field('icmpv6.opt.redirected_packet', 'Redirected packet', 'group')
const unknown = field('icmpv6.data', 'Data', 'bytes')
const prefix = {
  length: field('icmpv6.opt.prefix.length', 'Prefix length'),
  flags: field('icmpv6.opt.prefix.flag', 'Flags', 'hex'),
  parts: [
    flag('icmpv6.opt.prefix.flag.l', 'On-link', 0x80),
    flag('icmpv6.opt.prefix.flag.a', 'Autonomous address configuration', 0x40),
    flag('icmpv6.opt.prefix.flag.r', 'Router address', 0x20),
    bits('icmpv6.opt.prefix.flag.reserved', 'Reserved', 0x1f),
  ],
  valid: field('icmpv6.opt.prefix.valid_lifetime', 'Valid lifetime'),
  preferred: field('icmpv6.opt.prefix.preferred_lifetime', 'Preferred lifetime'),
  prefix: field('icmpv6.opt.prefix', 'Prefix', 'ipv6'),
}
const route = {
  flags: field('icmpv6.opt.route_info.flag', 'Flags', 'hex'),
  parts: [
    bits('icmpv6.opt.route_info.flag.route_preference', 'Route preference', 0x18),
    bits('icmpv6.opt.route_info.flag.reserved', 'Reserved', 0xe7),
  ],
  lifetime: field('icmpv6.opt.route_lifetime', 'Route lifetime'),
}
const servers = {
  lifetime: field('icmpv6.opt.rdnss.lifetime', 'Lifetime'),
  address: field('icmpv6.opt.rdnss', 'Recursive DNS server', 'ipv6'),
}

export function readDiscoveryOptions(pdu: Pdu): void {
  for (let n = 0; n < MAX_CHAINED_PARTS * 4 && pdu.left > 0 && pdu.ok; n++) {
    const units = pdu.peek(1)
    // A length of 0 would go on for ever.
    const size = units <= 0 ? pdu.left : units * 8
    pdu.sized(one, size, length)
    const what = pdu.u8(type)
    pdu.u8(length)
    if (units > 0) readOption(pdu, what)
    pdu.end()
  }
}

function readOption(pdu: Pdu, type: number): void {
  switch (type) {
    case SOURCE_ADDRESS:
    case TARGET_ADDRESS:
      pdu.mark(type === SOURCE_ADDRESS ? source : target, pdu.left)
      break
    case PREFIX:
      pdu.u8(prefix.length)
      pdu.u8(prefix.flags)
      pdu.bits(...prefix.parts)
      pdu.u32be(prefix.valid)
      pdu.u32be(prefix.preferred)
      pdu.mark(reserved, 4)
      pdu.mark(prefix.prefix, 16)
      break
    case MTU:
      pdu.mark(reserved, 2)
      pdu.u32be(mtu)
      break
    case NONCE:
      pdu.mark(nonce, pdu.left)
      break
    case REDIRECTED:
      pdu.mark(reserved, 6)
      pdu.mark(redirected, pdu.left)
      break
    case ROUTE:
      readRoute(pdu)
      break
    case NAME_SERVERS:
      pdu.mark(reserved, 2)
      pdu.u32be(servers.lifetime)
      while (pdu.left >= 16) pdu.mark(servers.address, 16)
      break
    default:
      if (pdu.left > 0) pdu.mark(unknown, pdu.left)
  }
}

/** Of the prefix only so many bytes are there as it needs. */
function readRoute(pdu: Pdu): void {
  pdu.u8(prefix.length)
  pdu.u8(route.flags)
  pdu.bits(...route.parts)
  pdu.u32be(route.lifetime)
  if (pdu.left >= 16) pdu.mark(prefix.prefix, 16)
  else if (pdu.left > 0) pdu.mark(unknown, pdu.left)
}
