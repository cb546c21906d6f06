/**
 * What a TCP connection does now and then, and what its own packets do not tell one by one: pauses of the payload, a
 * receive window that stays closed (RFC 9293 section 3.8.6.1), and segments whose checksum is wrong (RFC 9293 section
 * 3.1). Cold: made when the first of them is seen. Sides are those of the flow's record.
 */
import type { Direction } from '../wire/dissector.ts'
import { MAX_DAMAGED_SEGMENTS, MAX_PAYLOAD_PAUSES } from '../wire/limits.ts'
import type { ClosedWindow, DamagedSegment, PayloadPause } from './conversation.ts'
import { Headers } from './headers.ts'

type Open<T> = { -readonly [K in keyof T]: T[K] }

interface OpenDamage extends Open<DamagedSegment> {
  /** As int32; behind its last byte. */
  readonly end: number
}

/** A damaged segment that may be the only copy: its reader waits for a resend, or for the word that it arrived. */
export interface Withheld {
  readonly side: number
  /** What the reader needs of it, with bytes of its own. */
  readonly headers: Headers
  /** As int32; behind its last byte. */
  readonly end: number
  readonly packet: number
  readonly timeNs: number
}

export class TcpRemarks {
  readonly pauses: PayloadPause[] = []
  readonly damaged: OpenDamage[] = []
  withheld: Withheld | null = null
  private readonly closed: [Open<ClosedWindow> | null, Open<ClosedWindow> | null] = [null, null]
  private readonly longest: [ClosedWindow | null, ClosedWindow | null] = [null, null]

  pause(pause: PayloadPause): void {
    if (this.pauses.length >= MAX_PAYLOAD_PAUSES) this.pauses.shift()
    this.pauses.push(pause)
  }

  /** This side's packet has window 0. */
  windowClosed(side: 0 | 1, packet: number, timeNs: number): void {
    const now = this.closed[side]
    if (now === null) {
      this.closed[side] = {
        firstPacket: packet,
        firstNs: timeNs,
        lastPacket: packet,
        lastNs: timeNs,
        openedPacket: 0,
        openedNs: 0,
        probes: 0,
      }
    } else {
      now.lastPacket = packet
      now.lastNs = timeNs
    }
  }

  /** The other side asks this one for room. */
  probed(side: 0 | 1): void {
    const now = this.closed[side]
    if (now !== null) now.probes++
  }

  windowOpened(side: 0 | 1, packet: number, timeNs: number): void {
    const now = this.closed[side]
    if (now === null) return
    this.closed[side] = null
    now.openedPacket = packet
    now.openedNs = timeNs
    this.longest[side] = longer(this.longest[side], now)
  }

  longestClosed(side: 0 | 1): ClosedWindow | null {
    return longer(this.longest[side], this.closed[side])
  }

  /** @param h a segment with a wrong checksum. */
  damage(direction: Direction, h: Headers, packet: number, timeNs: number): void {
    if (this.damaged.length >= MAX_DAMAGED_SEGMENTS) return
    this.damaged.push({
      packet,
      timeNs,
      direction,
      length: h.payloadLength,
      end: (h.sequence + h.payloadLength) | 0,
      acknowledged: false,
      resentPacket: 0,
      resentNs: 0,
      resentGood: false,
    })
  }

  /** A damaged segment of this direction that ends where this resend does, and was not sent again yet. */
  awaited(direction: Direction, end: number): OpenDamage | undefined {
    return this.damaged.find(one => one.direction === direction && one.end === end && one.resentPacket === 0)
  }

  /** This direction was acknowledged up to here: what was not sent again until then was not needed again. */
  acknowledged(direction: Direction, acknowledgement: number): void {
    for (const one of this.damaged) {
      if (one.direction !== direction || one.resentPacket > 0) continue
      if (((acknowledgement - one.end) | 0) >= 0) one.acknowledged = true
    }
  }

  /** What was noted, with the sides as they are known in the end. */
  damagedSegments(): DamagedSegment[] {
    return this.damaged.map(({ end, ...segment }) => segment)
  }

  withhold(side: number, h: Headers, packet: number, timeNs: number): void {
    const headers = new Headers()
    headers.bytes = h.bytes.slice(h.payload, h.payloadEnd)
    headers.payloadEnd = headers.bytes.length
    headers.payloadLength = h.payloadLength
    headers.sequence = h.sequence
    this.withheld = { side, headers, end: (h.sequence + h.payloadLength) | 0, packet, timeNs }
  }
}

function longer(a: ClosedWindow | null, b: ClosedWindow | null): ClosedWindow | null {
  if (a === null || b === null) return a ?? b
  return b.lastNs - b.firstNs > a.lastNs - a.firstNs ? b : a
}
