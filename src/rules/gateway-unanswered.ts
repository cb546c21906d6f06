/** A request to the gateway got no answer. Cause 12; MS-TSGU 4.2.1 (timers). */
import type { Attempt } from '../attempt/attempt.ts'
import type { Conversation } from '../flow/conversation.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { duration } from './figures.ts'
import { type Exchange, exchangesOf, header } from './gateway-exchanges.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { behindReverseProxy, onGateway, withFreerdpKeys } from './recordings.ts'
import { confirmed, type Evidence, likely, rule, ruledOut, type Verdict } from './rule.ts'
import { NOTABLE_WAIT_NS } from './silence.ts'
import { isUnseen } from './unseen.ts'

/** The client itself waits 90 s for an answer. */
const CERTAIN_WAIT_NS = 90e9

const ANSWERED = ruledOut('All requests that need an answer got one.')
const WORKED = ruledOut('The attempt worked.')
const TO_SETTLE =
  'Capture on the hop between proxy and gateway at the same time: if the answer is there, the proxy holds it back; if the request is not there, it holds the request.'

export const gatewayUnanswered = rule({
  id: 'gateway-unanswered',
  severity: 'error',
  title: 'A request to the gateway got no answer',
  short: 'no answer',
  causes: [12],
  looksAt: 'Requests for the OUT channel, or for a WebSocket, and what comes back.',
  confirms: 'The end of the connection instead of an answer, or 90 s without one. Likely: 2 s or more.',
  rulesOut: 'An answer. A second RDG_IN_DATA and an RPC_IN_DATA are never answered: normal.',
  cannotSee: 'Requests inside TLS. Capture behind the reverse proxy, or with TLS keys.',
  settledBy: [behindReverseProxy, onGateway, withFreerdpKeys],
  remedy: [
    'nginx: proxy_buffering off; proxy_request_buffering off; proxy_http_version 1.1; proxy_read_timeout 1h.',
    'On the gateway: Get-Service TSGateway, Restart-Service TSGateway; httperr logs under C:\\Windows\\System32\\LogFiles\\HTTPERR.',
  ],
  ask: ['proxy', 'gateway'],
  filter: 'http.request.method in {"RDG_OUT_DATA", "RDG_IN_DATA", "RPC_OUT_DATA", "RPC_IN_DATA"} && !http.response_in',
  restsOn: ['silence'],

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    if (attempt.outcome === 'established') return WORKED
    const open = exchanges.find(
      one => one.response === null && needsAnswer(one, exchanges) && !isUnseen(one.conversation, SERVER),
    )
    return open === undefined ? ANSWERED : found(attempt, open)
  },
})

/** The IN channel is a request that goes on for as long as the tunnel lives. */
function needsAnswer({ request }: Exchange, exchanges: readonly Exchange[]): boolean {
  const { method, framing } = request.fact
  if (method === 'RPC_IN_DATA') return false
  if (method === 'RDG_IN_DATA') {
    return (
      framing !== 'chunked' &&
      !exchanges.some(one => one.request.fact.method === method && one.response?.fact.status === 200)
    )
  }
  return true
}

function found(attempt: Attempt, { request, conversation }: Exchange): Verdict {
  const waits = header(request.fact, 'expect').toLowerCase() === '100-continue' ? ', and waits for 100 Continue' : ''
  const asked: Evidence = [request, `The client sends ${request.fact.method} ${request.fact.target}${waits}.`]
  const closed = firstClose(conversation, request.packet)
  if (closed !== null && closed.direction === SERVER) {
    return confirmed(
      `The connection was ended ${duration(closed.timeNs - request.timeNs)} after ${request.fact.method}, without an answer.`,
      asked,
      [closed, `The other side ${closed.kind === 'reset' ? 'resets' : 'closes'} the connection.`],
    )
  }
  const waited = (closed?.timeNs ?? Math.max(attempt.captureEndNs, conversation.lastNs)) - request.timeNs
  if (waited < NOTABLE_WAIT_NS) return ANSWERED
  const says = `${request.fact.method} got no answer within ${duration(waited)}.`
  const evidence: Evidence[] = closed?.direction === CLIENT ? [asked, [closed, 'The client gives up.']] : [asked]
  return waited >= CERTAIN_WAIT_NS ? confirmed(says, ...evidence) : likely(says, TO_SETTLE, ...evidence)
}

export function firstClose(conversation: Conversation, after: number) {
  return (
    conversation.tcp?.marks.find(mark => (mark.kind === 'fin' || mark.kind === 'reset') && mark.packet >= after) ?? null
  )
}
