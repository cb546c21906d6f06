/** The segments of a TCP conversation, for graphs over time. */
import type { InspectedPacket } from './packet.ts'
import { holds, innermostNetwork, numberOf, textOf } from './tree-search.ts'

export interface Segment {
  readonly packet: number
  readonly timeNs: number
  /** 0 = the side that sent the first packet. */
  readonly side: 0 | 1
  /** Relative to the side's first one; unwrapped, so that it only grows beyond 2^32. */
  readonly sequence: number
  readonly length: number
  /** Of the other side's bytes; -1 without ACK. */
  readonly acknowledgement: number
  readonly window: number
  /** TCP's analysis says that it was sent again, or came out of order. */
  readonly isResend: boolean
  readonly isReset: boolean
  readonly isSyn: boolean
  readonly isFin: boolean
}

export interface RoundTrip {
  readonly timeNs: number
  readonly milliseconds: number
  /** Who sent the data that was acknowledged. */
  readonly side: 0 | 1
}

const RESENDS = [
  'tcp.analysis.retransmission',
  'tcp.analysis.fast_retransmission',
  'tcp.analysis.spurious_retransmission',
] as const

/** @param packets of one TCP conversation, in order; ICMP messages about it are passed over. */
export function segmentsOf(packets: readonly InspectedPacket[]): Segment[] {
  const segments: Segment[] = []
  let first = ''
  for (const packet of packets) {
    // An ICMP message holds a segment of it as well: one that was sent before.
    if (packet.transport !== 'tcp') continue
    const tcp = packet.layers.findLast(({ tree }) => tree.field.name === 'tcp')
    if (tcp === undefined) continue
    const from = sender(packet)
    if (first === '') first = from
    segments.push({
      packet: packet.number,
      timeNs: packet.timeNs,
      side: from === first ? 0 : 1,
      sequence: numberOf(tcp, 'tcp.seq') ?? 0,
      length: numberOf(tcp, 'tcp.len') ?? 0,
      acknowledgement: numberOf(tcp, 'tcp.ack') ?? -1,
      window: numberOf(tcp, 'tcp.window_size') ?? 0,
      isResend: RESENDS.some(name => holds(tcp, name)),
      isReset: numberOf(tcp, 'tcp.flags.reset') === 1,
      isSyn: numberOf(tcp, 'tcp.flags.syn') === 1,
      isFin: numberOf(tcp, 'tcp.flags.fin') === 1,
    })
  }
  return segments
}

/** Data to the acknowledgement that first covers it; resends tell nothing. */
export function roundTrips(segments: readonly Segment[]): RoundTrip[] {
  const waiting: [Segment[], Segment[]] = [[], []]
  const found: RoundTrip[] = []
  for (const segment of segments) {
    const other = segment.side === 0 ? 1 : 0
    const answered = waiting[other]
    while (answered[0] !== undefined && segment.acknowledgement >= answered[0].sequence + answered[0].length) {
      const data = answered.shift() as Segment
      const milliseconds = (segment.timeNs - data.timeNs) / 1e6
      if (!data.isResend) found.push({ timeNs: segment.timeNs, milliseconds, side: other })
    }
    if (segment.length > 0) waiting[segment.side].push(segment)
  }
  return found
}

function sender({ layers }: InspectedPacket): string {
  const ip = innermostNetwork(layers)
  const tcp = layers.findLast(({ tree }) => tree.field.name === 'tcp')
  if (ip === null || tcp === undefined) return ''
  return `${textOf(ip, `${ip.tree.field.name}.src`)}:${textOf(tcp, 'tcp.srcport')}`
}
