/** One packet, opened down to the byte: what the terminal UI, `decode` and display filters look at. */
import type { WatchedPdu } from '../flow/watcher.ts'
import type { Node } from '../wire/field.ts'

/** Where the bytes of a layer are. */
export type ByteSource =
  /** In the packet itself. */
  | 'packet'
  /** Put together from several packets: fragments of a datagram, segments of a stream. */
  | 'reassembled'
  | 'decrypted'

export interface InspectedLayer {
  /** Root of its tree: the protocol itself, under Wireshark's name. */
  readonly tree: Node
  /** What the tree's positions point into: a node lies at bytes[node.start - base, node.end - base). */
  readonly bytes: Uint8Array
  readonly base: number
  readonly source: ByteSource
  /** Of a layer above TCP or UDP; null for frame, link, network and transport headers. */
  readonly pdu: WatchedPdu | null
}

export interface InspectedPacket {
  /** As Wireshark counts, from 1. */
  readonly number: number
  /** Since the first packet of the capture. */
  readonly timeNs: number
  readonly originalLength: number
  readonly linkType: number
  readonly interfaceId: number
  /** As captured, a copy of its own. */
  readonly bytes: Uint8Array
  /** tcp.stream or udp.stream; -1 when it belongs to none. */
  readonly conversation: number
  readonly transport: 'tcp' | 'udp' | null
  /** Frame first, then from the outside in. One packet may complete several PDUs. */
  readonly layers: readonly InspectedLayer[]
}
