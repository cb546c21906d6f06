/** NTLM was torn apart on the way: 401 again and again. Cause 12; RFC 4559 section 5, MS-NTHT 3.1. */
import type { Attempt } from '../attempt/attempt.ts'
import { type Exchange, exchangesOf } from './gateway-exchanges.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { behindReverseProxy, onGateway, withFreerdpKeys } from './recordings.ts'
import { confirmed, type Evidence, likely, resting, rule, ruledOut, type Verdict } from './rule.ts'

const UNAUTHORIZED = 401
/** Two channels authenticate once each, and a person may mistype once: from here on it is a loop. */
const MANY_REFUSALS = 4

const WORKED = ruledOut('The authentication worked.')
const NO_LOOP = resting(['absence'], ruledOut('No round of authentication was torn apart.'))
const TO_SETTLE =
  'Capture on the hop between proxy and gateway: the rounds of one client must stay on one TCP connection there.'

export const gatewayAuthLoop = rule({
  id: 'gateway-auth-loop',
  severity: 'error',
  title: 'The authentication to the gateway was torn apart on the way',
  short: 'authentication torn apart',
  causes: [12],
  looksAt: 'On which TCP connections the messages of an NTLM round travel, and how often 401 repeats.',
  confirms:
    'The challenge on one connection, the answer to it on another, and 401 in answer. Likely: four complete rounds refused.',
  rulesOut: 'Rounds that stay on one connection, or an authentication that works.',
  cannotSee: "The hop behind a proxy that keeps the client's connection whole; capture there.",
  settledBy: [behindReverseProxy, onGateway, withFreerdpKeys],
  remedy: [
    'NTLM binds to its TCP connection: let the proxy keep one upstream connection a client. nginx: proxy_http_version 1.1; proxy_set_header Connection ""; with keepalive alone rounds mix: use the stream module (TCP) or ntlm (NGINX Plus). HAProxy: option http-keep-alive with http-reuse never, or mode tcp.',
    'Load balancers need source affinity: IN and OUT channels must reach the same gateway.',
  ],
  ask: ['proxy', 'gateway'],
  filter: 'http.response.code == 401 || ntlmssp',

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    if (attempt.outcome === 'established') return WORKED
    return tornRound(attempt) ?? manyRounds(exchanges) ?? NO_LOOP
  },
})

/** The last message of a round came on a connection on which no challenge had been given. */
function tornRound(attempt: Attempt): Verdict | null {
  const exchanges = exchangesOf(attempt)
  for (const last of exchanges) {
    if (last.sent !== 'authenticate' || last.response?.fact.status !== UNAUTHORIZED) continue
    const here = exchanges.some(
      one =>
        one.conversation === last.conversation &&
        one.answered === 'challenge' &&
        one.request.packet < last.request.packet,
    )
    if (here) continue
    const challenge = exchanges.findLast(
      one => one.answered === 'challenge' && one.request.packet < last.request.packet,
    )
    const evidence: Evidence[] = [
      [
        last.request,
        `The answer to the challenge travels from port ${last.conversation.client.port}, where no challenge was given.`,
      ],
      [last.response, 'The gateway refuses: 401.'],
    ]
    if (challenge?.response) {
      evidence.unshift([
        challenge.response,
        `The gateway gives its challenge on the connection from port ${challenge.conversation.client.port}.`,
      ])
    }
    return confirmed(
      'The NTLM messages of one round travelled on different TCP connections, and the gateway answered 401: something on the way opens a new connection for each request.',
      ...evidence,
    )
  }
  return null
}

function manyRounds(exchanges: readonly Exchange[]): Verdict | null {
  const refused = exchanges.filter(isRefusedRound)
  const first = refused[0]?.response
  const last = refused.at(-1)?.response
  if (refused.length < MANY_REFUSALS || !first || !last) return null
  return likely(
    `${refused.length} complete rounds of authentication were answered with 401.`,
    TO_SETTLE,
    [first, 'The first 401 behind a complete round.'],
    [last, 'The last one.'],
  )
}

/** 401 in answer to the last message of a round. */
export function isRefusedRound({ sent, answered, response }: Exchange): boolean {
  return (
    response?.fact.status === UNAUTHORIZED && (sent === 'authenticate' || sent === 'token') && answered !== 'challenge'
  )
}
