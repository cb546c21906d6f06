/**
 * Random TCP segments that keep close to what the rules of sequence analysis look at: just before, at and beyond the next
 * sequence number, the same acknowledgement or window again, zero and full windows, and times near the thresholds.
 * The same seed gives the same segments.
 */

import { ACK, ethernet, FIN, ipv4, type Packet, pcap, RST, SYN, tcp } from './packets.ts'
import { Random } from './random.ts'

export interface WalkSegment {
  readonly connection: number
  readonly direction: 0 | 1
  /** Absolute, unsigned. */
  readonly sequence: number
  readonly acknowledgement: number
  readonly flags: number
  readonly window: number
  readonly length: number
  /** -1 = no option. */
  readonly windowScale: number
  readonly timeUs: number
}

const START_US = 1_700_000_000_000_000
const STEPS_US = [0, 1, 50, 200, 900, 2_000, 2_999, 3_000, 9_000, 19_999, 20_000, 40_000, 300_000, -1_000]
const LENGTHS = [0, 0, 0, 0, 1, 1, 2, 10, 10, 100]
const WINDOWS = [0, 0, 1, 10, 100, 1000, 65_535]
const FIRST_PORT = 20_000

class Side {
  sequence: number
  next: number
  acknowledgement = 0
  window = 1000
  shift = 0
  readonly starts: number[] = []

  constructor(sequence: number) {
    this.sequence = sequence
    this.next = sequence
  }
}

/** `length` segments on each of `connections` connections, one connection after the other. */
export function walk(seed: number, connections: number, length: number): WalkSegment[] {
  const random = new Random(seed)
  const segments: WalkSegment[] = []
  for (let connection = 0; connection < connections; connection++) {
    const sides = [new Side(firstSequence(random)), new Side(firstSequence(random))] as const
    let timeUs = START_US
    for (let count = 0; count < length; count++) {
      const segment = step(random, connection, sides, count, timeUs)
      timeUs = segment.timeUs
      segments.push(segment)
    }
  }
  return segments
}

/** The same as a capture: Ethernet, IPv4, a client port for each connection. */
export function walkCapture(segments: readonly WalkSegment[]): Uint8Array {
  return pcap(
    segments.map((segment): Packet => {
      const { direction, sequence, acknowledgement, flags, window } = segment
      const client = FIRST_PORT + segment.connection
      const options = segment.windowScale < 0 ? [] : [3, 3, segment.windowScale, 0]
      const ports = direction === 0 ? [client, 9] : [9, client]
      const [sourcePort, destinationPort] = ports as [number, number]
      const header = { sourcePort, destinationPort, sequence, acknowledgement, flags, window, options }
      const addresses = direction === 0 ? ['10.0.0.1', '10.0.0.2'] : ['10.0.0.2', '10.0.0.1']
      const [source, destination] = addresses as [string, string]
      const bytes = ethernet(ipv4(tcp(header, new Uint8Array(segment.length)), { source, destination }))
      return { timeUs: segment.timeUs, bytes }
    }),
  )
}

function step(random: Random, connection: number, sides: readonly [Side, Side], count: number, nowUs: number) {
  const opening = count < 3 && connection % 4 !== 0
  const direction: 0 | 1 = opening ? (count === 1 ? 1 : 0) : random.below(2) === 0 ? 0 : 1
  const own = sides[direction]
  const peer = sides[1 - direction] as Side
  const flags = opening ? ([SYN, SYN | ACK, ACK][count] as number) : someFlags(random)
  const length = (flags & SYN) !== 0 && random.below(8) > 0 ? 0 : pick(random, LENGTHS)
  let sequence = opening ? own.next : someSequence(random, own)
  if ((flags & SYN) !== 0 && !opening) sequence = random.below(3) === 0 ? firstSequence(random) : own.sequence
  let acknowledgement = opening ? peer.next : someAcknowledgement(random, own, peer)
  if ((flags & ACK) === 0 && random.below(8) > 0) acknowledgement = 0
  const window = random.below(3) > 0 ? own.window : pick(random, WINDOWS)
  const isScaled = (flags & SYN) !== 0 ? random.below(4) > 0 : random.below(200) === 0
  const windowScale = isScaled ? pick(random, [0, 1, 7, 14, 15]) : -1
  let bytes = length
  if (length === 100 && random.below(2) === 0) bytes = toWindowEdge(sequence, peer)

  const end = (sequence + bytes + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) >>> 0
  own.starts.push(sequence)
  if (((end - own.next) | 0) > 0 || (flags & SYN) !== 0) own.next = end
  if ((flags & SYN) !== 0) own.sequence = sequence
  if (windowScale >= 0) own.shift = Math.min(windowScale, 14)
  own.acknowledgement = acknowledgement
  own.window = window
  const timeUs = nowUs + pick(random, STEPS_US)
  return { connection, direction, sequence, acknowledgement, flags, window, length: bytes, windowScale, timeUs }
}

function someFlags(random: Random): number {
  const chance = random.below(40)
  if (chance === 0) return SYN
  if (chance === 1) return SYN | ACK
  if (chance === 2) return FIN | ACK
  if (chance === 3) return RST | ACK
  if (chance === 4) return RST
  if (chance === 5) return FIN
  if (chance === 6) return 0
  return ACK
}

function someSequence(random: Random, side: Side): number {
  const chance = random.below(20)
  if (chance < 10) return side.next
  if (chance < 13) return (side.next - 1) >>> 0
  if (chance === 13) return (side.next + 1 + random.below(50)) >>> 0
  if (chance === 14) return (side.next - random.below(50)) >>> 0
  return side.starts.length === 0 ? side.next : pick(random, side.starts.slice(-4))
}

function someAcknowledgement(random: Random, own: Side, peer: Side): number {
  const chance = random.below(16)
  if (chance < 6) return peer.next
  if (chance < 13) return own.acknowledgement
  if (chance === 13) return (peer.next + 1 + random.below(50)) >>> 0
  return peer.starts.length === 0 ? peer.next : pick(random, peer.starts.slice(-4))
}

/** As many bytes as reach the end of the offered window, if a packet can hold them. */
function toWindowEdge(sequence: number, peer: Side): number {
  const edge = (peer.acknowledgement + peer.window * 2 ** peer.shift - sequence) | 0
  return edge > 0 && edge < 1400 ? edge : 100
}

function firstSequence(random: Random): number {
  const chance = random.below(8)
  if (chance === 0) return 0
  if (chance === 1) return 0xffffffff - random.below(120)
  return random.below(2 ** 32)
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)] as T
}
