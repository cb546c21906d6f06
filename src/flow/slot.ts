/**
 * A place where protocols follow one another: the connection itself, or what one layer carries. Each direction of it moves
 * through the succession of layers by itself and joins the layer that the other one has reached.
 */
import { CLIENT, type Direction, type Next, opposite, SERVER } from '../wire/dissector.ts'
import { FIRST_JOINT_LAYER } from './junction.ts'
import { type AnyStream, type Layer, Layers, recognise, recogniseInside } from './layers.ts'
import { Pipe } from './pipe.ts'

interface SlotOptions {
  /** The capture begins in the middle of it: nobody knows where a PDU starts. */
  readonly midStream?: boolean
  /** What comes are messages, each whole by itself: datagrams, or what they carry. */
  readonly messages?: boolean
  /** Two conversations feed it, under this key. */
  readonly junction?: string
}

export class Slot {
  layers: Layer[] = []
  readonly made: Layers
  readonly depth: number
  readonly path: string
  readonly midStream: boolean
  readonly messages: boolean
  /** The key of a junction; '' of a slot that one conversation feeds. */
  readonly junction: string
  readonly pipes: readonly [Pipe, Pipe]

  constructor(made: Layers, depth: number, path: string, options: SlotOptions = {}) {
    this.made = made
    this.depth = depth
    this.path = path
    this.midStream = options.midStream ?? false
    this.messages = options.messages ?? false
    this.junction = options.junction ?? ''
    this.pipes = [new Pipe(this, CLIENT), new Pipe(this, SERVER)]
  }

  /** Who speaks in it first; '' leaves it to probing. */
  begin(next: Next): void {
    if (next.protocol === '') return
    const first = this.made.begin(this, next)
    for (const pipe of this.pipes) {
      pipe.layer = first
      // Nobody reads it: it is not unrecognised, it is passed over.
      pipe.dead = first === null
    }
  }

  /** What a direction begins with: the layer that the other one began with, when that still speaks. */
  first(direction: Direction): Layer | null {
    const other = this.pipes[opposite(direction)].layer
    return other !== null && this.layers[0] === other ? other : null
  }

  /** What follows the layer in this direction: the one that the other has reached, or the one announced. */
  successor(old: Layer, direction: Direction): Layer | null {
    const other = this.pipes[opposite(direction)].layer
    if (other !== null && this.layers.indexOf(other) > this.layers.indexOf(old)) return other
    const { then } = old.next
    return then === undefined ? null : this.made.begin(this, then)
  }

  /** What takes the layer's place; null when nobody reads that. */
  replacement(old: Layer, next: Next): Layer | null {
    const { layers } = this
    const later = layers.slice(layers.indexOf(old) + 1).find(layer => layer.dissector.name === next.protocol)
    return later ?? this.made.begin(this, next, old.path)
  }

  /** Who recognises these bytes, besides the layer that speaks now. */
  recognise(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    speaks: Layer | null,
  ): AnyStream | null {
    return this.messages
      ? recogniseInside(bytes, start, end, direction)
      : recognise(bytes, start, end, direction, speaks)
  }

  /** A layer of this protocol, but not the one that speaks now; null when there have been too many. */
  layerOf(dissector: AnyStream, speaks: Layer | null): Layer | null {
    const known = this.layers.find(layer => layer.dissector === dissector && layer !== speaks)
    return known ?? this.made.begin(this, { protocol: dissector.name, hint: this.path })
  }

  /** A slot that one of its layers carries. */
  above(layer: Layer, messages: boolean): Slot {
    return new Slot(this.made, this.depth + 1, layer.path, { messages: this.messages && messages })
  }

  /** One that another conversation feeds too. */
  joint(layer: Layer, next: Next, direction: Direction, conversation: number): Slot {
    const { dissection, peers } = this.made
    const junction = `${peers} ${next.junction}`
    dissection.joins(conversation)
    const known = dissection.junctions.find(junction, direction)
    if (known !== null) return known
    const made = new Layers(dissection, peers, FIRST_JOINT_LAYER)
    const slot = new Slot(made, this.depth + 1, layer.path, { junction })
    dissection.junctions.add(junction, slot)
    slot.begin(next)
    return slot
  }
}
