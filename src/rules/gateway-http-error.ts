/** An HTTP status that ends the attempt to reach the gateway. Causes 12 and 14; MS-TSGU 3.3.5.1, MS-RPCH 2.1.2.1.3. */
import { httpStatusMeaning } from '../codes/http-status.ts'
import { type Exchange, exchangesOf } from './gateway-exchanges.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { senderSentence } from './http-sender.ts'
import { behindReverseProxy, onGateway, withFreerdpKeys, withServerKey } from './recordings.ts'
import { confirmed, resting, rule, ruledOut, type Verdict } from './rule.ts'

const UNAUTHORIZED = 401

const NO_ERROR = resting(
  ['absence'],
  ruledOut('No answer of the gateway is an HTTP error, apart from the rounds of authentication.'),
)
const WORKED = ruledOut('The attempt worked all the same: the client fell back to another transport.')

export const gatewayHttpError = rule({
  id: 'gateway-http-error',
  severity: 'error',
  title: 'The way to the gateway ended with an HTTP error',
  short: 'HTTP error',
  causes: [12, 14],
  looksAt: 'HTTP answers to the requests to the RD Gateway, on a hop that can be read.',
  confirms: 'A status of 300 or above other than 401 in an attempt that failed (the gateway is never to redirect).',
  rulesOut: 'Answers of 101 and 200, and 401 while the authentication goes on.',
  cannotSee: 'Answers inside TLS. Capture behind the reverse proxy, or with TLS keys.',
  settledBy: [behindReverseProxy, onGateway, withFreerdpKeys, withServerKey],
  remedy: [
    '404, 410: the request does not reach the gateway role: forward /remoteDesktopGateway/ and /rpc/ to it, and look at the host name.',
    '403, 405, 501: a filter does not know RDG_OUT_DATA and RDG_IN_DATA: allow these methods (IIS request filtering, WAF, HAProxy ACL); Cloudflare and others can not pass them.',
    '502, 503, 504: the proxy can not reach the gateway: look at its error log and at the service TSGateway (Get-Service TSGateway).',
    '503 "RPC Error: …": the Windows error in hexadecimal; 5 = access denied.',
  ],
  ask: ['proxy', 'gateway'],
  filter: 'http.response.code >= 300 && http.response.code != 401',

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    const wrong = exchanges.find(isError)
    if (wrong === undefined || wrong.response === null) return NO_ERROR
    if (attempt.outcome === 'established') return WORKED
    return found(wrong, wrong.response)
  },
})

function isError({ response }: Exchange): boolean {
  return response !== null && response.fact.status >= 300 && response.fact.status !== UNAUTHORIZED
}

function found({ request }: Exchange, response: NonNullable<Exchange['response']>): Verdict {
  const { status, phrase } = response.fact
  const line = phrase === '' ? `${status}` : `${status} ${phrase}`
  const from = senderSentence(response.fact)
  const meaning = rpcErrorWords(phrase) || httpStatusMeaning(status)
  return confirmed(
    `${request.fact.method} ${request.fact.target} was answered with HTTP ${line}${meaning === '' ? '' : `: ${meaning}`}.${from}`,
    [request, `The client sends ${request.fact.method} ${request.fact.target}.`],
    [response, `The answer is HTTP ${line}.${from}`],
  )
}

/** What stands in "RPC Error: 6ba" is a Windows error in hexadecimal (MS-RPCH 2.1.2.1.3). */
function rpcErrorWords(phrase: string): string {
  const code = /RPC Error:\s*(?:0x)?([0-9a-f]{1,8})/i.exec(phrase)?.[1]
  if (code === undefined) return ''
  return RPC_ERRORS.get(Number.parseInt(code, 16)) ?? `Windows error 0x${code.toLowerCase()}`
}

const RPC_ERRORS: ReadonlyMap<number, string> = new Map([
  [0x5, 'access denied: the RPC proxy may not pass this user on to the gateway'],
  [0x6ba, 'the RPC server is unavailable: the gateway service does not run, or is not reached from the RPC proxy'],
  [0x6bb, 'the RPC server is too busy'],
  [0x6bf, 'the RPC call failed and was not carried out'],
  [0x6c0, 'RPC protocol error'],
  [0x6d9, 'no more end points: the gateway service does not listen'],
])
