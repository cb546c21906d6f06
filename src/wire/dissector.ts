/**
 * The contract between the dissectors and the flow room. A dissector is pure: bytes in, facts out. It is asked for the
 * length of a PDU first (`frame`), and reads it once it is whole (`read`).
 */
import { type Field, field } from './field.ts'
import type { Pdu } from './pdu.ts'

/** Who sent it. */
export type Direction = 0 | 1
export const CLIENT = 0
export const SERVER = 1
export function opposite(direction: Direction): Direction {
  return direction === CLIENT ? SERVER : CLIENT
}

/** What `frame` answers besides a length. */
export const NEED_MORE = 0
/** These bytes are not this protocol's. */
export const NOT_MINE = -1
/** They are, but their framing lies: read once for facts and fault, then opaque. */
export const BROKEN = -2
/** The other direction decides first (after Upgrade or CONNECT). */
export const HOLD = -3

/** What `probe` answers. */
export type Likeness = 0 | 1 | 2 | 3
export const NO = 0
export const MAYBE = 1
export const LIKELY = 2
export const SURE = 3

/** A body that ends when the sender closes. */
export const UNTIL_CLOSE = Number.MAX_SAFE_INTEGER
/** A slot where nobody listens. */
export const SKIP = -1

/** Who speaks next, and what it needs to know. */
export interface Next {
  /** Name of a dissector; '' lets the stack probe. */
  readonly protocol: string
  /** Handed to `begin`. */
  readonly hint?: unknown
  /** What will speak inside it: X.224 says TLS, and CredSSP inside. */
  readonly inside?: Next
  /** What follows when `frame` says NOT_MINE (CredSSP, then RDP); without it the stack probes. */
  readonly then?: Next
  /** This slot is shared with another conversation under this key (RDG IN and OUT). */
  readonly junction?: string
  /**
   * Of a slot above messages: what comes is no message but numbered pieces of a stream (see {@link Out.payload}), which is
   * framed like any other stream.
   */
  readonly ordered?: boolean
  /** Somebody watches: PDUs are framed whole, even where their content would otherwise be passed over as body. */
  readonly watched?: boolean
}

/** How a direction ended: closed, reset, the capture ends there, or bytes are missing there. */
export type Ending = 'fin' | 'rst' | 'capture' | 'gap'

/** What a reading hands out. Everything asked for here is queued and done after `read` has returned: no re-entry. */
export interface Out<F> {
  fact(fact: F): void
  /** Something too frequent for a fact: a record of this type and length. The first dozens and the last few are kept. */
  tally(type: number, length: number): void
  /**
   * Bytes for the protocol above, whole in this PDU. `bytes` may be the PDU's own or new ones (decrypted, unmasked);
   * from..to is where they come from in the bytes that the PDU was given in, not counted from its start. Positions match one to one when the lengths are equal.
   *
   * With a number they are a piece of a stream: the slot gets the pieces in the order of their numbers, from 0 on, each
   * once, however they arrive. A hole that is not filled soon is given up, and the slot goes on behind it.
   */
  payload(slot: number, bytes: Uint8Array, start: number, end: number, from: number, to: number, number?: number): void
  /** The next `length` bytes behind this PDU (or UNTIL_CLOSE) are body: given up as they come, never gathered, never framed. */
  body(length: number, slot: number): void
  /** Who listens on a slot. Without it the stack probes. */
  open(slot: number, next: Next): void
  /** Behind this PDU this direction (or both) speaks another protocol in this layer's place. */
  become(which: 'this' | 'both', next: Next): void
  /**
   * The session runs: what follows in this layer, either way, is bulk of which only the end matters. Decryption below may
   * pass over records then.
   */
  bulk(): void
  /** So many bytes for the protocol above can not be had (a record that does not decrypt): it resynchronises behind them. */
  lost(slot: number, length: number): void
  /** This direction can not be read any more, and why. Its bytes are only counted. */
  opaque(why: string): void
  /**
   * Decrypts one record, header and all; null = it can not be. Only TLS asks, first with an empty stretch: are there keys at
   * all? They live in src/flow/tls. Where bytes were lost, `epoch` and `sequence` of the state are set to those of the record
   * that was found; `keys` becomes false when it is hopeless.
   */
  unseal(state: object, direction: Direction, bytes: Uint8Array, start: number, end: number): Uint8Array | null
  /** A handshake message, header and all, for whoever makes keys of it. */
  overhear(state: object, bytes: Uint8Array, start: number, end: number): void
}

/** A protocol on a stream of bytes. */
export interface StreamDissector<S, F> {
  readonly name: string
  /** Wireshark's name of the protocol where it is another one; it is the root of the tree. */
  readonly filterName?: string
  readonly title: string
  /** Sections of the specifications. */
  readonly spec: readonly string[]
  /** State is plain data: a structured clone of it is a checkpoint. `next` is null only in tests. */
  begin(next: Next | null): S
  /** By content, never by port alone. */
  probe(bytes: Uint8Array, start: number, end: number, direction: Direction): Likeness
  /**
   * Length of the PDU at `start`; it may exceed what is there, then the stack gathers that much and does not ask again.
   * Pure: changes nothing. `seen` = how many bytes there were when it said NEED_MORE last.
   */
  frame(bytes: Uint8Array, start: number, end: number, seen: number, state: S, direction: Direction): number
  /** A faulty PDU still yields its facts (`complete: false`) but changes no state. */
  read(pdu: Pdu, state: S, direction: Direction, out: Out<F>): void
  /** The direction ended; `left` = body bytes still owed. */
  ended?(state: S, direction: Direction, how: Ending, left: number, out: Out<F>): void
}

/** One class for all of them, so that the stack's call sites see one hidden class. */
export class Stream<S, F> {
  readonly name: string
  readonly title: string
  /** The protocol itself as a field: root of each PDU's tree. */
  readonly root: Field
  readonly spec: readonly string[]
  readonly begin: StreamDissector<S, F>['begin']
  readonly probe: StreamDissector<S, F>['probe']
  readonly frame: StreamDissector<S, F>['frame']
  readonly read: StreamDissector<S, F>['read']
  readonly ended: StreamDissector<S, F>['ended'] | null

  constructor(dissector: StreamDissector<S, F>) {
    this.name = dissector.name
    this.title = dissector.title
    this.root = field(dissector.filterName ?? dissector.name, dissector.title, 'group')
    this.spec = dissector.spec
    this.begin = dissector.begin
    this.probe = dissector.probe
    this.frame = dissector.frame
    this.read = dissector.read
    this.ended = dissector.ended ?? null
  }
}

export function stream<S, F>(dissector: StreamDissector<S, F>): Stream<S, F> {
  return new Stream(dissector)
}

/**
 * Frames bytes that the layer below hands up message by message: whatever is there is one PDU. For protocols without a
 * length of their own.
 */
export function wholeMessage(_bytes: Uint8Array, start: number, end: number): number {
  return end - start
}

/**
 * A protocol on messages (datagrams, or what a layer hands up piece by piece) that remembers what was said before, or has
 * others above it: each message is one PDU. It is a layer like those on streams; only its bytes never wait for more, and
 * one that can not be read says nothing about the next.
 */
export interface MessageDissector<S, F> extends Omit<StreamDissector<S, F>, 'frame'> {
  /**
   * Does this message belong to the protocol, once the conversation has begun to speak it? NOT_MINE, or its whole length.
   * Without it whatever `probe` finds likely.
   */
  frame?(bytes: Uint8Array, start: number, end: number, seen: number, state: S, direction: Direction): number
}

export function messages<S, F>(dissector: MessageDissector<S, F>): Stream<S, F> {
  const { probe, frame } = dissector
  return new Stream({
    ...dissector,
    frame:
      frame ??
      ((bytes, start, end, _seen, _state, direction) =>
        probe(bytes, start, end, direction) >= LIKELY ? end - start : NOT_MINE),
  })
}

/** What the reading of a datagram hands out. */
export interface DatagramOut<F> {
  fact(fact: F): void
}

/** A protocol in which each datagram stands for itself: reading alone. */
export interface DatagramDissector<F> {
  readonly name: string
  /** Wireshark's name of the protocol where it is another one; it is the root of the tree. */
  readonly filterName?: string
  readonly title: string
  readonly spec: readonly string[]
  /** By content; `port` is the lower well-known one of the two, as a hint. */
  probe(bytes: Uint8Array, start: number, end: number, port: number): Likeness
  read(pdu: Pdu, direction: Direction, out: DatagramOut<F>): void
}

export class Datagram<F> {
  readonly name: string
  readonly title: string
  /** The protocol itself as a field: root of each datagram's tree. */
  readonly root: Field
  readonly spec: readonly string[]
  readonly probe: DatagramDissector<F>['probe']
  readonly read: DatagramDissector<F>['read']

  constructor(dissector: DatagramDissector<F>) {
    this.name = dissector.name
    this.title = dissector.title
    this.root = field(dissector.filterName ?? dissector.name, dissector.title, 'group')
    this.spec = dissector.spec
    this.probe = dissector.probe
    this.read = dissector.read
  }
}

export function datagram<F>(dissector: DatagramDissector<F>): Datagram<F> {
  return new Datagram(dissector)
}
