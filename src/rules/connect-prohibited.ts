/** ICMP says that a filter forbids the connection. Cause 18; RFC 1812 5.2.7.1, RFC 4443 3.1. */
import type { Attempt } from '../attempt/attempt.ts'
import { icmpName } from '../codes/icmp.ts'
import type { IcmpNote } from '../flow/conversation.ts'
import { SERVER } from '../wire/dissector.ts'
import { count, duration } from './figures.ts'
import { countIcmp, firstIcmp } from './icmp.ts'
import { pictureOf } from './picture.ts'
import { onBothEnds, onClient } from './recordings.ts'
import { confirmed, resting, rule, ruledOut, type Verdict } from './rule.ts'

const NO_ICMP = resting(['silence', 'beside'], ruledOut('No ICMP message forbids this connection.'))
const ANSWERED = ruledOut('The server went on sending data after the message: the connection was not forbidden by it.')
const LATE = ruledOut('The message came when the connection had already been ended.')
const WORKED = ruledOut('The connection worked all the same.')

export const connectProhibited = rule({
  id: 'connect-prohibited',
  severity: 'error',
  title: 'A filter on the way forbids the connection, and says so by ICMP',
  short: 'prohibited by a filter',
  causes: [18],
  looksAt: 'ICMP and ICMPv6 messages that quote a packet of this connection.',
  confirms:
    'ICMP 3/9, 3/10 or 3/13 (administratively prohibited) or ICMPv6 1/1, 1/5, 1/6 about this connection; or "port unreachable" (3/3, ICMPv6 1/4), which a TCP stack does not send: a packet filter rejects with it.',
  rulesOut: 'No such message, or a connection that works.',
  cannotSee: 'Filters that drop without a word, or that suppress ICMP: see tcp-connect-unanswered.',
  settledBy: [onClient, onBothEnds],
  remedy: [
    'The device that sent the message holds the rule: allow TCP from the client to the server and port there.',
    'On Linux look for REJECT rules: iptables -S | grep REJECT, nft list ruleset | grep reject.',
  ],
  ask: ['security', 'network'],
  filter: '(icmp.type == 3 && icmp.code in {3, 9, 10, 13}) || (icmpv6.type == 1 && icmpv6.code in {1, 4, 5, 6})',

  assess(attempt): Verdict {
    const note = firstIcmp(attempt, 'prohibited')
    if (note === null) return NO_ICMP
    if (attempt.outcome === 'established') return WORKED
    if (wentOn(attempt, note)) return ANSWERED
    if (cameLate(attempt, note)) return LATE
    const number = countIcmp(attempt, 'prohibited')
    const tcp = attempt.explained?.tcp
    const says = `${note.from} forbids the connection to ${attempt.server.address} port ${attempt.server.port}: ICMP ${icmpName(note.family, note.type, note.code)}, ${count(number, 'message')}.`
    const answer = [
      note,
      `${note.from} answers: ${icmpName(note.family, note.type, note.code)} (type ${note.type}, code ${note.code}).`,
    ] as const
    if (tcp == null || tcp.synPacket === 0) return confirmed(says, answer)
    const syn = { packet: tcp.synPacket, timeNs: tcp.synNs }
    return confirmed(
      says,
      [syn, `The client asks for a connection, ${duration(note.timeNs - tcp.synNs)} before.`],
      answer,
    )
  },
})

/** Data behind the message shows that packets still went both ways. */
function wentOn(attempt: Attempt, note: IcmpNote): boolean {
  const side = attempt.explained?.tcp?.sides[SERVER]
  return side !== undefined && side.lastDataPacket > note.packet
}

/** Where one side had left, what still arrives is refused by the host itself. */
function cameLate(attempt: Attempt, note: IcmpNote): boolean {
  const { leaving, connected } = pictureOf(attempt)
  return connected && leaving !== null && leaving.packet < note.packet
}
