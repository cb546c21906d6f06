/** Turns the record and the notes of a flow into a {@link Conversation} when it is over. */
import type { Addresses } from './addresses.ts'
import type {
  ClosedBy,
  Conversation,
  DamagedSegment,
  Endpoint,
  PayloadPause,
  RoleEvidence,
  TcpFacts,
  TcpSide,
} from './conversation.ts'
import { type Event, sortEvents } from './event.ts'
import type { FlowNotes } from './flow-notes.ts'
import * as R from './flow-record.ts'
import type { FlowTable } from './flow-table.ts'
import type { RecordLog } from './record-log.ts'

const NS_PER_MS = 1e6
const NO_PAUSES: readonly PayloadPause[] = []
const NO_DAMAGE: readonly DamagedSegment[] = []

export function conclude(
  table: FlowTable,
  addresses: Addresses,
  flow: number,
  notes: FlowNotes,
  endedBy: ClosedBy,
): Conversation {
  const { ints, doubles } = table
  const at = flow * R.INTS
  const times = flow * R.DOUBLES
  const state = ints[at + R.STATE] as number
  const clientSide = state & R.CLIENT_IS_HIGH
  const tcp = table.isTcp(flow)
  return {
    id: ints[at + R.ID] as number,
    transport: tcp ? 'tcp' : 'udp',
    client: endpoint(table, addresses, flow, clientSide),
    server: endpoint(table, addresses, flow, 1 - clientSide),
    roles: R.ROLE_EVIDENCE[(state & R.ROLES_MASK) >> R.ROLES_SHIFT] as RoleEvidence,
    firstPacket: ints[at + R.FIRST_PACKET] as number,
    lastPacket: ints[at + R.LAST_PACKET] as number,
    firstNs: doubles[times + R.FIRST_NS] as number,
    lastNs: doubles[times + R.LAST_NS] as number,
    packets: [
      ints[R.sideInts(flow, clientSide) + R.PACKETS] as number,
      ints[R.sideInts(flow, 1 - clientSide) + R.PACKETS] as number,
    ],
    tcp: tcp ? tcpFacts(table, flow, clientSide, notes) : null,
    events: allEvents(table, flow, clientSide, notes),
    eventsLost: notes.events.lost,
    icmp: notes.icmp ?? [],
    fragments: notes.fragments ?? [],
    cutPackets: ints[at + R.CUT_PACKETS] as number,
    lastPackets: [
      ints[R.sideInts(flow, clientSide) + R.SIDE_LAST_PACKET] as number,
      ints[R.sideInts(flow, 1 - clientSide) + R.SIDE_LAST_PACKET] as number,
    ],
    lastTimesNs: [
      doubles[R.sideDoubles(flow, clientSide) + R.SIDE_LAST_NS] as number,
      doubles[R.sideDoubles(flow, 1 - clientSide) + R.SIDE_LAST_NS] as number,
    ],
    tunnel: notes.tunnel,
    stepBackNs: doubles[times + R.STEP_BACK_NS] as number,
    leapNs: doubles[times + R.LEAP_NS] as number,
    endedBy,
  }
}

function allEvents(table: FlowTable, flow: number, clientSide: number, notes: FlowNotes): Event[] {
  const events = notes.events.items()
  for (const log of notes.logs) {
    log.events(events)
    if (log.skims) skimmed(table, flow, log.direction ^ clientSide, log, events)
  }
  return sortEvents(events)
}

/** The last records of a connection of which only record headers were read. */
function skimmed({ ints, doubles }: FlowTable, flow: number, side: number, log: RecordLog, to: Event[]): void {
  const me = R.sideInts(flow, side)
  const at = R.sideDoubles(flow, side)
  const kept = Math.min(ints[me + R.SKIMMED] as number, R.SKIMMED_KEPT)
  for (let index = 0; index < kept; index++) {
    const shape = ints[me + R.SKIMMED_SHAPE + index] as number
    const place = doubles[at + R.SKIMMED_AT + index] as number
    const timeNs = doubles[at + R.SKIMMED_NS + index] as number
    to.push(log.event([place, timeNs, ints[me + R.SKIMMED_PACKET + index] as number, shape >> 16, shape & 0xffff]))
  }
}

function endpoint(table: FlowTable, addresses: Addresses, flow: number, side: number): Endpoint {
  const { ints } = table
  const at = flow * R.INTS
  const family = (ints[at + R.KEY] as number) >> 8
  const ports = ints[at + R.PORTS] as number
  const address = ints[at + (side === 0 ? R.ADDRESS_LOW : R.ADDRESS_HIGH)] as number
  return { address: addresses.text(family, address), port: side === 0 ? ports >>> 16 : ports & 0xffff }
}

function tcpFacts(table: FlowTable, flow: number, clientSide: number, notes: FlowNotes): TcpFacts {
  const { ints, doubles } = table
  const at = flow * R.INTS
  const times = flow * R.DOUBLES
  const synPacket = ints[at + R.SYN_PACKET] as number
  const ackPacket = ints[at + R.ACK_PACKET] as number
  const roundTripNs = (doubles[times + R.ACK_NS] as number) - (doubles[times + R.SYN_NS] as number)
  return {
    synPacket,
    synNs: doubles[times + R.SYN_NS] as number,
    synAckPacket: ints[at + R.SYN_ACK_PACKET] as number,
    synAckNs: doubles[times + R.SYN_ACK_NS] as number,
    ackPacket,
    ackNs: doubles[times + R.ACK_NS] as number,
    syns: ints[at + R.SYNS] as number,
    synAcks: ints[at + R.SYN_ACKS] as number,
    initialRoundTripMs: synPacket > 0 && ackPacket > 0 ? roundTripNs / NS_PER_MS : -1,
    sides: [tcpSide(table, flow, clientSide, notes), tcpSide(table, flow, 1 - clientSide, notes)],
    marks: notes.marks.items(),
    marksLost: notes.marks.lost,
    pauses: notes.remarks?.pauses ?? NO_PAUSES,
    damaged: notes.remarks?.damagedSegments() ?? NO_DAMAGE,
  }
}

function tcpSide(table: FlowTable, flow: number, side: number, notes: FlowNotes): TcpSide {
  const { ints, doubles } = table
  const me = R.sideInts(flow, side)
  const at = R.sideDoubles(flow, side)
  const other = R.sideInts(flow, 1 - side)
  const otherAt = R.sideDoubles(flow, 1 - side)
  const state = ints[me + R.SIDE_STATE] as number
  const otherState = ints[other + R.SIDE_STATE] as number
  const acknowledged = (otherState & R.HAS_HIGH_ACK) !== 0
  const highAck = ints[other + R.HIGH_ACK] as number
  const ahead = ((ints[me + R.HIGH_SEQUENCE] as number) - (acknowledged ? highAck : (ints[me + R.ISN] as number))) | 0
  const scale = Math.max(0, ints[me + R.WINDOW_SCALE] as number)
  const handshake = (state & R.HAS_ISN) !== 0 && (ints[me + R.MSS] as number) !== 0
  return {
    packets: ints[me + R.PACKETS] as number,
    segments: ints[me + R.SEGMENTS] as number,
    bytes: doubles[at + R.BYTES] as number,
    largestSegment: ints[me + R.LARGEST] as number,
    largestAcknowledged: ints[me + R.LARGEST_ACKNOWLEDGED] as number,
    // A record starts with zeros; a SYN writes the option or -1.
    mss: handshake ? (ints[me + R.MSS] as number) : -1,
    initialSequence: handshake ? (ints[me + R.ISN] as number) >>> 0 : -1,
    windowScale: handshake ? (ints[me + R.WINDOW_SCALE] as number) : -1,
    sackPermitted: (state & R.HAS_SACK) !== 0,
    timestamps: (state & R.HAS_TIMESTAMPS) !== 0,
    firstDataPacket: ints[me + R.FIRST_DATA_PACKET] as number,
    firstDataNs: doubles[at + R.FIRST_DATA_NS] as number,
    lastDataPacket: ints[me + R.LAST_DATA_PACKET] as number,
    lastDataNs: doubles[at + R.LAST_DATA_NS] as number,
    lastPacket: ints[me + R.SIDE_LAST_PACKET] as number,
    lastNs: doubles[at + R.SIDE_LAST_NS] as number,
    lastProgressNs: (otherState & R.HAS_PEER_PROGRESS) !== 0 ? (doubles[otherAt + R.PEER_PROGRESS_NS] as number) : -1,
    unacknowledged: Math.max(0, ahead),
    stalledResends: ints[me + R.STALL_RESENDS] as number,
    stalledLength: ints[me + R.STALL_LENGTH] as number,
    stalledFirstPacket: ints[me + R.STALL_FIRST_PACKET] as number,
    stalledLastPacket: ints[me + R.STALL_LAST_PACKET] as number,
    stalledFirstNs: doubles[at + R.STALL_FIRST_NS] as number,
    stalledLastNs: doubles[at + R.STALL_LAST_NS] as number,
    sackBeyondHole: (state & R.HAS_SACK_HIGH) !== 0 && (((ints[me + R.SACK_HIGH] as number) - highAck) | 0) > 0,
    retransmissions: ints[me + R.RETRANSMISSIONS] as number,
    fastRetransmissions: ints[me + R.FAST_RETRANSMISSIONS] as number,
    spuriousRetransmissions: ints[me + R.SPURIOUS_RETRANSMISSIONS] as number,
    needlessRetransmissions: ints[me + R.NEEDLESS_RETRANSMISSIONS] as number,
    outOfOrder: ints[me + R.OUT_OF_ORDER_SEGMENTS] as number,
    duplicateAcks: ints[me + R.DUPLICATE_ACKS] as number,
    lostSegments: ints[me + R.LOST_SEGMENTS] as number,
    ackedUnseen: ints[me + R.ACKED_UNSEEN] as number,
    zeroWindows: ints[me + R.ZERO_WINDOWS] as number,
    windowFulls: ints[me + R.WINDOW_FULLS] as number,
    keepAlives: ints[me + R.KEEP_ALIVES] as number,
    mirrorDuplicates: ints[me + R.MIRROR_DUPLICATES] as number,
    copiesHopped: (state & R.COPIES_HOPPED) !== 0,
    ttlLeast: ints[me + R.TTL_LEAST] as number,
    ttlMost: ints[me + R.TTL_MOST] as number,
    ipIdsInRow: ints[me + R.IP_IDS_IN_ROW] as number,
    fragmented: ints[me + R.FRAGMENTED] as number,
    lastWindow: (ints[me + R.LAST_WINDOW] as number) << scale,
    closedWindow: notes.remarks?.longestClosed(side as 0 | 1) ?? null,
    verified: ints[me + R.VERIFIED] as number,
    wrongChecksums: ints[me + R.WRONG_CHECKSUMS] as number,
    offloadedChecksums: ints[me + R.OFFLOADED_CHECKSUMS] as number,
  }
}
