/** ICMP (RFC 792) and ICMPv6 (RFC 4443): type, code, MTU, and the packet that an error quotes. */
import { MAX_CHAINED_PARTS } from '../wire/limits.ts'
import type { Addresses } from './addresses.ts'
import { type Headers, KIND_ICMP, KIND_OTHER, KIND_TCP, KIND_UDP } from './headers.ts'
import { i32be, u16be } from './integers.ts'
import { extension, ipv4, ipv6, PROTOCOL_TCP, PROTOCOL_UDP } from './ip.ts'
import { IP_PROTOCOL, NEXT_FRAGMENT, type Position, STOP_CUT, STOP_DONE } from './position.ts'

const ICMP_HEADER_BYTES = 4
/** An error has four bytes more before what it quotes. */
const ERROR_HEADER_BYTES = 8
/** The field has 32 bits, but an integer beyond this would change the shape of {@link Headers}. */
const LARGEST_MTU = 0x7fff_ffff

/** @returns the kind; `headers.icmpQuotes` says whether `quoted` holds a packet. */
export function icmp(position: Position, headers: Headers, quoted: Headers, addresses: Addresses): number {
  const { bytes, at } = position
  if (position.end - at < ICMP_HEADER_BYTES) {
    position.next = STOP_CUT
    return KIND_OTHER
  }
  const type = bytes[at] as number
  const code = bytes[at + 1] as number
  const isVersion6 = headers.family === 6
  headers.icmpType = type
  headers.icmpCode = code
  headers.icmpMtu = 0
  headers.icmpQuotes = false
  headers.payload = at
  headers.payloadEnd = position.end
  headers.payloadLength = position.wireEnd - at
  position.next = STOP_DONE
  const isError = isVersion6
    ? type >= 1 && type <= 4
    : type === 3 || type === 4 || type === 5 || type === 11 || type === 12
  if (!isError || position.end - at < ERROR_HEADER_BYTES) return KIND_ICMP
  if (isVersion6 && type === 2) headers.icmpMtu = Math.min(i32be(bytes, at + 4) >>> 0, LARGEST_MTU)
  if (!isVersion6 && type === 3 && code === 4) headers.icmpMtu = u16be(bytes, at + 6)
  position.at = at + ERROR_HEADER_BYTES
  quote(position, headers, quoted, addresses)
  position.next = STOP_DONE
  return KIND_ICMP
}

/** Reads the quoted packet as far as it goes: its ports are enough, the sequence number is welcome. */
function quote(position: Position, headers: Headers, quoted: Headers, addresses: Addresses): void {
  resetQuote(quoted, position.bytes)
  if (headers.family === 6) ipv6(position, quoted, addresses)
  else ipv4(position, quoted)
  for (let count = 0; count < MAX_CHAINED_PARTS && position.next >= IP_PROTOCOL; count++) {
    if (position.next === NEXT_FRAGMENT) {
      // Only the first fragment has ports.
      if (position.fragmentOffset !== 0) return
      position.next = IP_PROTOCOL + position.fragmentProtocol
    }
    if (!extension(position, quoted, position.next - IP_PROTOCOL)) break
  }
  const { bytes, at, end } = position
  if (position.next < IP_PROTOCOL || end - at < 4) return
  if (quoted.protocol === PROTOCOL_TCP) quoteTcp(bytes, at, end, position.wireEnd, quoted)
  else if (quoted.protocol === PROTOCOL_UDP) quoteUdp(at, end, position.wireEnd, quoted)
  else return
  quoted.sourcePort = u16be(bytes, at)
  quoted.destinationPort = u16be(bytes, at + 2)
  headers.icmpQuotes = true
}

function quoteTcp(bytes: Uint8Array, at: number, end: number, wireEnd: number, quoted: Headers): void {
  quoted.kind = KIND_TCP
  quoted.tcpStart = at
  if (end - at < 8) return
  quoted.sequence = i32be(bytes, at + 4)
  if (end - at < 16) return
  quoted.acknowledgement = i32be(bytes, at + 8)
  quoted.flags = u16be(bytes, at + 12) & 0xfff
  quoted.window = u16be(bytes, at + 14)
  const payload = at + (((bytes[at + 12] as number) >> 4) << 2)
  quoted.payload = Math.min(payload, end)
  quoted.payloadLength = Math.max(0, wireEnd - payload)
}

function quoteUdp(at: number, end: number, wireEnd: number, quoted: Headers): void {
  quoted.kind = KIND_UDP
  quoted.payload = Math.min(at + 8, end)
  quoted.payloadEnd = end
  quoted.payloadLength = Math.max(0, wireEnd - at - 8)
}

/** What the quoted packet does not hold must not stay from the one before. */
function resetQuote(quoted: Headers, bytes: Uint8Array): void {
  quoted.kind = KIND_OTHER
  quoted.bytes = bytes
  quoted.family = 0
  quoted.fragments = 0
  quoted.sourcePort = 0
  quoted.destinationPort = 0
  quoted.payload = 0
  quoted.payloadEnd = 0
  quoted.payloadLength = 0
  quoted.sequence = 0
  quoted.acknowledgement = 0
  quoted.flags = 0
  quoted.window = 0
  quoted.tcpStart = 0
}
