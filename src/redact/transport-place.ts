/** Which stream a packet's payload belongs to, by its headers. */
import type { Walk } from '../inspect/header-walk.ts'
import type { InspectedLayer } from '../inspect/packet.ts'
import { innermostNetwork } from '../inspect/tree-search.ts'
import { nodeNamed, numberNamed } from './nodes.ts'
import type { Places } from './places.ts'

/** @param stream of the tracker: twice the number of the conversation, and one more where it is UDP. */
export function placeOf({ layers, payload, transport }: Walk, stream: number, packet: number, places: Places): void {
  if (payload === null || transport === null) return
  const at = layers.findLastIndex(({ tree }) => tree.field.name === transport)
  const header = layers[at]
  if (header === undefined) return
  if (transport === 'udp') {
    places.datagram(packet, stream)
    return
  }
  // The same number for both directions of a connection, told apart by the addresses.
  const key = (stream & ~1) | side(layers.slice(0, at), header)
  const sequence = numberNamed(header.tree, 'tcp.seq_raw') | 0
  const isSyn = numberNamed(header.tree, 'tcp.flags.syn') === 1
  places.segment(packet, key, sequence, isSyn, payload.end - payload.start)
}

function side(below: readonly InspectedLayer[], { tree }: InspectedLayer): 0 | 1 {
  const network = innermostNetwork(below)
  const ports = [numberNamed(tree, 'tcp.srcport'), numberNamed(tree, 'tcp.dstport')] as const
  if (network === null) return ports[0] < ports[1] ? 0 : 1
  const name = network.tree.field.name
  const order = Buffer.compare(addressOf(network, `${name}.src`), addressOf(network, `${name}.dst`))
  return order === 0 ? (ports[0] < ports[1] ? 0 : 1) : order < 0 ? 0 : 1
}

function addressOf({ tree, bytes, base }: InspectedLayer, name: string): Uint8Array {
  const node = nodeNamed(tree, name)
  return node === null ? new Uint8Array(0) : bytes.subarray(node.start - base, node.end - base)
}
