/** Which packets of a capture belong to an attempt, and which prove its findings: rows of the index, in order. */
import type { AttemptAnalysis } from '../analysis.ts'
import type { PacketIndex } from '../inspect/packet-index.ts'
import { isClaim } from '../policy/threshold.ts'
import { streamNumber } from './partners.ts'

/** All packets of an attempt's conversations, and those that its findings and its messages name. */
export function rowsOfAttempt(index: PacketIndex, { members, verdicts, ladder }: AttemptAnalysis): number[] {
  const rows = new Set<number>()
  for (const member of members) {
    for (let row = index.last(streamNumber(member)); row >= 0; row = index.before(row)) rows.add(row)
  }
  for (const { evidence } of verdicts) for (const { packet } of evidence) rows.add(index.rowOf(packet))
  for (const { packet } of ladder?.steps ?? []) rows.add(index.rowOf(packet))
  return inOrder(rows)
}

/** Packets that confirmed and likely findings name. */
export function rowsOfEvidence(index: PacketIndex, attempts: readonly AttemptAnalysis[]): number[] {
  const rows = new Set<number>()
  for (const { verdicts } of attempts) {
    for (const { verdict, evidence } of verdicts) {
      if (isClaim({ verdict })) for (const { packet } of evidence) rows.add(index.rowOf(packet))
    }
  }
  return inOrder(rows)
}

/** Those that there are. */
export function inOrder(rows: ReadonlySet<number>): number[] {
  return [...rows].filter(row => row >= 0).sort((a, b) => a - b)
}
