/** TCP (RFC 9293) and UDP (RFC 768) headers: the hot decode. */
import { type Headers, KIND_OTHER, KIND_TCP, KIND_UDP } from './headers.ts'
import { i32be, u16be } from './integers.ts'
import { type Position, STOP_CUT, STOP_DONE, STOP_MALFORMED } from './position.ts'

const TCP_HEADER_BYTES = 20
const UDP_HEADER_BYTES = 8
/** NOP NOP timestamps, as nearly all stacks write them. */
const ALIGNED_TIMESTAMPS = 0x0101080a

const OPTION_END = 0
const OPTION_NOP = 1
const OPTION_MSS = 2
const OPTION_WINDOW_SCALE = 3
const OPTION_SACK_PERMITTED = 4
const OPTION_SACK = 5
const OPTION_TIMESTAMPS = 8

/** @returns the kind; KIND_OTHER with `next` saying why when the header can not be used. */
export function tcp(position: Position, headers: Headers): number {
  const bytes = position.bytes
  const at = position.at
  const end = position.end
  if (end - at < TCP_HEADER_BYTES) {
    position.next = STOP_CUT
    return KIND_OTHER
  }
  const headerLength = ((bytes[at + 12] as number) >> 4) << 2
  const payload = at + headerLength
  if (headerLength < TCP_HEADER_BYTES || payload > position.wireEnd) {
    position.next = STOP_MALFORMED
    return KIND_OTHER
  }
  headers.tcpStart = at
  headers.sourcePort = u16be(bytes, at)
  headers.destinationPort = u16be(bytes, at + 2)
  headers.sequence = i32be(bytes, at + 4)
  headers.acknowledgement = i32be(bytes, at + 8)
  headers.flags = u16be(bytes, at + 12) & 0xfff
  headers.window = u16be(bytes, at + 14)
  headers.payload = Math.min(payload, end)
  headers.payloadEnd = end
  headers.payloadLength = position.wireEnd - payload
  headers.mss = -1
  headers.windowScale = -1
  headers.sackPermitted = false
  headers.sackBlocks = 0
  if (headerLength === TCP_HEADER_BYTES) {
    headers.hasTimestamps = false
  } else if (headerLength === 32 && payload <= end && i32be(bytes, at + 20) === ALIGNED_TIMESTAMPS) {
    headers.hasTimestamps = true
    headers.timestampValue = i32be(bytes, at + 24)
    headers.timestampEcho = i32be(bytes, at + 28)
  } else {
    headers.hasTimestamps = false
    tcpOptions(bytes, at + TCP_HEADER_BYTES, headers.payload, headers)
  }
  position.next = STOP_DONE
  return KIND_TCP
}

/** @returns the kind; the payload is at `position` then, for the tunnels in UDP. */
export function udp(position: Position, headers: Headers): number {
  const bytes = position.bytes
  const at = position.at
  if (position.end - at < UDP_HEADER_BYTES) {
    position.next = STOP_CUT
    return KIND_OTHER
  }
  const length = u16be(bytes, at + 4)
  // 0 stands for a jumbogram (RFC 2675) or for segmentation offload; one that is longer than its IP packet lies.
  if (length < UDP_HEADER_BYTES && length !== 0) {
    position.next = STOP_MALFORMED
    return KIND_OTHER
  }
  if (length !== 0 && at + length < position.wireEnd) {
    position.wireEnd = at + length
    if (position.wireEnd < position.end) position.end = position.wireEnd
  }
  headers.sourcePort = u16be(bytes, at)
  headers.destinationPort = u16be(bytes, at + 2)
  position.at = at + UDP_HEADER_BYTES
  headers.payload = position.at
  headers.payloadEnd = position.end
  headers.payloadLength = position.wireEnd - position.at
  position.next = STOP_DONE
  return KIND_UDP
}

/** Options of RFC 9293 and RFC 7323; a length that lies ends the reading, what came before stays. */
function tcpOptions(bytes: Uint8Array, start: number, end: number, headers: Headers): void {
  let at = start
  while (at < end) {
    const kind = bytes[at] as number
    if (kind === OPTION_END) return
    if (kind === OPTION_NOP) {
      at++
      continue
    }
    if (at + 1 >= end) return
    const length = bytes[at + 1] as number
    if (length < 2 || at + length > end) return
    switch (kind) {
      case OPTION_MSS:
        if (length === 4) headers.mss = u16be(bytes, at + 2)
        break
      case OPTION_WINDOW_SCALE:
        if (length === 3) headers.windowScale = bytes[at + 2] as number
        break
      case OPTION_SACK_PERMITTED:
        if (length === 2) headers.sackPermitted = true
        break
      case OPTION_SACK:
        sackBlocks(bytes, at + 2, at + length, headers)
        break
      case OPTION_TIMESTAMPS:
        if (length !== 10) break
        headers.hasTimestamps = true
        headers.timestampValue = i32be(bytes, at + 2)
        headers.timestampEcho = i32be(bytes, at + 6)
        break
    }
    at += length
  }
}

/** RFC 2018. The option has room for four blocks. */
function sackBlocks(bytes: Uint8Array, start: number, end: number, headers: Headers): void {
  for (let at = start; at + 8 <= end && headers.sackBlocks < headers.sackLeft.length; at += 8) {
    headers.sackLeft[headers.sackBlocks] = i32be(bytes, at)
    headers.sackRight[headers.sackBlocks] = i32be(bytes, at + 4)
    headers.sackBlocks++
  }
}
