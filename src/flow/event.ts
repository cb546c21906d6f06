/** An event is a fact with its place. Rules see events; they never see bytes. */
import type { ProtocolFact } from '../../dissectors/index.ts'
import type { Direction } from '../wire/dissector.ts'
import type { Fault } from '../wire/fault.ts'

/** What the stack of layers itself has to say. */
export type StackFact =
  /**
   * Nobody reads this protocol. `first` = its first bytes, up to 64, one character a byte; `protocol` = its name where
   * they tell it, else ''.
   */
  | { readonly kind: 'unrecognised'; readonly first: string; readonly protocol: string }
  /** A layer that can not be read any more, and why. */
  | { readonly kind: 'opaque'; readonly why: string }
  | { readonly kind: 'malformed'; readonly fault: Fault }
  /** Bytes of the stream that the capture does not hold; 0 when nobody knows how many. */
  | { readonly kind: 'stream-gap'; readonly length: number }
  /** There are keys, but this TLS connection, or part of it, could not be decrypted with them, and why. */
  | { readonly kind: 'not-decrypted'; readonly why: string }

export type Fact = ProtocolFact | StackFact
export type FactKind = Fact['kind']
/** One interface may serve several kinds (request and response): it is the fact of each. */
export type FactOf<K extends FactKind> = WithKind<Fact, K>
type WithKind<F extends Fact, K> = F extends Fact ? (K extends F['kind'] ? F : never) : never

export interface Event<F extends Fact = Fact> {
  readonly fact: F
  /** Number of the packet that completed the PDU, and of the one where it began. */
  readonly packet: number
  readonly first: number
  /** Nanoseconds since the first packet of the capture. */
  readonly timeNs: number
  readonly conversation: number
  /** Instance of the protocol within the conversation. */
  readonly layer: number
  /** Tells outer from inner: 'tcp/x224/tls'. */
  readonly path: string
  readonly direction: Direction
  /** Offset and length of the PDU in its layer's bytes of that direction. */
  readonly at: number
  readonly length: number
}

/** Emission is not in packet order (held bytes): sort before reasoning. Within one packet the order of the stream counts. */
export function sortEvents(events: Event[]): Event[] {
  let sorted = true
  for (let index = 1; index < events.length && sorted; index++) {
    sorted = inOrder(events[index - 1] as Event, events[index] as Event) <= 0
  }
  return sorted ? events : events.sort(inOrder)
}

function inOrder(a: Event, b: Event): number {
  return a.packet - b.packet || a.at - b.at
}
