/** The server ended a connection in use without a farewell. Cause 22; RFC 8446 6.1, MS-RDPBCGR 1.3.1.4. */
import type { Attempt } from '../attempt/attempt.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { credSspRefusalOf } from './credssp-refusal.ts'
import { endsWithFarewell } from './farewell.ts'
import { count, duration } from './figures.ts'
import { isIdleTimeout } from './idle-close.ts'
import { idleResetOf } from './idle-reset.ts'
import { logonOf } from './logon.ts'
import { type Picture, pictureOf } from './picture.ts'
import { onServer, withFreerdpKeys, withServerKey, withXrdpKeys } from './recordings.ts'
import { foreignResetOf } from './resets.ts'
import { restartOf } from './restart.ts'
import { at, confirmed, likely, notVisible, possible, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { refusedLogonOf } from './sealed-exchange.ts'
import { failureOf, isExplainedByServer, sessionTalkOf } from './server-word.ts'

const NOT_IN_USE = resting(['absence'], ruledOut('The connection did not come as far as a session.'))
const BY_CLIENT = ruledOut('The client ended the connection first.')
const OPEN = resting(['silence'], ruledOut('Nobody ended the connection in this capture.'))
const FAREWELL = ruledOut('The server said farewell before it closed.')
const WORKED = ruledOut('The session was established and ended in order.')
const OTHER_CAUSE = ruledOut(
  'Another rule explains the end: a forged reset, a forgotten connection, an idle time-out, or a refused logon.',
)
const REASON = ruledOut('The server named its reason before it ended the connection.')
const NO_DATA = notVisible(
  'This capture holds no data of both sides.',
  'Capture a whole attempt, from the click on Connect to its end.',
)
const TO_SETTLE =
  'Events 7031, 7034 (service crashed) and 1000 (application error) on the server at that second; several clients cut at the same instant mean a restart of the service.'

export const sessionAbortedByServer = rule({
  id: 'session-aborted-by-server',
  severity: 'error',
  title: 'The server ended the connection in use without a farewell',
  short: 'cut off by the server',
  causes: [22],
  looksAt:
    'Who ended the connection first, whether a TLS close_notify or an RDP farewell came before, an error info that tells of a crash or of a PDU that the server did not take, and whether other connections to the same port were cut at the same instant, or refused soon after.',
  confirms:
    'A Set Error Info of that sort; FIN or reset of the server as the first sign of the end, behind data of both sides. Likely: where the capture is not whole, or directly behind the confirm or the TLS handshake.',
  rulesOut: 'A client that left first, or a farewell of the server.',
  cannotSee:
    'An RDP farewell inside TLS, other than by its size; crash and kill look the same. The event log of the server tells.',
  settledBy: [onServer, withFreerdpKeys, withServerKey, withXrdpKeys],
  remedy: [
    'On the server: Get-WinEvent System (7031, 7034), Application (1000, 1001), TerminalServices-LocalSessionManager (23, 24, 39, 40) at that second.',
    'Was the host restarted, or the session ended by an administrator or a limit? quser, event 1074.',
  ],
  ask: ['server'],
  filter: '(tcp.flags.fin == 1 || tcp.flags.reset == 1) && tcp.srcport == 3389',
  restsOn: ['absence'],

  assess(attempt): Verdict {
    if (attempt.outcome === 'established') return WORKED
    const picture = pictureOf(attempt)
    const { leaving, tcp, connection } = picture
    if (tcp === null || connection === null || tcp.sides[SERVER].bytes === 0) return NO_DATA
    const broken = brokenSession(attempt)
    if (broken !== null) return resting([], broken)
    if (isExplainedByServer(attempt) || credSspRefusalOf(attempt) !== null || logonOf(attempt).reject !== null)
      return REASON
    if (leaving === null) return OPEN
    if (leaving.side !== SERVER) return BY_CLIENT
    if (leaving.how !== 'fin' && leaving.how !== 'rst') return isInUse(picture) ? FAREWELL : NOT_IN_USE
    if (foreignResetOf(attempt) !== null || refusedLogonOf(attempt) !== null || idleResetOf(picture) !== null) {
      return OTHER_CAUSE
    }
    if (!isInUse(picture)) return attempt.transport === 'direct' ? early(picture) : NOT_IN_USE
    const farewell = endsWithFarewell(picture)
    if (farewell === 'yes') return FAREWELL
    if (isIdleTimeout(attempt)) return OTHER_CAUSE
    const how = leaving.how === 'fin' ? 'closed' : 'reset'
    const age = duration(leaving.timeNs - connection.firstNs)
    const restart = restartOf(attempt, leaving)
    const says = `The server ${how} the connection ${age} after its beginning, without a farewell, behind ${count(tcp.sides[SERVER].bytes, 'byte')} of its own data.${restart.says}`
    const evidence = [
      [
        { packet: tcp.sides[SERVER].lastDataPacket, timeNs: tcp.sides[SERVER].lastDataNs },
        'The last data of the server.',
      ],
      [leaving, `The server ${how === 'reset' ? 'resets' : 'closes'} the connection first, without a close_notify.`],
      ...restart.evidence,
    ] as const
    if (attempt.transport === 'direct') {
      // A farewell, or the client's own close before, may be what the capture does not hold.
      const whole = !picture.unseen[SERVER] && !picture.unseen[CLIENT] && farewell === 'no'
      if (whole) return confirmed(says, ...evidence)
      const doubt =
        farewell === 'maybe' ? ` The cipher suite pads its records, so that the last one may be a farewell.` : ''
      return likely(says, `${TO_SETTLE}${doubt}`, ...evidence)
    }
    // Web servers close behind their answer without a word; a reset into a gateway's stream is another matter.
    if (leaving.how === 'rst') return likely(says, TO_SETTLE, ...evidence)
    return at('info', possible(says, TO_SETTLE, ...evidence))
  },
})

/** The server says itself that something in it broke, or that it did not take a PDU of the client. */
function brokenSession(attempt: Attempt): Verdict | null {
  const failure = failureOf(sessionTalkOf(attempt))
  if (failure === null) return null
  const evidence = [failure.event, `The server sends ${failure.words}.`] as const
  if (failure.kind === 'crash')
    return confirmed(`A part of the server failed, and it ended the session: ${failure.code}.`, evidence)
  if (failure.kind !== 'protocol') return null
  const client = attempt.find('rdp-client')
  const build = client === undefined ? '' : ` (build ${client.fact.build})`
  return confirmed(
    `The server did not take what the client${build} sent, and ended the session: ${failure.code}.`,
    evidence,
  )
}

/** Application data went over it, or RDP in clear behind the negotiation. */
function isInUse({ clientApplication, clientHello, confirm, connection }: Picture): boolean {
  if (clientHello !== null) return clientApplication !== null
  return confirm !== null && (connection?.events.some(event => event.fact.kind === 'rdp-data') ?? false)
}

/** Behind its own confirm, or behind its own TLS handshake, before the client said anything more. */
function early({ confirm, clientHello, serverFinished, leaving, unseen }: Picture): Verdict {
  const behind = clientHello === null ? confirm : serverFinished
  if (behind === null || leaving === null || unseen[CLIENT] || unseen[SERVER]) return NOT_IN_USE
  const how = leaving.how === 'fin' ? 'closed' : 'reset'
  const waited = leaving.timeNs - behind.timeNs
  const step =
    clientHello === null ? 'its confirm, before TLS began' : 'the TLS handshake, before the client sent any data'
  const evidence = [
    [
      behind,
      clientHello === null ? 'The server confirms the connection.' : 'The server ends its part of the TLS handshake.',
    ],
    [leaving, `The server ${how === 'reset' ? 'resets' : 'closes'} the connection first, without an alert.`],
  ] as const
  const says = `The server ${how} the connection ${duration(waited)} after ${step}.`
  // A person who takes too long at the logon prompt meets this timer; the next attempt works.
  if (waited >= SERVER_TIMER_NS) return at('info', likely(`${says} Servers wait about 60 s.`, TO_SETTLE, ...evidence))
  return likely(says, TO_SETTLE, ...evidence)
}

/** A server may give up 60 s after the first byte (MS-RDPBCGR 3.3.6.1); the request came a little before its confirm. */
const SERVER_TIMER_NS = 55e9
