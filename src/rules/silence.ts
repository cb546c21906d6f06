/**
 * A side that fell silent while the other one went on asking: resends, keep-alives or a FIN after its last packet. New data
 * alone does not count: unanswered it would be sent again, and where it was not, the answer is only missing here.
 * A living TCP answers each of them within half a second (delayed ACK, RFC 1122 section 4.2.3.2).
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import type { MarkKind, TcpFacts } from '../flow/conversation.ts'
import { type Direction, opposite } from '../wire/dissector.ts'
import type { Picture } from './picture.ts'

export interface Silence {
  /** The side that fell silent. */
  readonly quiet: Direction
  readonly lastHeard: Place
  /** Packets of the other side that called for an answer, and how many of them sent the same data again. */
  readonly demands: number
  readonly resends: number
  readonly firstDemand: Place
  readonly lastDemand: Place
}

/** From when on an unanswered request is a finding: a recorder may stop any moment, a server may need a second. */
export const NOTABLE_WAIT_NS = 2e9
/** Three packets in vain over a second, or two over two seconds: one lost packet does not look like that. */
const FEW_DEMANDS = 2
const MANY_DEMANDS = 3
const SHORT_WAIT_NS = 1e9
/** Three resends in vain, each after twice the time, leave no other reading than a dead path or peer. */
const CERTAIN_RESENDS = 3

const DEMANDS: ReadonlySet<MarkKind> = new Set([
  'retransmission',
  'fast-retransmission',
  'spurious-retransmission',
  'out-of-order',
  'keep-alive',
  'zero-window-probe',
  'fin',
])

/** The silence of this side at the end of the connection; null when it answered or when too little was asked. */
export function silenceOf(picture: Picture, quiet: Direction): Silence | null {
  const { tcp } = picture
  if (tcp === null || !picture.connected) return null
  const asking = tcp.sides[opposite(quiet)]
  const heard = tcp.sides[quiet]
  // Who has left owes no answer.
  if (picture.leaving?.side === quiet) return null
  if (heard.lastPacket === 0 || asking.lastPacket <= heard.lastPacket) return null
  return demandsAfter(tcp, quiet)
}

function demandsAfter(tcp: TcpFacts, quiet: Direction): Silence | null {
  const asking = opposite(quiet)
  const { lastPacket, lastNs, lastWindow } = tcp.sides[quiet]
  // A peer that announced window 0 is alive and full: another story.
  if (lastWindow === 0) return null
  const lastHeard = { packet: lastPacket, timeNs: lastNs }
  let demands = 0
  let resends = 0
  let first: Place | null = null
  let last: Place | null = null
  for (const mark of tcp.marks) {
    if (mark.direction !== asking || mark.packet <= lastPacket) continue
    // Its own reset: from here on it does not wait for an answer.
    if (mark.kind === 'reset') break
    // What is proven needless was answered.
    if (!DEMANDS.has(mark.kind) || mark.needless || mark.intoClosedWindow) continue
    demands++
    if (mark.length > 0 && mark.kind !== 'keep-alive' && mark.kind !== 'zero-window-probe') resends++
    first ??= mark
    last = mark
  }
  if (first === null || last === null) return null
  return { quiet, lastHeard, demands, resends, firstDemand: first, lastDemand: last }
}

/** Long and insistent enough to speak of. */
export function isNotable(silence: Silence): boolean {
  const waited = silence.lastDemand.timeNs - silence.firstDemand.timeNs
  return (
    (silence.demands >= MANY_DEMANDS && waited >= SHORT_WAIT_NS) ||
    (silence.demands >= FEW_DEMANDS && waited >= NOTABLE_WAIT_NS)
  )
}

export function isCertain(silence: Silence): boolean {
  return silence.resends >= CERTAIN_RESENDS && silence.lastDemand.timeNs - silence.firstDemand.timeNs >= SHORT_WAIT_NS
}

/** How long this question stayed without an answer: until the asker left, or until the capture ended. */
export function waitedNs(attempt: Attempt, picture: Picture, asked: Place): number {
  const { leaving, connection } = picture
  const until = leaving === null ? Math.max(attempt.captureEndNs, connection?.lastNs ?? 0) : leaving.timeNs
  return Math.max(0, until - asked.timeNs)
}
