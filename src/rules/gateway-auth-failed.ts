/** The gateway refused the credentials after a full round. Cause 14; MS-TSGU 3.3.5.1, RFC 4559. */
import type { Attempt } from '../attempt/attempt.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { SERVER } from '../wire/dissector.ts'
import { logonCodeWords } from './code-words.ts'
import { gatewayAuthLoop, isRefusedRound } from './gateway-auth-loop.ts'
import { type Exchange, exchangesOf } from './gateway-exchanges.ts'
import { gatewayTalkOf, isOfExtendedAuth, resultText } from './gateway-refusal.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { behindReverseProxy, onDomainController, onGateway, withFreerdpKeys, withServerKey } from './recordings.ts'
import { confirmed, likely, resting, rule, ruledOut, type Verdict } from './rule.ts'

const UNAUTHORIZED = 401

const WORKED = ruledOut('The authentication worked.')
const LOOP = ruledOut('The rounds were torn apart on the way: see gateway-auth-loop.')
const NO_REFUSAL = resting(['absence'], ruledOut('No complete round of authentication was refused.'))
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
    '401 in answer to the last message of an NTLM round on one connection, or an error in the NTLM round of the gateway packets. Likely: 401 to a token that can not be read, or schemes of which the client uses none.',
  rulesOut: 'A 200 or 101 behind the round. First 401 answers with a challenge are normal.',
  cannotSee: 'Why: wrong password, locked account, policy. The security log of the gateway tells (4625).',
  settledBy: [behindReverseProxy, onGateway, onDomainController, withFreerdpKeys, withServerKey],
  remedy: [
    'Event 4625 on the gateway: sub status names the reason. Write the user as DOMAIN\\user.',
    'Protected Users may not use NTLM: such accounts need Kerberos (KDC proxy) or a smart card.',
    'IIS: /remoteDesktopGateway needs Windows authentication with Negotiate and NTLM, and extended protection that fits the proxy.',
  ],
  ask: ['gateway', 'directory'],
  filter: 'http.response.code == 401 || http.authorization',

  assess(attempt): Verdict {
    const exchanges = exchangesOf(attempt)
    if (exchanges.length === 0) return attempt.transport === 'gateway-tls' ? ENCRYPTED_GATEWAY : NOT_A_GATEWAY
    if (attempt.outcome === 'established') return WORKED
    const { verdict } = gatewayAuthLoop.assess(attempt)
    if (verdict === 'confirmed' || verdict === 'likely') return LOOP
    const inBand = refusedInBand(attempt)
    if (inBand !== null) return inBand
    const refused = exchanges.findLast(isRefusedRound)
    if (refused?.response) {
      const { phrase } = refused.response.fact
      const answer = phrase === '' ? '401' : `401 ${phrase}`
      const ntlm = ntlmOf(attempt, refused)
      const user = ntlm === undefined || ntlm.fact.user === '' ? '' : ` of ${nameOf(ntlm)}`
      const why = /account restricted/i.test(phrase) ? RESTRICTED : ''
      const says = `The gateway refused the credentials${user}: a complete round of authentication was answered with ${answer}.${why}`
      const evidence = [
        [refused.request, `The client sends the last message of the round${boundWords(ntlm)}.`],
        [refused.response, `The gateway answers ${answer}.`],
      ] as const
      return refused.sent === 'authenticate' ? confirmed(says, ...evidence) : likely(says, TO_SETTLE, ...evidence)
    }
    const last = exchanges.at(-1)
    if (last?.response?.fact.status !== UNAUTHORIZED || last.answered !== 'none') return NO_REFUSAL
    // Of a head that was cut the schemes may be missing, and the round with them.
    if (last.conversation.cutPackets > 0) return NO_REFUSAL
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

const RESTRICTED = ' So Windows answers members of Protected Users who come with NTLM.'
/** Errors of security packages: 0x8009xxxx. */
const SECURITY_FACILITY = 0x8009

/** NTLM inside the gateway's own packets (extended authentication). */
function refusedInBand(attempt: Attempt): Verdict | null {
  const { refusal } = gatewayTalkOf(attempt)
  if (refusal === null) return null
  if (!isOfExtendedAuth(refusal) && refusal.result >>> 16 !== SECURITY_FACILITY) return null
  const text = refusal.result >>> 16 === SECURITY_FACILITY ? logonCodeWords(refusal.result) : resultText(refusal)
  return confirmed(`The gateway refused the credentials in its packets: ${text}.`, [
    refusal.event,
    `The gateway answers ${refusal.name} with ${text}.`,
  ])
}

/** The NTLM message that travelled in the request of this round. */
function ntlmOf(attempt: Attempt, { request }: Exchange): Event<FactOf<'ntlm-authenticate'>> | undefined {
  return attempt
    .all('ntlm-authenticate')
    .find(
      ({ conversation, packet, direction }) =>
        conversation === request.conversation && packet === request.packet && direction !== SERVER,
    )
}

function nameOf({ fact }: Event<FactOf<'ntlm-authenticate'>>): string {
  return fact.domain === '' ? fact.user : `${fact.domain}\\${fact.user}`
}

function boundWords(ntlm: Event<FactOf<'ntlm-authenticate'>> | undefined): string {
  if (ntlm === undefined || ntlm.fact.hasChannelBindings) return ''
  return ', without channel bindings, which extended protection of IIS demands'
}
