/**
 * Link layers, one function each, by LINKTYPE_ number (tcpdump.org/linktypes.html): each moves the position behind its
 * header and says what follows. What carries an EtherType goes on in `link-ethertype.ts`.
 */
import type { Headers } from './headers.ts'
import { i32be, i32le, u16be, u16le } from './integers.ts'
import { rawIp } from './ip.ts'
import { avs, ieee80211, ppi, prism, radiotap } from './link-wireless.ts'
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_MPLS,
  ETHERTYPE_PPPOE_SESSION,
  NEXT_ETHERNET,
  NEXT_LLC,
  NEXT_PPP,
  nestedLink,
  type Position,
  STOP_CUT,
  STOP_MALFORMED,
  STOP_UNKNOWN,
  step,
} from './position.ts'

const LINKTYPE_ETHERNET = 1
const ETHERNET_HEADER_BYTES = 14
/** Up to here the two bytes behind the addresses are a length (IEEE 802.3), and LLC follows. */
const MAX_802_3_LENGTH = 1500

/** AF_INET6 is another number on each system: Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS. */
const IPV6_FAMILIES: readonly number[] = [10, 23, 24, 28, 30]
const AF_INET = 2

/** @returns false when this tool does not know the link type. */
export function link(position: Position, headers: Headers, linkType: number): boolean {
  switch (linkType) {
    case 0:
      nullLoopback(position)
      break
    case LINKTYPE_ETHERNET:
      ethernet(position, headers)
      break
    case 9:
    case 50:
      ppp(position)
      break
    case 11: // What DLT_ATM_RFC1483 is on most systems: old files carry it.
    case 100:
      llc(position)
      break
    case 12: // DLT_RAW of most systems, of OpenBSD, and the number for files.
    case 14:
    case 101:
      rawIp(position)
      break
    case 51:
      position.next = ETHERTYPE_PPPOE_SESSION
      break
    case 104:
      ciscoHdlc(position)
      break
    case 105:
      ieee80211(position, headers)
      break
    case 107:
      frameRelay(position)
      break
    case 108:
      loop(position)
      break
    case 109:
      encapsulating(position)
      break
    case 113:
      linuxCooked(position, headers)
      break
    case 117:
      packetFilter(position)
      break
    case 119:
      prism(position)
      break
    case 127:
      radiotap(position, headers)
      break
    case 163:
      avs(position)
      break
    case 192:
      ppi(position)
      break
    case 204:
      step(position, 1, NEXT_PPP)
      break
    case 219:
      position.next = ETHERTYPE_MPLS
      break
    case 228:
      position.next = ETHERTYPE_IPV4
      break
    case 229:
      position.next = ETHERTYPE_IPV6
      break
    case 239:
      netfilterLog(position)
      break
    case 258:
      packetTap(position)
      break
    case 276:
      linuxCooked2(position, headers)
      break
    default:
      position.next = STOP_UNKNOWN
      return false
  }
  return true
}

/** IEEE 802.3 with an EtherType or with a length. */
export function ethernet(position: Position, headers: Headers): void {
  const at = position.at
  if (position.end - at < ETHERNET_HEADER_BYTES) {
    position.next = STOP_CUT
    return
  }
  headers.linkSourceHigh = u16be(position.bytes, at + 6)
  headers.linkSourceLow = i32be(position.bytes, at + 8)
  position.at = at + ETHERNET_HEADER_BYTES
  position.next = typeOrLength(u16be(position.bytes, at + 12))
}

/** What follows two bytes that are an EtherType or a length. */
export function typeOrLength(value: number): number {
  return value <= MAX_802_3_LENGTH ? NEXT_LLC : value
}

/** IEEE 802.2 LLC, with SNAP (IEEE 802 section 9): only what carries an EtherType, and LLC's own number for IP. */
function llc(position: Position): void {
  const { bytes, at, end } = position
  if (end - at < 3) {
    position.next = STOP_CUT
    return
  }
  const saps = u16be(bytes, at)
  const isUnnumbered = bytes[at + 2] === 3
  if (saps === 0x0606 && isUnnumbered) {
    step(position, 3, ETHERTYPE_IPV4)
    return
  }
  if (saps !== 0xaaaa || !isUnnumbered) {
    position.next = STOP_UNKNOWN
    return
  }
  if (end - at < 8) {
    position.next = STOP_CUT
    return
  }
  snap(position, at + 3)
}

/** Organisation and type; organisation 0, and 0000f8 of 802.1H bridges, mean an EtherType. */
function snap(position: Position, at: number): void {
  const bytes = position.bytes
  const organisation = ((bytes[at] as number) << 16) | u16be(bytes, at + 1)
  const type = u16be(bytes, at + 3)
  position.at = at + 5
  // RFC 2427 and RFC 2684: bridged Ethernet, with and without its check sequence; ATM puts two bytes of padding before it.
  if (organisation === 0x0080c2 && (type === 1 || type === 7)) {
    const hasPadding = position.end - position.at >= 2 && u16be(bytes, position.at) === 0
    step(position, hasPadding ? 2 : 0, NEXT_ETHERNET)
    return
  }
  position.next = organisation === 0 || organisation === 0x0000f8 ? type : STOP_UNKNOWN
}

/** BSD loopback: the address family in the order of the recording host. */
function nullLoopback(position: Position): void {
  if (position.end - position.at < 4) {
    position.next = STOP_CUT
    return
  }
  const value = i32le(position.bytes, position.at)
  // The upper half of a family is zero, so the half that is not tells the order.
  family(position, value & 0xffff ? value : i32be(position.bytes, position.at))
}

/** OpenBSD loopback: the address family in network order. */
function loop(position: Position): void {
  if (position.end - position.at < 4) {
    position.next = STOP_CUT
    return
  }
  family(position, i32be(position.bytes, position.at))
}

function family(position: Position, value: number): void {
  position.at += 4
  position.next = ofFamily(value)
}

function ofFamily(value: number): number {
  if (value === AF_INET) return ETHERTYPE_IPV4
  return IPV6_FAMILIES.includes(value) ? ETHERTYPE_IPV6 : STOP_UNKNOWN
}

/**
 * PPP (RFC 1661), in HDLC-like framing (RFC 1662) or without; address and control, and the first byte of the protocol,
 * may be left out.
 */
function ppp(position: Position): void {
  const { bytes, end } = position
  let at = position.at
  if (end - at >= 2) {
    const first = u16be(bytes, at)
    // 0f and 8f are Cisco's unicast and broadcast address.
    if (first === 0x0f00 || first === 0x8f00) {
      ciscoHdlc(position)
      return
    }
    if (first === 0xff03) at += 2
  }
  if (end - at < 2) {
    position.next = STOP_CUT
    return
  }
  const isShort = ((bytes[at] as number) & 1) !== 0
  const protocol = isShort ? (bytes[at] as number) : u16be(bytes, at)
  position.at = at + (isShort ? 1 : 2)
  switch (protocol) {
    case 0x0021:
      position.next = ETHERTYPE_IPV4
      break
    case 0x0057:
      position.next = ETHERTYPE_IPV6
      break
    case 0x0281:
      position.next = ETHERTYPE_MPLS
      break
    default:
      position.next = STOP_UNKNOWN
  }
}

/** Address, control, EtherType. */
function ciscoHdlc(position: Position): void {
  const at = position.at
  if (position.end - at < 4) position.next = STOP_CUT
  else step(position, 4, u16be(position.bytes, at + 2))
}

/** Q.922 address, then RFC 2427: the network layer's number, or SNAP; Cisco's framing has an EtherType there. */
function frameRelay(position: Position): void {
  const { bytes, end } = position
  let at = position.at
  // The lowest bit marks the last byte of the address, which has two to four.
  const addressEnd = Math.min(at + 4, end)
  while (at < addressEnd && ((bytes[at] as number) & 1) === 0) at++
  at++
  if (end - at < 2) {
    position.next = STOP_CUT
    return
  }
  if (bytes[at] !== 3) {
    position.at = at
    step(position, 2, u16be(bytes, at))
    return
  }
  if (bytes[at + 1] === 0) at++
  if (end - at < 2) {
    position.next = STOP_CUT
    return
  }
  const network = bytes[at + 1]
  position.at = at + 2
  if (network === 0xcc) position.next = ETHERTYPE_IPV4
  else if (network === 0x8e) position.next = ETHERTYPE_IPV6
  else if (network !== 0x80) position.next = STOP_UNKNOWN
  else if (end - at < 7) position.next = STOP_CUT
  else snap(position, at + 2)
}

/** OpenBSD's decrypted IPsec: address family in host order, SPI, flags. */
function encapsulating(position: Position): void {
  if (position.end - position.at < 12) {
    position.next = STOP_CUT
    return
  }
  const value = i32le(position.bytes, position.at)
  step(position, 12, ofFamily(value & 0xffff ? value : i32be(position.bytes, position.at)))
}

/** Linux "any" interface: packet type, hardware type, address, protocol. */
function linuxCooked(position: Position, headers: Headers): void {
  const { bytes, at } = position
  if (position.end - at < 16) {
    position.next = STOP_CUT
    return
  }
  if (u16be(bytes, at + 4) === 6) hardwareSource(headers, bytes, at + 6)
  step(position, 16, cookedProtocol(u16be(bytes, at + 14)))
}

/** The same, second version: protocol, interface, hardware type, packet type, address. */
function linuxCooked2(position: Position, headers: Headers): void {
  const { bytes, at } = position
  if (position.end - at < 20) {
    position.next = STOP_CUT
    return
  }
  if (bytes[at + 11] === 6) hardwareSource(headers, bytes, at + 12)
  step(position, 20, cookedProtocol(u16be(bytes, at)))
}

/** Linux has numbers of its own below the EtherTypes: 1 is raw 802.3, 4 is 802.2 LLC. */
function cookedProtocol(value: number): number {
  if (value === 4) return NEXT_LLC
  return value <= MAX_802_3_LENGTH ? STOP_UNKNOWN : value
}

function hardwareSource(headers: Headers, bytes: Uint8Array, at: number): void {
  headers.linkSourceHigh = u16be(bytes, at)
  headers.linkSourceLow = i32be(bytes, at + 2)
}

/** The log of OpenBSD's and FreeBSD's pf: own length, address family. */
function packetFilter(position: Position): void {
  const { bytes, at } = position
  if (position.end - at < 4) {
    position.next = STOP_CUT
    return
  }
  // The length leaves out the padding to whole words.
  const length = ((bytes[at] as number) + 3) & ~3
  if (length < 4) position.next = STOP_MALFORMED
  else step(position, length, ofFamily(bytes[at + 1] as number))
}

/** Linux netfilter's log: address family, then a list of values, one of which is the packet. */
function netfilterLog(position: Position): void {
  const { bytes, end } = position
  if (end - position.at < 4) {
    position.next = STOP_CUT
    return
  }
  const next = ofFamily(bytes[position.at] as number)
  let at = position.at + 4
  while (end - at >= 4) {
    const length = u16le(bytes, at)
    if (length < 4) {
      position.next = STOP_MALFORMED
      return
    }
    if (u16le(bytes, at + 2) === 9) {
      position.at = at + 4
      position.wireEnd = Math.min(position.wireEnd, at + length)
      position.end = Math.min(end, at + length)
      position.next = next
      return
    }
    at += (length + 3) & ~3
  }
  position.next = STOP_CUT
}

/** macOS' pktap: own length, record type, link type of what follows. */
function packetTap(position: Position): void {
  const { bytes, at } = position
  if (position.end - at < 12) {
    position.next = STOP_CUT
    return
  }
  const length = i32le(bytes, at)
  if (length < 12) position.next = STOP_MALFORMED
  else if (position.end - at < length) position.next = STOP_CUT
  else step(position, length, nestedLink(i32le(bytes, at + 8)))
}
