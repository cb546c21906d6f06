/** The server's certificate has expired and the client gave up on it. Causes 1 and 4; RFC 5280 4.1.2.5. */
import { secondsOf } from './certificate-exit.ts'
import { certificateVerdict } from './certificate-verdict.ts'
import { age, moment } from './figures.ts'
import { beforeClick, withFreerdpKeys } from './recordings.ts'
import { rule } from './rule.ts'

export const tlsCertificateExpired = rule({
  id: 'tls-certificate-expired',
  severity: 'error',
  title: "The server's certificate has expired, and the client gave up on it",
  short: 'certificate expired',
  steps: ['tls', 'security'],
  causes: [1, 4],
  looksAt:
    'The certificate of the server (TLS 1.2 and before) against the time of the capture, and how the client left.',
  confirms: 'notAfter before the capture, and a client that refuses or leaves at once before it sends any data.',
  rulesOut:
    'A certificate that is valid longer, or a client that goes on: an expired certificate alone is only a warning.',
  cannotSee:
    'TLS 1.3 encrypts the certificate; and the clock of the client, which counts, may differ from that of the recorder.',
  settledBy: [beforeClick, withFreerdpKeys],
  remedy: [
    'RDP host: delete the expired certificate in certlm.msc, Remote Desktop, Certificates; Restart-Service TermService -Force makes a new one (events 1057 and 1058 say why it could not).',
    'Gateway or proxy: renew the certificate and bind it (RD Gateway Manager, Properties, SSL Certificate; nginx ssl_certificate and reload).',
  ],
  ask: ['certificates', 'server'],
  filter: 'tls.handshake.type == 11 || tls.alert_message',
  assess(attempt) {
    return certificateVerdict(attempt, 'expired', (leaf, exit) => {
      if (exit.certificate === null || leaf.notAfter === 0) return 'the client says that it has expired'
      const late = secondsOf(attempt, exit.certificate) - leaf.notAfter
      return `it expired on ${moment(leaf.notAfter)}, ${age(late)} before the capture`
    })
  },
})
