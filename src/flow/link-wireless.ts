/**
 * IEEE 802.11 data frames in the clear, and the headers that recorders put before them: radiotap, Prism, AVS, PPI.
 * Encrypted frames, and several packets in one frame (A-MSDU), are not followed.
 */
import { MAX_CHAINED_PARTS } from '../wire/limits.ts'
import type { Headers } from './headers.ts'
import { i32be, i32le, u16be, u16le } from './integers.ts'
import {
  NEXT_LLC,
  NEXT_WLAN,
  nestedLink,
  type Position,
  STOP_CUT,
  STOP_MALFORMED,
  STOP_UNKNOWN,
  step,
} from './position.ts'

const TYPE_DATA = 2
const SUBTYPE_QOS = 8
const SUBTYPE_NULL = 4
/** Radiotap flags: padding between the header and the body, to whole words. */
const FLAG_DATA_PADDING = 0x20

/** IEEE 802.11 section 9.2: frame control, addresses, QoS and HT control where they are. */
export function ieee80211(position: Position, headers: Headers, isPadded = false): void {
  const { bytes, at, end } = position
  if (end - at < 24) {
    position.next = STOP_CUT
    return
  }
  const control = bytes[at] as number
  const flags = bytes[at + 1] as number
  const type = (control >> 2) & 3
  const subtype = control >> 4
  const isProtected = (flags & 0x40) !== 0
  // Not the first fragment: its start is not a header.
  const isLaterFragment = (u16le(bytes, at + 22) & 15) !== 0
  if ((control & 3) !== 0 || type !== TYPE_DATA || subtype & SUBTYPE_NULL || isProtected || isLaterFragment) {
    position.next = STOP_UNKNOWN
    return
  }
  const distribution = flags & 3
  let length = distribution === 3 ? 30 : 24
  if (subtype & SUBTYPE_QOS) {
    if (end - at < length + 2) {
      position.next = STOP_CUT
      return
    }
    const isAggregate = ((bytes[at + length] as number) & 0x80) !== 0
    if (isAggregate) {
      position.next = STOP_UNKNOWN
      return
    }
    length += 2
    if (flags & 0x80) length += 4
  }
  if (isPadded) length = (length + 3) & ~3
  if (end - at < length) {
    position.next = STOP_CUT
    return
  }
  // Who sent it lies in another place for each way through the distribution system.
  const source = at + (distribution === 3 ? 24 : distribution === 2 ? 16 : 10)
  headers.linkSourceHigh = u16be(bytes, source)
  headers.linkSourceLow = i32be(bytes, source + 2)
  position.at = at + length
  position.next = NEXT_LLC
}

/** radiotap.org: version, own length, what is present, and of that only the flags matter here. */
export function radiotap(position: Position, headers: Headers): void {
  const { bytes, at, end } = position
  if (end - at < 8) {
    position.next = STOP_CUT
    return
  }
  const length = u16le(bytes, at + 2)
  if (bytes[at] !== 0 || length < 8) {
    position.next = STOP_MALFORMED
    return
  }
  if (end - at < length) {
    position.next = STOP_CUT
    return
  }
  const isPadded = (radiotapFlags(bytes, at, at + length) & FLAG_DATA_PADDING) !== 0
  position.at = at + length
  ieee80211(position, headers, isPadded)
}

function radiotapFlags(bytes: Uint8Array, start: number, end: number): number {
  const present = i32le(bytes, start + 4)
  if ((present & 2) === 0) return 0
  let at = start + 8
  let word = present
  for (let words = 1; word < 0 && words < MAX_CHAINED_PARTS && at + 4 <= end; words++) {
    word = i32le(bytes, at)
    at += 4
  }
  // The time stamp comes first; values lie on multiples of their size, counted from the header.
  if (present & 1) at = start + ((at - start + 7) & ~7) + 8
  return at < end ? (bytes[at] as number) : 0
}

/** Prism: a message with its own length, in the order of the recording host; or AVS under the same link type. */
export function prism(position: Position): void {
  const { bytes, at } = position
  if (position.end - at < 8) {
    position.next = STOP_CUT
    return
  }
  if ((i32be(bytes, at) & 0xfffff000) === (0x80211000 | 0)) {
    avs(position)
    return
  }
  const little = i32le(bytes, at + 4)
  const length = little >>> 16 === 0 ? little : i32be(bytes, at + 4)
  headerOfLength(position, length, NEXT_WLAN)
}

/** AVS: version, own length, in network order. */
export function avs(position: Position): void {
  if (position.end - position.at < 8) position.next = STOP_CUT
  else headerOfLength(position, i32be(position.bytes, position.at + 4), NEXT_WLAN)
}

/** Per-Packet Information: version, flags, own length, link type of what follows. */
export function ppi(position: Position): void {
  const { bytes, at } = position
  if (position.end - at < 8) position.next = STOP_CUT
  else headerOfLength(position, u16le(bytes, at + 2), nestedLink(i32le(bytes, at + 4)))
}

function headerOfLength(position: Position, length: number, next: number): void {
  if (length < 8) position.next = STOP_MALFORMED
  else step(position, length, next)
}
