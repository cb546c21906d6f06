/** The server's certificate is for another name. Cause 4; RFC 6125 6.4, RFC 9525. */
import { askedName } from './certificate-exit.ts'
import { certificateVerdict } from './certificate-verdict.ts'
import { beforeClick, withFreerdpKeys } from './recordings.ts'
import { rule } from './rule.ts'

const SHOWN_NAMES = 4

export const tlsCertificateNameMismatch = rule({
  id: 'tls-certificate-name-mismatch',
  severity: 'error',
  title: "The server's certificate is for another name, and the client gave up on it",
  short: 'certificate of another name',
  steps: ['tls', 'security'],
  causes: [4],
  looksAt:
    'The names in the certificate (TLS 1.2 and before) against the name that the client asked for, and how the client left.',
  confirms:
    'The name asked for is not in the certificate, and the client refuses or leaves at once before it sends any data.',
  rulesOut: 'A certificate with that name, or a client that goes on.',
  cannotSee:
    'TLS 1.3 encrypts the certificate; without server_name (SNI) and without a lookup the name asked for is unknown.',
  settledBy: [beforeClick, withFreerdpKeys],
  remedy: [
    'Connect by a name that is in the certificate, or issue one with the name that people use (subject alternative name).',
    'Gateway: the name in the client (gatewayhostname:s:…) must be in the certificate; behind a proxy look at which certificate it serves for this SNI.',
  ],
  ask: ['certificates', 'client'],
  filter: 'tls.handshake.extensions_server_name || tls.handshake.type == 11 || tls.alert_message',
  assess(attempt) {
    return certificateVerdict(attempt, 'name-mismatch', leaf => {
      const names = leaf.names.length > 0 ? leaf.names : [leaf.commonName]
      const shown = names.slice(0, SHOWN_NAMES).join(', ')
      return `it is for ${shown}${names.length > SHOWN_NAMES ? ' and others' : ''}, and the client asked for ${askedName(attempt)}`
    })
  },
})
