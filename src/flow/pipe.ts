/**
 * One direction of a slot: the bytes that come in are framed, read PDU by PDU, and what the readings ask for is done. A
 * layer that fails becomes opaque, says why, and lives on as a count of bytes. The contract with the dissectors is in
 * src/wire/dissector.ts.
 */
import { foreignProtocol } from '../../dissectors/foreign.ts'
import { latin1 } from '../wire/bytes.ts'
import {
  BROKEN,
  type Direction,
  type Ending,
  HOLD,
  LIKELY,
  NEED_MORE,
  type Next,
  NOT_MINE,
  opposite,
  SKIP,
  UNTIL_CLOSE,
  wholeMessage,
} from '../wire/dissector.ts'
import { MAX_HELD_BYTES, MAX_PDU_BYTES } from '../wire/limits.ts'
import { CUT_BY_CAPTURE, CUT_BY_CLOSE, CUT_BY_FRAME, CUT_BY_TOOL, type Cut } from '../wire/pdu.ts'
import type { Dissection } from './dissection.ts'
import type { Fact } from './event.ts'
import { Gathered } from './gathered.ts'
import type { Layer } from './layers.ts'
import type { Stretch } from './origin.ts'
import { Origins } from './origins.ts'
import { type PduReading, readPdu } from './pdu-reading.ts'
import { type PieceReader, Pieces } from './pieces.ts'
import { type NoLayer, PROBE_BYTES, recognise, UNDECIDED, UNRECOGNISED } from './recognition.ts'
import type { Slot } from './slot.ts'
import { Telling } from './telling.ts'
import type { TailStart } from './tls-tail.ts'

export class Pipe implements PduReading, PieceReader {
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
  /** The other direction decides first. */
  private held = false
  /** Bytes were lost: reading goes on where a PDU can be recognised. */
  private lost = false
  /** Of a slot that is fed numbered pieces. */
  private pieces: Pieces | null = null
  /** Who gives the bytes of this direction: of a junction, only that one may end it or report a gap. */
  feeder: Pipe | null = null
  readonly origins: Origins
  readonly direction: Direction
  readonly dissection: Dissection
  readonly telling: Telling
  private readonly slot: Slot

  constructor(slot: Slot, direction: Direction) {
    this.slot = slot
    this.direction = direction
    this.dissection = slot.made.dissection
    this.origins = new Origins(this.dissection)
    this.telling = new Telling(this.dissection, this.origins, slot.path, direction)
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
    this.dissection.place(this.at + this.kept.length, length, packet, timeNs, conversation, low)
    if (this.kept.length > 0 || this.held) this.origins.keepNow()
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
    this.dissection.place(this.at, end - start, packet, timeNs, conversation, 0)
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
      if (this.spanSlot >= 0) this.layer?.slots[this.spanSlot]?.fedBy(this)?.gap(length, silent)
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
    for (const slot of this.layer?.slots ?? []) slot?.fedBy(this)?.gap(length, silent)
  }

  end(how: Ending): void {
    if (this.ended) return
    this.pieces?.end()
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
    for (const layer of this.slot.layers) for (const slot of layer.slots) slot?.fedBy(this)?.end(how)
    this.slot.directionEnded()
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
      if (read < end) {
        this.origins.keepRest(end - read)
        this.keep(bytes, read, end)
      }
    }
    this.origins.dropBefore(this.at)
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
      readPdu(this, layer, bytes, start, stop, stop < end ? CUT_BY_FRAME : cut)
      if (whole) out.settle()
      else out.clear()
      this.span = 0
      this.at += stop - start
      start = stop
    }
    this.at += end - start
    this.origins.dropBefore(this.at)
  }

  private resynchronise(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.isStart(bytes, start, end)) this.lost = false
    else {
      this.at += end - start
      this.origins.dropBefore(this.at)
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
        readPdu(this, layer, bytes, start, end, CUT_BY_TOOL)
        this.die(`${layer.dissector.name}: a PDU of ${length} bytes (a limit of this tool)`)
      } else if (length > 0) {
        this.kept.forget()
        readPdu(this, layer, bytes, start, start + length, CUT_BY_FRAME)
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
        readPdu(this, layer, bytes, start, end, CUT_BY_FRAME)
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
    this.origins.dropBefore(this.at)
  }

  /** What waits for the rest of its PDU is read as far as it goes; nothing is built on it. */
  private readRest(cut: Cut): void {
    const { kept } = this
    if (kept.length > 0 && this.layer !== null) {
      readPdu(this, this.layer, kept.bytes, 0, kept.length, cut)
      this.dissection.out.clear()
    }
    this.giveUpRest()
  }

  private giveUpRest(): void {
    this.at += this.kept.length
    this.kept.drop()
    this.origins.clear()
  }

  private waitsForProbe(): boolean {
    if (this.layer === null) return true
    const { dissector, state } = this.layer
    return dissector.frame(this.kept.bytes, 0, this.kept.length, 0, state, this.direction) === NOT_MINE
  }

  /** Which protocol starts here? */
  private join(bytes: Uint8Array, start: number, end: number): boolean {
    return this.follow(this.slot.first(bytes, start, end, this.direction, this.ended), bytes, start, end)
  }

  /** These bytes are not the old layer's. */
  private succeed(old: Layer, bytes: Uint8Array, start: number, end: number): boolean {
    return this.follow(this.slot.successor(old, bytes, start, end, this.direction, this.ended), bytes, start, end)
  }

  /** Answers whether somebody reads on. */
  private follow(next: Layer | NoLayer, bytes: Uint8Array, start: number, end: number): boolean {
    if (typeof next !== 'string') {
      this.layer = next
      return true
    }
    if (next === UNDECIDED) this.kept.seen = end - start
    else if (next === UNRECOGNISED) {
      const first = latin1(bytes, start, Math.min(end, start + PROBE_BYTES))
      this.emit({ kind: 'unrecognised', first, protocol: foreignProtocol(first) }, this.at, end - start)
      this.silence()
    } else this.die(next)
    return false
  }

  emit(fact: Fact, at: number, length: number): void {
    this.telling.emit(this.layer, fact, at, length)
  }

  tally(type: number, length: number, at: number): void {
    this.telling.tally(this.layer, type, length, at)
  }

  /** The layer that it reads, when nothing waits and no byte is wanted before the next PDU. */
  get resting(): Layer | null {
    const busy = this.dead || this.ended || this.held || this.lost || this.kept.length > 0
    return busy || (this.span > 0 && (this.spanSlot !== SKIP || this.span === UNTIL_CLOSE)) ? null : this.layer
  }

  /** What follows can be walked by record headers alone. */
  tail(conversation: number): TailStart {
    return { log: this.telling.log(this.layer, conversation), left: this.span, at: this.at }
  }

  /** The layer whose records could be passed over from here on. */
  get passable(): Layer | null {
    const busy = this.dead || this.ended || this.held || this.lost || this.span > 0
    return busy || (this.kept.length > 0 && this.kept.need <= this.kept.length) ? null : this.layer
  }

  /** Of the next byte that nobody has read. */
  get position(): number {
    return this.at
  }

  /** From here on somebody else walks over the PDUs; the one under way is given up. */
  passOver(conversation: number): TailStart & { readonly underWay: boolean } {
    const log = this.telling.log(this.layer, conversation)
    const { length, need } = this.kept
    const underWay = length > 0
    this.kept.drop()
    this.kept.forget()
    this.origins.clear()
    return { log, left: underWay ? need - length : 0, at: this.at + length, underWay }
  }

  /** So many bytes were passed over, up to where a PDU starts; there was so much for the layers above in them. */
  leap(length: number, content: number): void {
    this.at += length
    for (const slot of this.layer?.slots ?? []) slot?.fedBy(this)?.gap(content, true)
  }

  open(index: number, next: Next): void {
    const layer = this.layer
    if (layer === null || layer.slots[index] !== undefined) return
    if (next.junction !== undefined) {
      layer.slots[index] = this.slot.joint(layer, next, this)
      return
    }
    this.above(layer, index, next.ordered !== true).begin(next)
  }

  hand(index: number, bytes: Uint8Array, start: number, end: number, from: number, to: number, number: number): void {
    const layer = this.layer
    if (layer === null) return
    const slot = layer.slots[index] ?? this.above(layer, index, number < 0)
    const pipe = slot.pipes[this.direction]
    const { origins } = this
    pipe.feeder = this
    if (number < 0) pipe.receive(bytes, start, end, from, to, origins.all, origins.at(this.at - 1).whole)
    else pipe.piece(number, bytes, start, end, from, to, origins.all)
  }

  private above(layer: Layer, index: number, messages: boolean): Slot {
    const slot = this.slot.above(layer, messages)
    layer.slots[index] = slot
    return slot
  }

  /** A piece of this stream, which the layer below gives numbers. */
  private piece(
    number: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    from: number,
    to: number,
    origins: readonly Stretch[],
  ): void {
    this.pieces ??= new Pieces(this)
    this.pieces.piece(number, bytes, start, end, from, to, origins)
  }

  /** Bytes from the layer below; they lie at from..to of its own, whose origins are given; `whole`: the packet that completed its PDU. */
  receive(
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
    this.origins.receive(origins, from, to, this.at + this.kept.length, end - start, whole)
    if (this.slot.messages) this.message(bytes, start, end, CUT_BY_FRAME)
    else this.feed(bytes, start, end)
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
    const layer = this.slot.replacement(old, next)
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
    this.origins.clear()
  }

  private restart(layer: Layer | null): void {
    this.layer = layer
    this.kept.forget()
    this.held = false
    this.pump()
    this.origins.dropBefore(this.at)
  }
}
