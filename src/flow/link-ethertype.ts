/** What lies between an EtherType and the network layer: VLAN tags, MPLS labels, PPPoE, and vendors' tags. */
import { MAX_CHAINED_PARTS } from '../wire/limits.ts'
import { u16be } from './integers.ts'
import { rawIp } from './ip.ts'
import { typeOrLength } from './link.ts'
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_MPLS,
  ETHERTYPE_NSH,
  ETHERTYPE_PPPOE_SESSION,
  NEXT_ETHERNET,
  NEXT_PPP,
  type Position,
  STOP_CUT,
  STOP_MALFORMED,
  STOP_TOO_DEEP,
  STOP_UNKNOWN,
  step,
} from './position.ts'
import { looksLikeEthernet } from './tunnel.ts'

const MPLS_LABEL_BYTES = 4
const PPPOE_HEADER_BYTES = 6
/** RFC 8300 section 2.2: by number. */
const SERVICE_PROTOCOLS = [STOP_UNKNOWN, ETHERTYPE_IPV4, ETHERTYPE_IPV6, NEXT_ETHERNET, STOP_UNKNOWN, ETHERTYPE_MPLS]

/** @returns whether a tunnel begins: another Ethernet frame or IP packet, of another network, inside. */
export function ethertype(position: Position, type: number): boolean {
  switch (type) {
    case 0x8100: // IEEE 802.1Q
    case 0x88a8: // IEEE 802.1ad
    case 0x9100: // The numbers that stacked tags had before the standard.
    case 0x9200:
    case 0x9300:
      tag(position, 2)
      return false
    case 0x8909: // Cisco metadata: security group tags.
      tag(position, 6)
      return false
    case 0x893f: // IEEE 802.1BR E-TAG
      tag(position, 6)
      return false
    case 0x8926: // VN-Tag
      tag(position, 4)
      return false
    case 0x88e7: // IEEE 802.1ah: provider backbone bridges
      step(position, 4, NEXT_ETHERNET)
      return true
    case 0x88e5:
      macSecurity(position)
      return false
    case ETHERTYPE_NSH:
      return serviceHeader(position)
    case ETHERTYPE_MPLS:
    case 0x8848:
      return mpls(position)
    case ETHERTYPE_PPPOE_SESSION:
      pppoe(position)
      return false
    default:
      position.next = STOP_UNKNOWN
      return false
  }
}

/** A tag of so many bytes, behind which the EtherType of what it marks stands. */
function tag(position: Position, length: number): void {
  const { bytes, at } = position
  if (position.end - at < length + 2) position.next = STOP_CUT
  else step(position, length + 2, typeOrLength(u16be(bytes, at + length)))
}

/** RFC 3032. What lies below the labels has no type of its own: its first four bits must say. */
function mpls(position: Position): boolean {
  const { bytes, end } = position
  let at = position.at
  let isBottom = false
  for (let labels = 0; !isBottom && end - at >= MPLS_LABEL_BYTES; labels++) {
    if (labels >= MAX_CHAINED_PARTS) {
      position.next = STOP_TOO_DEEP
      return false
    }
    isBottom = ((bytes[at + 2] as number) & 1) !== 0
    at += MPLS_LABEL_BYTES
  }
  if (!isBottom || at >= end) {
    position.next = STOP_CUT
    return false
  }
  position.at = at
  if (looksLikeEthernet(bytes, at, end)) {
    position.next = NEXT_ETHERNET
    return true
  }
  // RFC 4385: a control word begins with four zero bits; behind it the frame of the pseudowire.
  if ((bytes[at] as number) >> 4 === 0) {
    if (looksLikeEthernet(bytes, at + 4, end)) {
      step(position, 4, NEXT_ETHERNET)
      return true
    }
    position.next = STOP_UNKNOWN
    return false
  }
  rawIp(position)
  return false
}

/** RFC 2516: version and type, code 0 in a session, session, length, then PPP without framing. */
function pppoe(position: Position): void {
  const { bytes, at } = position
  if (position.end - at < PPPOE_HEADER_BYTES) {
    position.next = STOP_CUT
    return
  }
  if (bytes[at] !== 0x11 || bytes[at + 1] !== 0) {
    position.next = STOP_MALFORMED
    return
  }
  step(position, PPPOE_HEADER_BYTES, NEXT_PPP)
}

/** RFC 8300: service function chaining. Length in words, next protocol, service path. */
function serviceHeader(position: Position): boolean {
  const { bytes, at } = position
  if (position.end - at < 8) {
    position.next = STOP_CUT
    return false
  }
  const length = ((bytes[at + 1] as number) & 0x3f) * 4
  const next = SERVICE_PROTOCOLS[bytes[at + 3] as number] ?? STOP_UNKNOWN
  if (length < 8) position.next = STOP_MALFORMED
  else step(position, length, next)
  return position.next >= 0
}

/** IEEE 802.1AE, where it only protects against changes: tag control with an optional channel, then the EtherType. */
function macSecurity(position: Position): void {
  const { bytes, at, end } = position
  if (end - at < 1) {
    position.next = STOP_CUT
    return
  }
  const control = bytes[at] as number
  const isEncryptedOrChanged = (control & 0x0c) !== 0
  if (isEncryptedOrChanged) position.next = STOP_UNKNOWN
  else tag(position, control & 0x20 ? 14 : 6)
}
