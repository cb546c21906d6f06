/**
 * Packets made by hand, for tests: `ethernet(ipv4(tcp({ ... }, payload)))`, with lengths and checksums that are right
 * unless a test asks otherwise; and whole TCP conversations as a list of packets that can be cut, split and shuffled.
 * RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 792.
 */

import { CLIENT, type Direction, SERVER } from '../../src/wire/dissector.ts'
import { concat } from './bytes.ts'

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10

const NOTHING = new Uint8Array(0)
const PROTOCOL_ICMP = 1
const PROTOCOL_TCP = 6
const PROTOCOL_UDP = 17
const ETHERTYPE_ARP = 0x0806
const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const MAX_SEGMENT_BYTES = 1460

/** What an IP header carries. The checksum is left to the IP header, whose addresses are part of it. */
export interface Transport {
  readonly protocol: number
  readonly bytes: Uint8Array
  /** Where the checksum lies; -1 when there is none. */
  readonly checksumAt: number
  /** ICMP of IPv4 sums its own bytes alone. */
  readonly withoutAddresses?: boolean
}

/** What a link layer carries. */
export interface Network {
  readonly etherType: number
  readonly bytes: Uint8Array
}

export interface TcpOptions {
  readonly sourcePort?: number
  readonly destinationPort?: number
  readonly sequence?: number
  readonly acknowledgement?: number
  readonly flags?: number
  readonly window?: number
  /** Padded with zeros to a multiple of four. */
  readonly options?: readonly number[]
}

export interface IpOptions {
  readonly source?: string
  readonly destination?: string
  readonly ttl?: number
  readonly id?: number
}

export interface Ipv4Options extends IpOptions {
  readonly dontFragment?: boolean
}

/** One packet of a capture. */
export interface Packet {
  readonly timeUs: number
  readonly bytes: Uint8Array
  /** On the wire; as long as `bytes` where it is not given. */
  readonly originalLength?: number
}

export function tcp(header: TcpOptions, payload: Uint8Array = NOTHING): Transport {
  const options = header.options ?? []
  const headerBytes = 20 + Math.ceil(options.length / 4) * 4
  const bytes = new Uint8Array(headerBytes + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, header.sourcePort ?? 50_000)
  view.setUint16(2, header.destinationPort ?? 3389)
  view.setUint32(4, header.sequence ?? 0)
  view.setUint32(8, header.acknowledgement ?? 0)
  view.setUint8(12, (headerBytes / 4) << 4)
  view.setUint8(13, header.flags ?? ACK)
  view.setUint16(14, header.window ?? 64_240)
  bytes.set(options, 20)
  bytes.set(payload, headerBytes)
  return { protocol: PROTOCOL_TCP, bytes, checksumAt: 16 }
}

export function udp(
  header: { readonly sourcePort?: number; readonly destinationPort?: number },
  payload: Uint8Array = NOTHING,
): Transport {
  const bytes = new Uint8Array(8 + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, header.sourcePort ?? 50_000)
  view.setUint16(2, header.destinationPort ?? 3389)
  view.setUint16(4, bytes.length)
  bytes.set(payload, 8)
  return { protocol: PROTOCOL_UDP, bytes, checksumAt: 6 }
}

/** @param rest The second word: next-hop MTU of "fragmentation needed", else 0. */
export function icmp(
  header: { readonly type: number; readonly code: number; readonly rest?: number },
  payload: Uint8Array = NOTHING,
): Transport {
  const bytes = new Uint8Array(8 + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, header.type)
  view.setUint8(1, header.code)
  view.setUint32(4, header.rest ?? 0)
  bytes.set(payload, 8)
  return { protocol: PROTOCOL_ICMP, bytes, checksumAt: 2, withoutAddresses: true }
}

export function ipv4(transport: Transport, options: Ipv4Options = {}): Network {
  const source = ipv4Bytes(options.source ?? '192.0.2.1')
  const destination = ipv4Bytes(options.destination ?? '198.51.100.1')
  const bytes = new Uint8Array(20 + transport.bytes.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 0x45)
  view.setUint16(2, bytes.length)
  view.setUint16(4, options.id ?? 1)
  view.setUint16(6, (options.dontFragment ?? true) ? 0x4000 : 0)
  view.setUint8(8, options.ttl ?? 64)
  view.setUint8(9, transport.protocol)
  bytes.set(source, 12)
  bytes.set(destination, 16)
  view.setUint16(10, checksum(bytes.subarray(0, 20)))
  bytes.set(transport.bytes, 20)
  fillChecksum(bytes, 20, transport, source, destination)
  return { etherType: ETHERTYPE_IPV4, bytes }
}

export function ipv6(transport: Transport, options: IpOptions = {}): Network {
  const source = ipv6Bytes(options.source ?? '2001:db8::1')
  const destination = ipv6Bytes(options.destination ?? '2001:db8::2')
  const bytes = new Uint8Array(40 + transport.bytes.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 0x60)
  view.setUint16(4, transport.bytes.length)
  view.setUint8(6, transport.protocol)
  view.setUint8(7, options.ttl ?? 64)
  bytes.set(source, 8)
  bytes.set(destination, 24)
  bytes.set(transport.bytes, 40)
  fillChecksum(bytes, 40, transport, source, destination)
  return { etherType: ETHERTYPE_IPV6, bytes }
}

/** The datagram's payload in pieces of `pieceBytes` (a multiple of 8), each with an IPv4 header of its own. */
export function ipv4Fragments(datagram: Network, pieceBytes: number): Network[] {
  if (pieceBytes <= 0 || pieceBytes % 8 !== 0) throw new Error('fragments are multiples of 8 bytes')
  const payload = datagram.bytes.subarray(20)
  const pieces: Network[] = []
  for (let at = 0; at < payload.length; at += pieceBytes) {
    const end = Math.min(at + pieceBytes, payload.length)
    const bytes = concat(datagram.bytes.subarray(0, 20), payload.subarray(at, end))
    const view = new DataView(bytes.buffer)
    view.setUint16(2, bytes.length)
    view.setUint16(6, (end < payload.length ? 0x2000 : 0) | (at / 8))
    view.setUint16(10, 0)
    view.setUint16(10, checksum(bytes.subarray(0, 20)))
    pieces.push({ etherType: datagram.etherType, bytes })
  }
  return pieces
}

/** RFC 826. Each party: the last byte of its locally administered address (0: not known), and its protocol address. */
export function arp(
  operation: 1 | 2,
  sender: readonly [hardware: number, address: string],
  target: readonly [hardware: number, address: string],
): Network {
  const party = ([hardware, address]: readonly [number, string]) =>
    concat(Uint8Array.from(hardware === 0 ? [0, 0, 0, 0, 0, 0] : [2, 0, 0, 0, 0, hardware]), ipv4Bytes(address))
  const head = Uint8Array.from([0, 1, 8, 0, 6, 4, 0, operation])
  return { etherType: ETHERTYPE_ARP, bytes: concat(head, party(sender), party(target)) }
}

/** @param hosts Last bytes of the two locally administered addresses; 255 is everybody. */
export function ethernet(network: Network, hosts: readonly [source: number, destination: number] = [1, 2]): Uint8Array {
  const [source, destination] = hosts.map(last => (last === 255 ? Array(6).fill(255) : [2, 0, 0, 0, 0, last]))
  const header = [
    ...(destination as number[]),
    ...(source as number[]),
    network.etherType >> 8,
    network.etherType & 0xff,
  ]
  return concat(Uint8Array.from(header), network.bytes)
}

/** 802.1Q in between: `ethernet(vlan(7, ipv4(...)))`. */
export function vlan(id: number, network: Network): Network {
  const tag = [id >> 8, id & 0xff, network.etherType >> 8, network.etherType & 0xff]
  return { etherType: 0x8100, bytes: concat(Uint8Array.from(tag), network.bytes) }
}

/** A classic capture file, little-endian, microseconds. */
export function pcap(packets: readonly Packet[], linkType = 1, snapLength = 262_144): Uint8Array {
  const size = packets.reduce((sum, packet) => sum + 16 + packet.bytes.length, 24)
  const file = new Uint8Array(size)
  const view = new DataView(file.buffer)
  view.setUint32(0, 0xa1b2c3d4, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, snapLength, true)
  view.setUint32(20, linkType, true)
  let at = 24
  for (const { timeUs, bytes, originalLength } of packets) {
    view.setUint32(at, Math.floor(timeUs / 1e6), true)
    view.setUint32(at + 4, timeUs % 1e6, true)
    view.setUint32(at + 8, bytes.length, true)
    view.setUint32(at + 12, originalLength ?? bytes.length, true)
    file.set(bytes, at + 16)
    at += 16 + bytes.length
  }
  return file
}

export interface Segment {
  readonly direction: Direction
  readonly flags: number
  /** Absolute, unsigned. */
  readonly sequence: number
  readonly acknowledgement: number
  readonly payload: Uint8Array
  readonly timeUs: number
  readonly options?: readonly number[]
}

export interface TcpConversationOptions {
  readonly client?: { readonly address: string; readonly port: number }
  readonly server?: { readonly address: string; readonly port: number }
  /** First sequence numbers of client and server. */
  readonly initial?: readonly [number, number]
  readonly startUs?: number
  /** Between two segments. */
  readonly stepUs?: number
}

/**
 * One TCP connection, step by step:
 * `new TcpConversation().handshake().send(CLIENT, hello).send(SERVER, answer).close(CLIENT).packets()`.
 * `segments` may be reordered, split (see {@link splitSegment}), doubled or dropped before `packets` writes them.
 */
export class TcpConversation {
  segments: Segment[] = []
  readonly #client: { readonly address: string; readonly port: number }
  readonly #server: { readonly address: string; readonly port: number }
  readonly #next: [number, number]
  readonly #stepUs: number
  #timeUs: number
  /** Nothing is acknowledged before the other side was heard. */
  readonly #heard: [boolean, boolean] = [false, false]

  constructor(options: TcpConversationOptions = {}) {
    this.#client = options.client ?? { address: '192.0.2.1', port: 50_000 }
    this.#server = options.server ?? { address: '198.51.100.1', port: 3389 }
    this.#next = [options.initial?.[0] ?? 1000, options.initial?.[1] ?? 9000]
    this.#timeUs = options.startUs ?? 1_700_000_000_000_000
    this.#stepUs = options.stepUs ?? 1000
  }

  /** SYN, SYN+ACK, ACK, with MSS 1460, SACK permitted and a window scale of 7. */
  handshake(): this {
    const options = [2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7]
    return this.segment(CLIENT, SYN, NOTHING, options)
      .segment(SERVER, SYN | ACK, NOTHING, options)
      .segment(CLIENT, ACK)
  }

  /** The bytes in segments of at most `segmentBytes`, then one acknowledgement. */
  send(direction: Direction, bytes: Uint8Array, segmentBytes = MAX_SEGMENT_BYTES): this {
    for (let at = 0; at < bytes.length; at += segmentBytes) {
      const end = Math.min(at + segmentBytes, bytes.length)
      this.segment(direction, ACK | (end === bytes.length ? PSH : 0), bytes.subarray(at, end))
    }
    return this.acknowledge(direction === CLIENT ? SERVER : CLIENT)
  }

  acknowledge(direction: Direction): this {
    return this.segment(direction, ACK)
  }

  /** FIN from this side, FIN from the other, and the last ACK. */
  close(first: Direction): this {
    const second = first === CLIENT ? SERVER : CLIENT
    return this.segment(first, FIN | ACK)
      .segment(second, FIN | ACK)
      .segment(first, ACK)
  }

  reset(direction: Direction): this {
    return this.segment(direction, RST | ACK)
  }

  /** Silence on the wire. */
  wait(us: number): this {
    this.#timeUs += us
    return this
  }

  /** Any segment at this side's next sequence number. */
  segment(
    direction: Direction,
    flags: number,
    payload: Uint8Array = NOTHING,
    options: readonly number[] | null = null,
  ): this {
    const other = direction === CLIENT ? SERVER : CLIENT
    const sequence = this.#next[direction]
    const acknowledgement = this.#heard[other] && flags & ACK ? this.#next[other] : 0
    const segment = { direction, flags, sequence, acknowledgement, payload, timeUs: this.#timeUs }
    this.segments.push(options === null ? segment : { ...segment, options })
    this.#next[direction] = (sequence + payload.length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0)) >>> 0
    this.#heard[direction] = true
    this.#timeUs += this.#stepUs
    return this
  }

  /** Ethernet, IPv4 or IPv6 as the addresses say; in the order of `segments`, times never going back. */
  packets(): Packet[] {
    let timeUs = 0
    return this.segments.map((segment, index) => {
      timeUs = Math.max(timeUs, segment.timeUs)
      return { timeUs, bytes: this.#frame(segment, index + 1) }
    })
  }

  #frame(segment: Segment, id: number): Uint8Array {
    const [from, to] = segment.direction === CLIENT ? [this.#client, this.#server] : [this.#server, this.#client]
    const { flags, sequence, acknowledgement } = segment
    const header = { sourcePort: from.port, destinationPort: to.port, flags, sequence, acknowledgement }
    const transport = tcp(segment.options ? { ...header, options: segment.options } : header, segment.payload)
    const addresses = { source: from.address, destination: to.address, id: id & 0xffff }
    const network = from.address.includes(':') ? ipv6(transport, addresses) : ipv4(transport, addresses)
    return ethernet(network, segment.direction === CLIENT ? [1, 2] : [2, 1])
  }
}

/** A data segment as two, cut at `at` bytes of its payload; PSH and FIN go with the second. */
export function splitSegment(segment: Segment, at: number): [Segment, Segment] {
  if (at <= 0 || at >= segment.payload.length) throw new Error('split inside the payload')
  return [
    { ...segment, flags: segment.flags & ~(PSH | FIN), payload: segment.payload.subarray(0, at) },
    { ...segment, sequence: (segment.sequence + at) >>> 0, payload: segment.payload.subarray(at) },
  ]
}

/** One's complement sum of RFC 1071. */
function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] as number) << 8) | (part[at + 1] ?? 0)
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

function fillChecksum(
  packet: Uint8Array,
  at: number,
  transport: Transport,
  source: Uint8Array,
  destination: Uint8Array,
): void {
  if (transport.checksumAt < 0) return
  const { protocol } = transport
  const covered = packet.subarray(at)
  const length = covered.length
  const pseudoHeader = transport.withoutAddresses
    ? NOTHING
    : concat(source, destination, Uint8Array.from([0, protocol, length >> 8, length & 0xff]))
  new DataView(packet.buffer).setUint16(at + transport.checksumAt, checksum(pseudoHeader, covered))
}

function ipv4Bytes(address: string): Uint8Array {
  return Uint8Array.from(address.split('.'), Number)
}

function ipv6Bytes(address: string): Uint8Array {
  const [head = '', tail] = address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)))
  const left = groups(head)
  const right = groups(tail ?? '')
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
  return Uint8Array.from(all.flatMap(group => [group >> 8, group & 0xff]))
}
