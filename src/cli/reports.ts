/** Which reports a scan writes, and where each of them goes: `--format json --format sarif=out.sarif`. */
import { statSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import type { CaptureAnalysis } from '../analysis.ts'
import { clean } from '../report/clean.ts'
import type { Exhibits } from '../report/exhibits.ts'
import type { ReportFormat, ReportSettings, ReportWriter } from '../report/format.ts'
import { formats } from '../report/formats.ts'
import { Output, type Streams } from './output.ts'
import { UsageError } from './status.ts'
import { textStyle } from './terminal.ts'

interface Destination {
  readonly format: ReportFormat
  /** null is standard output. */
  readonly path: string | null
  /** What stands in the file already is kept. */
  readonly appends?: true
}

/** What the options say about all reports of a scan; each is told the rest by where it goes. */
export interface ReportWishes extends Omit<ReportSettings, 'style' | 'unreadableTold'> {
  readonly verbose: boolean
  readonly width?: number | undefined
}

const DEFAULT_FORMAT = 'text'

/**
 * @param wanted `format` or `format=file`, each once
 * @param output where the one without a file goes
 * @param inputs the captures: none of them is written over
 * @throws UsageError
 */
export function destinations(
  wanted: readonly string[],
  output: string | undefined,
  inputs: readonly string[],
): Destination[] {
  const chosen = (wanted.length === 0 ? [DEFAULT_FORMAT] : wanted).map(destination)
  const nameless = chosen.filter(({ path }) => path === null)
  if (nameless.length > 1) {
    const names = nameless.map(({ format }) => format.name).join(' and ')
    throw new UsageError(
      `--format ${names}: only one report can go to the same place: name a file, as in json=report.json`,
    )
  }
  if (output !== undefined && nameless.length === 0)
    throw new UsageError(`--output ${clean(output)}: every --format names its file already`)
  const placed = chosen.map(({ format, path }) => ({ format, path: path ?? output ?? null }))
  const paths = placed.flatMap(({ path }) => (path === null ? [] : [path]))
  for (const path of paths) checkFile(path, inputs)
  const twice = paths.find((path, at) => paths.findIndex(other => resolve(other) === resolve(path)) !== at)
  if (twice !== undefined) throw new UsageError(`${twice}: two reports can not go to the same file`)
  return placed
}

/**
 * In GitHub Actions, annotations bring the summary of the job with them, unless it was asked for by itself.
 * @param summary the file that GitHub reads it from: `GITHUB_STEP_SUMMARY`
 */
export function withSummary(places: readonly Destination[], summary: string | undefined): readonly Destination[] {
  const has = (name: string) => places.some(({ format }) => format.name === name)
  if (summary === undefined || summary === '' || !has('github') || has('github-summary')) return places
  return [...places, { ...destination('github-summary'), path: summary, appends: true }]
}

function destination(text: string): Destination {
  const at = text.indexOf('=')
  const name = at < 0 ? text : text.slice(0, at)
  const format = formats.find(one => one.name === name)
  if (format === undefined) {
    const known = formats.map(one => one.name).join(', ')
    throw new UsageError(`--format ${clean(text)}: '${clean(name)}' is invalid, allowed are ${known}`)
  }
  if (at >= 0 && at === text.length - 1) throw new UsageError(`--format ${text}: a file must follow the =`)
  return { format, path: at < 0 ? null : text.slice(at + 1) }
}

function checkFile(path: string, inputs: readonly string[]): void {
  // A member of an archive lies below it.
  if (inputs.some(input => resolve(input) === resolve(path) || resolve(input).startsWith(resolve(path) + sep)))
    throw new UsageError(`${path}: is one of the captures to read`)
  if (isFolder(path)) throw new UsageError(`${path}: is a folder, not a file`)
}

/** Whatever can not even be looked at is no folder: writing to it says why. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch {
    return false
  }
}

/** All reports of one scan, written side by side, capture by capture. */
export class Reports {
  readonly #open: readonly OpenReport[]

  private constructor(open: readonly OpenReport[]) {
    this.#open = open
  }

  static async begin(places: readonly Destination[], wishes: ReportWishes, streams: Streams): Promise<Reports> {
    const open: OpenReport[] = []
    for (const { format, path, appends = false } of places) {
      const writer = await format.writer(settingsFor(path, wishes, streams))
      open.push({ path, writer, output: path === null ? streams.results : Output.toFile(path, appends) })
    }
    const reports = new Reports(open)
    await reports.#write(writer => [writer.head()])
    return reports
  }

  /** Nobody reads any of them any more. */
  get closed(): boolean {
    return this.#open.length > 0 && this.#open.every(({ output }) => output.closed)
  }

  /** `index` counts captures from 0. @param exhibits packets of it, where they were gathered */
  async capture(analysis: CaptureAnalysis, index: number, exhibits?: Exhibits): Promise<void> {
    await this.#write(writer => writer.capture(analysis, index, exhibits))
  }

  /** @throws UsageError for a report that could not be written. */
  async end(): Promise<void> {
    await this.#write(writer => [writer.tail()])
    for (const { path, output } of this.#open) if (path !== null) await output.end()
    for (const { path, output } of this.#open) {
      if (output.error !== null) throw notWritten(path ?? 'standard output', output.error)
    }
  }

  async #write(pieces: (writer: ReportWriter) => Iterable<string>): Promise<void> {
    for (const { writer, output } of this.#open) for (const piece of pieces(writer)) await output.write(piece)
  }
}

interface OpenReport {
  readonly path: string | null
  readonly writer: ReportWriter
  readonly output: Output
}

export function notWritten(path: string, { message }: Error): UsageError {
  return new UsageError(`${path}: can not be written: ${message}`)
}

function settingsFor(path: string | null, { verbose, width, ...same }: ReportWishes, streams: Streams): ReportSettings {
  const columns = path === null ? streams.columns : null
  return {
    ...same,
    style: textStyle({ verbose, columns, width }),
    // On a terminal the message on standard error already says that a capture can not be opened.
    unreadableTold: columns !== null && streams.messagesShown,
  }
}
