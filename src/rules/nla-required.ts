/** The server insists on Network Level Authentication and the client did not offer it. Cause 5; MS-RDPBCGR 2.2.1.2.2. */
import { HYBRID_REQUIRED_BY_SERVER, PROTOCOL_HYBRID, PROTOCOL_HYBRID_EX, protocolNames } from '../codes/negotiation.ts'
import { failureCode, offeredBy } from './negotiation.ts'
import { pictureOf } from './picture.ts'
import { beforeClick, onGateway } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, rule, ruledOut, type Verdict } from './rule.ts'

const NOT_VISIBLE = notVisible(
  'This capture holds no negotiation in clear.',
  'Capture on the client from before the click on Connect.',
)
const ACCEPTED = ruledOut('The server accepted what the client offered.')
const OTHER_FAILURE = ruledOut('The negotiation failed for another reason.')
const WORKED = ruledOut('A later connection of the attempt worked.')

export const nlaRequired = rule({
  id: 'nla-required',
  severity: 'error',
  title: 'The server requires Network Level Authentication, and the client did not offer it',
  short: 'NLA required',
  causes: [5],
  looksAt: 'The negotiation that opens every RDP connection, readable without keys.',
  confirms: 'Negotiation failure 5 (HYBRID_REQUIRED_BY_SERVER) in the first connection of the attempt that failed.',
  rulesOut: 'A negotiation response, or another failure code.',
  cannotSee: 'Negotiations inside a gateway tunnel: capture between gateway and server.',
  settledBy: [beforeClick, onGateway],
  remedy: [
    'Let the client offer NLA: enablecredsspsupport:i:1 in the .rdp file, /sec:nla in FreeRDP; mstsc offers it unless the file forbids it.',
    'A client that can not: switch off "Allow connections only from computers running Remote Desktop with Network Level Authentication" on the server (SystemPropertiesRemote), or UserAuthentication=0 under HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp.',
  ],
  ask: ['client', 'server'],
  filter: 'rdp.negReq.requestedProtocols || rdp.negFailure.failureCode == 5',

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    const { failure, request } = picture
    if (failure === null) return picture.confirm === null ? NOT_VISIBLE : ACCEPTED
    if (failure.fact.code !== HYBRID_REQUIRED_BY_SERVER) return OTHER_FAILURE
    if (failureCode(attempt) === 0) return WORKED
    const offered = protocolNames(offeredBy(picture))
    const evidence: Evidence[] = [[failure, 'The server answers: NLA is required (failure code 5).']]
    if (request === null) return confirmed('The server requires NLA, and the client did not offer it.', ...evidence)
    if ((offeredBy(picture) & (PROTOCOL_HYBRID | PROTOCOL_HYBRID_EX)) !== 0) {
      return likely(
        `The server answers that it requires NLA (CredSSP), although the client offered ${offered}.`,
        'The event log of the server (TerminalServices-RemoteConnectionManager) says why CredSSP could not be used there; try another client.',
        [request, `The client offers ${offered}.`],
        ...evidence,
      )
    }
    return confirmed(
      `The server requires NLA (CredSSP), and the client offered only ${offered}.`,
      [request, `The client offers ${offered}.`],
      ...evidence,
    )
  },
})
