/** A working connection falls silent: one side asks again and again and nothing comes back. Cause 32; RFC 9293 3.8.3. */
import type { Attempt } from '../attempt/attempt.ts'
import { ACK } from '../flow/headers.ts'
import { CLIENT, opposite, SERVER } from '../wire/dissector.ts'
import { count, duration, sideName } from './figures.ts'
import { firstIcmp } from './icmp.ts'
import { type IdleReset, idleResetOf } from './idle-reset.ts'
import { type Picture, pictureOf } from './picture.ts'
import { onBothEnds, untilItHappens } from './recordings.ts'
import { foreignResetOf } from './resets.ts'
import { confirmed, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { isCertain, isNotable, type Silence, silenceOf } from './silence.ts'
import { hindranceOf } from './stall.ts'

/** Connection request, confirm and a ClientHello with the key shares of today. */
const MOST_OPENING_BYTES = 2500

/** Many a NAT forgets an idle connection within five minutes (RFC 5382 asks for two hours). */
const LONG_PAUSE_NS = 240e9

const NOT_CONNECTED = notVisible('The connection was never established.', 'See the rules about TCP connections.')
const NO_SILENCE = resting(['silence'], ruledOut('Both sides answered each other to the end.'))
const EARLY = resting(
  ['silence'],
  ruledOut('The other side never answered at all, or only the opening: an earlier step failed.'),
)
const PATH = ruledOut(
  'Something on the path explains the silence: see the rules about packet size, fragments, resets and ICMP.',
)
const TO_SETTLE =
  'Capture on both ends at once: if the packets leave one end and do not reach the other, a device in between lost the connection (NAT or firewall state, VPN); if they arrive and stay unanswered, the host is frozen or gone.'

export const connectionStateLost = rule({
  id: 'connection-state-lost',
  severity: 'error',
  title: 'A working connection fell silent: packets of one side go into nothing',
  short: 'fell silent',
  causes: [32],
  looksAt: 'Data, resends, keep-alives and FINs of one side behind the last packet of the other.',
  confirms:
    'Three or more resends of data without any answer, on a connection over which data went both ways. Likely: other packets that ask in vain for a second or longer, or a reset in answer to the first data behind 5 min of silence.',
  rulesOut: 'Answers to the end; a peer with window 0, which is alive.',
  cannotSee:
    'Whether a device on the way forgot the connection or the other host is gone. Captures on both ends settle it.',
  settledBy: [untilItHappens, onBothEnds],
  remedy: [
    'Raise the idle time-out of the firewall or NAT above the keep-alive interval, or send keep-alives: KeepAliveEnable=1 and KeepAliveInterval=1 (minutes) under HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services.',
    'Look for a failover, a changed route or a VPN reconnect at that moment; asymmetric routing past a stateful firewall looks the same.',
    'On the server: events 41, 6008 (crash, power), 42 (sleep) at that time.',
  ],
  ask: ['security', 'network'],
  filter: 'tcp.analysis.retransmission || tcp.analysis.keep_alive',
  restsOn: ['silence', 'lasting'],

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    if (!picture.connected) return NOT_CONNECTED
    // A client may reset behind the farewell of the server: what ended well was not forgotten.
    const idle = attempt.outcome === 'established' ? null : idleResetOf(picture)
    // A device that forgot the connection answers in the name of its side, with a time to live of its own.
    if (idle !== null && !isOwn(attempt, idle) && wasWorking(picture) && !isHindered(attempt))
      return resting(['time', 'absence'], forgotten(idle))
    const silence = notable(picture)
    if (silence === null) return NO_SILENCE
    if (attempt.outcome === 'established' && !isCertain(silence)) return NO_SILENCE
    if (!wasWorking(picture)) return EARLY
    if (isExplained(attempt)) return PATH
    return found(silence, picture)
  },
})

/** The host's own stack ended what it knew: it acknowledges, and counts on. To a stranger it would not (RFC 9293 3.5.2). */
function isOwn({ closing }: Attempt, { reset }: IdleReset): boolean {
  return (reset.flags & ACK) !== 0 && closing.packet === reset.packet && closing.sender?.authenticity === 'genuine'
}

function notable(picture: Picture): Silence | null {
  for (const quiet of [SERVER, CLIENT] as const) {
    const silence = silenceOf(picture, quiet)
    if (silence !== null && isNotable(silence)) return silence
  }
  return null
}

/** Data went both ways, beyond the opening question: otherwise the rule about that question speaks. */
function wasWorking({ tcp, connection, clientHello, serverHello }: Picture): boolean {
  if (tcp === null || tcp.sides[CLIENT].bytes === 0 || tcp.sides[SERVER].bytes === 0) return false
  if (clientHello !== null || serverHello !== null) return serverHello !== null
  if (connection?.events.some(event => event.fact.kind === 'rdp-data' && event.direction === SERVER)) return true
  // Nothing more of it could be read: more than an opening must have gone over it.
  return tcp.sides[CLIENT].bytes + tcp.sides[SERVER].bytes > MOST_OPENING_BYTES
}

function isExplained(attempt: Attempt): boolean {
  return foreignResetOf(attempt) !== null || isHindered(attempt)
}

function isHindered(attempt: Attempt): boolean {
  if (hindranceOf(attempt).kind !== 'none') return true
  return firstIcmp(attempt, 'unreachable') !== null || firstIcmp(attempt, 'prohibited') !== null
}

function forgotten({ reset, silentNs }: IdleReset): Verdict {
  const side = sideName(reset.direction)
  return likely(
    `The first data behind ${duration(silentNs)} of silence was answered with a reset in the name of the ${side}: the connection was forgotten meanwhile.`,
    TO_SETTLE,
    [reset, `The ${side}'s address answers data with a reset, ${duration(silentNs)} after its last own data.`],
  )
}

function found(silence: Silence, picture: Picture): Verdict {
  const quiet = sideName(silence.quiet)
  const asking = sideName(opposite(silence.quiet))
  const waited = duration(silence.lastDemand.timeNs - silence.firstDemand.timeNs)
  const resends = silence.resends > 0 ? `, ${silence.resends} of them resends of data` : ''
  const says = `The ${quiet} fell silent on a connection that had worked: ${count(silence.demands, 'packet')} of the ${asking} that call for an answer${resends} got none within ${waited}.${idleBefore(silence, picture)}`
  const evidence = [
    [silence.lastHeard, `The last packet of the ${quiet}.`],
    [silence.firstDemand, `The ${asking} sends something that calls for an answer.`],
    [silence.lastDemand, `It tries for the last time, ${waited} later.`],
  ] as const
  return isCertain(silence) ? confirmed(says, ...evidence) : likely(says, TO_SETTLE, ...evidence)
}

/** The first question in vain broke a long pause: what forgets connections does so while they are idle. */
function idleBefore({ quiet, lastHeard, firstDemand }: Silence, { tcp }: Picture): string {
  const pause = tcp?.pauses.findLast(
    one => one.direction !== quiet && one.untilPacket > lastHeard.packet && one.untilPacket <= firstDemand.packet,
  )
  const silentNs = pause === undefined ? 0 : pause.untilNs - pause.fromNs
  return silentNs < LONG_PAUSE_NS
    ? ''
    : ` Before that no payload had gone over it for ${duration(silentNs)}: a NAT or firewall on the way forgets such connections.`
}
