/** Licensing ended in an error. Cause 26; MS-RDPBCGR 2.2.1.12.1.3 (code 7 is success), 2.2.5.1.1 (ERRINFO 0x100 to 0x10A), MS-RDPELE. */
import type { Attempt } from '../attempt/attempt.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { endsWithFarewell } from './farewell.ts'
import { pictureOf } from './picture.ts'
import { withFreerdpKeys, withServerKey, withXrdpKeys } from './recordings.ts'
import { at, confirmed, likely, notVisible, possible, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { failureOf, licenceWords, sessionTalkOf } from './server-word.ts'

const ST_TOTAL_ABORT = 1

const WORKED = ruledOut('The session was established: licensing did not stand in its way.')
const LICENSED = ruledOut('Licensing ended well: the server let the client go on, or gave it a licence.')
const NOT_SO_FAR = resting(['absence'], ruledOut('The attempt did not come as far as licensing.'))
const NO_ERROR = resting(
  ['absence'],
  ruledOut('No licensing message and no error info in the session that can be read tells an error.'),
)
const UNREAD = notVisible(
  'Licensing is encrypted, and nothing in the sizes of the records points to it.',
  'Events 1128, 1129 and 1130 of TerminalServices-RemoteConnectionManager and lsdiag.msc on the server, or a capture with TLS keys.',
)
const TO_SETTLE =
  'Events 1128, 1129 and 1130 of TerminalServices-RemoteConnectionManager and lsdiag.msc on the server; a capture with TLS keys shows the licensing message. A refused user looks the same from outside.'

export const licenseRefused = rule({
  id: 'license-refused',
  severity: 'error',
  title: 'Licensing was refused',
  short: 'licence refused',
  causes: [26],
  looksAt: 'Licensing error messages other than "valid client" (code 7), and the licensing codes of Set Error Info.',
  confirms:
    'A licensing error that ends the connection, or ERRINFO 0x100 to 0x10A. Likely: a licensing error behind which the session did not go on. Possible: without keys, a farewell of the server at the place where licensing stands.',
  rulesOut: 'Code 7 (success) or a new licence, an active session, or an end before licensing.',
  cannotSee: 'The messages inside TLS without keys. Events 1128 to 1130 and lsdiag.msc on the server tell.',
  settledBy: [withFreerdpKeys, withServerKey, withXrdpKeys],
  remedy: [
    'On the server: lsdiag.msc (RD Licensing Diagnoser); licensing mode and licence server by policy ("Use the specified Remote Desktop license servers"). The grace period ends 120 days after the role was installed.',
    'On one client only: delete HKLM\\SOFTWARE\\Microsoft\\MSLicensing there and start mstsc once as administrator.',
  ],
  ask: ['server'],
  filter: 'rdp.flags.licenseencrypt || rdp.pduType2 == 0x2f',

  assess(attempt): Verdict {
    const talk = sessionTalkOf(attempt)
    const failure = failureOf(talk)
    if (failure?.kind === 'licence') {
      return confirmed(`The server ended the connection over licensing: ${failure.code}.`, [
        failure.event,
        `The server answers with ${failure.words}.`,
      ])
    }
    if (talk.active || attempt.outcome === 'established') return WORKED
    if (talk.licence !== null) return byMessage(talk.licence)
    if (talk.licensed !== null) return LICENSED
    if (talk.isRead) return NO_ERROR
    return byPosition(attempt)
  },
})

function byMessage(message: NonNullable<ReturnType<typeof sessionTalkOf>['licence']>): Verdict {
  const words = licenceWords(message)
  const who = message.direction === CLIENT ? 'client' : 'server'
  const evidence = [message, `The ${who} sends the licensing error ${words}.`] as const
  const says = `The ${who} ended licensing with an error: ${words}.`
  return message.fact.transition === ST_TOTAL_ABORT
    ? confirmed(says, evidence)
    : likely(
        `${says} The session did not go on behind it.`,
        'This message alone does not end a connection (its state transition is not "total abort"): events 1128 to 1130 and lsdiag.msc on the server tell.',
        evidence,
      )
}

/** MCS was connected, the session never became active, and the server said farewell in between. */
function byPosition(attempt: Attempt): Verdict {
  const picture = pictureOf(attempt)
  const { leaving, clientApplication, sealed } = picture
  if (clientApplication === null) return NOT_SO_FAR
  if (!attempt.reached('mcs') || leaving === null || endsWithFarewell(picture) !== 'yes') return UNREAD
  const last = sealed.findLast(record => record.direction === SERVER)
  if (last === undefined) return UNREAD
  return at(
    'warning',
    possible(
      'The server said farewell behind MCS and before the session was active, which is where licensing stands; what it said is encrypted.',
      TO_SETTLE,
      [last, 'The last record of the server has the size of a Disconnect Provider Ultimatum.'],
    ),
  )
}
