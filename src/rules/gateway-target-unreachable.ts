/** The gateway could not reach the desktop behind it. Cause 15; MS-TSGU 2.2.6 (E_PROXY_TS_CONNECTFAILED), 2.2.10.4. */
import type { Attempt } from '../attempt/attempt.ts'
import { CHANNEL_CREATE } from '../codes/rdg-names.ts'
import { gatewayTalkOf, refused, resultOf, resultText, sealedStopOf, withoutRefusal } from './gateway-refusal.ts'
import { onGateway, withFreerdpKeys } from './recordings.ts'
import { confirmed, type Evidence, notVisible, possible, rule, ruledOut, type Verdict } from './rule.ts'

const CONNECT_FAILED = 0x59dd

const REACHED = ruledOut('The gateway opened the channel to the target.')
const OTHER_REFUSAL = ruledOut('The gateway refused before it tried to reach the target, or for another reason.')
const NO_PACKETS = notVisible(
  'The packets to the gateway can not be read, or end before it has answered for the target.',
  'Capture with TLS keys, or on the gateway towards the target; event 304 of TerminalServices-Gateway names target and error.',
)

export const gatewayTargetUnreachable = rule({
  id: 'gateway-target-unreachable',
  severity: 'error',
  title: 'The gateway could not reach the target',
  short: 'target not reached',
  causes: [15],
  looksAt: "The gateway's answer to CHANNEL_CREATE, or to TsProxyCreateChannel over RPC.",
  confirms:
    'An answer with E_PROXY_TS_CONNECTFAILED (0x59DD). Possible: without keys, an answer by its place and length behind which the client did not go on.',
  rulesOut: 'A channel that was opened, or another refusal.',
  cannotSee: 'Why: name resolution, firewall or a closed port between gateway and target. Only a capture there tells.',
  settledBy: [onGateway, withFreerdpKeys],
  remedy: [
    'On the gateway: Test-NetConnection TARGET -Port 3389; Resolve-DnsName TARGET (the gateway resolves the name, not the client).',
    'Capture on the gateway towards the target: no answer = firewall or host down, RST = nothing listens.',
  ],
  ask: ['gateway', 'security'],
  filter: 'http || websocket',

  assess(attempt): Verdict {
    const { packets, refusal } = gatewayTalkOf(attempt)
    if (refusal === null) return bySizes(attempt) ?? withoutRefusal(attempt, REACHED, NO_PACKETS)
    if (resultOf(refusal) !== CONNECT_FAILED) return OTHER_REFUSAL
    const asked = packets.findLast(({ fact, packet }) => fact.type === CHANNEL_CREATE && packet <= refusal.event.packet)
    const target =
      asked === undefined || asked.fact.name === '' ? 'the target' : `${asked.fact.name}:${asked.fact.port}`
    const evidence: Evidence[] = [refused(refusal)]
    if (asked !== undefined) evidence.unshift([asked, `The client asks the gateway for ${target}.`])
    return confirmed(`The gateway could not reach ${target}: ${resultText(refusal)}.`, ...evidence)
  },
})

/** Inside TLS: the client asked for the target, and did not go on behind the answer. */
function bySizes(attempt: Attempt): Verdict | null {
  const stopped = sealedStopOf(attempt)
  if (stopped?.step !== 'channel') return null
  return possible(
    'The gateway answered the request for the channel to the target, and the client did not go on: perhaps the gateway could not reach the target, or its policy (RAP) forbids it. The answer is encrypted.',
    'Event 304 of TerminalServices-Gateway names target and error; a capture on the gateway towards the target shows whether it answered.',
    [stopped.asked, 'The client asks for the channel to the target, by the lengths of its packets.'],
    [stopped.answer, 'The gateway answers; the client sends nothing more in the tunnel.'],
  )
}
