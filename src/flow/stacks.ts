/** Which flows have layers, and how many: the oldest gives them up when there are too many. */
import { MAX_STACKS } from '../wire/limits.ts'
import type { Dissection } from './dissection.ts'
import type { FlowNotes } from './flow-notes.ts'
import type { FlowQuality } from './flow-quality.ts'
import { FlowQueue } from './flow-queue.ts'
import {
  ADDRESS_HIGH,
  ADDRESS_LOW,
  CLIENT_IS_HIGH,
  ID,
  INTS,
  KEY,
  STATE,
  SYN_ACK_PACKET,
  SYN_PACKET,
  UNREADABLE,
} from './flow-record.ts'
import type { FlowTable } from './flow-table.ts'
import { Stack } from './stack.ts'

export class Stacks {
  private readonly table: FlowTable
  /** Parallel to the records of the table. */
  private readonly notes: readonly (FlowNotes | null)[]
  private readonly dissection: Dissection
  private readonly quality: FlowQuality
  /** Flows with layers, oldest first. */
  private readonly queue = new FlowQueue()
  private count = 0

  constructor(table: FlowTable, notes: readonly (FlowNotes | null)[], dissection: Dissection, quality: FlowQuality) {
    this.table = table
    this.notes = notes
    this.dissection = dissection
    this.quality = quality
  }

  /** Layers for a connection whose first payload is about to be read, unless it had some before. */
  open(flow: number, notes: FlowNotes): void {
    const { ints } = this.table
    const at = flow * INTS
    const state = ints[at + STATE] as number
    if ((state & UNREADABLE) !== 0) return
    const midStream = ints[at + SYN_PACKET] === 0 && ints[at + SYN_ACK_PACKET] === 0
    const clientIsLow = (state & CLIENT_IS_HIGH) === 0
    const client = ints[at + (clientIsLow ? ADDRESS_LOW : ADDRESS_HIGH)] as number
    const server = ints[at + (clientIsLow ? ADDRESS_HIGH : ADDRESS_LOW)] as number
    notes.stack = new Stack(this.dissection, midStream, `${(ints[at + KEY] as number) >> 8} ${client} ${server}`)
    this.queue.push(flow, ints[at + ID] as number)
    this.count++
    this.bound()
  }

  /** Encrypted without keys, a few numbers take the place of the layers; with keys, a running session is passed over. */
  park(flow: number, notes: FlowNotes, stack: Stack): void {
    const conversation = this.table.ints[flow * INTS + ID] as number
    const tail = stack.tail(this.table, flow, conversation)
    if (tail === null) {
      stack.skim(conversation)
      return
    }
    notes.stack = tail
    this.count--
  }

  /** What still comes is not read. */
  drop(flow: number, notes: FlowNotes): void {
    this.closed(notes)
    notes.stack = null
    this.table.ints[flow * INTS + STATE] = (this.table.ints[flow * INTS + STATE] as number) | UNREADABLE
  }

  /** The conversation is over. */
  closed(notes: FlowNotes): void {
    if (notes.stack instanceof Stack) this.count--
  }

  private bound(): void {
    const { queue } = this
    // Entries whose flow has no layers any more leave when the queue grows long.
    while (queue.length > 2 * MAX_STACKS || this.count > MAX_STACKS) {
      const { flow, conversation } = queue
      const notes = this.table.holds(flow, conversation) ? (this.notes[flow] ?? null) : null
      queue.shift()
      if (notes === null || !(notes.stack instanceof Stack)) continue
      if (this.count > MAX_STACKS) {
        this.drop(flow, notes)
        this.quality.evictedStacks++
      } else queue.push(flow, conversation)
    }
  }
}
