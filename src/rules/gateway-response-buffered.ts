/** The gateway's answer is held back on the way to the client. Cause 12; MS-TSGU 3.3.5.1. */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { duration } from './figures.ts'
import { type Exchange, exchangesOf } from './gateway-exchanges.ts'
import { gatewayTalkOf } from './gateway-refusal.ts'
import { firstClose } from './gateway-unanswered.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { behindReverseProxy, withFreerdpKeys } from './recordings.ts'
import { type Evidence, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { NOTABLE_WAIT_NS } from './silence.ts'
import { isUnseen } from './unseen.ts'

const OK = 200

const WENT_ON = ruledOut('The client went on behind the answer to its OUT channel.')
const NO_ANSWER = resting(['absence'], ruledOut('The OUT channel was not answered with 200.'))
const WORKED = ruledOut('The attempt worked.')
const TOO_SHORT = notVisible(
  'The capture ends too soon behind the answer to the OUT channel.',
  'Let the capture run for at least 15 s.',
)
const TO_SETTLE =
  'Capture between client and proxy, too: if the 200 arrives there late or never, the proxy buffers it; if it arrives at once, the client is at fault.'

const SETTLE_PACKETS =
  'Capture on the hop between proxy and gateway: a packet of the client that does not get there is held back on its way, an answer of the gateway that is there on its own. A gateway that hangs looks the same (restart TSGateway as a test).'

export const gatewayResponseBuffered = rule({
  id: 'gateway-response-buffered',
  severity: 'error',
  title: 'The answer of the gateway is held back on its way to the client',
  short: 'answer held back',
  causes: [12],
  looksAt: 'The 200 to RDG_OUT_DATA on this hop, and whether RDG_IN_DATA follows it.',
  confirms:
    'Never from one hop. Likely: the gateway answers, and for 2 s or more no RDG_IN_DATA follows, or no answer to the first packet on it, until the asking side gives up.',
  rulesOut: 'An RDG_IN_DATA behind the answer, and packets of the gateway on the channel.',
  cannotSee: 'The other hop. A capture between client and proxy settles it.',
  settledBy: [behindReverseProxy, withFreerdpKeys],
  remedy: [
    'nginx: proxy_buffering off; proxy_request_buffering off; proxy_http_version 1.1. Apache: SetEnv proxy-sendchunked, flushpackets=on. Switch off content inspection for /remoteDesktopGateway/.',
  ],
  ask: ['proxy'],
  filter: 'http.request.method in {"RDG_OUT_DATA", "RDG_IN_DATA"} || http.response.code == 200',
  restsOn: ['silence'],

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    if (attempt.outcome === 'established') return WORKED
    const out = exchanges.findLast(isOpenOut)
    if (out?.response == null) return NO_ANSWER
    const opened = out.response
    if (exchanges.some(one => one.request.fact.method === 'RDG_IN_DATA' && one.request.packet > opened.packet)) {
      return heldPackets(attempt, out, opened) ?? WENT_ON
    }
    const closed = firstClose(out.conversation, opened.packet)
    const until = closed?.timeNs ?? Math.max(attempt.captureEndNs, out.conversation.lastNs)
    if (until - opened.timeNs < NOTABLE_WAIT_NS) return TOO_SHORT
    if (closed !== null && closed.direction !== CLIENT) return WENT_ON
    const evidence: Evidence[] = [
      [out.request, `The OUT channel is asked for${oldVersion(out)}.`],
      [opened, `The gateway answers 200, ${duration(opened.timeNs - out.request.timeNs)} later.`],
    ]
    if (closed !== null)
      evidence.push([closed, `The asking side gives up ${duration(closed.timeNs - opened.timeNs)} behind the answer.`])
    return likely(
      `The gateway answered RDG_OUT_DATA with 200, but no RDG_IN_DATA followed within ${duration(until - opened.timeNs)}: something between here and the client holds the answer back.`,
      TO_SETTLE,
      ...evidence,
    )
  },
})

function isOpenOut({ request, response }: Exchange): boolean {
  return request.fact.method === 'RDG_OUT_DATA' && response?.fact.status === OK
}

/** nginx speaks HTTP/1.0 upstream unless it is told otherwise. */
function oldVersion({ request }: Exchange): string {
  return request.fact.version === 'HTTP/1.0' ? ', over HTTP/1.0, in which neither chunks nor WebSockets pass' : ''
}

/** Both channels are open, the client has sent its first packet, and the gateway's answer does not come. */
function heldPackets(attempt: Attempt, out: Exchange, opened: Place): Verdict | null {
  const { packets } = gatewayTalkOf(attempt)
  const asked = packets.find(({ direction }) => direction === CLIENT)
  if (asked === undefined || packets.some(({ direction }) => direction === SERVER)) return null
  if (isUnseen(out.conversation, SERVER)) return null
  const closed = firstClose(out.conversation, asked.packet)
  if (closed !== null && closed.direction !== CLIENT) return null
  const until = closed?.timeNs ?? Math.max(attempt.captureEndNs, out.conversation.lastNs)
  const waited = until - asked.timeNs
  if (waited < NOTABLE_WAIT_NS) return null
  const evidence: Evidence[] = [
    [opened, 'The gateway answers RDG_OUT_DATA with 200.'],
    [asked, 'The client sends its first packet on the IN channel.'],
  ]
  if (closed !== null) evidence.push([closed, `The asking side gives up ${duration(waited)} later.`])
  return likely(
    `Both channels were opened, but the first packet of the client got no answer within ${duration(waited)}: something on the way holds back the request or the answer.`,
    SETTLE_PACKETS,
    ...evidence,
  )
}
