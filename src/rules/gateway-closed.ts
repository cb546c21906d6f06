/** The gateway ended the tunnel without saying why. Causes 12 and 22; MS-TSGU 3.3.5. */
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { duration } from './figures.ts'
import { type Exchange, exchangesOf } from './gateway-exchanges.ts'
import { firstClose } from './gateway-unanswered.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { behindReverseProxy, onGateway, withFreerdpKeys, withServerKey } from './recordings.ts'
import { confirmed, rule, ruledOut, type Verdict } from './rule.ts'
import { isUnseen } from './unseen.ts'

const WORKED = ruledOut('The session was established and ended in order.')
const NOT_OPEN = ruledOut('No channel to the gateway was opened.')
const NOT_CLOSED = ruledOut('The gateway did not end an open channel first.')

export const gatewayClosed = rule({
  id: 'gateway-closed',
  severity: 'error',
  title: 'The gateway ended the tunnel without saying why',
  short: 'closed without a reason',
  causes: [12, 22],
  looksAt: 'Channels that were answered with 101 or 200, and who ended them.',
  confirms: "FIN or reset of the gateway side on an open OUT channel or WebSocket, before the client's.",
  rulesOut: 'A client that left first.',
  cannotSee: 'What the gateway said inside the tunnel before, and tunnels inside TLS: keys tell.',
  settledBy: [onGateway, behindReverseProxy, withFreerdpKeys, withServerKey],
  remedy: [
    'On the gateway: events 200 to 304 and 312, 313 of TerminalServices-Gateway at that second; is the service running (Get-Service TSGateway)?',
    'Proxies end long answers: nginx proxy_read_timeout 1h, HAProxy timeout tunnel 1h, Azure Application Gateway request timeout.',
  ],
  filter: '(tcp.flags.fin == 1 || tcp.flags.reset == 1) && http',
  restsOn: ['absence'],

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    if (attempt.outcome === 'established') return WORKED
    const open = exchanges.filter(isOpen)
    if (open.length === 0) return NOT_OPEN
    for (const { conversation, response } of open) {
      if (response === null) continue
      const closed = firstClose(conversation, response.packet)
      if (closed === null || closed.direction !== SERVER || isUnseen(conversation, CLIENT)) continue
      const how = closed.kind === 'reset' ? 'reset' : 'closed'
      return confirmed(
        `The gateway side ${how} the open channel ${duration(closed.timeNs - response.timeNs)} after it was opened.`,
        [response, `The channel is opened (${response.fact.status}).`],
        [closed, `The gateway side ${how === 'reset' ? 'resets' : 'closes'} it first.`],
      )
    }
    return NOT_CLOSED
  },
})

/** IN channels are answered and closed again in the ordinary course of authentication. */
function isOpen({ request, response }: Exchange): boolean {
  const status = response?.fact.status
  return (
    status === 101 ||
    (status === 200 && (request.fact.method === 'RDG_OUT_DATA' || request.fact.method === 'RPC_OUT_DATA'))
  )
}
