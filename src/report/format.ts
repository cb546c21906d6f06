/** What a format of `scan` is. Adding one = its file here, and its line in formats.ts. */
import type { AssessedCapture } from '../policy/assessment.ts'
import type { Rule } from '../rules/rule.ts'
import type { Exhibits } from './exhibits.ts'
import type { ReportedCode } from './reported-code.ts'
import type { TextStyle } from './text-style.ts'

/** Which part of a set of captures a report is about: `merge` joins the parts. */
export interface Shard {
  /** From 1. */
  readonly number: number
  readonly of: number
  /** The same for all parts of the same set. */
  readonly set: string
  /** In the whole set. */
  readonly captures: number
}

/** What a report is written with, whatever its format. */
export interface ReportSettings {
  /** What the user was shown: held against each capture. */
  readonly code: ReportedCode | null
  /** Of text, for the place that it goes to. */
  readonly style: TextStyle
  /** The reader was told already why a capture can not be opened. */
  readonly unreadableTold: boolean
  /** Absolute. Formats whose readers look for the captures in a checkout write paths relative to it. */
  readonly folder: string
  readonly rules: readonly Rule[]
  /** Null where it is about the whole set. */
  readonly shard: Shard | null
}

/**
 * Writes one report, capture by capture, in pieces: what it keeps between two captures is numbers and short lists, so that a
 * scan of many files does not hold them all; where a format must keep more, there is a limit to it.
 */
export interface ReportWriter {
  head(): string
  /**
   * `index` counts from 0.
   * @param exhibits of this capture, for formats that show packets; a scan has none.
   */
  capture(analysis: AssessedCapture, index: number, exhibits?: Exhibits): Iterable<string>
  tail(): string
}

export interface ReportFormat {
  /** As it is typed. */
  readonly name: string
  /** Of files that it is written to, without the dot; the first one is usual. */
  readonly suffixes: readonly string[]
  /** For the help: what it is for. */
  readonly says: string
  /** It shows packets and graphs where they were gathered. */
  readonly showsPackets?: true
  /** Loads what the format needs. */
  writer(settings: ReportSettings): Promise<ReportWriter>
}
