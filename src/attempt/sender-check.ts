/**
 * Whether a FIN or reset came from the side whose address it carries. A stack's own packet has the time to live of its
 * others, goes on with their IP identification where they count, and ends what it says; a device on the way writes packets
 * of its own and can not stop the real sender. RFC 9293 3.5.2 and 3.6, RFC 791 3.2, RFC 6864, RFC 7323 3.2.
 *
 * Kernels reset for a socket that is gone with window 0, no timestamps and IP identification 0 or any: that means nothing.
 */
import type { TcpFacts, TcpMark, TcpSide } from '../flow/conversation.ts'
import { hopsOf } from './hops.ts'

export interface SenderCheck {
  /** `genuine`: nothing speaks against its sender. `foreign`: most likely somebody else's. `unknown`: it can not be told. */
  readonly authenticity: 'genuine' | 'foreign' | 'unknown'
  /** What speaks for it, as clauses of a sentence. */
  readonly signs: readonly string[]
  /** Routers between whoever sent it and the capture point; -1 when its time to live does not tell. */
  readonly hops: number
  /** Where a foreign one came from, as it goes on after `a device`; '' when nothing tells. */
  readonly whereabouts: string
}

/** The closing packet with what was found out about it. */
export interface CheckedEnd extends SenderCheck {
  readonly mark: TcpMark
  /** A packet of the claimed sender after the end that a closed connection does not send. */
  readonly sentOn: { readonly packet: number; readonly timeNs: number } | null
}

/** Packets that crossed the end on the way are no sign; one round trip and this much later they are. */
const CROSSING_NS = 50e6
/** Nobody answers a reset, and what was on its way takes half a round trip: resets closer together have one sender. */
const TWIN_SHARE = 0.25
/** On shorter ways everything comes at once. */
const LEAST_ROUND_TRIP_MS = 8
/** No proof on those, but a sign beside others. */
const AT_ONCE_NS = 2e6
/** How a sender counts: by one, or by one for each segment that the network card cut. */
const NEXT_ID = 256
/** So far a counter may run on between two packets that were seen: it may be one for all connections of the host. */
const FAR_ID = 4096
const LEAST_COUNTED = 3
const COUNTED_SHARE = 0.8
const NS_PER_MS = 1e6
const SIDES = ['client', 'server'] as const

/** @param elsewhere times to live of the same address in other connections, for one that sent nothing else in this one. */
export function checkSender(tcp: TcpFacts, mark: TcpMark, elsewhere: readonly number[] = []): CheckedEnd {
  const side = tcp.sides[mark.direction]
  const own = side.ttlMost > 0
  const known = own || elsewhere.length > 0
  const matches = own ? mark.ttl >= side.ttlLeast && mark.ttl <= side.ttlMost : elsewhere.includes(mark.ttl)
  const hops = hopsOf(mark.ttl)
  const sideHops = hopsOf(own ? side.ttlMost : (elsewhere[0] ?? 0))
  const differs = known && !matches
  const sentOn = sentAfter(tcp, mark)
  const jumps = !isOfKernel(mark) && isCounting(side) && mark.ipId > 0 && !isNear(mark.ipIdStep, FAR_ID)
  const bare = side.timestamps && !mark.timestamps
  const outside = mark.kind === 'reset' && !mark.inWindow
  const twin = twinOf(tcp, mark)
  const twinNs = twin === null ? Number.POSITIVE_INFINITY : Math.abs(twin.timeNs - mark.timeNs)
  const isTwin =
    tcp.initialRoundTripMs >= LEAST_ROUND_TRIP_MS && twinNs <= tcp.initialRoundTripMs * NS_PER_MS * TWIN_SHARE
  const foreign = differs || sentOn !== null || isTwin || (jumps && (bare || outside))
  const name = SIDES[mark.direction]
  if (!foreign) {
    const authenticity = known && !differs && !jumps && !outside ? 'genuine' : 'unknown'
    const signs =
      authenticity === 'genuine'
        ? genuineSigns(mark, side, own)
        : doubts({ mark, side, own, elsewhere, differs, jumps, outside, name })
    return { mark, sentOn, authenticity, signs, hops, whereabouts: '' }
  }
  const signs = doubts({ mark, side, own, elsewhere, differs, jumps, outside, name })
  if (bare) signs.push('it lacks the TCP timestamps that the connection uses')
  if (mark.ipId === 0 && mark.ipIdStep !== 0) signs.push('its IP identification is 0')
  if (isTwin || twinNs <= AT_ONCE_NS) {
    signs.push(`${milliseconds(twinNs)} apart both ends are reset, each in the name of the other`)
  }
  if (sentOn !== null) signs.push(`the ${name} went on sending ${milliseconds(sentOn.timeNs - mark.timeNs)} later`)
  return {
    mark,
    sentOn,
    authenticity: 'foreign',
    signs,
    hops,
    whereabouts: differs ? whereabouts(hops, sideHops, name) : '',
  }
}

function genuineSigns(mark: TcpMark, side: TcpSide, own: boolean): string[] {
  const signs = [`time to live ${mark.ttl} as its ${own ? 'other packets' : 'packets in other connections'}`]
  if (isCounting(side) && isNear(mark.ipIdStep, NEXT_ID)) signs.push('the next IP identification')
  if (side.timestamps && mark.timestamps) signs.push('TCP timestamps as before')
  return signs
}

function doubts(found: {
  readonly mark: TcpMark
  readonly side: TcpSide
  readonly own: boolean
  readonly elsewhere: readonly number[]
  readonly differs: boolean
  readonly jumps: boolean
  readonly outside: boolean
  readonly name: string
}): string[] {
  const { mark, side, own, elsewhere, differs, jumps, outside, name } = found
  const signs: string[] = []
  if (differs) {
    const usual = own
      ? side.ttlLeast === side.ttlMost
        ? `${side.ttlLeast}`
        : `${side.ttlLeast} to ${side.ttlMost}`
      : elsewhere.join(' or ')
    const where = own ? '' : ' in other connections'
    signs.push(`its time to live is ${mark.ttl} where the ${name}'s packets have ${usual}${where}`)
  }
  if (jumps) signs.push(`its IP identification ${mark.ipId} does not follow on those before`)
  if (outside) signs.push('its sequence number lies outside the receive window')
  return signs
}

/** What somebody who looks for the device can use, as it goes on after `a device`. */
function whereabouts(hops: number, sideHops: number, name: string): string {
  if (hops < 0 || sideHops < 0) return ''
  if (hops === sideHops) return `as far away as the ${name}: beside it, or a filter on that host`
  const here = hops === 0 ? 'next to the capture point' : `about ${counted(hops)} from the capture point`
  return `${here}, where the ${name} is ${sideHops === 0 ? 'next to it' : `${counted(sideHops)} away`}`
}

function counted(hops: number): string {
  return hops === 1 ? '1 hop' : `${hops} hops`
}

/** The reset for a socket that is gone has an IP identification of its own: 0, or any number. */
function isOfKernel({ kind, window }: TcpMark): boolean {
  return kind === 'reset' && window === 0
}

/** Its IP identifications go up from one packet to the next. */
function isCounting({ ipIdsInRow, packets }: TcpSide): boolean {
  return ipIdsInRow >= LEAST_COUNTED && ipIdsInRow >= (packets - 2) * COUNTED_SHARE
}

function isNear(step: number, most: number): boolean {
  return step > 0 && step <= most
}

/** What the claimed sender sent although it had ended its side: data, or after a reset a FIN. */
function sentAfter(tcp: TcpFacts, end: TcpMark): CheckedEnd['sentOn'] {
  const after = end.timeNs + CROSSING_NS + Math.max(0, tcp.initialRoundTripMs) * NS_PER_MS
  const { lastDataPacket, lastDataNs, lastNs } = tcp.sides[end.direction]
  if (lastNs <= after && lastDataNs <= after) return null
  let isOld = false
  for (const mark of tcp.marks) {
    if (mark.direction !== end.direction || mark.timeNs <= after || mark.kind === 'duplicate') continue
    // Only what carries data or a FIN: a bare ACK may answer the other side's farewell.
    if (end.kind === 'reset' && mark.kind !== 'reset' && (mark.length > 0 || mark.kind === 'fin')) return mark
    // Behind a FIN it may send again what was lost; a keep-alive has nothing new in it.
    if (mark.packet === lastDataPacket) isOld = true
  }
  return lastDataPacket > end.packet && lastDataNs > after && !isOld
    ? { packet: lastDataPacket, timeNs: lastDataNs }
    : null
}

/** A reset in the name of the other end, the nearest in time. */
function twinOf(tcp: TcpFacts, end: TcpMark): TcpMark | null {
  if (end.kind !== 'reset') return null
  let nearest: TcpMark | null = null
  for (const mark of tcp.marks) {
    if (mark.kind !== 'reset' || mark.direction === end.direction || !mark.inWindow) continue
    const isNearer = nearest === null || Math.abs(mark.timeNs - end.timeNs) < Math.abs(nearest.timeNs - end.timeNs)
    if (isNearer) nearest = mark
  }
  return nearest
}

function milliseconds(ns: number): string {
  if (ns < NS_PER_MS) return 'less than 1 ms'
  return ns < 1e9 ? `${Math.round(ns / NS_PER_MS)} ms` : `${Math.round(ns / 1e8) / 10} s`
}
