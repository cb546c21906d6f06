/**
 * Data of one side that never gets through while the connection lives: the sender sends the same segment again and
 * again, or the receiver keeps a hole that selective acknowledgements step over. RFC 2018, RFC 4821 section 1.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import type { Conversation, FragmentNote, IcmpNote, TcpFacts, TcpSide } from '../flow/conversation.ts'
import { CLIENT, type Direction, opposite, SERVER } from '../wire/dissector.ts'
import { firstIcmp } from './icmp.ts'
import { type Picture, pictureOf } from './picture.ts'
import { rememberLast } from './remember.ts'
import { areUnrecorded } from './unseen.ts'

export interface Stall {
  readonly direction: Direction
  /** Where the capture was taken, seen from the loss: on the sender's side resends are visible, on the other a hole. */
  readonly seenFrom: 'sender' | 'receiver'
  /** What tells of it: resends, selective acknowledgements beyond a hole, or sequence numbers that ran ahead of the data. */
  readonly toldBy: 'resends' | 'sack' | 'sequence'
  /** Payload bytes of the segment that does not get through, or of the hole. */
  readonly length: number
  readonly resends: number
  /** Larger than all that was acknowledged, and larger than what every path carries. */
  readonly fullSize: boolean
  /** Numbers missing in the sender's row of IP identifications at the hole: packets that it sent and that never came here. */
  readonly missingIds: number
  /** Smaller packets went both ways after it was sent first. */
  readonly smallPass: boolean
  readonly first: Place
  readonly last: Place
}

export type Hindrance =
  | { readonly kind: 'none' }
  | { readonly kind: 'fragments'; readonly note: FragmentNote; readonly stall: Stall | null }
  | { readonly kind: 'black-hole'; readonly stall: Stall; readonly icmp: IcmpNote | null }

/** Payload that fits through every IPv4 host's minimum of 576 bytes: a loss of such segments is no question of size. */
const SMALL_SEGMENT = 536
/** What a path must carry by RFC 8200 section 5 (1280 bytes), without headers: larger segments may fail for their size. */
const EVERY_PATH_SEGMENT = 1220
/** Resends after 0.2, 0.6 and 1.4 s (RFC 6298) fit in here: a hole that outlives them is no single loss. */
const LASTING_HOLE_NS = 3e9
/** A single loss is repaired by one resend; what fails three times fails for a reason. */
const STUCK_RESENDS = 3
/** A larger step is another counter, not a row with a hole. */
const MOST_MISSING_IDS = 64
/** Headers of IP and TCP without options: what a payload adds to when compared with an MTU. */
const HEADERS_IPV4 = 40
const HEADERS_IPV6 = 60

const NONE: Hindrance = { kind: 'none' }

/** What the path does to large packets of the connection to explain. Only where the connection did not work in the end. */
export const hindranceOf: (attempt: Attempt) => Hindrance = rememberLast(look)

function look(attempt: Attempt): Hindrance {
  const { explained } = attempt
  if (attempt.outcome === 'established' || explained?.tcp == null) return NONE
  const stall = stallOf(pictureOf(attempt), SERVER) ?? stallOf(pictureOf(attempt), CLIENT)
  for (const note of explained.fragments) {
    const isStuck = stall !== null && stall.direction === note.direction
    if (note.datagrams > note.complete && !recovered(explained, note) && (isStuck || !areUnrecorded(explained, note)))
      return { kind: 'fragments', note, stall }
    if (isStuck && stall.fullSize) return { kind: 'fragments', note, stall }
  }
  if (stall === null) return NONE
  const icmp = firstIcmp(attempt, 'too-big')
  if (icmp !== null && icmp.direction === stall.direction && isAbove(stall.length, icmp)) {
    return { kind: 'black-hole', stall, icmp }
  }
  return stall.fullSize && stall.smallPass && stall.resends !== 1 && stall.resends !== 2
    ? { kind: 'black-hole', stall, icmp: null }
    : NONE
}

/** Datagrams were lost, but all that they carried was acknowledged in the end. */
function recovered(conversation: Conversation, note: FragmentNote): boolean {
  const side = conversation.tcp?.sides[note.direction]
  return note.complete > 0 && side !== undefined && side.unacknowledged === 0 && !hasGap(conversation, note.direction)
}

function hasGap(conversation: Conversation, direction: Direction): boolean {
  return conversation.events.some(event => event.fact.kind === 'stream-gap' && event.direction === direction)
}

function isAbove(payload: number, icmp: IcmpNote): boolean {
  if (icmp.mtu === 0) return payload > SMALL_SEGMENT
  return payload + (icmp.family === 4 ? HEADERS_IPV4 : HEADERS_IPV6) > icmp.mtu
}

/** The data of this side that is stuck at the end of the connection. */
export function stallOf(picture: Picture, direction: Direction): Stall | null {
  const { tcp, connection } = picture
  if (tcp === null || connection === null || !picture.connected) return null
  return (
    fromSender(tcp, direction) ?? fromReceiver(connection, tcp, direction) ?? fromSequence(connection, tcp, direction)
  )
}

function fromSender(tcp: TcpFacts, direction: Direction): Stall | null {
  const side = tcp.sides[direction]
  const other = tcp.sides[opposite(direction)]
  if (side.unacknowledged === 0 || side.stalledResends === 0 || side.stalledLength === 0) return null
  // What is sent into a closed window asks for room: its receiver is full, not out of reach.
  if (wasClosed(other, side.stalledFirstNs, side.stalledLastNs)) return null
  return {
    direction,
    seenFrom: 'sender',
    toldBy: 'resends',
    length: side.stalledLength,
    resends: side.stalledResends,
    missingIds: 0,
    fullSize:
      side.stalledResends >= STUCK_RESENDS &&
      side.stalledLength > SMALL_SEGMENT &&
      side.stalledLength > side.largestAcknowledged,
    smallPass: side.sackBeyondHole || other.lastNs > side.stalledFirstNs,
    first: { packet: side.stalledFirstPacket, timeNs: side.stalledFirstNs },
    last: { packet: side.stalledLastPacket, timeNs: side.stalledLastNs },
  }
}

/** This side kept its receive window closed at some time of this stretch. */
function wasClosed({ closedWindow }: TcpSide, fromNs: number, toNs: number): boolean {
  if (closedWindow === null) return false
  const { firstNs, openedPacket, openedNs } = closedWindow
  return firstNs <= toNs && (openedPacket === 0 || openedNs >= fromNs)
}

/** Of the last segment of this side that came behind a hole; 0 where the identifications do not count up one by one. */
function missingIds(tcp: TcpFacts, direction: Direction): number {
  const mark = tcp.marks.findLast(one => one.kind === 'lost-segment' && one.direction === direction)
  const missing = (mark?.ipIdStep ?? 0) - 1
  return missing > 0 && missing <= MOST_MISSING_IDS ? missing : 0
}

/** The hole stays, and it is as large as the segments that this connection may carry while all that came was smaller. */
function fromReceiver(connection: Conversation, tcp: TcpFacts, direction: Direction): Stall | null {
  const side = tcp.sides[direction]
  if (!side.sackBeyondHole) return null
  for (let at = connection.events.length - 1; at >= 0; at--) {
    const event = connection.events[at]
    if (event?.fact.kind !== 'stream-gap' || event.direction !== direction) continue
    const full = fullSegment(side, tcp.sides[opposite(direction)])
    const place = { packet: event.packet, timeNs: event.timeNs }
    return {
      direction,
      seenFrom: 'receiver',
      toldBy: 'sack',
      length: event.fact.length,
      resends: 0,
      missingIds: missingIds(tcp, direction),
      fullSize: event.fact.length > SMALL_SEGMENT && event.fact.length >= full && side.largestSegment < full,
      smallPass: true,
      first: place,
      last: place,
    }
  }
  return null
}

/**
 * The sender's small packets carry a sequence number beyond bytes that never arrived: it sent them, must have sent them again
 * while the hole stayed, and none got through.
 */
function fromSequence(connection: Conversation, tcp: TcpFacts, direction: Direction): Stall | null {
  const side = tcp.sides[direction]
  const beginning = direction === SERVER ? tcp.synAckPacket : tcp.synPacket
  if (side.lostSegments === 0 || side.ackedUnseen > 0 || beginning === 0) return null
  const mark = tcp.marks.findLast(one => one.kind === 'lost-segment' && one.direction === direction)
  if (mark === undefined || mark.length > 0 || side.lastDataPacket > mark.packet) return null
  // The SYN takes one sequence number.
  const missing = mark.sequence - 1 - side.bytes
  if (missing <= SMALL_SEGMENT || connection.lastNs - mark.timeNs < LASTING_HOLE_NS) return null
  const place = { packet: mark.packet, timeNs: mark.timeNs }
  return {
    direction,
    seenFrom: 'receiver',
    toldBy: 'sequence',
    length: missing,
    resends: 0,
    missingIds: missingIds(tcp, direction),
    fullSize: missing > EVERY_PATH_SEGMENT,
    smallPass: true,
    first: place,
    last: place,
  }
}

/** Largest payload that both sides agreed on. */
function fullSegment(side: TcpSide, other: TcpSide): number {
  const agreed = other.mss > 0 ? other.mss : side.mss > 0 ? side.mss : 1460
  return side.timestamps && other.timestamps ? agreed - 12 : agreed
}
