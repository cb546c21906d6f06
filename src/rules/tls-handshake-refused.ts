/** The server ends the connection at the ClientHello and does not say why. Causes 2, 3 and 18; RFC 8446 6.2. */
import { alertName } from '../codes/tls-alerts.ts'
import { tlsVersionName } from '../codes/tls-names.ts'
import { SERVER } from '../wire/dissector.ts'
import { duration } from './figures.ts'
import { helloRefusalOf, highestOffered } from './hello-refusal.ts'
import { pictureOf } from './picture.ts'
import { onBothEnds, onServer } from './recordings.ts'
import { foreignResetOf } from './resets.ts'
import { confirmed, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'

const NO_HELLO = notVisible(
  'This capture holds no TLS ClientHello.',
  'Capture on the client from before the click on Connect.',
)
const ANSWERED = ruledOut('The server answered the ClientHello.')
const NOT_REFUSED = resting(['silence'], ruledOut('The server did not end the connection at the ClientHello.'))
const OTHER_REASON = ruledOut('The refusal names its reason: see the rules about TLS versions and cipher suites.')
const FOREIGN = ruledOut('The reset was most likely not sent by the server: see middlebox-reset.')
const TO_SETTLE = 'On the server: Schannel events 36870, 36871, 36874 and 36887 at that second.'

export const tlsHandshakeRefused = rule({
  id: 'tls-handshake-refused',
  severity: 'error',
  title: 'The server refused the TLS handshake without a reason',
  short: 'hello refused',
  causes: [2, 3, 18],
  looksAt: 'What the server does about the ClientHello: ServerHello, alert, FIN or reset.',
  confirms: 'FIN, reset or an alert without a telling code in answer to the ClientHello.',
  rulesOut: 'A ServerHello, or an alert that names version or cipher.',
  cannotSee:
    'The reason: an unreadable key, a protocol switched off and a filter on the server name look the same from outside. Schannel events of the server tell.',
  settledBy: [onServer, onBothEnds],
  remedy: [
    'On the server: Get-WinEvent -LogName System | where ProviderName -eq Schannel. 36870 = the private key can not be read, 36871 = no credential (protocols switched off), 36874 = no common cipher suite.',
    'Which versions are on? reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols /s; nmap --script ssl-enum-ciphers -p <port> <server>.',
    'Compare with another server name or without one (openssl s_client -connect <server>:<port> -noservername): a filter on SNI answers differently.',
  ],
  ask: ['server', 'security'],
  filter: 'tls.handshake.type == 1 || (tls.alert_message && !tls.handshake.type == 2) || tcp.flags.reset == 1',
  restsOn: ['absence'],

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    const { clientHello, serverHello } = picture
    if (clientHello === null) return NO_HELLO
    const refusal = helloRefusalOf(attempt)
    if (refusal === null) {
      if (serverHello !== null) return ANSWERED
      return foreignResetOf(attempt) === null ? NOT_REFUSED : FOREIGN
    }
    if (refusal.by.side !== SERVER) return serverHello === null ? NOT_REFUSED : ANSWERED
    if (refusal.kind !== 'other') return OTHER_REASON
    const { by } = refusal
    const how =
      by.how === 'rst'
        ? 'reset the connection'
        : by.how === 'alert'
          ? `sent alert ${by.code} (${alertName(by.code)})`
          : 'closed the connection'
    const behind =
      serverHello === null
        ? 'the TLS ClientHello, without a ServerHello'
        : 'its own ServerHello, before the handshake was done'
    const says = `The server ${how} ${duration(by.timeNs - (serverHello ?? clientHello).timeNs)} after ${behind}.`
    const evidence = [
      [clientHello, `The client offers TLS up to ${tlsVersionName(highestOffered(picture))}.`],
      [by, `The server ${how}.`],
    ] as const
    const verdict = refusal.certain ? confirmed(says, ...evidence) : likely(says, TO_SETTLE, ...evidence)
    return by.how === 'alert' ? resting([], verdict) : verdict
  },
})
