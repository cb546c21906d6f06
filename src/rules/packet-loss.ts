/** Segments are lost on the way and sent again. Cause 30; RFC 9293 3.8.1, RFC 6298. */
import type { TcpMark } from '../flow/conversation.ts'
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'
import { count, percent, sideName } from './figures.ts'
import { type Loss, lossOf } from './loss.ts'
import { type Picture, pictureOf } from './picture.ts'
import { atMirrorPort, onBothEnds } from './recordings.ts'
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
import { isNotable, silenceOf } from './silence.ts'
import { hindranceOf } from './stall.ts'

/** Above 1 % TCP slows down notably, above 5 % a session is hardly usable. */
const NOTABLE_SHARE = 0.01
/** One or two losses happen on every path, and short captures make large shares of them. */
const NOTABLE_RESENDS = 3

const NOTHING_SENT = notVisible(
  'Too little was sent to speak of loss.',
  'Capture a whole attempt, from the click on Connect to its end.',
)
const CLEAN = resting(['silence'], ruledOut('Nothing had to be sent again, apart from resends that were needless.'))
const OTHER_CAUSE = ruledOut(
  'The resends are of one stretch of data that never gets through, which is another cause than random loss.',
)
const TO_SETTLE =
  'mtr or pathping towards the other end shows the hop; a capture on the other end tells loss from needless resends.'

export const packetLoss = rule({
  id: 'packet-loss',
  severity: 'warning',
  title: 'Packets are lost on the way',
  short: 'packets lost',
  causes: [30],
  looksAt: 'Resends of each side that were needed, and holes in what arrives, as a share of the segments.',
  confirms: 'Three or more needed resends of one side, and 1 % of its segments or more.',
  rulesOut:
    'No resend that was needed. Resends proven needless by D-SACK, repeated SYNs and FINs, and mirror copies do not count.',
  cannotSee: 'The hop that loses them. mtr, pathping, or a capture on both ends narrows it down.',
  settledBy: [onBothEnds, atMirrorPort],
  remedy: [
    'pathping <server> on Windows, mtr -rwzc 200 <server> elsewhere; run it from both ends.',
    'Look for errors and drops of the links on the way: duplex mismatch, Wi-Fi, overloaded uplinks, policers.',
  ],
  ask: ['network'],
  filter: 'tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.lost_segment',
  restsOn: ['loss'],

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    const { tcp } = picture
    if (tcp === null || !picture.connected) return NOTHING_SENT
    const client = lossOf(picture, CLIENT)
    const server = lossOf(picture, SERVER)
    if (client.resent === 0 && server.resent === 0) return CLEAN
    if (hindranceOf(attempt).kind !== 'none' || isStuck(picture, client, server)) return OTHER_CAUSE
    const worst: Direction = isWorse(client, server) ? CLIENT : SERVER
    const loss = worst === CLIENT ? client : server
    if (loss.resent < NOTABLE_RESENDS || loss.share < NOTABLE_SHARE) return at('info', few(loss, worst))
    if (loss.oneStretch) return OTHER_CAUSE
    const evidence = evidenceOf(loss.marks, worst)
    const where = loss.before ? 'between it and the capture point' : 'behind the capture point'
    const says = `${loss.resent} of ${count(loss.segments, 'segment')} of the ${sideName(worst)} (${percent(loss.share)}) were lost ${where} and had to be sent again.`
    return evidence.length > 0 ? confirmed(says, ...evidence) : likely(says, TO_SETTLE)
  },
})

/** One side fell silent, and all needed resends belong to the silence: before it nothing was lost. */
function isStuck(picture: Picture, client: Loss, server: Loss): boolean {
  for (const quiet of [SERVER, CLIENT] as const) {
    const silence = silenceOf(picture, quiet)
    if (silence === null || !isNotable(silence)) continue
    const [asking, silent] = quiet === SERVER ? [client, server] : [server, client]
    if (asking.resent <= silence.resends && silent.resent < NOTABLE_RESENDS) return true
  }
  return false
}

function isWorse(a: Loss, b: Loss): boolean {
  const aCounts = a.resent >= NOTABLE_RESENDS
  const bCounts = b.resent >= NOTABLE_RESENDS
  return aCounts === bCounts ? a.share > b.share : aCounts
}

function few(loss: Loss, worst: Direction): Verdict {
  return possible(
    `${count(loss.resent, 'segment')} of ${loss.segments} of the ${sideName(worst)} were sent again: too few to speak of loss.`,
    TO_SETTLE,
    ...evidenceOf(loss.marks, worst),
  )
}

function evidenceOf(marks: readonly TcpMark[], side: Direction): Evidence[] {
  const first = marks[0]
  const last = marks.at(-1)
  if (first === undefined || last === undefined) return []
  const evidence: Evidence[] = [
    [first, `The ${sideName(side)} sends ${first.length} bytes again: the first needed resend.`],
  ]
  if (last !== first) evidence.push([last, `The last of them, ${last.length} bytes.`])
  return evidence
}
