/** A proxy refused or never answered: CONNECT over HTTP, or SOCKS. Cause 12; RFC 9110 9.3.6, 15.5.8, RFC 1928 6. */
import type { Attempt } from '../attempt/attempt.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { duration } from './figures.ts'
import { header } from './gateway-exchanges.ts'
import { type Picture, pictureOf } from './picture.ts'
import { beforeClick, onForwardProxy } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { NOTABLE_WAIT_NS, waitedNs } from './silence.ts'
import { socksRefusalOf } from './socks-refusal.ts'

/** Proxies give up connecting after a minute, and clients before them. */
const CERTAIN_WAIT_NS = 60e9

const PROXY_AUTHENTICATION = 407

/** What a status means in answer to CONNECT. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [400, 'it did not understand the request'],
  [403, 'its rules forbid this target'],
  [405, 'it does not do CONNECT'],
  [500, 'it failed'],
  [502, 'it could not reach the target'],
  [503, 'it could not reach the target'],
  [504, 'it waited for the target in vain'],
])

const NO_CONNECT = notVisible(
  'This attempt holds no CONNECT and no SOCKS: no proxy is used, or the capture does not show the way to it.',
  'netsh winhttp show proxy and the proxy settings of the user tell whether there is one.',
)
const OPENED = ruledOut('The proxy opened the tunnel.')
const WORKED = ruledOut('The attempt worked.')
const TOO_SHORT = notVisible(
  'The client left, or the capture ends, too soon after CONNECT to speak of silence; or it does not hold all that the proxy said.',
  'Let the capture run for at least 15 s, with both directions.',
)
const TO_SETTLE =
  'The access log of the proxy at that second: whether it could resolve and reach the target, and which rule it applied.'

export const proxyConnectRefused = rule({
  id: 'proxy-connect-refused',
  severity: 'error',
  title: 'The proxy did not open the tunnel',
  short: 'proxy refused',
  causes: [12],
  looksAt: 'CONNECT requests, requests to SOCKS proxies, and the answers of the proxy.',
  confirms:
    'An answer of 300 or above, or a refusal of SOCKS, that the client does not overcome, the close of the proxy instead of an answer, or a silence of 60 s. Likely: a silence of 2 s or more.',
  rulesOut: 'A 2xx answer to CONNECT, or a request that SOCKS grants.',
  cannotSee: 'Proxies that are spoken to over TLS, and what the proxy did on its other side. Its access log tells.',
  settledBy: [onForwardProxy, beforeClick],
  remedy: [
    '407: mstsc authenticates to a proxy with the logged-on user only; allow the gateway without authentication, or use an exception (squid: acl rdgw dstdomain <gateway>, http_access allow CONNECT rdgw).',
    '403: allow CONNECT to this host and port (squid: acl SSL_ports port 443; acl Safe_ports port 443).',
    '502, 503, 504: the proxy can not resolve or reach the gateway: test from the proxy itself (curl -v https://<gateway>/remoteDesktopGateway/).',
    'Bypass: netsh winhttp set proxy proxy-server="<proxy>" bypass-list="<local>;<gateway>", or the proxy exceptions of the user.',
  ],
  ask: ['proxy'],
  filter: 'http.request.method == "CONNECT" || http.response.code in {403, 407, 502, 503, 504}',

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    const { connectRequest, connectResponse } = picture
    if (connectRequest === null) return withoutConnect(attempt)
    if (attempt.outcome === 'established') return WORKED
    if (connectResponse === null) return resting(['silence'], unanswered(attempt, picture))
    const { status } = connectResponse.fact
    if (status === PROXY_AUTHENTICATION && wentOn(picture, connectResponse)) return TOO_SHORT
    return status >= 200 && status < 300 ? OPENED : refused(attempt, connectRequest, connectResponse)
  },
})

/** The client asked again behind this answer, and the proxy said something then: one of the two is not in the capture. */
function wentOn({ connection, tcp, unseen }: Picture, response: Event<FactOf<'http-response'>>): boolean {
  const again = connection?.events.find(
    ({ fact, packet }) => fact.kind === 'http-request' && fact.method === 'CONNECT' && packet > response.packet,
  )
  const asked = again ?? (unseen[CLIENT] ? response : undefined)
  return asked !== undefined && tcp !== null && tcp.sides[SERVER].lastDataPacket > asked.packet
}

/** SOCKS, or another leg of the attempt: where the proxy's own connection failed, that one is to be explained. */
function withoutConnect(attempt: Attempt): Verdict {
  const socks = socksRefusalOf(attempt)
  if (socks !== null) return attempt.outcome === 'established' ? WORKED : confirmed(socks.says, ...socks.evidence)
  if (attempt.find('socks-reply') !== undefined) return OPENED
  const request = attempt.all('http-request').find(({ fact }) => fact.method === 'CONNECT')
  if (request === undefined) return NO_CONNECT
  if (attempt.outcome === 'established') return WORKED
  const response = attempt
    .all('http-response')
    .findLast(({ conversation, packet }) => conversation === request.conversation && packet > request.packet)
  if (response === undefined) return TOO_SHORT
  return response.fact.status >= 300 ? refused(attempt, request, response) : OPENED
}

function refused(
  attempt: Attempt,
  connectRequest: Event<FactOf<'http-request'>>,
  connectResponse: Event<FactOf<'http-response'>>,
): Verdict {
  const { status, phrase } = connectResponse.fact
  const line = phrase === '' ? `${status}` : `${status} ${phrase}`
  const meaning = status === PROXY_AUTHENTICATION ? roundWords(attempt) : (MEANINGS.get(status) ?? '')
  const squid = header(connectResponse.fact, 'x-squid-error')
  const own = squid === '' ? '' : ` (${squid})`
  return confirmed(
    `The proxy refused CONNECT to ${connectRequest.fact.target} with ${line}${own}${meaning === '' ? '' : `: ${meaning}`}.`,
    [connectRequest, `The client asks the proxy for a tunnel to ${connectRequest.fact.target}.`],
    [connectResponse, `The proxy answers ${line}${own}.`],
  )
}

/** How far the authentication to the proxy came: over all connections, as many proxies close behind each 407. */
function roundWords(attempt: Attempt): string {
  const schemes = new Set<string>()
  for (const { fact } of attempt.all('http-response')) {
    if (fact.status !== PROXY_AUTHENTICATION) continue
    for (const [name, value] of fact.headers) {
      if (name === 'proxy-authenticate') schemes.add(value.split(/[\s,]/)[0] ?? '')
    }
  }
  schemes.delete('')
  const wants = `it wants authentication${schemes.size === 0 ? '' : ` (${[...schemes].join(', ')})`}`
  const answers = attempt
    .all('http-request')
    .filter(({ fact }) => fact.method === 'CONNECT')
    .map(({ fact }) => header(fact, 'proxy-authorization'))
    .filter(value => value !== '')
  const last = answers.at(-1)
  if (last === undefined) return `${wants}, and the client did not offer any`
  const scheme = last.split(' ')[0]
  if (last.includes(NTLM_NEGOTIATE)) return `${wants}, and the client began with ${scheme} and did not go on`
  return `${wants}, and it refused the client's logon by ${scheme}`
}

/** The first message of NTLM in base64: a beginning, not a proof. */
const NTLM_NEGOTIATE = 'TlRMTVNTUAAB'

function unanswered(attempt: Attempt, picture: Picture): Verdict {
  const { connectRequest, leaving } = picture
  if (connectRequest === null) return NO_CONNECT
  const { target } = connectRequest.fact
  if ((picture.tcp?.sides[SERVER].lastDataPacket ?? 0) > connectRequest.packet) return TOO_SHORT
  const asked: Evidence = [connectRequest, `The client asks the proxy for a tunnel to ${target}.`]
  if (leaving !== null && leaving.side === SERVER) {
    return confirmed(`The proxy ended the connection instead of answering CONNECT to ${target}.`, asked, [
      leaving,
      `The proxy ${leaving.how === 'rst' ? 'resets' : 'closes'} the connection.`,
    ])
  }
  if (picture.unseen[SERVER]) return TOO_SHORT
  const waited = waitedNs(attempt, picture, connectRequest)
  if (waited < NOTABLE_WAIT_NS) return TOO_SHORT
  const says = `The proxy did not answer CONNECT to ${target} within ${duration(waited)}.`
  const evidence = leaving === null ? [asked] : [asked, [leaving, 'The client gives up.'] as const]
  return waited >= CERTAIN_WAIT_NS ? confirmed(says, ...evidence) : likely(says, TO_SETTLE, ...evidence)
}
