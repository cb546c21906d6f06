/** The client left right behind the server's certificate, which can not be read or shows no fault. Causes 1 and 4; RFC 8446 4.4.2. */
import { certificateExitOf } from './certificate-exit.ts'
import { ACCEPTED, howItLeft, NOT_THE_CLIENT } from './certificate-verdict.ts'
import { pictureOf } from './picture.ts'
import { beforeClick, withFreerdpKeys } from './recordings.ts'
import { confirmed, likely, notVisible, possible, rule, ruledOut, type Verdict } from './rule.ts'

const NO_CERTIFICATE = notVisible(
  "The TLS handshake did not come to the server's certificate.",
  'See the rules about the TLS handshake.',
)
const READABLE = ruledOut('The certificate can be read, and its fault has a rule of its own.')
const NO_REASON = ruledOut('The certificate can be read and shows no fault, and the client did not complain about it.')
const TO_SETTLE =
  'Look at the certificate: nmap --script ssl-cert -p <port> <server>, for name, dates and issuer; or capture again with TLS keys (SSLKEYLOGFILE). The log or dialog of the client names the fault.'

export const tlsCertificateRejected = rule({
  id: 'tls-certificate-rejected',
  severity: 'error',
  title: "The client left right behind the server's certificate",
  short: 'certificate rejected',
  steps: ['tls', 'security'],
  causes: [1, 4],
  looksAt: 'Whether the client sends any data behind the TLS handshake, and how it leaves.',
  confirms:
    'A certificate alert (42 to 46, 48) where no fault is to be seen. Likely: TLS 1.3, and the client leaves at once behind the handshake without data.',
  rulesOut:
    'Data of the client behind the handshake; a certificate that can be read: then the rule about its fault speaks.',
  cannotSee: 'What is wrong with a certificate that TLS 1.3 encrypts. Keys, or a look at the certificate, tell.',
  settledBy: [beforeClick, withFreerdpKeys],
  remedy: [
    'Check name, dates and issuer of the certificate that the server sends now: nmap --script ssl-cert -p <port> <server>.',
    'On the client: the dialog of mstsc, event log Microsoft-Windows-TerminalServices-RDPClient/Operational, or the log of FreeRDP.',
  ],
  ask: ['certificates', 'client'],
  filter: 'tls.handshake.type == 2 || tls.record.content_type == 21 || tls.record.length == 19',

  assess(attempt): Verdict {
    const exit = certificateExitOf(attempt)
    const { serverFlight, clientApplication } = pictureOf(attempt)
    if (exit === null) {
      if (serverFlight === null) return NO_CERTIFICATE
      return clientApplication === null ? NOT_THE_CLIENT : ACCEPTED
    }
    if (exit.faults.length > 0) return READABLE
    const left = [exit.leaving, howItLeft(attempt, exit)] as const
    if (exit.certificate !== null) {
      if (!exit.explicit) return NO_REASON
      return confirmed(
        "The client refused the server's certificate, in which this capture shows no fault.",
        [exit.certificate, 'The server sends its certificate.'],
        left,
      )
    }
    const says =
      "The client left right behind the server's encrypted handshake, before it sent any data: it most likely refused the certificate."
    const flight =
      serverFlight === null
        ? []
        : ([[serverFlight, "The server's handshake, with the certificate in it, is encrypted (TLS 1.3)."]] as const)
    const alerted = exit.leaving.how !== 'fin' && exit.leaving.how !== 'rst'
    return alerted || exit.quick ? likely(says, TO_SETTLE, ...flight, left) : possible(says, TO_SETTLE, ...flight, left)
  },
})
