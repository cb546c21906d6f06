/**
 * The layout of a flow's record in the typed arrays of {@link FlowTable}: int32 fields, and doubles for times and byte
 * counts. A side is the endpoint with the lower (0) or higher (1) address and port; who is the client is a bit of STATE,
 * so that it can still turn out otherwise.
 */
import type { RoleEvidence } from './conversation.ts'

/** Protocol of IP, in the low byte of KEY. */
export const TCP = 6

// int32 fields of the flow
/** Next flow of the same hash chain, or of the free list. */
export const NEXT = 0
export const KEY = 1
export const ADDRESS_LOW = 2
export const ADDRESS_HIGH = 3
export const PORTS = 4
export const ID = 5
export const STATE = 6
export const FIRST_PACKET = 7
export const LAST_PACKET = 8
export const CUT_PACKETS = 9
export const SYN_PACKET = 10
export const SYN_ACK_PACKET = 11
export const ACK_PACKET = 12
export const SYNS = 13
export const SYN_ACKS = 14
/** Segments whose checksum was verified; set back by a resend, so that more are. */
export const CHECKS = 15
/** Behind the flow's own fields; each part fills whole cache lines of 64 bytes. */
const SIDES = 16

// int32 fields of a side: add to the side's base. The first line is touched by every data segment.
export const SIDE_STATE = 0
export const PACKETS = 1
export const SEGMENTS = 2
/** Behind the highest sequence number sent. */
export const HIGH_SEQUENCE = 3
/** The highest acknowledgement sent. */
export const HIGH_ACK = 4
/** The next byte that reassembly wants. */
export const EXPECTED = 5
export const LARGEST = 6
/** A segment larger than any acknowledged one: it counts once PENDING_END is acknowledged. */
export const PENDING_LENGTH = 7
export const LARGEST_ACKNOWLEDGED = 8
export const LAST_DATA_PACKET = 9
export const SIDE_LAST_PACKET = 10
/** Payload length and flags of the last packet, for telling mirror copies. */
export const LAST_SHAPE = 11
export const LAST_SEQUENCE = 12
export const LAST_ACKNOWLEDGEMENT = 13
/** IP identification plus one (0 in IPv6), and in the low byte the time to live of the last packet that ended nothing. */
export const LAST_IP = 14
export const LAST_WINDOW = 15

export const TTL_LEAST = 16
export const TTL_MOST = 17
export const ISN = 18
export const PENDING_END = 19
export const STALL_RESENDS = 20
export const FIRST_DATA_PACKET = 21
export const DUPLICATE_ACKS = 22
export const RETRANSMISSIONS = 23
export const OUT_OF_ORDER_SEGMENTS = 24
export const LOST_SEGMENTS = 25
export const FIN_SEQUENCE = 26
export const MSS = 27
export const WINDOW_SCALE = 28
export const FRAGMENTED = 29
/** Behind the highest byte acknowledged selectively. */
export const SACK_HIGH = 30
export const KEEP_ALIVES = 31

export const STALL_SEQUENCE = 32
export const STALL_LENGTH = 33
export const STALL_FIRST_PACKET = 34
export const STALL_LAST_PACKET = 35
export const FAST_RETRANSMISSIONS = 36
export const SPURIOUS_RETRANSMISSIONS = 37
export const NEEDLESS_RETRANSMISSIONS = 38
export const ACKED_UNSEEN = 39
export const ZERO_WINDOWS = 40
export const WINDOW_FULLS = 41
export const MIRROR_DUPLICATES = 42
/** Packets whose IP identification follows on that of the packet before. */
export const IP_IDS_IN_ROW = 46
/** Segments whose checksum was verified; of them wrong, and left to the network card. */
export const VERIFIED = 43
export const WRONG_CHECKSUMS = 44
export const OFFLOADED_CHECKSUMS = 45

/** Of a TLS connection of which only record headers are read: bytes of the record at hand still to come; -1 = see {@link TlsTail}. */
export const TAIL_LEFT = 48
/** Records read here, and the last three of them, in a ring: packet, and type and length together. */
export const SKIMMED = 49
export const SKIMMED_PACKET = 50
export const SKIMMED_SHAPE = 53
export const SKIMMED_KEPT = 3
const SIDE_INTS = 64
export const INTS = SIDES + 2 * SIDE_INTS

// doubles of the flow
export const FIRST_NS = 0
export const LAST_NS = 1
export const SYN_NS = 2
export const SYN_ACK_NS = 3
export const ACK_NS = 4
/** The most by which time went back between two packets, and the longest leap ahead. */
export const STEP_BACK_NS = 5
export const LEAP_NS = 6
const SIDE_TIMES = 8

// doubles of a side
export const FIRST_DATA_NS = 0
export const LAST_DATA_NS = 1
export const SIDE_LAST_NS = 2
/** When this side last acknowledged more of what the other one sent. */
export const PEER_PROGRESS_NS = 3
export const STALL_FIRST_NS = 4
export const STALL_LAST_NS = 5
export const BYTES = 6
/** Bytes of the stream that reassembly has passed on. */
export const STREAM_OFFSET = 7
/** When and where the last skimmed records were. */
export const SKIMMED_NS = 8
export const SKIMMED_AT = 11
const SIDE_DOUBLES = 16
export const DOUBLES = SIDE_TIMES + 2 * SIDE_DOUBLES

// bits of STATE
/** The side with the higher address and port is the client. */
export const CLIENT_IS_HIGH = 1
/** How we know: the index into {@link ROLE_EVIDENCE}, in bits 1 to 3. */
export const ROLES_SHIFT = 1
export const ROLES_MASK = 7 << ROLES_SHIFT
export const ROLE_EVIDENCE: readonly RoleEvidence[] = ['first-packet', 'port', 'content', 'syn-ack', 'syn']
export const SAW_RESET = 1 << 4
/** Its layers were given up: nothing more can be learnt from its payload. */
export const UNREADABLE = 1 << 5
/** The first payload was looked at to learn who the client is. */
export const SAW_PAYLOAD = 1 << 6
/** It closed and waits until it is handed on. */
export const CLOSING = 1 << 7

// bits of SIDE_STATE
export const HAS_ISN = 1
export const HAS_EXPECTED = 2
export const HAS_SACK = 4
export const HAS_TIMESTAMPS = 8
export const SAW_FIN = 16
/** The FIN was reached in order: the stream of this side is whole. */
export const ENDED = 32
export const HAS_HIGH_ACK = 64
export const HAS_SACK_HIGH = 128
export const HAS_PEER_PROGRESS = 256
/** TTL_LEAST and TTL_MOST are set. */
export const HAS_TTL = 1024
/** Its oldest unacknowledged bytes were sent again: STALL_RESENDS counts. */
export const HAS_STALL = 2048
/** A copy of one of its packets had another time to live. */
export const COPIES_HOPPED = 4096
export const HAS_LAST = 512
/** Its last packet has window 0. */
export const WINDOW_CLOSED = 8192

export function sideInts(flow: number, side: number): number {
  return flow * INTS + SIDES + side * SIDE_INTS
}

export function sideDoubles(flow: number, side: number): number {
  return flow * DOUBLES + SIDE_TIMES + side * SIDE_DOUBLES
}
