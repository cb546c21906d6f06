/**
 * The server turned the user or the connection away behind the logon. Cause 27; MS-RDPBCGR 2.2.5.1.1 (Set Error Info), 2.2.10.2
 * (early user authorization), 2.2.10.1.1.4 (logon errors), 2.2.17.4 (RDSTLS), 2.2.18.3 (Entra ID).
 * ERRINFO 7 is claimed only where the PDU itself was read: the 0x7 in a dialog is the client's own.
 */
import type { Attempt } from '../attempt/attempt.ts'
import { ntStatuses } from '../codes/ntstatus.ts'
import { codeWords } from './code-words.ts'
import { sealedDenialOf } from './farewell.ts'
import { pictureOf } from './picture.ts'
import { withFreerdpKeys, withServerKey, withXrdpKeys } from './recordings.ts'
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
import { failureOf, type ServerWord, sessionTalkOf } from './server-word.ts'

const LOGON_MSG_DISCONNECT_REFUSED = 0xfffffff9
const LOGON_MSG_NO_PERMISSION = 0xfffffffa
/** Who is turned away, and for what: the other kinds have rules of their own. */
const OWN_KINDS: ReadonlySet<ServerWord['kind']> = new Set(['denied', 'ended', 'shutdown', 'broker', 'unknown'])

const WORKED = ruledOut('The session was established, and the server turned nobody away.')
const NOT_SO_FAR = resting(['absence'], ruledOut('The attempt did not come as far as an answer about the user.'))
const NO_REFUSAL = resting(
  ['absence'],
  ruledOut('The server sent no error info and no refusal in the session that can be read.'),
)
const OTHER_RULE = ruledOut('The server named a reason that has a rule of its own.')
const UNREAD = notVisible(
  'What the server said behind the logon is encrypted. 0x7 in a dialog is the label of the client: it does not show that the server sent it.',
  'Capture with TLS keys; or look on the server at events 4625 (security), 1149 and 40 (TerminalServices) at that second.',
)
const TO_SETTLE =
  'Events 4625 in the security log and 40 of TerminalServices-LocalSessionManager on the server name the reason, as would a capture with TLS keys. A licensing error looks the same from outside (event 1128, lsdiag.msc).'

export const serverDenied = rule({
  id: 'server-denied',
  severity: 'error',
  title: 'The server turned the user or the connection away',
  short: 'turned away',
  causes: [27],
  looksAt:
    'Set Error Info, the early user authorization result, results of RDSTLS, Entra ID and MCS, and logon errors; without keys the sizes of the last records of the server.',
  confirms:
    'One of these with a refusal, read. Likely: without keys, a record of the size of the early result, or of Set Error Info and farewell, as the last words of the server before the session was active.',
  rulesOut: 'A session that can be read and in which the server refused nothing, or an attempt that ended before.',
  cannotSee: 'The words of the server inside TLS without keys. Its event logs tell.',
  settledBy: [withFreerdpKeys, withServerKey, withXrdpKeys],
  remedy: [
    'Is the user in Remote Desktop Users (net localgroup "Remote Desktop Users"), and does "Allow log on through Remote Desktop Services" hold and no "Deny log on" (secpol.msc, user rights)?',
    'Are logons switched off (change logon /query), or is the limit of sessions reached (query session; policy "Limit number of connections", fSingleSessionPerUser)?',
    'Broker (0x0000040x): is a session host of the collection on line and not in drain mode (Get-RDSessionHost -CollectionName <name>)?',
  ],
  ask: ['server', 'directory'],
  filter: 'rdp.pduType2 == 0x2f || credssp.errorCode || t124.result',

  assess(attempt): Verdict {
    const talk = sessionTalkOf(attempt)
    if (talk.refusal !== null) return refusedBy(talk.refusal)
    const failure = failureOf(talk)
    if (failure !== null) return OWN_KINDS.has(failure.kind) ? refusedBy(failure) : OTHER_RULE
    const notice = logonNotice(attempt) ?? reconnection(attempt)
    if (notice !== null) return notice
    if (talk.isRead) return attempt.outcome === 'established' ? WORKED : NO_REFUSAL
    if (attempt.outcome === 'established') return WORKED
    const sized = sealed(attempt)
    if (sized !== null) return resting(['absence'], sized)
    return pictureOf(attempt).clientApplication === null ? NOT_SO_FAR : UNREAD
  },
})

function refusedBy({ event, kind, words, code }: ServerWord): Verdict {
  const what = kind === 'authorization' ? 'the user' : 'the connection'
  return confirmed(`The server refused ${what}: ${code}.`, [event, `The server answers with ${words}.`])
}

/** Told in a running session, in the place of a desktop: the session of another user could not be taken over, among others. */
function logonNotice(attempt: Attempt): Verdict | null {
  const refused = attempt.find(
    'logon-error',
    ({ type }) => type === LOGON_MSG_NO_PERMISSION || type === LOGON_MSG_DISCONNECT_REFUSED,
  )
  if (refused === undefined) return null
  const isPermission = refused.fact.type === LOGON_MSG_NO_PERMISSION
  const what = isPermission
    ? 'LOGON_MSG_NO_PERMISSION: the user may not log on to this session'
    : 'LOGON_MSG_DISCONNECT_REFUSED: the user who is logged on did not give the session up'
  const verdict = confirmed(`The server refused the logon with ${what}.`, [refused, `The server notifies: ${what}.`])
  return attempt.outcome === 'established' ? at('warning', verdict) : verdict
}

/** The client then shows the logon screen: a nuisance, no failure. */
function reconnection(attempt: Attempt): Verdict | null {
  const failed = attempt.find('auto-reconnect-failed')
  if (failed === undefined) return null
  const status = codeWords(ntStatuses, failed.fact.status)
  return at(
    'info',
    confirmed(`The server did not reconnect the session by itself (${status}): the user has to log on again.`, [
      failed,
      `The server refuses the automatic reconnection with ${status}.`,
    ]),
  )
}

function sealed(attempt: Attempt): Verdict | null {
  const denial = sealedDenialOf(attempt)
  if (denial === null) return null
  const { word, farewell, padded } = denial
  if (denial.kind === 'early') {
    return likely(
      'The server most likely refused the user behind a logon that worked: its last record has the size of an early user authorization result, and the client left without going on.',
      TO_SETTLE,
      [word, 'The last record of the server holds 4 bytes, as an early user authorization result does.'],
    )
  }
  const evidence: Evidence[] = [[word, 'The server sends a record of the size of Set Error Info.']]
  if (farewell !== null) evidence.push([farewell, 'Its last record has the size of a Disconnect Provider Ultimatum.'])
  const says = 'before the session was active the server sent records of the sizes of an error message and a farewell'
  // Within a block of 16 bytes other messages have the same size.
  if (padded) {
    return possible(`The server may have refused the user or the connection: ${says}.`, TO_SETTLE, ...evidence)
  }
  return likely(`The server most likely refused the user or the connection: ${says}.`, TO_SETTLE, ...evidence)
}
