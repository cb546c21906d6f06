/**
 * The fields that need no tree: what the hot decode knows of a packet of TCP or UDP that is in no tunnel and in one piece.
 * All else it leaves open.
 */
import { type Headers, KIND_TCP, KIND_UDP } from '../../flow/headers.ts'
import type { Datum } from './datum.ts'
import type { FieldUse, Source } from './source.ts'

/** What the file says of a packet. */
export interface RecordedPacket {
  readonly number: number
  readonly timeNs: number
  readonly epochNs: bigint
  readonly capturedLength: number
  readonly originalLength: number
}

const FLAGS: ReadonlyMap<string, number> = new Map([
  ['tcp.flags.fin', 0x01],
  ['tcp.flags.syn', 0x02],
  ['tcp.flags.reset', 0x04],
  ['tcp.flags.push', 0x08],
  ['tcp.flags.ack', 0x10],
  ['tcp.flags.urg', 0x20],
  ['tcp.flags.ece', 0x40],
  ['tcp.flags.cwr', 0x80],
])
const PROTOCOLS: ReadonlySet<string> = new Set(['ip', 'ipv6', 'tcp', 'udp'])
const NONE: readonly Datum[] = []

export class HotSource implements Source {
  private packet: RecordedPacket | null = null
  private headers: Headers | null = null

  /** @param headers valid until the next packet */
  at(packet: RecordedPacket, headers: Headers): this {
    this.packet = packet
    this.headers = isPlain(headers) ? headers : null
    return this
  }

  exists({ name, layers }: FieldUse): boolean | undefined {
    if (layers !== null) return undefined
    if (name === 'frame') return true
    const { headers } = this
    if (headers === null || !PROTOCOLS.has(name))
      return this.values({ name, layers }) === undefined ? undefined : this.has(name)
    if (name === 'ip') return headers.family === 4
    if (name === 'ipv6') return headers.family === 6
    return (name === 'tcp') === (headers.kind === KIND_TCP)
  }

  values({ name, layers }: FieldUse): readonly Datum[] | undefined {
    const { packet, headers } = this
    if (layers !== null || packet === null) return undefined
    switch (name) {
      case 'frame.number':
        return [packet.number]
      case 'frame.len':
        return [packet.originalLength]
      case 'frame.cap_len':
        return [packet.capturedLength]
      case 'frame.time_relative':
        return [BigInt(packet.timeNs)]
      case 'frame.time':
      case 'frame.time_epoch':
        return [packet.epochNs]
    }
    return headers === null ? undefined : headerValues(name, headers)
  }

  private has(name: string): boolean {
    return (this.values({ name, layers: null })?.length ?? 0) > 0
  }
}

function isPlain({ kind, tunnels, fragments }: Headers): boolean {
  return (kind === KIND_TCP || kind === KIND_UDP) && tunnels === 0 && fragments === 0
}

function headerValues(name: string, h: Headers): readonly Datum[] | undefined {
  switch (name) {
    case 'ip.src':
      return h.family === 4 ? [h.source >>> 0] : NONE
    case 'ip.dst':
      return h.family === 4 ? [h.destination >>> 0] : NONE
    case 'ip.addr':
      return h.family === 4 ? [h.source >>> 0, h.destination >>> 0] : NONE
    case 'ip.proto':
      return h.family === 4 ? [h.protocol] : NONE
    case 'ip.ttl':
      return h.family === 4 ? [h.ttl] : NONE
  }
  const transport = h.kind === KIND_TCP ? 'tcp' : 'udp'
  const ports = portValues(name.slice(4), h)
  if (ports !== null && (name.startsWith('tcp.') || name.startsWith('udp.')))
    return name.startsWith(transport) ? ports : NONE
  if (name === 'tcp.flags') return h.kind === KIND_TCP ? [h.flags] : NONE
  if (name === 'tcp.len') return h.kind === KIND_TCP ? [h.payloadLength] : NONE
  const flag = FLAGS.get(name)
  if (flag === undefined) return undefined
  return h.kind === KIND_TCP ? [(h.flags & flag) === 0 ? 0 : 1] : NONE
}

function portValues(name: string, { sourcePort, destinationPort }: Headers): readonly Datum[] | null {
  if (name === 'srcport') return [sourcePort]
  if (name === 'dstport') return [destinationPort]
  return name === 'port' ? [sourcePort, destinationPort] : null
}
