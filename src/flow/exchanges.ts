/** Which conversations of datagrams have layers, and how many. */
import { CLIENT } from '../wire/dissector.ts'
import { MAX_EXCHANGES } from '../wire/limits.ts'
import type { Attribution } from './attribution.ts'
import type { Dissection } from './dissection.ts'
import { Exchange } from './exchange.ts'
import type { FlowNotes } from './flow-notes.ts'
import type { FlowQuality } from './flow-quality.ts'
import { DOUBLES, ID, INTS, LAST_NS, LAST_PACKET } from './flow-record.ts'
import type { FlowTable } from './flow-table.ts'
import type { Headers } from './headers.ts'
import { recogniseMessage } from './recognition.ts'
import { speaksInDatagram } from './roles.ts'

export class Exchanges {
  private readonly table: FlowTable
  private readonly dissection: Dissection
  private readonly attribution: Attribution
  private readonly quality: FlowQuality
  private count = 0

  constructor(table: FlowTable, dissection: Dissection, attribution: Attribution, quality: FlowQuality) {
    this.table = table
    this.dissection = dissection
    this.attribution = attribution
    this.quality = quality
  }

  /** A datagram that does not stand for itself: for the layers of its conversation, if it has any or begins one. */
  datagram(flow: number, side: number, notes: FlowNotes, h: Headers, packet: number, timeNs: number): void {
    if (notes.exchange === null) {
      if (recogniseMessage(h.bytes, h.payload, h.payloadEnd, CLIENT) === null) return
      if (this.count >= MAX_EXCHANGES) {
        this.quality.exchangesLeftOut++
        return
      }
      this.turnToClient(flow, side, notes, h)
      notes.exchange = new Exchange(this.dissection)
      this.count++
    }
    const conversation = this.table.ints[flow * INTS + ID] as number
    this.attribution.reads(notes, conversation, false)
    notes.exchange.datagram(this.table.direction(flow, side), h, packet, timeNs, conversation)
  }

  /** The conversation is over. */
  end(flow: number, notes: FlowNotes): void {
    if (notes.exchange === null) return
    const { ints, doubles } = this.table
    const conversation = ints[flow * INTS + ID] as number
    this.attribution.reads(notes, conversation, false)
    notes.exchange.end(
      ints[flow * INTS + LAST_PACKET] as number,
      doubles[flow * DOUBLES + LAST_NS] as number,
      conversation,
    )
    this.count--
  }

  /** What the first handshake message says of who is the client is surer than ports. */
  private turnToClient(flow: number, side: number, notes: FlowNotes, h: Headers): void {
    const speaker = speaksInDatagram(h.bytes, h.payload, h.payloadEnd)
    if (speaker === null) return
    const before = this.table.direction(flow, side)
    this.table.assignRoles(flow, speaker === CLIENT ? side : 1 - side, 'content')
    if (before !== speaker) notes.turnRound()
  }
}
