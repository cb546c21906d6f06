/**
 * The hot decode: one packet in, integers and offsets out, through link layers and tunnels to the innermost flow. Nothing
 * here allocates for a packet of TCP or UDP; what does (fragments, ARP) is rare.
 */
import { MAX_PACKET_HEADERS, MAX_TUNNEL_DEPTH } from '../wire/limits.ts'
import { Addresses } from './addresses.ts'
import type { ContestedAddress, NeighbourNote, QualityNote, TunnelNote } from './conversation.ts'
import { DecodeQuality } from './decode-quality.ts'
import { Defragmenter, type FragmentedDatagram } from './defragment.ts'
import { Headers, KIND_FRAGMENT, KIND_OTHER, KIND_TCP, KIND_UDP } from './headers.ts'
import { icmp } from './icmp.ts'
import {
  extension,
  ipv4,
  ipv6,
  PROTOCOL_ESP,
  PROTOCOL_ETHERIP,
  PROTOCOL_ETHERNET,
  PROTOCOL_GRE,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_IPV4,
  PROTOCOL_IPV6,
  PROTOCOL_MPLS,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from './ip.ts'
import { ethernet, link } from './link.ts'
import { ethertype } from './link-ethertype.ts'
import { NEIGHBOUR_ADVERTISEMENT, NEIGHBOUR_SOLICITATION, Neighbours } from './neighbours.ts'
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_MPLS,
  IP_PROTOCOL,
  LINK,
  NEXT_ETHERNET,
  NEXT_FRAGMENT,
  Position,
  STOP_CUT,
  STOP_DONE,
  STOP_MALFORMED,
  STOP_TOO_DEEP,
  STOP_UNKNOWN,
  step,
} from './position.ts'
import { tcp, udp } from './transport.ts'
import { gre, udpTunnel } from './tunnel.ts'
import { EspPairs } from './vpn.ts'

const LINKTYPE_ETHERNET = 1
/** A file may claim up to 2^32; beyond 2^31 a sum with it would change the shape of {@link Position}. */
const LARGEST_WIRE_BYTES = 0x3fff_ffff

export class Decoder {
  /** The result, reused: valid until the next packet. */
  readonly headers = new Headers()
  /** What an ICMP error quotes, when `headers.icmpQuotes`. */
  readonly quoted = new Headers()
  readonly addresses: Addresses
  private readonly neighbours: Neighbours
  private readonly esp: EspPairs
  private readonly defragmenter: Defragmenter
  private readonly counts = new DecodeQuality()
  private readonly position = new Position()

  /**
   * @param fragmented is told about each datagram that came in fragments, once, when its fate is known: after the packet
   * that completed it was handed out, so that its flow is known by then.
   */
  constructor(fragmented: (datagram: FragmentedDatagram) => void = () => {}, addresses = new Addresses()) {
    this.addresses = addresses
    this.neighbours = new Neighbours(addresses)
    this.esp = new EspPairs(addresses)
    this.defragmenter = new Defragmenter(fragmented)
  }

  /**
   * Decodes bytes[start, end), captured of `originalLength` on the wire, into `headers`. Never throws.
   * @param linkType LINKTYPE_ number (tcpdump.org/linktypes.html).
   * @returns `headers.kind`.
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    linkType: number,
    packet: number,
    timeNs: number,
  ): number {
    const headers = this.headers
    const position = this.position
    if (this.defragmenter.untold !== null) this.defragmenter.tellCompleted()
    headers.kind = KIND_OTHER
    headers.bytes = bytes
    headers.family = 0
    headers.fragments = 0
    headers.payload = end
    headers.payloadEnd = end
    headers.payloadLength = 0
    headers.icmpQuotes = false
    headers.tunnels = 0
    headers.linkSourceHigh = -1
    headers.linkSourceLow = -1
    position.bytes = bytes
    position.at = start
    position.end = end
    position.wireEnd = Math.max(start + Math.min(originalLength, LARGEST_WIRE_BYTES), end)
    // The straight way of nearly all packets: Ethernet, IPv4, TCP, without a turn of the loop.
    if (linkType === LINKTYPE_ETHERNET) {
      ethernet(position, headers)
      if (position.next === ETHERTYPE_IPV4) {
        ipv4(position, headers)
        if (position.next === IP_PROTOCOL + PROTOCOL_TCP) headers.kind = tcp(position, headers)
      }
    } else if (linkType >= 0 && linkType < LINK) {
      position.next = LINK + linkType
    } else {
      // What other formats than pcap have, and pcap has no number for.
      position.next = STOP_UNKNOWN
      this.counts.unknownLinkType(linkType)
    }
    if (position.next !== STOP_DONE) headers.kind = this.walk(packet, timeNs)
    return headers.kind
  }

  /** The capture ends: tells about the datagrams that still wait for fragments. */
  flush(): void {
    this.defragmenter.flush()
  }

  /** What ARP and neighbour discovery showed so far. */
  neighbourNotes(): NeighbourNote[] {
    return this.neighbours.notes()
  }

  /** Addresses that more than one hardware address claimed so far. */
  contestedAddresses(): ContestedAddress[] {
    return this.neighbours.contested()
  }

  /** Who carried a VPN's packets without ports so far. */
  tunnelNotes(): TunnelNote[] {
    return this.esp.notes()
  }

  /** What could not be decoded so far, and limits that were reached. */
  quality(): QualityNote[] {
    return this.counts.notes(this.addresses, this.defragmenter, this.neighbours, this.esp)
  }

  /** Header by header, until one says that it is the last. */
  private walk(packet: number, timeNs: number): number {
    const position = this.position
    let kind = KIND_OTHER
    for (let count = 0; position.next >= 0; count++) {
      if (count >= MAX_PACKET_HEADERS) position.next = STOP_TOO_DEEP
      else if (position.next === NEXT_FRAGMENT) {
        if (!this.defragmenter.add(position, this.headers, packet, timeNs)) return KIND_FRAGMENT
      } else if (position.next >= IP_PROTOCOL) kind = this.carried(position.next - IP_PROTOCOL, packet, timeNs)
      else if (position.next >= LINK) this.linkLayer(position.next - LINK)
      else kind = this.network(position.next, packet, timeNs)
    }
    if (position.next === STOP_DONE) {
      if (this.headers.fragments > 0 && (kind === KIND_TCP || kind === KIND_UDP))
        this.defragmenter.identify(this.headers)
      return kind
    }
    // Where all that was on the wire is there, it is the packet that is too short.
    const isShort = position.next === STOP_CUT && position.end >= position.wireEnd
    this.counts.stopped(isShort ? STOP_MALFORMED : position.next)
    return KIND_OTHER
  }

  private linkLayer(linkType: number): void {
    if (!link(this.position, this.headers, linkType)) this.counts.unknownLinkType(linkType)
  }

  /** By EtherType. */
  private network(type: number, packet: number, timeNs: number): number {
    const { position, headers } = this
    if (type === ETHERTYPE_IPV4) ipv4(position, headers)
    else if (type === ETHERTYPE_IPV6) ipv6(position, headers, this.addresses)
    else if (type === ETHERTYPE_ARP) return this.neighbours.arp(position, headers, packet, timeNs)
    else if (ethertype(position, type)) this.enterTunnel(position.next)
    return KIND_OTHER
  }

  /** By the number of the protocol that an IP header carries. */
  private carried(protocol: number, packet: number, timeNs: number): number {
    const { position, headers } = this
    switch (protocol) {
      case PROTOCOL_TCP:
        return tcp(position, headers)
      case PROTOCOL_UDP: {
        const kind = udp(position, headers)
        if (position.next === STOP_DONE && udpTunnel(position, headers)) this.enterTunnel(position.next)
        return kind
      }
      case PROTOCOL_ICMP:
      case PROTOCOL_ICMPV6:
        return this.controlMessage(protocol, packet, timeNs)
      case PROTOCOL_IPV4:
        this.enterTunnel(ETHERTYPE_IPV4)
        break
      case PROTOCOL_IPV6:
        this.enterTunnel(ETHERTYPE_IPV6)
        break
      case PROTOCOL_MPLS:
        this.enterTunnel(ETHERTYPE_MPLS)
        break
      case PROTOCOL_ETHERNET:
        this.enterTunnel(NEXT_ETHERNET)
        break
      case PROTOCOL_ETHERIP:
        // RFC 3378: two bytes of version before the frame.
        step(position, 2, NEXT_ETHERNET)
        if (position.next >= 0) this.enterTunnel(position.next)
        break
      case PROTOCOL_GRE:
        if (gre(position)) this.enterTunnel(position.next)
        break
      case PROTOCOL_ESP:
        this.esp.packet(headers, packet, timeNs)
        position.next = STOP_UNKNOWN
        break
      default:
        if (!extension(position, headers, protocol)) position.next = STOP_UNKNOWN
    }
    return KIND_OTHER
  }

  private controlMessage(protocol: number, packet: number, timeNs: number): number {
    const { position, headers } = this
    // Each version of IP has its own; the other one's means nothing there.
    if ((headers.family === 6) !== (protocol === PROTOCOL_ICMPV6)) {
      position.next = STOP_UNKNOWN
      return KIND_OTHER
    }
    const start = position.at
    const kind = icmp(position, headers, this.quoted, this.addresses)
    const isDiscovery = headers.icmpType === NEIGHBOUR_SOLICITATION || headers.icmpType === NEIGHBOUR_ADVERTISEMENT
    if (protocol === PROTOCOL_ICMPV6 && position.next === STOP_DONE && isDiscovery) {
      position.at = start
      this.neighbours.discovery(position, headers, packet, timeNs)
    }
    return kind
  }

  /** What the outer packet said does not hold inside. */
  private enterTunnel(next: number): void {
    const headers = this.headers
    headers.family = 0
    headers.sourcePort = 0
    headers.destinationPort = 0
    headers.payload = this.position.end
    headers.payloadEnd = this.position.end
    headers.payloadLength = 0
    headers.tunnels++
    this.position.next = headers.tunnels > MAX_TUNNEL_DEPTH ? STOP_TOO_DEEP : next
  }
}
