/**
 * The client's last flight of the TLS handshake came in pieces, and the server reset the connection. Cause 42;
 * MS-RDPBCGR appendix A, note 57: Windows wants ClientKeyExchange, ChangeCipherSpec and Finished in one piece.
 */
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { count, duration } from './figures.ts'
import { pictureOf } from './picture.ts'
import { onBothEnds, onServer } from './recordings.ts'
import { foreignResetOf } from './resets.ts'
import { type Evidence, likely, notVisible, possible, resting, rule, ruledOut, type Verdict } from './rule.ts'

const CLIENT_KEY_EXCHANGE = 16
const TLS_1_3 = 0x0304
/** The server's answer to the flight; whatever it does later is no answer to it. */
const ANSWER_NS = 5e9

const NO_FLIGHT = notVisible(
  'The last flight of the client is not in the capture: the handshake did not come so far, or the beginning is missing.',
  'Capture from before the click on Connect to the end.',
)
const NEWER = ruledOut('TLS 1.3 has no such flight: the client sends its Finished alone.')
const ONE_PIECE = ruledOut('The last flight of the client came in one packet.')
const ACCEPTED = ruledOut('The server went on behind the last flight of the client.')
const NO_RESET = resting(
  ['silence'],
  ruledOut('The server did not reset the connection behind the last flight of the client.'),
)
const OTHER_CAUSE = ruledOut('The reset was most likely sent by a device on the way: see middlebox-reset.')
const TO_SETTLE =
  'Compare with a client that works against the same server: there the flight is one packet (158 bytes with RSA keys of 2048 bits and AES). Schannel events 36874 and 36887 on the server; a capture there shows whether the pieces were made on the way (inspection, proxy, low MTU).'

export const tlsClientFlightSplit = rule({
  id: 'tls-client-flight-split',
  severity: 'warning',
  title: "The client's last flight of the TLS handshake came in pieces, and the server reset the connection",
  short: 'client flight in pieces',
  causes: [42],
  looksAt:
    'The packets of ClientKeyExchange, ChangeCipherSpec and Finished in TLS 1.2 and before, and what the server did then.',
  confirms:
    'Never: the server does not say why it resets. Likely: the flight came in several packets, and the server resets before its own Finished.',
  rulesOut: 'A flight in one packet, a server that goes on, or TLS 1.3.',
  cannotSee: 'The reason of the server. Its Schannel events tell.',
  settledBy: [onServer, onBothEnds],
  remedy: [
    'Take TLS inspection and antivirus web shields out of the way: they write the messages one by one.',
    'Update the client, or let it gather its flight (TCP_NODELAY off, one write).',
    'Raise the MTU of the way so that the flight fits into one packet, or use a smaller client certificate.',
  ],
  ask: ['security', 'network'],
  filter: 'tls.handshake.type == 16 || tls.record.content_type == 20 || tcp.flags.reset == 1',
  restsOn: ['absence'],

  assess(attempt): Verdict {
    const { serverHello, clientFinished, serverFinished, leaving, tcp } = pictureOf(attempt)
    if (serverHello?.fact.version === TLS_1_3) return NEWER
    const exchange = attempt.find(
      'handshake',
      (fact, event) => fact.type === CLIENT_KEY_EXCHANGE && event.direction === CLIENT,
    )
    if (exchange === undefined || clientFinished === null || tcp === null) return NO_FLIGHT
    const pieces = piecesOf(attempt.explained?.events ?? [], exchange.first, clientFinished.packet)
    if (pieces.length < 2) return ONE_PIECE
    if (serverFinished !== null) return ACCEPTED
    if (leaving === null || leaving.side !== SERVER || leaving.timeNs - clientFinished.timeNs > ANSWER_NS)
      return NO_RESET
    if (foreignResetOf(attempt) !== null) return OTHER_CAUSE
    const spread = clientFinished.timeNs - exchange.timeNs
    const apart = spread > 0 ? ` over ${duration(spread)}` : ''
    const evidence: Evidence[] = [
      [exchange, 'The client sends its ClientKeyExchange.'],
      [clientFinished, `Its Finished comes in another packet: ${count(pieces.length, 'packet')} in all${apart}.`],
      [leaving, `The server ${leaving.how === 'rst' ? 'resets' : 'ends'} the connection without its own Finished.`],
    ]
    const says = `The client's last flight of the TLS handshake came in ${count(pieces.length, 'packet')}${apart}, and the server ${leaving.how === 'rst' ? 'reset' : 'ended'} the connection ${duration(leaving.timeNs - clientFinished.timeNs)} later.`
    return leaving.how === 'rst' ? likely(says, TO_SETTLE, ...evidence) : possible(says, TO_SETTLE, ...evidence)
  },
})

/** The packets in which the client's handshake messages of this stretch lie. */
function piecesOf(
  events: readonly { readonly direction: number; readonly first: number; readonly packet: number }[],
  from: number,
  to: number,
): readonly number[] {
  const pieces = new Set<number>()
  for (const { direction, first, packet } of events) {
    if (direction !== CLIENT || first < from || packet > to) continue
    pieces.add(first)
    pieces.add(packet)
  }
  return [...pieces]
}
