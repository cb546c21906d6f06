/**
 * The packets that prove the findings of a capture: the smallest of some sets that gives the same findings again when it is
 * judged by itself. What a rule says may rest on more than the packets it names: on what was not said, on how often something
 * was sent, on what else a sender sent. So each set is tried, the smaller one first.
 */
import type { AttemptAnalysis, CaptureAnalysis } from '../analysis.ts'
import type { KeySource } from '../analyze.ts'
import type { IndexedCapture } from '../inspect/indexed-capture.ts'
import { isFinding } from '../report/finding.ts'
import { MAX_PROOF_PACKETS } from '../wire/limits.ts'
import { streamNumber } from './partners.ts'
import { analyseRows } from './read.ts'
import { inOrder } from './rows.ts'

export interface Proof {
  /** Of the index, in order. */
  readonly rows: readonly number[]
  /** Judged by themselves, these packets give the same findings. */
  readonly isSame: boolean
  /** Which of the sets it is. */
  readonly kind: ProofKind
}

/**
 * - `named`: what findings name, and how their connections began
 * - `messages`: what the parties said to one another as well
 * - `conversations`: all packets of the attempts
 * - `hosts`: all packets of the hosts that took part
 * - `all`: the whole capture
 */
export type ProofKind = 'named' | 'messages' | 'conversations' | 'hosts' | 'all'

/** Packets that open a TCP connection. */
const OPENING_PACKETS = 3

/**
 * @param reader keys that the packets will be read with; null = those of the capture. The packets are chosen so that they prove
 * all to whoever has the keys.
 * @returns null where nothing was found.
 */
export function proofOf(capture: IndexedCapture, analysis: CaptureAnalysis, reader: KeySource | null): Proof | null {
  if (analysis.diagnosis.length === 0) return null
  const attempts = analysis.attempts.filter(({ verdicts }) => verdicts.some(isFinding))
  const wanted = findingsOf(analysis)
  let proof: Proof = { rows: [], isSame: false, kind: 'named' }
  for (const [kind, choose] of SETS) {
    const rows = choose(capture, attempts)
    // One that is no larger than the last, which did not do, will not do either.
    if (rows.length === proof.rows.length) continue
    if (rows.length > MAX_PROOF_PACKETS) break
    const isSame = isEqual(wanted, findingsOf(analyseRows(capture, rows, capture.keys())))
    proof = { rows, isSame, kind }
    if (isSame) break
  }
  if (reader === null) return proof
  return { ...proof, isSame: isEqual(wanted, findingsOf(analyseRows(capture, proof.rows, reader))) }
}

type Choose = (capture: IndexedCapture, attempts: readonly AttemptAnalysis[]) => number[]

const SETS: readonly (readonly [kind: ProofKind, choose: Choose])[] = [
  ['named', named],
  ['messages', messages],
  ['conversations', conversations],
  ['hosts', hosts],
  ['all', ({ index }) => Array.from({ length: index.count }, (_, row) => row)],
]

function named({ index }: IndexedCapture, attempts: readonly AttemptAnalysis[]): number[] {
  const rows = new Set<number>()
  for (const { members, verdicts } of attempts) {
    for (const { evidence } of verdicts.filter(isFinding))
      for (const { packet } of evidence) rows.add(index.rowOf(packet))
    for (const { firstPacket } of members) {
      let row = index.rowOf(firstPacket)
      for (let nth = 0; nth < OPENING_PACKETS && row >= 0; nth++) {
        rows.add(row)
        row = index.after(row)
      }
    }
  }
  return inOrder(rows)
}

function messages(capture: IndexedCapture, attempts: readonly AttemptAnalysis[]): number[] {
  const { index } = capture
  const rows = new Set(named(capture, attempts))
  for (const { milestones, closing, ladder } of attempts) {
    for (const { packet } of [...milestones, closing, ...(ladder?.steps ?? [])])
      if (packet > 0) rows.add(index.rowOf(packet))
  }
  return inOrder(rows)
}

function conversations(capture: IndexedCapture, attempts: readonly AttemptAnalysis[]): number[] {
  const { index } = capture
  const rows = new Set(messages(capture, attempts))
  const streams = new Set(attempts.flatMap(({ members }) => members.map(streamNumber)))
  for (const stream of streams) for (let row = index.last(stream); row >= 0; row = index.before(row)) rows.add(row)
  // Whose they are is known only when they are put together.
  for (const row of index.fragmentsUpTo(index.count - 1, MAX_PROOF_PACKETS)) rows.add(row)
  return inOrder(rows)
}

function hosts(capture: IndexedCapture, attempts: readonly AttemptAnalysis[]): number[] {
  const { index, replay } = capture
  const rows = new Set(conversations(capture, attempts))
  const known = new Set(
    attempts
      .flatMap(({ members, client, server }) => [client, server, ...members.flatMap(one => [one.client, one.server])])
      .map(({ address }) => address),
  )
  for (let row = 0; row < index.count; row++) {
    const { protocol, source, destination } = replay.glance(row)
    if (protocol === 'arp' || known.has(source) || known.has(destination)) rows.add(row)
  }
  return inOrder(rows)
}

/** What is claimed, in its words, and by which packets, as often as it is. */
function findingsOf({ attempts, diagnosis }: CaptureAnalysis): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (...parts: readonly unknown[]): void => {
    const key = JSON.stringify(parts)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  for (const { rule, verdict, severity, outcome, count } of diagnosis) add(rule, verdict, severity, outcome, count)
  for (const { verdicts } of attempts) {
    for (const { rule, verdict, severity, says, evidence } of verdicts.filter(isFinding))
      add(
        rule,
        verdict,
        severity,
        says,
        evidence.map(({ packet }) => packet),
      )
  }
  return counts
}

function isEqual(wanted: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>): boolean {
  return wanted.size === found.size && [...wanted].every(([key, count]) => found.get(key) === count)
}
