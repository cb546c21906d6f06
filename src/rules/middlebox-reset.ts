/** A reset that its claimed sender did not send. Cause 18; RFC 9293 3.5.2, RFC 5961. */

import type { Attempt } from '../attempt/attempt.ts'
import { SERVER } from '../wire/dissector.ts'
import { duration, sideName } from './figures.ts'
import { pictureOf } from './picture.ts'
import { atMirrorPort, onBothEnds } from './recordings.ts'
import { type ForeignReset, foreignResetOf } from './resets.ts'
import { type Evidence, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'

const NO_RESET = ruledOut('No reset ended the connection.')
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
    'The reset that ended the connection, against the other packets of the address that it carries: time to live, IP identification, TCP timestamps, sequence number, and whether that side sent on.',
  confirms:
    'Never more than likely from one capture: another time to live than the claimed sender has, here or in other attempts, a sender that goes on sending, or resets towards both ends at once.',
  rulesOut: 'A reset with the time to live of its sender, which falls silent afterwards.',
  cannotSee:
    'A forger one hop away that copies the time to live, and a reset towards the other end. Captures on both ends settle it.',
  settledBy: [onBothEnds, atMirrorPort],
  remedy: [
    'Ask for the logs of IPS, application control and TLS inspection on the way at that second: the rule that fired names itself there.',
    'Test from another network, or past the device; exempt the connection from inspection as a test.',
  ],
  filter: 'tcp.flags.reset == 1',
  restsOn: ['sender'],

  assess(attempt): Verdict {
    if (attempt.outcome === 'established') return WORKED
    const { connected, leaving } = pictureOf(attempt)
    if (!connected) return refusal(attempt)
    if (leaving?.how !== 'rst') return NO_RESET
    const reset = foreignResetOf(attempt)
    return reset === null ? GENUINE : found(attempt, reset)
  },
})

/** The SYN was refused: other attempts may show how the server's own packets look. */
function refusal(attempt: Attempt): Verdict {
  const { tcp } = pictureOf(attempt)
  const { ttls } = attempt.history
  const reset = tcp?.marks.find(mark => mark.kind === 'reset' && mark.direction === SERVER)
  if (reset === undefined) return NO_RESET
  if (ttls.length === 0) return NOT_CONNECTED
  const least = Math.min(...ttls)
  const most = Math.max(...ttls)
  if (reset.ttl >= least && reset.ttl <= most) return GENUINE
  const usual = least === most ? `${least}` : `${least} to ${most}`
  return likely(
    `The connection request was refused with a reset of time to live ${reset.ttl}, where the server's packets in other attempts of this capture have ${usual}: a device on the way refuses in its name.`,
    TO_SETTLE,
    [reset, `A reset in the name of the server, with time to live ${reset.ttl}.`],
  )
}

function found(attempt: Attempt, { mark, signs, sentOn }: ForeignReset): Verdict {
  const claimed = sideName(mark.direction)
  const { clientHello, serverHello, request, confirm } = pictureOf(attempt)
  const trigger =
    clientHello !== null && serverHello === null ? clientHello : request !== null && confirm === null ? request : null
  const after =
    trigger === null
      ? ''
      : `, ${duration(mark.timeNs - trigger.timeNs)} after the ${trigger === clientHello ? 'TLS ClientHello' : 'RDP connection request'}`
  const says = `The reset that ended the connection carries the ${claimed}'s address but was most likely sent by a device on the way: ${signs.join('; ')}.`
  const evidence: Evidence[] = [[mark, `A reset in the name of the ${claimed}${after}: ${signs.join('; ')}.`]]
  if (trigger !== null) evidence.unshift([trigger, 'The packet that it answers.'])
  if (sentOn !== null) evidence.push([sentOn, `The ${claimed} goes on as if there had been no reset.`])
  return likely(says, TO_SETTLE, ...evidence)
}
