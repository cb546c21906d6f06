/** What all conversations of a capture share: one cursor, one outbox, and the segment at hand. */
import { Pdu } from '../wire/pdu.ts'
import type { Event } from './event.ts'
import type { Stretch } from './origin.ts'
import { Outbox } from './outbox.ts'

export class Dissection {
  readonly pdu = new Pdu()
  readonly out = new Outbox()
  /** The segment that is being read; its origin while nothing has to be kept. */
  readonly now: Stretch = { at: 0, length: 0, first: 0, last: 0, timeNs: 0, conversation: -1, low: 0, exact: true }
  readonly nowList: readonly Stretch[] = [this.now]
  private readonly sink: (event: Event) => void

  constructor(sink: (event: Event) => void) {
    this.sink = sink
  }

  emit(event: Event): void {
    this.sink(event)
  }
}
