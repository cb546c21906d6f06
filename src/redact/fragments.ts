/**
 * Datagrams in fragments: they are redacted whole, and each fragment gets its part. Of those that never became whole, only
 * the ports of the first fragment stay.
 */
import type { InspectedLayer } from '../inspect/packet.ts'
import { hex } from '../wire/bytes.ts'
import type { Node } from '../wire/field.ts'
import { MAX_REDACTED_FRAGMENTED } from '../wire/limits.ts'
import { addressSpan, numberNamed } from './nodes.ts'

/** One fragment: of which datagram, and which part of it. */
export interface Fragment {
  /** Addresses, identification and protocol. */
  readonly key: string
  readonly protocol: number
  readonly offset: number
  /** Where its part begins in the packet. */
  readonly start: number
  readonly end: number
}

/** Offsets count in blocks. */
const BLOCK_BYTES = 8

/** The fragment that these headers describe; null for a whole packet. */
export function fragmentOf(layers: readonly InspectedLayer[], bytes: Uint8Array): Fragment | null {
  const own = layers.filter(({ source }) => source === 'packet')
  for (const { tree } of own) {
    const { name } = tree.field
    if (name === 'ip') {
      const offset = numberNamed(tree, 'ip.frag_offset')
      if (offset === 0 && numberNamed(tree, 'ip.flags.mf') === 0) continue
      const protocol = numberNamed(tree, 'ip.proto')
      const length = numberNamed(tree, 'ip.len')
      const end = length > 0 ? Math.min(tree.start + length, bytes.length) : bytes.length
      const key = `4 ${addressText(tree, bytes)} ${numberNamed(tree, 'ip.id')} ${protocol}`
      return { key, protocol, offset: offset * BLOCK_BYTES, start: tree.end, end }
    }
    if (name === 'ipv6.fraghdr') {
      const network = own.findLast(layer => layer.tree.field.name === 'ipv6' && layer.tree.start < tree.start)?.tree
      if (network === undefined) continue
      const offset = numberNamed(tree, 'ipv6.fraghdr.offset')
      if (offset === 0 && numberNamed(tree, 'ipv6.fraghdr.more') === 0) continue
      const length = numberNamed(network, 'ipv6.plen')
      const end = length > 0 ? Math.min(network.end + length, bytes.length) : bytes.length
      const key = `6 ${addressText(network, bytes)} ${numberNamed(tree, 'ipv6.fraghdr.ident')}`
      return {
        key,
        protocol: numberNamed(tree, 'ipv6.fraghdr.nxt'),
        offset: offset * BLOCK_BYTES,
        start: tree.end,
        end,
      }
    }
  }
  return null
}

/** Datagrams that became whole. */
export class WholeDatagrams<T> {
  /** By key, in the order in which they became whole. */
  readonly #datagrams = new Map<string, { readonly packet: number; readonly datagram: T }[]>()
  #count = 0

  /** @param packet that made it whole */
  add(key: string, packet: number, datagram: T): void {
    if (this.#count >= MAX_REDACTED_FRAGMENTED) return
    this.#count++
    const known = this.#datagrams.get(key) ?? []
    known.push({ packet, datagram })
    this.#datagrams.set(key, known)
  }

  /** The one that this packet is a part of, or a late copy of a part. */
  find(key: string, packet: number): T | null {
    const known = this.#datagrams.get(key) ?? []
    return (known.find(one => one.packet >= packet) ?? known.at(-1))?.datagram ?? null
  }
}

function addressText(tree: Node, bytes: Uint8Array): string {
  const addresses = bytes.subarray(...addressSpan(tree))
  return hex(addresses, 0, addresses.length)
}
