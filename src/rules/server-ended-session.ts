/**
 * An orderly end that the server, an administrator or the user asked for. Cause 27; MS-RDPBCGR 1.3.1.4, 2.2.5.1.1, T.125
 * (DisconnectProviderUltimatum).
 */
import type { Attempt } from '../attempt/attempt.ts'
import { mcsDisconnectReasons } from '../codes/mcs.ts'
import { symbolOf } from '../codes/table.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { pictureOf } from './picture.ts'
import { untilItHappens, withFreerdpKeys, withServerKey, withXrdpKeys } from './recordings.ts'
import { confirmed, type Evidence, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { failureOf, type ServerWord, sessionTalkOf } from './server-word.ts'

const ENCRYPTED = notVisible(
  'The session is encrypted, so that a farewell of the server can not be read.',
  'Capture with TLS keys; or read events 23, 24, 39 and 40 of TerminalServices-LocalSessionManager on the server.',
)
const NONE = resting(
  ['absence'],
  ruledOut('The server sent no error info, no Deactivate All and no Disconnect Provider Ultimatum.'),
)
const BY_CLIENT = ruledOut('The connection was ended by other means before, or by the client.')
const REFUSED = ruledOut('The server did not end a session in order: it named an error, which has a rule of its own.')

export const serverEndedSession = rule({
  id: 'server-ended-session',
  severity: 'info',
  title: 'The server ended the session in order',
  short: 'ended by the server',
  causes: [27],
  looksAt: 'Set Error Info, Deactivate All and the MCS Disconnect Provider Ultimatum, in clear or decrypted.',
  confirms: 'One of these from the server as the first sign of the end, with the reason that it names.',
  rulesOut: 'None in a session that can be read, a client that left first, or an error instead of a reason.',
  cannotSee: 'Sessions inside TLS without keys.',
  settledBy: [untilItHappens, withFreerdpKeys, withServerKey, withXrdpKeys],
  remedy: [
    'On the server: events 23, 24, 39 and 40 of TerminalServices-LocalSessionManager name the reason; session limits: MaxIdleTime, MaxConnectionTime under HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services.',
  ],
  ask: ['server'],
  filter: 't124.disconnectProviderUltimatum_element || rdp.pduType2 == 0x2f',

  assess(attempt): Verdict {
    const talk = sessionTalkOf(attempt)
    const { ultimatum, clientHello, confirm, leaving } = pictureOf(attempt)
    if (failureOf(talk) !== null && !isEndOfSession(talk.errorInfo)) return REFUSED
    if (talk.errorInfo !== null) {
      const left = leaving !== null && leaving.side === CLIENT && leaving.packet < talk.errorInfo.event.packet
      return left ? BY_CLIENT : byErrorInfo(attempt, talk.errorInfo)
    }
    if (ultimatum !== null) {
      if (ultimatum.direction !== SERVER || leaving?.packet !== ultimatum.packet) return BY_CLIENT
      const name = `reason ${ultimatum.fact.reason}, ${symbolOf(mcsDisconnectReasons, ultimatum.fact.reason)}`
      return confirmed(
        `The server ended the session in order${stepOf(attempt)} (${name}; servers may give any reason).`,
        [ultimatum, `The server sends a Disconnect Provider Ultimatum (${name}).`],
      )
    }
    if (talk.deactivated !== null && leaving?.side === SERVER && leaving.packet >= talk.deactivated.packet) {
      return confirmed(
        'The server took the session down (Deactivate All) and then closed the connection, without a reason.',
        [talk.deactivated, 'The server sends Deactivate All.'],
        [leaving, 'It ends the connection.'],
      )
    }
    return talk.isRead || (clientHello === null && confirm !== null) ? NONE : ENCRYPTED
  },
})

/** A limit, an administrator, a shutdown: said before the session was active, it is a refusal as well (server-denied). */
function isEndOfSession(word: ServerWord | null): boolean {
  return word?.kind === 'ended' || word?.kind === 'shutdown'
}

function byErrorInfo(attempt: Attempt, { event, code, words }: ServerWord): Verdict {
  const evidence: Evidence[] = [[event, `The server sends ${words}.`]]
  const { ultimatum } = pictureOf(attempt)
  if (ultimatum !== null && ultimatum.direction === SERVER) {
    evidence.push([ultimatum, 'The server sends a Disconnect Provider Ultimatum.'])
  }
  return confirmed(`The server ended the session in order${stepOf(attempt)}: ${code}.`, ...evidence)
}

function stepOf(attempt: Attempt): string {
  return attempt.outcome === 'established' || sessionTalkOf(attempt).active ? '' : ' before it became active'
}
