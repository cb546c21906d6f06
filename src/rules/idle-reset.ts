/**
 * A reset in answer to data behind a long silence: the side that answers does not know the connection any more, because
 * a device on the way forgot it, or because the host was started anew. RFC 9293 3.5.2 (reset generation, group 1).
 */
import type { TcpMark } from '../flow/conversation.ts'
import { opposite } from '../wire/dissector.ts'
import type { Picture } from './picture.ts'

export interface IdleReset {
  readonly reset: TcpMark
  readonly silentNs: number
}

/** NAT and firewall tables forget idle TCP connections from 5 min upward (RFC 5382 asks for 2 h, many do less). */
const LONG_SILENCE_NS = 300e9
/** The reset answers the data, so it comes within a round trip of it. */
const ANSWER_NS = 2e9

export function idleResetOf({ tcp, leaving }: Picture): IdleReset | null {
  if (tcp === null || leaving?.how !== 'rst') return null
  const reset = tcp.marks.find(mark => mark.kind === 'reset' && mark.packet === leaving.packet)
  if (reset === undefined || reset.timestamps) return null
  const answering = tcp.sides[reset.direction]
  const asking = tcp.sides[opposite(reset.direction)]
  const silentNs = reset.timeNs - answering.lastDataNs
  const answersData = asking.lastDataPacket < reset.packet && reset.timeNs - asking.lastDataNs <= ANSWER_NS
  if (!answersData || silentNs < LONG_SILENCE_NS || answering.keepAlives + asking.keepAlives > 0) return null
  return { reset, silentNs }
}
