/** The layers of one conversation: instances of the dissectors, numbered; and which dissector knows some bytes. */
import { messageDissectors, type ProtocolFact, streamDissectors } from '../../dissectors/index.ts'
import { type Direction, LIKELY, type Likeness, type Next, NO, type Stream } from '../wire/dissector.ts'
import { MAX_LAYERS } from '../wire/limits.ts'
import type { Dissection } from './dissection.ts'
import type { Slot } from './slot.ts'

export type AnyStream = Stream<unknown, ProtocolFact>
const DISSECTORS = streamDissectors as unknown as readonly AnyStream[]
const MESSAGE_DISSECTORS = messageDissectors as unknown as readonly AnyStream[]
const ALL_DISSECTORS = [...MESSAGE_DISSECTORS, ...DISSECTORS]
const BY_NAME: ReadonlyMap<string, AnyStream> = new Map(ALL_DISSECTORS.map(dissector => [dissector.name, dissector]))

/** Makes the layers of one conversation and numbers them. */
export class Layers {
  readonly dissection: Dissection
  /** Client and server address: what a junction is keyed by beside its own name. */
  readonly peers: string
  private count: number

  constructor(dissection: Dissection, peers: string, first = 0) {
    this.dissection = dissection
    this.peers = peers
    this.count = first
  }

  /**
   * Null when nobody reads that protocol, or the slot has had too many.
   * @param below path of what it stands upon: the slot's, or that of the layer which gave way to it
   */
  begin(slot: Slot, next: Next, below = slot.path): Layer | null {
    const dissector = BY_NAME.get(next.protocol)
    if (dissector === undefined || slot.layers.length >= MAX_LAYERS) return null
    const state = dissector.begin(this.dissection.watcher === null ? next : { ...next, watched: true })
    const layer = new Layer(this.count++, dissector, state, `${below}/${dissector.name}`, next)
    slot.layers.push(layer)
    return layer
  }
}

/** One instance of a protocol. */
export class Layer {
  readonly id: number
  readonly dissector: AnyStream
  readonly state: unknown
  readonly path: string
  readonly next: Next
  readonly slots: (Slot | undefined)[] = []
  /** What follows is bulk, of which only the end matters. */
  bulk = false

  constructor(id: number, dissector: AnyStream, state: unknown, path: string, next: Next) {
    this.id = id
    this.dissector = dissector
    this.state = state
    this.path = path
    this.next = next
  }
}

/** Who recognises these bytes, by their content; null when nobody does surely enough. */
export function recognise(
  bytes: Uint8Array,
  start: number,
  end: number,
  direction: Direction,
  except: Layer | null,
  among: readonly AnyStream[] = DISSECTORS,
): AnyStream | null {
  let best: AnyStream | null = null
  let likeness: Likeness = NO
  for (const dissector of among) {
    if (dissector === except?.dissector) continue
    const answer = dissector.probe(bytes, start, end, direction)
    if (answer > likeness) {
      likeness = answer
      best = dissector
    }
  }
  return likeness >= LIKELY ? best : null
}

/** Who recognises a datagram and remembers its conversation. */
export function recogniseMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  direction: Direction,
): AnyStream | null {
  return recognise(bytes, start, end, direction, null, MESSAGE_DISSECTORS)
}

/** Who recognises a message that some layer hands up: protocols with a length of their own may fill messages too. */
export function recogniseInside(bytes: Uint8Array, start: number, end: number, direction: Direction): AnyStream | null {
  return recognise(bytes, start, end, direction, null, ALL_DISSECTORS)
}
