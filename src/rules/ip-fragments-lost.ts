/** Datagrams travel in IP fragments, and not all fragments get through. Cause 11; RFC 791 2.3, RFC 8200 4.5, RFC 8900. */
import type { Attempt } from '../attempt/attempt.ts'
import type { FragmentNote } from '../flow/conversation.ts'
import { count, sideName, times } from './figures.ts'
import { firstIcmp } from './icmp.ts'
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
import { hindranceOf, type Stall } from './stall.ts'
import { areUnrecorded } from './unseen.ts'

/** One broken datagram may be one lost packet; three are a habit of the path. */
const CERTAIN_DATAGRAMS = 3

const NO_FRAGMENTS = resting(['silence'], ruledOut('No packet of the connection was fragmented.'))
const COMPLETE = ruledOut('All fragments arrived, and what they carried was acknowledged.')
const UNRECORDED = notVisible(
  'Of the fragmented datagrams only the first fragments are in the capture, and yet their receiver acknowledged what the others carried: the recorder left them out, as a capture filter by port does.',
  'Capture with a filter by host alone (tcpdump host <server>), or with later fragments: tcp port 3389 or (ip[6:2] & 0x1fff != 0).',
)
const TO_SETTLE =
  'Capture on the receiving host behind its firewall, or on the hop after: the fragments that are here and not there name the place. Firewalls and NAT devices often drop fragments without ports.'

export const ipFragmentsLost = rule({
  id: 'ip-fragments-lost',
  severity: 'error',
  title: 'Packets travel in IP fragments, and some fragments are lost',
  short: 'fragments lost',
  causes: [11],
  looksAt:
    'IP fragments of the connection, datagrams that never become whole, ICMP "fragment reassembly time exceeded", and resends of what was fragmented.',
  confirms:
    'Three or more datagrams that never become whole, or ICMP 11/1 (ICMPv6 3/1). Likely: all fragments are here, but what they carry is never acknowledged: they are lost behind the capture point.',
  rulesOut: 'No fragments at all, or fragments whose content is acknowledged.',
  cannotSee:
    'Which device drops them: a capture on each side of a firewall settles it. Fragments that a capture filter by port left out: only the first one has ports.',
  settledBy: [onBothEnds, atMirrorPort],
  remedy: [
    'Avoid fragments: clamp the MSS at the tunnel (see path-mtu-black-hole) or lower the MTU of the VPN interface to 1400.',
    'Let the firewall reassemble: nft/iptables conntrack does by default; look for "drop fragments", "fragment filter", -f rules, or virtual reassembly limits.',
  ],
  ask: ['security', 'network'],
  filter: 'ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr || (icmp.type == 11 && icmp.code == 1)',
  restsOn: ['absence'],

  assess(attempt): Verdict {
    const notes = attempt.explained?.fragments
    if (notes === undefined || notes.length === 0) return NO_FRAGMENTS
    const hindrance = hindranceOf(attempt)
    if (hindrance.kind === 'fragments') return found(attempt, hindrance.note, hindrance.stall)
    const broken = notes.find(note => note.datagrams > note.complete)
    if (broken === undefined) return COMPLETE
    return attempt.explained !== null && areUnrecorded(attempt.explained, broken) ? UNRECORDED : repaired(broken)
  },
})

function found(attempt: Attempt, note: FragmentNote, stall: Stall | null): Verdict {
  const sender = sideName(note.direction)
  const broken = note.datagrams - note.complete
  const evidence: Evidence[] = [
    [{ packet: note.firstPacket, timeNs: note.firstNs }, `The first fragment of the ${sender}'s packets.`],
  ]
  if (note.lastPacket !== note.firstPacket) {
    evidence.push([
      { packet: note.lastPacket, timeNs: note.lastNs },
      `The last fragment: ${count(note.datagrams, 'datagram')}, ${note.complete} of them whole.`,
    ])
  }
  if (stall !== null && stall.direction === note.direction && stall.resends > 0) {
    evidence.push([stall.last, `The ${sender} sends ${stall.length} bytes again, ${times(stall.resends)} in all.`])
  }
  const expired = firstIcmp(attempt, 'reassembly')
  if (expired !== null) {
    evidence.push([expired, `${expired.from} gave up waiting for the missing fragments.`])
    return resting(
      [],
      confirmed(`${expired.from} reports that fragments of the ${sender}'s packets never arrived.`, ...evidence),
    )
  }
  if (broken === 0) {
    return likely(
      `The ${sender}'s large packets arrive here in fragments (${count(note.datagrams, 'datagram')}, all whole), but what they carry is never acknowledged: the fragments are lost behind the capture point.`,
      TO_SETTLE,
      ...evidence,
    )
  }
  const says = `${broken} of ${count(note.datagrams, 'fragmented datagram')} of the ${sender} never became whole here: fragments are lost before the capture point.`
  if (broken >= CERTAIN_DATAGRAMS) return confirmed(says, ...evidence)
  return broken > 1 || stall !== null ? likely(says, TO_SETTLE, ...evidence) : possible(says, TO_SETTLE, ...evidence)
}

function repaired(note: FragmentNote): Verdict {
  const broken = note.datagrams - note.complete
  return at(
    'info',
    possible(
      `${broken} of ${count(note.datagrams, 'fragmented datagram')} of the ${sideName(note.direction)} never became whole, but the connection got over it.`,
      TO_SETTLE,
    ),
  )
}
