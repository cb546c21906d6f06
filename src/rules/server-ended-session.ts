/** An orderly end that the server or an administrator asked for. Cause 27; MS-RDPBCGR 1.3.1.4, T.125 (DisconnectProviderUltimatum). */
import { mcsDisconnectReasons } from '../codes/mcs.ts'
import { symbolOf } from '../codes/table.ts'
import { SERVER } from '../wire/dissector.ts'
import { pictureOf } from './picture.ts'
import { untilItHappens, withFreerdpKeys, withServerKey, withXrdpKeys } from './recordings.ts'
import { confirmed, notVisible, rule, ruledOut, type Verdict } from './rule.ts'

const ENCRYPTED = notVisible(
  'The session is encrypted, so that a farewell of the server can not be read.',
  'Capture with TLS keys; or read events 23, 24, 39 and 40 of TerminalServices-LocalSessionManager on the server.',
)
const NONE = ruledOut('The server sent no Disconnect Provider Ultimatum.')
const BY_CLIENT = ruledOut('The connection was ended by other means before, or by the client.')

export const serverEndedSession = rule({
  id: 'server-ended-session',
  severity: 'info',
  title: 'The server ended the session in order',
  short: 'ended by the server',
  causes: [27],
  looksAt: 'The MCS Disconnect Provider Ultimatum, in clear with standard RDP security.',
  confirms: 'Such a message from the server.',
  rulesOut: 'None in a session that can be read.',
  cannotSee: 'Sessions inside TLS without keys.',
  settledBy: [untilItHappens, withFreerdpKeys, withServerKey, withXrdpKeys],
  remedy: [
    'On the server: events 23, 24, 39 and 40 of TerminalServices-LocalSessionManager name the reason; session limits: MaxIdleTime, MaxConnectionTime under HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services.',
  ],
  filter: 't124.disconnectProviderUltimatum_element',

  assess(attempt): Verdict {
    const { ultimatum, clientHello, confirm, leaving } = pictureOf(attempt)
    if (ultimatum === null) return clientHello === null && confirm !== null ? NONE : ENCRYPTED
    if (ultimatum.direction !== SERVER || leaving?.packet !== ultimatum.packet) return BY_CLIENT
    const name = `reason ${ultimatum.fact.reason}, ${symbolOf(mcsDisconnectReasons, ultimatum.fact.reason)}`
    const step = attempt.outcome === 'established' ? '' : ' before it became active'
    return confirmed(`The server ended the session in order${step} (${name}; servers may give any reason).`, [
      ultimatum,
      `The server sends a Disconnect Provider Ultimatum (${name}).`,
    ])
  },
})
