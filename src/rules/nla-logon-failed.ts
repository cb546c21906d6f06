/**
 * The logon by CredSSP was refused. Cause 6; MS-CSSP 2.2.1 (errorCode), 3.1.5, RFC 4120 7.5.9, RFC 4178 4.2.2. Without keys
 * this is inference from record sizes, but for what Kerberos says in clear.
 */
import type { Attempt } from '../attempt/attempt.ts'
import { kerberosErrors } from '../codes/kerberos.ts'
import { alertName } from '../codes/tls-alerts.ts'
import { CLIENT } from '../wire/dissector.ts'
import { codeWords, logonCodeWords } from './code-words.ts'
import { credSspRefusalOf } from './credssp-refusal.ts'
import { duration } from './figures.ts'
import { type KerberosRefusal, kerberosRefusalsOf } from './kerberos.ts'
import { isPastLogon, type Logon, logonOf, userOf } from './logon.ts'
import { pictureOf } from './picture.ts'
import { onDomainController, withFreerdpKeys, withServerKey } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { type LogonEnd, refusedLogonOf, usesNla } from './sealed-exchange.ts'

const NO_NLA = ruledOut('The server did not select NLA.')
const NO_NEGOTIATION = notVisible(
  'This capture holds no negotiation in clear.',
  'Capture on the client from before the click on Connect.',
)
const WORKED = ruledOut('The session was established: the logon worked.')
const ACCEPTED = ruledOut('The server accepted the logon by CredSSP; what failed came behind it.')
const OTHER_RULE = ruledOut('The server refused the logon for a reason that has a rule of its own.')
const UNCLEAR = notVisible(
  'The logon is encrypted, and its record sizes do not tell how it ended.',
  'Event 4625 in the security log of the server (status and sub status), or a capture with TLS keys.',
)
const TO_SETTLE =
  'Event 4625 in the security log of the server names the reason (wrong password, locked, expired, no right to log on), as would a capture with TLS keys. A server that fails for another reason at this moment looks the same.'
const SETTLE_SILENT =
  'Event 4625 in the security log of the server names the reason. A server that fails at this moment ends the connection just so.'
const SETTLE_USER =
  'Was it this user? The capture does not tie the Kerberos logon to the connection: another program on the client may have logged on. Events 4768 and 4771 on the domain controller name client and user.'

const ANSWERS: Readonly<Record<LogonEnd['how'], string>> = {
  error: 'a record of the size of a CredSSP error',
  either: 'a record of the size of a CredSSP error, or of a refused authorization,',
  alert: 'an alert and the end of the connection',
}

export const nlaLogonFailed = rule({
  id: 'nla-logon-failed',
  severity: 'error',
  title: 'The server refused the logon (NLA)',
  short: 'logon refused',
  steps: ['nla'],
  causes: [6],
  looksAt:
    'Error codes of CredSSP and answers of SPNEGO behind TLS, errors of Kerberos beside the attempt, and without keys sizes, directions and order of the first encrypted records.',
  confirms:
    "A TSRequest with an error code, a rejecting SPNEGO answer, or a Kerberos error about this user's logon. Likely: the client's last logon message is answered with the end of the connection, or with a record of the size of a CredSSP error.",
  rulesOut:
    'An established session, an accepted logon, a server that did not select NLA, or a refusal that another rule names.',
  cannotSee:
    'The reason inside TLS without keys, and then logons of other sizes (Kerberos, smart cards). The security log of the server (4625, 4771, 4776) tells.',
  settledBy: [withFreerdpKeys, withServerKey, onDomainController],
  remedy: [
    'Event 4625 on the server: sub status 0xC000006A wrong password, 0xC0000234 locked out, 0xC0000071 password expired, 0xC000015B no right to log on this way.',
    'Is the user in Remote Desktop Users, and may log on through Remote Desktop Services (secpol.msc, user rights)?',
    'Write the user as DOMAIN\\user or user@domain; for local accounts SERVER\\user.',
  ],
  ask: ['directory', 'server'],
  filter: 'credssp.errorCode || kerberos.error_code || (tls.record.content_type == 23 && tls.record.length < 60)',

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    const logon = logonOf(attempt)
    if (picture.confirm === null && !logon.isRead) return NO_NEGOTIATION
    if (!logon.isRead && !usesNla(picture)) return NO_NLA
    if (attempt.outcome === 'established') return WORKED
    const refusal = credSspRefusalOf(attempt)
    if (refusal?.kind === 'logon') return byCode(attempt, logon, refusal.error)
    if (refusal !== null && refusal.kind !== 'silence') return OTHER_RULE
    if (logon.reject !== null) return byReject(attempt, logon, logon.reject)
    if (logon.accepted !== null || isPastLogon(attempt)) return ACCEPTED
    return byKerberos(attempt) ?? bySilence(attempt, logon) ?? bySizes(attempt)
  },
})

function byCode(attempt: Attempt, logon: Logon, error: NonNullable<Logon['error']>): Verdict {
  const code = logonCodeWords(error.fact.errorCode)
  return confirmed(`The server refused the logon${ofUser(logon)} with ${code}.`, ...asked(attempt, logon), [
    error,
    `The server answers with ${code}.`,
  ])
}

function byReject(attempt: Attempt, logon: Logon, reject: NonNullable<Logon['reject']>): Verdict {
  return confirmed(`The server rejected the logon${ofUser(logon)} without a code.`, ...asked(attempt, logon), [
    reject,
    'The server answers with negState "reject" (SPNEGO).',
  ])
}

/** Said by the KDC, readable by anybody, or by the server itself inside SPNEGO. */
function byKerberos(attempt: Attempt): Verdict | null {
  const { clientHello, clientFinished } = pictureOf(attempt)
  // Where TLS itself failed, the logon was not what ended the attempt.
  if (clientHello !== null && clientFinished === null) return null
  const refusals = kerberosRefusalsOf(attempt).filter(one => one.matter === 'logon' && one.belongs !== 'other')
  const refusal = refusals.findLast(one => one.belongs !== 'unknown') ?? refusals.at(-1)
  if (refusal === undefined) return null
  const what = kerberosWords(refusal)
  const user = refusal.user === '' ? '' : ` of ${refusal.user}`
  const says =
    refusal.belongs === 'certain'
      ? `The server refused the logon${user}: ${what}.`
      : `The domain controller refused the logon${user}: ${what}.`
  const evidence: Evidence[] = [[refusal.event, `Kerberos error ${refusal.event.fact.code}: ${what}.`]]
  const { leaving } = pictureOf(attempt)
  if (leaving !== null && leaving.packet > refusal.event.packet) {
    evidence.push([leaving, `The ${leaving.side === CLIENT ? 'client' : 'server'} ends the connection behind it.`])
  }
  return refusal.belongs === 'unknown' ? likely(says, SETTLE_USER, ...evidence) : confirmed(says, ...evidence)
}

/** `KDC_ERR_PREAUTH_FAILED (24): wrong password`; with the NTSTATUS that Windows adds, which is more exact. */
function kerberosWords({ event }: KerberosRefusal): string {
  const { code, status } = event.fact
  const words = codeWords(kerberosErrors, code)
  return status === 0 ? words : `${words}; ${logonCodeWords(status)}`
}

/** TLS was decrypted: behind the client's proof came no answer, but the end of the connection. */
function bySilence(attempt: Attempt, logon: Logon): Verdict | null {
  const refusal = credSspRefusalOf(attempt)
  if (refusal?.kind !== 'silence') return null
  const { proof, left } = refusal
  return resting(
    ['absence'],
    likely(
      `The server ended the connection ${duration(left.timeNs - proof.timeNs)} after the last logon message${ofUser(logon)}, without an error code: it most likely refused the credentials or the account.`,
      SETTLE_SILENT,
      ...asked(attempt, logon),
      [left, `The server ends the connection${alertWords(attempt)} instead of an answer.`],
    ),
  )
}

function bySizes(attempt: Attempt): Verdict {
  const end = refusedLogonOf(attempt)
  if (end === null) return UNCLEAR
  const what = ANSWERS[end.how]
  return likely(
    `The server answered the client's last logon message with ${what}: it most likely refused the credentials or the account.`,
    TO_SETTLE,
    [end.authenticate, `The client sends its last logon message (${end.authenticate.length} bytes encrypted).`],
    [end.answer, `The server answers ${duration(end.answer.timeNs - end.authenticate.timeNs)} later with ${what}.`],
  )
}

/** A server whose client speaks version 2 has no other way to say what is wrong (MS-RDPBCGR 5.4.5.2.2). */
function alertWords(attempt: Attempt): string {
  const { leaving } = pictureOf(attempt)
  return leaving?.how === 'alert' ? ` with alert ${leaving.code} (${alertName(leaving.code)})` : ''
}

function ofUser(logon: Logon): string {
  const user = userOf(logon)
  return user === '' ? '' : ` of ${user}`
}

/** What the client had sent. */
function asked(attempt: Attempt, { authenticate, ticket }: Logon): Evidence[] {
  const evidence: Evidence[] = []
  const { clientHello } = pictureOf(attempt)
  const target = authenticate?.fact.targetName ?? ''
  if (authenticate !== null) {
    evidence.push([authenticate, `The client logs on with NTLM${target === '' ? '' : `, for ${target}`}.`])
  } else if (ticket !== null) {
    const service = ticket.fact.service
    evidence.push([ticket, `The client logs on with a Kerberos ticket${service === '' ? '' : ` for ${service}`}.`])
  } else if (clientHello !== null) evidence.push([clientHello, 'The client begins TLS, inside which it logs on.'])
  return evidence
}
