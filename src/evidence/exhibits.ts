/** What a report shows of the packets themselves: those that findings name, and conversations over time. */
import type { AttemptAnalysis, CaptureAnalysis, VerdictAnalysis } from '../analysis.ts'
import type { IndexedCapture } from '../inspect/indexed-capture.ts'
import { inOrder } from '../inspect/replay.ts'
import { type Segment, segmentsOf } from '../inspect/segments.ts'
import { isClaim } from '../policy/threshold.ts'
import type { Exhibits } from '../report/exhibits.ts'
import { firstOf } from '../report/finding.ts'
import type { Ground } from '../rules/rule.ts'
import { MAX_EXHIBITED_PACKETS, MAX_GRAPH_SEGMENTS, MAX_GRAPHS } from '../wire/limits.ts'
import { streamNumber } from './partners.ts'

/** What a graph of sequence numbers over time lets anyone see. */
const SHOWN_OVER_TIME: ReadonlySet<Ground> = new Set<Ground>(['loss', 'size', 'silence', 'lasting'])

interface Claim {
  readonly attempt: AttemptAnalysis
  readonly verdict: VerdictAnalysis
}

/** @param most packets, where less than usual are wanted. */
export async function exhibitsOf(
  capture: IndexedCapture,
  analysis: CaptureAnalysis,
  most = MAX_EXHIBITED_PACKETS,
): Promise<Exhibits> {
  const claims = claimsOf(analysis)
  const named = [...new Set(claims.flatMap(({ verdict }) => verdict.evidence.map(({ packet }) => packet)))]
  const shown = named.slice(0, Math.min(most, MAX_EXHIBITED_PACKETS))
  const rows = shown.map(number => capture.index.rowOf(number)).filter(row => row >= 0)
  const packets = await capture.replay.packets(rows, NO_PAUSE)
  return {
    packets: new Map([...packets.values()].map(packet => [packet.number, packet])),
    packetsLeft: named.length - shown.length,
    segments: await segments(capture, claims),
  }
}

const NO_PAUSE = () => null

/** In the order of the diagnosis: of each line, what is said of its first attempt. */
function claimsOf({ diagnosis, attempts }: CaptureAnalysis): Claim[] {
  return diagnosis.filter(isClaim).flatMap(entry => {
    const { attempt, verdict } = firstOf(entry, attempts)
    return attempt === null || verdict === null ? [] : [{ attempt, verdict }]
  })
}

async function segments(capture: IndexedCapture, claims: readonly Claim[]): Promise<Map<number, readonly Segment[]>> {
  const drawn = new Map<number, readonly Segment[]>()
  for (const { attempt, verdict } of claims) {
    if (!verdict.restsOn.some(ground => SHOWN_OVER_TIME.has(ground))) continue
    for (const member of attempt.members) {
      if (member.transport !== 'tcp' || member.part !== 'explained' || drawn.has(member.stream)) continue
      if (drawn.size === MAX_GRAPHS) return drawn
      const rows = capture.index.rowsOf(streamNumber(member), MAX_GRAPH_SEGMENTS)
      if (rows.length === 0) continue
      const packets = await capture.replay.packets(rows, NO_PAUSE)
      drawn.set(member.stream, segmentsOf(inOrder(packets)))
    }
  }
  return drawn
}
