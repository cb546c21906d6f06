/** The client does not trust the issuer of the server's certificate. Causes 1 and 4; RFC 5280 6.1, RFC 8446 6.2 (unknown_ca). */
import type { Attempt } from '../attempt/attempt.ts'
import { type CertificateExit, certificateExitOf } from './certificate-exit.ts'
import { certificateVerdict, howItLeft } from './certificate-verdict.ts'
import { beforeClick, withFreerdpKeys } from './recordings.ts'
import { at, type Evidence, possible, rule, type Verdict } from './rule.ts'

export const tlsCertificateUntrusted = rule({
  id: 'tls-certificate-untrusted',
  severity: 'error',
  title: "The client does not trust the server's certificate, and gave up on it",
  short: 'certificate not trusted',
  steps: ['tls', 'security'],
  causes: [1, 4],
  looksAt: 'The certificate of the server (TLS 1.2 and before): who issued it, and how the client left.',
  confirms:
    'Alert 48 (unknown_ca), or another certificate alert, in answer to a self-signed certificate. Likely: a self-signed certificate and a client that left before it sent any data. Possible: one without that of its issuer, behind which the client left at once.',
  rulesOut: 'A certificate of an issuer about which the client does not complain, or a client that goes on.',
  cannotSee:
    'The trust store of the client; TLS 1.3 encrypts the certificate. certutil -verify -urlfetch on the client tells.',
  settledBy: [beforeClick, withFreerdpKeys],
  remedy: [
    'Install a certificate from a CA that the clients trust, and bind it: wmic /namespace:\\\\root\\cimv2\\TerminalServices PATH Win32_TSGeneralSetting Set SSLCertificateSHA1Hash=<thumbprint>; on a gateway in RD Gateway Manager.',
    'Send the whole chain: intermediate certificates belong to the server, too (nginx: ssl_certificate with leaf and intermediates).',
    'Or make the clients trust the issuer: certutil -addstore Root <ca.cer>, by group policy.',
  ],
  ask: ['certificates', 'client'],
  filter: 'tls.handshake.type == 11 || tls.alert_message',
  assess(attempt) {
    const exit = certificateExitOf(attempt)
    if (exit !== null && isIssuerMissing(exit)) return issuerMissing(attempt, exit)
    const alone = exit !== null && isAlone(exit) ? ', whose own certificate the server did not send' : ''
    return certificateVerdict(attempt, 'untrusted', leaf =>
      leaf.selfIssued
        ? `it is self-signed (issuer and subject are ${leaf.issuer})`
        : `the client does not know its issuer ${leaf.issuer}${alone}`,
    )
  },
})

/** The server sent its certificate without that of the issuer, which is another one. */
function isAlone({ certificate }: CertificateExit): boolean {
  if (certificate === null || !certificate.fact.complete) return false
  const { chain } = certificate.fact
  return chain.length === 1 && chain[0]?.selfIssued === false
}

/** Nothing else is wrong, and the client left at once without a word: a person would have taken longer. */
function isIssuerMissing(exit: CertificateExit): boolean {
  return exit.faults.length === 0 && exit.quick && !exit.explicit && isAlone(exit)
}

/** Many clients have the issuer and miss nothing; scanners leave just so. */
function issuerMissing(attempt: Attempt, exit: CertificateExit): Verdict {
  const evidence: Evidence[] = [[exit.leaving, howItLeft(attempt, exit)]]
  if (exit.certificate !== null) {
    evidence.unshift([exit.certificate, 'The server sends one certificate, without that of its issuer.'])
  }
  const issuer = exit.certificate?.fact.chain[0]?.issuer ?? ''
  const verdict = possible(
    `The client left at once behind the server's certificate. Its dates and names fit, but the server did not send the certificate of its issuer ${issuer}: a client that does not have it can not trust it.`,
    'openssl s_client -connect <server>:<port> -servername <name> -showcerts shows whether the chain is whole; the dialog or log of the client whether it trusts it.',
    ...evidence,
  )
  return at(attempt.transport === 'direct' ? 'warning' : 'info', verdict)
}
