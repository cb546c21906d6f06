/** Counts over the whole capture: conversations, endpoints, protocols. Made when somebody looks. */
import type { PacketIndex } from '../inspect/packet-index.ts'
import { textOf } from '../report/tree-search.ts'
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

/** Conversations whose ends are looked up; the largest ones. */
const MOST_CONVERSATIONS = 5000

interface Tally {
  readonly stream: number
  readonly firstRow: number
  packets: number
  bytes: number
  lastNs: number
}

/** The largest first. */
export function conversationCounts(document: Document): ConversationCount[] {
  const { index } = document
  const tallies = new Map<number, Tally>()
  for (let row = 0; row < index.count; row++) {
    const stream = index.stream(row)
    if (stream < 0) continue
    const tally = tallies.get(stream)
    if (tally === undefined) {
      tallies.set(stream, { stream, firstRow: row, packets: 1, bytes: lengthOf(index, row), lastNs: index.timeNs(row) })
      continue
    }
    tally.packets++
    tally.bytes += lengthOf(index, row)
    tally.lastNs = index.timeNs(row)
  }
  const largest = [...tallies.values()].sort((a, b) => b.bytes - a.bytes || a.stream - b.stream)
  return largest.slice(0, MOST_CONVERSATIONS).map(({ stream, firstRow, packets, bytes, lastNs }) => {
    const [from, to] = ends(document, firstRow, stream % 2 === 0 ? 'tcp' : 'udp')
    return { stream, from, to, packets, bytes, firstNs: index.timeNs(firstRow), lastNs }
  })
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

function lengthOf(index: PacketIndex, row: number): number {
  return index.at(row).originalLength
}

function ends(document: Document, row: number, transport: 'tcp' | 'udp'): [string, string] {
  const { layers } = document.headers(row)
  const ip = layers.findLast(({ tree }) => tree.field.name === 'ip' || tree.field.name === 'ipv6')
  const ports = layers.findLast(({ tree }) => tree.field.name === transport)
  if (ip === undefined || ports === undefined) return ['', '']
  const name = ip.tree.field.name
  return [
    `${textOf(ip, `${name}.src`)}:${textOf(ports, `${transport}.srcport`)}`,
    `${textOf(ip, `${name}.dst`)}:${textOf(ports, `${transport}.dstport`)}`,
  ]
}
