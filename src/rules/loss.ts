/**
 * How many segments of a side were really lost. Resends that D-SACK or an earlier ACK proves needless, repeated SYNs and
 * FINs, and copies of a mirror port are no loss. RFC 2883; what retransmission means is Wireshark's tcp.analysis.*.
 */
import type { TcpSide } from '../flow/conversation.ts'

export interface Loss {
  /** Segments with payload, without resends. */
  readonly segments: number
  readonly resent: number
  /** Of segments sent. */
  readonly share: number
  /** Holes seen at the capture point: the loss lies before it. Otherwise resends of what passed here: behind it. */
  readonly before: boolean
}

export function lossOf(side: TcpSide): Loss {
  const all = side.retransmissions + side.fastRetransmissions + side.spuriousRetransmissions
  const resent = Math.max(0, all - side.needlessRetransmissions)
  return {
    segments: side.segments,
    resent,
    share: side.segments > 0 ? resent / Math.max(side.segments, resent) : 0,
    before: side.lostSegments > 0 && side.lostSegments * 2 >= resent,
  }
}
