/** Two hosts use one IP address. Cause 35; RFC 826, RFC 5227 sections 1 and 2.4, RFC 4862 section 5.4. */
import type { Attempt } from '../attempt/attempt.ts'
import type { AddressClaim, ContestedAddress, TcpMark } from '../flow/conversation.ts'
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'
import { count, sideName, times } from './figures.ts'
import { hardwareText, isDisputed, withoutShared } from './hardware.ts'
import { pictureOf } from './picture.ts'
import { beforeClick, onServer } from './recordings.ts'
import { at, confirmed, type Evidence, likely, notVisible, possible, rule, ruledOut, type Verdict } from './rule.ts'

const NO_LINK = notVisible(
  'This capture holds no ARP or neighbour discovery for the two hosts, as behind a router.',
  'On the link of the server, from another host: arping -D -I eth0 <server> (Linux), or arp -d <server>, ping <server>, arp -a twice in a row (Windows): two hardware addresses for one IP address settle it.',
)
const ONE_OWNER = ruledOut('Only one hardware address answers for each of the two hosts.')
const SHARED_ON_PURPOSE = ruledOut(
  'Of the hardware addresses that claim the address all but one are virtual (VRRP, HSRP, GLBP, CARP, load balancing) or answer for many addresses (proxy ARP).',
)
const TAKEN_OVER = ruledOut(
  'The address went from one hardware address to another once, as with a fail-over, a new network card or a bond.',
)
const TO_SETTLE =
  'One host with two network cards on the same link answers from both (ARP flux), and so does proxy ARP beside the host. Look both hardware addresses up in the switch (show mac address-table address <mac>): two hosts settle it; ipconfig /all and event 4199 (Tcpip) on each of them name the conflict.'

export const duplicateIp = rule({
  id: 'duplicate-ip',
  severity: 'warning',
  title: 'Two hosts use the same IP address',
  short: 'duplicate IP address',
  causes: [35],
  looksAt:
    'Which hardware addresses answer ARP or neighbour discovery for the server and the client, or announce themselves, and from which of them the packets of the connection come.',
  confirms:
    'Two hardware addresses claim the address in turns, and the connection itself got packets from both: a reset or SYN-ACK from the other one, while the first goes on. Likely: two answer the same question, or claim it again and again in turns.',
  rulesOut:
    'One hardware address; virtual ones of VRRP, HSRP, GLBP, CARP or load balancing; a change of the hardware address that happens once.',
  cannotSee:
    'Anything behind a router: ARP does not cross it. One host with two cards on one link looks much the same.',
  settledBy: [beforeClick, onServer],
  remedy: [
    'Find both devices by their hardware addresses: show mac address-table (switch), arp -a, the lease table of the DHCP server.',
    'Give one of them another address, and take statically used addresses out of the DHCP range: Get-DhcpServerv4Lease, Add-DhcpServerv4ExclusionRange.',
    'Virtual machines that were cloned keep their static address: Get-NetIPAddress on each.',
  ],
  ask: ['network', 'server'],
  filter: 'arp.duplicate-address-detected || arp.opcode == 2 || icmpv6.type == 136',

  assess(attempt): Verdict {
    const contested = attempt.contested.map(withoutShared)
    const disputed = contested.find(isDisputed)
    if (disputed !== undefined) return found(attempt, disputed)
    if (contested.some(one => one.claims.length > 1)) return TAKEN_OVER
    if (contested.length > 0) return SHARED_ON_PURPOSE
    return attempt.neighbours.some(note => note.answers.length > 0) ? ONE_OWNER : NO_LINK
  },
})

function found(attempt: Attempt, contested: ContestedAddress): Verdict {
  const { address, returns, doubleAnswers } = contested
  const direction: Direction = address === attempt.server.address ? SERVER : CLIENT
  const whose = `the ${sideName(direction)}'s address ${address}`
  const [first, second] = contested.claims as readonly [AddressClaim, AddressClaim]
  const how = [
    ...(doubleAnswers > 0 ? [`both answered the same question ${times(doubleAnswers)}`] : []),
    ...(returns > 0 ? [`they claimed it in turns (${count(returns, 'return')} within a minute)`] : []),
  ].join(', and ')
  const says = `Two hardware addresses, ${first.hardware} and ${second.hardware}, claim ${whose}: ${how}.`
  const evidence: Evidence[] = [
    [{ packet: first.firstPacket, timeNs: first.firstNs }, `${first.hardware} claims ${address}.`],
    [{ packet: second.firstPacket, timeNs: second.firstNs }, `${second.hardware} claims ${address} as well.`],
  ]
  if (contested.packet > 0) {
    evidence.push([contested, `Both are there at once: one claims ${address} although the other has just done so.`])
  }
  const other = fromBoth(attempt, direction, contested.claims)
  if (other !== null) {
    evidence.push([
      other,
      `A ${other.kind === 'reset' ? 'reset' : 'packet'} of the connection comes from ${hardwareText(other.hardware)}, the rest of the ${sideName(direction)}'s packets from the other one.`,
    ])
    return confirmed(`${says} The connection got packets from both of them.`, ...evidence)
  }
  if (attempt.outcome === 'established') {
    return at('info', possible(`${says} This session worked all the same.`, TO_SETTLE, ...evidence))
  }
  return likely(says, TO_SETTLE, ...evidence)
}

/**
 * A packet of this side that came from the other claimant while the first one was still there: packets before and behind
 * it, or claims, come from the first. A fail-over does not go back.
 */
function fromBoth(attempt: Attempt, direction: Direction, claims: readonly AddressClaim[]): TcpMark | null {
  const { tcp } = pictureOf(attempt)
  const own = new Set(claims.map(claim => claim.hardware))
  const marks = (tcp?.marks ?? []).filter(
    mark => mark.direction === direction && mark.kind !== 'duplicate' && own.has(hardwareText(mark.hardware)),
  )
  const first = marks[0]
  if (first === undefined) return null
  const other = marks.find(mark => mark.hardware !== first.hardware)
  if (other === undefined) return null
  const staysClaim = claims.some(
    claim => claim.hardware === hardwareText(first.hardware) && claim.lastPacket > other.packet,
  )
  const staysMark = marks.some(mark => mark.packet > other.packet && mark.hardware === first.hardware)
  return staysClaim || staysMark ? other : null
}
