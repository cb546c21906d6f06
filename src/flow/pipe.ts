/**
 * The layers of one conversation: TCP, TLS, HTTP ... Each direction of a slot moves through its succession of layers by
 * itself and joins the layer that the other one has reached. A layer that fails becomes opaque, says why, and lives on as
 * a count of bytes. The contract with the dissectors is in src/wire/dissector.ts.
 */
import { foreignProtocol } from '../../dissectors/foreign.ts'
import { latin1 } from '../wire/bytes.ts'
import {
  BROKEN,
  CLIENT,
  type Direction,
  type Ending,
  HOLD,
  LIKELY,
  NEED_MORE,
  type Next,
  NOT_MINE,
  opposite,
  SERVER,
  SKIP,
  UNTIL_CLOSE,
  wholeMessage,
} from '../wire/dissector.ts'
import type { Node } from '../wire/field.ts'
import { MAX_HELD_BYTES, MAX_LAYERS, MAX_PDU_BYTES } from '../wire/limits.ts'
import { CUT_BY_CAPTURE, CUT_BY_CLOSE, CUT_BY_FRAME, CUT_BY_TOOL, type Cut } from '../wire/pdu.ts'
import type { Dissection } from './dissection.ts'
import type { Fact } from './event.ts'
import { Gathered } from './gathered.ts'
import { FIRST_JOINT_LAYER } from './junction.ts'
import { type Layer, Layers, recognise, recogniseInside } from './layers.ts'
import { copyStretches, type Stretch, stretchAt } from './origin.ts'
import type { Reading } from './outbox.ts'
import { Pieces } from './pieces.ts'
import { RecordLog } from './record-log.ts'
import type { TailStart } from './tls-tail.ts'

/** Who speaks must not depend on the segmentation: probing waits for so much, or the end. */
const PROBE_BYTES = 64

interface SlotOptions {
  /** The capture begins in the middle of it: nobody knows where a PDU starts. */
  readonly midStream?: boolean
  /** What comes are messages, each whole by itself: datagrams, or what they carry. */
  readonly messages?: boolean
  /** Two conversations feed it, under this key. */
  readonly junction?: string
}

/** A place where protocols follow one another. */
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
}

/** One direction of a slot. */
class Pipe implements Reading {
  dead = false
  ended = false
  layer: Layer | null = null
  /** Position of the next unread byte in this direction. */
  private at = 0
  private readonly kept = new Gathered()
  /** What waits is being read: whoever asks for that meanwhile need not. */
  private pumping = false
  /** Bytes of body still to come, and the slot that gets them. */
  private span = 0
  private spanSlot = SKIP
  /** What it reads now was counted before. */
  private replaying = false
  /** The other direction decides first. */
  private held = false
  /** Bytes were lost: reading goes on where a PDU can be recognised. */
  private lost = false
  /** Of a slot that is fed numbered pieces. */
  private pieces: Pieces | null = null
  /** Who gives the bytes of this direction: of a junction, only that one may end it or report a gap. */
  private feeder: Pipe | null = null
  /** The conversation that gave the last bytes from below; -1 before, and of the connection itself. */
  private fedBy = -1
  /** Origins, only while bytes wait or come from below; a segment read in place is `dissection.now`. */
  private origins: Stretch[] | null = null
  /** Records of the layer that reads now. */
  private log: RecordLog | null = null
  private logged: Layer | null = null
  private readonly slot: Slot
  private readonly direction: Direction
  private readonly dissection: Dissection

  constructor(slot: Slot, direction: Direction) {
    this.slot = slot
    this.direction = direction
    this.dissection = slot.made.dissection
    this.lost = slot.midStream
  }

  /** The hot entry: one segment of the connection itself. */
  segment(
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: number,
    timeNs: number,
    conversation: number,
    low: number,
  ): void {
    const length = end - start
    if (this.skips(length)) {
      if (!this.dead && this.span !== UNTIL_CLOSE) this.span -= length
      this.at += length
      return
    }
    const { now } = this.dissection
    now.at = this.at + this.kept.length
    now.length = length
    now.first = packet
    now.last = packet
    now.whole = packet
    now.timeNs = timeNs
    now.conversation = conversation
    now.low = low
    if (this.kept.length > 0 || this.held) this.ownOrigins().push({ ...now })
    this.feed(bytes, start, end)
  }

  /** The other hot entry: one datagram of the conversation itself, for this layer. */
  datagram(
    layer: Layer,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: number,
    timeNs: number,
    conversation: number,
    cut: Cut,
  ): void {
    const { now } = this.dissection
    now.at = this.at
    now.length = end - start
    now.first = packet
    now.last = packet
    now.whole = packet
    now.timeNs = timeNs
    now.conversation = conversation
    now.low = 0
    this.layer = layer
    this.message(bytes, start, end, cut)
  }

  skips(length: number): boolean {
    return this.kept.length === 0 && (this.dead || (this.span >= length && this.spanSlot === SKIP))
  }

  /** @param silent nobody lost them: they were passed over */
  gap(length: number, silent = false): void {
    if (this.dead || this.ended) {
      this.at += length
      return
    }
    if (this.span >= length && this.kept.length === 0) {
      if (this.span !== UNTIL_CLOSE) this.span -= length
      this.at += length
      if (this.spanSlot >= 0) this.fed(this.layer?.slots[this.spanSlot])?.gap(length, silent)
      return
    }
    if (silent) this.giveUpRest()
    else {
      this.emit({ kind: 'stream-gap', length }, this.at, 0)
      this.readRest(CUT_BY_CAPTURE)
    }
    this.at += length
    this.lost = true
    this.kept.forget()
    this.span = 0
    for (const slot of this.layer?.slots ?? []) this.fed(slot)?.gap(length, silent)
  }

  end(how: Ending): void {
    if (this.ended) return
    while (this.pieces?.waits === true) this.skipHole(this.pieces)
    if (this.held && !this.dead && this.layer !== null) {
      // Nobody will decide any more: what was held is not this layer's.
      this.held = false
      if (this.kept.length > 0 && this.succeed(this.layer, this.kept.bytes, 0, this.kept.length)) this.pump()
    }
    this.ended = true
    // Probing no longer waits for more.
    if (!this.dead && this.kept.length > 0 && this.waitsForProbe()) this.pump()
    if (this.layer !== null && !this.dead) {
      this.readRest(how === 'fin' || how === 'rst' ? CUT_BY_CLOSE : CUT_BY_CAPTURE)
      const { out } = this.dissection
      out.begin(this, this.at, 0, 0)
      this.layer.dissector.ended?.(this.layer.state, this.direction, how, this.span, out)
      out.clear()
    }
    this.kept.drop()
    for (const layer of this.slot.layers) for (const slot of layer.slots) this.fed(slot)?.end(how)
    const { junction, pipes, made } = this.slot
    if (junction !== '' && pipes[opposite(this.direction)].ended) {
      made.dissection.junctions.remove(junction, this.slot)
    }
  }

  /** This direction of a slot above, when it is this pipe that feeds it. */
  private fed(slot: Slot | undefined): Pipe | null {
    if (slot === undefined) return null
    const above = slot.pipes[this.direction]
    return slot.junction === '' || above.feeder === this ? above : null
  }

  /** Bytes of this slot, their origin already noted. */
  private feed(bytes: Uint8Array, start: number, end: number): void {
    if (this.lost && !this.dead && !this.resynchronise(bytes, start, end)) return
    if (this.kept.length > 0 || this.held) {
      this.keep(bytes, start, end)
      if (this.held || this.kept.need > this.kept.length) return
      this.pump()
    } else {
      const read = this.run(bytes, start, end)
      if (read < end) this.keepRest(bytes, read, end)
    }
    this.dropOrigins()
  }

  /**
   * One message: whatever becomes of it says nothing about the next. What it lacks to a whole PDU will not come, so it is
   * read as far as it goes.
   */
  private message(bytes: Uint8Array, from: number, end: number, cut: Cut): void {
    const { out } = this.dissection
    let start = from
    while (start < end && !this.dead && (this.layer !== null || this.join(bytes, start, end))) {
      const layer = this.layer as Layer
      const length = layer.dissector.frame(bytes, start, end, 0, layer.state, this.direction)
      if (length === NOT_MINE) {
        if (!this.succeed(layer, bytes, start, end)) break
        continue
      }
      const whole = length > 0 && length <= end - start
      const stop = whole ? start + length : end
      this.readOne(layer, bytes, start, stop, stop < end ? CUT_BY_FRAME : cut)
      if (whole) out.settle()
      else out.clear()
      this.span = 0
      this.at += stop - start
      start = stop
    }
    this.at += end - start
    this.dropOrigins()
  }

  private resynchronise(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.isStart(bytes, start, end)) this.lost = false
    else {
      this.at += end - start
      this.dropOrigins()
    }
    return !this.lost
  }

  /** A PDU that can be recognised starts here, or the other direction has already said what is spoken. */
  private isStart(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.layer !== null) {
      const { dissector } = this.layer
      // What is handed up message by message starts anew with each of them.
      return dissector.frame === wholeMessage || dissector.probe(bytes, start, end, this.direction) >= LIKELY
    }
    const spoken = this.slot.pipes[opposite(this.direction)].layer !== null
    return spoken || recognise(bytes, start, end, this.direction, null) !== null
  }

  private keepRest(bytes: Uint8Array, from: number, end: number): void {
    if (this.origins === null) {
      const { now } = this.dissection
      const gone = now.length - (end - from)
      this.ownOrigins().push({ ...now, at: now.at + gone, length: end - from, low: now.low + gone })
    }
    this.keep(bytes, from, end)
  }

  /** Tries the bytes that wait again. */
  private pump(): void {
    const { kept } = this
    if (kept.length === 0 || this.pumping) return
    this.pumping = true
    kept.shift(this.run(kept.bytes, 0, kept.length))
    this.pumping = false
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const length = this.kept.length + end - start
    if (length > (this.held ? MAX_HELD_BYTES : 2 * MAX_PDU_BYTES)) {
      this.die('too many bytes gathered (a limit of this tool)')
      this.at += length
      return
    }
    this.kept.append(bytes, start, end)
  }

  /** Reads PDUs from `from`; answers how far it came. */
  private run(bytes: Uint8Array, from: number, end: number): number {
    let start = from
    for (;;) {
      if (this.dead) {
        this.at += end - start
        return end
      }
      if (this.span > 0) {
        const length = Math.min(this.span, end - start)
        if (length === 0) return start
        if (this.spanSlot >= 0) this.hand(this.spanSlot, bytes, start, start + length, this.at, this.at + length, -1)
        if (this.span !== UNTIL_CLOSE) this.span -= length
        start += length
        this.at += length
        continue
      }
      if (start >= end) return start
      if (this.layer === null && !this.join(bytes, start, end)) {
        if (this.dead) continue
        return start
      }
      const layer = this.layer as Layer
      const length = layer.dissector.frame(bytes, start, end, this.kept.seen, layer.state, this.direction)
      if (length > end - start) {
        if (length <= MAX_PDU_BYTES) {
          this.kept.need = length
          return start
        }
        this.readOne(layer, bytes, start, end, CUT_BY_TOOL)
        this.die(`${layer.dissector.name}: a PDU of ${length} bytes (a limit of this tool)`)
      } else if (length > 0) {
        this.kept.forget()
        this.readOne(layer, bytes, start, start + length, CUT_BY_FRAME)
        start += length
        this.at += length
        this.dissection.out.settle()
        this.slot.pipes[opposite(this.direction)].release()
      } else if (length === NEED_MORE) {
        this.kept.seen = end - start
        this.kept.need = 0
        return start
      } else if (length === HOLD) {
        this.held = true
        this.kept.seen = 0
        return start
      } else if (length === BROKEN) {
        this.readOne(layer, bytes, start, end, CUT_BY_FRAME)
        this.die(`${layer.dissector.name}: malformed`)
      } else if (length === NOT_MINE) {
        this.kept.seen = 0
        if (!this.succeed(layer, bytes, start, end) && !this.dead) return start
      } else {
        this.die(`${layer.dissector.name}: framing`)
      }
    }
  }

  /** The other direction has read a PDU: what was held may go on. */
  private release(): void {
    if (!this.held) return
    this.held = false
    this.pump()
    this.dropOrigins()
  }

  private readOne(layer: Layer, bytes: Uint8Array, start: number, end: number, cut: Cut): void {
    const { pdu, out } = this.dissection
    pdu.reset(bytes, start, end, cut)
    const tree = this.isWatched(end - start) ? pdu.watch(layer.dissector.root) : null
    out.begin(this, this.at, start, end - start)
    layer.dissector.read(pdu, layer.state, this.direction, out)
    if (tree !== null) this.show(layer, tree, pdu.bytes.slice(pdu.start, pdu.start + end - start), pdu.start)
    if (pdu.fault !== null) this.emit({ kind: 'malformed', fault: pdu.fault }, this.at, end - start)
    if (cut !== CUT_BY_FRAME) out.clear()
  }

  private isWatched(length: number): boolean {
    const { watcher, now } = this.dissection
    return watcher?.wants(this.placeOf(this.at + length - 1, now).whole) === true
  }

  /** The stretch of the byte at this position. */
  private placeOf(at: number, now: Stretch): Stretch {
    return this.origins === null ? now : (stretchAt(this.origins, at) ?? now)
  }

  private show(layer: Layer, tree: Node, bytes: Uint8Array, base: number): void {
    const { watcher, now, nowList } = this.dissection
    const { at, direction } = this
    const { name, title } = layer.dissector
    const { length } = bytes
    const tail = this.placeOf(at + length - 1, now)
    const origins: Stretch[] = []
    copyStretches(this.origins ?? nowList, at, at + length, origins, 0, length)
    watcher?.pdu({
      name,
      title,
      packet: tail.whole,
      first: this.placeOf(at, now).first,
      timeNs: tail.timeNs,
      transport: layer.path.startsWith('udp') ? 'udp' : 'tcp',
      conversation: tail.conversation,
      layer: layer.id,
      path: layer.path,
      direction,
      at,
      length,
      bytes,
      base,
      tree,
      origins,
    })
  }

  /** What waits for the rest of its PDU is read as far as it goes; nothing is built on it. */
  private readRest(cut: Cut): void {
    const { kept } = this
    if (kept.length > 0 && this.layer !== null) {
      this.readOne(this.layer, kept.bytes, 0, kept.length, cut)
      this.dissection.out.clear()
    }
    this.giveUpRest()
  }

  private giveUpRest(): void {
    this.at += this.kept.length
    this.kept.drop()
    this.origins = null
  }

  private waitsForProbe(): boolean {
    if (this.layer === null) return true
    const { dissector, state } = this.layer
    return dissector.frame(this.kept.bytes, 0, this.kept.length, 0, state, this.direction) === NOT_MINE
  }

  /** Which protocol starts here? */
  private join(bytes: Uint8Array, start: number, end: number): boolean {
    const other = this.slot.pipes[opposite(this.direction)].layer
    if (other !== null && this.slot.layers[0] === other) {
      this.layer = other
      return true
    }
    if (this.slot.depth > MAX_LAYERS) {
      this.die('too many layers (a limit of this tool)')
      return false
    }
    return this.probe(bytes, start, end)
  }

  /** These bytes are not the old layer's: the other direction's layer, the one announced, or whoever recognises them. */
  private succeed(old: Layer, bytes: Uint8Array, start: number, end: number): boolean {
    const { layers } = this.slot
    const other = this.slot.pipes[opposite(this.direction)].layer
    if (other !== null && layers.indexOf(other) > layers.indexOf(old)) {
      this.layer = other
      return true
    }
    const { then } = old.next
    const next = then === undefined ? null : this.slot.made.begin(this.slot, then)
    if (next !== null) {
      this.layer = next
      return true
    }
    return this.probe(bytes, start, end)
  }

  private probe(bytes: Uint8Array, start: number, end: number): boolean {
    const { messages } = this.slot
    const best = messages
      ? recogniseInside(bytes, start, end, this.direction)
      : recognise(bytes, start, end, this.direction, this.layer)
    if (best !== null) {
      const known = this.slot.layers.find(layer => layer.dissector === best && layer !== this.layer)
      const layer = known ?? this.slot.made.begin(this.slot, { protocol: best.name, hint: this.slot.path })
      if (layer !== null) {
        this.layer = layer
        return true
      }
      this.die('too many protocols on one connection (a limit of this tool)')
      return false
    }
    if (end - start < PROBE_BYTES && !this.ended && !messages) {
      this.kept.seen = end - start
      return false
    }
    const first = latin1(bytes, start, Math.min(end, start + PROBE_BYTES))
    this.emit({ kind: 'unrecognised', first, protocol: foreignProtocol(first) }, this.at, end - start)
    this.silence()
    return false
  }

  emit(fact: Fact, at: number, length: number): void {
    const list = this.origins ?? this.dissection.nowList
    const { now } = this.dissection
    const head = length === 0 ? now : (stretchAt(list, at) ?? now)
    const tail = length === 0 ? now : (stretchAt(list, at + length - 1) ?? now)
    this.dissection.emit({
      fact,
      packet: tail.last,
      first: head.first,
      timeNs: tail.timeNs,
      conversation: length === 0 && this.fedBy >= 0 ? this.fedBy : tail.conversation,
      layer: this.layer?.id ?? -1,
      path: this.layer?.path ?? this.slot.path,
      direction: this.direction,
      at,
      length,
    })
  }

  tally(type: number, length: number, at: number): void {
    if (this.replaying) return
    const { now } = this.dissection
    const last = this.origins === null ? now : (stretchAt(this.origins, at) ?? now)
    this.ownLog(last.conversation).push(type, length, at, last.last, last.timeNs)
  }

  /** The layer that it reads, when nothing waits and no byte is wanted before the next PDU. */
  get resting(): Layer | null {
    const busy = this.dead || this.ended || this.held || this.lost || this.kept.length > 0
    return busy || (this.span > 0 && (this.spanSlot !== SKIP || this.span === UNTIL_CLOSE)) ? null : this.layer
  }

  /** What follows can be walked by record headers alone. */
  tail(conversation: number): TailStart {
    return { log: this.ownLog(conversation), left: this.span, at: this.at }
  }

  /** The layer whose records could be passed over from here on. */
  get passable(): Layer | null {
    const busy = this.dead || this.ended || this.held || this.lost || this.span > 0
    return busy || (this.kept.length > 0 && this.kept.need <= this.kept.length) ? null : this.layer
  }

  /** What speaks here now. */
  get reads(): Layer | null {
    return this.layer
  }

  /** Of the next byte that nobody has read. */
  get position(): number {
    return this.at
  }

  /** From here on somebody else walks over the PDUs; the one under way is given up. */
  passOver(conversation: number): TailStart & { readonly underWay: boolean } {
    const log = this.ownLog(conversation)
    const { length, need } = this.kept
    const underWay = length > 0
    this.kept.drop()
    this.kept.forget()
    this.origins = null
    return { log, left: underWay ? need - length : 0, at: this.at + length, underWay }
  }

  /** So many bytes were passed over, up to where a PDU starts; there was so much for the layers above in them. */
  leap(length: number, content: number): void {
    this.at += length
    for (const slot of this.layer?.slots ?? []) this.fed(slot)?.gap(content, true)
  }

  /** A PDU that was passed over is read after all; it is counted already. */
  replay(bytes: Uint8Array, length: number, packet: number, timeNs: number, conversation: number, low: number): void {
    this.replaying = true
    this.segment(bytes, 0, length, packet, timeNs, conversation, low)
    this.replaying = false
  }

  /** Nobody passes over anything any more: of the PDU under way so much is still to come, or so much of its header is there. */
  goOn(left: number, header: Uint8Array, headerBytes: number): void {
    if (left > 0) this.spanning(left, SKIP)
    const { last, timeNs, conversation } = this.dissection.now
    if (headerBytes > 0) this.replay(header, headerBytes, last, timeNs, conversation, 0)
  }

  private ownLog(conversation: number): RecordLog {
    if (this.log === null || this.logged !== this.layer) {
      this.logged = this.layer
      const path = this.layer?.path ?? this.slot.path
      this.log = new RecordLog(conversation, this.layer?.id ?? -1, path, this.direction)
      this.dissection.keep(this.log)
    }
    return this.log
  }

  open(index: number, next: Next): void {
    const layer = this.layer
    if (layer === null || layer.slots[index] !== undefined) return
    if (next.junction !== undefined) {
      layer.slots[index] = this.joint(layer, next, `${this.slot.made.peers} ${next.junction}`)
      return
    }
    this.above(layer, index, next.ordered !== true).begin(next)
  }

  /** The slot that another conversation feeds too. */
  private joint(layer: Layer, next: Next, junction: string): Slot {
    const { dissection } = this
    dissection.joins(this.fedBy >= 0 ? this.fedBy : dissection.now.conversation)
    const known = dissection.junctions.find(junction, this.direction)
    if (known !== null) return known
    const made = new Layers(dissection, this.slot.made.peers, FIRST_JOINT_LAYER)
    const slot = new Slot(made, this.slot.depth + 1, layer.path, { junction })
    dissection.junctions.add(junction, slot)
    slot.begin(next)
    return slot
  }

  hand(index: number, bytes: Uint8Array, start: number, end: number, from: number, to: number, number: number): void {
    const layer = this.layer
    if (layer === null) return
    const slot = layer.slots[index] ?? this.above(layer, index, number < 0)
    const pipe = slot.pipes[this.direction]
    const origins = this.origins ?? this.dissection.nowList
    pipe.feeder = this
    if (number < 0) {
      pipe.receive(bytes, start, end, from, to, origins, this.placeOf(this.at - 1, this.dissection.now).whole)
    } else pipe.piece(number, bytes, start, end, from, to, origins)
  }

  private above(layer: Layer, index: number, messages: boolean): Slot {
    const { made, depth } = this.slot
    const slot = new Slot(made, depth + 1, layer.path, { messages: this.slot.messages && messages })
    layer.slots[index] = slot
    return slot
  }

  /** Bytes from the layer below; they lie at from..to of its own, whose origins are given; `whole`: the packet that completed its PDU. */
  private receive(
    bytes: Uint8Array,
    start: number,
    end: number,
    from: number,
    to: number,
    origins: readonly Stretch[],
    whole = 0,
  ): void {
    if (this.dead) {
      this.at += end - start
      return
    }
    const own = this.ownOrigins()
    const known = own.length
    copyStretches(origins, from, to, own, this.at + this.kept.length, end - start)
    for (let index = known; index < own.length; index++) {
      const origin = own[index] as Stretch
      if (origin.whole < whole) origin.whole = whole
    }
    this.fedBy = this.lastOrigin.conversation
    if (this.slot.messages) this.message(bytes, start, end, CUT_BY_FRAME)
    else this.feed(bytes, start, end)
  }

  /** A numbered piece of this stream. */
  private piece(
    number: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    from: number,
    to: number,
    origins: readonly Stretch[],
  ): void {
    this.pieces ??= new Pieces()
    const { pieces } = this
    if (pieces.take(number)) {
      this.receive(bytes, start, end, from, to, origins)
      this.drain(pieces)
      return
    }
    if (this.dead || !pieces.isAhead(number)) return
    const kept: Stretch[] = []
    copyStretches(origins, from, to, kept, 0, end - start)
    pieces.hold({ number, bytes: bytes.slice(start, end), origins: kept })
    if (pieces.full) this.skipHole(pieces)
  }

  private drain(pieces: Pieces): void {
    for (let piece = pieces.shift(); piece !== null; piece = pieces.shift()) {
      this.receive(piece.bytes, 0, piece.bytes.length, 0, piece.bytes.length, piece.origins)
    }
  }

  /** The piece that comes next will not come; nobody knows how long it was. */
  private skipHole(pieces: Pieces): void {
    pieces.skipHole()
    this.gap(0)
    this.drain(pieces)
  }

  become(next: Next, both: boolean): void {
    const old = this.layer
    if (old === null) return
    const other = this.slot.pipes[opposite(this.direction)]
    if (next.protocol === '') {
      this.slot.layers = []
      this.layer = null
      if (both) other.restart(null)
      return
    }
    const { layers } = this.slot
    const later = layers.slice(layers.indexOf(old) + 1).find(layer => layer.dissector.name === next.protocol)
    const layer = later ?? this.slot.made.begin(this.slot, next, old.path)
    if (layer === null) {
      this.die(`nobody here reads ${next.protocol}`)
      return
    }
    this.layer = layer
    if (both && (other.layer === old || other.layer === null)) other.restart(layer)
  }

  bulk(): void {
    if (this.layer !== null) this.layer.bulk = true
  }

  lose(slot: number, length: number): void {
    this.layer?.slots[slot]?.pipes[this.direction].gap(length)
  }

  spanning(length: number, slot: number): void {
    this.span = length
    this.spanSlot = slot
  }

  die(why: string): void {
    if (this.dead) return
    this.emit({ kind: 'opaque', why }, this.at, 0)
    this.silence()
  }

  /** Its bytes are only counted from now on. */
  private silence(): void {
    this.dead = true
    this.kept.drop()
    this.origins = null
  }

  private restart(layer: Layer | null): void {
    this.layer = layer
    this.kept.forget()
    this.held = false
    this.pump()
    this.dropOrigins()
  }

  private get lastOrigin(): Stretch {
    return this.origins?.at(-1) ?? this.dissection.now
  }

  private ownOrigins(): Stretch[] {
    this.origins ??= []
    return this.origins
  }

  private dropOrigins(): void {
    const { origins } = this
    if (origins === null) return
    let gone = 0
    while (gone < origins.length && (origins[gone] as Stretch).at + (origins[gone] as Stretch).length <= this.at) gone++
    if (gone === origins.length) this.origins = null
    else if (gone > 0) origins.splice(0, gone)
  }
}
