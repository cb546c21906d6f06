/** Client and server have no security protocol in common. Causes 5 and 9; MS-RDPBCGR 2.2.1.2.2, 3.2.5.3.2. */
import {
  HYBRID_REQUIRED_BY_SERVER,
  negotiationFailureName,
  negotiationFailures,
  protocolNames,
  SSL_CERT_NOT_ON_SERVER,
} from '../codes/negotiation.ts'
import { meaningOf } from '../codes/table.ts'
import { duration } from './figures.ts'
import { failureCode, offeredBy, selectionRefusal } from './negotiation.ts'
import { type Picture, pictureOf } from './picture.ts'
import { beforeClick, onGateway } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, rule, ruledOut, type Verdict } from './rule.ts'

const NOT_VISIBLE = notVisible(
  'This capture holds no negotiation in clear.',
  'Capture on the client from before the click on Connect.',
)
const AGREED = ruledOut('Client and server agreed on a security protocol.')
const OWN_RULE = ruledOut('The failure code has a rule of its own.')
const WORKED = ruledOut('A later connection of the attempt worked.')
const TO_SETTLE =
  'Look at the log of the client: FreeRDP writes that the selected protocol is not allowed; for mstsc look at enablecredsspsupport and authentication level in the .rdp file. A user who cancelled within the second looks alike.'

export const securityNegotiationFailed = rule({
  id: 'security-negotiation-failed',
  severity: 'error',
  title: 'Client and server have no security protocol in common',
  short: 'no common security protocol',
  steps: ['x224'],
  causes: [5, 9],
  looksAt: 'What the client offers, what the server selects or refuses, and whether the client goes on.',
  confirms:
    'Negotiation failure 1, 2, 4, 6 or an unknown one; or a selection that the client had not offered, behind which it left.',
  rulesOut: 'A selection with which the client goes on.',
  cannotSee: 'Negotiations inside a gateway tunnel: capture between gateway and server.',
  settledBy: [beforeClick, onGateway],
  remedy: [
    'Failure 1: let the client offer TLS (mstsc does; FreeRDP /sec:tls or /sec:nla).',
    'Failure 2, or standard security selected: SecurityLayer=2 under HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp; on xrdp security_layer=negotiate and a readable key.pem.',
    'The client wants NLA and the server has TLS only: UserAuthentication=1 in the same key, or let the client accept TLS.',
  ],
  ask: ['server', 'client'],
  filter: 'rdp.negReq.requestedProtocols || rdp.negReq.selectedProtocol || rdp.negFailure.failureCode',

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    if (picture.failure !== null) return byFailure(picture, failureCode(attempt))
    if (picture.confirm === null) return NOT_VISIBLE
    const refusal = selectionRefusal(attempt)
    return refusal === null ? AGREED : bySelection(picture, refusal)
  },
})

function byFailure(picture: Picture, code: number): Verdict {
  if (code === 0) return WORKED
  if (code === HYBRID_REQUIRED_BY_SERVER || code === SSL_CERT_NOT_ON_SERVER) return OWN_RULE
  const offered = protocolNames(offeredBy(picture))
  const meaning = meaningOf(negotiationFailures, code)
  const evidence: Evidence[] = []
  if (picture.request !== null) evidence.push([picture.request, `The client offers ${offered}.`])
  if (picture.failure !== null) {
    evidence.push([picture.failure, `The server refuses with failure code ${code} (${negotiationFailureName(code)}).`])
  }
  const why = meaning === '' ? `with failure code ${code}` : `because ${meaning}`
  const says =
    picture.request === null
      ? `The server refused the negotiation ${why}.`
      : `The client offered ${offered}, and the server refused ${why}.`
  return confirmed(says, ...evidence)
}

function bySelection(picture: Picture, refusal: 'not-offered' | 'weaker'): Verdict {
  const { request, confirm, leaving } = picture
  if (confirm === null || leaving === null) return AGREED
  const offered = protocolNames(offeredBy(picture))
  const selected = protocolNames(confirm.fact.selected)
  const took = duration(leaving.timeNs - confirm.timeNs)
  const says = `The client offered ${offered}, the server selected ${selected}, and the client left ${took} later without using it.`
  const evidence: Evidence[] = [
    [confirm, `The server selects ${selected}.`],
    [leaving, 'The client leaves without a word in the selected protocol.'],
  ]
  if (request !== null) evidence.unshift([request, `The client offers ${offered}.`])
  return refusal === 'not-offered' ? confirmed(says, ...evidence) : likely(says, TO_SETTLE, ...evidence)
}
