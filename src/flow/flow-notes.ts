/** What a live flow keeps as objects, because it is rare: events, marks, ICMP, segments that wait, the stack of layers. */
import { type Direction, opposite } from '../wire/dissector.ts'
import { MAX_EVENTS, MAX_MARKS } from '../wire/limits.ts'
import { Bounded } from './bounded.ts'
import type { FragmentNote, IcmpNote, TcpMark, TunnelKind } from './conversation.ts'
import type { FragmentedDatagram } from './defragment.ts'
import type { Event } from './event.ts'
import type { Exchange } from './exchange.ts'
import type { RecordLog } from './record-log.ts'
import type { Stack } from './stack.ts'
import type { TcpRemarks } from './tcp-remarks.ts'
import type { TlsTail } from './tls-tail.ts'

/** A segment that arrived ahead of a hole. */
export interface AheadSegment {
  readonly sequence: number
  /** Captured payload; null where the layers would pass over it anyway. */
  readonly bytes: Uint8Array | null
  /** Captured bytes, and bytes on the wire. */
  readonly captured: number
  readonly length: number
  readonly packet: number
  readonly timeNs: number
}

/** A mark whose resend may still turn out to be needless. */
export type OpenMark = { -readonly [K in keyof TcpMark]: TcpMark[K] }

export class FlowNotes {
  readonly events = new Bounded<Event>(MAX_EVENTS)
  /** Of its layers, a direction. */
  readonly logs: RecordLog[] = []
  readonly marks = new Bounded<OpenMark>(MAX_MARKS)
  icmp: IcmpNote[] | null = null
  fragments: FragmentNote[] | null = null
  /** Its layers, or what is left of them. */
  stack: Stack | TlsTail | null = null
  /** Layers of a conversation of datagrams; null while nobody remembers anything. */
  exchange: Exchange | null = null
  /** A side: sorted by sequence number. Null while neither waits. */
  ahead: [AheadSegment[] | null, AheadSegment[] | null] | null = null
  /** The last retransmission of each side, which a D-SACK may prove needless. Null before there was one. */
  lastResend: [OpenMark | null, OpenMark | null] | null = null
  /** Null while there is nothing to remark. */
  remarks: TcpRemarks | null = null
  /** The VPN whose outer packets these datagrams are. */
  tunnel: TunnelKind | null = null

  /** The client turns out to be the other side: what was noted so far changes its direction. */
  turnRound(): void {
    const notes: { -readonly [K in keyof Pick<Event, 'direction'>]: Event[K] }[] = [
      ...this.events.items(),
      ...(this.icmp ?? []),
      ...(this.fragments ?? []),
    ]
    for (const note of notes) note.direction = opposite(note.direction)
  }

  /** One more IP datagram of this direction that came in fragments. */
  fragmented(direction: Direction, datagram: FragmentedDatagram): void {
    const { complete, overlaps, firstPacket, lastPacket, firstNs, lastNs } = datagram
    this.fragments ??= []
    const at = this.fragments.findIndex(note => note.direction === direction)
    const before = this.fragments[at]
    const note: FragmentNote = {
      direction,
      datagrams: (before?.datagrams ?? 0) + 1,
      complete: (before?.complete ?? 0) + (complete ? 1 : 0),
      firstPacket: Math.min(before?.firstPacket ?? firstPacket, firstPacket),
      lastPacket: Math.max(before?.lastPacket ?? 0, lastPacket),
      firstNs: Math.min(before?.firstNs ?? firstNs, firstNs),
      lastNs: Math.max(before?.lastNs ?? 0, lastNs),
      overlaps: (before?.overlaps ?? 0) + overlaps,
    }
    if (at < 0) this.fragments.push(note)
    else this.fragments[at] = note
  }
}
