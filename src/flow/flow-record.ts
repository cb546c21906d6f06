/**
 * The layout of a flow's record in the typed arrays of {@link FlowTable}: int32 fields, and doubles for times and byte
 * counts. A side is the endpoint with the lower (0) or higher (1) address and port; who is the client is a bit of STATE,
 * so that it can still turn out otherwise.
 */

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
const SIDES = 15

// int32 fields of a side: add to the side's base
export const PACKETS = 0
export const SEGMENTS = 1
export const ISN = 2
/** Behind the highest sequence number sent. */
export const HIGH_SEQUENCE = 3
/** The highest acknowledgement sent. */
export const HIGH_ACK = 4
/** The next byte that reassembly wants. */
export const EXPECTED = 5
export const LARGEST = 6
/** A segment larger than any acknowledged one, and where it ends: it counts once that is acknowledged. */
export const PENDING_LENGTH = 7
export const PENDING_END = 8
export const LARGEST_ACKNOWLEDGED = 9
export const MSS = 10
export const WINDOW_SCALE = 11
export const SIDE_STATE = 12
export const FIRST_DATA_PACKET = 13
export const LAST_DATA_PACKET = 14
export const SIDE_LAST_PACKET = 15
export const STALL_SEQUENCE = 16
export const STALL_RESENDS = 17
export const STALL_LENGTH = 18
export const STALL_FIRST_PACKET = 19
export const STALL_LAST_PACKET = 20
export const TTL_LEAST = 21
export const TTL_MOST = 22
export const FRAGMENTED = 23
export const LAST_WINDOW = 24
export const LAST_IP_ID = 25
export const LAST_SEQUENCE = 26
export const LAST_ACKNOWLEDGEMENT = 27
/** Payload length and flags of the last packet, for telling mirror copies. */
export const LAST_SHAPE = 28
/** Behind the highest byte acknowledged selectively. */
export const SACK_HIGH = 29
export const FIN_SEQUENCE = 30
export const RETRANSMISSIONS = 31
export const FAST_RETRANSMISSIONS = 32
export const SPURIOUS_RETRANSMISSIONS = 33
export const NEEDLESS_RETRANSMISSIONS = 34
export const OUT_OF_ORDER_SEGMENTS = 35
export const DUPLICATE_ACKS = 36
export const LOST_SEGMENTS = 37
export const ACKED_UNSEEN = 38
export const ZERO_WINDOWS = 39
export const WINDOW_FULLS = 40
export const KEEP_ALIVES = 41
export const MIRROR_DUPLICATES = 42
const SIDE_INTS = 43
export const INTS = SIDES + 2 * SIDE_INTS

// doubles of the flow
export const FIRST_NS = 0
export const LAST_NS = 1
export const SYN_NS = 2
export const SYN_ACK_NS = 3
export const ACK_NS = 4
const SIDE_TIMES = 5

// doubles of a side
export const FIRST_DATA_NS = 0
export const LAST_DATA_NS = 1
export const SIDE_LAST_NS = 2
export const PROGRESS_NS = 3
export const STALL_FIRST_NS = 4
export const STALL_LAST_NS = 5
export const BYTES = 6
/** Bytes of the stream that reassembly has passed on. */
export const STREAM_OFFSET = 7
const SIDE_DOUBLES = 8
export const DOUBLES = SIDE_TIMES + 2 * SIDE_DOUBLES

// bits of STATE
/** The side with the higher address and port is the client. */
export const CLIENT_IS_HIGH = 1
/** How we know: the index into RoleEvidence, in bits 1 to 3. */
export const ROLES_SHIFT = 1
export const ROLES_MASK = 7 << ROLES_SHIFT
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
export const HAS_PROGRESS = 256
export const HAS_LAST = 512

export function sideInts(flow: number, side: number): number {
  return flow * INTS + SIDES + side * SIDE_INTS
}

export function sideDoubles(flow: number, side: number): number {
  return flow * DOUBLES + SIDE_TIMES + side * SIDE_DOUBLES
}
