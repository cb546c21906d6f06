/** The RDP connection request gets no confirm: closed, reset, or silence. Causes 23 and 24; MS-RDPBCGR 3.3.5.3.1. */
import type { Attempt } from '../attempt/attempt.ts'
import { SERVER } from '../wire/dissector.ts'
import { duration, times } from './figures.ts'
import { type Picture, pictureOf } from './picture.ts'
import { onBothEnds, onServer } from './recordings.ts'
import { foreignResetOf } from './resets.ts'
import {
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
import { NOTABLE_WAIT_NS, waitedNs } from './silence.ts'
import { hindranceOf } from './stall.ts'

/** A server confirms within milliseconds; what takes this long does not come any more. */
const CERTAIN_WAIT_NS = 10e9
const CERTAIN_RESENDS = 3
const RDP_PORT = 3389

const CONFIRMED = ruledOut('The server answered the connection request.')
const NO_REQUEST = notVisible(
  'This capture holds no RDP connection request in clear.',
  'Capture on the client from before the click on Connect; inside a gateway the request is encrypted.',
)
const OTHER_CAUSE = ruledOut(
  'Another rule explains why no confirm came: a reset that the server did not send, or another service.',
)
const UNREADABLE = notVisible(
  'What the server sent is missing in this capture, or can not be read.',
  'Capture again with whole packets (tcpdump -s 0) and both directions.',
)
const TOO_SHORT = notVisible(
  'The client left, or the capture ends, too soon after the request to speak of silence.',
  'Let the capture run for at least 15 s.',
)
const TO_SETTLE =
  'On the server: event 1006 of TerminalServices-RemoteConnectionManager (too many connections), events 7031 and 7034 (service crashed), qwinsta for the listener; and an attempt from the server itself (mstsc /v:localhost) tells the service from the network.'

export const x224NoConfirm = rule({
  id: 'x224-no-confirm',
  severity: 'error',
  title: 'The RDP connection request was never confirmed',
  short: 'no confirm',
  causes: [23, 24],
  looksAt: 'The X.224 connection request, and what the server does about it.',
  confirms:
    'The server closes or resets the connection in answer to the request, refuses it (X.224 disconnect), or stays silent for 10 s.',
  rulesOut: 'A connection confirm, with or without a negotiation failure.',
  cannotSee:
    'Why: a stuck service, its connection limit, and an IPS that swallows the request look the same. The event log of the server tells.',
  settledBy: [onServer, onBothEnds],
  remedy: [
    'On the server: Restart-Service TermService -Force; qwinsta must show the listener; events 1006, 7031, 7034.',
    'Limit of pending connections: MaxOutstandingConnections under HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server.',
    'If only some users or user names fail, look for an IPS rule on the mstshash cookie in front of the server.',
  ],
  ask: ['server', 'security'],
  filter: 'cotp.type == 0x0e || (tcp.srcport == 3389 && (tcp.flags.fin == 1 || tcp.flags.reset == 1))',
  restsOn: ['absence'],

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    const { request, confirm, failure, leaving } = picture
    if (confirm !== null || failure !== null) return CONFIRMED
    if (request === null) return withoutRequest(attempt, picture)
    // A client that went on to TLS had its confirm.
    if (attempt.outcome === 'established' || picture.clientHello !== null) return CONFIRMED
    const answer: Evidence = [request, 'The client sends its RDP connection request.']
    if (picture.disconnect !== null) {
      const says = `The server refused the RDP connection request with an X.224 disconnect (reason ${picture.disconnect.fact.reason}).`
      return resting([], confirmed(says, answer, [picture.disconnect, 'The server answers: disconnect.']))
    }
    if (isOtherwiseExplained(attempt, picture)) return OTHER_CAUSE
    if (picture.unseen[SERVER] || (picture.tcp?.sides[SERVER].bytes ?? 0) > 0) return UNREADABLE
    if (leaving !== null && leaving.side === SERVER) {
      const how = leaving.how === 'rst' ? 'reset' : 'closed'
      const took = duration(leaving.timeNs - request.timeNs)
      return confirmed(
        `The server ${how} the connection ${took} after the RDP connection request, without a confirm.`,
        answer,
        [leaving, `The server ${how === 'reset' ? 'resets' : 'closes'} the connection instead of confirming.`],
      )
    }
    return resting(['silence'], silent(attempt, picture, answer))
  },
})

function isOtherwiseExplained(attempt: Attempt, { firstFromServer }: Picture): boolean {
  if (foreignResetOf(attempt) !== null || hindranceOf(attempt).kind !== 'none') return true
  const kind = firstFromServer?.fact.kind
  return kind !== undefined && kind !== 'malformed'
}

function silent(attempt: Attempt, picture: Picture, answer: Evidence): Verdict {
  const { tcp, request, leaving } = picture
  if (tcp === null || request === null) return NO_REQUEST
  const waited = waitedNs(attempt, picture, request)
  if (waited < NOTABLE_WAIT_NS) return TOO_SHORT
  const client = tcp.sides[0]
  const resent = client.unacknowledged > 1 ? client.stalledResends : 0
  const heard =
    resent > 0 ? `, nor even acknowledged it though it was sent again ${times(resent)}` : ', though it acknowledged it'
  const says = `The server did not answer the RDP connection request within ${duration(waited)}${heard}.`
  const evidence: Evidence[] = [answer]
  if (leaving !== null) evidence.push([leaving, `The client gives up, ${duration(waited)} later.`])
  else if (client.lastPacket > request.packet)
    evidence.push([
      { packet: client.lastPacket, timeNs: client.lastNs },
      'The last packet of the client; still no answer.',
    ])
  if (waited >= CERTAIN_WAIT_NS || resent >= CERTAIN_RESENDS) return confirmed(says, ...evidence)
  return likely(says, TO_SETTLE, ...evidence)
}

/** Accepted, and closed by the server before the client could ask. */
function withoutRequest(attempt: Attempt, picture: Picture): Verdict {
  const { tcp, leaving, connected, firstFromClient, firstFromServer } = picture
  const closed = connected && leaving !== null && leaving.side === SERVER && tcp !== null
  if (!closed || firstFromClient !== null || firstFromServer !== null || tcp.sides[0].bytes > 0) return NO_REQUEST
  if (attempt.server.port !== RDP_PORT || attempt.outcome !== 'failed' || foreignResetOf(attempt) !== null)
    return NO_REQUEST
  return possible(
    'The server accepted the TCP connection and closed it before the client sent its RDP connection request.',
    TO_SETTLE,
    [leaving, 'The server closes the connection.'],
  )
}
