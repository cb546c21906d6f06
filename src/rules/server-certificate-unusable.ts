/** The server says that it has no usable certificate. Cause 2; MS-RDPBCGR 2.2.1.2.2. */
import { protocolNames, SSL_CERT_NOT_ON_SERVER } from '../codes/negotiation.ts'
import { SERVER } from '../wire/dissector.ts'
import { helloRefusalOf } from './hello-refusal.ts'
import { failureCode, offeredBy } from './negotiation.ts'
import { pictureOf } from './picture.ts'
import { beforeClick, onServer } from './recordings.ts'
import { confirmed, type Evidence, notVisible, possible, resting, rule, ruledOut, type Verdict } from './rule.ts'

const NOT_VISIBLE = notVisible(
  'This capture holds no negotiation in clear.',
  'Capture on the client from before the click on Connect.',
)
const KEY_WORKS = ruledOut('The server sent its certificate or a signed handshake: its key works.')
const NO_SIGN = resting(['absence'], ruledOut('The server did not say that its certificate is unusable.'))
const TO_SETTLE =
  'On the server: Schannel event 36870 (key unreadable, 0x8009030D) and events 1057 and 1058 of TerminalServices-RemoteConnectionManager; an attempt from another client that fails alike points here.'

export const serverCertificateUnusable = rule({
  id: 'server-certificate-unusable',
  severity: 'error',
  title: 'The server has no usable certificate',
  short: 'server certificate unusable',
  causes: [2],
  looksAt: 'The negotiation failure code, and whether the server ever signs a TLS handshake.',
  confirms: 'Negotiation failure 3 (SSL_CERT_NOT_ON_SERVER).',
  rulesOut: 'A certificate or key exchange of the server: the signature shows that its key works.',
  cannotSee:
    'A missing key from a protocol that is switched off: both end the connection at ClientHello. Schannel events of the server tell.',
  settledBy: [beforeClick, onServer],
  remedy: [
    'Let Windows make a new one: delete the certificate in certlm.msc, Remote Desktop, Certificates; then Restart-Service TermService -Force.',
    'Permissions of C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys: NETWORK SERVICE must read the key (f686aace…); icacls shows them.',
    'A certificate of your own: its private key must be readable by NETWORK SERVICE, and its thumbprint set with wmic /namespace:\\\\root\\cimv2\\TerminalServices PATH Win32_TSGeneralSetting Set SSLCertificateSHA1Hash=<thumbprint>.',
  ],
  ask: ['server', 'certificates'],
  filter: 'rdp.negFailure.failureCode == 3',

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    const { failure, request } = picture
    if (failureCode(attempt) === SSL_CERT_NOT_ON_SERVER && failure !== null) {
      const evidence: Evidence[] = [[failure, 'The server answers: no certificate on the server (failure code 3).']]
      if (request !== null) evidence.unshift([request, `The client offers ${protocolNames(offeredBy(picture))}.`])
      return confirmed('The server says itself that it has no certificate with which it could start TLS.', ...evidence)
    }
    if (picture.serverFlight !== null) return KEY_WORKS
    const refusal = helloRefusalOf(attempt)
    if (refusal !== null && refusal.kind === 'other' && refusal.by.side === SERVER && picture.confirm !== null) {
      return possible(
        'The server agreed to TLS and then ended the connection at the ClientHello, as Windows does when the key of its certificate can not be read.',
        TO_SETTLE,
        [refusal.by, 'The server ends the connection before it shows a certificate.'],
      )
    }
    return picture.request === null && picture.clientHello === null ? NOT_VISIBLE : NO_SIGN
  },
})
