/** Reads bytes with one dissector, without the stack: what it says, what it asks for, and the tree of its fields. */
import { tlsHandshake } from '../../dissectors/tls-handshake.ts'
import {
  CLIENT,
  Datagram,
  type Direction,
  type Likeness,
  NEED_MORE,
  type Next,
  NOT_MINE,
  type Out,
  SERVER,
  type Stream,
  UNTIL_CLOSE,
} from '../../src/wire/dissector.ts'
import type { Fault } from '../../src/wire/fault.ts'
import type { Node, Value } from '../../src/wire/field.ts'
import { CUT_BY_CAPTURE, CUT_BY_FRAME, type Cut, Pdu } from '../../src/wire/pdu.ts'

import { concat, inside } from './bytes.ts'

export type Side = 'client' | 'server'

/** What a dissector asked for besides facts. */
export interface Asked {
  become: { which: 'this' | 'both'; next: Next } | null
  opaque: string
  body: { length: number; slot: number } | null
}

/** One PDU as it was read. */
export interface ReadPdu {
  readonly direction: Direction
  readonly at: number
  readonly length: number
  readonly root: Node | null
  readonly fault: Fault | null
  /** Bytes that the reading took. */
  readonly taken: number
}

export interface Options {
  /** Build field trees. */
  watch?: boolean
  next?: Next | null
}

/** Drives one stream dissector and the handshake messages inside TLS, in the manner of the stack but much simpler. */
export class Conversation<S, F> {
  readonly facts: unknown[] = []
  /** Bytes handed up, of each slot. */
  readonly payloads: [slot: number, bytes: Uint8Array][] = []
  readonly pdus: ReadPdu[] = []
  readonly asked: Asked = { become: null, opaque: '', body: null }
  /** What `frame` answered when it was not a length: NOT_MINE, BROKEN or HOLD; 0 while all is well. */
  readonly refused: [number, number] = [0, 0]
  readonly state: S
  private readonly dissector: Stream<S, F>
  private readonly watch: boolean
  private readonly kept: [Uint8Array, Uint8Array] = [new Uint8Array(0), new Uint8Array(0)]
  private readonly span: [number, number] = [0, 0]
  private readonly at: [number, number] = [0, 0]
  private inner: Conversation<unknown, unknown> | null = null

  constructor(dissector: Stream<S, F>, options: Options = {}, inner?: { state: S }) {
    this.dissector = dissector
    this.watch = options.watch ?? false
    this.state = inner === undefined ? dissector.begin(options.next ?? null) : inner.state
  }

  /** More bytes of one direction, in order. */
  say(side: Side, more: Uint8Array): this {
    const direction = side === 'client' ? CLIENT : SERVER
    let bytes = concat(this.kept[direction], more)
    bytes = inside(bytes)
    let start = 0
    while (start < bytes.length && this.refused[direction] === 0 && this.asked.become === null) {
      const skipped = Math.min(this.span[direction], bytes.length - start)
      if (skipped > 0) {
        if (this.span[direction] !== UNTIL_CLOSE) this.span[direction] -= skipped
        start += skipped
        this.at[direction] += skipped
        continue
      }
      const { buffer, byteOffset } = bytes
      const base = new Uint8Array(buffer)
      const from = byteOffset + start
      const end = byteOffset + bytes.length
      const length = this.dissector.frame(base, from, end, 0, this.state, direction)
      if (length === NEED_MORE || length > end - from) break
      if (length < 0) {
        this.refused[direction] = length
        if (length !== NOT_MINE) break
        break
      }
      this.readOne(base, from, from + length, direction, CUT_BY_FRAME)
      start += length
      this.at[direction] += length
    }
    this.kept[direction] = bytes.slice(start)
    return this
  }

  /** The capture holds no more: what waits is read as far as it goes. */
  cut(side: Side): this {
    const direction = side === 'client' ? CLIENT : SERVER
    const rest = this.kept[direction]
    if (rest.length > 0 && this.asked.become === null) this.readOne(rest, 0, rest.length, direction, CUT_BY_CAPTURE)
    return this
  }

  private readOne(bytes: Uint8Array, start: number, end: number, direction: Direction, cut: Cut): void {
    const pdu = new Pdu().reset(bytes, start, end, cut)
    const root = this.watch ? pdu.watch() : null
    const payloads: [slot: number, bytes: Uint8Array][] = []
    const out: Out<F> = {
      fact: fact => this.facts.push(fact),
      // The stack keeps the first and the last of them; here each is a fact.
      tally: (type, length) => this.facts.push({ kind: 'record', type, length }),
      payload: (slot, given, from, to) => payloads.push([slot, given.slice(from, to)]),
      body: (length, slot) => {
        this.asked.body = { length, slot }
        if (cut === CUT_BY_FRAME) this.span[direction] = length
      },
      open: () => {},
      become: (which, next) => {
        this.asked.become = { which, next }
      },
      bulk: () => {},
      opaque: why => {
        this.asked.opaque = why
      },
      unseal: () => null,
      overhear: () => {},
      lost: () => {},
    }
    this.dissector.read(pdu, this.state, direction, out)
    this.pdus.push({
      direction,
      at: this.at[direction],
      length: end - start,
      root,
      fault: pdu.fault,
      taken: pdu.offset,
    })
    if (cut !== CUT_BY_FRAME) return
    this.payloads.push(...payloads)
    for (const [slot, given] of payloads) {
      if (slot !== 0 || this.dissector.name !== 'tls') continue
      this.inner ??= new Conversation(
        tlsHandshake as unknown as Stream<unknown, unknown>,
        { watch: this.watch },
        { state: this.state },
      )
      this.inner.say(direction === CLIENT ? 'client' : 'server', given)
      this.facts.push(...this.inner.facts.splice(0))
      this.pdus.push(...this.inner.pdus.splice(0))
    }
  }
}

/** What a dissector says about bytes of one side. */
export function facts<S, F>(dissector: Stream<S, F> | Datagram<F>, side: Side, ...said: Uint8Array[]): unknown[] {
  if (dissector instanceof Datagram) return said.flatMap(message => datagramReading(dissector, message, false).facts)
  const conversation = new Conversation(dissector)
  for (const more of said) conversation.say(side, more)
  return conversation.facts
}

/** The field tree of the first PDU. */
export function tree<S, F>(dissector: Stream<S, F> | Datagram<F>, side: Side, ...said: Uint8Array[]): Tree {
  if (dissector instanceof Datagram)
    return new Tree([datagramReading(dissector, said[0] as Uint8Array, true).root as Node])
  const conversation = new Conversation(dissector, { watch: true })
  for (const more of said) conversation.say(side, more)
  return new Tree(conversation.pdus.map(pdu => pdu.root as Node))
}

/** How sure a dissector is of these bytes. */
export function likeness<S, F>(dissector: Stream<S, F>, side: Side, said: Uint8Array): Likeness {
  const { buffer, byteOffset } = said
  return dissector.probe(
    new Uint8Array(buffer),
    byteOffset,
    byteOffset + said.length,
    side === 'client' ? CLIENT : SERVER,
  )
}

export function datagramReading<F>(
  dissector: Datagram<F>,
  message: Uint8Array,
  watch: boolean,
  cut: Cut = CUT_BY_FRAME,
): { facts: F[]; root: Node | null; fault: Fault | null } {
  const given = inside(message)
  const pdu = new Pdu().reset(new Uint8Array(given.buffer), given.byteOffset, given.byteOffset + given.length, cut)
  const root = watch ? pdu.watch() : null
  const facts: F[] = []
  dissector.read(pdu, CLIENT, { fact: fact => facts.push(fact) })
  return { facts, root, fault: pdu.fault }
}

/** Field trees, flat enough to ask questions. Positions count from the start of the PDU. */
export class Tree {
  private readonly roots: readonly Node[]

  constructor(roots: readonly Node[]) {
    this.roots = roots
  }

  /** The first field of that name. */
  field(name: string): { value: Value; start: number; end: number } | undefined {
    return this.fields(name)[0]
  }

  fields(name: string): { value: Value; start: number; end: number }[] {
    const found: { value: Value; start: number; end: number }[] = []
    for (const root of this.roots) {
      walk(root, node => {
        if (node.field.name === name) {
          found.push({ value: node.value, start: node.start - root.start, end: node.end - root.start })
        }
      })
    }
    return found
  }
}

export function walk(node: Node, visit: (node: Node, parent: Node | null) => void, parent: Node | null = null): void {
  visit(node, parent)
  for (const child of node.children ?? []) walk(child, visit, node)
}
