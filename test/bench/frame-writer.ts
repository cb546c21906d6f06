/**
 * Writes Ethernet, IPv4 and TCP frames with right checksums into a classic pcap file, millions a second: one buffer, no
 * object a frame. For single packets in tests `test/support/packets.ts` reads better.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { CLIENT, type Direction } from '../../src/wire/dissector.ts'

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10

const BUFFER_BYTES = 1 << 24
/** Record header, Ethernet, IPv4, TCP with the options of a SYN, padding: more than any frame needs besides its payload. */
const ROOM_FOR_HEADERS = 160
const FIRST_FRAME_US = 1_700_000_000_000_000
const ETHERNET_BYTES = 14
const IPV4_BYTES = 20
const TCP_BYTES = 20
const MIN_FRAME_BYTES = 60
/** MSS 1460, SACK permitted, timestamps, window scale 7. */
const SYN_OPTIONS = Uint8Array.of(2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7)
const SYN_WINDOW = 64_240
const LATER_WINDOW = 501

/** Who talks to whom; addresses as 32-bit numbers. */
export interface Route {
  readonly clientAddress: number
  readonly serverAddress: number
  readonly clientPort: number
  readonly serverPort: number
}

/** One TCP segment; its payload is `bytes[offset, offset + length)`. */
export interface Frame {
  readonly direction: Direction
  readonly flags: number
  readonly sequence: number
  readonly acknowledgement: number
  readonly bytes: Buffer
  readonly offset: number
  readonly length: number
  /** After the frame before it, of whatever connection. */
  readonly gapUs: number
}

export class FrameWriter {
  /** Frames written so far. */
  frames = 0
  readonly #file: number
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES)
  #used = 0
  #flushed = 0
  #timeUs = FIRST_FRAME_US
  #ipId = 1

  constructor(path: string) {
    this.#file = openSync(path, 'w')
    const header = Buffer.alloc(24)
    header.writeUInt32LE(0xa1b2c3d4, 0)
    header.writeUInt16LE(2, 4)
    header.writeUInt16LE(4, 6)
    header.writeUInt32LE(262_144, 16)
    header.writeUInt32LE(1, 20)
    writeSync(this.#file, header)
  }

  /** Bytes of all records so far, without the file's header. */
  get bytes(): number {
    return this.#flushed + this.#used
  }

  write(route: Route, frame: Frame): void {
    const optionBytes = frame.flags & SYN ? SYN_OPTIONS.length : 0
    const tcpBytes = TCP_BYTES + optionBytes + frame.length
    const ipBytes = IPV4_BYTES + tcpBytes
    const frameBytes = Math.max(ETHERNET_BYTES + ipBytes, MIN_FRAME_BYTES)
    if (this.#used + frame.length + ROOM_FOR_HEADERS > BUFFER_BYTES) this.#flush()

    this.#timeUs += frame.gapUs
    const start = this.#recordHeader(frameBytes)
    this.#buffer.fill(0, start + ETHERNET_BYTES + ipBytes, start + frameBytes)
    this.#ethernet(start, frame.direction)
    this.#ipv4(start + ETHERNET_BYTES, route, frame.direction, ipBytes)
    this.#tcp(start + ETHERNET_BYTES + IPV4_BYTES, route, frame, tcpBytes)
    this.#used = start + frameBytes
    this.frames++
  }

  close(): void {
    this.#flush()
    closeSync(this.#file)
  }

  #recordHeader(frameBytes: number): number {
    const at = this.#used
    this.#buffer.writeUInt32LE(Math.floor(this.#timeUs / 1e6), at)
    this.#buffer.writeUInt32LE(this.#timeUs % 1e6, at + 4)
    this.#buffer.writeUInt32LE(frameBytes, at + 8)
    this.#buffer.writeUInt32LE(frameBytes, at + 12)
    return at + 16
  }

  #ethernet(at: number, direction: Direction): void {
    const buffer = this.#buffer
    buffer.writeUInt32BE(0x0200_0000, at)
    buffer.writeUInt16BE(direction === CLIENT ? 2 : 1, at + 4)
    buffer.writeUInt32BE(0x0200_0000, at + 6)
    buffer.writeUInt16BE(direction === CLIENT ? 1 : 2, at + 10)
    buffer.writeUInt16BE(0x0800, at + 12)
  }

  #ipv4(at: number, route: Route, direction: Direction, ipBytes: number): void {
    const buffer = this.#buffer
    const ttl = direction === CLIENT ? 128 : 64
    this.#ipId = (this.#ipId + 1) & 0xffff
    buffer.writeUInt32BE((0x4500_0000 | ipBytes) >>> 0, at)
    buffer.writeUInt32BE(((this.#ipId << 16) | 0x4000) >>> 0, at + 4)
    buffer.writeUInt32BE(((ttl << 24) | (6 << 16)) >>> 0, at + 8)
    buffer.writeUInt32BE(direction === CLIENT ? route.clientAddress : route.serverAddress, at + 12)
    buffer.writeUInt32BE(direction === CLIENT ? route.serverAddress : route.clientAddress, at + 16)
    buffer.writeUInt16BE(folded(this.#sum(at, at + IPV4_BYTES)), at + 10)
  }

  #tcp(at: number, route: Route, frame: Frame, tcpBytes: number): void {
    const buffer = this.#buffer
    const isSyn = (frame.flags & SYN) !== 0
    const headerBytes = TCP_BYTES + (isSyn ? SYN_OPTIONS.length : 0)
    buffer.writeUInt16BE(frame.direction === CLIENT ? route.clientPort : route.serverPort, at)
    buffer.writeUInt16BE(frame.direction === CLIENT ? route.serverPort : route.clientPort, at + 2)
    buffer.writeUInt32BE(frame.sequence >>> 0, at + 4)
    buffer.writeUInt32BE(frame.flags & ACK ? frame.acknowledgement >>> 0 : 0, at + 8)
    buffer[at + 12] = (headerBytes / 4) << 4
    buffer[at + 13] = frame.flags
    buffer.writeUInt16BE(isSyn ? SYN_WINDOW : LATER_WINDOW, at + 14)
    buffer.writeUInt32BE(0, at + 16)
    if (isSyn) buffer.set(SYN_OPTIONS, at + TCP_BYTES)
    if (frame.length > 0) frame.bytes.copy(buffer, at + headerBytes, frame.offset, frame.offset + frame.length)

    if (tcpBytes & 1) buffer[at + tcpBytes] = 0
    const { clientAddress: a, serverAddress: b } = route
    const pseudoHeader = (a >>> 16) + (a & 0xffff) + (b >>> 16) + (b & 0xffff) + 6 + tcpBytes
    buffer.writeUInt16BE(folded(pseudoHeader + this.#sum(at, at + ((tcpBytes + 1) & ~1))), at + 16)
  }

  /** Of 16-bit words; the length is even. */
  #sum(start: number, end: number): number {
    const buffer = this.#buffer
    let sum = 0
    for (let at = start; at < end; at += 2) sum += ((buffer[at] as number) << 8) | (buffer[at + 1] as number)
    return sum
  }

  #flush(): void {
    writeSync(this.#file, this.#buffer, 0, this.#used)
    this.#flushed += this.#used
    this.#used = 0
  }
}

/** RFC 1071. */
function folded(sum: number): number {
  let left = sum
  while (left > 0xffff) left = (left % 0x10000) + Math.floor(left / 0x10000)
  return ~left & 0xffff
}
