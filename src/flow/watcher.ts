/** Somebody who wants the field trees of PDUs as they are read: the TUI, `decode`, a test. */
import type { Direction } from '../wire/dissector.ts'
import type { Node } from '../wire/field.ts'
import type { Stretch } from './origin.ts'

/** One PDU as it was read. */
export interface WatchedPdu {
  /** Name and title of its dissector. */
  readonly name: string
  readonly title: string
  /** Number of the packet that completed it, and of the one where it began. */
  readonly packet: number
  readonly first: number
  readonly timeNs: number
  readonly transport: 'tcp' | 'udp'
  readonly conversation: number
  /** Instance of the protocol within the conversation; tells outer from inner. */
  readonly layer: number
  readonly path: string
  readonly direction: Direction
  /** Offset and length of the PDU in its layer's bytes of that direction. */
  readonly at: number
  readonly length: number
  /** Its bytes, a copy of their own. A node lies at bytes[node.start - base, node.end - base). */
  readonly bytes: Uint8Array
  readonly base: number
  readonly tree: Node
  /** Where its bytes come from, in order; of one packet, byte for byte, it is a single stretch. */
  readonly origins: readonly Stretch[]
}

export interface Watcher {
  /** Are the trees of PDUs that this packet completes wanted? */
  wants(packet: number): boolean
  pdu(pdu: WatchedPdu): void
}
