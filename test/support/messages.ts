/** Reads messages with one dissector, without the stack: what it says, and what it hands up. */
import { CLIENT, type Direction, type Next, type Out, SERVER, type Stream } from '../../src/wire/dissector.ts'
import type { Fault } from '../../src/wire/fault.ts'
import type { Node } from '../../src/wire/field.ts'
import { CUT_BY_FRAME, type Cut, Pdu } from '../../src/wire/pdu.ts'
import { inside } from './bytes.ts'
import type { Side } from './read.ts'

export interface HandedUp {
  readonly slot: number
  readonly direction: Direction
  readonly bytes: Uint8Array
  /** Of a piece of a stream; -1 of a message. */
  readonly number: number
}

export interface Exchanged<S> {
  readonly facts: unknown[]
  readonly pdus: { readonly root: Node | null; readonly fault: Fault | null; readonly length: number }[]
  readonly handed: HandedUp[]
  /** Who was asked to listen, by slot. */
  readonly opened: Map<number, Next>
  readonly state: S
}

interface Options {
  readonly watch?: boolean
  /** Why the last message ends where it does. */
  readonly cut?: Cut
  readonly next?: Next
}

/** One message after the other; `ended` is asked when all are read. */
export function exchanged<S, F>(
  dissector: Stream<S, F>,
  messages: readonly (readonly [side: Side, message: Uint8Array])[],
  options: Options = {},
): Exchanged<S> {
  const state = dissector.begin(options.next ?? null)
  const result: Exchanged<S> = { facts: [], pdus: [], handed: [], opened: new Map(), state }
  for (const [turn, [side, message]] of messages.entries()) {
    const direction = side === 'client' ? CLIENT : SERVER
    const given = inside(message)
    const bytes = new Uint8Array(given.buffer)
    const start = given.byteOffset
    const cut = turn === messages.length - 1 ? (options.cut ?? CUT_BY_FRAME) : CUT_BY_FRAME
    const pdu = new Pdu().reset(bytes, start, start + given.length, cut)
    const root = options.watch === true ? pdu.watch(dissector.root) : null
    dissector.read(pdu, state, direction, collecting<F>(result, direction))
    result.pdus.push({ root, fault: pdu.fault, length: given.length })
  }
  for (const direction of [CLIENT, SERVER] as const) {
    dissector.ended?.(state, direction, 'capture', 0, collecting<F>(result, direction))
  }
  return result
}

function collecting<F>({ facts, handed, opened }: Exchanged<unknown>, direction: Direction): Out<F> {
  return {
    fact: fact => facts.push(fact),
    tally: (type, length) => facts.push({ kind: 'record', type, length }),
    payload: (slot, bytes, start, end, _from, _to, number = -1) => {
      handed.push({ slot, direction, bytes: bytes.slice(start, end), number })
    },
    open: (slot, next) => opened.set(slot, next),
    body: () => {},
    become: () => {},
    bulk: () => {},
    opaque: () => {},
    lost: () => {},
    unseal: () => null,
    overhear: () => {},
  }
}
