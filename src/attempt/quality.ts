/**
 * What weakens verdicts about an attempt: the capture began too late or ended too early, saw one side only, cut its packets,
 * lost some, took them at several points or by a clock that jumped, or where packets look different from those on the wire,
 * or is encrypted and the keys do not fit. What each means and what to do about it: codes/quality.ts.
 */
import type { Conversation, QualityNote } from '../flow/conversation.ts'
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'
import type { Closing } from './attempt.ts'

/** Larger than any TCP payload on Ethernet: put together by the network card or driver (LRO, TSO). */
const LARGEST_WIRE_SEGMENT_BYTES = 1460
/** Below this a side that shows nothing may just have had nothing to say. */
const ONE_SIDED_PACKETS = 3
/** Less is the disorder of a card with several queues; no wait that is judged is so short. */
const NOTABLE_STEP_BACK_NS = 100e6
/** A recorder that ran on for so long behind the last packet has seen that nothing more came. */
const SEEN_OUT_NS = 60e9
const NS_PER_SECOND = 1e9

const NONE: readonly QualityNote[] = []
const SIDES = ['client', 'server'] as const

export function qualityOf(conversations: readonly Conversation[]): readonly QualityNote[] {
  const notes: QualityNote[] = []
  const seen = conversations.filter(one => one.tcp !== null)
  const note = (id: string, says: string | null) => {
    if (says !== null) notes.push({ id, says })
  }
  note('no-syn', began(seen))
  note('one-sided', oneSided(seen))
  note('snap-length', cut(seen))
  note('drops', dropped(seen))
  note('duplicates', duplicated(seen))
  note('several-points', hopped(seen))
  note('offload', offloaded(seen))
  note('clock-back', steppedBack(seen))
  note('clock-leap', leapt(seen))
  note('events-lost', eventsLost(seen))
  note('evicted', evicted(seen))
  for (const why of undecrypted(seen)) note('not-decrypted', `TLS was not decrypted, or not all of it: ${why}`)
  return notes.length === 0 ? NONE : notes
}

/** The recorder stopped while the connection to explain was open: known only when the capture's end is. */
export function endQuality(explained: Conversation | null, closing: Closing, captureEndNs: number): QualityNote | null {
  if (explained === null || explained.tcp === null || explained.endedBy !== 'end-of-capture') return null
  if (closing.side === 'client' || closing.side === 'server') return null
  const behindNs = Math.max(0, captureEndNs - explained.lastNs)
  if (behindNs >= SEEN_OUT_NS) return null
  const when = behindNs < NS_PER_SECOND ? 'with its last packet' : `${seconds(behindNs)} behind its last packet`
  return { id: 'ends-open', says: `the capture ends while the connection is open, ${when}` }
}

/** True when one side's packets are not in the capture although the other one's are answers to them. */
export function isOneSided(conversation: Conversation): boolean {
  return missingSide(conversation) !== null
}

function missingSide({ tcp, packets }: Conversation): Direction | null {
  if (tcp === null) return null
  if (packets[CLIENT] === 0) return packets[SERVER] >= ONE_SIDED_PACKETS || tcp.synAckPacket > 0 ? CLIENT : null
  // SYNs and their resends alone are an unanswered connection, which is evidence; data shows that somebody answered.
  return packets[SERVER] === 0 && tcp.sides[CLIENT].bytes > 0 ? SERVER : null
}

function began(seen: readonly Conversation[]): string | null {
  const late = seen.some(({ tcp }) => tcp !== null && tcp.synPacket === 0 && tcp.synAckPacket === 0)
  return late ? 'the capture began in the middle of the connection' : null
}

function oneSided(seen: readonly Conversation[]): string | null {
  const missing = new Set(seen.map(missingSide).filter(side => side !== null))
  if (missing.size === 0) return null
  const names = [...missing].sort().map(side => SIDES[side])
  return `the capture holds no packets of the ${names.join(' or the ')}, although the other side goes on`
}

function cut(seen: readonly Conversation[]): string | null {
  const count = sum(seen, one => one.cutPackets)
  const all = sum(seen, ({ packets }) => packets[CLIENT] + packets[SERVER])
  return count === 0
    ? null
    : `${count} of its ${all} packets were cut when they were recorded: their content is not all there`
}

function dropped(seen: readonly Conversation[]): string | null {
  const holes = SIDES.map((_, side) => sum(seen, one => one.tcp?.sides[side]?.ackedUnseen ?? 0))
  const of = SIDES.filter((_, side) => (holes[side] as number) > 0)
  if (of.length === 0) return null
  return `packets of the ${of.join(' and of the ')} are missing that their receiver acknowledged: the recorder lost them`
}

function duplicated(seen: readonly Conversation[]): string | null {
  const count = sum(seen, one => sum(one.tcp?.sides ?? [], side => side.mirrorDuplicates))
  return count === 0
    ? null
    : `${times(count, 'packet')} recorded twice, as on a mirror port: copies do not count as resends`
}

function hopped(seen: readonly Conversation[]): string | null {
  return seen.some(one => one.tcp?.sides.some(side => side.copiesHopped) === true)
    ? 'copies of one packet have different times to live: recorded before and behind a router, or on all its interfaces'
    : null
}

/** A segment that fits one of the two announced sizes proves nothing: a clamp on the way may have changed the other. */
function offloaded(seen: readonly Conversation[]): string | null {
  let largest = 0
  for (const { tcp } of seen) {
    if (tcp === null) continue
    const [client, server] = tcp.sides
    const most = Math.max(client.largestSegment, server.largestSegment)
    if (most > Math.max(client.mss, server.mss, LARGEST_WIRE_SEGMENT_BYTES)) largest = Math.max(largest, most)
  }
  return largest === 0
    ? null
    : `segments of up to ${largest} bytes, larger than the wire allows: recorded on an end host with segmentation offload`
}

function steppedBack(seen: readonly Conversation[]): string | null {
  const back = Math.max(0, ...seen.map(one => one.stepBackNs))
  return back < NOTABLE_STEP_BACK_NS ? null : `inside a connection time goes back, by up to ${seconds(back)}`
}

function leapt(seen: readonly Conversation[]): string | null {
  const leap = Math.max(0, ...seen.map(one => one.leapNs))
  return leap === 0 ? null : `inside a connection time leaps ahead, by up to ${seconds(leap)}`
}

function eventsLost(seen: readonly Conversation[]): string | null {
  return seen.some(one => one.eventsLost > 0)
    ? 'more happened in a connection than is kept: its middle was left out'
    : null
}

function evicted(seen: readonly Conversation[]): string | null {
  return seen.some(one => one.endedBy === 'evicted')
    ? 'the connection was given up early: more were open at one time than this tool follows'
    : null
}

/** Only where there are keys at all. The reasons are few. */
function undecrypted(seen: readonly Conversation[]): ReadonlySet<string> {
  const reasons = new Set<string>()
  for (const { events } of seen) for (const { fact } of events) if (fact.kind === 'not-decrypted') reasons.add(fact.why)
  return reasons
}

function sum<T>(things: readonly T[], of: (thing: T) => number): number {
  let total = 0
  for (const thing of things) total += of(thing)
  return total
}

function times(count: number, thing: string): string {
  return count === 1 ? `1 ${thing} was` : `${count} ${thing}s were`
}

/** `0.4 s`, `12 s`, `3.2 h`, `4 days`. */
function seconds(ns: number): string {
  const value = ns / NS_PER_SECOND
  if (value >= 2 * 86_400) return `${Math.round(value / 86_400)} days`
  if (value >= 7200) return `${Math.round(value / 360) / 10} h`
  return value >= 10 ? `${Math.round(value)} s` : `${Math.round(value * 10) / 10} s`
}
