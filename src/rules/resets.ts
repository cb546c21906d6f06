/**
 * Whether a reset came from the side whose address it carries. A stack's own reset has the time to live of its other
 * packets and ends what it says; a device on the way writes packets of its own and can not stop the real sender.
 * IP identification 0 and missing options alone mean nothing: kernels send such resets themselves.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { TcpFacts, TcpMark, TcpSide } from '../flow/conversation.ts'
import { duration, sideName } from './figures.ts'
import { pictureOf } from './picture.ts'
import { rememberLast } from './remember.ts'

export interface ForeignReset {
  readonly mark: TcpMark
  readonly ttlDiffers: boolean
  /** A packet of the claimed sender after its own reset that a closed connection does not send. */
  readonly sentOn: TcpMark | null
  /** A reset in the name of the other end, at the same time: sooner than one could be the answer to the other. */
  readonly twin: TcpMark | null
  /** What speaks for another sender, as clauses of a sentence. */
  readonly signs: readonly string[]
}

/** Packets that crossed the reset on the way are no sign; one round trip and this much later they are. */
const CROSSING_NS = 50e6
/** On shorter ways everything comes at once. */
const LEAST_ROUND_TRIP_MS = 8

/** The reset that ended the connection to explain, when its claimed sender did not send it; otherwise null. */
export const foreignResetOf: (attempt: Attempt) => ForeignReset | null = rememberLast(look)

function look(attempt: Attempt): ForeignReset | null {
  if (attempt.outcome === 'established') return null
  const { tcp, leaving, connected } = pictureOf(attempt)
  if (tcp === null || !connected || leaving?.how !== 'rst') return null
  const mark = tcp.marks.find(one => one.kind === 'reset' && one.packet === leaving.packet)
  if (mark === undefined) return null
  const side = tcp.sides[mark.direction]
  const ttlDiffers = side.ttlMost > 0 && (mark.ttl < side.ttlLeast || mark.ttl > side.ttlMost)
  const sentOn = laterPacket(tcp, mark)
  const twin = resetOfOtherEnd(tcp, mark)
  if (!ttlDiffers && sentOn === null && twin === null) return null
  return { mark, ttlDiffers, sentOn, twin, signs: signsOf(mark, side, sentOn, twin) }
}

function laterPacket(tcp: TcpFacts, reset: TcpMark): TcpMark | null {
  const after = reset.timeNs + CROSSING_NS + Math.max(0, tcp.initialRoundTripMs) * 1e6
  for (const mark of tcp.marks) {
    if (mark.direction !== reset.direction || mark.kind === 'reset' || mark.kind === 'duplicate') continue
    // Only what carries data or a FIN: a bare ACK may answer the other side's farewell.
    if (mark.timeNs > after && (mark.length > 0 || mark.kind === 'fin')) return mark
  }
  return null
}

/**
 * Both ends are told at once that the other one is gone. Nobody answers a reset, and what was on its way takes half a round
 * trip and more: closer together they have one sender.
 */
function resetOfOtherEnd(tcp: TcpFacts, reset: TcpMark): TcpMark | null {
  if (tcp.initialRoundTripMs < LEAST_ROUND_TRIP_MS) return null
  const together = (tcp.initialRoundTripMs * 1e6) / 4
  return (
    tcp.marks.find(
      mark =>
        mark.kind === 'reset' &&
        mark.direction !== reset.direction &&
        Math.abs(mark.timeNs - reset.timeNs) <= together &&
        mark.inWindow,
    ) ?? null
  )
}

function signsOf(mark: TcpMark, side: TcpSide, sentOn: TcpMark | null, twin: TcpMark | null): string[] {
  const signs: string[] = []
  if (mark.ttl < side.ttlLeast || mark.ttl > side.ttlMost) {
    const usual = side.ttlLeast === side.ttlMost ? `${side.ttlLeast}` : `${side.ttlLeast} to ${side.ttlMost}`
    signs.push(`its time to live is ${mark.ttl} where the ${sideName(mark.direction)}'s packets have ${usual}`)
  }
  if (side.timestamps && !mark.timestamps) signs.push('it lacks the TCP timestamps that the connection uses')
  if (mark.ipId === 0 && mark.ipIdStep !== 0) signs.push('its IP identification is 0')
  if (!mark.inWindow) signs.push('its sequence number lies outside the receive window')
  if (twin !== null) {
    signs.push(
      `${duration(Math.abs(twin.timeNs - mark.timeNs))} apart both ends are reset, each in the name of the other, sooner than one could answer the other`,
    )
  }
  if (sentOn !== null) {
    signs.push(`the ${sideName(mark.direction)} went on sending ${duration(sentOn.timeNs - mark.timeNs)} later`)
  }
  return signs
}
