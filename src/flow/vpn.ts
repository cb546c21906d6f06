/**
 * The outer packets of VPNs, which say who carries the inner ones and whether the other end still answers: ESP (RFC 4303),
 * IKE and ESP over UDP (RFC 7296, RFC 3948), WireGuard, OpenVPN, L2TP (RFC 2661).
 */
import { MAX_TUNNELS } from '../wire/limits.ts'
import type { Addresses } from './addresses.ts'
import type { TunnelKind, TunnelNote } from './conversation.ts'
import type { Headers } from './headers.ts'
import { i32be, u16be } from './integers.ts'

const IKE_PORT = 500
const IPSEC_NAT_PORT = 4500
const OPENVPN_PORT = 1194
const L2TP_PORT = 1701
const IKE_HEADER_BYTES = 28
const OPENVPN_LAST_OPCODE = 11
/** Message types of WireGuard in their little-endian words, and what the fixed ones measure. */
const WIREGUARD_INITIATION = 0x0100_0000
const WIREGUARD_RESPONSE = 0x0200_0000
const WIREGUARD_COOKIE = 0x0300_0000
const WIREGUARD_DATA = 0x0400_0000
const WIREGUARD_DATA_HEADER_BYTES = 32

/** The VPN that this datagram belongs to; null for any other. Asked of the first datagram of a conversation. */
export function vpnOverUdp(h: Headers): TunnelKind | null {
  const { bytes, payload, payloadEnd, payloadLength, sourcePort, destinationPort } = h
  const captured = payloadEnd - payload
  const uses = (port: number) => sourcePort === port || destinationPort === port
  if (uses(IPSEC_NAT_PORT)) return captured >= 8 && isIpsec(bytes, payload, captured) ? 'ipsec' : null
  if (captured < 14) return null
  if (uses(IKE_PORT)) return captured >= IKE_HEADER_BYTES && isIke(bytes, payload) ? 'ipsec' : null
  if (uses(OPENVPN_PORT)) {
    const opcode = (bytes[payload] as number) >> 3
    return opcode > 0 && opcode <= OPENVPN_LAST_OPCODE ? 'openvpn' : null
  }
  if (uses(L2TP_PORT)) return (u16be(bytes, payload) & 0x000f) === 2 ? 'l2tp' : null
  return isWireguard(bytes, payload, captured, payloadLength) ? 'wireguard' : null
}

/** Four zero bytes and IKE, or the index of a security association, which is none of the reserved ones. */
function isIpsec(bytes: Uint8Array, at: number, captured: number): boolean {
  const spi = i32be(bytes, at) >>> 0
  return spi === 0 ? captured >= 4 + IKE_HEADER_BYTES && isIke(bytes, at + 4) : spi > 255
}

function isIke(bytes: Uint8Array, at: number): boolean {
  const version = bytes[at + 17] as number
  return version === 0x10 || version === 0x20
}

function isWireguard(bytes: Uint8Array, at: number, captured: number, length: number): boolean {
  switch (i32be(bytes, at)) {
    case WIREGUARD_INITIATION:
      return length === 148
    case WIREGUARD_RESPONSE:
      return length === 92
    case WIREGUARD_COOKIE:
      return length === 64
    case WIREGUARD_DATA:
      // A counter of 64 bits, little-endian, of which the upper ones are zero.
      return length >= WIREGUARD_DATA_HEADER_BYTES && length % 16 === 0 && captured >= 16 && i32be(bytes, at + 12) === 0
    default:
      return false
  }
}

interface Pair {
  readonly family: number
  readonly first: number
  readonly second: number
  readonly packets: [number, number]
  readonly firstPacket: number
  readonly firstNs: number
  readonly lastPackets: [number, number]
  readonly lastNs: [number, number]
}

/** ESP has no ports, and so no conversation: its packets are counted by pairs of addresses. */
export class EspPairs {
  /** Packets between pairs that found no room. */
  dropped = 0
  private readonly addresses: Addresses
  private readonly pairs: Pair[] = []

  constructor(addresses: Addresses) {
    this.addresses = addresses
  }

  packet({ family, source, destination }: Headers, packet: number, timeNs: number): void {
    for (const pair of this.pairs) {
      if (pair.family !== family) continue
      const end =
        pair.first === source && pair.second === destination
          ? 0
          : pair.second === source && pair.first === destination
            ? 1
            : -1
      if (end === -1) continue
      pair.packets[end as 0 | 1]++
      pair.lastPackets[end as 0 | 1] = packet
      pair.lastNs[end as 0 | 1] = timeNs
      return
    }
    if (this.pairs.length >= MAX_TUNNELS) {
      this.dropped++
      return
    }
    this.pairs.push({
      family,
      first: source,
      second: destination,
      packets: [1, 0],
      firstPacket: packet,
      firstNs: timeNs,
      lastPackets: [packet, 0],
      lastNs: [timeNs, 0],
    })
  }

  notes(): TunnelNote[] {
    return this.pairs.map(pair => ({
      kind: 'esp',
      ends: [this.addresses.text(pair.family, pair.first), this.addresses.text(pair.family, pair.second)],
      packets: pair.packets,
      firstPacket: pair.firstPacket,
      firstNs: pair.firstNs,
      lastPackets: pair.lastPackets,
      lastNs: pair.lastNs,
    }))
  }
}
