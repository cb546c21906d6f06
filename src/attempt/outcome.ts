/**
 * What became of one connection: the session was active, it failed, or the capture does not tell. A connection counts as
 * established only when it became active and was not torn down (DESIGN: outcome; MS-RDPBCGR 1.3.1.1 and 1.3.1.4).
 */
import { isOrderlyEnd } from '../codes/errinfo-kinds.ts'
import type { Conversation } from '../flow/conversation.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import type { Closing, Outcome } from './attempt.ts'
import { closingOf, isClosed, isStalled, unreachable } from './closing.ts'
import type { Place } from './place.ts'
import { isOneSided } from './quality.ts'
import { isTls13, overheadOf } from './record-sizes.ts'
import { logonKindOf, readSealedSession, type SealedSession } from './sealed-session.ts'
import { beganBefore, innermostTls, type Sightings, sightingsOf, type TlsSighting, tlsDone } from './sightings.ts'

/** One connection with all that is concluded about it. */
export interface Examined {
  readonly seen: Sightings
  readonly closing: Closing
  readonly session: SealedSession | null
  /** The packet by which the session was active. */
  readonly active: Place | null
  readonly outcome: Outcome
  /** Its server sent the client elsewhere, and the client went. */
  readonly redirected: boolean
}

export function examine(conversation: Conversation, captureEndNs: number): Examined {
  const seen = sightingsOf(conversation)
  const closing = closingOf(seen, captureEndNs)
  const tls = innermostTls(seen)
  const session = tls === null ? null : sealedSessionOf(seen, tls)
  const active = seen.active ?? session?.active ?? activeByVolume(conversation)
  const outcome =
    active === null
      ? inactiveOutcome(seen, closing, captureEndNs)
      : isTorn(seen, closing, session)
        ? 'failed'
        : 'established'
  return { seen, closing, session, active, outcome, redirected: false }
}

function sealedSessionOf(seen: Sightings, { serverHello, records }: TlsSighting): SealedSession {
  const overhead = serverHello === null ? null : overheadOf(serverHello.fact.version, serverHello.fact.suite)
  return readSealedSession(records, overhead, logonKindOf(seen.confirm?.fact.selected ?? null))
}

/**
 * The same connection, known by its partners to have been active: the channels of a gateway are judged together.
 *
 * @param clientLeft the packet by which the client had left one of them; 0 when it did not.
 */
export function examinedAsActive(examined: Examined, active: Place, clientLeft: number): Examined {
  const { seen, closing } = examined
  // The client of a gateway ends the tunnel; a gateway that closes without a word, and first, has cut it.
  const cut = closing.side === 'server' && closing.how === 'fin' && (clientLeft === 0 || clientLeft > closing.packet)
  return { ...examined, active, outcome: cut || isTorn(seen, closing, null) ? 'failed' : 'established' }
}

/** More than all that a server sends before the session is active (see {@link ACTIVE_SERVER_BYTES}), from both sides. */
function activeByVolume(conversation: Conversation): Place | null {
  const { tcp } = conversation
  if (tcp === null) return null
  const [client, server] = tcp.sides
  return server.bytes >= ACTIVE_SERVER_BYTES && client.segments >= ACTIVE_SEGMENTS && server.segments >= ACTIVE_SEGMENTS
    ? { packet: server.lastDataPacket, timeNs: server.lastDataNs }
    : null
}

/**
 * SYNs that nobody answered with a SYN-ACK: refused, rejected by ICMP, or silent. Where the client went on all the same,
 * the answer is only missing in the capture.
 */
export function isDead(conversation: Conversation): boolean {
  const { tcp } = conversation
  if (tcp === null || tcp.synPacket === 0 || tcp.synAckPacket > 0 || tcp.ackPacket > 0) return false
  return tcp.sides[CLIENT].bytes === 0 && tcp.sides[SERVER].bytes === 0
}

/** The server said something behind TLS that can be an answer; session tickets of TLS 1.3 are none. */
export function isAnswered(tls: TlsSighting): boolean {
  const asked = tls.records.find(record => record.direction === CLIENT)
  if (asked === undefined) return false
  const answers = tls.records.filter(record => record.direction === SERVER)
  if (!isTls13(tls.serverHello?.fact.version ?? 0)) return answers.length > 0
  // Tickets come once, together, and are of one size.
  const tickets = answers.filter(record => record.fact.length === answers[0]?.fact.length).length
  return answers.length > Math.min(tickets, MOST_TICKETS)
}

const NS_PER_MS = 1e6
/**
 * Certificates (up to 6 kB), Kerberos (5 kB), MCS (1 kB), licensing with a new licence (10 kB) and capabilities (1 kB) stay
 * below this; the first screen does not.
 */
const ACTIVE_SERVER_BYTES = 24 * 1024
/** A download has few segments from the client; a session has its finalization and input. */
const ACTIVE_SEGMENTS = 20
/** No server gets as far as Font Map with fewer bytes: the TLS flight alone is larger. */
const LEAST_SESSION_BYTES = 1500
/** OpenSSL sends two tickets, Schannel one, others up to four. */
const MOST_TICKETS = 4
/** One SYN that is not answered so long would have been sent again; what is recorded shorter tells nothing. */
const SYN_PATIENCE_MS = 3_000

function inactiveOutcome(seen: Sightings, closing: Closing, captureEndNs: number): Outcome {
  const { conversation } = seen
  if (isDead(conversation)) return deadOutcome(conversation, closing, captureEndNs)
  if (isRefused(seen, closing)) return 'failed'
  // The server sent the client elsewhere: this connection has done its work.
  if (seen.redirection !== null) return 'unfinished'
  if (isOneSided(conversation)) return 'unfinished'
  if (closing.how === 'silence' || closing.how === 'icmp') return 'failed'
  if (!isClosed(closing)) return 'unfinished'
  // The channels are open, and nothing comes back on them: the client asked the gateway in vain.
  if (seen.said[CLIENT] !== null && seen.said[SERVER] === null && !seen.gaps) return 'failed'
  return isHidden(seen, closing) ? 'unfinished' : 'failed'
}

function deadOutcome(conversation: Conversation, closing: Closing, captureEndNs: number): Outcome {
  if (closing.side === 'server' || unreachable(conversation) !== null) return 'failed'
  const { tcp } = conversation
  if (tcp === null) return 'unfinished'
  const waitedMs = (captureEndNs - tcp.synNs) / NS_PER_MS
  return tcp.syns > 1 || waitedMs >= SYN_PATIENCE_MS ? 'failed' : 'unfinished'
}

/** Said in so many words, so that neither a close nor more packets are needed. */
function isRefused(seen: Sightings, closing: Closing): boolean {
  if (seen.failure !== null || seen.denied !== null || closing.how === 'alert') return true
  if (seen.refusal !== null || isError(seen, false)) return true
  if (seen.foreign !== null && seen.confirm === null && innermostTls(seen)?.serverHello == null) return true
  if (seen.proxy?.granted === false) return true
  const status = seen.gatewayAnswer?.fact.status ?? 0
  return status >= 300 && (status !== 401 || isClosed(closing)) && answersLast(seen)
}

function answersLast(seen: Sightings): boolean {
  return (seen.gatewayAnswer?.packet ?? 0) >= (seen.gatewayRequest?.packet ?? 0)
}

/** It ended, but what it was about can not be told: encrypted to us, cut, or with bytes missing. */
function isHidden(seen: Sightings, closing: Closing): boolean {
  const { conversation } = seen
  if (beganBefore(seen)) return closing.side !== 'server' || closing.how !== 'rst'
  if (seen.inner === null && seen.outer !== null) {
    // A request that can be read and was not granted hides nothing.
    return (seen.gatewayRequest === null || isGoing(seen)) && isHiddenTunnel(seen.outer, closing)
  }
  const server = conversation.tcp?.sides[SERVER]
  if (server === undefined || (server.bytes < LEAST_SESSION_BYTES && server.ackedUnseen === 0)) return isGoing(seen)
  if (conversation.cutPackets > 0 || conversation.eventsLost > 0) return true
  if (seen.gaps) return true
  return seen.inner === null && isGoing(seen)
}

/** A gateway that closes in the middle has failed; one that the client leaves after an answer may have done its work. */
function isHiddenTunnel(tls: TlsSighting, closing: Closing): boolean {
  if (closing.side === 'server' && closing.how === 'rst') return false
  return tlsDone(tls) !== null && isAnswered(tls)
}

/** A gateway request in clear that was granted: what follows is not read. */
function isGoing(seen: Sightings): boolean {
  const status = seen.gatewayAnswer?.fact.status ?? 0
  return status > 0 && status < 300
}

/** The server gave an error as the reason of the end. */
function isError({ errorInfo }: Sightings, active: boolean): boolean {
  return errorInfo !== null && !isOrderlyEnd(errorInfo.fact.code, active)
}

function isTorn(seen: Sightings, closing: Closing, session: SealedSession | null): boolean {
  if (closing.how === 'alert' || closing.how === 'icmp' || closing.how === 'silence') return true
  if (isError(seen, true)) return true
  if (closing.side === 'server') {
    if (closing.how === 'rst') return true
    // A killed process ends with FIN and no word before it; where sizes do not tell, the word may have been there.
    const said = session?.farewell != null || seen.ultimatum !== null || seen.errorInfo !== null
    if (closing.how === 'fin' && session?.sized === true && !said) return !seen.gaps
  }
  const { tcp } = seen.conversation
  return tcp !== null && (isStalled(tcp, CLIENT) || isStalled(tcp, SERVER))
}
