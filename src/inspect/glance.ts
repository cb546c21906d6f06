/** What a packet is at first sight, from the hot decode alone: for lists that must be drawn before anything is read whole. */
import { Decoder } from '../flow/decode.ts'
import { KIND_ARP, KIND_FRAGMENT, KIND_ICMP, KIND_TCP, KIND_UDP } from '../flow/headers.ts'
import type { RecordedPacket } from './inspect.ts'

export interface Glance {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmpv6' | 'arp' | 'fragment' | 'ip' | 'ipv6' | 'other'
  /** Of the innermost IP header; '' where there is none. */
  readonly source: string
  readonly destination: string
  /** Of TCP and UDP; 0 otherwise. */
  readonly sourcePort: number
  readonly destinationPort: number
  /** Of TCP. */
  readonly flags: number
  /** Bytes on the wire that TCP or UDP carries. */
  readonly payloadLength: number
}

export class Glancer {
  readonly #decoder = new Decoder()

  glance({ bytes, start, end, originalLength, linkType, number, timeNs }: RecordedPacket): Glance {
    const kind = this.#decoder.decode(bytes, start, end, originalLength, linkType, number, timeNs)
    const { headers, addresses } = this.#decoder
    const { family, source, destination } = headers
    const hasPorts = kind === KIND_TCP || kind === KIND_UDP
    return {
      protocol: protocolOf(kind, family),
      source: family === 0 ? '' : addresses.text(family, source),
      destination: family === 0 ? '' : addresses.text(family, destination),
      sourcePort: hasPorts ? headers.sourcePort : 0,
      destinationPort: hasPorts ? headers.destinationPort : 0,
      flags: kind === KIND_TCP ? headers.flags : 0,
      payloadLength: hasPorts ? headers.payloadLength : 0,
    }
  }
}

function protocolOf(kind: number, family: number): Glance['protocol'] {
  switch (kind) {
    case KIND_TCP:
      return 'tcp'
    case KIND_UDP:
      return 'udp'
    case KIND_ICMP:
      return family === 6 ? 'icmpv6' : 'icmp'
    case KIND_ARP:
      return 'arp'
    case KIND_FRAGMENT:
      return 'fragment'
    default:
      return family === 4 ? 'ip' : family === 6 ? 'ipv6' : 'other'
  }
}
