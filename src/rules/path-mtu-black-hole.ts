/** Large packets vanish on the way while small ones pass. Cause 10; RFC 1191, RFC 2923, RFC 4821, RFC 8201. */
import type { Attempt } from '../attempt/attempt.ts'
import type { IcmpNote, TcpFacts } from '../flow/conversation.ts'
import { CLIENT, type Direction, opposite, SERVER } from '../wire/dissector.ts'
import { count, duration, sideName, times } from './figures.ts'
import { firstIcmp } from './icmp.ts'
import { pictureOf } from './picture.ts'
import { atMirrorPort, onBothEnds } from './recordings.ts'
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
import { hindranceOf, type Stall, stallOf } from './stall.ts'

const WORKED = ruledOut('The connection worked: its large packets came through.')
const NO_LARGE = notVisible(
  'The connection ended before a large packet was sent.',
  'ping -f -l 1372 <server> from the client and the same from the server: the largest size that passes, plus 28, is the path MTU.',
)
const ACKNOWLEDGED = resting(['silence'], ruledOut('The largest packets that were sent were acknowledged.'))
const FRAGMENTS = ruledOut('The large packets travelled in IP fragments: see ip-fragments-lost.')
const NOT_CONNECTED = notVisible(
  'The connection was never established, so that no large packet was sent.',
  'ping -f -l 1372 <server> shows whether large packets pass.',
)
const TO_SETTLE =
  'Test the size: ping -f -l 1372 <server> (1400 bytes with headers) and smaller, from both ends. A second capture on the other side of the suspected link shows the small packets of this flow arrive and the large ones not.'

export const pathMtuBlackHole = rule({
  id: 'path-mtu-black-hole',
  severity: 'error',
  title: 'Large packets vanish on the way while small ones pass (path MTU black hole)',
  short: 'large packets vanish',
  causes: [10],
  looksAt:
    'Which segment sizes are acknowledged, which are sent again, selective acknowledgements beyond a hole, and ICMP "fragmentation needed".',
  confirms:
    'ICMP "fragmentation needed" or "packet too big" about this connection that the sender does not heed. Likely: full-size segments sent again three times or more, or missing at the receiver, while smaller ones pass.',
  rulesOut:
    'Acknowledged segments as large as the maximum segment size; a connection that ended before a segment above 536 bytes.',
  cannotSee:
    'Where on the path the packets vanish, and a black hole beyond the capture point that no large packet reached. Two captures, or pings of growing size, find it.',
  settledBy: [onBothEnds, atMirrorPort],
  remedy: [
    'Clamp the MSS where the tunnel begins: iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu; ip tcp adjust-mss 1360 (Cisco).',
    'Or lower the MTU of the VPN or uplink interface: netsh interface ipv4 set subinterface "<name>" mtu=1400 store=persistent.',
    'Let ICMP type 3 code 4 (IPv6: type 2) through all firewalls on the way.',
    'Stopgap on Windows: EnablePMTUBHDetect=1 (REG_DWORD) under HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters turns on black hole detection; on Linux sysctl net.ipv4.tcp_mtu_probing=1.',
  ],
  ask: ['network', 'security'],
  filter:
    '(tcp.analysis.retransmission && tcp.len > 536) || (icmp.type == 3 && icmp.code == 4) || icmpv6.type == 2 || tcp.options.sack_le',
  restsOn: ['silence', 'size'],

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    if (attempt.outcome === 'established') return WORKED
    if (!picture.connected || picture.tcp === null) return NOT_CONNECTED
    const hindrance = hindranceOf(attempt)
    if (hindrance.kind === 'fragments') return FRAGMENTS
    if (hindrance.kind === 'black-hole') return found(attempt, hindrance.stall, hindrance.icmp)
    const stall = stallOf(picture, 1) ?? stallOf(picture, 0)
    if (stall?.fullSize) return onlyLarge(stall)
    const { sides } = picture.tcp
    return Math.max(sides[0].largestSegment, sides[1].largestSegment) > SMALL_SEGMENT ? ACKNOWLEDGED : NO_LARGE
  },
})

const SMALL_SEGMENT = 536

function found(attempt: Attempt, stall: Stall, icmp: IcmpNote | null): Verdict {
  const sender = sideName(stall.direction)
  const receiver = sideName(opposite(stall.direction))
  if (icmp !== null) {
    const limit = icmp.mtu > 0 ? `packets above ${icmp.mtu} bytes` : 'packets of this size'
    return resting(
      ['size'],
      confirmed(
        `${icmp.from} reports that ${limit} do not fit, but the ${sender} sent ${stall.length} bytes of payload again ${times(stall.resends)} all the same.`,
        [icmp, `${icmp.from} reports: fragmentation needed${icmp.mtu > 0 ? `, next-hop MTU ${icmp.mtu}` : ''}.`],
        [stall.last, `The ${sender} sends ${stall.length} bytes of payload again, still in one packet.`],
      ),
    )
  }
  const tcp = attempt.explained?.tcp
  const agreed = announced(tcp ?? null, stall.direction)
  const heard = firstIcmp(attempt, 'too-big') === null ? ' No ICMP "fragmentation needed" is in the capture.' : ''
  if (stall.seenFrom === 'receiver') {
    return likely(
      `Segments of the ${sender} of ${stall.length} bytes${agreed} never arrive here, while smaller ones behind them do.${heard}`,
      TO_SETTLE,
      [
        stall.first,
        stall.toldBy === 'sack'
          ? `${stall.length} bytes of the ${sender}'s data are missing; the ${receiver} acknowledges selectively what came behind them.`
          : `The sequence number of the ${sender} has moved on by ${stall.length} bytes that never arrived here.`,
      ],
      ...missing(stall, sender),
    )
  }
  return likely(
    `The ${sender} sent a segment of ${stall.length} bytes${agreed} again ${times(stall.resends)} within ${duration(stall.last.timeNs - stall.first.timeNs)} and it was never acknowledged, while smaller packets pass both ways.${heard}`,
    TO_SETTLE,
    [stall.first, `The ${sender} sends ${stall.length} bytes of payload, more than any segment that was acknowledged.`],
    [stall.last, `It sends the same bytes again for the last time; the ${receiver} still waits for them.`],
  )
}

function onlyLarge(stall: Stall): Verdict {
  return possible(
    `The ${sideName(stall.direction)} sent a segment of ${stall.length} bytes again ${times(stall.resends)} in vain, but nothing small went over the connection afterwards: the ${sideName(stall.direction === CLIENT ? 1 : 0)} may as well be gone.`,
    TO_SETTLE,
    [stall.last, `The ${sideName(stall.direction)} sends the same ${stall.length} bytes for the last time.`],
  )
}

/** What both sides announced: a difference may show that something on the way clamps it (RFC 9293 3.7.1). */
function announced(tcp: TcpFacts | null, direction: Direction): string {
  const client = tcp?.sides[CLIENT].mss ?? -1
  const server = tcp?.sides[SERVER].mss ?? -1
  if (client > 0 && server > 0 && client !== server) {
    return ` (MSS ${client} in the SYN, ${server} in the SYN-ACK)`
  }
  const mss = direction === CLIENT ? server : client
  return mss > 0 ? ` (the ${sideName(opposite(direction))} announced an MSS of ${mss})` : ''
}

function missing({ missingIds, first }: Stall, sender: string): Evidence[] {
  if (missingIds === 0) return []
  return [
    [
      first,
      `${count(missingIds, 'number')} missing in the row of the ${sender}'s IP identifications: it sent packets there.`,
    ],
  ]
}
