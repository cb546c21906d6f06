/**
 * One TCP connection of a story: what each side says becomes segments with sequence numbers, acknowledgements, windows and
 * times as the tap would see them. RFC 9293, RFC 7323, RFC 1122 4.2.3.2 (delayed acknowledgements).
 */
import { CLIENT, type Direction, opposite, SERVER } from '../../../src/wire/dissector.ts'
import { ACK, FIN, ipv4, type Network, PSH, RST, SYN, tcp } from '../../support/packets.ts'
import { Line } from './line.ts'
import type { Disguise, Host, Wire } from './wire.ts'

const NOTHING = new Uint8Array(0)
const DELAYED_ACK_US = 40_000
/** Between two packets of one side. */
const STEP_US = 25
const PROCESSING_US = 350
/** IPv4 and TCP. */
const HEADER_BYTES = 40
const WINDOW = 64_240
const WINDOW_SCALE = 8

export interface ConnectionOptions {
  readonly port?: number
  readonly clientPort?: number
  readonly rttMs?: number
  /** In both SYNs. */
  readonly mss?: number
}

/** How one segment differs from what its sender would send by itself. */
export interface Manner extends Disguise {
  /** It passes the tap and is lost behind it. */
  readonly lost?: boolean
  /** The tap sees nothing of it, but it arrives. */
  readonly unseen?: boolean
  readonly segmentBytes?: number
  /** Beside the sender's next sequence number. */
  readonly sequenceOffset?: number
  /** In bytes, before scaling. */
  readonly window?: number
  /** Without TCP options. */
  readonly bare?: boolean
  /** It comes before an answer could: from somewhere on the way. */
  readonly early?: boolean
}

/** What was sent, to be sent again. */
export interface Sent {
  readonly from: Direction
  readonly sequence: number
  readonly bytes: Uint8Array
  readonly flags: number
}

interface Side {
  readonly host: Host
  readonly port: number
  /** Of its next byte. */
  next: number
  /** What it expects from the other side: the acknowledgement that it sends. */
  expects: number
  /** Received and not acknowledged: bytes and segments. */
  owesBytes: number
  owesSegments: number
  /** TCP timestamps: last value of the peer. */
  echo: number
  window: number
  gone: boolean
}

export class Connection extends Line {
  readonly wire: Wire
  readonly sides: readonly [Side, Side]
  readonly rttUs: number
  private readonly mss: number
  private readonly usesTimestamps: boolean
  private last: Direction | null = null
  /** What each side always does. */
  private readonly habits: [Manner, Manner] = [{}, {}]
  /** Larger packets do not come through. */
  private largestBytes = 65_535

  constructor(wire: Wire, client: Host, server: Host, options: ConnectionOptions = {}) {
    super()
    this.wire = wire
    this.rttUs = (options.rttMs ?? 12) * 1000
    this.mss = options.mss ?? 1460
    this.usesTimestamps = client.system === 'linux' && server.system === 'linux'
    const side = (host: Host, port: number): Side => ({
      host,
      port,
      next: wire.random.below(2 ** 32),
      expects: 0,
      owesBytes: 0,
      owesSegments: 0,
      echo: 0,
      window: WINDOW,
      gone: false,
    })
    this.sides = [
      side(client, options.clientPort ?? 49_700 + wire.random.below(15_000)),
      side(server, options.port ?? 3389),
    ]
    wire.whenQuiet(() => this.paysAcknowledgements())
  }

  /** The three-way handshake. */
  opens(): this {
    this.segment(CLIENT, SYN)
    this.segment(SERVER, SYN | ACK)
    return this.acknowledges(CLIENT)
  }

  /** SYNs that get no answer. @param gapsSeconds between them */
  knocks(...gapsSeconds: readonly number[]): this {
    const { next } = this.sides[CLIENT]
    this.segment(CLIENT, SYN, NOTHING, { lost: true })
    for (const gap of gapsSeconds) {
      this.wire.pause(gap)
      this.sides[CLIENT].next = next
      this.segment(CLIENT, SYN, NOTHING, { lost: true })
    }
    return this
  }

  /** Payload in segments of the size that the path allows. */
  override carries(from: Direction, bytes: Uint8Array, manner: Manner = {}): readonly Sent[] {
    const most = manner.segmentBytes ?? this.mss - (this.usesTimestamps ? 12 : 0)
    const sent: Sent[] = []
    for (let at = 0; at < bytes.length; at += most) {
      const end = Math.min(at + most, bytes.length)
      sent.push(this.segment(from, ACK | (end === bytes.length ? PSH : 0), bytes.subarray(at, end), manner))
      if (this.sides[opposite(from)].owesSegments >= 2 && end < bytes.length) this.acknowledges(opposite(from))
    }
    return sent
  }

  /** The same segment once more, `seconds` later; lost like the first one unless it is said that it arrives. */
  resends({ from, sequence, bytes, flags }: Sent, seconds: number, manner: Manner = { lost: true }): this {
    this.wire.pause(seconds)
    const side = this.sides[from]
    const { next } = side
    side.next = sequence
    this.segment(from, flags, bytes, manner)
    side.next = Math.max(next, side.next)
    return this
  }

  acknowledges(from: Direction, manner: Manner = {}): this {
    this.segment(from, ACK, NOTHING, manner)
    return this
  }

  /** RFC 1122 4.2.3.6: one byte before the next one. */
  keepsAlive(from: Direction, manner: Manner = {}): this {
    this.segment(from, ACK, NOTHING, { sequenceOffset: -1, ...manner })
    return this
  }

  /** The same numbers as before: a SYN-ACK that was not acknowledged. */
  repeats(from: Direction, flags: number): this {
    const { next } = this.sides[from]
    this.segment(from, flags)
    this.sides[from].next = next
    return this
  }

  /** RFC 9293 3.8.6.1: one byte more than the closed window allows, which is not taken. */
  probes(from: Direction): this {
    const { next } = this.sides[from]
    this.segment(from, ACK, Uint8Array.of(0x17), { lost: true })
    this.sides[from].next = next
    return this
  }

  /** A SYN, and a reset in answer. */
  isRefused(): this {
    const { next } = this.sides[CLIENT]
    this.segment(CLIENT, SYN)
    this.segment(SERVER, RST | ACK, NOTHING, { bare: true })
    this.sides[CLIENT].next = next
    return this
  }

  finishes(from: Direction, manner: Manner = {}): Sent {
    return this.segment(from, FIN | ACK, NOTHING, manner)
  }

  /** RST and ACK, as mstsc ends each connection. */
  resets(from: Direction, manner: Manner = {}): this {
    this.segment(from, RST | ACK, NOTHING, { bare: true, ...manner })
    return this
  }

  /** FIN from both, and the last acknowledgement. */
  closes(first: Direction): this {
    this.finishes(first)
    this.finishes(opposite(first))
    return this.acknowledges(first)
  }

  /** From now on its segments announce this window, in bytes. */
  setsWindow(of: Direction, bytes: number): this {
    this.sides[of].window = bytes
    return this
  }

  /** From now on all segments of this side are like that. */
  manner(of: Direction, manner: Manner): this {
    this.habits[of] = manner
    return this
  }

  /** From now on packets of more bytes than these are lost behind the tap. */
  losing(largerThanBytes: number): this {
    this.largestBytes = largerThanBytes
    return this
  }

  /** A sent segment as smaller ones. */
  pieces({ from, sequence, bytes, flags }: Sent, pieceBytes: number): Sent[] {
    const pieces: Sent[] = []
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const end = Math.min(at + pieceBytes, bytes.length)
      pieces.push({ from, sequence: (sequence + at) >>> 0, bytes: bytes.subarray(at, end), flags })
    }
    return pieces
  }

  /** The packet of a sent segment, as ICMP quotes it. */
  datagram({ from, sequence, bytes, flags }: Sent): Network {
    const [me, peer] = [this.sides[from], this.sides[opposite(from)]]
    const ports = { sourcePort: me.port, destinationPort: peer.port }
    const header = { ...ports, flags, sequence, acknowledgement: me.expects, options: this.options(from, flags) }
    return ipv4(tcp(header, bytes), { source: me.host.address, destination: peer.host.address })
  }

  segment(from: Direction, flags: number, bytes: Uint8Array = NOTHING, given: Manner = {}): Sent {
    const me = this.sides[from]
    const peer = this.sides[opposite(from)]
    const isTooLarge = bytes.length + HEADER_BYTES + (this.usesTimestamps ? 12 : 0) > this.largestBytes
    const manner: Manner = { ...this.habits[from], ...given, ...(isTooLarge ? { lost: true } : {}) }
    if (manner.early === true) this.wire.later(PROCESSING_US)
    else this.turnTo(from)
    const sequence = (me.next + (manner.sequenceOffset ?? 0)) >>> 0
    const isAhead = manner.sequenceOffset === undefined
    const length = bytes.length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0)
    if (manner.unseen !== true) this.write(from, flags, sequence, bytes, manner)
    if (isAhead) me.next = (sequence + length) >>> 0
    if (flags & ACK) {
      me.owesBytes = 0
      me.owesSegments = 0
    }
    if (manner.lost !== true && isAhead && sequence === peer.expects) peer.expects = me.next
    if (manner.lost !== true && flags & SYN) peer.expects = me.next
    if (manner.lost !== true && length > 0 && (flags & SYN) === 0) {
      peer.owesBytes += length
      peer.owesSegments += 1
    }
    if (flags & (RST | FIN)) me.gone = (flags & RST) !== 0
    if (flags & RST && manner.lost !== true) peer.gone = true
    return { from, sequence, bytes, flags }
  }

  private write(from: Direction, flags: number, sequence: number, bytes: Uint8Array, manner: Manner): void {
    const me = this.sides[from]
    const peer = this.sides[opposite(from)]
    const window = manner.window ?? me.window
    const options = manner.bare === true ? [] : this.options(from, flags)
    const header = {
      sourcePort: me.port,
      destinationPort: peer.port,
      flags,
      sequence,
      acknowledgement: flags & ACK ? me.expects : 0,
      window: flags & RST ? 0 : flags & SYN ? Math.min(window, 65_535) : window >> WINDOW_SCALE,
      options,
    }
    this.wire.carries(me.host, peer.host, tcp(header, bytes), manner)
  }

  private options(from: Direction, flags: number): number[] {
    const size = [2, 4, this.mss >> 8, this.mss & 255]
    const stamp = this.usesTimestamps ? [8, 10, ...u32(this.stamp(from)), ...u32(this.sides[from].echo)] : []
    if ((flags & SYN) === 0) return this.usesTimestamps ? [1, 1, ...stamp] : []
    if (this.sides[from].host.system === 'windows') return [...size, 1, 3, 3, WINDOW_SCALE, 1, 1, 4, 2]
    return [...size, 4, 2, ...(stamp.length > 0 ? stamp : [1, 1]), 1, 3, 3, WINDOW_SCALE]
  }

  /** Milliseconds, from a start of each host's own. */
  private stamp(from: Direction): number {
    const { hardware } = this.sides[from].host
    const value = (hardware * 9_000_001 + Math.floor(this.wire.nowUs / 1000)) >>> 0
    this.sides[opposite(from)].echo = value
    return value
  }

  /** An answer of the far side takes the way there and back. */
  private turnTo(from: Direction): void {
    const isAnswer = this.last !== null && this.last !== from
    const isHere = this.wire.isNear(this.sides[from].host)
    if (!isAnswer) this.wire.later(STEP_US)
    else this.wire.later(isHere ? PROCESSING_US : this.rttUs + PROCESSING_US)
    this.last = from
  }

  private paysAcknowledgements(): void {
    for (const direction of [CLIENT, SERVER] as const) {
      const { owesBytes, gone } = this.sides[direction]
      if (owesBytes === 0 || gone) continue
      this.wire.later(DELAYED_ACK_US)
      this.acknowledges(direction)
    }
  }
}

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
}
