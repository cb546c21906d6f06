/** Framing of gateway messages that breaks the client. Cause 12; RFC 9112 6.3, MS-TSGU 3.3.5.1. */
import { type Exchange, exchangesOf } from './gateway-exchanges.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { behindReverseProxy, withFreerdpKeys, withServerKey } from './recordings.ts'
import { at, confirmed, likely, notVisible, rule, ruledOut, type Verdict } from './rule.ts'

/** What RPC over HTTP announces at least for a channel, and at most to ask whether anybody is there (MS-RPCH 2.1.2.1). */
const LEAST_RPC_CHANNEL = 128 * 1024
const MOST_RPC_ECHO = 20
/** The seed of the OUT channel is 10 to 100 bytes: a body of that length ends right behind it. */
const SEED_LENGTH = 100
const OK = 200

const SOUND = ruledOut(
  'The framing of all answers is sound. An OUT answer without Content-Length is as the specification wants it.',
)
const CUT = notVisible(
  'The heads of requests and answers were cut when they were recorded.',
  'Record whole packets: tcpdump -s 0, dumpcap -s 262144.',
)
const TO_SETTLE =
  'Capture on the hop between proxy and gateway: the answer as the gateway wrote it shows what the proxy changed.'

export const gatewayResponseMalformed = rule({
  id: 'gateway-response-malformed',
  severity: 'error',
  title: 'The framing of an answer of the gateway breaks the client',
  short: 'answer malformed',
  causes: [12],
  looksAt: 'Content-Length and Transfer-Encoding of the requests and answers of the channels.',
  confirms:
    'Lengths that differ or can not be read; an OUT answer whose Content-Length ends at the seed. Likely: Content-Length and Transfer-Encoding together, an IN channel that is not chunked, a channel of RPC over HTTP whose length is not that of a channel. Chunked OUT answers are a note only.',
  rulesOut: 'Sound framing: a missing Content-Length is none of these faults.',
  cannotSee: 'Answers inside TLS. Capture behind the reverse proxy, or with TLS keys.',
  settledBy: [behindReverseProxy, withFreerdpKeys, withServerKey],
  remedy: [
    'Let the proxy pass the answer as it is: nginx proxy_buffering off; chunked_transfer_encoding off; proxy_http_version 1.1. Switch off compression, caching and content inspection for /remoteDesktopGateway/.',
  ],
  ask: ['proxy'],
  filter: 'http.response && (http.content_length || http.transfer_encoding)',

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    // The end of a head that was cut looks like a line without a colon.
    const whole = exchanges.filter(({ conversation }) => conversation.cutPackets === 0)
    for (const exchange of whole) {
      const verdict = judged(exchange, exchanges.at(-1) !== exchange) ?? judgedChannel(exchange, exchanges)
      if (verdict !== null) return attempt.outcome === 'established' ? at('info', verdict) : verdict
    }
    return whole.length < exchanges.length ? CUT : SOUND
  },
})

/** The length of what must not end: a proxy that writes another one has rewritten the request or the answer. */
function judgedChannel(exchange: Exchange, exchanges: readonly Exchange[]): Verdict | null {
  const { request, response, conversation } = exchange
  const { method, framing, length } = request.fact
  const opened = exchanges.some(
    one => one.conversation === conversation && isGranted(one) && one.request.packet < request.packet,
  )
  if (
    method === 'RDG_IN_DATA' &&
    opened &&
    !isGranted(exchange) &&
    framing !== 'chunked' &&
    length < LEAST_RPC_CHANNEL
  ) {
    const says =
      'The IN channel was asked for without chunks and without a length: its body is empty, and no packet of the client can reach the gateway. A proxy has rewritten the request.'
    return likely(says, TO_SETTLE, [request, 'RDG_IN_DATA without Transfer-Encoding: chunked, behind the granted one.'])
  }
  const isChannel = response?.fact.status === OK && response.fact.framing === 'length'
  if (
    method === 'RPC_OUT_DATA' &&
    isChannel &&
    response.fact.length < LEAST_RPC_CHANNEL &&
    response.fact.length > MOST_RPC_ECHO
  ) {
    return likely(
      `The answer to RPC_OUT_DATA announces ${response.fact.length} bytes, where 128 KB to 2 GB must stand: the channel ends there.`,
      TO_SETTLE,
      [request, 'The client sends RPC_OUT_DATA.'],
      [response, `The answer has Content-Length ${response.fact.length}.`],
    )
  }
  if (method === 'RPC_IN_DATA' && framing === 'length' && length < LEAST_RPC_CHANNEL && length > MOST_RPC_ECHO) {
    return likely(
      `RPC_IN_DATA announces ${length} bytes, where 128 KB to 2 GB must stand: the channel ends there. A proxy has rewritten the request.`,
      TO_SETTLE,
      [request, `The request has Content-Length ${length}.`],
    )
  }
  return null
}

function isGranted({ request, response }: Exchange): boolean {
  return request.fact.method === 'RDG_IN_DATA' && response?.fact.status === OK
}

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
