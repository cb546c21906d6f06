/**
 * Packets read again with all their layers: a conversation is replayed from its start up to the packets that are wanted, with
 * the others that its layers are joined to. Small captures are replayed whole, which also covers fragments.
 */
import type { KeySource } from '../flow/tls/keys.ts'
import { MAX_REPLAYED_PACKETS, MAX_WHOLE_REPLAY_PACKETS } from '../wire/limits.ts'
import type { Filter } from './filter/filter.ts'
import { type Glance, Glancer } from './glance.ts'
import { HeaderWalk, type Numbering } from './header-walk.ts'
import { Inspection, type RecordedPacket } from './inspect.ts'
import type { InspectedPacket } from './packet.ts'
import { FRAGMENT, type PacketIndex } from './packet-index.ts'

/** Packets of the same conversations that are read behind the last one wanted: what it holds may be read with them. */
const READ_ON_PACKETS = 64
/** Passed over between two pauses: that costs time as well. */
const SKIPPED_ROWS = 1024

export interface ReplaySource {
  readonly index: PacketIndex
  /** @param row in the index. */
  recorded(row: number): RecordedPacket
  /** Conversations whose layers are joined to those of this one, itself not among them. */
  partners(stream: number): readonly number[]
  /** Fresh ones: they remember what they were asked for. */
  keys(): KeySource
}

/** Asked before each packet, so that others have their turn; waited for where it answers a promise. */
export type Pause = () => Promise<void> | null

export interface Search {
  /** Rows [from, to) are searched, in order. */
  readonly from: number
  readonly to: number
  /** Only these are given out. */
  readonly filter?: Filter
  /** False ends it. */
  goesOn(): boolean
  found(row: number, packet: InspectedPacket): void
}

/** One reading of some rows. */
interface Run {
  readonly inspection: Inspection
  /** The row at hand. */
  readonly reading: { row: number }
  /** -1 stands for rows that were passed over. */
  readonly rows: Iterable<number>
  readonly pause: Pause
  give(packet: InspectedPacket): void
  goesOn(): boolean
}

export class Replay {
  readonly #source: ReplaySource
  readonly #wholePackets: number
  readonly #glancer = new Glancer()

  /** @param wholePackets a capture of so many packets is replayed whole. */
  constructor(source: ReplaySource, wholePackets = MAX_WHOLE_REPLAY_PACKETS) {
    this.#source = source
    this.#wholePackets = wholePackets
  }

  /** Who sends what to whom, at once. */
  glance(row: number): Glance {
    return this.#glancer.glance(this.#source.recorded(row))
  }

  /** The headers alone, at once: nothing above TCP and UDP. */
  headers(row: number): InspectedPacket {
    const packet = this.#source.recorded(row)
    const { number, timeNs, originalLength, linkType, interfaceId, fcsLength } = packet
    const bytes = packet.bytes.slice(packet.start, packet.end)
    const stream = this.#source.index.stream(row)
    const walk = new HeaderWalk(() => stream >> 1)
    const { layers, transport } = walk.walk({ bytes, originalLength, linkType, fcsLength, number, timeNs })
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
   * @returns what could be read; those that lie too far into their conversations come with their headers alone.
   */
  async packets(rows: readonly number[], pause: Pause): Promise<Map<number, InspectedPacket>> {
    const found = new Map<number, InspectedPacket>()
    const { index } = this.#source
    const wanted = new Map<number, number>()
    for (const row of rows) wanted.set(index.number(row), row)
    const replayed = this.#rowsFor(rows, found)
    if (replayed.length === 0) return found
    const keep = (packet: InspectedPacket): void => {
      const row = wanted.get(packet.number)
      if (row !== undefined) found.set(row, packet)
    }
    const wants = (number: number): boolean => wanted.has(number)
    const reading = { row: 0 }
    const inspection = new Inspection(
      this.#source.keys(),
      { wants, wantedOnly: true },
      replayed.length === index.count ? undefined : this.#numbering(reading),
    )
    await this.#run({ inspection, reading, rows: replayed, pause, give: keep, goesOn: () => true })
    return found
  }

  /**
   * Reads packets in order and gives out those that are searched. Of what lies before them only conversations are read that
   * go on behind `from`.
   */
  async search({ from, to, filter, goesOn, found }: Search, pause: Pause): Promise<void> {
    // Of a capture without packets there is not even a first one.
    if (from >= to) return
    const { index } = this.#source
    const first = index.number(from)
    const isWhole = from === 0
    const reading = { row: 0 }
    let goes = true
    const inspection = new Inspection(
      this.#source.keys(),
      {
        wants: number => number >= first,
        wantedOnly: true,
        withoutCopies: true,
        ...(filter === undefined ? {} : { filter }),
      },
      isWhole ? undefined : this.#numbering(reading),
    )
    const look = (packet: InspectedPacket): void => {
      if (goes && (filter === undefined || filter.matches(packet))) found(index.rowOf(packet.number), packet)
    }
    await this.#run({
      inspection,
      reading,
      rows: this.#rowsBetween(from, to),
      pause,
      give: look,
      goesOn: () => {
        goes &&= goesOn()
        return goes
      },
    })
  }

  *#rowsBetween(from: number, to: number): Generator<number> {
    const { index } = this.#source
    for (let row = 0; row < from; row++) {
      const stream = index.stream(row)
      if (stream === FRAGMENT || (stream >= 0 && this.#reaches(stream, from))) yield row
      else if (row % SKIPPED_ROWS === 0) yield -1
    }
    for (let row = from; row < to; row++) yield row
  }

  /** The conversation, or one that its layers are joined to, goes on at this row or behind it. */
  #reaches(stream: number, row: number): boolean {
    const { index, partners } = this.#source
    return index.last(stream) >= row || partners(stream).some(partner => index.last(partner) >= row)
  }

  async #run({ inspection, reading, rows, pause, give, goesOn }: Run): Promise<void> {
    for (const row of rows) {
      const waits = pause()
      if (waits !== null) {
        await waits
        if (!goesOn()) return
      }
      if (row < 0) continue
      reading.row = row
      inspection.take(this.#source.recorded(row))
      for (const packet of inspection.ready()) give(packet)
    }
    for (const packet of inspection.finish()) {
      give(packet)
      const waits = pause()
      if (waits === null) continue
      await waits
      if (!goesOn()) return
    }
  }

  /** All rows that must be read for those that are wanted. Those of none come with their headers at once. */
  #rowsFor(rows: readonly number[], found: Map<number, InspectedPacket>): readonly number[] {
    const { index } = this.#source
    if (index.count <= this.#wholePackets) return Array.from({ length: index.count }, (_, row) => row)
    const needed: (readonly number[])[] = []
    const alone: number[] = []
    const furthest = new Map<number, number>()
    for (const row of rows) {
      const stream = index.stream(row)
      if (stream < 0) alone.push(row)
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
      let next = index.after(row)
      for (let read = 0; next >= 0 && read < READ_ON_PACKETS; read++) {
        upTo.push(next)
        next = index.after(next)
      }
      needed.push(upTo)
    }
    needed.push(alone)
    // Which datagrams of which conversation came in pieces is not known before they are put together.
    const last = needed.reduce((most, list) => list.reduce((a, b) => Math.max(a, b), most), -1)
    needed.push(index.fragmentsUpTo(last, MAX_REPLAYED_PACKETS))
    return distinct(needed)
  }

  /** The conversations keep their numbers, whatever is left out between them: a new one is that of the packet at hand. */
  #numbering(reading: { readonly row: number }): Numbering {
    const { index } = this.#source
    return (transport, nth) => {
      const stream = index.stream(reading.row)
      return stream >= 0 && (stream % 2 === 0) === (transport === 'tcp') ? stream >> 1 : nth
    }
  }
}

/** Packets by their rows, as the rows follow one another. */
export function inOrder(found: ReadonlyMap<number, InspectedPacket>): InspectedPacket[] {
  return [...found].sort(([a], [b]) => a - b).map(([, packet]) => packet)
}

/** Sorted, each once. There may be hundreds of thousands. */
function distinct(lists: readonly (readonly number[])[]): number[] {
  const all = new Int32Array(lists.reduce((sum, { length }) => sum + length, 0))
  let filled = 0
  for (const list of lists) {
    all.set(list, filled)
    filled += list.length
  }
  all.sort()
  const rows: number[] = []
  for (let at = 0; at < all.length; at++) if (all[at] !== all[at - 1]) rows.push(all[at] as number)
  return rows
}
