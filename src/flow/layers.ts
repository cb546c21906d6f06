/** The layers of one conversation: instances of the dissectors, numbered. */
import type { Next } from '../wire/dissector.ts'
import { MAX_LAYERS } from '../wire/limits.ts'
import type { Dissection } from './dissection.ts'
import { type AnyStream, dissectorNamed } from './recognition.ts'
import type { Slot } from './slot.ts'

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
    const dissector = dissectorNamed(next.protocol)
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
