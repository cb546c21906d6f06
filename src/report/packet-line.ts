/** One line a packet, in the manner of tshark: number, time, who to whom, protocol, length, and what it says. */
import type { Glance } from '../inspect/glance.ts'
import type { InspectedLayer, InspectedPacket } from '../inspect/packet.ts'
import { textOf } from '../inspect/tree-search.ts'
import { clean } from './clean.ts'
import type { Info } from './info.ts'
import { infoOf } from './packet-info.ts'
import { flagNames, tcpRemarks } from './tcp-info.ts'
import type { TextStyle } from './text-style.ts'

/** Addresses of the innermost IP header, otherwise of the link. */
const IP_ADDRESSES = [
  ['ipv6', 'ipv6.src', 'ipv6.dst'],
  ['ip', 'ip.src', 'ip.dst'],
] as const
const LINK_ADDRESSES = [
  ['eth', 'eth.src', 'eth.dst'],
  ['sll', 'sll.src.eth', ''],
  ['wlan', 'wlan.sa', 'wlan.da'],
] as const
/** Names of protocols in the list where they are not the filter's name in capitals. */
const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ['tpkt', 'X.224'],
  ['tls.handshake', 'TLS'],
  ['websocket', 'WebSocket'],
  ['credssp', 'CredSSP'],
  ['kerberos', 'Kerberos'],
  ['t125', 'T.125'],
  ['rdpudp', 'RDP-UDP'],
  ['icmpv6', 'ICMPv6'],
  ['ipv6', 'IPv6'],
  ['ip', 'IPv4'],
  ['eth', 'Ethernet'],
])
/** Tokens inside other protocols: a word of those, not what the packet is. */
const TOKENS: ReadonlySet<string> = new Set(['gss-api', 'spnego', 'ntlmssp', 'x509', 'data'])
/** Words of one packet; more are only counted. */
const MOST_WORDS = 8
const NUMBER_COLUMNS = 5
const TIME_COLUMNS = 10
const ADDRESS_COLUMNS = 12
const PROTOCOL_COLUMNS = 5
const NS_PER_SECOND = 1e9
/** In tcp.flags. */
const RST = 0x04

/** What the packet list shows of a packet. Text is as it stands in the packet, not cleaned. */
export interface PacketColumns {
  readonly source: string
  readonly destination: string
  /** `TLS`, `X.224`, `Frame` where nothing was recognised. */
  readonly protocol: string
  readonly info: string
  /** TCP's analysis or the protocol says that something is wrong. */
  readonly bad: boolean
}

export function packetColumns({ layers }: Pick<InspectedPacket, 'layers'>): PacketColumns {
  const told = own(layers)
  const [source, destination] = addresses(told)
  const top = topmost(told.filter(({ tree }) => !TOKENS.has(tree.field.name))) ?? told.at(-1)
  const protocol = top === undefined ? 'Frame' : protocolName(top)
  const { text, bad } = packetInfo(told, protocol)
  return { source, destination, protocol, info: text, bad }
}

const GLANCED: Readonly<Record<Glance['protocol'], string>> = {
  tcp: 'TCP',
  udp: 'UDP',
  icmp: 'ICMP',
  icmpv6: 'ICMPv6',
  arp: 'ARP',
  fragment: 'IPv4',
  ip: 'IPv4',
  ipv6: 'IPv6',
  other: 'Ethernet',
}

/** The same of a packet at first sight: until it is read whole. */
export function glancedColumns(glance: Glance): PacketColumns {
  const { protocol, source, destination, sourcePort, destinationPort, flags, payloadLength } = glance
  const ports = `${sourcePort} → ${destinationPort}`
  const info =
    protocol === 'tcp'
      ? `${ports} [${flagNames(flags)}] Len=${payloadLength}`
      : protocol === 'udp'
        ? `${ports} Len=${payloadLength}`
        : ''
  return { source, destination, protocol: GLANCED[protocol], info, bad: (flags & RST) !== 0 }
}

/** Without a line end. */
export function packetLine(packet: InspectedPacket, { paint }: Pick<TextStyle, 'paint'>): string {
  const { number, timeNs, originalLength } = packet
  const { source, destination, protocol, info, bad } = packetColumns(packet)
  const head = [
    String(number).padStart(NUMBER_COLUMNS),
    (timeNs / NS_PER_SECOND).toFixed(6).padStart(TIME_COLUMNS),
    clean(source).padStart(ADDRESS_COLUMNS),
    '→',
    clean(destination).padEnd(ADDRESS_COLUMNS),
    clean(protocol).padEnd(PROTOCOL_COLUMNS),
    String(originalLength),
  ].join(' ')
  const text = clean(info)
  return `${head} ${bad ? paint('bad', text) : text}`.trimEnd()
}

/** Layers of the packet itself: what an ICMP error quotes is another one. */
function own(layers: readonly InspectedLayer[]): readonly InspectedLayer[] {
  const quoting = layers.findIndex(({ tree }) => tree.field.name === 'icmp' || tree.field.name === 'icmpv6')
  const all = quoting < 0 ? layers : layers.slice(0, quoting + 1)
  return all.filter(({ tree }) => tree.field.name !== 'frame')
}

/** The last of those that stand on the most others: an end of a chunk behind it does not make it an HTTP packet. */
function topmost(layers: readonly InspectedLayer[]): InspectedLayer | undefined {
  let top: InspectedLayer | undefined
  for (const layer of layers) if (top === undefined || depthOf(layer) >= depthOf(top)) top = layer
  return top
}

/** Headers stand below all PDUs. */
function depthOf({ pdu }: InspectedLayer): number {
  return pdu === null ? 0 : pdu.path.split('/').length
}

/** What the layers of the outermost shown protocol say, behind what TCP's analysis remarked. */
function packetInfo(told: readonly InspectedLayer[], protocol: string): Info {
  const words: string[] = []
  let more = 0
  let bad = false
  for (const layer of told) {
    if (layer.tree.field.name === 'tcp' && protocol !== 'TCP') {
      const remarks = tcpRemarks(layer)
      if (remarks.text !== '') words.unshift(remarks.text)
      bad ||= remarks.bad
    }
    if (protocolName(layer) !== protocol && !TOKENS.has(layer.tree.field.name)) continue
    const info = infoOf(layer, told)
    if (info === null) continue
    bad ||= info.bad
    if (words.length < MOST_WORDS) words.push(info.text)
    else more++
  }
  const text = words.join(', ').replace(/\], /g, '] ')
  return { text: more === 0 ? text : `${text}, and ${more} more`, bad }
}

function protocolName({ tree }: InspectedLayer): string {
  const { name } = tree.field
  return PROTOCOLS.get(name) ?? name.toUpperCase()
}

function addresses(layers: readonly InspectedLayer[]): [source: string, destination: string] {
  const inner = layers.findLast(({ tree }) => IP_ADDRESSES.some(([protocol]) => protocol === tree.field.name))
  const names = IP_ADDRESSES.find(([protocol]) => protocol === inner?.tree.field.name)
  if (inner !== undefined && names !== undefined) return [textOf(inner, names[1]), textOf(inner, names[2])]
  for (const [protocol, source, destination] of LINK_ADDRESSES) {
    const link = layers.find(({ tree }) => tree.field.name === protocol)
    if (link !== undefined) return [textOf(link, source), textOf(link, destination)]
  }
  return ['', '']
}
