/** Counts over the whole capture: conversations, endpoints, protocols. Made when somebody looks. */
import type { Document } from './document.ts'

export interface ConversationCount {
  /** Twice its number, and one more where it is UDP. */
  readonly stream: number
  /** `address:port` of who sent the first packet, and of the other. */
  readonly from: string
  readonly to: string
  readonly packets: number
  readonly bytes: number
  readonly firstNs: number
  readonly lastNs: number
}

export interface EndpointCount {
  readonly address: string
  readonly conversations: number
  readonly packets: number
  readonly bytes: number
}

/** `eth:ip:tcp:tls`, and what of the capture ends there or goes on above it. */
export interface ProtocolCount {
  readonly name: string
  readonly depth: number
  packets: number
  bytes: number
}

/** Conversations that are listed: the largest ones. */
export const MOST_CONVERSATIONS = 5000

/** What was counted of each conversation, by its number as the index has it. */
class Tallies {
  count = 0
  packets = new Uint32Array(1 << 10)
  bytes = new Float64Array(1 << 10)
  firstRows = new Int32Array(1 << 10)
  lastRows = new Int32Array(1 << 10)

  add(stream: number, row: number, bytes: number): void {
    if (stream >= this.count) this.#reach(stream + 1)
    if (this.packets[stream] === 0) this.firstRows[stream] = row
    this.packets[stream] = (this.packets[stream] as number) + 1
    this.bytes[stream] = (this.bytes[stream] as number) + bytes
    this.lastRows[stream] = row
  }

  #reach(count: number): void {
    this.count = count
    if (count <= this.packets.length) return
    const room = Math.max(count, this.packets.length * 2)
    const packets = new Uint32Array(room)
    const bytes = new Float64Array(room)
    const firstRows = new Int32Array(room)
    const lastRows = new Int32Array(room)
    packets.set(this.packets)
    bytes.set(this.bytes)
    firstRows.set(this.firstRows)
    lastRows.set(this.lastRows)
    Object.assign(this, { packets, bytes, firstRows, lastRows })
  }
}

/** The largest first. */
export async function conversationCounts(document: Document): Promise<ConversationCount[]> {
  const { index } = document
  const pause = document.pauses()
  const tallies = new Tallies()
  for (let row = 0; row < index.count; row++) {
    const stream = index.stream(row)
    if (stream >= 0) tallies.add(stream, row, index.originalLength(row))
    const waits = row % ROWS_A_LOOK === 0 ? pause() : null
    if (waits !== null) await waits
  }
  const counts: ConversationCount[] = []
  for (const stream of await largest(tallies, pause)) {
    const firstRow = tallies.firstRows[stream] as number
    const { source, sourcePort, destination, destinationPort } = document.glance(firstRow)
    counts.push({
      stream,
      from: `${source}:${sourcePort}`,
      to: `${destination}:${destinationPort}`,
      packets: tallies.packets[stream] as number,
      bytes: tallies.bytes[stream] as number,
      firstNs: index.timeNs(firstRow),
      lastNs: index.timeNs(tallies.lastRows[stream] as number),
    })
    const waits = pause()
    if (waits !== null) await waits
  }
  return counts
}

/** Rows between two looks at the clock. */
const ROWS_A_LOOK = 256

/** A million conversations are not sorted for the few that are shown. */
async function largest({ count, packets, bytes }: Tallies, pause: () => Promise<void> | null): Promise<number[]> {
  const bySize = (a: number, b: number): number => (bytes[b] as number) - (bytes[a] as number) || a - b
  let kept: number[] = []
  let least = -1
  for (let stream = 0; stream < count; stream++) {
    if ((packets[stream] as number) > 0 && (bytes[stream] as number) > least) kept.push(stream)
    if (kept.length === 2 * MOST_CONVERSATIONS) {
      kept = kept.sort(bySize).slice(0, MOST_CONVERSATIONS)
      least = bytes[kept.at(-1) as number] as number
    }
    const waits = stream % ROWS_A_LOOK === 0 ? pause() : null
    if (waits !== null) await waits
  }
  return kept.sort(bySize).slice(0, MOST_CONVERSATIONS)
}

export function endpointCounts(conversations: readonly ConversationCount[]): EndpointCount[] {
  const found = new Map<string, { conversations: number; packets: number; bytes: number }>()
  for (const { from, to, packets, bytes } of conversations) {
    for (const end of [from, to]) {
      const address = end.replace(/:\d+$/, '')
      const count = found.get(address) ?? { conversations: 0, packets: 0, bytes: 0 }
      count.conversations++
      count.packets += packets
      count.bytes += bytes
      found.set(address, count)
    }
  }
  return [...found]
    .map(([address, count]) => ({ address, ...count }))
    .sort((a, b) => b.bytes - a.bytes || (a.address < b.address ? -1 : 1))
}

/** The tree of protocols, each below the one that carries it. */
export class ProtocolHierarchy {
  readonly #counts = new Map<string, ProtocolCount>()

  /** @param protocols as in frame.protocols: `eth:ip:tcp`. */
  add(protocols: string, bytes: number): void {
    let path = ''
    let above = ''
    for (const name of protocols.split(':')) {
      // A packet with several records of one protocol counts once, and its parts are no protocols.
      if (name === above || name.includes('.') || name === 'ethertype') continue
      above = name
      path += `${path === '' ? '' : ':'}${name}`
      const count = this.#counts.get(path) ?? { name, depth: path.split(':').length - 1, packets: 0, bytes: 0 }
      count.packets++
      count.bytes += bytes
      this.#counts.set(path, count)
    }
  }

  /** Parents before their children. */
  get lines(): ProtocolCount[] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count)
  }
}
