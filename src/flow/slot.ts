/**
 * A place where protocols follow one another: the connection itself, or what one layer carries. Each direction of it moves
 * through the succession of layers by itself and joins the layer that the other one has reached.
 */
import { CLIENT, type Direction, type Next, opposite, SERVER } from '../wire/dissector.ts'
import { MAX_LAYERS } from '../wire/limits.ts'
import { FIRST_JOINT_LAYER } from './junction.ts'
import { type Layer, Layers } from './layers.ts'
import { Pipe } from './pipe.ts'
import { type NoLayer, PROBE_BYTES, recognise, recogniseInside, UNDECIDED, UNRECOGNISED } from './recognition.ts'

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

  /** What a direction begins with: the layer that the other one began with, when that still speaks, or whoever recognises it. */
  first(bytes: Uint8Array, start: number, end: number, direction: Direction, ended: boolean): Layer | NoLayer {
    const other = this.pipes[opposite(direction)].layer
    if (other !== null && this.layers[0] === other) return other
    if (this.depth > MAX_LAYERS) return 'too many layers (a limit of this tool)'
    return this.recognise(bytes, start, end, direction, null, ended)
  }

  /** What follows the layer: the one that the other direction has reached, the one announced, or whoever recognises it. */
  successor(
    old: Layer,
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    ended: boolean,
  ): Layer | NoLayer {
    const other = this.pipes[opposite(direction)].layer
    if (other !== null && this.layers.indexOf(other) > this.layers.indexOf(old)) return other
    const { then } = old.next
    const announced = then === undefined ? null : this.made.begin(this, then)
    return announced ?? this.recognise(bytes, start, end, direction, old, ended)
  }

  /** What takes the layer's place; null when nobody reads that. */
  replacement(old: Layer, next: Next): Layer | null {
    const { layers } = this
    const later = layers.slice(layers.indexOf(old) + 1).find(layer => layer.dissector.name === next.protocol)
    return later ?? this.made.begin(this, next, old.path)
  }

  /** A slot that one of its layers carries. */
  above(layer: Layer, messages: boolean): Slot {
    return new Slot(this.made, this.depth + 1, layer.path, { messages: this.messages && messages })
  }

  /** One that another conversation feeds too. */
  joint(layer: Layer, next: Next, { direction, origins }: Pipe): Slot {
    const { dissection, peers } = this.made
    const junction = `${peers} ${next.junction}`
    dissection.joins(origins.fedBy >= 0 ? origins.fedBy : dissection.now.conversation)
    const known = dissection.junctions.find(junction, direction)
    if (known !== null) return known
    const made = new Layers(dissection, peers, FIRST_JOINT_LAYER)
    const slot = new Slot(made, this.depth + 1, layer.path, { junction })
    dissection.junctions.add(junction, slot)
    slot.begin(next)
    return slot
  }

  /** The direction that this pipe of a slot below feeds; null when another one does. */
  fedBy(below: Pipe): Pipe | null {
    const pipe = this.pipes[below.direction]
    return this.junction === '' || pipe.feeder === below ? pipe : null
  }

  /** One direction is over. */
  directionEnded(): void {
    const [client, server] = this.pipes
    if (this.junction !== '' && client.ended && server.ended) {
      this.made.dissection.junctions.remove(this.junction, this)
    }
  }

  private recognise(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    speaks: Layer | null,
    ended: boolean,
  ): Layer | NoLayer {
    const best = this.messages
      ? recogniseInside(bytes, start, end, direction)
      : recognise(bytes, start, end, direction, speaks)
    if (best !== null) {
      const known = this.layers.find(layer => layer.dissector === best && layer !== speaks)
      const layer = known ?? this.made.begin(this, { protocol: best.name, hint: this.path })
      return layer ?? 'too many protocols on one connection (a limit of this tool)'
    }
    return end - start < PROBE_BYTES && !ended && !this.messages ? UNDECIDED : UNRECOGNISED
  }
}
