/** Client and server have no TLS version in common. Cause 3; RFC 8446 4.2.1 and appendix D, RFC 5246 appendix E. */
import type { Attempt } from '../attempt/attempt.ts'
import { alertName } from '../codes/tls-alerts.ts'
import { tlsVersionName } from '../codes/tls-names.ts'
import { sideName } from './figures.ts'
import { type HelloRefusal, helloRefusalOf, highestOffered } from './hello-refusal.ts'
import { type Picture, pictureOf } from './picture.ts'
import { beforeClick, onServer } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'

const NO_HELLO = notVisible(
  'This capture holds no TLS ClientHello.',
  'Capture on the client from before the click on Connect.',
)
const AGREED = ruledOut('Client and server went on with a TLS version that both speak.')
const NO_SIGN = resting(['absence'], ruledOut('Nothing says that the TLS version was the reason.'))
const TO_SETTLE =
  'nmap --script ssl-enum-ciphers -p <port> <server> lists what the server speaks; Schannel events 36871 and 36874 on the server name the version.'

export const tlsVersionMismatch = rule({
  id: 'tls-version-mismatch',
  severity: 'error',
  title: 'Client and server have no TLS version in common',
  short: 'no common TLS version',
  causes: [3],
  looksAt: 'The versions that the client offers, the one that the server chooses, and the alerts of both.',
  confirms:
    'Alert 70 (protocol_version), or a version that the client did not offer. Likely: TLS 1.0 or 1.1 was chosen and the client refused what it needs; or the server spoke only higher versions with others in this capture.',
  rulesOut: 'A handshake that goes on.',
  cannotSee: 'Servers that close without an alert: see tls-handshake-refused.',
  settledBy: [beforeClick, onServer],
  remedy: [
    'Windows: HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\{Client,Server}: Enabled=1, DisabledByDefault=0; then restart.',
    'Old clients (Windows 7, 2008 R2) need KB3080079 and the settings above for TLS 1.2 with RDP; better replace them.',
    'Servers and proxies: allow at least TLS 1.2 (nginx ssl_protocols TLSv1.2 TLSv1.3; HAProxy ssl-min-ver TLSv1.2; xrdp ssl_protocols=TLSv1.2, TLSv1.3).',
  ],
  ask: ['server', 'client'],
  filter: 'tls.alert_message.desc == 70 || tls.handshake.type in {1, 2}',

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    if (picture.clientHello === null) return NO_HELLO
    const refusal = helloRefusalOf(attempt)
    if (refusal === null || refusal.kind !== 'version') return picture.serverFinished === null ? NO_SIGN : AGREED
    return found(attempt, picture, refusal)
  },
})

function found(attempt: Attempt, picture: Picture, refusal: HelloRefusal): Verdict {
  const { clientHello, serverHello } = picture
  const { by, why } = refusal
  const highest = tlsVersionName(highestOffered(picture))
  const evidence: Evidence[] = []
  if (clientHello !== null) evidence.push([clientHello, `The client offers TLS up to ${highest}.`])
  if (serverHello !== null)
    evidence.push([serverHello, `The server chooses ${tlsVersionName(serverHello.fact.version)}.`])
  const alert = by.how === 'alert' ? `alert ${by.code} (${alertName(by.code)})` : 'closing the connection'
  evidence.push([by, `The ${sideName(by.side)} refuses with ${alert}.`])
  const says = sentence(attempt, picture, refusal, highest, alert)
  return refusal.certain && why !== 'history' ? confirmed(says, ...evidence) : likely(says, TO_SETTLE, ...evidence)
}

function sentence(
  attempt: Attempt,
  { serverHello }: Picture,
  { by, why }: HelloRefusal,
  highest: string,
  alert: string,
): string {
  const chosen = serverHello === null ? '' : tlsVersionName(serverHello.fact.version)
  if (why === 'not-offered') return `The server chose ${chosen}, which the client did not offer, and the client left.`
  if (why === 'history') {
    const others = attempt.history.versions.map(tlsVersionName).join(', ')
    return `The client offers TLS up to ${highest}, while the server spoke only ${others} with others in this capture; it ended this one without an alert.`
  }
  if (why === 'old-version' && chosen !== '') {
    return `The server chose ${chosen}; the client offered it, but refused with ${alert}, as a client does whose policy forbids what ${chosen} needs.`
  }
  if (why === 'old-version') return `The client offers nothing above ${highest}, and the server refused with ${alert}.`
  return `The ${sideName(by.side)} refused the TLS version with ${alert}; the client offers TLS up to ${highest}${chosen === '' ? '' : `, the server chose ${chosen}`}.`
}
