/** The WebSocket upgrade to the gateway was dropped, refused or answered wrongly. Cause 12; RFC 6455 4.2.2. */
import { type Exchange, exchangesOf, header } from './gateway-exchanges.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { behindReverseProxy, withFreerdpKeys } from './recordings.ts'
import { at, confirmed, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { acceptFor } from './websocket-accept.ts'

const SWITCHING = 101
const UNAUTHORIZED = 401

const NOT_ASKED = resting(['absence'], ruledOut('The client did not ask for a WebSocket on a hop that can be read.'))
const UPGRADED = ruledOut('The upgrade was accepted.')

export const gatewayWebsocketRefused = rule({
  id: 'gateway-websocket-refused',
  severity: 'warning',
  title: 'The WebSocket upgrade to the gateway was refused',
  short: 'WebSocket refused',
  causes: [12],
  looksAt: 'Requests with Upgrade: websocket, and the answers to them.',
  confirms:
    'An answer other than 101 behind the authentication, or 101 with a Sec-WebSocket-Accept that does not fit the key.',
  rulesOut: '101 with the right Sec-WebSocket-Accept.',
  cannotSee: 'Upgrades inside TLS, and upgrades that a proxy removed before this hop: compare with the hop before it.',
  settledBy: [behindReverseProxy, withFreerdpKeys],
  remedy: [
    'nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade". Apache: mod_proxy_wstunnel. Clients fall back to two HTTP channels: slower, and another thing that a proxy can break.',
  ],
  ask: ['proxy', 'gateway'],
  filter: 'http.upgrade || http.response.code == 101 || websocket',

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    let answer: Verdict = NOT_ASKED
    for (const exchange of exchanges) {
      const verdict = judged(exchange)
      if (verdict === null) continue
      answer = verdict
      if (verdict !== UPGRADED) break
    }
    // A client that fell back and works has lost speed, not its session. A wrong accept is a fault all the same: other
    // clients give up on it.
    const isLight = answer.verdict === 'confirmed' && answer.severity === null && attempt.outcome === 'established'
    return isLight ? at('info', answer) : answer
  },
})

function judged({ request, response }: Exchange): Verdict | null {
  if (header(request.fact, 'upgrade').toLowerCase() !== 'websocket' || response === null) return null
  const { status, phrase } = response.fact
  if (status === UNAUTHORIZED) return null
  const asked = [request, 'The client asks for a WebSocket.'] as const
  if (status !== SWITCHING) {
    const line = phrase === '' ? `${status}` : `${status} ${phrase}`
    return confirmed(`The upgrade to a WebSocket was answered with ${line} instead of 101.`, asked, [
      response,
      `The answer is ${line}.`,
    ])
  }
  const key = header(request.fact, 'sec-websocket-key')
  const accept = header(response.fact, 'sec-websocket-accept')
  if (key === '' || accept === acceptFor(key)) return UPGRADED
  const given = accept === '' ? 'is missing' : `is "${accept}"`
  const wrong = confirmed(
    `The upgrade was answered with 101, but Sec-WebSocket-Accept ${given} and must be "${acceptFor(key)}".`,
    asked,
    [response, 'The answer does not prove that the upgrade was understood.'],
  )
  return at('warning', wrong)
}
