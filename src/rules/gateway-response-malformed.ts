/** Framing of gateway messages that breaks the client. Cause 12; RFC 9112 6.3, MS-TSGU 3.3.5.1. */
import { type Exchange, exchangesOf } from './gateway-exchanges.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { behindReverseProxy, withFreerdpKeys, withServerKey } from './recordings.ts'
import { at, confirmed, likely, rule, ruledOut, type Verdict } from './rule.ts'

/** The seed of the OUT channel is 10 to 100 bytes: a body of that length ends right behind it. */
const SEED_LENGTH = 100
const OK = 200

const SOUND = ruledOut(
  'The framing of all answers is sound. An OUT answer without Content-Length is as the specification wants it.',
)
const TO_SETTLE =
  'Capture on the hop between proxy and gateway: the answer as the gateway wrote it shows what the proxy changed.'

export const gatewayResponseMalformed = rule({
  id: 'gateway-response-malformed',
  severity: 'error',
  title: 'The framing of an answer of the gateway breaks the client',
  short: 'answer malformed',
  causes: [12],
  looksAt: 'Content-Length and Transfer-Encoding of the answers, and bodies that end early.',
  confirms:
    'Lengths that differ or can not be read; an OUT answer whose Content-Length ends at the seed. Likely: Content-Length and Transfer-Encoding together, a body that ended before its length. Chunked OUT answers are a note only.',
  rulesOut: 'Sound framing: a missing Content-Length is none of these faults.',
  cannotSee: 'Answers inside TLS. Capture behind the reverse proxy, or with TLS keys.',
  settledBy: [behindReverseProxy, withFreerdpKeys, withServerKey],
  remedy: [
    'Let the proxy pass the answer as it is: nginx proxy_buffering off; chunked_transfer_encoding off; proxy_http_version 1.1. Switch off compression, caching and content inspection for /remoteDesktopGateway/.',
  ],
  filter: 'http.response && (http.content_length || http.transfer_encoding)',

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    for (const exchange of exchanges) {
      const verdict = judged(exchange, exchanges.at(-1) !== exchange)
      if (verdict !== null) return attempt.outcome === 'established' ? at('info', verdict) : verdict
    }
    return SOUND
  },
})

/** @param wentOn the client asked for more behind this answer: it did not break it at once. */
function judged({ request, response }: Exchange, wentOn: boolean): Verdict | null {
  if (response === null) return null
  const { framing, oddity, length, status } = response.fact
  const asked = [request, `The client sends ${request.fact.method}.`] as const
  if (framing === 'invalid') {
    return confirmed(`The length of the answer to ${request.fact.method} can not be told: ${oddity}.`, asked, [
      response,
      `The answer is framed wrongly: ${oddity}.`,
    ])
  }
  const isOut = request.fact.method === 'RDG_OUT_DATA' && status === OK
  if (isOut && framing === 'length' && length <= SEED_LENGTH) {
    const says = `The answer to RDG_OUT_DATA announces ${length} bytes, where an endless stream must follow: the client stops reading at the seed.`
    const evidence = [asked, [response, `The answer has Content-Length ${length}.`]] as const
    return wentOn ? likely(says, TO_SETTLE, ...evidence) : confirmed(says, ...evidence)
  }
  if (oddity !== '') {
    return likely(
      `The framing of the answer to ${request.fact.method} is contradictory: ${oddity}.`,
      TO_SETTLE,
      asked,
      [response, `The answer: ${oddity}.`],
    )
  }
  if (isOut && framing === 'chunked') {
    return at(
      'info',
      likely('The answer to RDG_OUT_DATA is chunked: legal, but some clients can not read it.', TO_SETTLE, asked, [
        response,
        'The answer is chunked.',
      ]),
    )
  }
  return null
}
