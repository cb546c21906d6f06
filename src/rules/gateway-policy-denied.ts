/** A policy of the gateway, a quota or quarantine refused the user or the target. Cause 14; MS-TSGU 2.2.6, 3.3.5.1. */
import type { Attempt } from '../attempt/attempt.ts'
import type { TunnelStep } from '../attempt/sealed-gateway.ts'
import {
  gatewayTalkOf,
  isOfExtendedAuth,
  refused,
  resultOf,
  resultText,
  sealedStopOf,
  withoutRefusal,
} from './gateway-refusal.ts'
import { onGateway, withFreerdpKeys, withServerKey } from './recordings.ts'
import { at, called, confirmed, type Evidence, notVisible, possible, rule, ruledOut, type Verdict } from './rule.ts'

/**
 * Access denied, RAP, CAP, connection limit, capabilities (consent, statement of health), quarantine and its nonce, the three
 * of the authentication cookie, and a target that can not exchange the redirection policy.
 */
const POLICY_RESULTS: ReadonlySet<number> = new Set([
  0x0005, 0x0057, 0x59da, 0x59db, 0x59e6, 0x59e9, 0x59ed, 0x59f7, 0x59f8, 0x59f9, 0x59fd,
])
/** Session time-out, and the three that a new authorization during the session may fail with, and its health. */
const LATER_RESULTS: ReadonlySet<number> = new Set([0x59f6, 0x59fa, 0x59fb, 0x59fc, 0x5a00])

const POLICIES: ReadonlyMap<number, string> = new Map([
  [0x59da, 'policy (RAP) denied'],
  [0x59db, 'policy (CAP) denied'],
])

const OPENED = ruledOut('The gateway opened the channel to the target.')
const OTHER_REFUSAL = ruledOut('The gateway refused for another reason than a policy.')
const NO_PACKETS = notVisible(
  'The packets to the gateway can not be read, or end before it has decided.',
  'Capture with TLS keys, or look at the events 200 to 304 of TerminalServices-Gateway and at NPS events 6272 to 6274.',
)

export const gatewayPolicyDenied = rule({
  id: 'gateway-policy-denied',
  severity: 'error',
  title: 'A policy of the gateway refused the connection',
  short: 'policy denied',
  causes: [14],
  looksAt:
    'The results with which the gateway answers, in its packets or in its calls over RPC (handshake, tunnel, authorization, channel), and the one with which it closes the channel.',
  confirms:
    'A result that names a policy (CAP, RAP), a limit, quarantine, consent or the authentication cookie; or a close for a time-out or for a new authorization that failed. Possible: without keys, an answer by its place and length behind which the client did not go on.',
  rulesOut: 'A channel that was opened, or a refusal for another reason.',
  cannotSee:
    'Anything inside TLS without keys. The event log of the gateway tells (200 to 304), and that of NPS (6272 to 6274).',
  settledBy: [withFreerdpKeys, withServerKey, onGateway],
  remedy: [
    'CAP (0x800759DB): RD Gateway Manager, Connection Authorization Policies: is the user in a group that may connect, by this authentication method? NPS events 6272 to 6274 name the rule.',
    'RAP (0x800759DA): Resource Authorization Policies: is the target, by the very name that the client dials, in the group of computers, and its port allowed?',
    'Time-outs (0x000059F6) and new authorizations (0x000059FA to 0x000059FC): the properties of the connection authorization policy, Timeouts; is the account still enabled and in its groups?',
    'Limit (0x000059E6): RD Gateway Manager, properties of the server, maximum number of connections.',
  ],
  ask: ['gateway', 'directory'],
  filter: 'http || websocket',

  assess(attempt): Verdict {
    const { refusal, asked, closed, channel } = gatewayTalkOf(attempt)
    if (refusal === null && closed !== null && LATER_RESULTS.has(resultOf(closed))) {
      const evidence: Evidence[] = [[closed.event, `The gateway ends with ${closed.name}: ${resultText(closed)}.`]]
      if (channel !== null) evidence.unshift([channel, 'The gateway opens the channel to the target.'])
      const ended = confirmed(`A policy of the gateway ended the session: ${resultText(closed)}.`, ...evidence)
      return attempt.outcome === 'established' ? at('info', ended) : ended
    }
    if (refusal === null) return bySizes(attempt) ?? withoutRefusal(attempt, OPENED, NO_PACKETS)
    if (!POLICY_RESULTS.has(resultOf(refusal)) || isOfExtendedAuth(refusal)) return OTHER_REFUSAL
    const evidence: Evidence[] = [refused(refusal)]
    if (asked !== null) evidence.unshift([asked.event, `The client sends ${asked.name}.`])
    const verdict = confirmed(`The gateway refused: ${resultText(refusal)}.`, ...evidence)
    return called(POLICIES.get(resultOf(refusal)) ?? 'policy denied', verdict)
  },
})

const ASKED: Readonly<Record<TunnelStep, string>> = {
  handshake: 'the handshake',
  tunnel: 'the tunnel',
  authorization: 'the authorization of the tunnel',
  channel: 'the channel to the target',
}
/** The policy that decides there. */
const DECIDED_BY: Readonly<Record<TunnelStep, string>> = {
  handshake: 'its version or its way to log on',
  tunnel: 'a limit, quarantine or the authentication cookie',
  authorization: 'the connection authorization policy (CAP)',
  channel: 'the resource authorization policy (RAP), or the gateway could not reach the target',
}
const TO_SETTLE =
  'Events 200 to 304 of TerminalServices-Gateway and NPS events 6272 to 6274 name user, policy and result, as would a capture with TLS keys. A client that gave up by itself looks the same.'

/** Inside TLS: the step at which the client did not go on, and who may have stopped it. */
function bySizes(attempt: Attempt): Verdict | null {
  const stopped = sealedStopOf(attempt)
  if (stopped === null) return null
  const { step, asked, answer } = stopped
  return possible(
    `The gateway answered the request for ${ASKED[step]}, and the client did not go on: perhaps a refusal by ${DECIDED_BY[step]}. The answer is encrypted.`,
    TO_SETTLE,
    [asked, `The client asks for ${ASKED[step]}, by the lengths of its packets.`],
    [answer, 'The gateway answers; the client sends nothing more in the tunnel.'],
  )
}
