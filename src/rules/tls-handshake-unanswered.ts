/** The ClientHello is never answered. Causes 17 and 18; RFC 8446 4.1. */
import type { Attempt } from '../attempt/attempt.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { duration, times } from './figures.ts'
import { firstIcmp } from './icmp.ts'
import { type Picture, pictureOf } from './picture.ts'
import { atMirrorPort, onBothEnds } from './recordings.ts'
import { foreignResetOf } from './resets.ts'
import { confirmed, type Evidence, likely, notVisible, rule, ruledOut, type Verdict } from './rule.ts'
import { NOTABLE_WAIT_NS, waitedNs } from './silence.ts'
import { hindranceOf } from './stall.ts'

/** The server's own timer for a connection that does not become a session (MS-RDPBCGR 3.3.6.1). */
const CERTAIN_WAIT_NS = 60e9
const CERTAIN_RESENDS = 3

const NO_HELLO = notVisible(
  'This capture holds no TLS ClientHello.',
  'Capture on the client from before the click on Connect.',
)
const ANSWERED = ruledOut('The server answered the ClientHello, or closed the connection.')
const PATH = ruledOut(
  'Something on the path explains the silence: see the rules about packet size, fragments, resets and ICMP.',
)
const UNREADABLE = notVisible(
  'What the server sent may be missing in this capture.',
  'Capture again with both directions, without drops of the recorder.',
)
const TOO_SHORT = notVisible(
  'The client left, or the capture ends, too soon after the ClientHello to speak of silence.',
  'Let the capture run for at least 15 s.',
)
const TO_SETTLE =
  'Capture on the server at the same time: if the ClientHello arrives there, the server is stuck; if not, a device in between swallows it (TLS inspection, IPS, filter on the server name).'

export const tlsHandshakeUnanswered = rule({
  id: 'tls-handshake-unanswered',
  severity: 'error',
  title: 'The TLS ClientHello was never answered',
  short: 'hello unanswered',
  causes: [17, 18],
  looksAt: 'The ClientHello, whether it was acknowledged, and what the server sends afterwards.',
  confirms: 'Three or more resends of the ClientHello in vain, or a silence of 60 s. Likely: a silence of 2 s or more.',
  rulesOut: 'Any answer of the server, or its close.',
  cannotSee: 'Whether the server or a device on the way keeps silent. A capture on the server settles it.',
  settledBy: [onBothEnds, atMirrorPort],
  remedy: [
    'Exempt the connection from TLS inspection and IPS as a test, or try from a network without them.',
    'openssl s_client -connect <server>:<port> with and without -servername shows whether the name matters.',
    'If the ClientHello arrives: Restart-Service TermService -Force (or the gateway service), and look at its processor load.',
  ],
  ask: ['security', 'server'],
  filter: 'tls.handshake.type == 1',
  restsOn: ['silence'],

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    const { clientHello, tcp, leaving } = picture
    if (clientHello === null || tcp === null) return NO_HELLO
    if (isAnswered(picture) || attempt.outcome === 'established') return ANSWERED
    if (picture.unseen[SERVER]) return UNREADABLE
    if (isExplained(attempt)) return PATH
    const waited = waitedNs(attempt, picture, clientHello)
    if (waited < NOTABLE_WAIT_NS) return TOO_SHORT
    const client = tcp.sides[CLIENT]
    const resent = client.unacknowledged > 1 ? client.stalledResends : 0
    const heard =
      resent > 0 ? `never acknowledged, though it was sent again ${times(resent)}` : 'acknowledged, but never answered'
    const says = `The TLS ClientHello was ${heard}, within ${duration(waited)}.`
    const evidence: Evidence[] = [[clientHello, 'The client opens the TLS handshake.']]
    if (resent > 0) {
      evidence.push([
        { packet: client.stalledLastPacket, timeNs: client.stalledLastNs },
        'It sends its ClientHello again for the last time.',
      ])
    }
    if (leaving !== null) evidence.push([leaving, `The client gives up, ${duration(waited)} after its ClientHello.`])
    if (waited >= CERTAIN_WAIT_NS || resent >= CERTAIN_RESENDS) return confirmed(says, ...evidence)
    return likely(says, TO_SETTLE, ...evidence)
  },
})

function isAnswered({ clientHello, serverHello, helloRetry, leaving, tcp }: Picture): boolean {
  if (serverHello !== null || helloRetry !== null || clientHello === null) return true
  if (leaving !== null && leaving.side === SERVER && leaving.packet > clientHello.packet) return true
  return tcp !== null && tcp.sides[SERVER].lastDataPacket > clientHello.packet
}

function isExplained(attempt: Attempt): boolean {
  if (hindranceOf(attempt).kind !== 'none' || foreignResetOf(attempt) !== null) return true
  return firstIcmp(attempt, 'unreachable') !== null || firstIcmp(attempt, 'prohibited') !== null
}
