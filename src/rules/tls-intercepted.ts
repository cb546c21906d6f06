/** TLS was opened on its way: the certificate is not the server's. Cause 41; RFC 5280 4.1.2.4. */
import type { CertificateSummary } from '../../dissectors/tls-facts.ts'
import type { Attempt, SeenCertificate } from '../attempt/attempt.ts'
import { inspectionProduct } from '../codes/inspection-issuers.ts'
import { SERVER } from '../wire/dissector.ts'
import { onBothEnds, onClient, withFreerdpKeys } from './recordings.ts'
import {
  confirmed,
  type Evidence,
  likely,
  noteUnlessFailed,
  notVisible,
  possible,
  rule,
  ruledOut,
  type Verdict,
} from './rule.ts'

const NO_CERTIFICATE = notVisible(
  'The certificate of the server can not be read: it is encrypted (TLS 1.3), or this capture does not hold it.',
  'Compare the thumbprint that the client sees with that on the server, or from another network: openssl s_client -connect <server>:<port> -servername <name> | openssl x509 -noout -issuer -fingerprint.',
)
const OWN = ruledOut('The certificate is self-issued: the server made it, and nobody on the way signed it.')
const UNKNOWN_ISSUER = notVisible(
  'The issuer of the certificate is not known for inspection, which proves nothing: any name can be given to a certification authority.',
  'Compare issuer and thumbprint with those seen from another network.',
)
const TO_SETTLE =
  'Compare issuer and thumbprint with those seen from another network, or on the server itself (certlm.msc). From one end the name of the issuer is all that shows.'

export const tlsIntercepted = rule({
  id: 'tls-intercepted',
  severity: 'warning',
  title: 'TLS is opened and sealed again on its way',
  short: 'intercepted',
  causes: [41],
  looksAt:
    'Who issued the certificate of the server, and whether the same server showed another one for the same name.',
  confirms:
    'For one name of one server two certificates of different issuers, one of them an inspection product. Likely: such an issuer alone. Possible: two issuers, of which none is known.',
  rulesOut: 'A self-issued certificate.',
  cannotSee: 'Certificates in TLS 1.3, and products whose authority was renamed. A look from another network tells.',
  settledBy: [onBothEnds, onClient, withFreerdpKeys],
  remedy: [
    'Except the gateway or the server from TLS inspection (proxy, firewall, web shield of the antivirus): RDP and RD Gateway bind their logon to the certificate (channel bindings), which inspection breaks.',
    'Let RDP to port 3389 pass without inspection: CredSSP checks the public key of the server and refuses another one.',
  ],
  ask: ['security'],
  filter: 'tls.handshake.type == 11',

  assess(attempt): Verdict {
    const sent = attempt.find('certificate', (fact, { direction }) => direction === SERVER && fact.chain.length > 0)
    const leaf = sent?.fact.chain[0]
    if (sent === undefined || leaf === undefined) return NO_CERTIFICATE
    const product = issuedBy(leaf)
    const evidence: Evidence[] = [[sent, `The certificate of ${leaf.subject} is issued by ${leaf.issuer}.`]]
    const other = anotherOf(attempt, leaf)
    if (product === '') {
      if (leaf.selfIssued) return OWN
      if (other === undefined || issuedBy(other) !== '') return UNKNOWN_ISSUER
      evidence.push(seenBefore(other))
      return noteUnlessFailed(
        attempt,
        possible('The same server showed certificates of two issuers for one name.', TO_SETTLE, ...evidence),
      )
    }
    if (other === undefined || issuedBy(other) !== '') {
      return noteUnlessFailed(
        attempt,
        likely(
          `The certificate comes from ${product}, by the name of its issuer, and not from the server.`,
          TO_SETTLE,
          ...evidence,
        ),
      )
    }
    evidence.push(seenBefore(other))
    return noteUnlessFailed(
      attempt,
      confirmed(
        `TLS is opened on its way: ${product} issued the certificate, while the same server showed one of ${other.issuer} for the same name.`,
        ...evidence,
      ),
    )
  },
})

/** The inspection product that issued it; '' for the product's own pages, and for others. */
function issuedBy({ issuer, subject }: Pick<CertificateSummary, 'issuer' | 'subject'>): string {
  const product = inspectionProduct(issuer)
  return product !== '' && inspectionProduct(subject) !== product ? product : ''
}

/** A certificate for the same name by another issuer. One with another kind of key is no sign: servers keep two. */
function anotherOf(attempt: Attempt, leaf: CertificateSummary): SeenCertificate | undefined {
  const name = attempt.find('client-hello')?.fact.serverName ?? ''
  return attempt.history.certificates.find(
    one => one.name === name && one.issuer !== leaf.issuer && one.keyAlgorithm === leaf.keyAlgorithm,
  )
}

function seenBefore(other: SeenCertificate): Evidence {
  return [other, `The same server shows a certificate of ${other.issuer} for this name.`]
}
