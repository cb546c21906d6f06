/**
 * Tunnels that carry IP packets or Ethernet frames: GRE by its protocol number, those in UDP by port and only when every
 * fixed bit is right and the inside looks like a packet. Otherwise the datagram is left as it is.
 */
import { MAX_CHAINED_PARTS } from '../wire/limits.ts'
import type { Headers } from './headers.ts'
import { u16be } from './integers.ts'
import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, PROTOCOL_NONE } from './ip.ts'
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_NSH,
  NEXT_ETHERNET,
  NEXT_PPP,
  NEXT_RAW_IP,
  type Position,
  STOP_CUT,
  STOP_UNKNOWN,
} from './position.ts'

const PORT_L2TP = 1701
const PORT_GTP = 2152
const PORT_TEREDO = 3544
const PORT_VXLAN = 4789
/** Where Linux sent VXLAN before the number was given. */
const PORT_VXLAN_OLD = 8472
const PORT_VXLAN_GPE = 4790
const PORT_GENEVE = 6081

const ETHERNET_HEADER_BYTES = 14
const GRE_TRANSPARENT_ETHERNET = 0x6558
const GRE_ERSPAN_1_2 = 0x88be
const GRE_ERSPAN_3 = 0x22eb
const GRE_WCCP = 0x883e
const GRE_PPP = 0x880b
const GTP_TPDU = 0xff
const TEREDO_AUTHENTICATION = 1
const TEREDO_ORIGIN = 0

/**
 * The payload of a UDP datagram, by its ports.
 * @returns true when a packet lies inside; the position stands at it then, and is unchanged otherwise.
 */
export function udpTunnel(position: Position, headers: Headers): boolean {
  return byPort(position, headers.destinationPort) || byPort(position, headers.sourcePort)
}

function byPort(position: Position, port: number): boolean {
  switch (port) {
    case PORT_VXLAN:
    case PORT_VXLAN_OLD:
      return vxlan(position)
    case PORT_VXLAN_GPE:
      return vxlanGpe(position)
    case PORT_GENEVE:
      return geneve(position)
    case PORT_GTP:
      return gtp(position)
    case PORT_L2TP:
      return l2tp(position)
    case PORT_TEREDO:
      return teredo(position)
    default:
      return false
  }
}

/** RFC 7348 section 5: the flag says that the network's number is valid; a receiver ignores all reserved bits. */
function vxlan(position: Position): boolean {
  const { bytes, at, end } = position
  if (end - at < 8 || ((bytes[at] as number) & 0x08) === 0) return false
  return inside(position, at + 8, NEXT_ETHERNET)
}

/** draft-ietf-nvo3-vxlan-gpe: version 0, flag P with a next protocol, and the flag of a valid network number or none. */
function vxlanGpe(position: Position): boolean {
  const { bytes, at, end } = position
  if (end - at < 8 || ((bytes[at] as number) & 0xf4) !== 0x04 || bytes[at + 1] !== 0 || bytes[at + 2] !== 0)
    return false
  const protocol = bytes[at + 3]
  if (protocol === 3) return inside(position, at + 8, NEXT_ETHERNET)
  if (protocol === 1 || protocol === 2) return inside(position, at + 8, NEXT_RAW_IP)
  if (protocol !== 4 || end - at < 20) return false
  // A service header comes between: it has a type for what is inside.
  position.at = at + 8
  position.next = ETHERTYPE_NSH
  return true
}

/** RFC 8926 section 3.4: version 0, options in words, an EtherType. */
function geneve(position: Position): boolean {
  const { bytes, at, end } = position
  if (end - at < 8 || (bytes[at] as number) >> 6 !== 0 || bytes[at + 7] !== 0) return false
  if (((bytes[at + 1] as number) & 0x3f) !== 0) return false
  const type = u16be(bytes, at + 2)
  const start = at + 8 + ((bytes[at] as number) & 0x3f) * 4
  if (type === GRE_TRANSPARENT_ETHERNET) return inside(position, start, NEXT_ETHERNET)
  if (type === ETHERTYPE_ARP && end > start) {
    position.at = start
    position.next = type
    return true
  }
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6 ? inside(position, start, NEXT_RAW_IP) : false
}

/** 3GPP TS 29.281 section 5: version 1, protocol type GTP, message T-PDU, optional fields, extension headers. */
function gtp(position: Position): boolean {
  const { bytes, end } = position
  let at = position.at
  if (end - at < 8) return false
  const flags = bytes[at] as number
  if ((flags & 0xf8) !== 0x30 || bytes[at + 1] !== GTP_TPDU) return false
  if (u16be(bytes, at + 2) + 8 > position.wireEnd - at) return false
  at += 8
  if ((flags & 7) === 0) return inside(position, at, NEXT_RAW_IP)
  at += 4
  if (at > end) return false
  let following = flags & 4 ? (bytes[at - 1] as number) : 0
  for (let count = 0; following !== 0; count++) {
    if (count >= MAX_CHAINED_PARTS || at >= end) return false
    const length = (bytes[at] as number) * 4
    if (length === 0 || at + length > end) return false
    at += length
    following = bytes[at - 1] as number
  }
  return inside(position, at, NEXT_RAW_IP)
}

/** RFC 2661 section 3.1: a data message of version 2, PPP inside. */
function l2tp(position: Position): boolean {
  const { bytes, at, end } = position
  if (end - at < 6) return false
  const flags = u16be(bytes, at)
  if ((flags & 0xb4ff) !== 0x0002) return false
  let start = at + 2
  if (flags & 0x4000) {
    if (u16be(bytes, start) > position.wireEnd - at) return false
    start += 2
  }
  start += 4
  if (flags & 0x0800) start += 4
  if (flags & 0x0200) {
    if (end - start < 2) return false
    start += 2 + u16be(bytes, start)
  }
  // Address and control may be left out, and the first byte of the protocol.
  let ip = start
  if (end - ip >= 2 && u16be(bytes, ip) === 0xff03) ip += 2
  if (end - ip < 2) return false
  const isShort = ((bytes[ip] as number) & 1) !== 0
  const protocol = isShort ? (bytes[ip] as number) : u16be(bytes, ip)
  if (protocol !== 0x21 && protocol !== 0x57) return false
  if (!looksLikeIp(bytes, ip + (isShort ? 1 : 2), end)) return false
  position.at = start
  position.next = NEXT_PPP
  return true
}

/** RFC 4380 section 5.1.1: authentication and origin may come before the IPv6 packet. */
function teredo(position: Position): boolean {
  const { bytes, end } = position
  let at = position.at
  if (end - at < 8) return false
  if (u16be(bytes, at) === TEREDO_AUTHENTICATION) {
    at += 13 + (bytes[at + 2] as number) + (bytes[at + 3] as number)
    if (end - at < 8) return false
  }
  if (u16be(bytes, at) === TEREDO_ORIGIN) at += 8
  if (end - at < IPV6_HEADER_BYTES || (bytes[at] as number) >> 4 !== 6) return false
  // A bubble holds nothing: it keeps an address translation open.
  if (bytes[at + 6] === PROTOCOL_NONE) return false
  // Nothing but the packet is in the datagram; a trailer (RFC 6081) may follow.
  if (at + IPV6_HEADER_BYTES + u16be(bytes, at + 4) > position.wireEnd) return false
  return inside(position, at, NEXT_RAW_IP)
}

/** @returns whether a tunnel begins; `next` says why when not. */
export function gre(position: Position): boolean {
  const { bytes, at, end } = position
  if (end - at < 4) {
    position.next = STOP_CUT
    return false
  }
  const flags = u16be(bytes, at)
  const type = u16be(bytes, at + 2)
  position.next = STOP_UNKNOWN
  const version = flags & 7
  if (version > 1 || flags & 0x4000) return false
  // RFC 2784 and RFC 2890: checksum, key, sequence. RFC 2637 (version 1): key, sequence, acknowledgement, and PPP.
  let start = at + 4
  if (flags & 0x8000) start += 4
  if (flags & 0x2000) start += 4
  if (flags & 0x1000) start += 4
  if (version === 1) {
    if (flags & 0x0080) start += 4
    if (type !== GRE_PPP || start >= end) return false
    position.at = start
    position.next = NEXT_PPP
    return true
  }
  if (type === GRE_ERSPAN_1_2) start += flags & 0x1000 ? 8 : 0
  if (type === GRE_ERSPAN_3) return erspan3(position, start)
  // Cisco's redirection to web caches: its second version puts four bytes before the packet.
  if (type === GRE_WCCP) return inside(position, start, NEXT_RAW_IP) || inside(position, start + 4, NEXT_RAW_IP)
  if (start >= end) {
    position.next = STOP_CUT
    return false
  }
  position.at = start
  position.next = type === GRE_ERSPAN_1_2 || type === GRE_TRANSPARENT_ETHERNET ? NEXT_ETHERNET : type
  return true
}

/** ERSPAN type III: twelve bytes, of which the last says what is inside and whether eight more follow. */
function erspan3(position: Position, start: number): boolean {
  const { bytes, end } = position
  if (end - start < 12) {
    position.next = STOP_CUT
    return false
  }
  const low = bytes[start + 11] as number
  const frameType = (u16be(bytes, start + 10) >> 10) & 0x1f
  const at = start + (low & 1 ? 20 : 12)
  if (at >= end) {
    position.next = STOP_CUT
    return false
  }
  if (frameType !== 0 && frameType !== 2) return false
  position.at = at
  position.next = frameType === 0 ? NEXT_ETHERNET : NEXT_RAW_IP
  return true
}

function inside(position: Position, at: number, next: number): boolean {
  const looksRight =
    next === NEXT_ETHERNET
      ? looksLikeEthernet(position.bytes, at, position.end)
      : looksLikeIp(position.bytes, at, position.end)
  if (!looksRight) return false
  position.at = at
  position.next = next
  return true
}

/** An IP header whose fixed parts are right. */
function looksLikeIp(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < IPV4_HEADER_BYTES) return false
  const first = bytes[at] as number
  if (first >> 4 === 6) return end - at >= IPV6_HEADER_BYTES
  if (first >> 4 !== 4) return false
  const headerLength = (first & 15) * 4
  const totalLength = u16be(bytes, at + 2)
  return headerLength >= IPV4_HEADER_BYTES && (totalLength === 0 || totalLength >= headerLength)
}

/** An Ethernet header with IP, ARP, or a VLAN tag behind it. */
export function looksLikeEthernet(bytes: Uint8Array, at: number, end: number): boolean {
  const inner = at + ETHERNET_HEADER_BYTES
  if (end - inner < 4) return false
  // A group address never sends.
  if (((bytes[at + 6] as number) & 1) !== 0) return false
  switch (u16be(bytes, at + 12)) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
      return looksLikeIp(bytes, inner, end)
    case ETHERTYPE_ARP:
      return u16be(bytes, inner) === 1
    case 0x8100:
    case 0x88a8:
      return true
    default:
      return false
  }
}
