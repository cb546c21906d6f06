/** The session works, on a TLS version that is deprecated. Cause 3; RFC 8996. */
import { TLS_1_1, tlsVersionName } from '../codes/tls-names.ts'
import { pictureOf } from './picture.ts'
import { beforeClick } from './recordings.ts'
import { confirmed, notVisible, rule, ruledOut, type Verdict } from './rule.ts'

const NO_HELLO = notVisible(
  'This capture holds no ServerHello of a handshake that was done.',
  'Capture a whole attempt, from the click on Connect.',
)
const MODERN = ruledOut('The server chose TLS 1.2 or later.')

export const tlsVersionDeprecated = rule({
  id: 'tls-version-deprecated',
  severity: 'info',
  title: 'The connection uses TLS 1.0 or 1.1',
  short: 'old TLS version',
  causes: [3],
  looksAt: 'The version in the ServerHello of a handshake that came to its end.',
  confirms: 'TLS 1.1 or lower.',
  rulesOut: 'TLS 1.2 or later.',
  cannotSee: 'Handshakes from before the capture.',
  settledBy: [beforeClick],
  remedy: [
    'Enable TLS 1.2 on the server before policies or updates switch the old versions off: RFC 8996 deprecates them.',
  ],
  ask: ['server'],
  filter: 'tls.handshake.type == 2 && tls.handshake.version < 0x0303',

  assess(attempt): Verdict {
    const { serverHello, clientApplication } = pictureOf(attempt)
    if (serverHello === null || clientApplication === null) return NO_HELLO
    const { version } = serverHello.fact
    if (version > TLS_1_1) return MODERN
    return confirmed(
      `The connection uses ${tlsVersionName(version)}, which is deprecated and will stop to work when either side turns it off.`,
      [serverHello, `The server chooses ${tlsVersionName(version)}.`],
    )
  },
})
