/** A router says that it can not reach the host, or nobody answers for the host's address on the local link. Cause 20. */
import type { Attempt } from '../attempt/attempt.ts'
import { icmpName } from '../codes/icmp.ts'
import type { NeighbourNote } from '../flow/conversation.ts'
import { SERVER } from '../wire/dissector.ts'
import { count, duration } from './figures.ts'
import { countIcmp, firstIcmp } from './icmp.ts'
import { pictureOf } from './picture.ts'
import { onClient, onServer } from './recordings.ts'
import { confirmed, likely, resting, rule, ruledOut, type Verdict } from './rule.ts'

/** ARP asks three times, a second apart, before it gives up (RFC 1122 2.3.2.1 limits the rate; RFC 4861 10 for IPv6). */
const CERTAIN_REQUESTS = 3
const LIKELY_REQUESTS = 2

const WORKED = ruledOut('The connection worked all the same.')
const NO_SIGN = resting(
  ['silence', 'beside'],
  ruledOut('No router reports the host as unreachable, and no neighbour request stayed unanswered.'),
)
const ANSWERED = ruledOut('The host went on answering after the message.')
const OFF_OR_FILTER =
  'The host is off, asleep, on another network, or its address is wrong: look at its console, or at the switch port. ARP has no firewall in between, so a host that is up on this link answers.'

export const hostUnreachable = rule({
  id: 'host-unreachable',
  severity: 'error',
  title: 'The host can not be reached',
  short: 'host unreachable',
  causes: [20],
  looksAt:
    'ICMP "host/network unreachable" or "time exceeded" about this connection, and ARP or neighbour requests for the host.',
  confirms:
    'Such a message while the connection gets no answer; or three neighbour requests for the host without an answer.',
  rulesOut: 'Answers of the host after the message.',
  cannotSee:
    'Whether the host is off or merely on another network; and hosts behind a router that sends no ICMP: see tcp-connect-unanswered.',
  settledBy: [onClient, onServer],
  remedy: [
    'Is the host up, and is this still its address? ping <server>, arp -a, ipconfig /all on its console.',
    'Wake it up: Wake-on-LAN, or the hypervisor; and forbid sleep: powercfg /change standby-timeout-ac 0.',
    'On the client: route print, and whether the VPN that leads there is connected.',
  ],
  ask: ['server', 'network'],
  filter:
    '(icmp.type == 3 && icmp.code in {0, 1, 5, 6, 7, 8, 11, 12}) || icmp.type == 11 || (icmpv6.type == 1 && icmpv6.code in {0, 2, 3}) || icmpv6.type == 3',

  assess(attempt): Verdict {
    if (attempt.outcome === 'established') return WORKED
    const note = firstIcmp(attempt, 'unreachable')
    if (note !== null) return byIcmp(attempt)
    for (const neighbour of attempt.neighbours) {
      if (neighbour.answers.length === 0 && neighbour.requests >= LIKELY_REQUESTS && !hasAnswered(attempt)) {
        return resting(['silence'], byNeighbour(attempt, neighbour))
      }
    }
    return NO_SIGN
  },
})

function byIcmp(attempt: Attempt): Verdict {
  const note = firstIcmp(attempt, 'unreachable')
  if (note === null) return NO_SIGN
  const heard = attempt.explained?.tcp?.sides[SERVER]
  if (heard !== undefined && heard.lastPacket > note.packet) return ANSWERED
  const name = icmpName(note.family, note.type, note.code)
  const number = countIcmp(attempt, 'unreachable')
  const says = `${note.from} can not reach ${attempt.server.address}: ICMP ${name}, ${count(number, 'message')}.`
  const answer = [note, `${note.from} reports: ${name} (type ${note.type}, code ${note.code}).`] as const
  const tcp = attempt.explained?.tcp
  if (tcp == null || tcp.synPacket === 0) return confirmed(says, answer)
  const syn = { packet: tcp.synPacket, timeNs: tcp.synNs }
  return confirmed(
    says,
    [syn, `The client asks for a connection, ${duration(note.timeNs - tcp.synNs)} before.`],
    answer,
  )
}

function hasAnswered(attempt: Attempt): boolean {
  return pictureOf(attempt).connected || (attempt.explained?.packets[SERVER] ?? 0) > 0
}

function byNeighbour(attempt: Attempt, note: NeighbourNote): Verdict {
  const whose = note.address === attempt.server.address ? 'the server' : 'the next hop towards the server'
  const asked = note.address.includes(':') ? 'Neighbour discovery' : 'ARP'
  const says = `${asked} asked ${count(note.requests, 'time')} for ${note.address} (${whose}) within ${duration(note.lastNs - note.firstNs)}, and nobody answered.`
  const evidence = [
    [{ packet: note.firstPacket, timeNs: note.firstNs }, `${note.asker} asks who has ${note.address}.`],
    [{ packet: note.lastPacket, timeNs: note.lastNs }, `It asks for the last time; no answer is in the capture.`],
  ] as const
  // Where no packet went to a server and no name was asked for, nothing shows that this was the user's target.
  const meant = attempt.explained !== null || attempt.lookups.length > 0
  return meant && note.requests >= CERTAIN_REQUESTS
    ? confirmed(says, ...evidence)
    : likely(says, OFF_OR_FILTER, ...evidence)
}
