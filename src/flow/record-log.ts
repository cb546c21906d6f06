/**
 * What is frequent in one direction of a layer: the first dozens and the last few of its records, as numbers. They become
 * events only when the conversation is over.
 */
import type { Direction } from '../wire/dissector.ts'
import { MAX_FIRST_RECORDS, MAX_LAST_RECORDS } from '../wire/limits.ts'
import type { Event } from './event.ts'

/** Numbers an entry: packet, type and length; then position and time. */
const INTEGERS = 3
const DOUBLES = 2

export class RecordLog {
  private readonly layer: number
  private readonly path: string
  private readonly conversation: number
  private readonly direction: Direction
  private readonly integers: number[] = []
  private readonly doubles: number[] = []
  private count = 0

  constructor(conversation: number, layer: number, path: string, direction: Direction) {
    this.conversation = conversation
    this.layer = layer
    this.path = path
    this.direction = direction
  }

  push(type: number, length: number, at: number, packet: number, timeNs: number): void {
    const { integers, doubles } = this
    let entry = this.count++
    if (entry >= MAX_FIRST_RECORDS + MAX_LAST_RECORDS) {
      entry = MAX_FIRST_RECORDS + ((entry - MAX_FIRST_RECORDS) % MAX_LAST_RECORDS)
    }
    integers[INTEGERS * entry] = packet
    integers[INTEGERS * entry + 1] = type
    integers[INTEGERS * entry + 2] = length
    doubles[DOUBLES * entry] = at
    doubles[DOUBLES * entry + 1] = timeNs
  }

  /** Appends what was kept as events, in no order. */
  events(to: Event[]): void {
    for (let entry = 0; entry < Math.min(this.count, MAX_FIRST_RECORDS + MAX_LAST_RECORDS); entry++) {
      const packet = this.integers[INTEGERS * entry] as number
      const length = this.integers[INTEGERS * entry + 2] as number
      to.push({
        fact: { kind: 'record', type: this.integers[INTEGERS * entry + 1] as number, length },
        packet,
        first: packet,
        timeNs: this.doubles[DOUBLES * entry + 1] as number,
        conversation: this.conversation,
        layer: this.layer,
        path: this.path,
        direction: this.direction,
        at: this.doubles[DOUBLES * entry] as number,
        length,
      })
    }
  }
}
