/** A policy of the gateway, a quota or quarantine refused the user or the target. Cause 14; MS-TSGU 2.2.6, 3.3.5.1. */
import { gatewayTalkOf, packetName, refused, resultOf, resultText, withoutRefusal } from './gateway-refusal.ts'
import { onGateway, withFreerdpKeys, withServerKey } from './recordings.ts'
import { confirmed, type Evidence, notVisible, rule, ruledOut, type Verdict } from './rule.ts'

/**
 * Access denied, RAP, CAP, connection limit, capabilities (consent, statement of health), quarantine, the three of the
 * authentication cookie, and a credential that the packets themselves carried.
 */
const POLICY_RESULTS: ReadonlySet<number> = new Set([
  0x0005, 0x59da, 0x59db, 0x59e6, 0x59e9, 0x59ed, 0x59f7, 0x59f8, 0x59f9, 0x030c,
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
  looksAt: 'The results in the packets with which the gateway answers: handshake, tunnel, authorization, channel.',
  confirms: 'A result that names a policy (CAP, RAP), a limit, quarantine, consent or the authentication cookie.',
  rulesOut: 'A channel that was opened, or a refusal for another reason.',
  cannotSee:
    'Anything inside TLS without keys. The event log of the gateway tells (200 to 304), and that of NPS (6272 to 6274).',
  settledBy: [withFreerdpKeys, withServerKey, onGateway],
  remedy: [
    'CAP (0x800759DB): RD Gateway Manager, Connection Authorization Policies: is the user in a group that may connect, by this authentication method? NPS events 6272 to 6274 name the rule.',
    'RAP (0x800759DA): Resource Authorization Policies: is the target, by the very name that the client dials, in the group of computers, and its port allowed?',
    'Limit (0x000059E6): RD Gateway Manager, properties of the server, maximum number of connections.',
  ],
  filter: 'http || websocket',

  assess(attempt): Verdict {
    const { refusal, asked } = gatewayTalkOf(attempt)
    if (refusal === null) return withoutRefusal(attempt, OPENED, NO_PACKETS)
    if (!POLICY_RESULTS.has(resultOf(refusal))) return OTHER_REFUSAL
    const evidence: Evidence[] = [refused(refusal)]
    if (asked !== null) evidence.unshift([asked, `The client sends ${packetName(asked)}.`])
    return confirmed(`The gateway refused: ${resultText(refusal)}.`, ...evidence)
  },
})
