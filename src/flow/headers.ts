/** The hot decode's result: one object, reused for every packet. Integers and offsets only. */
import { NO_BYTES } from '../wire/bytes.ts'

export const KIND_OTHER = 0
export const KIND_TCP = 1
export const KIND_UDP = 2
export const KIND_ICMP = 3
export const KIND_ARP = 4
/** A fragment of a datagram that is not complete (yet). */
export const KIND_FRAGMENT = 5

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10

export class Headers {
  kind = KIND_OTHER
  /** What all offsets below point into: the window of the capture, or a datagram put together from fragments. */
  bytes: Uint8Array = NO_BYTES
  /** 4, 6, or 0 when it is not IP. */
  family = 0
  /** IPv4: the address as int32. IPv6: its number in {@link Addresses}. */
  source = 0
  destination = 0
  ttl = 0
  /** IPv4 identification; -1 in IPv6. */
  ipId = -1
  dontFragment = false
  /** The datagram came in this many fragments; 0 = whole. */
  fragments = 0
  /** IP protocol number of what the IP header carries. */
  protocol = 0
  /** Where the innermost IP header starts. */
  ipStart = 0
  sourcePort = 0
  destinationPort = 0
  /** Captured payload of TCP or UDP: bytes[payload, payloadEnd). */
  payload = 0
  payloadEnd = 0
  /** Payload bytes on the wire: more than captured when the snap length cut the packet. */
  payloadLength = 0

  /** TCP: sequence and acknowledgement as int32. */
  sequence = 0
  acknowledgement = 0
  /** Twelve bits: RFC 3168 and the reserved ones too. */
  flags = 0
  /** Not scaled. */
  window = 0
  /** Where the TCP header starts. */
  tcpStart = 0
  /** Options; -1 when absent. */
  mss = -1
  windowScale = -1
  sackPermitted = false
  hasTimestamps = false
  timestampValue = 0
  timestampEcho = 0
  /** SACK blocks: left and right edges as int32. */
  sackBlocks = 0
  readonly sackLeft = new Int32Array(4)
  readonly sackRight = new Int32Array(4)

  /** ICMP, or ICMPv6 when `family` is 6; what it quotes is in `quoted` of the decoder. */
  icmpType = 0
  icmpCode = 0
  icmpMtu = 0
  /** The quoted packet was understood up to its ports. */
  icmpQuotes = false

  /** Tunnels passed through on the way in. */
  tunnels = 0
  /** Source hardware address: upper 16 and lower 32 bits; -1, -1 where the link has none. */
  linkSourceHigh = -1
  linkSourceLow = -1
}
