/**
 * Slots that two TCP connections feed: the IN and the OUT channel of an RD Gateway carry the two directions of one
 * conversation. They are found by the identifier that both channels name, client and gateway address beside it.
 */
import type { Direction } from '../wire/dissector.ts'
import { MAX_JUNCTIONS } from '../wire/limits.ts'
import type { Slot } from './slot.ts'

/** Layers above a junction are numbered from here on, apart from those of the connections that feed it. */
export const FIRST_JOINT_LAYER = 256

export class Junctions {
  /** How many were forgotten because there were too many; their channels are read apart. */
  forgotten = 0
  private readonly slots = new Map<string, Slot>()

  /** The slot of this key, unless that direction of it is over: then another session begins under the same key. */
  find(key: string, direction: Direction): Slot | null {
    const slot = this.slots.get(key)
    return slot === undefined || slot.pipes[direction].ended ? null : slot
  }

  add(key: string, slot: Slot): void {
    this.slots.delete(key)
    this.slots.set(key, slot)
    if (this.slots.size <= MAX_JUNCTIONS) return
    const [oldest] = this.slots.keys()
    if (oldest !== undefined) this.slots.delete(oldest)
    this.forgotten++
  }

  /** Both directions are over. */
  remove(key: string, slot: Slot): void {
    if (this.slots.get(key) === slot) this.slots.delete(key)
  }
}
