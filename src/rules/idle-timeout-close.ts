/**
 * Something ended the connection because nothing had gone over it for a while: a proxy, load balancer, firewall or gateway
 * with an idle time-out. Cause 13. Such timers are whole numbers of seconds, as people write them into configurations;
 * TCP keep-alives do not hold those that count payload.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Idleness } from '../attempt/idle.ts'
import type { TcpMark } from '../flow/conversation.ts'
import { count, duration } from './figures.ts'
import { CERTAIN_REPEATS, type IdleClose, idleCloseOf, isIdleTimeout } from './idle-close.ts'
import { pictureOf } from './picture.ts'
import { behindReverseProxy, onBothEnds } from './recordings.ts'
import {
  at,
  confirmed,
  type Evidence,
  likely,
  notVisible,
  possible,
  resting,
  rule,
  ruledOut,
  type Verdict,
} from './rule.ts'

const NS_PER_SECOND = 1e9
const MINUTE = 60

const NOBODY = resting(['silence'], ruledOut('Nobody ended the connection in this capture.'))
const BY_CLIENT = ruledOut('The client ended the connection.')
const BUSY = ruledOut('Payload went over the connection until shortly before it was ended.')
const ODD = ruledOut('The silence before the end was no whole number of seconds or minutes, as time-outs are.')
const ASKED = ruledOut('The end answers a packet of the client: see connection-state-lost.')
const PROMPT = ruledOut(
  'The session had not begun: a server waits about 60 s for a person at the logon prompt, and then closes.',
)
const FAREWELL = ruledOut('The server said why it ended the session: see server-ended-session.')
const RESTART = ruledOut(
  'Other connections of the server ended at the same instant, or nothing listened there any more: see session-aborted-by-server.',
)
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

const OTHERWISE = {
  client: BY_CLIENT,
  busy: BUSY,
  odd: ODD,
  asked: ASKED,
  prompt: PROMPT,
  farewell: FAREWELL,
  restart: RESTART,
} as const

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
  ask: ['security', 'proxy'],
  filter: 'tcp.flags.fin == 1 || tcp.flags.reset == 1 || tcp.analysis.keep_alive',
  restsOn: ['silence', 'time'],

  assess(attempt): Verdict {
    const { tcp, connected, leaving } = pictureOf(attempt)
    if (tcp === null || !connected) return NO_CONNECTION
    if (leaving === null) return NOBODY
    const close = idleCloseOf(attempt)
    if (typeof close !== 'string') return found(attempt, close)
    if (close === 'busy' && tcp.synPacket === 0 && tcp.pauses.length === 0) return HIDDEN
    return OTHERWISE[close]
  },
})

function found(attempt: Attempt, { idle, whole, repeats }: IdleClose): Verdict {
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
  if (!isIdleTimeout(attempt)) return at('info', possible(says, TO_SETTLE, ...evidence))
  return likely(says, TO_SETTLE, ...evidence)
}

function interval(seconds: number): string {
  return seconds % MINUTE === 0 && seconds > MINUTE ? `${seconds / MINUTE} minutes` : `${seconds} s`
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
