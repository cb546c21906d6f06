/** What the rules about certificates share: which of them speaks, how sure it is, and the evidence. */
import type { CertificateSummary } from '../../dissectors/tls-facts.ts'
import type { Attempt } from '../attempt/attempt.ts'
import { alertName } from '../codes/tls-alerts.ts'
import { type CertificateExit, type CertificateFault, certificateExitOf } from './certificate-exit.ts'
import { duration } from './figures.ts'
import { pictureOf } from './picture.ts'
import { at, confirmed, type Evidence, likely, notVisible, possible, resting, ruledOut, type Verdict } from './rule.ts'

const NO_CERTIFICATE = notVisible(
  'The server sent no certificate that this capture shows.',
  'nmap --script ssl-cert -p <port> <server> prints it, as does openssl s_client -connect <server>:<port> -servername <name>; Windows answers TLS on port 3389, too.',
)
const HIDDEN = notVisible(
  'TLS 1.3 encrypts the certificate.',
  'Export the TLS keys (SSLKEYLOGFILE, FreeRDP /tls:secrets-file) or look at the certificate with nmap --script ssl-cert -p <port> <server>.',
)
export const ACCEPTED = ruledOut('The client went on behind the certificate.')
export const NOT_THE_CLIENT = resting(['absence'], ruledOut('The client did not leave because of the certificate.'))
const NOT_THIS_FAULT = ruledOut('The certificate that the server sent does not have this fault.')
const SETTLE_LEAVING =
  'The client left without naming the certificate as its reason: look at its log or dialog (mstsc shows the certificate warning, FreeRDP writes it).'

/**
 * The answer of the rule about this fault. `describe` says what is wrong with the certificate. The weightiest fault
 * explains the end; the others are named as possible.
 */
export function certificateVerdict(
  attempt: Attempt,
  fault: CertificateFault,
  describe: (leaf: CertificateSummary, exit: CertificateExit) => string,
): Verdict {
  const exit = certificateExitOf(attempt)
  const picture = pictureOf(attempt)
  if (exit === null) {
    if (picture.serverFlight === null) return NO_CERTIFICATE
    return picture.clientApplication === null ? NOT_THE_CLIENT : ACCEPTED
  }
  const leaf = exit.certificate?.fact.chain[0]
  if (exit.certificate === null || leaf === undefined) return HIDDEN
  if (!exit.faults.includes(fault)) return NOT_THIS_FAULT
  const what = describe(leaf, exit)
  const evidence: Evidence[] = [
    [exit.certificate, `The server sends the certificate of ${leaf.subject}: ${what}.`],
    [exit.leaving, howItLeft(attempt, exit)],
  ]
  if (exit.faults[0] !== fault) {
    return at(
      'warning',
      possible(`The server's certificate has this fault, too: ${what}.`, SETTLE_LEAVING, ...evidence),
    )
  }
  const says = `The client left behind the server's certificate: ${what}.`
  return isSure(exit, fault) ? confirmed(says, ...evidence) : likely(says, SETTLE_LEAVING, ...evidence)
}

/**
 * Trust depends on the client's store, which no capture shows: without an alert a self-signed certificate is the best
 * explanation, not proof. The other faults are in the certificate itself; a program that leaves at once left for them.
 */
function isSure(exit: CertificateExit, fault: CertificateFault): boolean {
  return exit.explicit || (exit.quick && fault !== 'untrusted')
}

export function howItLeft(attempt: Attempt, { leaving }: CertificateExit): string {
  const { serverFinished, serverFlight } = pictureOf(attempt)
  const since = serverFinished ?? serverFlight
  const after =
    since === null ? '' : `, ${duration(leaving.timeNs - since.timeNs)} after the server's last handshake message`
  switch (leaving.how) {
    case 'alert':
      return `The client refuses with alert ${leaving.code} (${alertName(leaving.code)})${after}.`
    case 'close-notify':
    case 'sealed-alert':
      return `The client ends the connection with an alert before it sent any data${after}.`
    case 'rst':
      return `The client resets the connection before it sent any data${after}.`
    default:
      return `The client closes the connection before it sent any data${after}.`
  }
}
