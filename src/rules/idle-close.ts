/**
 * Whether the connection to explain was ended by a timer that counts payload: from the server's side, behind a silence of a
 * whole number of seconds or minutes, as people write it into configurations, without a packet that asked for it.
 */
import type { Attempt } from '../attempt/attempt.ts'
import { type Idleness, idleBefore } from '../attempt/idle.ts'
import { opposite, SERVER } from '../wire/dissector.ts'
import { pictureOf } from './picture.ts'
import { rememberLast } from './remember.ts'
import { restartOf } from './restart.ts'

export interface IdleClose {
  readonly idle: Idleness
  /** The time-out that it may be, in seconds; 0 where it is no whole interval but the same again and again. */
  readonly whole: number
  /** Connections to this server that ended after the same time, this one among them. */
  readonly repeats: number
}

/** Why it is none. */
export type NoIdleClose = 'client' | 'busy' | 'odd' | 'asked' | 'prompt' | 'farewell' | 'restart'

const NS_PER_SECOND = 1e9
/** Shorter ones are the pace of a conversation, not a time-out. */
const LEAST_SECONDS = 15
/** A timer fires within a second of its time, and the way of the last packet adds to it. */
const TOLERANCE_SECONDS = 1
/** Time-outs that are no whole minutes: HAProxy and nginx examples, AWS NLB (350), cloud NAT. */
const WHOLE_SECONDS: readonly number[] = [15, 20, 30, 45, 50, 75, 90, 100, 110, 350, 750]
const MINUTE = 60
/** Of connections of one server, with the same time-out, this one with them. */
export const CERTAIN_REPEATS = 3
/** A reset that answers something comes within a round trip of it. */
const ANSWER_NS = 1e9

export const idleCloseOf: (attempt: Attempt) => IdleClose | NoIdleClose = rememberLast(look)

/** It is the best explanation: web servers close what idles, so that Remote Desktop must be in sight, or it comes again and again. */
export function isIdleTimeout(attempt: Attempt): boolean {
  const close = idleCloseOf(attempt)
  return typeof close !== 'string' && (close.repeats >= CERTAIN_REPEATS || isDesktop(attempt))
}

function look(attempt: Attempt): IdleClose | NoIdleClose {
  const { connection, leaving } = pictureOf(attempt)
  if (connection === null || leaving === null || leaving.how === 'alert') return 'busy'
  if (leaving.side !== SERVER) return 'client'
  if (attempt.find('error-info', fact => fact.code !== 0) !== undefined) return 'farewell'
  const idle = idleBefore(connection, { side: 'server', how: 'fin', packet: leaving.packet, timeNs: leaving.timeNs })
  if (idle === null) return 'busy'
  const seconds = idle.silentNs / NS_PER_SECOND
  if (seconds < LEAST_SECONDS - TOLERANCE_SECONDS) return 'busy'
  if (answers(attempt, idle)) return 'asked'
  // Others of the same server went with it, or nothing listened there any more: that is no timer of one connection.
  if (restartOf(attempt, idle.until).says !== '') return 'restart'
  if (attempt.transport === 'direct' && !isInUse(attempt)) return 'prompt'
  const repeats = attempt.history.idleCloses.filter(one => Math.abs(one - seconds) <= TOLERANCE_SECONDS).length
  const whole = wholeInterval(seconds)
  return whole === 0 && repeats < CERTAIN_REPEATS ? 'odd' : { idle, whole, repeats }
}

/** Data that only a session or a tunnel has went over it. */
function isInUse(attempt: Attempt): boolean {
  return attempt.reached('active') || pictureOf(attempt).clientApplication !== null
}

/** A packet of the other side came directly before the end, which may be the answer to it. */
function answers(attempt: Attempt, { until, side }: Idleness): boolean {
  const other = opposite(side)
  return (
    attempt.explained?.tcp?.marks.some(
      mark =>
        mark.direction === other &&
        mark.packet < until.packet &&
        until.timeNs - mark.timeNs <= ANSWER_NS &&
        (mark.length > 0 || mark.kind === 'keep-alive' || mark.kind === 'fin'),
    ) ?? false
  )
}

/** The time-out that this may be, in seconds; 0 for none. */
function wholeInterval(seconds: number): number {
  const minutes = Math.round(seconds / MINUTE)
  if (minutes > 0 && Math.abs(seconds - minutes * MINUTE) <= TOLERANCE_SECONDS) return minutes * MINUTE
  return WHOLE_SECONDS.find(one => Math.abs(seconds - one) <= TOLERANCE_SECONDS) ?? 0
}

/** It is known that Remote Desktop went over it, not just TLS to some server. */
function isDesktop({ transport }: Attempt): boolean {
  return transport === 'direct' || (transport.startsWith('gateway-') && transport !== 'gateway-tls')
}
