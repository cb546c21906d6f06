/**
 * The contract of headers: what a packet begins with, from the link layer up to TCP and UDP, each of which says what
 * follows it. Their hot decode is in src/flow; these readings are for field trees, and a property test holds the two equal.
 */
import { type Field, field } from './field.ts'
import { STOP_UNKNOWN } from './following.ts'
import type { Pdu } from './pdu.ts'

/** Where the reading of a packet's headers stands. What a header does not know, stays from the one before. */
export class Trail {
  /** What follows: see following.ts. */
  next = STOP_UNKNOWN
  /** Where the packet ends by the headers so far: among the captured bytes, and on the wire. */
  end = 0
  wireEnd = 0
  /** The innermost IP header: 4 or 6, where it starts, and where its addresses lie; 0 = none so far. */
  family = 0
  ipStart = 0
  sourceAt = 0
  destinationAt = 0
  /** Protocol number of what it carries, behind extension headers. */
  protocol = 0
  /** Ports of the TCP or UDP header; -1 = none. */
  sourcePort = -1
  destinationPort = -1
  /** Of a fragment, when `next` is NEXT_FRAGMENT. */
  fragmentId = 0
  fragmentOffset = 0
  fragmentMore = false
  fragmentProtocol = 0
  /** End of the headers that belong to each fragment (IPv6: without the fragment header). */
  fragmentHeaderEnd = 0
  /** Bytes of frame check sequence at the end of the packet; -1 when the file does not say. */
  fcsLength = -1

  begin(start: number, end: number, originalLength: number, next: number, fcsLength: number): void {
    this.next = next
    this.end = end
    this.wireEnd = Math.max(end, start + originalLength)
    this.fcsLength = fcsLength
    this.leave()
  }

  /** What the outer packet said does not hold inside a tunnel. */
  leave(): void {
    this.family = 0
    this.sourcePort = -1
    this.destinationPort = -1
  }
}

export interface HeaderDissector {
  readonly name: string
  /** Wireshark's name of the protocol where it is another one; it is the root of the tree. */
  readonly filterName?: string
  readonly title: string
  readonly spec: readonly string[]
  /** Moves behind its header, and says in `trail` what follows and how far it reaches. */
  read(pdu: Pdu, trail: Trail): void
  /** The bytes behind what the header carries: padding, check sequences. */
  trailer?(pdu: Pdu, trail: Trail, frameStart: number): void
}

export class Header {
  readonly name: string
  readonly title: string
  /** The protocol itself as a field: root of the header's tree. */
  readonly root: Field
  readonly spec: readonly string[]
  readonly read: HeaderDissector['read']
  readonly trailer: HeaderDissector['trailer'] | null

  constructor(dissector: HeaderDissector) {
    this.name = dissector.name
    this.title = dissector.title
    this.root = field(dissector.filterName ?? dissector.name, dissector.title, 'group')
    this.spec = dissector.spec
    this.read = dissector.read
    this.trailer = dissector.trailer ?? null
  }
}

export function header(dissector: HeaderDissector): Header {
  return new Header(dissector)
}
