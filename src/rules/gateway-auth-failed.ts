/** The gateway refused the credentials after a full round. Cause 14; MS-TSGU 3.3.5.1, RFC 4559. */
import { gatewayAuthLoop, isRefusedRound } from './gateway-auth-loop.ts'
import { exchangesOf } from './gateway-exchanges.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { behindReverseProxy, onDomainController, onGateway, withFreerdpKeys, withServerKey } from './recordings.ts'
import { confirmed, likely, rule, ruledOut, type Verdict } from './rule.ts'

const UNAUTHORIZED = 401

const WORKED = ruledOut('The authentication worked.')
const LOOP = ruledOut('The rounds were torn apart on the way: see gateway-auth-loop.')
const NO_REFUSAL = ruledOut('No complete round of authentication was refused.')
const TO_SETTLE =
  'Event 4625 on the gateway, and events 200 to 304 of TerminalServices-Gateway; the client log tells which scheme it wanted.'

export const gatewayAuthFailed = rule({
  id: 'gateway-auth-failed',
  severity: 'error',
  title: 'The gateway refused the credentials',
  short: 'credentials refused',
  causes: [14],
  looksAt: '401 answers of the gateway, the messages of the round before them, and what the client does next.',
  confirms:
    '401 in answer to the last message of an NTLM round on one connection. Likely: 401 to a token that can not be read, or schemes of which the client uses none.',
  rulesOut: 'A 200 or 101 behind the round. First 401 answers with a challenge are normal.',
  cannotSee: 'Why: wrong password, locked account, policy. The security log of the gateway tells (4625).',
  settledBy: [behindReverseProxy, onGateway, onDomainController, withFreerdpKeys, withServerKey],
  remedy: [
    'Event 4625 on the gateway: sub status names the reason. Write the user as DOMAIN\\user.',
    'Protected Users may not use NTLM: such accounts need Kerberos (KDC proxy) or a smart card.',
    'IIS: /remoteDesktopGateway needs Windows authentication with Negotiate and NTLM, and extended protection that fits the proxy.',
  ],
  filter: 'http.response.code == 401 || http.authorization',

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    if (attempt.outcome === 'established') return WORKED
    const { verdict } = gatewayAuthLoop.assess(attempt)
    if (verdict === 'confirmed' || verdict === 'likely') return LOOP
    const refused = exchanges.findLast(isRefusedRound)
    if (refused?.response) {
      const { phrase } = refused.response.fact
      const answer = phrase === '' ? '401' : `401 ${phrase}`
      const says = `The gateway refused the credentials: a complete round of authentication was answered with ${answer}.`
      const evidence = [
        [refused.request, 'The client sends the last message of the round.'],
        [refused.response, `The gateway answers ${answer}.`],
      ] as const
      return refused.sent === 'authenticate' ? confirmed(says, ...evidence) : likely(says, TO_SETTLE, ...evidence)
    }
    const last = exchanges.at(-1)
    if (last?.response?.fact.status !== UNAUTHORIZED || last.answered !== 'none') return NO_REFUSAL
    const schemes = last.response.fact.headers
      .filter(([name]) => name === 'www-authenticate')
      .map(([, value]) => value.split(' ')[0])
    return likely(
      `The gateway answered 401, offers ${schemes.join(', ') || 'no scheme'}, and the client did not go on.`,
      TO_SETTLE,
      [last.request, 'The client asks for a channel.'],
      [last.response, 'The gateway answers 401.'],
    )
  },
})
