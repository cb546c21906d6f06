/**
 * Datagrams of RDP-UDP made by hand: the handshake, and source data and acknowledgements of both transports.
 * MS-RDPEUDP 2.2.2, MS-RDPEUDP2 2.2.1 and 3.1.1.1.5.
 */
import { concat } from './bytes.ts'

const SYN = 0x0001
export const FIN = 0x0002
export const ACK = 0x0004
export const DATA = 0x0008
export const FEC = 0x0010
export const ACK_OF_ACKS = 0x0100
const SYN_LOSSY = 0x0200
const CORRELATION_ID = 0x0800
const SYNEX = 0x1000

const HANDSHAKE_BYTES = 1232

interface Handshake {
  readonly initialSequence: number
  /** Without it there is no SYNEX: version 1. */
  readonly version?: number
  readonly lossy?: boolean
  readonly correlationId?: Uint8Array
  readonly cookieHash?: Uint8Array
  readonly upstreamMtu?: number
  readonly downstreamMtu?: number
}

/** The client's first datagram, padded to the size that it wants to probe the path with. */
export function syn(says: Handshake): Uint8Array {
  const flags = SYN | (says.lossy === true ? SYN_LOSSY : 0)
  return handshake(0xffffffff, flags, says, says.cookieHash ?? new Uint8Array(32))
}

/** @param acknowledges the client's initial sequence number */
export function synAck(acknowledges: number, says: Handshake): Uint8Array {
  return handshake(acknowledges, SYN | ACK | (says.lossy === true ? SYN_LOSSY : 0), says, null)
}

function handshake(sourceAck: number, flags: number, says: Handshake, cookieHash: Uint8Array | null): Uint8Array {
  const { version, correlationId } = says
  const all = flags | (correlationId === undefined ? 0 : CORRELATION_ID) | (version === undefined ? 0 : SYNEX)
  const said = concat(
    header(sourceAck, all),
    u32(says.initialSequence),
    u16(says.upstreamMtu ?? HANDSHAKE_BYTES),
    u16(says.downstreamMtu ?? HANDSHAKE_BYTES),
    correlationId === undefined ? new Uint8Array(0) : concat(correlationId, new Uint8Array(16)),
    version === undefined ? new Uint8Array(0) : concat(u16(1), u16(version)),
    version === 0x0101 && cookieHash !== null ? cookieHash : new Uint8Array(0),
  )
  return concat(said, new Uint8Array(HANDSHAKE_BYTES - said.length))
}

export function header(sourceAck: number, flags: number): Uint8Array {
  return concat(u32(sourceAck), u16(64), u16(flags))
}

/** Runs of datagrams that arrived or did not, the latest of which has the number `latest`. */
export type Runs = readonly (readonly [arrived: boolean, length: number])[]

/** @param runs the oldest first */
export function ackVector(runs: Runs): Uint8Array {
  const elements = runs.map(([arrived, length]) => (arrived ? 0 : 0xc0) | (length - 1))
  const padding = -(2 + elements.length) & 3
  return concat(u16(elements.length), Uint8Array.from(elements), new Uint8Array(padding))
}

/** Version 1 and 2: source data, with the acknowledgement that each datagram carries. */
export function source(latest: number, sequence: number, payload: Uint8Array, runs: Runs = [[true, 1]]): Uint8Array {
  return concat(header(latest, ACK | DATA), ackVector(runs), u32(sequence), u32(sequence), payload)
}

/** What one datagram of the second transport holds; the flags follow from it. */
export interface Packet2 {
  readonly ack?: { readonly sequence: number; readonly delayed?: readonly number[] }
  readonly overhead?: number
  readonly delayAck?: readonly [max: number, timeoutMs: number]
  readonly ackOfAcks?: number
  readonly ackVector?: { readonly base: number; readonly coded: readonly number[]; readonly timestamp?: number }
  readonly data?: { readonly sequence: number; readonly channel: number; readonly payload: Uint8Array }
  readonly dummy?: { readonly sequence: number; readonly payload: Uint8Array }
}

export function packet2(says: Packet2): Uint8Array {
  const { ack, overhead, delayAck, ackOfAcks, ackVector: vector, data, dummy } = says
  const flags =
    (ack === undefined ? 0 : 0x001) |
    (data === undefined && dummy === undefined ? 0 : 0x004) |
    (vector === undefined ? 0 : 0x008) |
    (ackOfAcks === undefined ? 0 : 0x010) |
    (overhead === undefined ? 0 : 0x040) |
    (delayAck === undefined ? 0 : 0x100)
  const parts: Uint8Array[] = [le16(flags | (12 << 12))]
  if (ack !== undefined) {
    const delayed = ack.delayed ?? []
    parts.push(le16(ack.sequence), le24(259), Uint8Array.of(1, delayed.length, ...delayed))
  }
  if (overhead !== undefined) parts.push(Uint8Array.of(overhead))
  if (delayAck !== undefined) parts.push(Uint8Array.of(delayAck[0]), le16(delayAck[1]))
  if (ackOfAcks !== undefined) parts.push(le16(ackOfAcks))
  if (data !== undefined) parts.push(le16(data.sequence))
  if (dummy !== undefined) parts.push(le16(dummy.sequence))
  if (vector !== undefined) {
    const { base, coded, timestamp } = vector
    parts.push(le16(base), Uint8Array.of(coded.length | (timestamp === undefined ? 0 : 0x80)))
    if (timestamp !== undefined) parts.push(le24(timestamp), Uint8Array.of(2))
    parts.push(Uint8Array.from(coded))
  }
  if (data !== undefined) parts.push(le16(data.channel), data.payload)
  if (dummy !== undefined) parts.push(dummy.payload)
  return wrapped(concat(...parts), dummy === undefined ? 0 : 8)
}

/** The prefix in front, short packets padded, then the first and the eighth byte change places. */
function wrapped(layout: Uint8Array, type: number): Uint8Array {
  const short = Math.min(layout.length, 7)
  const packet = concat(Uint8Array.of((type << 1) | (short << 5)), layout, new Uint8Array(7 - short))
  const [first] = packet
  packet[0] = packet[7] as number
  packet[7] = first as number
  return packet
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff)
}

function u32(value: number): Uint8Array {
  return concat(u16(value >>> 16), u16(value & 0xffff))
}

function le16(value: number): Uint8Array {
  return u16(value).reverse()
}

function le24(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff, value >> 16)
}
