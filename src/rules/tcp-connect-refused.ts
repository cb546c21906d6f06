/** A reset in answer to the SYN. Causes 19 and 45; RFC 9293 3.5.2. */
import type { TcpMark } from '../flow/conversation.ts'
import { ACK } from '../flow/headers.ts'
import { SERVER } from '../wire/dissector.ts'
import { count, duration } from './figures.ts'
import { isServerDisputed } from './hardware.ts'
import { pictureOf } from './picture.ts'
import { atMirrorPort, onServer } from './recordings.ts'
import { confirmed, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'

const ANSWERED = ruledOut('The server accepted the connection.')
const NO_RESET = resting(['silence'], ruledOut('No reset came in answer to the SYN.'))
const NO_SYN = notVisible(
  'This capture holds no SYN of the attempt.',
  'Capture on the client from before the click on Connect.',
)

const OTHER_HOST = 'Two hosts claim this address, so that the reset may come from the wrong one: see duplicate-ip.'

export const tcpConnectRefused = rule({
  id: 'tcp-connect-refused',
  severity: 'error',
  title: 'The TCP connection was refused with a reset',
  short: 'connection refused',
  causes: [19, 45],
  looksAt: 'The first packet that comes back for the SYN.',
  confirms: 'A reset in answer to the SYN: nothing listens on that port, or a filter says so in the name of the host.',
  rulesOut: 'A SYN-ACK.',
  cannotSee:
    'Whether the host itself or a device on the way wrote the reset. A capture on the server settles it: there the SYN arrives, or it does not.',
  settledBy: [onServer, atMirrorPort],
  remedy: [
    'On the server: Get-Service TermService; netstat -ano | findstr :3389; qwinsta (the rdp-tcp listener must be there).',
    'Is Remote Desktop allowed? reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server" /v fDenyTSConnections (0 = allowed).',
    'Is it another port? reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp" /v PortNumber.',
    'If the port is open on the server itself, a firewall on the way rejects with resets: look at its log.',
  ],
  ask: ['server', 'security'],
  filter: 'tcp.flags.reset == 1 && tcp.seq == 1 && tcp.ack == 1 && tcp.len == 0',

  assess(attempt): Verdict {
    const { tcp, connected } = pictureOf(attempt)
    if (connected) return ANSWERED
    if (tcp === null || tcp.synPacket === 0) return NO_SYN
    const syn = tcp.marks.find(mark => mark.kind === 'syn')
    const resets = tcp.marks.filter(mark => mark.kind === 'reset' && mark.direction === SERVER && isAnswer(mark, syn))
    const [reset] = resets
    if (reset === undefined) return NO_RESET
    const { address, port } = attempt.server
    const verdict = confirmed(
      `${address} answered the connection request to port ${port} with a reset after ${duration(reset.timeNs - tcp.synNs)}: nothing listens there, or a filter refuses in its name.`,
      [{ packet: tcp.synPacket, timeNs: tcp.synNs }, 'The client asks for a connection.'],
      [
        reset,
        resets.length === 1
          ? `The answer is a reset, with time to live ${reset.ttl}.`
          : `The answer is a reset, with time to live ${reset.ttl}; so are those to the repeated SYNs (${count(resets.length, 'reset')} in all).`,
      ],
    )
    return isServerDisputed(attempt) ? { ...verdict, verdict: 'likely', toSettle: OTHER_HOST } : verdict
  },
})

/** It acknowledges the SYN and what came with it, and no more: then there was a connection, though the capture shows none. */
function isAnswer(reset: TcpMark, syn: TcpMark | undefined): boolean {
  return (reset.flags & ACK) === 0 || reset.acknowledgement <= 1 + (syn?.length ?? 0)
}
