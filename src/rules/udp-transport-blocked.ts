/**
 * RDP over UDP was tried beside the session and not answered; the session stays on TCP. Cause 16; MS-RDPEUDP 3.1.5.1,
 * MS-RDPBCGR 1.3.1.1: nothing else follows from it.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import { icmpName } from '../codes/icmp.ts'
import type { Conversation, IcmpNote } from '../flow/conversation.ts'
import type { Event } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { count, duration } from './figures.ts'
import { onBothEnds, onServer } from './recordings.ts'
import {
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

/** The first SYN and two resends, 800 ms apart: the fourth is the last (MS-RDPEUDP 3.1.6.1). */
const CERTAIN_SYNS = 3
/** The answer to the last one would have come by then. */
const PATIENCE_NS = 2e9
/** A side that hears nothing for so long gives the transport up (MS-RDPEUDP 3.1.1.9). */
const KEEP_ALIVE_NS = 65e9

const NOT_TRIED = notVisible(
  'No RDP over UDP was tried, or this capture does not hold it; that is no fault.',
  'Capture UDP, too: udp port 3389, and 3391 with a gateway. The client tries UDP only when the server asks for it, which is encrypted; event 131 in RemoteDesktopServices-RdpCoreTS tells.',
)
const ANSWERED = ruledOut('RDP over UDP was answered.')
const TOGETHER = ruledOut(
  'TCP fell silent or was closed at the same time: not UDP alone is blocked. See the rules about the path.',
)
const ONE_SIDE = notVisible(
  'The capture holds the packets of one side only.',
  'Capture both directions: at the client, or at a mirror port that copies both.',
)
const TO_SETTLE =
  'Capture UDP port 3389 on the server: where the SYNs arrive and no answer leaves, nothing listens (policy "Select RDP transport protocols", Get-NetUDPEndpoint -LocalPort 3389); where none arrive, the path drops UDP or packets of 1260 bytes.'

export const udpTransportBlocked = rule({
  id: 'udp-transport-blocked',
  severity: 'info',
  title: 'RDP over UDP was tried and not answered; the session stays on TCP',
  short: 'UDP not answered',
  causes: [16],
  looksAt: 'The SYNs of RDP over UDP, their answers, DTLS inside, ICMP about them, and whether TCP goes on.',
  confirms:
    'Three SYNs and no answer, or an ICMP message that refuses them, while the TCP connection goes on. Likely: one or two SYNs, an answer behind which nothing more gets through, or a transport that worked and then was silent for 65 s. It costs seconds at the start and ends no session.',
  rulesOut: 'An answer of the server in which data goes on; TCP that fell silent at the same time.',
  cannotSee: 'Why UDP was not tried where it was not; and who drops it. A capture on the server tells.',
  settledBy: [onServer, onBothEnds],
  remedy: [
    'Let UDP port 3389 (gateway: 3391; Azure Virtual Desktop: 3390 and 3478) through to the server, with packets of 1260 bytes.',
    'On the server: Get-NetFirewallRule -DisplayName "*Remote Desktop*UDP*", and the policy "Select RDP transport protocols" (Use both UDP and TCP).',
    'As a test only: fClientDisableUDP=1 (DWORD) under HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services\\Client keeps the client on TCP.',
  ],
  ask: ['security', 'network'],
  filter: 'rdpudp || dtls || (icmp && udp.port == 3389)',
  restsOn: ['silence'],

  assess(attempt): Verdict {
    const tried = attempt.conversations.filter(one => one.transport === 'udp' && openingOf(one) !== null)
    if (tried.length === 0) return NOT_TRIED
    // The reliable and the lossy transport take different ports; both have to fail.
    const refused = tried.map(one => refusalOf(one)).find(note => note !== null)
    const unanswered = tried.find(one => one.packets[SERVER] === 0)
    if (unanswered === undefined) return stuck(attempt, tried)
    if (tried.some(one => one.packets[SERVER] > 0 && !isStuck(one))) return ANSWERED
    if (attempt.explained !== null && attempt.explained.packets[SERVER] === 0) return ONE_SIDE
    if (refused != null) return resting([], byIcmp(unanswered, refused))
    return silent(attempt, unanswered)
  },
})

/** A SYN of RDP over UDP; towards a gateway DTLS comes first (MS-TSGU 1.3.1.2). */
function isOpening({ fact, direction }: Event): boolean {
  return fact.kind === 'rdpudp-syn' || (fact.kind === 'client-hello' && direction === CLIENT)
}

function openingOf(conversation: Conversation): Event | null {
  return conversation.events.find(isOpening) ?? null
}

/** ICMP that refuses the client's packets: unreachable, prohibited, or too big. */
function refusalOf(conversation: Conversation): IcmpNote | null {
  const refuses = ({ family, type }: IcmpNote) => (family === 4 ? type === 3 : type === 1 || type === 2)
  return conversation.icmp.find(note => note.direction === CLIENT && refuses(note)) ?? null
}

function byIcmp(udp: Conversation, note: IcmpNote): Verdict {
  const syn = openingOf(udp) as Event
  const { address, port } = udp.server
  const name = icmpName(note.family, note.type, note.code)
  const size = note.mtu > 0 ? `, next-hop MTU ${note.mtu}` : ''
  const from = note.from === address ? 'the server itself' : note.from
  return confirmed(
    `RDP over UDP to ${address} port ${port} was refused by ${from} (ICMP ${name}${size}); the session stays on TCP.`,
    [syn, 'The client tries RDP over UDP.'],
    [note, `${note.from} reports: ${name}${size}.`],
  )
}

function silent(attempt: Attempt, udp: Conversation): Verdict {
  const syns = udp.events.filter(isOpening)
  const first = syns[0] as Event
  const last = syns.at(-1) as Event
  const tcp = attempt.explained?.tcp
  const goesOn = tcp != null && tcp.sides[SERVER].lastNs >= last.timeNs + PATIENCE_NS
  if (tcp != null && !goesOn && tcp.sides[CLIENT].lastNs >= last.timeNs + PATIENCE_NS) return TOGETHER
  const { address, port } = udp.server
  const spread = syns.length > 1 ? ` within ${duration(last.timeNs - first.timeNs)}` : ''
  const says = `The client tried RDP over UDP to ${address} port ${port} ${count(syns.length, 'time')}${spread} and got no answer; the session stays on TCP.`
  const evidence = [
    [first, `The client tries RDP over UDP (${first.fact.kind === 'rdpudp-syn' ? 'SYN' : 'DTLS ClientHello'}).`],
    [last, `It tries for the last time, ${syns.length} in all.`],
  ] as const
  if (!goesOn) return possible(says, TO_SETTLE, ...evidence)
  const heard: Place = { packet: tcp.sides[SERVER].lastPacket, timeNs: tcp.sides[SERVER].lastNs }
  const all = [...evidence, [heard, 'TCP goes on all the same.'] as const]
  return syns.length >= CERTAIN_SYNS ? confirmed(says, ...all) : likely(says, TO_SETTLE, ...all)
}

/** The server answered the SYN, and then only the client sent on: what is inside is not answered. */
function isStuck(udp: Conversation): boolean {
  const answer = udp.events.find(event => event.fact.kind === 'rdpudp-syn-ack')
  if (answer === undefined) return false
  const behind = udp.events.filter(event => event.packet > answer.packet)
  const hellos = behind.filter(event => event.fact.kind === 'client-hello').length
  const answered = behind.some(
    event => event.direction === SERVER && event.fact.kind !== 'rdpudp-counts' && event.fact.kind !== 'rdpudp-syn-ack',
  )
  return hellos > 0 && !answered && udp.lastTimesNs[CLIENT] - udp.lastTimesNs[SERVER] >= PATIENCE_NS
}

/** It worked, and then only the client sent on. */
function isDead(udp: Conversation): boolean {
  const [client, server] = udp.lastTimesNs
  return udp.packets[SERVER] > 0 && client - server >= KEEP_ALIVE_NS && udp.lastNs === client
}

function dead(attempt: Attempt, udp: Conversation): Verdict {
  const [, heardNs] = udp.lastTimesNs
  const tcp = attempt.explained?.tcp
  if (tcp == null || tcp.sides[SERVER].lastNs < heardNs + PATIENCE_NS) return TOGETHER
  const silent = duration(udp.lastNs - heardNs)
  const answer = udp.events.find(event => event.fact.kind === 'rdpudp-syn-ack')
  const evidence: Evidence[] = [
    [
      { packet: udp.lastPacket, timeNs: udp.lastNs },
      `The client still sends, ${silent} after the last packet of the server.`,
    ],
  ]
  if (answer !== undefined) evidence.unshift([answer, 'The server answers the SYN of RDP over UDP.'])
  return likely(
    `RDP over UDP worked, and then the server was not heard over it for ${silent} while the client sent on and TCP lived: what dynamic channels carry (picture, sound) may stand still until the client falls back to TCP.`,
    TO_SETTLE,
    ...evidence,
  )
}

function stuck(attempt: Attempt, tried: readonly Conversation[]): Verdict {
  const gone = tried.find(isDead)
  const one = tried.find(isStuck)
  if (one === undefined) return gone === undefined ? ANSWERED : dead(attempt, gone)
  const answer = one.events.find(event => event.fact.kind === 'rdpudp-syn-ack')
  const hello = one.events.findLast(event => event.fact.kind === 'client-hello')
  if (answer === undefined || hello === undefined) return ANSWERED
  const tcp = attempt.explained?.tcp
  if (tcp != null && tcp.sides[SERVER].lastNs < hello.timeNs) return TOGETHER
  return likely(
    'RDP over UDP was answered, but the TLS handshake inside it was not: something on the way drops it or its large packets. The session stays on TCP.',
    TO_SETTLE,
    [answer, 'The server answers the SYN of RDP over UDP.'],
    [hello, 'The client begins TLS inside, and no answer follows.'],
  )
}
