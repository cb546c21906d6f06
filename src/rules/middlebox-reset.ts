/** A reset or FIN that its claimed sender did not send. Cause 18; RFC 9293 3.5.2 and 3.6, RFC 5961. */

import type { Attempt } from '../attempt/attempt.ts'
import type { CheckedEnd } from '../attempt/sender-check.ts'
import { duration, sideName } from './figures.ts'
import { pictureOf } from './picture.ts'
import { atMirrorPort, onBothEnds } from './recordings.ts'
import { foreignResetOf } from './resets.ts'
import { type Evidence, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'

const NO_RESET = resting(['silence'], ruledOut('Neither a reset nor a FIN in a foreign name ended the connection.'))
const WORKED = ruledOut('The connection worked; a reset at the end of a session is how clients close it.')
const GENUINE = resting(
  ['sender'],
  ruledOut('The reset looks like the other packets of its sender, which sent nothing more.'),
)
const NOT_CONNECTED = notVisible(
  'The connection was refused before its server sent anything that a reset could be compared with.',
  'Capture an attempt to another port of the same host that works, and compare the time to live.',
)
const TO_SETTLE =
  'A capture at the claimed sender settles it: a reset that arrives here and was not sent there is forged. Likely places: IPS, firewall, web filter, load balancer.'

export const middleboxReset = rule({
  id: 'middlebox-reset',
  severity: 'error',
  title: 'A device on the way reset the connection in the name of one side',
  short: 'reset by a device on the way',
  causes: [18],
  looksAt:
    'The reset or FIN that ended the connection, against the other packets of the address that it carries, also in other connections: time to live, IP identification, TCP timestamps, sequence number, and whether that side sent on.',
  confirms:
    'Never more than likely from one capture: another distance than the claimed sender has by the time to live, a sender that goes on sending, resets towards both ends sooner than one could answer the other, or an IP identification out of its row together with missing timestamps or a wrong sequence number.',
  rulesOut: 'A reset with the time to live of its sender, which falls silent afterwards.',
  cannotSee:
    'A forger one hop away that copies the time to live, and a reset towards the other end. Captures on both ends settle it.',
  settledBy: [onBothEnds, atMirrorPort],
  remedy: [
    'Ask for the logs of IPS, application control and TLS inspection on the way at that second: the rule that fired names itself there.',
    'Test from another network, or past the device; exempt the connection from inspection as a test.',
  ],
  ask: ['security', 'network'],
  filter: 'tcp.flags.reset == 1 || tcp.flags.fin == 1',
  restsOn: ['sender'],

  assess(attempt): Verdict {
    if (attempt.outcome === 'established') return WORKED
    const { connected, leaving } = pictureOf(attempt)
    if (!connected) return refused(attempt)
    const end = foreignResetOf(attempt)
    if (end !== null) return found(attempt, end)
    return leaving?.how === 'rst' ? GENUINE : NO_RESET
  },
})

/** Only other connections to the same address show what its packets look like. */
function refused({ closing }: Attempt): Verdict {
  const { sender } = closing
  if (closing.how !== 'rst' || closing.side !== 'server' || sender === undefined || sender.authenticity === 'unknown')
    return NOT_CONNECTED
  if (sender.authenticity === 'genuine') return GENUINE
  return likely(
    `The reset that refused the connection carries the server's address but was most likely sent by a device on the way: ${sender.signs.join('; ')}.${placed(sender)}`,
    TO_SETTLE,
    [closing, `A reset in the name of the server: ${sender.signs.join('; ')}.`],
  )
}

function placed({ whereabouts }: Pick<CheckedEnd, 'whereabouts'>): string {
  return whereabouts === '' ? '' : ` Look for a device ${whereabouts}.`
}

function found(attempt: Attempt, end: CheckedEnd): Verdict {
  const { mark, signs, sentOn } = end
  const claimed = sideName(mark.direction)
  const what = mark.kind === 'fin' ? 'FIN' : 'reset'
  const { clientHello, serverHello, request, confirm } = pictureOf(attempt)
  const trigger =
    clientHello !== null && serverHello === null ? clientHello : request !== null && confirm === null ? request : null
  const after =
    trigger === null
      ? ''
      : `, ${duration(mark.timeNs - trigger.timeNs)} after the ${trigger === clientHello ? 'TLS ClientHello' : 'RDP connection request'}`
  const says = `The ${what} that ended the connection carries the ${claimed}'s address but was most likely sent by a device on the way: ${signs.join('; ')}.${placed(end)}`
  const evidence: Evidence[] = [[mark, `A ${what} in the name of the ${claimed}${after}: ${signs.join('; ')}.`]]
  if (trigger !== null) evidence.unshift([trigger, 'The packet that it answers.'])
  if (sentOn !== null) evidence.push([sentOn, `The ${claimed} goes on as if there had been no ${what}.`])
  return likely(says, TO_SETTLE, ...evidence)
}
