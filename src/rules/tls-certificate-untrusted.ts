/** The client does not trust the issuer of the server's certificate. Causes 1 and 4; RFC 5280 6.1, RFC 8446 6.2 (unknown_ca). */
import { certificateVerdict } from './certificate-verdict.ts'
import { beforeClick, withFreerdpKeys } from './recordings.ts'
import { rule } from './rule.ts'

export const tlsCertificateUntrusted = rule({
  id: 'tls-certificate-untrusted',
  severity: 'error',
  title: "The client does not trust the server's certificate, and gave up on it",
  short: 'certificate not trusted',
  steps: ['tls', 'security'],
  causes: [1, 4],
  looksAt: 'The certificate of the server (TLS 1.2 and before): who issued it, and how the client left.',
  confirms:
    'Alert 48 (unknown_ca), or another certificate alert, in answer to a self-signed certificate. Likely: a self-signed certificate and a client that left before it sent any data.',
  rulesOut: 'A certificate of an issuer about which the client does not complain, or a client that goes on.',
  cannotSee:
    'The trust store of the client; TLS 1.3 encrypts the certificate. certutil -verify -urlfetch on the client tells.',
  settledBy: [beforeClick, withFreerdpKeys],
  remedy: [
    'Install a certificate from a CA that the clients trust, and bind it: wmic /namespace:\\\\root\\cimv2\\TerminalServices PATH Win32_TSGeneralSetting Set SSLCertificateSHA1Hash=<thumbprint>; on a gateway in RD Gateway Manager.',
    'Send the whole chain: intermediate certificates belong to the server, too (nginx: ssl_certificate with leaf and intermediates).',
    'Or make the clients trust the issuer: certutil -addstore Root <ca.cer>, by group policy.',
  ],
  filter: 'tls.handshake.type == 11 || tls.alert_message',
  assess(attempt) {
    return certificateVerdict(attempt, 'untrusted', leaf =>
      leaf.selfIssued
        ? `it is self-signed (issuer and subject are ${leaf.issuer})`
        : `the client does not know its issuer ${leaf.issuer}`,
    )
  },
})
