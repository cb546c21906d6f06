/**
 * Packets read again with all their layers: a conversation is replayed from its start up to the packets that are wanted, with
 * the others that its layers are joined to. Small captures are replayed whole, which also covers fragments.
 */
import type { KeySource } from '../flow/tls/keys.ts'
import { MAX_REPLAYED_PACKETS, MAX_WHOLE_REPLAY_PACKETS } from '../wire/limits.ts'
import { HeaderWalk } from './header-walk.ts'
import { Inspection, type RecordedPacket } from './inspect.ts'
import type { InspectedPacket } from './packet.ts'
import type { PacketIndex } from './packet-index.ts'

/** Packets of the same conversations that are read behind the last one wanted: what it holds may be read with them. */
const READ_ON_PACKETS = 64
/** Between two looks at whether somebody waits. */
const PACKETS_A_SLICE = 64

export interface ReplaySource {
  readonly index: PacketIndex
  /** @param row in the index. */
  recorded(row: number): RecordedPacket
  /** Conversations whose layers are joined to those of this one, itself not among them. */
  partners(stream: number): readonly number[]
  /** Fresh ones: they remember what they were asked for. */
  keys(): KeySource
}

export class Replay {
  readonly #source: ReplaySource
  readonly #wholePackets: number

  /** @param wholePackets a capture of so many packets is replayed whole. */
  constructor(source: ReplaySource, wholePackets = MAX_WHOLE_REPLAY_PACKETS) {
    this.#source = source
    this.#wholePackets = wholePackets
  }

  /** The headers alone, at once: nothing above TCP and UDP. */
  headers(row: number): InspectedPacket {
    const packet = this.#source.recorded(row)
    const { number, timeNs, originalLength, linkType, interfaceId, fcsLength } = packet
    const bytes = packet.bytes.slice(packet.start, packet.end)
    const { layers, transport } = new HeaderWalk().walk({ bytes, originalLength, linkType, fcsLength, number, timeNs })
    const stream = this.#source.index.stream(row)
    return {
      number,
      timeNs,
      originalLength,
      linkType,
      interfaceId,
      bytes,
      conversation: transport === null ? -1 : stream >> 1,
      transport,
      layers,
    }
  }

  /**
   * @param rows that are wanted.
   * @param pause asked now and then; waited for where it answers a promise.
   * @returns what could be read; those that lie too far into their conversations come with their headers alone.
   */
  async packets(rows: readonly number[], pause: () => Promise<void> | null): Promise<Map<number, InspectedPacket>> {
    const found = new Map<number, InspectedPacket>()
    const { index } = this.#source
    const wanted = new Map<number, number>()
    for (const row of rows) wanted.set(index.number(row), row)
    const replayed = this.#rowsFor(rows, found)
    if (replayed.length === 0) return found
    const numbering = this.#numbering(replayed)
    const inspection = new Inspection(this.#source.keys(), { wants: number => wanted.has(number) }, numbering)
    const keep = (packets: Iterable<InspectedPacket>): void => {
      for (const packet of packets) {
        const row = wanted.get(packet.number)
        if (row !== undefined) found.set(row, packet)
      }
    }
    for (const [at, row] of replayed.entries()) {
      inspection.take(this.#source.recorded(row))
      keep(inspection.ready())
      if (at % PACKETS_A_SLICE === PACKETS_A_SLICE - 1) await pause()
    }
    keep(inspection.finish())
    return found
  }

  /** All rows that must be read for those that are wanted. Those of none come with their headers at once. */
  #rowsFor(rows: readonly number[], found: Map<number, InspectedPacket>): number[] {
    const { index } = this.#source
    if (index.count <= this.#wholePackets) return Array.from({ length: index.count }, (_, row) => row)
    const needed = new Set<number>()
    const furthest = new Map<number, number>()
    for (const row of rows) {
      const stream = index.stream(row)
      if (stream < 0) needed.add(row)
      else furthest.set(stream, Math.max(furthest.get(stream) ?? -1, row))
    }
    for (const [stream, row] of [...furthest]) {
      for (const partner of this.#source.partners(stream)) {
        furthest.set(partner, Math.max(furthest.get(partner) ?? -1, row))
      }
    }
    for (const [stream, row] of furthest) {
      const upTo = index.upTo(stream, row, MAX_REPLAYED_PACKETS)
      if (upTo === null) {
        for (const one of rows) if (index.stream(one) === stream) found.set(one, this.headers(one))
        continue
      }
      for (const one of upTo) needed.add(one)
      let next = index.after(row)
      for (let read = 0; next >= 0 && read < READ_ON_PACKETS; read++) {
        needed.add(next)
        next = index.after(next)
      }
    }
    // Which datagrams of which conversation came in pieces is not known before they are put together.
    let last = -1
    for (const row of needed) last = Math.max(last, row)
    for (const fragment of index.fragmentsUpTo(last, MAX_REPLAYED_PACKETS)) needed.add(fragment)
    return [...needed].sort((a, b) => a - b)
  }

  /** The conversations keep their numbers, whatever is left out between them. */
  #numbering(rows: readonly number[]): (transport: 'tcp' | 'udp', nth: number) => number {
    const { index } = this.#source
    if (rows.length === index.count) return (_, nth) => nth
    const streams = [...new Set(rows.map(row => index.stream(row)))]
    const tcp = streams.filter(stream => stream >= 0 && stream % 2 === 0).map(stream => stream >> 1)
    const udp = streams.filter(stream => stream % 2 === 1).map(stream => stream >> 1)
    return (transport, nth) => (transport === 'tcp' ? tcp[nth] : udp[nth]) ?? nth
  }
}
