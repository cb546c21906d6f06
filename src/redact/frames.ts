/**
 * One frame, or one datagram that was put together: its headers by their trees, its payload from what the layers said of it,
 * and its checksums.
 */
import { pseudoHeaderSum, sum } from '../flow/internet-checksum.ts'
import type { InspectedLayer } from '../inspect/packet.ts'
import type { Node } from '../wire/field.ts'
import { PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from '../wire/following.ts'
import { redactBareHeader } from './bare-headers.ts'
import { type Checksum, mend, mendFrameCheck } from './checksums.ts'
import type { Maps } from './der.ts'
import { addressSpan, nodeNamed, nodesNamed, numberNamed } from './nodes.ts'
import type { TreeRedaction } from './tree.ts'

/** Where payload lies in the bytes, and how it is filled. */
export interface Filling {
  readonly start: number
  readonly end: number
  fill(into: Uint8Array): void
}

const IPV6_HEADER_BYTES = 40
const IPV6_ADDRESS_BYTES = 16
const PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: PROTOCOL_TCP,
  udp: PROTOCOL_UDP,
  icmpv6: PROTOCOL_ICMPV6,
}
const CHECKSUMS: Readonly<Record<string, string>> = {
  ip: 'ip.checksum',
  tcp: 'tcp.checksum',
  udp: 'udp.checksum',
  icmp: 'icmp.checksum',
  icmpv6: 'icmpv6.checksum',
  gre: 'gre.checksum',
}

/** An IP header that later layers lie in. */
interface Network {
  readonly start: number
  /** Of what it carries: among the bytes that are there, and as it says. */
  readonly end: number
  readonly wireEnd: number
  readonly addresses: readonly [before: Uint8Array, after: Uint8Array]
}

export class Frames {
  readonly #maps: Maps
  readonly #trees: TreeRedaction

  constructor(maps: Maps, trees: TreeRedaction) {
    this.#maps = maps
    this.#trees = trees
  }

  /**
   * @param layers headers that lie in these bytes, from the outside in
   * @param fillings of what the headers do not cover; all else is emptied
   * @param outer the IP header before them, of a datagram that was put together
   */
  redact(
    before: Uint8Array,
    layers: readonly InspectedLayer[],
    fillings: readonly Filling[],
    outer: Network | null = null,
  ): Uint8Array {
    const after = new Uint8Array(before.length)
    for (const [at, layer] of layers.entries()) this.#header(layer.tree, before, after, at + 1 < layers.length)
    for (const { start, end, fill } of fillings) fill(after.subarray(start, end))
    this.#checksums(before, after, layers, outer)
    return after
  }

  /** The IP header of a fragment, as it lies around the datagram that was put together. */
  networkOf(before: Uint8Array, after: Uint8Array, tree: Node, end: number): Network {
    return network(before, after, tree, 0, end, end)
  }

  #header(tree: Node, before: Uint8Array, after: Uint8Array, goesOn: boolean): void {
    const { name } = tree.field
    if (tree.children === null || tree.children.length === 0) {
      const bare = redactBareHeader(name, before.subarray(tree.start, tree.end), goesOn, this.#maps.addresses)
      if (bare !== null) after.set(bare, tree.start)
      return
    }
    this.#trees.redact(tree, { bytes: before, base: 0 }, (start, bytes) => after.set(bytes, start))
  }

  /** Inner ones first: outer ones cover them. */
  #checksums(before: Uint8Array, after: Uint8Array, layers: readonly InspectedLayer[], outer: Network | null): void {
    const found: Checksum[] = []
    let around = outer
    for (const { tree } of layers) {
      const { name } = tree.field
      if (name === 'ip') around = ipv4(before, after, tree)
      else if (name === 'ipv6') around = ipv6(before, after, tree)
      else if (name === 'ipv6.routing' && around !== null) around = routed(before, after, tree, around)
      const field = CHECKSUMS[name]
      const node = field === undefined ? null : nodeNamed(tree, field)
      if (node !== null && node.end - node.start === 2) found.push(checksum(name, node, tree, around, before))
    }
    for (const one of found.reverse()) mend(one, before, after)
    for (const { tree } of layers) {
      const check = nodeNamed(tree, 'eth.fcs')
      if (check !== null && check.end <= before.length)
        mendFrameCheck(layers[0]?.tree.start ?? 0, check.start, before, after)
    }
  }
}

function checksum(name: string, node: Node, tree: Node, around: Network | null, before: Uint8Array): Checksum {
  const at = node.start
  const { start } = tree
  if (name === 'ip') return { at, start, end: tree.end, isWhole: true, pseudo: null, isOptional: false }
  const length = name === 'udp' ? numberNamed(tree, 'udp.length') : 0
  const most = around?.wireEnd ?? before.length
  // A UDP datagram may end before its packet does.
  const wireEnd = length >= 8 && start + length <= most ? start + length : most
  const end = Math.min(wireEnd, around?.end ?? before.length, before.length)
  const protocol = PROTOCOLS[name]
  const pseudoSum = (addresses: Uint8Array) =>
    pseudoHeaderSum(sum(addresses, 0, addresses.length), protocol ?? 0, wireEnd - start)
  const pseudo =
    protocol === undefined || around === null
      ? null
      : ([pseudoSum(around.addresses[0]), pseudoSum(around.addresses[1])] as const)
  return { at, start, end, isWhole: end === wireEnd, pseudo, isOptional: name === 'udp' }
}

function ipv4(before: Uint8Array, after: Uint8Array, tree: Node): Network {
  const length = numberNamed(tree, 'ip.len')
  const end = length >= tree.end - tree.start ? tree.start + length : before.length
  return network(before, after, tree, tree.start, Math.min(end, before.length), end)
}

function ipv6(before: Uint8Array, after: Uint8Array, tree: Node): Network {
  const length = numberNamed(tree, 'ipv6.plen')
  const end = length > 0 ? tree.start + IPV6_HEADER_BYTES + length : before.length
  return network(before, after, tree, tree.start, Math.min(end, before.length), end)
}

/** RFC 8200 8.1: where addresses are still to come, the checksum is that for the last of them. */
function routed(before: Uint8Array, after: Uint8Array, tree: Node, around: Network): Network {
  if (numberNamed(tree, 'ipv6.routing.segleft') === 0) return around
  const home = nodeNamed(tree, 'ipv6.routing.mipv6.home_address')
  // Segment routing lists them the other way round.
  const last = home ?? nodeNamed(tree, 'ipv6.routing.srh.addr') ?? [...nodesNamed(tree, 'ipv6.routing.src.addr')].at(-1)
  if (last === undefined || last === null) return around
  const towards = (addresses: Uint8Array, bytes: Uint8Array): Uint8Array =>
    Uint8Array.from([...addresses.subarray(0, IPV6_ADDRESS_BYTES), ...bytes.subarray(last.start, last.end)])
  return { ...around, addresses: [towards(around.addresses[0], before), towards(around.addresses[1], after)] }
}

function network(
  before: Uint8Array,
  after: Uint8Array,
  tree: Node,
  start: number,
  end: number,
  wireEnd: number,
): Network {
  const span = addressSpan(tree)
  return { start, end, wireEnd, addresses: [before.slice(...span), after.slice(...span)] }
}
