/**
 * Something ended the connection because nothing had gone over it for a while: a proxy, load balancer, firewall or gateway
 * with an idle time-out. Cause 13. Such timers are whole numbers of seconds, as people write them into configurations;
 * TCP keep-alives do not hold those that count payload.
 */
import type { Attempt } from '../attempt/attempt.ts'
import { type Idleness, idleBefore } from '../attempt/idle.ts'
import type { TcpMark } from '../flow/conversation.ts'
import { opposite, SERVER } from '../wire/dissector.ts'
import { count, duration } from './figures.ts'
import { pictureOf } from './picture.ts'
import { behindReverseProxy, onBothEnds } from './recordings.ts'
import { at, confirmed, type Evidence, likely, notVisible, possible, rule, ruledOut, type Verdict } from './rule.ts'

const NS_PER_SECOND = 1e9
/** Shorter ones are the pace of a conversation, not a time-out. */
const LEAST_SECONDS = 15
/** A timer fires within a second of its time, and the way of the last packet adds to it. */
const TOLERANCE_SECONDS = 1
/** Time-outs that are no whole minutes: HAProxy and nginx examples, AWS NLB (350), cloud NAT. */
const WHOLE_SECONDS: readonly number[] = [15, 20, 30, 45, 50, 75, 90, 100, 110, 350, 750]
const MINUTE = 60
/** Of connections of one server, with the same time-out, this one with them. */
const CERTAIN_REPEATS = 3
/** A reset that answers something comes within a round trip of it. */
const ANSWER_NS = 1e9

const NOBODY = ruledOut('Nobody ended the connection in this capture.')
const BY_CLIENT = ruledOut('The client ended the connection.')
const BUSY = ruledOut('Payload went over the connection until shortly before it was ended.')
const ODD = ruledOut('The silence before the end was no whole number of seconds or minutes, as time-outs are.')
const ASKED = ruledOut('The end answers a packet of the client: see connection-state-lost.')
const PROMPT = ruledOut(
  'The session had not begun: a server waits about 60 s for a person at the logon prompt, and then closes.',
)
const FAREWELL = ruledOut('The server said why it ended the session: see server-ended-session.')
const NO_CONNECTION = notVisible(
  'The connection was never established.',
  'Capture from the click on Connect until the session breaks.',
)
const HIDDEN = notVisible(
  'The beginning of the silence is not in the capture, so that its length is unknown.',
  'Let the capture run from before the last use of the session until it breaks (a ring of files keeps it small).',
)
const TO_SETTLE =
  'Repeat it: leave a session idle and note when it breaks; the same time again is the time-out. Then look for it: proxy_read_timeout (nginx), timeout client/server/tunnel (HAProxy), idle time-out of the load balancer or firewall, session limits of the server. A capture on each side of the device shows who closes first.'

export const idleTimeoutClose = rule({
  id: 'idle-timeout-close',
  severity: 'warning',
  title: 'The connection was ended after a whole interval without payload: an idle time-out',
  short: 'idle too long',
  causes: [13],
  looksAt:
    'How long no payload went over the connection before the server, gateway or network ended it, whether that is a whole number of seconds or minutes, and whether other connections to the same server ended after the same time.',
  confirms: 'Three or more connections to the same server ended after the same whole interval. Likely: one or two.',
  rulesOut:
    'An end by the client, in the middle of traffic, in answer to a packet, or after a time that is no whole interval.',
  cannotSee:
    'Which device holds the timer, where it speaks in the name of the server: time to live and IP identification may tell.',
  settledBy: [onBothEnds, behindReverseProxy],
  remedy: [
    'Send payload more often than the time-out: KeepAliveEnable=1 and KeepAliveInterval=1 (minutes) under HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services on the server.',
    'nginx: proxy_read_timeout 1h; proxy_send_timeout 1h;  HAProxy: timeout tunnel 1h, timeout client 1h, timeout server 1h.',
    'Azure Load Balancer: idleTimeoutInMinutes 30 and enableTcpReset; AWS NLB: tcp.idle_timeout.seconds; firewalls: the session time-out of TCP 443 and 3389.',
    'On the server: session limits (MaxIdleTime under the same key; Get-RDSessionCollectionConfiguration -Connection) are idle time-outs, too.',
  ],
  filter: 'tcp.flags.fin == 1 || tcp.flags.reset == 1 || tcp.analysis.keep_alive',
  restsOn: ['silence', 'time'],

  assess(attempt): Verdict {
    const { tcp, connected, connection, leaving } = pictureOf(attempt)
    if (tcp === null || connection === null || !connected) return NO_CONNECTION
    if (leaving === null) return NOBODY
    if (leaving.side !== SERVER) return BY_CLIENT
    if (leaving.how === 'alert') return BUSY
    if (attempt.find('error-info', fact => fact.code !== 0) !== undefined) return FAREWELL
    const idle = idleBefore(connection, { side: 'server', how: 'fin', packet: leaving.packet, timeNs: leaving.timeNs })
    if (idle === null) return tcp.synPacket === 0 ? HIDDEN : BUSY
    const seconds = idle.silentNs / NS_PER_SECOND
    if (seconds < LEAST_SECONDS - TOLERANCE_SECONDS) return BUSY
    if (answers(attempt, idle)) return ASKED
    if (attempt.transport === 'direct' && !isInUse(attempt)) return PROMPT
    const repeats = attempt.history.idleCloses.filter(one => Math.abs(one - seconds) <= TOLERANCE_SECONDS).length
    const whole = wholeInterval(seconds)
    if (whole === 0 && repeats < CERTAIN_REPEATS) return ODD
    return found(attempt, idle, whole, repeats)
  },
})

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

function found(attempt: Attempt, idle: Idleness, whole: number, repeats: number): Verdict {
  const { tcp } = pictureOf(attempt)
  const long = whole > 0 ? interval(whole) : duration(idle.silentNs)
  const exact = (idle.silentNs / NS_PER_SECOND).toFixed(1)
  const kept =
    tcp?.sides.some(side => side.keepAlives > 0) === true
      ? ' TCP keep-alives went over it meanwhile, but they are no payload.'
      : ''
  const again = repeats > 1 ? ` ${count(repeats, 'connection')} to this server ended after the same time.` : ''
  const who = sender(attempt, idle)
  const says = `The connection was ended from the server's side ${exact} s after the last payload: an idle time-out of ${long}.${again}${kept}${who}`
  const evidence: Evidence[] = [
    [idle.from, 'The last payload before the silence.'],
    [idle.until, `The connection is ended, ${exact} s later, without a packet that asked for it.`],
  ]
  if (repeats >= CERTAIN_REPEATS) return confirmed(says, ...evidence)
  // Web servers close connections that idle: without RDP in sight that is all it is.
  if (!isDesktop(attempt)) return at('info', possible(says, TO_SETTLE, ...evidence))
  return likely(says, TO_SETTLE, ...evidence)
}

function interval(seconds: number): string {
  return seconds % MINUTE === 0 && seconds > MINUTE ? `${seconds / MINUTE} minutes` : `${seconds} s`
}

/** It is known that Remote Desktop went over it, not just TLS to some server. */
function isDesktop({ transport }: Attempt): boolean {
  return transport === 'direct' || (transport.startsWith('gateway-') && transport !== 'gateway-tls')
}

/** Whether the packet that ends it looks like the others of the server. */
function sender(attempt: Attempt, idle: Idleness): string {
  const marks = attempt.explained?.tcp?.marks ?? []
  const opening = marks.find(mark => mark.kind === 'syn-ack')
  const end = marks.find(mark => isEnd(mark) && mark.direction === idle.side && mark.packet >= idle.until.packet)
  if (opening === undefined || end === undefined) return ''
  if (opening.ttl !== end.ttl) {
    return ` The packet that ends it has time to live ${end.ttl}, the SYN-ACK of the server ${opening.ttl}: a device on the way sent it.`
  }
  return ` The packet that ends it has the time to live of the server's SYN-ACK (${end.ttl}): it comes from the host, or proxy, that the client talks to.`
}

function isEnd(mark: TcpMark): boolean {
  return mark.kind === 'fin' || mark.kind === 'reset'
}
