import { SERVER } from '../wire/dissector.ts'
import { duration } from './figures.ts'
import { pictureOf } from './picture.ts'
import { beforeClick, withFreerdpKeys } from './recordings.ts'
import { foreignResetOf } from './resets.ts'
import {
  at,
  type Evidence,
  likely,
  noteUnlessFailed,
  notVisible,
  possible,
  resting,
  rule,
  ruledOut,
  type Verdict,
} from './rule.ts'

const NOT_AVD = ruledOut('The attempt does not go to the Azure Virtual Desktop service.')
const NOT_REACHED = resting(
  ['absence'],
  ruledOut('The attempt did not come past TLS with the service: see the rules about the way and TLS.'),
)
const WORKED = ruledOut('The session was established.')
const FORGED = ruledOut('The reset was most likely not sent by the service: see middlebox-reset.')
const NOT_THE_SERVICE = resting(['silence'], ruledOut('The service did not end the connection first.'))
const OPEN = notVisible(
  'Nobody ended the connection in this capture, and what the service said is inside TLS.',
  'Let the capture run until the client reports its error; WVDErrors and WVDConnections in Log Analytics name the verdict of the broker.',
)
const TO_SETTLE =
  'Log Analytics of the workspace: WVDErrors and WVDConnections by the user and this minute; the activity id in the dialog of the client finds them. What the service said is inside TLS.'

export const avdServiceClosed = rule({
  id: 'avd-service-closed',
  severity: 'warning',
  title: 'The Azure Virtual Desktop service closed the connection',
  short: 'closed by the service',
  causes: [38],
  looksAt:
    'Connections to *.wvd.microsoft.com (and the national clouds): whether TLS was established and who ended them.',
  confirms:
    'Never: the reason is inside TLS. Likely: the gateway of the service answered and then ended the connection first. Possible: another part of the service did, which may be only idle.',
  rulesOut: 'Another server, a connection that did not come past TLS, or a client that left first.',
  cannotSee: 'The verdict of the broker (host pool, drain mode, agent). Log Analytics tells.',
  settledBy: [beforeClick, withFreerdpKeys],
  remedy: [
    'Azure portal, host pool, session hosts: status Available, not in drain mode, agent up to date (event log RemoteDesktopServices and WVD-Agent on the host).',
    'On the session host: WVDAgentUrlTool.exe, or Test-NetConnection rdbroker.wvd.microsoft.com -Port 443: the agent must reach the service, too.',
    'Log Analytics: WVDErrors | where UserName == "<user>" | order by TimeGenerated desc.',
  ],
  ask: ['cloud', 'server'],
  filter: 'tls.handshake.extensions_server_name contains "wvd.microsoft.com"',
  restsOn: ['absence'],

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    const name = (picture.clientHello?.fact.serverName || attempt.serverName).toLowerCase()
    if (!/(^|\.)wvd\.(microsoft\.com|azure\.us|azure\.cn)$/.test(name)) return NOT_AVD
    if (attempt.outcome === 'established') return WORKED
    const { clientApplication, leaving, sealed, tcp } = picture
    if (clientApplication === null || tcp === null) return NOT_REACHED
    if (leaving === null) return OPEN
    if (leaving.side !== SERVER) return NOT_THE_SERVICE
    if (foreignResetOf(attempt) !== null) return FORGED
    const answer = sealed.findLast(record => record.direction === SERVER && record.packet > clientApplication.packet)
    const evidence: Evidence[] = [[clientApplication, 'TLS is established, and the client sends its first data.']]
    if (answer !== undefined) evidence.push([answer, 'The last data of the service.'])
    evidence.push([leaving, `The service ${leaving.how === 'rst' ? 'resets' : 'ends'} the connection first.`])
    const says = `The Azure Virtual Desktop service (${name}) ended the connection ${duration(leaving.timeNs - clientApplication.timeNs)} after the client's first data.`
    return isGatewayName(name)
      ? noteUnlessFailed(attempt, likely(says, TO_SETTLE, ...evidence))
      : at('info', possible(`${says} It may only have been idle.`, TO_SETTLE, ...evidence))
  },
})

/** Through it goes the session; feed, broker and the like are asked in short calls. */
function isGatewayName(name: string): boolean {
  return name.includes('gateway')
}
