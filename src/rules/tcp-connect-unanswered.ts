/** The SYN is sent again and again, and nothing comes back: no SYN-ACK, no reset, no ICMP. Causes 17 and 37; RFC 9293 3.8.3. */
import type { Attempt } from '../attempt/attempt.ts'
import { CLIENT } from '../wire/dissector.ts'
import { count, duration } from './figures.ts'
import { firstIcmp } from './icmp.ts'
import { pictureOf } from './picture.ts'
import { atMirrorPort, onServer } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, possible, rule, ruledOut, type Verdict } from './rule.ts'

/** Two SYNs may be one lost answer; with three resends in vain, or two over a while, that is out of the question. */
const CERTAIN_SYNS = 4
const MANY_SYNS = 3
const NOTABLE_WAIT_NS = 2e9
/** Routers report an unreachable host about 3 s after the first packet for it, when ARP has given up. */
const CERTAIN_WAIT_NS = 3.5e9

const ANSWERED = ruledOut('The server answered the SYN.')
const REFUSED = ruledOut('The SYN was answered, though not with a SYN-ACK.')
const NO_SYN = notVisible(
  'This capture holds no SYN of the attempt.',
  'Capture on the client from before the click on Connect.',
)
const TOO_SHORT = notVisible(
  'The capture ends too soon after the SYN to speak of silence.',
  'Let the capture run for at least 10 s after the click on Connect.',
)
const UNSEEN = notVisible(
  'The client ended a connection whose opening is not in the capture but for its SYN: the answer is missing here.',
  'Capture with both directions, without drops of the recorder.',
)
const SECOND_CAPTURE =
  'Capture the same attempt on the server, too: if the SYN arrives there, the answer is lost on the way back; if not, something in between drops it. From the client: Test-NetConnection <server> -Port 3389, and another port of the same host.'

export const tcpConnectUnanswered = rule({
  id: 'tcp-connect-unanswered',
  severity: 'error',
  title: 'The server never answered the TCP connection request',
  short: 'no answer',
  causes: [17, 37],
  looksAt: 'The SYNs of the client and everything that comes back for them: SYN-ACK, reset, ICMP.',
  confirms: 'Four SYNs, or three within 3.5 s or more, without an answer of any kind.',
  rulesOut: 'A SYN-ACK, a reset or an ICMP message in answer to the SYN.',
  cannotSee:
    'Who drops the SYN: a firewall, a cloud security group, a host that is off, a wrong address or a lost route look the same. A capture on the server, or on the other side of the firewall, settles it.',
  settledBy: [onServer, atMirrorPort],
  remedy: [
    'From the client: Test-NetConnection <server> -Port 3389, then tracert -d <server>.',
    'On the server: Get-NetFirewallRule -DisplayGroup "Remote Desktop" | Get-NetFirewallPortFilter, and enable the rules.',
    'In a cloud: look at the security group or NSG flow logs (Azure: Network Watcher, IP flow verify).',
  ],
  ask: ['security', 'server'],
  filter: 'tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.analysis.retransmission',
  restsOn: ['silence'],

  assess(attempt): Verdict {
    const { tcp, connected } = pictureOf(attempt)
    if (connected) return ANSWERED
    if (tcp === null || tcp.synPacket === 0) return NO_SYN
    if (isAnswered(attempt)) return REFUSED
    // A client that was not answered sends nothing else: there is nothing to reset or to close.
    if (tcp.marks.some(({ kind, direction }) => direction === CLIENT && (kind === 'reset' || kind === 'fin')))
      return UNSEEN
    const last = tcp.marks.findLast(mark => mark.kind === 'syn')
    const waited = Math.max(attempt.captureEndNs, last?.timeNs ?? 0) - tcp.synNs
    if (waited < NOTABLE_WAIT_NS) return TOO_SHORT
    const { address, port } = attempt.server
    const says = `The client sent ${count(tcp.syns, 'SYN')} to ${address} port ${port}, and nothing came back within ${duration(waited)}.`
    const first = { packet: tcp.synPacket, timeNs: tcp.synNs }
    if (last === undefined || tcp.syns < 2) {
      const evidence: Evidence = [first, 'The client asks for a connection.']
      if (waited < CERTAIN_WAIT_NS) return likely(says, `One SYN alone may have been lost. ${SECOND_CAPTURE}`, evidence)
      // Every system asks again within 3 s when it is not answered.
      const doubt = 'The client did not ask again, as it would without an answer: the capture may not hold all of it.'
      return possible(says, `${doubt} ${SECOND_CAPTURE}`, evidence)
    }
    const evidence = [
      [first, 'The client asks for a connection.'],
      [
        last,
        `The client asks for the ${ordinal(tcp.syns)} time, ${duration(last.timeNs - tcp.synNs)} after the first.`,
      ],
    ] as const
    const certain = tcp.syns >= CERTAIN_SYNS || (tcp.syns >= MANY_SYNS && waited >= CERTAIN_WAIT_NS)
    // Of cut ICMP messages nobody can tell what they are about.
    return certain && attempt.explained?.cutPackets === 0
      ? confirmed(says, ...evidence)
      : likely(says, SECOND_CAPTURE, ...evidence)
  },
})

function isAnswered(attempt: Attempt): boolean {
  const { tcp, connection } = pictureOf(attempt)
  if (tcp === null || (connection?.packets[1] ?? 0) > 0) return true
  if (firstIcmp(attempt, 'prohibited') !== null || firstIcmp(attempt, 'unreachable') !== null) return true
  return attempt.neighbours.some(note => note.answers.length === 0)
}

function ordinal(number: number): string {
  if (number === 2) return 'second'
  return number === 3 ? 'third' : `${number}th`
}
