/** The server takes no NTLM, and the client used it. Cause 8; MS-CSSP 2.2.1 (errorCode), MS-NLMP 2.2.2.1 (MsvAvTargetName). */
import type { Attempt } from '../attempt/attempt.ts'
import { logonCodeWords } from './code-words.ts'
import { credSspRefusalOf } from './credssp-refusal.ts'
import { kerberosRefusalsOf } from './kerberos.ts'
import { isPastLogon, type Logon, logonOf, userOf } from './logon.ts'
import { pictureOf } from './picture.ts'
import { onDomainController, withFreerdpKeys, withServerKey } from './recordings.ts'
import {
  at,
  confirmed,
  type Evidence,
  likely,
  notVisible,
  possible,
  resting,
  rule,
  ruledOut,
  type Verdict,
} from './rule.ts'
import { refusedLogonOf, usesNla } from './sealed-exchange.ts'

/** What Windows answers where an account may log on, but not so: NTLM for a member of Protected Users, among others. */
const STATUS_ACCOUNT_RESTRICTION = 0xc000006e

const NO_NLA = resting(['absence'], ruledOut('No logon by CredSSP (NLA) took place.'))
const WORKED = ruledOut('The session was established.')
const KERBEROS = ruledOut('The client logged on with a Kerberos ticket, not with NTLM.')
const OTHER_REASON = resting(['absence'], ruledOut('The server did not refuse NTLM.'))
const UNREAD = notVisible(
  'The logon is encrypted: neither NTLM nor the answer of the server can be read.',
  'Capture with TLS keys; or look at the event log Microsoft-Windows-NTLM/Operational on the server (events 4002 and 8004: NTLM blocked).',
)
const SETTLE_REASON =
  'On the server: Microsoft-Windows-NTLM/Operational (4002, 8004) and security event 4625; a test by the full name of the server (klist get TERMSRV/<fqdn> on the client) shows whether Kerberos would work.'
const SETTLE_RESTRICTION =
  'Is the user a member of Protected Users, or under an authentication policy (Get-ADUser <user> -Properties memberof, msDS-AssignedAuthNPolicy)? A blank password and restricted workstations give the same code.'

export const nlaNtlmRefused = rule({
  id: 'nla-ntlm-refused',
  severity: 'error',
  title: 'The client used NTLM, and the server refuses NTLM',
  short: 'NTLM refused',
  causes: [8],
  looksAt:
    'The messages of NTLM and Kerberos inside CredSSP, the name that the client dialled, and the error code of the server.',
  confirms:
    'The codes STATUS_NTLM_BLOCKED, or SEC_E_UNSUPPORTED_FUNCTION in answer to the last NTLM message. Likely: where the message itself is not readable, or the account is restricted. Possible: without keys, a refused logon to a dialled IP address.',
  rulesOut: 'A Kerberos ticket in the logon, an accepted logon, or another error code.',
  cannotSee: 'NTLM and codes inside TLS without keys. The event log Microsoft-Windows-NTLM/Operational tells.',
  settledBy: [withFreerdpKeys, withServerKey, onDomainController],
  remedy: [
    'Dial the full name of the server, never its address: Kerberos needs the name TERMSRV/<fqdn> (setspn -L <server> lists it).',
    'Let the client reach a domain controller: port 88, or a KDC proxy (kdcproxyname:s:<gateway> in the .rdp file).',
    'Where NTLM must be: security policy "Network security: Restrict NTLM: Incoming NTLM traffic" (RestrictReceivingNTLMTraffic under HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\MSV1_0), with exceptions for servers.',
  ],
  ask: ['directory', 'server'],
  filter: 'credssp.errorCode || ntlmssp || kerberos.error_code == 7',

  assess(attempt): Verdict {
    const logon = logonOf(attempt)
    const picture = pictureOf(attempt)
    if (!logon.isRead && !usesNla(picture)) return NO_NLA
    if (attempt.outcome === 'established') return WORKED
    if (logon.ticket !== null) return KERBEROS
    const refusal = credSspRefusalOf(attempt)
    if (refusal === null) return logon.isRead || isPastLogon(attempt) ? OTHER_REASON : sealed(attempt)
    if (refusal.kind === 'logon' && logon.usesNtlm && refusal.error.fact.errorCode === STATUS_ACCOUNT_RESTRICTION) {
      return at(
        'warning',
        likely(
          `The account may not log on with NTLM, as members of Protected Users may not: the server refused with ${logonCodeWords(STATUS_ACCOUNT_RESTRICTION)}.${whyNtlm(attempt, logon)}`,
          SETTLE_RESTRICTION,
          ...evidenceOf(attempt, logon),
          [refusal.error, `The server answers with ${logonCodeWords(STATUS_ACCOUNT_RESTRICTION)}.`],
        ),
      )
    }
    if (refusal.kind !== 'ntlm') return OTHER_REASON
    const code = logonCodeWords(refusal.error.fact.errorCode)
    const says = `The server refuses NTLM (${code}), and the client used it.${whyNtlm(attempt, logon)}`
    const evidence = evidenceOf(attempt, logon)
    evidence.push([refusal.error, `The server answers with ${code}.`])
    return refusal.sure ? confirmed(says, ...evidence) : likely(says, SETTLE_REASON, ...evidence)
  },
})

/** An IPv4 or IPv6 address in the place of a name. */
function isAddress(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.includes(':')
}

/** The address that the client dialled; '' when it dialled a name, or nobody tells. */
function dialledAddress(attempt: Attempt, { authenticate }: Logon): string {
  const target = authenticate?.fact.targetName.replace(/^[^/]*\//, '') ?? ''
  if (target !== '') return isAddress(target) ? target : ''
  const sni = pictureOf(attempt).clientHello?.fact.serverName ?? ''
  return isAddress(sni) ? sni : ''
}

function whyNtlm(attempt: Attempt, logon: Logon): string {
  const address = dialledAddress(attempt, logon)
  if (address !== '') return ` It dialled the address ${address}: Kerberos needs a name.`
  const unknown = unknownService(attempt)
  if (unknown !== undefined)
    return ` Kerberos does not know the service ${unknown.service || 'that the client dialled'}.`
  return ''
}

function unknownService(attempt: Attempt) {
  return kerberosRefusalsOf(attempt).find(({ matter }) => matter === 'service')
}

function evidenceOf(attempt: Attempt, logon: Logon): Evidence[] {
  const evidence: Evidence[] = []
  const unknown = unknownService(attempt)
  if (unknown !== undefined) {
    evidence.push([
      unknown.event,
      `Kerberos error ${unknown.event.fact.code}: no ticket for ${unknown.service || 'the service'}.`,
    ])
  }
  const { authenticate } = logon
  if (authenticate !== null) {
    const user = userOf(logon)
    const target = authenticate.fact.targetName
    evidence.push([
      authenticate,
      `The client logs on with NTLM${user === '' ? '' : ` as ${user}`}${target === '' ? '' : `, for ${target}`}.`,
    ])
  }
  return evidence
}

/** Without keys: who dials an address can only use NTLM; whether that or the password was refused is encrypted. */
function sealed(attempt: Attempt): Verdict {
  const end = refusedLogonOf(attempt)
  const { clientHello } = pictureOf(attempt)
  const address = clientHello?.fact.serverName ?? ''
  if (end === null || clientHello === null || !isAddress(address)) return UNREAD
  return at(
    'warning',
    possible(
      `The client dialled the address ${address}, which leaves it only NTLM, and the server refused the logon: it may refuse NTLM as such, or these credentials.`,
      SETTLE_REASON,
      [clientHello, `The client asks for ${address}, not for a name.`],
      [end.answer, 'The server refuses the logon, as far as the sizes of records tell.'],
    ),
  )
}
