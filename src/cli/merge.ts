/**
 * `rdpscope merge`: JSON reports of shards and machines as one report, in any format. The shards of one set give what one scan of
 * all gives, byte for byte; the policy is that of the merge. Reports are read twice, so that memory does not grow with them: once
 * to hold them against the schema and to find their captures, once capture by capture.
 */
import { z } from 'zod'
import schema from '../../schemas/report-1.schema.json' with { type: 'json' }
import type { CaptureAnalysis } from '../analysis.ts'
import type { Shard } from '../report/format.ts'
import { type WrittenCapture, writtenAnalysis, writtenCode } from '../report/json-reading.ts'
import type { ReportedCode } from '../report/reported-code.ts'
import { rules } from '../rules/index.ts'
import { recordings } from '../rules/recordings.ts'
import { VERSION } from '../version.ts'
import { conclude } from './conclusion.ts'
import type { Streams } from './output.ts'
import { type PolicyOptions, policyFor } from './policy.ts'
import { type Extent, extentText, ReportError, reportDocuments } from './report-documents.ts'
import { type CodeOptions, reportedCode } from './reported-code.ts'
import { destinations, Reports, withSummary } from './reports.ts'
import { EXIT_UNREADABLE, UsageError } from './status.ts'

export interface MergeOptions extends PolicyOptions, CodeOptions {
  readonly format?: readonly string[]
  readonly output?: string
  readonly verbose: boolean
  readonly width?: number
}

/** @returns the exit status: as a scan of all would have, or 3 where something of a set is missing. */
export async function merge(paths: readonly string[], options: MergeOptions, streams: Streams): Promise<number> {
  const { format = [], verbose, width } = options
  const policy = await policyFor(options, streams)
  const places = withSummary(destinations(format, options.output, paths), process.env.GITHUB_STEP_SUMMARY)
  const given = reportedCode(options)
  const index = new ReportIndex(streams)
  for (const path of paths) index.add(path)
  index.complainOfGaps()
  const wishes = { code: given ?? index.code, rules, folder: process.cwd(), verbose, width, shard: null }
  const reports = await Reports.begin(places, wishes, streams)
  const status = await conclude(index.analyses(), reports, policy, streams)
  return index.isWhole ? status : Math.max(status, EXIT_UNREADABLE)
}

/** Where a capture stands. */
interface Piece {
  readonly path: string
  readonly extent: Extent
}

/** Reports that belong together: shards of one set, or what is in one file. */
interface Group {
  readonly shard: Shard | null
  /** By their places in the set. */
  readonly pieces: Map<number, Piece>
  /** Of the shards. */
  readonly numbers: Set<number>
}

interface Written {
  readonly tool: { readonly version: string }
  readonly shard?: Shard
  readonly captures: readonly WrittenCapture[]
}

class ReportIndex {
  /** Every report could be read, and no shard is missing. */
  isWhole = true
  readonly #streams: Streams
  readonly #schema = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema)
  /** In the order in which they came. */
  readonly #groups = new Map<string, Group>()
  /** With the report that it was found in first. */
  #code: { readonly value: ReportedCode | null; readonly path: string } | null = null

  constructor(streams: Streams) {
    this.#streams = streams
  }

  /** What can not be read is told; the other reports are still merged. @throws UsageError where reports do not fit together */
  add(path: string): void {
    const told = new Set<string>()
    const once = (message: string) => {
      if (!told.has(message)) this.#streams.complain(message)
      told.add(message)
    }
    let documents = 0
    try {
      for (const { head, captures } of reportDocuments(path)) {
        documents++
        this.#document(path, head, captures, once)
      }
      // JSON lines of a shard that no capture fell to.
      if (documents === 0) this.#streams.complain(`${path}: is empty: it adds nothing`)
    } catch (error) {
      if (error instanceof UsageError) throw error
      const what = error instanceof ReportError ? error.message : `can not be read: ${(error as Error).message}`
      this.isWhole = false
      this.#streams.complain(`${path}: ${what}`)
    }
  }

  /** What the captures were held against when they were scanned. */
  get code(): ReportedCode | null {
    return this.#code?.value ?? null
  }

  complainOfGaps(): void {
    for (const { shard, pieces, numbers } of this.#groups.values()) {
      if (shard === null || pieces.size === shard.captures) continue
      this.isWhole = false
      const absent = Array.from({ length: shard.of }, (_, at) => at + 1).filter(number => !numbers.has(number))
      const which =
        absent.length === 0 ? '' : `; not among these reports: shard ${absent.slice(0, 20).join(', ')} of ${shard.of}`
      const missing = shard.captures - pieces.size
      this.#streams.complain(
        `${missing} of ${shard.captures} captures are missing${which}; shards fit together where all were made of the same files`,
      )
    }
  }

  /** One at a time, in the order of their sets. */
  async *analyses(): AsyncGenerator<CaptureAnalysis> {
    const titles = new Map(recordings.map(({ id, title }) => [id, title]))
    for (const { pieces } of this.#groups.values()) {
      const inOrder = [...pieces].sort(([a], [b]) => a - b)
      for (const [, { path, extent }] of inOrder) {
        yield writtenAnalysis(JSON.parse(extentText(path, extent)) as WrittenCapture, titles)
      }
    }
  }

  #document(path: string, head: string, captures: readonly Extent[], once: (message: string) => void): void {
    const { tool, shard = null } = this.#checked(head, null)
    if (tool.version !== VERSION)
      once(`${path}: written by rdpscope ${tool.version}; the merged report is of ${VERSION}`)
    const key = shard === null ? `file ${path}` : `set ${shard.set} ${shard.captures}`
    const group = this.#groups.get(key) ?? { shard, pieces: new Map<number, Piece>(), numbers: new Set<number>() }
    this.#groups.set(key, group)
    if (shard !== null) group.numbers.add(shard.number)
    for (const [at, extent] of captures.entries()) {
      const [capture] = this.#checked(head, { text: extentText(path, extent), at }).captures
      if (capture === undefined) continue
      this.#checkCode(path, capture)
      const position = shard === null ? group.pieces.size : (capture.position ?? group.pieces.size)
      if (group.pieces.has(position))
        once(`${path}: holds captures that another report holds, too; they are taken once`)
      else group.pieces.set(position, { path, extent })
    }
  }

  /** The document with none of its captures, or with one. @throws ReportError */
  #checked(head: string, capture: { readonly text: string; readonly at: number } | null): Written {
    const where = capture === null ? '' : `capture ${capture.at + 1}: `
    let report: object
    try {
      report = { ...JSON.parse(head), captures: capture === null ? [] : [JSON.parse(capture.text)] }
    } catch (error) {
      throw new ReportError(`${where}is no JSON: ${(error as Error).message}`)
    }
    const { success, error } = this.#schema.safeParse(report)
    if (success) return report as Written
    const [issue] = error.issues
    const place = issue?.path.slice(capture === null ? 0 : 2).join('.')
    throw new ReportError(`${where}is no rdpscope/report@1 as version ${VERSION} writes it (${place}): scan again`)
  }

  #checkCode(path: string, capture: WrittenCapture): void {
    const value = writtenCode(capture)
    this.#code ??= { value, path }
    const { value: first, path: other } = this.#code
    if (value?.error !== first?.error || value?.extended !== first?.extended)
      throw new UsageError(
        `${path}: was not scanned with the same --error and --extended as ${other}: they do not merge`,
      )
  }
}
