/**
 * The headers of a packet, one layer each, from the link up to TCP and UDP, through tunnels, datagrams that came in
 * fragments, and the packets that ICMP errors quote.
 */
import { dataRoot, readData } from '../../dissectors/data.ts'
import { headerDissectors } from '../../dissectors/headers.ts'
import { readTcp } from '../../dissectors/tcp.ts'
import { readUdp } from '../../dissectors/udp.ts'
import { vlan } from '../../dissectors/vlan.ts'
import { vxlan } from '../../dissectors/vxlan.ts'
import { Addresses } from '../flow/addresses.ts'
import { Headers, KIND_TCP } from '../flow/headers.ts'
import { Position } from '../flow/position.ts'
import { tcp } from '../flow/transport.ts'
import { gre, udpTunnel } from '../flow/tunnel.ts'
import { type Field, Node } from '../wire/field.ts'
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  IP_PROTOCOL,
  LINK,
  NEXT_FRAGMENT,
  NEXT_WLAN,
  PROTOCOL_GRE,
  PROTOCOL_HIP,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_IPV4,
  PROTOCOL_IPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  STOP_CUT,
  STOP_DONE,
  STOP_MALFORMED,
  STOP_TOO_DEEP,
  STOP_UNKNOWN,
} from '../wire/following.ts'
import { type Header, Trail } from '../wire/header.ts'
import { MAX_PACKET_HEADERS, MAX_TUNNEL_DEPTH } from '../wire/limits.ts'
import { CUT_BY_CAPTURE, CUT_BY_FRAME, Pdu } from '../wire/pdu.ts'
import { bareProtocol, controlWord, radiotap, stepOver, tunnelProtocol, wlan, wrapping } from './bare-headers.ts'
import { Conversations } from './conversations.ts'
import { Fragments, readFragments } from './fragments.ts'
import type { ByteSource, InspectedLayer } from './packet.ts'
import { TcpConnections } from './tcp-connections.ts'

/** A packet as recorded. */
export interface WalkedPacket {
  readonly bytes: Uint8Array
  readonly originalLength: number
  readonly linkType: number
  /** Bytes of frame check sequence; -1 = not known. */
  readonly fcsLength: number
  readonly number: number
  readonly timeNs: number
}

/** What TCP or UDP carries. */
export interface Payload {
  readonly transport: 'tcp' | 'udp'
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly source: ByteSource
}

/** What the walk over one packet found. */
export interface Walk {
  readonly layers: InspectedLayer[]
  /** Names of its protocols in Wireshark's manner, from the outside in. */
  readonly protocols: string[]
  readonly conversation: number
  readonly transport: 'tcp' | 'udp' | null
  /** Of the innermost TCP or UDP header that the packet itself sends; null when it carries nothing. */
  readonly payload: Payload | null
}

/** Who may have bytes behind the packet that it carries. */
interface Framing {
  readonly header: Header
  readonly tree: Node
  readonly bytes: Uint8Array
  /** Of the frame, before the tags. */
  readonly start: number
}

/** The number of the n-th conversation (from 0) that a walk meets: another one where it meets a choice of them alone. */
export type Numbering = (transport: 'tcp' | 'udp', nth: number) => number

const AS_THEY_COME: Numbering = (_, nth) => nth

export class HeaderWalk {
  private readonly addresses = new Addresses()
  private readonly fragments = new Fragments()
  private readonly connections: TcpConnections
  private readonly exchanges: Conversations<number>
  private readonly pdu = new Pdu()
  private readonly trail = new Trail()
  private readonly position = new Position()
  private readonly headers = new Headers()
  // The packet at hand.
  private packet: WalkedPacket | null = null
  private isWatched = true
  private bytes: Uint8Array = new Uint8Array(0)
  private source: ByteSource = 'packet'
  private at = 0
  private layers: InspectedLayer[] = []
  private protocols: string[] = []
  private framing: Framing | null = null
  private tunnels = 0
  /** An ICMP error quotes what is being read. */
  private isQuoted = false
  private conversation = -1
  private transport: 'tcp' | 'udp' | null = null
  private payload: Payload | null = null
  /** Of the innermost IP header: the tree, and what was known before it. */
  private network: Node | null = null

  constructor(numbering: Numbering = AS_THEY_COME) {
    this.connections = new TcpConnections(nth => numbering('tcp', nth))
    this.exchanges = new Conversations<number>(nth => numbering('udp', nth))
  }

  /** @param isWatched its trees are wanted; otherwise it is only followed. */
  walk(packet: WalkedPacket, isWatched = true): Walk {
    this.isWatched = isWatched
    const { bytes, originalLength, linkType, fcsLength } = packet
    this.packet = packet
    this.bytes = bytes
    this.source = 'packet'
    this.at = 0
    this.layers = []
    this.protocols = []
    this.framing = null
    this.tunnels = 0
    this.isQuoted = false
    this.conversation = -1
    this.transport = null
    this.payload = null
    this.network = null
    const { trail } = this
    const next = linkType >= 0 && linkType < LINK ? LINK + linkType : STOP_UNKNOWN
    trail.begin(0, bytes.length, originalLength, next, fcsLength)
    for (let count = 0; trail.next >= 0; count++) {
      if (count >= MAX_PACKET_HEADERS) trail.next = STOP_TOO_DEEP
      else if (trail.next === NEXT_FRAGMENT) this.fragment()
      else this.one()
    }
    if (this.payload === null) this.rest()
    const { layers, protocols, conversation, transport, payload } = this
    return { layers, protocols, conversation, transport, payload }
  }

  private one(): void {
    const { trail } = this
    const { next } = trail
    if (next === IP_PROTOCOL + PROTOCOL_TCP) this.tcp()
    else if (next === IP_PROTOCOL + PROTOCOL_UDP) this.udp()
    else if (next === IP_PROTOCOL + PROTOCOL_GRE) this.gre()
    else if (next === LINK + 127) this.radiotap()
    else {
      const header = headerDissectors.get(next) ?? null
      if (header === null) this.bare(next)
      else if (isOutOfPlace(next, trail.family)) trail.next = STOP_UNKNOWN
      else this.read(header, next)
    }
  }

  private read(header: Header, next: number): void {
    const { trail } = this
    if (next === ETHERTYPE_IPV4 || next === ETHERTYPE_IPV6) this.network = null
    if (next === IP_PROTOCOL + PROTOCOL_IPV4 || next === IP_PROTOCOL + PROTOCOL_IPV6) this.enterTunnel()
    if (trail.next < 0) return
    const { end } = trail
    const isNetwork = header.root.name === 'ip' || header.root.name === 'ipv6'
    const tree = this.layer(header.root, () => header.read(this.pdu, trail))
    if (header.trailer !== null) {
      const start = header === vlan ? (this.framing?.start ?? tree.start) : tree.start
      this.framing = { header, tree, bytes: this.bytes, start }
    }
    if (trail.end < end && this.framing !== null) this.trailer(this.framing, end)
    if (isNetwork && trail.next !== STOP_CUT) this.address(tree)
    const isLink = next < IP_PROTOCOL && !isNetwork
    if (isLink && trail.next >= 0 && trail.next < LINK && hasEtherType(header.root.name))
      this.protocols.push('ethertype')
    if (header.root.name === 'mpls') this.belowLabels()
    if (header.root.name.startsWith('icmp') && trail.next >= 0) this.isQuoted = true
  }

  /** Reads one header at the place reached, as a layer of its own. */
  private layer(root: Field, read: () => void, limit = this.trail.end): Node {
    const { pdu, trail, bytes, at } = this
    const end = Math.max(at, limit)
    pdu.reset(bytes, at, end, end < trail.wireEnd ? CUT_BY_CAPTURE : CUT_BY_FRAME)
    const tree = this.isWatched ? pdu.watch(root) : new Node(root, at, end, '')
    read()
    const isWhole = trail.next !== STOP_CUT && trail.next !== STOP_MALFORMED
    this.at = isWhole ? pdu.pos : end
    tree.end = this.at
    this.layers.push({ tree, bytes, base: 0, source: this.source, pdu: null })
    if (this.protocols.at(-1) !== root.name || root.name !== 'mpls') this.protocols.push(root.name)
    return tree
  }

  private trailer({ header, tree, bytes, start }: Framing, end: number): void {
    const { pdu, trail } = this
    if (bytes !== this.bytes) return
    pdu.reset(bytes, trail.end, end)
    if (this.isWatched) pdu.resume(tree)
    header.trailer?.(pdu, trail, start)
  }

  /** Addresses as numbers, for conversations and fragments. */
  private address(tree: Node): void {
    const { trail, headers, bytes, addresses } = this
    headers.family = trail.family
    headers.source = addressAt(addresses, bytes, trail.sourceAt, trail.family)
    headers.destination = addressAt(addresses, bytes, trail.destinationAt, trail.family)
    headers.ipStart = trail.ipStart
    this.network = tree
  }

  private tcp(): void {
    const { trail, headers, packet } = this
    const { number, timeNs } = packet as WalkedPacket
    const position = this.hot()
    let view = null
    if (this.isQuoted) {
      headers.sourcePort = this.u16(this.at)
      headers.destinationPort = this.u16(this.at + 2)
      if (trail.end - this.at >= 4) view = this.connections.quoted(headers, timeNs)
    } else if (tcp(position, headers) === KIND_TCP) view = this.connections.segment(headers, number, timeNs)
    this.layer(tcpRoot, () => readTcp(this.pdu, trail, view, this.isQuoted))
    if (view !== null) this.carries('tcp', view.stream)
  }

  private udp(): void {
    const { trail, headers } = this
    headers.sourcePort = this.u16(this.at)
    headers.destinationPort = this.u16(this.at + 2)
    const stream = trail.end - this.at >= 4 ? this.exchanges.find(headers) : -1
    this.layer(udpRoot, () => readUdp(this.pdu, trail, stream))
    if (trail.next !== STOP_DONE) return
    const position = this.hot()
    if (!this.isQuoted && udpTunnel(position, headers)) this.udpTunnel(position)
    else this.carries('udp', stream)
  }

  private udpTunnel(position: Position): void {
    const { trail, headers } = this
    const inside = position.next
    const isVxlan = headers.destinationPort === 4789 || headers.destinationPort === 8472
    if (isVxlan) this.layer(vxlan.root, () => vxlan.read(this.pdu, trail), position.at)
    else {
      const root = tunnelProtocol(headers.sourcePort, headers.destinationPort)
      this.layer(root, () => this.skip(position.at), position.at)
    }
    this.at = position.at
    trail.next = inside
    this.enterTunnel()
  }

  private carries(transport: 'tcp' | 'udp', stream: number): void {
    const { trail, bytes, at, source } = this
    if (this.isQuoted || trail.next !== STOP_DONE) return
    this.transport = transport
    this.conversation = stream
    this.payload = { transport, bytes, start: at, end: Math.max(at, trail.end), source }
  }

  /** What is inside is told by its looks, as the hot decode does. */
  private gre(): void {
    const { trail } = this
    const header = headerDissectors.get(IP_PROTOCOL + PROTOCOL_GRE) as Header
    const position = this.hot()
    const isTunnel = gre(position)
    this.layer(header.root, () => header.read(this.pdu, trail))
    if (!isTunnel) {
      if (trail.next >= 0) trail.next = STOP_UNKNOWN
      return
    }
    if (position.at > this.at) this.layer(wrapping, () => this.skip(position.at), position.at)
    this.at = position.at
    trail.next = position.next
    this.enterTunnel()
  }

  private belowLabels(): void {
    const { trail } = this
    if (trail.next === STOP_CUT || this.layers.at(-1)?.tree.field.name !== 'mpls') return
    // The bottom of the stack was read: the hot decode looks at what lies below it.
    const at = this.at
    if (((this.bytes[at - 2] as number) & 1) === 0) return
    const position = this.hot()
    position.at = at - 4
    const isTunnel = stepOver(position, this.headers, 0x8847)
    if (position.next >= 0 && position.at > at) this.layer(controlWord, () => this.skip(position.at), position.at)
    trail.next = position.next
    if (isTunnel) this.enterTunnel()
  }

  private radiotap(): void {
    const { trail, bytes, at } = this
    const length = trail.end - at >= 8 ? (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8) : 0
    const position = this.hot()
    stepOver(position, this.headers, LINK + 127)
    const end = Math.min(trail.end, at + Math.max(length, 8))
    this.layer(radiotap, () => this.skip(end), end)
    this.rough(wlan, position)
  }

  private bare(next: number): void {
    const { trail } = this
    const position = this.hot()
    const isTunnel = stepOver(position, this.headers, next)
    const root = bareProtocol(next)
    if (root === null) trail.next = position.next
    else this.rough(root, position)
    if (isTunnel) this.enterTunnel()
    if (next === NEXT_WLAN && trail.next === STOP_UNKNOWN) this.at = trail.end
  }

  /** A protocol of which only the extent is known; where it does not go on, all the rest is its own. */
  private rough(root: Field, position: Position): void {
    const { trail } = this
    const end = position.next >= 0 ? position.at : trail.end
    this.layer(root, () => this.skip(end), end)
    this.at = end
    trail.next = position.next
    trail.end = Math.max(end, Math.min(trail.end, position.end))
    trail.wireEnd = position.wireEnd
  }

  private skip(to: number): void {
    this.pdu.pos = to
    this.trail.next = STOP_UNKNOWN
  }

  private fragment(): void {
    const { trail, headers, packet } = this
    if (this.isQuoted) {
      // Only the first fragment goes on with a header.
      trail.next = trail.fragmentOffset === 0 ? IP_PROTOCOL + trail.fragmentProtocol : STOP_UNKNOWN
      return
    }
    const { number, timeNs } = packet as WalkedPacket
    const position = this.hot()
    position.fragmentId = trail.fragmentId
    position.fragmentOffset = trail.fragmentOffset
    position.fragmentMore = trail.fragmentMore
    position.fragmentProtocol = trail.fragmentProtocol
    position.fragmentHeaderEnd = trail.fragmentHeaderEnd
    const packets = this.fragments.add(position, headers, number, timeNs)
    if (packets === null) {
      trail.next = STOP_UNKNOWN
      return
    }
    const below = this.layers.at(-1)?.tree ?? this.network
    if (below !== null) {
      this.pdu.reset(this.bytes, below.end, below.end)
      if (this.isWatched) this.pdu.resume(below)
      readFragments(this.pdu, trail.family, packets, position.wireEnd - position.at)
    }
    this.bytes = position.bytes.slice(0, position.end)
    this.source = 'reassembled'
    this.at = position.at
    trail.end = position.end
    trail.wireEnd = position.wireEnd
    trail.next = position.next
  }

  /** What follows is of another network: what the outer packet said does not hold. */
  private enterTunnel(): void {
    this.trail.leave()
    this.headers.family = 0
    if (++this.tunnels > MAX_TUNNEL_DEPTH) this.trail.next = STOP_TOO_DEEP
  }

  /** Bytes that nobody reads. */
  private rest(): void {
    const { trail, at } = this
    if (at >= trail.end || trail.next === STOP_CUT || trail.next === STOP_MALFORMED) return
    this.layer(dataRoot, () => readData(this.pdu))
  }

  /** The hot decode, set to the place reached. */
  private hot(): Position {
    const { position, trail, bytes, at, headers } = this
    position.bytes = bytes
    position.at = at
    position.end = trail.end
    position.wireEnd = trail.wireEnd
    position.next = trail.next
    headers.bytes = bytes
    return position
  }

  private u16(at: number): number {
    return ((this.bytes[at] ?? 0) << 8) | (this.bytes[at + 1] ?? 0)
  }
}

const tcpRoot = (headerDissectors.get(IP_PROTOCOL + PROTOCOL_TCP) as Header).root
const udpRoot = (headerDissectors.get(IP_PROTOCOL + PROTOCOL_UDP) as Header).root

function addressAt(addresses: Addresses, bytes: Uint8Array, at: number, family: number): number {
  if (family === 6) return addresses.intern(bytes, at)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(at)
}

function hasEtherType(name: string): boolean {
  return name !== 'null' && name !== 'ppp' && name !== 'mpls' && name !== 'pppoes'
}

/** Each version of IP has its own control messages, and IPv6 its extension headers: the other one's mean nothing there. */
function isOutOfPlace(next: number, family: number): boolean {
  const protocol = next - IP_PROTOCOL
  if (protocol < PROTOCOL_HOP_BY_HOP || protocol > PROTOCOL_HIP) return false
  if (protocol === PROTOCOL_ICMP) return family === 6
  if (protocol === PROTOCOL_ICMPV6) return family !== 6
  const isExtension = protocol === 0 || protocol === 43 || protocol === 44 || protocol === 60
  return isExtension && family !== 6
}
