/** The round trip is long enough to be felt. Cause 31; RFC 6298. */
import { duration } from './figures.ts'
import { pictureOf } from './picture.ts'
import { onBothEnds, onGateway } from './recordings.ts'
import { confirmed, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'

/** From here on typing and pointing lag visibly; slow alone never closes a session. */
const NOTABLE_ROUND_TRIP_MS = 300

const NO_HANDSHAKE = notVisible(
  'The TCP handshake is not in the capture, so that the round-trip time is unknown.',
  'Capture from before the click on Connect, on the client.',
)
const FAST = resting(['time'], ruledOut('The TCP handshake took less than 300 ms.'))
const RESENT = notVisible(
  'The SYN was sent again, so that the handshake does not tell the round-trip time.',
  'ping <server> from the client.',
)

export const slowPath = rule({
  id: 'slow-path',
  severity: 'info',
  title: 'The round-trip time is long',
  short: 'slow',
  causes: [31],
  looksAt: 'The time from SYN to the end of the TCP handshake.',
  confirms: '300 ms or more.',
  rulesOut: 'Less than 300 ms.',
  cannotSee:
    'Delay behind a proxy or gateway that answers the handshake itself. Slow alone closes no session: a timer must have expired.',
  settledBy: [onBothEnds, onGateway],
  remedy: [
    'ping and tracert to the server; look for a VPN detour, a satellite link or a queue that is full (bufferbloat).',
  ],
  ask: ['network'],
  filter: 'tcp.analysis.initial_rtt > 0.3',
  restsOn: ['time'],

  assess(attempt): Verdict {
    const { tcp } = pictureOf(attempt)
    if (tcp === null || tcp.initialRoundTripMs < 0) return NO_HANDSHAKE
    if (tcp.initialRoundTripMs < NOTABLE_ROUND_TRIP_MS) return FAST
    if (tcp.syns > 1) return RESENT
    return confirmed(
      `The TCP handshake took ${duration(tcp.initialRoundTripMs * 1e6)}, from which typing and pointing lag.`,
      [{ packet: tcp.synPacket, timeNs: tcp.synNs }, 'The client asks for a connection.'],
      [{ packet: tcp.ackPacket, timeNs: tcp.ackNs }, 'The handshake ends.'],
    )
  },
})
