/** Segments arrive damaged, and their receiver throws them away. Cause 29; RFC 9293 section 3.1, RFC 1071. */
import type { Attempt } from '../attempt/attempt.ts'
import type { DamagedSegment, TcpSide } from '../flow/conversation.ts'
import { CLIENT, type Direction, opposite, SERVER } from '../wire/dissector.ts'
import { count, duration, sideName } from './figures.ts'
import { pictureOf } from './picture.ts'
import { atMirrorPort, onBothEnds } from './recordings.ts'
import { at, confirmed, type Evidence, likely, notVisible, possible, rule, ruledOut, type Verdict } from './rule.ts'

/** One damaged segment may be chance; three are a fault of a link or card. */
const CERTAIN_SEGMENTS = 3
/** A sender of whose verified segments more than a third is wrong leaves its checksums to the network card. */
const OFFLOAD_SHARE = 1 / 3

const NOT_VERIFIED = notVisible(
  'No checksum could be verified: no data was sent, or packets were cut when they were recorded.',
  'Capture whole packets (dumpcap -s 0) on the receiving end, with offload switched off: Disable-NetAdapterRsc, Disable-NetAdapterLso; ethtool -K eth0 gro off lro off (Linux).',
)
const GOOD = ruledOut('The checksums of the segments that were verified are right.')
const OFFLOAD = ruledOut(
  'The wrong checksums are the work of the recording host: the other side acknowledged those segments, or none of that side is right.',
)
const TO_SETTLE =
  'Capture at the switch, or on both ends with offload switched off: a segment that leaves one end right and arrives wrong was damaged in between. Error counters: Get-NetAdapterStatistics, ethtool -S eth0, show interface (CRC errors).'

export const checksumCorruption = rule({
  id: 'checksum-corruption',
  severity: 'warning',
  title: 'Segments arrive with wrong checksums, and the receiver throws them away',
  short: 'segments damaged',
  causes: [29],
  looksAt:
    'The TCP checksum of the first data segments of the connection and of some behind each resend; whether what is wrong was acknowledged, or sent again with a right one.',
  confirms:
    'Three or more segments with wrong checksums, no larger than the wire allows, that were not acknowledged and then sent again with right ones, from a sender whose other segments are right. Likely: one or two of them.',
  rulesOut:
    'Right checksums; wrong ones that the other side acknowledged, or on all segments of one side: the recording host computes them later (offload).',
  cannotSee:
    'Damage that happens behind the capture point, and damage that a card or switch hides behind a new checksum.',
  settledBy: [onBothEnds, atMirrorPort],
  remedy: [
    'Update or replace the driver of the network card, and as a test switch its offloads off: Disable-NetAdapterChecksumOffload, Disable-NetAdapterLso, Disable-NetAdapterRsc.',
    'Look for CRC and alignment errors on every link on the way: show interface, Get-NetAdapterStatistics, ethtool -S; change the cable and the transceiver.',
    'A device that rewrites packets (NAT, ALG, load balancer, WAN optimizer) may compute the checksum wrongly: try past it.',
  ],
  ask: ['network', 'client'],
  filter: 'tcp.checksum.status == "Bad" || tcp.analysis.retransmission',
  restsOn: ['loss', 'size'],

  assess(attempt): Verdict {
    const { tcp } = pictureOf(attempt)
    if (tcp === null || tcp.sides[CLIENT].verified + tcp.sides[SERVER].verified === 0) return NOT_VERIFIED
    const [client, server] = tcp.sides
    if (client.wrongChecksums + server.wrongChecksums === 0) return GOOD
    const damaged = tcp.damaged.filter(one => isThrownAway(one, tcp.sides))
    const worst: Direction =
      damaged.filter(one => one.direction === SERVER).length * 2 >= damaged.length ? SERVER : CLIENT
    const mine = damaged.filter(one => one.direction === worst)
    return mine.length === 0 ? OFFLOAD : found(attempt, mine, worst)
  },
})

/** Not acknowledged, sent again in good order, of a size that the wire carries, from a sender that is right elsewhere. */
function isThrownAway(one: DamagedSegment, sides: readonly [TcpSide, TcpSide]): boolean {
  const side = sides[one.direction]
  if (one.acknowledged || one.resentPacket === 0 || !one.resentGood) return false
  if (side.verified - side.wrongChecksums - side.offloadedChecksums < 1) return false
  if (side.wrongChecksums > side.verified * OFFLOAD_SHARE) return false
  const mss = sides[opposite(one.direction)].mss
  return one.length <= (mss > 0 ? mss : LARGEST_WIRE_SEGMENT)
}

const LARGEST_WIRE_SEGMENT = 1460

function found(attempt: Attempt, damaged: readonly DamagedSegment[], direction: Direction): Verdict {
  const first = damaged[0] as DamagedSegment
  const last = damaged.at(-1) as DamagedSegment
  const sender = sideName(direction)
  const receiver = sideName(opposite(direction))
  const side = attempt.explained?.tcp?.sides[direction]
  const of = side === undefined ? '' : ` of ${count(side.verified, 'verified segment')}`
  const says = `${damaged.length}${of} of the ${sender} arrived here with a wrong checksum; the ${receiver} did not acknowledge ${damaged.length === 1 ? 'it' : 'them'}, and the ${sender} sent ${damaged.length === 1 ? 'it' : 'them'} again.`
  const evidence: Evidence[] = [
    [first, `${first.length} bytes of the ${sender}, with a wrong checksum.`],
    [
      { packet: first.resentPacket, timeNs: first.resentNs },
      `The same bytes again ${duration(first.resentNs - first.timeNs)} later, with a right one.`,
    ],
  ]
  if (last !== first) evidence.push([last, 'The last of the damaged segments.'])
  if (damaged.length >= CERTAIN_SEGMENTS) return confirmed(says, ...evidence)
  if (attempt.outcome === 'established') return at('info', possible(says, TO_SETTLE, ...evidence))
  return likely(says, TO_SETTLE, ...evidence)
}
