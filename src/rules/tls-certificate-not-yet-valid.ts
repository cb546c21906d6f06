/** The server's certificate is not valid yet and the client gave up on it. Causes 1 and 40; RFC 5280 4.1.2.5. */
import { secondsOf } from './certificate-exit.ts'
import { certificateVerdict } from './certificate-verdict.ts'
import { age, moment } from './figures.ts'
import { beforeClick, withFreerdpKeys } from './recordings.ts'
import { rule } from './rule.ts'

export const tlsCertificateNotYetValid = rule({
  id: 'tls-certificate-not-yet-valid',
  severity: 'error',
  title: "The server's certificate is not valid yet, and the client gave up on it",
  short: 'certificate not yet valid',
  steps: ['tls', 'security'],
  causes: [1, 40],
  looksAt:
    'The certificate of the server (TLS 1.2 and before) against the time of the capture, and how the client left.',
  confirms: 'notBefore after the capture, and a client that refuses or leaves at once before it sends any data.',
  rulesOut: 'A certificate that is valid already, or a client that goes on.',
  cannotSee:
    'TLS 1.3 encrypts the certificate; and which clock is wrong: that of the issuer, the client or the recorder. Compare with the Date of an HTTP answer.',
  settledBy: [beforeClick, withFreerdpKeys],
  remedy: [
    'w32tm /query /status on client and server; w32tm /resync. A clock that is wrong by the difference explains it.',
    'Otherwise issue the certificate again with a beginning in the past.',
  ],
  ask: ['certificates', 'server'],
  filter: 'tls.handshake.type == 11 || tls.alert_message',
  assess(attempt) {
    return certificateVerdict(attempt, 'not-yet-valid', (leaf, exit) => {
      const early = exit.certificate === null ? 0 : leaf.notBefore - secondsOf(attempt, exit.certificate)
      return `it is valid only from ${moment(leaf.notBefore)}, ${age(early)} after the capture`
    })
  },
})
