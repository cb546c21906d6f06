/**
 * What is frequent in one direction of a layer: the first dozens and the last few of its records, as numbers. They become
 * events only when the conversation is over.
 */
import type { Direction } from '../wire/dissector.ts'
import { MAX_FIRST_RECORDS, MAX_LAST_RECORDS } from '../wire/limits.ts'
import type { Event } from './event.ts'

/** Numbers an entry: position, time, packet, type and length. */
const NUMBERS = 5

export class RecordLog {
  private readonly layer: number
  private readonly path: string
  readonly conversation: number
  readonly direction: Direction
  private count = 0
  /** Later records are among the numbers of the flow's record. */
  skims = false
  private readonly first: number[] = []
  /** A ring: each entry lies in one cache line or two, however long the connection lasts. */
  private last: Float64Array | null = null

  constructor(conversation: number, layer: number, path: string, direction: Direction) {
    this.conversation = conversation
    this.layer = layer
    this.path = path
    this.direction = direction
  }

  push(type: number, length: number, at: number, packet: number, timeNs: number): void {
    const entry = this.count++
    if (entry < MAX_FIRST_RECORDS) {
      this.first.push(at, timeNs, packet, type, length)
      return
    }
    this.last ??= new Float64Array(NUMBERS * MAX_LAST_RECORDS)
    const { last } = this
    const start = NUMBERS * ((entry - MAX_FIRST_RECORDS) % MAX_LAST_RECORDS)
    last[start] = at
    last[start + 1] = timeNs
    last[start + 2] = packet
    last[start + 3] = type
    last[start + 4] = length
  }

  /** The first records are kept: later ones may go where fewer bytes are touched for them. Answers whether it is so. */
  skim(): boolean {
    this.skims ||= this.count >= MAX_FIRST_RECORDS
    return this.skims
  }

  /** Appends what was kept as events, in no order. */
  events(to: Event[]): void {
    for (let start = 0; start < this.first.length; start += NUMBERS) to.push(this.event(this.first, start))
    const { last } = this
    if (last === null) return
    const kept = Math.min(this.count - MAX_FIRST_RECORDS, MAX_LAST_RECORDS)
    for (let entry = 0; entry < kept; entry++) to.push(this.event(last, NUMBERS * entry))
  }

  /**
   * The event of a record given as position, time, packet, type and length. What comes out of an array of doubles is boxed,
   * and would have every event ever made keep its numbers in boxes; integers are not.
   */
  event(numbers: ArrayLike<number>, start = 0): Event {
    const packet = (numbers[start + 2] as number) | 0
    const length = (numbers[start + 4] as number) | 0
    return {
      fact: { kind: 'record', type: (numbers[start + 3] as number) | 0, length },
      packet,
      first: packet,
      timeNs: numbers[start + 1] as number,
      conversation: this.conversation,
      layer: this.layer,
      path: this.path,
      direction: this.direction,
      at: small(numbers[start] as number),
      length,
    }
  }
}

/** The same number, as an integer where it is one of 31 bits. */
function small(value: number): number {
  const integer = value | 0
  return integer === value ? integer : value
}
