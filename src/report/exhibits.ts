/**
 * What a report may show besides the analysis: packets opened down to the byte, and conversations over time. Whoever has the
 * capture at hand gathers it; a report without is a whole report, too.
 */
import type { InspectedPacket } from '../inspect/packet.ts'
import type { Segment } from '../inspect/segments.ts'

export interface Exhibits {
  /** By number: packets that findings name. */
  readonly packets: ReadonlyMap<number, InspectedPacket>
  /** How many more findings name that are not here, for there is a limit. */
  readonly packetsLeft: number
  /** By tcp.stream: the connections in which packets were lost, or large ones vanished. */
  readonly segments: ReadonlyMap<number, readonly Segment[]>
}

export const NO_EXHIBITS: Exhibits = { packets: new Map(), packetsLeft: 0, segments: new Map() }
