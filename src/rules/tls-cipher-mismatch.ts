/** Client and server have no cipher suite, group or signature scheme in common. Cause 3; RFC 8446 4.1.1, RFC 5246 7.4.1.3. */
import type { Attempt } from '../attempt/attempt.ts'
import { alertName } from '../codes/tls-alerts.ts'
import { cipherSuiteName, tlsVersionName } from '../codes/tls-names.ts'
import { count, sideName } from './figures.ts'
import { type HelloRefusal, helloRefusalOf, highestOffered } from './hello-refusal.ts'
import { type Picture, pictureOf } from './picture.ts'
import { beforeClick, onServer } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'

const NO_HELLO = notVisible(
  'This capture holds no TLS ClientHello.',
  'Capture on the client from before the click on Connect.',
)
const AGREED = ruledOut('Client and server went on with a cipher suite that both speak.')
const NO_SIGN = resting(['absence'], ruledOut('Nothing says that cipher suites were the reason.'))
const TO_SETTLE =
  'nmap --script ssl-enum-ciphers -p <port> <server> lists what the server accepts; Schannel event 36874 on the server says that no suite was supported.'
const SHOWN_SUITES = 4

export const tlsCipherMismatch = rule({
  id: 'tls-cipher-mismatch',
  severity: 'error',
  title: 'Client and server have no TLS cipher suite, group or signature scheme in common',
  short: 'no common cipher suite',
  causes: [3],
  looksAt: 'The suites that the client offers, the one that the server chooses, and the alerts of both.',
  confirms:
    'Alert 40 (handshake_failure) or 71 (insufficient_security) in answer to the ClientHello, or a suite that the client did not offer. Likely: alert 47, or a server that used none of the offered suites with others in this capture.',
  rulesOut: 'A handshake that goes on.',
  cannotSee:
    "Which of them is missing: the alert does not tell suite from group or signature scheme. A list of the server's suites does.",
  settledBy: [beforeClick, onServer],
  remedy: [
    'Windows: Get-TlsCipherSuite | ft Name on both sides; the policy "SSL Cipher Suite Order" (HKLM\\SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002) may have cut the list.',
    'Servers and proxies: widen ssl_ciphers (nginx), ssl-default-bind-ciphers (HAProxy), tls_ciphers (xrdp); an ECDSA certificate needs ECDSA suites, an RSA certificate RSA ones.',
  ],
  ask: ['server', 'client'],
  filter: 'tls.alert_message.desc in {40, 47, 71} || tls.handshake.type in {1, 2}',

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    if (picture.clientHello === null) return NO_HELLO
    const refusal = helloRefusalOf(attempt)
    if (refusal === null || refusal.kind !== 'cipher') return picture.serverFinished === null ? NO_SIGN : AGREED
    return found(attempt, picture, refusal)
  },
})

function found(attempt: Attempt, picture: Picture, refusal: HelloRefusal): Verdict {
  const { clientHello, serverHello } = picture
  const { by } = refusal
  const evidence: Evidence[] = []
  if (clientHello !== null) {
    const { suites } = clientHello.fact
    const shown = suites.slice(0, SHOWN_SUITES).map(cipherSuiteName).join(', ')
    const more = suites.length > SHOWN_SUITES ? ' …' : ''
    evidence.push([
      clientHello,
      `The client offers TLS up to ${tlsVersionName(highestOffered(picture))} with ${count(suites.length, 'suite')}: ${shown}${more}.`,
    ])
  }
  if (serverHello !== null)
    evidence.push([serverHello, `The server chooses ${cipherSuiteName(serverHello.fact.suite)}.`])
  const alert = by.how === 'alert' ? `alert ${by.code} (${alertName(by.code)})` : 'closing the connection'
  evidence.push([by, `The ${sideName(by.side)} refuses with ${alert}.`])
  const says = sentence(attempt, picture, refusal, alert)
  return refusal.certain ? confirmed(says, ...evidence) : likely(says, TO_SETTLE, ...evidence)
}

function sentence(attempt: Attempt, { serverHello }: Picture, { by, why }: HelloRefusal, alert: string): string {
  if (why === 'not-offered' && serverHello !== null) {
    return `The server chose ${cipherSuiteName(serverHello.fact.suite)}, which the client did not offer, and the client left.`
  }
  if (why === 'history') {
    const others = attempt.history.suites.slice(0, SHOWN_SUITES).map(cipherSuiteName).join(', ')
    return `The server used ${others} with others in this capture, of which this client offers none; it ended this connection without an alert.`
  }
  if (serverHello === null) return `The server found nothing acceptable in the ClientHello and refused with ${alert}.`
  return `The ${sideName(by.side)} refused the parameters of the handshake with ${alert}.`
}
