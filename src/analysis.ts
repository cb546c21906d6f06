/**
 * What the whole way yields for one capture: plain data that reports are written from, and that programs using this
 * library receive. Times are nanoseconds since the first packet; packet numbers as in Wireshark (from 1).
 */

import type { Closing, Member, Milestone, MilestoneId, Outcome, Purpose, Transport } from './attempt/attempt.ts'
import type { CapturePoint } from './attempt/capture-point.ts'
import type { Ladder } from './attempt/ladder.ts'
import type { Ground, Severity, VerdictWord } from './rules/rule.ts'

export interface CaptureAnalysis {
  /** As it was given; `-` for standard input. */
  readonly path: string
  /** Of a capture in one part of a set that others share: its place in the whole set, from 0. */
  readonly position?: number
  /** 'pcap', 'pcapng', 'netmon' ...; '' when it could not be opened. */
  readonly format: string
  readonly packets: number
  /** Of the file; of what was read where it is a stream. */
  readonly bytes: number
  /** Of the first packet; null when there is none. */
  readonly start: CaptureStart | null
  /** Of the last packet in time. */
  readonly endNs: number
  /** Unreadable from here on; what was read before is reported. */
  readonly error: ReadError | null
  readonly quality: readonly QualityAnalysis[]
  /** In order of their start; at most MAX_REPORTED_ATTEMPTS that worked, and as many others. */
  readonly attempts: readonly AttemptAnalysis[]
  readonly attemptCounts: Readonly<Record<Outcome, number>>
  /** Confirmed, likely and possible verdicts of all attempts, best first. */
  readonly diagnosis: readonly DiagnosisEntry[]
}

/** Seconds since 1970 and the nanoseconds beyond: one double can not hold both. */
export interface CaptureStart {
  readonly seconds: number
  readonly nanoseconds: number
}

export interface ReadError {
  /** Stable, for programs: 'truncated', 'not-a-capture' ... */
  readonly code: string
  /** Lower case, one line: what, and where. */
  readonly message: string
  /** What to do about it. */
  readonly remedy: string
}

/** What limits the capture, or what was seen of an attempt. */
export interface QualityAnalysis {
  /** Stable, for programs: 'drops', 'one-sided' ... */
  readonly id: string
  readonly says: string
  /** For verdicts; '' when nothing. */
  readonly means: string
  /** How to record again; '' when nothing is to be done. */
  readonly remedy: string
}

export interface Peer {
  readonly address: string
  readonly port: number
}

export interface AttemptAnalysis {
  readonly id: number
  readonly purpose: Purpose
  readonly transport: Transport
  readonly client: Peer
  readonly server: Peer
  /** '' when unknown. */
  readonly serverName: string
  readonly startNs: number
  readonly endNs: number
  readonly outcome: Outcome
  readonly milestones: readonly Milestone[]
  /** The same for people, with what failed in a few words. */
  readonly chain: readonly ChainLink[]
  readonly closing: Closing
  /** What the server said why it ended the session (Set Error Info, not 0); null when nothing of that could be read. */
  readonly errorInfo: ErrorInfoAnalysis | null
  /** Where its connection was recorded, as far as packets tell. */
  readonly capturePoint: CapturePoint
  /** Its connections in the order of their first packets, what each of them is to it, and what runs beside them. */
  readonly members: readonly Member[]
  readonly quality: readonly QualityAnalysis[]
  readonly verdicts: readonly VerdictAnalysis[]
  /** null unless it was asked for. */
  readonly ladder: Ladder | null
}

export interface ErrorInfoAnalysis {
  readonly code: number
  readonly packet: number
}

export interface ChainLink {
  /** Null for an end that belongs to no step. */
  readonly step: MilestoneId | null
  readonly state: Milestone['state']
  /** Told from record sizes or from what came behind it, not read. */
  readonly inferred: boolean
  /** Of requests over HTTP: 401, then 200. */
  readonly statuses: readonly number[]
  /** What failed here, in a few words; '' when nothing did. */
  readonly says: string
}

export interface VerdictAnalysis {
  readonly rule: string
  readonly verdict: VerdictWord
  readonly severity: Severity
  readonly says: string
  /** What failed, in a few words that follow the name of a step. */
  readonly short: string
  readonly evidence: readonly EvidenceAnalysis[]
  /** A Wireshark display filter for the evidence, or for the rule's packets in general where there is none. */
  readonly filter: string
  /** Empty where nothing was found. */
  readonly remedy: readonly string[]
  /** '' when it is settled. */
  readonly toSettle: string
  /** What a capture of poor quality could make up as well; empty where the packets say it themselves. */
  readonly restsOn: readonly Ground[]
  /** Captures that show what this one may hide, the best first: of use where it is not settled. */
  readonly settledBy: readonly NamedRecording[]
}

/** `rdpscope rules` prints its commands. */
export interface NamedRecording {
  readonly id: string
  /** As it goes on after `a capture`. */
  readonly title: string
}

export interface EvidenceAnalysis {
  readonly packet: number
  readonly timeNs: number
  readonly says: string
}

export interface DiagnosisEntry {
  readonly rule: string
  readonly verdict: VerdictWord
  readonly severity: Severity
  readonly outcome: Outcome
  readonly says: string
  /** The first of the attempts that it was said of, by number. */
  readonly attempts: readonly number[]
  /** How many there are in all. */
  readonly count: number
}
