/** The connection broker sent the client to another server. Cause 39; MS-RDPBCGR 2.2.13.1 (redirection packet), 2.2.1.1 (routing token). */
import type { Attempt } from '../attempt/attempt.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { pictureOf } from './picture.ts'
import { onClient, withFreerdpKeys, withServerKey } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { sessionTalkOf } from './server-word.ts'

/** The redirection PDU only tells: the session goes on where it is. */
const LB_NOREDIRECT = 0x80

const NONE = resting(
  ['absence'],
  ruledOut('The server sent no redirection, and the client brought no routing token of one.'),
)
const UNREAD = notVisible(
  'The session is encrypted, so that a redirection can not be read.',
  'Capture with TLS keys; or look at the events 1301 to 1307 of TerminalServices-SessionBroker-Client on the server.',
)
const TO_SETTLE =
  'The connection before it, in which the broker redirected, or the .rdp file (loadbalanceinfo): the token alone does not tell who gave it. Events 1301 to 1307 of TerminalServices-SessionBroker-Client on the server.'

export const sessionRedirected = rule({
  id: 'session-redirected',
  severity: 'info',
  title: 'The broker sent the client to another server',
  short: 'sent elsewhere',
  causes: [39],
  looksAt: 'The redirection packet of the server, and the routing token with which a redirected client comes back.',
  confirms: 'A redirection packet. Likely: a routing token "Cookie: msts=" in the connection request.',
  rulesOut: 'Neither in a session that can be read.',
  cannotSee: 'The redirection packet inside TLS without keys.',
  settledBy: [withFreerdpKeys, withServerKey, onClient],
  remedy: [
    'The first close is normal. When the connection behind it fails, that one is the fault: can the client resolve and reach the host to which it was sent (Resolve-DnsName <host>; Test-NetConnection <host> -Port 3389)?',
    'Clients that can reach the broker alone need a gateway, or redirection by token (Set-RDSessionCollectionConfiguration; use of IP address redirection).',
  ],
  ask: ['server', 'network'],
  filter: 'rdp.rt_cookie || rdp.pduType.type == 10',

  assess(attempt): Verdict {
    // In whichever connection of the attempt: the one to explain is that to which the client was sent.
    const redirection = attempt.all('redirection').find(({ fact }) => (fact.flags & LB_NOREDIRECT) === 0)
    if (redirection !== undefined) return found(attempt, redirection)
    const { isRead } = sessionTalkOf(attempt)
    const { request } = pictureOf(attempt)
    if (request !== null && /^(cookie:\s*)?msts=/i.test(request.fact.routingToken)) {
      return likely(
        'The client came with a routing token, as it does when a broker has redirected it: this is the second connection.',
        TO_SETTLE,
        [request, `The connection request carries the routing token "${request.fact.routingToken}".`],
      )
    }
    return isRead || (request !== null && pictureOf(attempt).clientApplication === null) ? NONE : UNREAD
  },
})

function found(attempt: Attempt, redirection: Event<FactOf<'redirection'>>): Verdict {
  const { targetName, targetAddress, hasRoutingToken, sessionId } = redirection.fact
  const host = [targetName, targetAddress].filter(one => one !== '').join(', ')
  const token = hasRoutingToken ? 'with a routing token for the load balancer' : ''
  const where = host === '' ? token || 'elsewhere' : `to ${host}${token === '' ? '' : `, ${token}`}`
  const evidence: Evidence[] = [[redirection, `The server redirects the client ${where} (session ${sessionId}).`]]
  const next = attempt.conversations.find(({ tcp, firstPacket }) => tcp !== null && firstPacket > redirection.packet)
  if (next !== undefined) {
    evidence.push([
      { packet: next.firstPacket, timeNs: next.firstNs },
      `The client connects again, to ${next.server.address}.`,
    ])
  }
  const then =
    next === undefined
      ? ' This attempt holds no connection behind it: look for one to that host, or for the reason why there is none.'
      : ''
  return confirmed(`The broker sent the client ${where}; the end of this connection is normal.${then}`, ...evidence)
}
