/**
 * What the layers of one RDP connection know together: X.224 begins it and hands it up to MCS, which hands it to the
 * channels. Plain data. MS-RDPBCGR 1.3.1.1 (the phases of a connection).
 */
import type { Next } from '../src/wire/dissector.ts'
import { MAX_RDP_REPEATED_FACTS, MAX_STATIC_CHANNELS } from '../src/wire/limits.ts'

export interface RdpSession {
  /** The security protocol that the server picked; -1 before it has answered. */
  selected: number
  /** encryptionMethod of the server's security data: 0 under TLS; -1 before it. */
  encryption: number
  /** The MCS connection was seen to begin, and the session is not active yet: every PDU is read whole. */
  connecting: boolean
  /** MCS channel of the session's own PDUs. */
  ioChannel: number
  /** MCS channel of the message channel; -1 without. */
  messageChannel: number
  /** Static virtual channels: the names that the client asked for and the ids that the server gave, in one order. */
  channelNames: string[]
  channelIds: number[]
  /** Facts said of kinds that may come again and again. */
  repeatedFacts: number
  heartbeatSaid: boolean
  /** Somebody watches: nothing is passed over. */
  watched: boolean
}

/** Where a capture does not hold the server's network data: the channel that all servers use. */
const USUAL_IO_CHANNEL = 1003

/** The session that the layer below began; a new one where there is none. */
export function sessionOf(next: Next | null): RdpSession {
  return isSession(next?.hint) ? next.hint : newSession(next)
}

function isSession(hint: unknown): hint is RdpSession {
  return typeof hint === 'object' && hint !== null && 'ioChannel' in hint
}

/** A hint that is a number is the security protocol that was selected outside. */
export function newSession(next: Next | null): RdpSession {
  return {
    selected: typeof next?.hint === 'number' ? next.hint : -1,
    encryption: -1,
    connecting: false,
    ioChannel: USUAL_IO_CHANNEL,
    messageChannel: -1,
    channelNames: [],
    channelIds: [],
    repeatedFacts: 0,
    heartbeatSaid: false,
    watched: next?.watched ?? false,
  }
}

/** Name of a static virtual channel; '' when the capture does not tell it. */
export function channelName(session: RdpSession, index: number): string {
  return session.channelNames[index] ?? ''
}

/** Which static virtual channel has this MCS channel id; -1 when none has. */
export function channelIndex(session: RdpSession, id: number): number {
  const index = session.channelIds.indexOf(id)
  return index < MAX_STATIC_CHANNELS ? index : -1
}

/** May a fact be said that comes again and again in a long session? Of a PDU that is not complete nothing is counted. */
export function mayRepeat(session: RdpSession, complete: boolean): boolean {
  if (session.repeatedFacts >= MAX_RDP_REPEATED_FACTS) return false
  if (complete) session.repeatedFacts++
  return true
}
