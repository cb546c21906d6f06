/** What all conversations of a capture share: one cursor, one outbox, and the segment at hand. */
import { Pdu } from '../wire/pdu.ts'
import type { Event } from './event.ts'
import { Junctions } from './junction.ts'
import type { Stretch } from './origin.ts'
import { Outbox, type Unsealer } from './outbox.ts'
import type { RecordLog } from './record-log.ts'
import type { Watcher } from './watcher.ts'

export class Dissection {
  readonly pdu = new Pdu()
  readonly out = new Outbox()
  readonly junctions = new Junctions()
  /** The segment that is being read; its origin while nothing has to be kept. */
  readonly now: Stretch = {
    at: 0,
    length: 0,
    first: 0,
    last: 0,
    whole: 0,
    timeNs: 0,
    conversation: -1,
    low: 0,
    exact: true,
  }
  readonly nowList: readonly Stretch[] = [this.now]
  /** Takes an event. */
  readonly emit: (event: Event) => void
  /** Keeps a log of records, which fills up while the conversation goes on. */
  readonly keep: (log: RecordLog) => void
  /** This conversation feeds a junction: from now on its events may come while another one is read. */
  joins: (conversation: number) => void = () => {}
  /** Null when nobody wants field trees. */
  readonly watcher: Watcher | null

  constructor(
    emit: (event: Event) => void,
    keep: (log: RecordLog) => void,
    watcher: Watcher | null = null,
    unsealer: Unsealer | null = null,
  ) {
    this.emit = emit
    this.keep = keep
    this.watcher = watcher
    this.out.unsealer = unsealer
  }
  /** What is read now are bytes of one packet: a segment or datagram, whose position in its stream is given. */
  place(at: number, length: number, packet: number, timeNs: number, conversation: number, low: number): void {
    const { now } = this
    now.at = at
    now.length = length
    now.first = packet
    now.last = packet
    now.whole = packet
    now.timeNs = timeNs
    now.conversation = conversation
    now.low = low
  }

  /** What is told now comes from this packet, or its absence, not from bytes of it. */
  moment(packet: number, timeNs: number, conversation: number): void {
    const { at, low } = this.now
    this.place(at, 0, packet, timeNs, conversation, low)
  }
}
