/**
 * A capture, packet by packet with all layers and their field trees. Slower than an analysis by far: for people, not for
 * scanning.
 */
import { dataRoot, readData } from '../../dissectors/data.ts'
import { frameRoot, readFrame } from '../../dissectors/frame.ts'
import type { Capture } from '../capture/cursor.ts'
import { Decoder } from '../flow/decode.ts'
import { type GivenKeys, KeySource } from '../flow/tls/keys.ts'
import { Tracker } from '../flow/tracker.ts'
import type { WatchedPdu, Watcher } from '../flow/watcher.ts'
import { MAX_PACKETS_IN_HAND } from '../wire/limits.ts'
import { Pdu } from '../wire/pdu.ts'
import { encapsulation } from './encapsulation.ts'
import type { Filter } from './filter/filter.ts'
import { HotSource } from './filter/hot-source.ts'
import { HeaderSource } from './filter/source.ts'
import { HeaderWalk, type Numbering, type Payload, type WalkedPacket } from './header-walk.ts'
import type { InspectedLayer, InspectedPacket } from './packet.ts'

const NS_PER_SECOND = 1_000_000_000n

export interface InspectOptions {
  /** Field trees are built for these packets alone; all others come without layers above their headers. */
  readonly wants?: (packet: number) => boolean
  /** The others are not given out at all: nothing is built for them. */
  readonly wantedOnly?: boolean
  /** What is read stays as it is for as long as packets that are given out are looked at: their bytes are not copied. */
  readonly withoutCopies?: boolean
  /** Number of the last packet that is read; without it the capture is read to its end. */
  readonly last?: number
  /** Packets that it rules out are not given out, and have no trees built as soon as it can say so. */
  readonly filter?: Filter
  /** Keys for TLS, besides those that the capture holds. */
  readonly keys?: GivenKeys
}

type InspectionOptions = Pick<InspectOptions, 'wants' | 'wantedOnly' | 'withoutCopies' | 'filter'>

/** A packet as it was recorded: what the cursor of a capture shows, or a packet that was read once more. */
export interface RecordedPacket {
  /** Its captured bytes: bytes[start, end). */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly originalLength: number
  readonly linkType: number
  readonly interfaceId: number
  /** -1 when the file does not say. */
  readonly fcsLength: number
  readonly number: number
  readonly timeNs: number
  /** Time of the packet before it in the capture, where that one is not given. */
  readonly previousNs?: number
  /** Of the first packet of the capture, since 1970. */
  readonly startSeconds: number
  readonly startNanoseconds: number
  readonly info: { readonly format: string }
}

/**
 * In the order of the capture. A PDU is shown with the packet that completed it. Some are read later than that (the bytes
 * behind an Upgrade wait for the answer, those behind a hole for what fills it), so packets are given out a little late.
 */
export async function* inspect(capture: Capture, options: InspectOptions = {}): AsyncGenerator<InspectedPacket> {
  const keys = new KeySource(options.keys ?? null, capture.info.secrets)
  const inspection = new Inspection(keys, options)
  const last = options.last ?? Number.POSITIVE_INFINITY
  do {
    while (capture.number < last && capture.next()) {
      inspection.take(capture)
      yield* inspection.ready()
    }
  } while (capture.number < last && (await capture.fill()))
  yield* inspection.finish()
}

/** The same for packets that come one by one, of a whole capture or of some of its conversations. */
export class Inspection {
  private readonly hand: Hand
  private readonly tracker: Tracker

  /** @param numbering of the conversations, where not all of the capture's packets are given. */
  constructor(keys: KeySource, options: InspectionOptions = {}, numbering?: Numbering) {
    this.hand = new Hand(options, new HeaderWalk(numbering))
    this.tracker = new Tracker({ conversation: () => {}, time: () => {} }, { watcher: this.hand, keys })
  }

  take(packet: RecordedPacket): void {
    const { bytes, start, end, originalLength, linkType, number, timeNs } = packet
    this.hand.take(packet)
    this.tracker.packet(bytes, start, end, originalLength, linkType, number, timeNs)
  }

  /** Those to which nothing is likely to come any more. */
  *ready(): Generator<InspectedPacket> {
    if (this.hand.length > MAX_PACKETS_IN_HAND) yield* this.hand.give()
  }

  /** No packet follows: all the others. */
  *finish(): Generator<InspectedPacket> {
    this.tracker.finish()
    while (this.hand.length > 0) yield* this.hand.give()
  }
}

/** One packet whose layers may still grow. */
interface Held extends InspectedPacket {
  readonly layers: InspectedLayer[]
  readonly protocols: string[]
  readonly payload: Payload | null
  readonly epochNs: bigint
  readonly deltaNs: number
  readonly hasInterfaces: boolean
  /** The filter has ruled it out already. */
  readonly isOut: boolean
}

/** The last packets, which may still get layers. */
class Hand implements Watcher {
  private readonly asked: (packet: number) => boolean
  private readonly wantedOnly: boolean
  private readonly withoutCopies: boolean
  private readonly filter: Filter | null
  private readonly decoder = new Decoder()
  private readonly hot = new HotSource()
  private readonly held: Held[] = []
  private readonly headers: HeaderWalk
  private readonly cursor = new Pdu()
  /** Conversations of which some PDU was read: what waits for its rest is no data of nobody. */
  private readonly readable = new Set<string>()
  private lastNs = 0

  constructor({ wants, wantedOnly = false, withoutCopies = false, filter }: InspectionOptions, headers: HeaderWalk) {
    this.asked = wants ?? (() => true)
    this.wantedOnly = wantedOnly
    this.withoutCopies = withoutCopies
    this.filter = filter ?? null
    this.headers = headers
  }

  get length(): number {
    return this.held.length
  }

  take(packet: RecordedPacket): void {
    const { originalLength, linkType, interfaceId, number, timeNs, fcsLength, info } = packet
    const seen = packet.bytes.subarray(packet.start, packet.end)
    const startNs = BigInt(packet.startSeconds) * NS_PER_SECOND + BigInt(packet.startNanoseconds)
    const lastNs = packet.previousNs ?? (this.held.length === 0 && this.lastNs === 0 ? timeNs : this.lastNs)
    const recorded = { bytes: seen, originalLength, linkType, fcsLength, number, timeNs }
    const isRuledOut = (this.wantedOnly && !this.asked(number)) || this.rulesOut(recorded, startNs + BigInt(timeNs))
    const bytes = isRuledOut || this.withoutCopies ? seen : seen.slice()
    const walk = this.headers.walk({ ...recorded, bytes }, !isRuledOut)
    this.held.push({
      ...walk,
      number,
      timeNs,
      originalLength,
      linkType,
      interfaceId,
      bytes,
      epochNs: startNs + BigInt(timeNs),
      deltaNs: timeNs - lastNs,
      hasInterfaces: info.format === 'pcapng',
      isOut: isRuledOut || this.filter?.decides(new HeaderSource(walk.layers, this.filter.fields)) === false,
    })
    this.lastNs = timeNs
  }

  wants(number: number): boolean {
    const packet = this.held.findLast(held => held.number === number)
    if (packet !== undefined) this.readable.add(nameOf(packet))
    return packet !== undefined && !packet.isOut && this.asked(number)
  }

  /** The filter can say so before anything is read. */
  private rulesOut({ bytes, originalLength, linkType, number, timeNs }: WalkedPacket, epochNs: bigint): boolean {
    if (this.filter === null) return false
    this.decoder.decode(bytes, 0, bytes.length, originalLength, linkType, number, timeNs)
    const recorded = { number, timeNs, epochNs, capturedLength: bytes.length, originalLength }
    return this.filter.decides(this.hot.at(recorded, this.decoder.headers)) === false
  }

  pdu(pdu: WatchedPdu): void {
    const place = this.held.findLastIndex(packet => packet.number === pdu.packet)
    const packet = this.held[place]
    if (packet === undefined) return
    const isDatagram = pdu.transport === 'udp' && packet.payload?.source === 'reassembled'
    const source = pdu.origins.some(({ exact }) => !exact)
      ? 'decrypted'
      : pdu.origins.length > 1 || isDatagram
        ? 'reassembled'
        : 'packet'
    packet.layers.push({ tree: pdu.tree, bytes: pdu.bytes, base: pdu.base, source, pdu })
    packet.protocols.push(pdu.tree.field.name)
  }

  /** The oldest one: nothing more is to come. */
  *give(): Generator<InspectedPacket> {
    const packet = this.held.shift() as Held
    if (packet.isOut) return
    const { payload, layers, protocols, number, timeNs, originalLength, linkType, interfaceId, bytes } = packet
    const isUnread = payload !== null && payload.end > payload.start && !layers.some(layer => layer.pdu !== null)
    // A stream that is read keeps what is not whole yet; a datagram stands for itself.
    if (isUnread && (payload.transport === 'udp' || !this.readable.has(nameOf(packet)))) {
      layers.push(this.data(payload))
      protocols.push(dataRoot.name)
    }
    layers.unshift(this.frame(packet))
    const { conversation, transport } = packet
    yield { number, timeNs, originalLength, linkType, interfaceId, bytes, conversation, transport, layers }
  }

  private data({ bytes, start, end, source }: Payload): InspectedLayer {
    this.cursor.reset(bytes, start, end)
    const tree = this.cursor.watch(dataRoot)
    readData(this.cursor)
    return { tree, bytes, base: 0, source, pdu: null }
  }

  private frame(packet: Held): InspectedLayer {
    const { bytes, number, epochNs, timeNs, deltaNs, originalLength, linkType, interfaceId, protocols } = packet
    this.cursor.reset(bytes, 0, bytes.length)
    const tree = this.cursor.watch(frameRoot)
    readFrame(this.cursor, {
      number,
      epochNs,
      relativeNs: timeNs,
      deltaNs,
      originalLength,
      capturedLength: bytes.length,
      encapsulation: encapsulation(linkType),
      interfaceId: packet.hasInterfaces ? interfaceId : -1,
      protocols: protocols.join(':'),
    })
    return { tree, bytes, base: 0, source: 'packet', pdu: null }
  }
}

function nameOf({ transport, conversation }: InspectedPacket): string {
  return `${transport} ${conversation}`
}
