/** CredSSP ended in a refusal. Cause 6; MS-CSSP 2.2.1 (errorCode), 3.1.5. Without keys this is inference from record sizes. */
import { ntStatuses } from '../codes/ntstatus.ts'
import { sspiResults } from '../codes/sspi.ts'
import { meaningOf, symbolOf, written } from '../codes/table.ts'
import { duration } from './figures.ts'
import { pictureOf } from './picture.ts'
import { onDomainController, withFreerdpKeys, withServerKey } from './recordings.ts'
import { confirmed, likely, notVisible, rule, ruledOut, type Verdict } from './rule.ts'
import { type LogonEnd, refusedLogonOf, usesNla } from './sealed-exchange.ts'

const NO_NLA = ruledOut('The server did not select NLA.')
const NO_NEGOTIATION = notVisible(
  'This capture holds no negotiation in clear.',
  'Capture on the client from before the click on Connect.',
)
const WORKED = ruledOut('The session was established: the logon worked.')
const UNCLEAR = notVisible(
  'The logon is encrypted, and its record sizes do not tell how it ended.',
  'Event 4625 in the security log of the server (status and sub status), or a capture with TLS keys.',
)
const TO_SETTLE =
  'Event 4625 in the security log of the server names the reason (wrong password, locked, expired, no right to log on), as would a capture with TLS keys. A server that fails for another reason at this moment looks the same.'

const ANSWERS: Readonly<Record<LogonEnd['how'], string>> = {
  error: 'a record of the size of a CredSSP error',
  either: 'a record of the size of a CredSSP error, or of a refused authorization,',
  alert: 'an alert and the end of the connection',
}

/** `STATUS_LOGON_FAILURE (0xC000006D): bad user name or password`. Windows puts results of both kinds there. */
function logonError(code: number): string {
  const table = ntStatuses.byValue.has(code) ? ntStatuses : sspiResults
  const meaning = meaningOf(table, code)
  const number = written(table, code)
  return meaning === '' ? `error ${number}` : `${symbolOf(table, code)} (${number}): ${meaning}`
}

export const nlaLogonFailed = rule({
  id: 'nla-logon-failed',
  severity: 'error',
  title: 'The server refused the logon (NLA)',
  short: 'logon refused',
  causes: [6],
  looksAt:
    'Sizes, directions and order of the first encrypted records behind the TLS handshake, where NLA was selected.',
  confirms:
    "A TSRequest with an error code, which only TLS keys show. Likely: the client's last logon message is answered with a record of the size of a CredSSP error, or with an alert, and the connection ends.",
  rulesOut: 'An established session, or a server that did not select NLA.',
  cannotSee:
    'The reason, and logons of other sizes (Kerberos, smart cards). The security log of the server (4625, 4771, 4776) tells.',
  settledBy: [withFreerdpKeys, withServerKey, onDomainController],
  remedy: [
    'Event 4625 on the server: sub status 0xC000006A wrong password, 0xC0000234 locked out, 0xC0000071 password expired, 0xC000015B no right to log on this way.',
    'Is the user in Remote Desktop Users, and may log on through Remote Desktop Services (secpol.msc, user rights)?',
    'Write the user as DOMAIN\\user or user@domain; for local accounts SERVER\\user.',
  ],
  filter: 'tls.record.content_type == 23 && tls.record.length < 60',

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    if (picture.confirm === null) return NO_NEGOTIATION
    if (!usesNla(picture)) return NO_NLA
    if (attempt.outcome === 'established') return WORKED
    const error = attempt.findLast('credssp', fact => fact.errorCode !== 0)
    if (error !== undefined) {
      const code = logonError(error.fact.errorCode)
      return confirmed(`The server refused the logon with ${code}.`, [error, `The server answers with ${code}.`])
    }
    const end = refusedLogonOf(attempt)
    if (end === null) return UNCLEAR
    const what = ANSWERS[end.how]
    return likely(
      `The server answered the client's last logon message with ${what}: it most likely refused the credentials or the account.`,
      TO_SETTLE,
      [end.authenticate, `The client sends its last logon message (${end.authenticate.length} bytes encrypted).`],
      [end.answer, `The server answers ${duration(end.answer.timeNs - end.authenticate.timeNs)} later with ${what}.`],
    )
  },
})
