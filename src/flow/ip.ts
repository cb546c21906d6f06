/** IPv4 (RFC 791) and IPv6 (RFC 8200) headers: the hot decode. Each moves the position behind the header that it reads. */

import {
  PROTOCOL_AUTHENTICATION,
  PROTOCOL_DESTINATION_OPTIONS,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HIP,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_MOBILITY,
  PROTOCOL_ROUTING,
  PROTOCOL_SHIM6,
} from '../wire/following.ts'
import type { Addresses } from './addresses.ts'
import type { Headers } from './headers.ts'
import { i32be, u16be } from './integers.ts'
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  IP_PROTOCOL,
  NEXT_FRAGMENT,
  type Position,
  STOP_CUT,
  STOP_MALFORMED,
  STOP_UNKNOWN,
} from './position.ts'

/** What IP carries. */
export {
  PROTOCOL_ESP,
  PROTOCOL_ETHERIP,
  PROTOCOL_ETHERNET,
  PROTOCOL_GRE,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_IPV4,
  PROTOCOL_IPV6,
  PROTOCOL_MPLS,
  PROTOCOL_NONE,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../wire/following.ts'

export const IPV4_HEADER_BYTES = 20
export const IPV6_HEADER_BYTES = 40

/** Also the least length of an extension header. */
const FRAGMENT_HEADER_BYTES = 8
/** More fragments, and a fragment offset. */
const IPV4_FRAGMENT_BITS = 0x3fff

/** Raw IP: the first four bits say which. */
export function rawIp(position: Position): void {
  if (position.at >= position.end) {
    position.next = STOP_CUT
    return
  }
  const version = (position.bytes[position.at] as number) >> 4
  position.next = version === 4 ? ETHERTYPE_IPV4 : version === 6 ? ETHERTYPE_IPV6 : STOP_UNKNOWN
}

export function ipv4(position: Position, headers: Headers): void {
  const bytes = position.bytes
  const at = position.at
  if (position.end - at < IPV4_HEADER_BYTES) {
    position.next = STOP_CUT
    return
  }
  const first = bytes[at] as number
  const headerLength = (first & 15) << 2
  const totalLength = u16be(bytes, at + 2)
  if (first >> 4 !== 4 || headerLength < IPV4_HEADER_BYTES || (totalLength < headerLength && totalLength !== 0)) {
    position.next = STOP_MALFORMED
    return
  }
  // A total length of 0 comes from segmentation offload: then all that is there belongs to the datagram.
  const wireEnd = totalLength === 0 ? position.wireEnd : at + totalLength
  position.wireEnd = wireEnd
  if (wireEnd < position.end) position.end = wireEnd
  const fragment = u16be(bytes, at + 6)
  const protocol = bytes[at + 9] as number
  headers.family = 4
  headers.ipStart = at
  headers.source = i32be(bytes, at + 12)
  headers.destination = i32be(bytes, at + 16)
  headers.ttl = bytes[at + 8] as number
  headers.ipId = u16be(bytes, at + 4)
  headers.dontFragment = (fragment & 0x4000) !== 0
  headers.protocol = protocol
  const headerEnd = at + headerLength
  position.at = headerEnd
  if (headerEnd > position.end) {
    position.next = STOP_CUT
    return
  }
  if ((fragment & IPV4_FRAGMENT_BITS) === 0) {
    position.next = IP_PROTOCOL + protocol
    return
  }
  position.fragmentId = headers.ipId
  position.fragmentOffset = (fragment & 0x1fff) << 3
  position.fragmentMore = (fragment & 0x2000) !== 0
  position.fragmentProtocol = protocol
  position.fragmentHeaderEnd = headerEnd
  position.next = NEXT_FRAGMENT
}

export function ipv6(position: Position, headers: Headers, addresses: Addresses): void {
  const bytes = position.bytes
  const at = position.at
  if (position.end - at < IPV6_HEADER_BYTES) {
    position.next = STOP_CUT
    return
  }
  if ((bytes[at] as number) >> 4 !== 6) {
    position.next = STOP_MALFORMED
    return
  }
  const payloadLength = u16be(bytes, at + 4)
  const headerEnd = at + IPV6_HEADER_BYTES
  // 0 stands for a jumbogram or for segmentation offload: then all that is there belongs to the datagram.
  const wireEnd = payloadLength === 0 ? position.wireEnd : headerEnd + payloadLength
  position.wireEnd = wireEnd
  if (wireEnd < position.end) position.end = wireEnd
  headers.family = 6
  headers.ipStart = at
  headers.source = addresses.intern(bytes, at + 8)
  headers.destination = addresses.intern(bytes, at + 24)
  headers.ttl = bytes[at + 7] as number
  headers.ipId = -1
  headers.dontFragment = false
  const protocol = bytes[at + 6] as number
  headers.protocol = protocol
  position.at = headerEnd
  position.next = IP_PROTOCOL + protocol
}

/**
 * Extension headers of IPv6 (RFC 8200 section 4) and the authentication header (RFC 4302), which IPv4 knows too.
 * @returns false when `protocol` is none of them.
 */
export function extension(position: Position, headers: Headers, protocol: number): boolean {
  switch (protocol) {
    case PROTOCOL_AUTHENTICATION:
      break
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_FRAGMENT:
    case PROTOCOL_DESTINATION_OPTIONS:
    case PROTOCOL_MOBILITY:
    case PROTOCOL_HIP:
    case PROTOCOL_SHIM6:
      if (headers.family === 6) break
      return false
    default:
      return false
  }
  const bytes = position.bytes
  const at = position.at
  if (position.end - at < FRAGMENT_HEADER_BYTES) {
    position.next = STOP_CUT
    return true
  }
  const following = bytes[at] as number
  headers.protocol = following
  position.next = IP_PROTOCOL + following
  if (protocol === PROTOCOL_FRAGMENT) {
    position.at = at + FRAGMENT_HEADER_BYTES
    const fragment = u16be(bytes, at + 2)
    // An atomic fragment (RFC 6946) is a whole datagram.
    if ((fragment & 0xfff9) === 0) return true
    position.fragmentId = i32be(bytes, at + 4)
    position.fragmentOffset = fragment & 0xfff8
    position.fragmentMore = (fragment & 1) !== 0
    position.fragmentProtocol = following
    position.fragmentHeaderEnd = at
    position.next = NEXT_FRAGMENT
    return true
  }
  const units = bytes[at + 1] as number
  position.at = at + (protocol === PROTOCOL_AUTHENTICATION ? (units + 2) << 2 : (units + 1) << 3)
  if (position.at > position.end) position.next = STOP_CUT
  return true
}
