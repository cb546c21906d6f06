/**
 * What the two sides of one conversation said, in order: decrypted where keys exist, otherwise the payload of TCP (each byte
 * once, in the order of the stream) or UDP.
 */
import type { Node } from '../wire/field.ts'
import { MAX_AHEAD_SEGMENTS } from '../wire/limits.ts'
import type { InspectedLayer, InspectedPacket } from './packet.ts'
import { innermostNetwork } from './tree-search.ts'
import { bytesOf, shownText } from './value-text.ts'

export interface Said {
  readonly packet: number
  readonly timeNs: number
  /** 0 is the side that was seen first. */
  readonly side: 0 | 1
  readonly bytes: Uint8Array
  readonly decrypted: boolean
}

interface Segment {
  readonly packet: number
  readonly timeNs: number
  readonly sequence: number
  readonly bytes: Uint8Array
}

const HANDSHAKE = 'tls-handshake'

/** Follows one conversation through the packets of a capture. */
export class StreamBytes {
  readonly transport: 'tcp' | 'udp'
  readonly conversation: number
  /** Side 0 and side 1, as `address:port`. */
  readonly sides: string[] = []
  /** All that was decrypted, and all raw payload. */
  private readonly plain: Said[] = []
  private readonly raw: Said[] = []
  private readonly next: [number | null, number | null] = [null, null]
  private readonly ahead: [Segment[], Segment[]] = [[], []]

  constructor(transport: 'tcp' | 'udp', conversation: number) {
    this.transport = transport
    this.conversation = conversation
  }

  add(packet: InspectedPacket): void {
    if (packet.transport !== this.transport || packet.conversation !== this.conversation) return
    const at = packet.layers.findLastIndex(({ tree, pdu }) => pdu === null && tree.field.name === this.transport)
    const transport = packet.layers[at]
    if (transport === undefined) return
    const side = this.sideOf(packet, transport)
    this.decrypted(packet, side)
    const payload = childNamed(transport.tree, `${this.transport}.payload`)
    if (payload === null) return
    const { number, timeNs } = packet
    const bytes = bytesOf(payload, transport)
    if (this.transport === 'udp') this.raw.push({ packet: number, timeNs, side, bytes, decrypted: false })
    else this.segment(side, { packet: number, timeNs, sequence: numberIn(transport.tree, 'tcp.seq_raw'), bytes })
  }

  /** What was decrypted if anything was, otherwise the payload. */
  said(): readonly Said[] {
    return this.plain.length > 0 ? this.plain.sort((a, b) => a.packet - b.packet) : this.payload()
  }

  /** As it was sent: the payload of TCP, each byte once, or of UDP. */
  payload(): readonly Said[] {
    for (const side of [0, 1] as const) this.flush(side)
    return this.raw.sort((a, b) => a.packet - b.packet)
  }

  private sideOf(packet: InspectedPacket, transport: InspectedLayer): 0 | 1 {
    const port = numberIn(transport.tree, `${this.transport}.srcport`)
    const peer = numberIn(transport.tree, `${this.transport}.dstport`)
    const ip = innermostNetwork(packet.layers)
    const name = ip?.tree.field.name ?? 'ip'
    const own = `${addressIn(ip, `${name}.src`)}:${port}`
    if (this.sides.length === 0) this.sides.push(own, `${addressIn(ip, `${name}.dst`)}:${peer}`)
    return this.sides[0] === own ? 0 : 1
  }

  /** The protocols directly inside TLS: what is further in, lies in their bytes. */
  private decrypted({ layers, number, timeNs }: InspectedPacket, side: 0 | 1): void {
    const inside = layers.filter(({ source, pdu }) => source === 'decrypted' && pdu !== null && pdu.name !== HANDSHAKE)
    const depth = Math.min(...inside.map(({ pdu }) => pdu?.path.split('/').length ?? 0))
    for (const { pdu, bytes } of inside) {
      if (pdu?.path.split('/').length !== depth) continue
      this.plain.push({ packet: number, timeNs, side, bytes, decrypted: true })
    }
  }

  /** What is new of it; what lies ahead of a hole waits a while. */
  private segment(side: 0 | 1, segment: Segment): void {
    const next = this.next[side]
    const before = next === null ? 0 : (next - segment.sequence) | 0
    if (before < 0) {
      this.ahead[side].push(segment)
      if (this.ahead[side].length > MAX_AHEAD_SEGMENTS) this.flush(side)
      return
    }
    this.take(side, segment, before)
    const waiting = this.ahead[side].findIndex(({ sequence }) => (((this.next[side] ?? 0) - sequence) | 0) >= 0)
    if (waiting >= 0) this.segment(side, this.ahead[side].splice(waiting, 1)[0] as Segment)
  }

  private take(side: 0 | 1, { packet, timeNs, sequence, bytes }: Segment, seen: number): void {
    if (seen >= bytes.length) return
    this.next[side] = (sequence + bytes.length) | 0
    this.raw.push({ packet, timeNs, side, bytes: bytes.subarray(seen), decrypted: false })
  }

  /** The hole stays one. */
  private flush(side: 0 | 1): void {
    const next = this.next[side] ?? 0
    const waiting = this.ahead[side].splice(0)
    waiting.sort((a, b) => ((a.sequence - next) | 0) - ((b.sequence - next) | 0))
    for (const segment of waiting) {
      const before = ((this.next[side] ?? 0) - segment.sequence) | 0
      this.take(side, segment, Math.max(0, before))
    }
  }
}

function childNamed(tree: Node, name: string): Node | null {
  return tree.children?.find(({ field }) => field.name === name) ?? null
}

function numberIn(tree: Node, name: string): number {
  return Number(childNamed(tree, name)?.value ?? 0)
}

function addressIn(layer: InspectedLayer | null, name: string): string {
  const node = layer === null ? null : childNamed(layer.tree, name)
  return node === null || layer === null ? '' : shownText(node, layer)
}
