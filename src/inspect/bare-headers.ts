/**
 * Headers that the hot decode follows and no dissector reads field by field: each is a protocol with its bytes, so that no
 * byte of a packet is lost between those that are read.
 */
import type { Headers } from '../flow/headers.ts'
import { link } from '../flow/link.ts'
import { ethertype } from '../flow/link-ethertype.ts'
import { type Position, step } from '../flow/position.ts'
import { gre } from '../flow/tunnel.ts'
import { type Field, field } from '../wire/field.ts'
import {
  ETHERTYPE_NSH,
  IP_PROTOCOL,
  LINK,
  NEXT_ETHERNET,
  PROTOCOL_ETHERIP,
  PROTOCOL_ETHERNET,
  PROTOCOL_GRE,
  STOP_UNKNOWN,
} from '../wire/following.ts'

const root = (name: string, title: string): Field => field(name, title, 'group')

export const wlan = root('wlan', 'IEEE 802.11')
export const radiotap = root('radiotap', 'Radiotap')
const raw = root('raw', 'Raw packet data')
const PROTOCOLS: ReadonlyMap<number, Field> = new Map([
  [LINK + 12, raw],
  [LINK + 14, raw],
  [LINK + 101, raw],
  [LINK + 104, root('chdlc', 'Cisco HDLC')],
  [LINK + 105, wlan],
  [LINK + 107, root('fr', 'Frame Relay')],
  [LINK + 109, root('enc', 'Encapsulating security')],
  [LINK + 117, root('pflog', 'Packet filter log')],
  [LINK + 119, root('prism', 'Prism')],
  [LINK + 127, radiotap],
  [LINK + 163, root('wlancap', 'AVS')],
  [LINK + 192, root('ppi', 'Per-Packet Information')],
  [LINK + 204, root('ppp_direction', 'PPP direction')],
  [LINK + 239, root('nflog', 'Netfilter log')],
  [LINK + 258, root('pktap', 'Packet tap')],
  [0x8909, root('cmd', 'Cisco metadata')],
  [0x893f, root('etag', '802.1BR E-TAG')],
  [0x8926, root('vntag', 'VN-Tag')],
  [0x88e7, root('ieee8021ah', '802.1ah provider backbone bridge')],
  [0x88e5, root('macsec', '802.1AE MACsec')],
  [ETHERTYPE_NSH, root('nsh', 'Network service header')],
  [IP_PROTOCOL + PROTOCOL_ETHERIP, root('etherip', 'Ethernet within IP')],
])
/** Behind a header that is read: what GRE carries before the packet inside. */
export const wrapping = root('erspan', 'Encapsulated remote switch packet analysis')
/** Between MPLS labels and the Ethernet frame that they carry. */
export const controlWord = root('pwethcw', 'Pseudowire control word')
/** Tunnels in UDP, by port. */
const TUNNELS: ReadonlyMap<number, Field> = new Map([
  [1701, root('l2tp', 'Layer 2 Tunneling Protocol')],
  [2152, root('gtp', 'GPRS Tunneling Protocol')],
  [3544, root('teredo', 'Teredo IPv6 over UDP')],
  [4790, root('vxlan', 'VXLAN generic protocol extension')],
  [6081, root('geneve', 'Generic Network Virtualization Encapsulation')],
])

/** The protocol that `next` stands for; null when it has no header of its own, or nobody knows it. */
export function bareProtocol(next: number): Field | null {
  return PROTOCOLS.get(next) ?? null
}

export function tunnelProtocol(sourcePort: number, destinationPort: number): Field {
  return TUNNELS.get(destinationPort) ?? TUNNELS.get(sourcePort) ?? (TUNNELS.get(4790) as Field)
}

/**
 * Moves on by the hot decode.
 * @returns whether a tunnel begins.
 */
export function stepOver(position: Position, headers: Headers, next: number): boolean {
  if (next >= IP_PROTOCOL) return carried(position, next - IP_PROTOCOL)
  if (next >= LINK) {
    link(position, headers, next - LINK)
    return false
  }
  return ethertype(position, next)
}

function carried(position: Position, protocol: number): boolean {
  if (protocol === PROTOCOL_GRE) return gre(position)
  if (protocol === PROTOCOL_ETHERNET) position.next = NEXT_ETHERNET
  else if (protocol === PROTOCOL_ETHERIP) step(position, 2, NEXT_ETHERNET)
  else {
    position.next = STOP_UNKNOWN
    return false
  }
  return position.next >= 0
}
