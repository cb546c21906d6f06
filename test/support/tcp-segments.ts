/** Segments for TCP sequence analysis, one flow record, numbers counted from 0 on both sides unless bases are given. */
import { ACK, Headers } from '../../src/flow/headers.ts'
import {
  ACK_LOST_SEGMENT,
  DUPLICATE_ACK,
  FAST_RETRANSMISSION,
  KEEP_ALIVE,
  KEEP_ALIVE_ACK,
  LOST_SEGMENT,
  OUT_OF_ORDER,
  RETRANSMISSION,
  REUSED_PORTS,
  SPURIOUS_RETRANSMISSION,
  TcpAnalysis,
  WINDOW_FULL,
  WINDOW_UPDATE,
  ZERO_WINDOW,
  ZERO_WINDOW_PROBE,
  ZERO_WINDOW_PROBE_ACK,
} from '../../src/flow/tcp-analysis.ts'
import type { Direction } from '../../src/wire/dissector.ts'

/** Flag -> tcp.analysis.* of Wireshark, without the prefix. */
export const ANALYSIS_FIELDS: readonly (readonly [number, string])[] = [
  [RETRANSMISSION, 'retransmission'],
  [FAST_RETRANSMISSION, 'fast_retransmission'],
  [OUT_OF_ORDER, 'out_of_order'],
  [SPURIOUS_RETRANSMISSION, 'spurious_retransmission'],
  [LOST_SEGMENT, 'lost_segment'],
  [ACK_LOST_SEGMENT, 'ack_lost_segment'],
  [KEEP_ALIVE, 'keep_alive'],
  [KEEP_ALIVE_ACK, 'keep_alive_ack'],
  [DUPLICATE_ACK, 'duplicate_ack'],
  [ZERO_WINDOW, 'zero_window'],
  [ZERO_WINDOW_PROBE, 'zero_window_probe'],
  [ZERO_WINDOW_PROBE_ACK, 'zero_window_probe_ack'],
  [WINDOW_UPDATE, 'window_update'],
  [WINDOW_FULL, 'window_full'],
  [REUSED_PORTS, 'reused_ports'],
]

/** The names of the flags: what one compares and reads. */
export function flagNames(flags: number): string[] {
  return ANALYSIS_FIELDS.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name)
}

export interface SegmentHeader {
  readonly sequence?: number
  readonly acknowledgement?: number
  /** ACK where not given. */
  readonly flags?: number
  /** 1000 where not given. */
  readonly window?: number
  readonly length?: number
  readonly windowScale?: number
}

function segmentHeaders(segment: SegmentHeader): Headers {
  const h = new Headers()
  h.flags = segment.flags ?? ACK
  h.sequence = (segment.sequence ?? 0) | 0
  h.acknowledgement = (segment.acknowledgement ?? 0) | 0
  h.window = segment.window ?? 1000
  h.payloadLength = segment.length ?? 0
  h.windowScale = segment.windowScale ?? -1
  return h
}

/** One connection, by itself: `talk.after(5).client({ ... })` answers the names of the flags. */
export class Talk {
  readonly #analysis: TcpAnalysis
  readonly #flow: number
  readonly #bases: readonly [number, number]
  #timeNs = 0

  /** @param bases sequence numbers of client and server that the test calls 0 */
  constructor(bases: readonly [number, number] = [100_000, 500_000], flow = 0, analysis = new TcpAnalysis()) {
    this.#analysis = analysis
    this.#flow = flow
    this.#bases = bases
    analysis.grow(flow + 1)
    analysis.reset(flow)
  }

  /** Time that passes before the next segment. */
  after(ms: number): this {
    this.#timeNs += ms * 1e6
    return this
  }

  client(segment: SegmentHeader): string[] {
    return this.#segment(0, segment)
  }

  server(segment: SegmentHeader): string[] {
    return this.#segment(1, segment)
  }

  reusesPorts(direction: Direction, segment: SegmentHeader): boolean {
    return this.#analysis.reusesPorts(this.#flow, direction, this.#headers(direction, segment))
  }

  /** As the flow table does when a SYN reuses the ports: the record starts anew. */
  restart(): this {
    this.#analysis.reset(this.#flow)
    return this
  }

  #segment(direction: Direction, segment: SegmentHeader): string[] {
    const h = this.#headers(direction, segment)
    return flagNames(this.#analysis.analyse(this.#flow, direction, h, this.#timeNs))
  }

  #headers(direction: Direction, segment: SegmentHeader): Headers {
    const h = segmentHeaders(segment)
    h.sequence = (h.sequence + (this.#bases[direction] as number)) | 0
    if ((h.flags & ACK) !== 0) h.acknowledgement = (h.acknowledgement + (this.#bases[1 - direction] as number)) | 0
    return h
  }
}
