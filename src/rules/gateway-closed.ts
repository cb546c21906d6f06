/** The gateway ended the tunnel without saying why. Causes 12 and 22; MS-TSGU 3.3.5. */
import type { Attempt } from '../attempt/attempt.ts'
import { ORDINARY_CLOSES, webSocketCloseWords } from '../codes/websocket-closes.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { duration } from './figures.ts'
import { type Exchange, exchangesOf } from './gateway-exchanges.ts'
import { gatewayTalkOf, resultOf, resultText } from './gateway-refusal.ts'
import { firstClose } from './gateway-unanswered.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { behindReverseProxy, onGateway, withFreerdpKeys, withServerKey } from './recordings.ts'
import { confirmed, type Evidence, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { isUnseen } from './unseen.ts'

const WORKED = ruledOut('The session was established and ended in order.')
const NOT_OPEN = resting(['absence'], ruledOut('No channel to the gateway was opened.'))
const OTHER_RULE = ruledOut('The gateway refused, or named a policy: see the rules about them.')
const NOT_CLOSED = resting(['silence'], ruledOut('The gateway did not end an open channel first.'))

export const gatewayClosed = rule({
  id: 'gateway-closed',
  severity: 'error',
  title: 'The gateway ended the tunnel without saying why',
  short: 'closed without a reason',
  causes: [12, 22],
  looksAt:
    'Channels that were answered with 101 or 200, and who ended them: the result in CLOSE_CHANNEL, the code of a WebSocket close, FIN or reset.',
  confirms:
    "CLOSE_CHANNEL or a WebSocket close of the gateway with an error; FIN or reset of the gateway side on an open OUT channel or WebSocket, before the client's.",
  rulesOut: 'A client that left first.',
  cannotSee: 'What the gateway said inside the tunnel before, and tunnels inside TLS: keys tell.',
  settledBy: [onGateway, behindReverseProxy, withFreerdpKeys, withServerKey],
  remedy: [
    'On the gateway: events 200 to 304 and 312, 313 of TerminalServices-Gateway at that second; is the service running (Get-Service TSGateway)?',
    'Proxies end long answers: nginx proxy_read_timeout 1h, HAProxy timeout tunnel 1h, Azure Application Gateway request timeout.',
  ],
  ask: ['gateway', 'proxy'],
  filter: '(tcp.flags.fin == 1 || tcp.flags.reset == 1) && http',
  restsOn: ['absence'],

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    if (attempt.outcome === 'established') return WORKED
    const { refusal } = gatewayTalkOf(attempt)
    if (refusal !== null) return OTHER_RULE
    const said = byResult(attempt) ?? byWebSocket(attempt)
    if (said !== null) return resting([], said)
    const open = exchanges.filter(isOpen)
    if (open.length === 0) return NOT_OPEN
    for (const { conversation, response } of open) {
      if (response === null) continue
      const closed = firstClose(conversation, response.packet)
      if (closed === null || closed.direction !== SERVER || isUnseen(conversation, CLIENT)) continue
      const how = closed.kind === 'reset' ? 'reset' : 'closed'
      return confirmed(
        `The gateway side ${how} the open channel ${duration(closed.timeNs - response.timeNs)} after it was opened.${idleLimit(attempt)}`,
        [response, `The channel is opened (${response.fact.status}).`],
        [closed, `The gateway side ${how === 'reset' ? 'resets' : 'closes'} it first.`],
      )
    }
    return NOT_CLOSED
  },
})

/** Success, a client that ended it, and what gateway-policy-denied speaks of. */
const OTHER_RESULTS: ReadonlySet<number> = new Set([0, 0x04ca, 0x59f6, 0x59fa, 0x59fb, 0x59fc, 0x5a00])
/** The target behind the gateway closed: what gateways report as a bad argument. */
const TARGET_CLOSED = 0x00a0

function byResult(attempt: Attempt): Verdict | null {
  const { closed, channel } = gatewayTalkOf(attempt)
  if (closed === null || closed.result < 0) return null
  const result = resultOf(closed)
  if (OTHER_RESULTS.has(result)) return result === 0 || result === 0x04ca ? null : OTHER_RULE
  const text = resultText(closed)
  const evidence: Evidence[] = [[closed.event, `The gateway ends the channel with ${closed.name}: ${text}.`]]
  if (channel !== null) evidence.unshift([channel, 'The gateway opens the channel to the target.'])
  const who = result === TARGET_CLOSED ? 'because the target behind it closed its side' : `with ${text}`
  return confirmed(`The gateway ended the channel ${who}.${idleLimit(attempt)}`, ...evidence)
}

function byWebSocket(attempt: Attempt): Verdict | null {
  const closes = attempt.all('websocket-close').sort((a, b) => a.packet - b.packet)
  const [first] = closes
  if (first === undefined || first.direction !== SERVER || ORDINARY_CLOSES.has(first.fact.code)) return null
  const { code, reason } = first.fact
  const words = `${webSocketCloseWords(code)}${reason === '' ? '' : `: "${reason}"`}`
  return confirmed(`The gateway side closed the WebSocket with code ${words}.`, [
    first,
    `The gateway side sends a WebSocket close with code ${words}.`,
  ])
}

/** What the gateway announced when it authorized the tunnel: sessions that idle so long are ended. */
function idleLimit(attempt: Attempt): string {
  const minutes = attempt.all('rdg').find(({ fact }) => fact.idleTimeoutMinutes > 0)?.fact.idleTimeoutMinutes
  return minutes === undefined ? '' : ` It had announced to end sessions that are idle for ${minutes} min.`
}

/** IN channels are answered and closed again in the ordinary course of authentication. */
function isOpen({ request, response }: Exchange): boolean {
  const status = response?.fact.status
  return (
    status === 101 ||
    (status === 200 && (request.fact.method === 'RDG_OUT_DATA' || request.fact.method === 'RPC_OUT_DATA'))
  )
}
