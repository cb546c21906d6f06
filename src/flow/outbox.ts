/** What a reading asks for. One object serves all layers: everything is queued here and done once `read` has returned. */
import type { ProtocolFact } from '../../dissectors/index.ts'
import { type Direction, type Next, type Out, SKIP } from '../wire/dissector.ts'
import type { Fact } from './event.ts'

interface Payload {
  readonly slot: number
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** Positions in the layer's bytes. */
  readonly from: number
  readonly to: number
  /** Of a piece of a stream; -1 of bytes that come in order. */
  readonly number: number
}

/** Who does what a reading asked for. */
export interface Reading {
  emit(fact: Fact, at: number, length: number): void
  tally(type: number, length: number, at: number): void
  open(slot: number, next: Next): void
  /** Bytes for the layer above. */
  hand(slot: number, bytes: Uint8Array, start: number, end: number, from: number, to: number, number: number): void
  become(next: Next, both: boolean): void
  bulk(): void
  spanning(length: number, slot: number): void
  /** Bytes for the layer above that nobody can give it. */
  lose(slot: number, length: number): void
  die(why: string): void
}

/** Decryption. */
export interface Unsealer {
  /** @returns null when it can not; an empty stretch asks whether there are keys at all */
  unseal(state: object, direction: Direction, bytes: Uint8Array, start: number, end: number): Uint8Array | null
  /** Takes note of a handshake message: what a premaster secret is turned into keys with. */
  overhear(state: object, bytes: Uint8Array, start: number, end: number): void
  /** What protection adds to a record of this connection; -1 when none may be left out, for later ones need it. */
  overhead(state: object): number
  /** Why it could not, once a connection; whoever tells it empties it. */
  complaint: string
}

export class Outbox implements Out<ProtocolFact> {
  /** Decryption; null without keys. */
  unsealer: Unsealer | null = null
  private reading: Reading | null = null
  private at = 0
  private length = 0
  private start = 0
  private payloads: Payload[] = []
  private bodyLength = 0
  private bodySlot = SKIP
  private next: Next | null = null
  private both = false
  private why = ''
  private lostLength = 0
  private lostSlot = SKIP

  /** The PDU that is about to be read lies at `at` of its layer, and at `start` of the bytes. */
  begin(reading: Reading, at: number, start: number, length: number): void {
    this.reading = reading
    this.at = at
    this.start = start
    this.length = length
    this.clear()
  }

  clear(): void {
    if (this.payloads.length > 0) this.payloads = []
    this.bodyLength = 0
    this.lostLength = 0
    this.next = null
    this.why = ''
  }

  fact(fact: ProtocolFact): void {
    this.reading?.emit(fact, this.at, this.length)
  }

  tally(type: number, length: number): void {
    this.reading?.tally(type, length, this.at)
  }

  payload(slot: number, bytes: Uint8Array, start: number, end: number, from: number, to: number, number = -1): void {
    const base = this.at - this.start
    this.payloads.push({ slot, bytes, start, end, from: base + from, to: base + to, number })
  }

  body(length: number, slot: number): void {
    this.bodyLength = length
    this.bodySlot = slot
  }

  lost(slot: number, length: number): void {
    this.lostLength = length
    this.lostSlot = slot
  }

  open(slot: number, next: Next): void {
    this.reading?.open(slot, next)
  }

  become(which: 'this' | 'both', next: Next): void {
    this.next = next
    this.both = which === 'both'
  }

  bulk(): void {
    this.reading?.bulk()
  }

  opaque(why: string): void {
    this.why = why
  }

  unseal(state: object, direction: Direction, bytes: Uint8Array, start: number, end: number): Uint8Array | null {
    const { unsealer } = this
    if (unsealer === null) return null
    const plain = unsealer.unseal(state, direction, bytes, start, end)
    if (unsealer.complaint !== '') {
      this.reading?.emit({ kind: 'not-decrypted', why: unsealer.complaint }, this.at, this.length)
      unsealer.complaint = ''
    }
    return plain
  }

  overhear(state: object, bytes: Uint8Array, start: number, end: number): void {
    this.unsealer?.overhear(state, bytes, start, end)
  }

  /** Does what was asked for: bodies, payloads, then the next protocol, then silence. */
  settle(): void {
    if (this.bodyLength + this.lostLength + this.payloads.length === 0 && this.next === null && this.why === '') return
    const reading = this.reading as Reading
    const { payloads, next, both, why, lostLength, lostSlot } = this
    if (this.bodyLength > 0) reading.spanning(this.bodyLength, this.bodySlot)
    this.payloads = []
    this.clear()
    if (lostLength > 0) reading.lose(lostSlot, lostLength)
    for (const p of payloads) reading.hand(p.slot, p.bytes, p.start, p.end, p.from, p.to, p.number)
    if (next !== null) reading.become(next, both)
    if (why !== '') reading.die(why)
  }
}
