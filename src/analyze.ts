/**
 * The whole way: packets to conversations, conversations to attempts, attempts to verdicts. The library's entry.
 * An attempt is judged when it closes and only its verdicts are kept, so that memory does not grow with the file.
 */
import type {
  AttemptAnalysis,
  CaptureAnalysis,
  ErrorInfoAnalysis,
  NamedRecording,
  QualityAnalysis,
  ReadError,
  VerdictAnalysis,
} from './analysis.ts'
import type { Attempt, Outcome } from './attempt/attempt.ts'
import { capturePointOf } from './attempt/capture-point.ts'
import { Attempts } from './attempt/grouping.ts'
import { ladderOf } from './attempt/ladder.ts'
import type { Capture } from './capture/cursor.ts'
import type { Damage } from './capture/error.ts'
import { openCapture } from './capture/open.ts'
import { CaptureClock, captureQuality } from './capture-quality.ts'
import { chainOf, withEnd } from './chain.ts'
import { qualityMeaning } from './codes/quality.ts'
import type { ConversationSink, QualityNote } from './flow/conversation.ts'
import { GivenKeys, KeySource } from './flow/tls/keys.ts'
import { Tracker } from './flow/tracker.ts'
import { Names } from './names.ts'
import { Diagnosis, type JudgedVerdict, judge } from './rules/judge.ts'
import type { Rule } from './rules/rule.ts'
import { weakened } from './rules/weakening.ts'
import { MAX_FULL_ATTEMPTS, MAX_REPORTED_ATTEMPTS } from './wire/limits.ts'

export type * from './analysis.ts'
export { CaptureError } from './capture/error.ts'
export { GivenKeys, KeySource }

export interface AnalyzeOptions {
  /** Called now and then; `totalBytes` is null for a stream. */
  readonly onProgress?: (readBytes: number, totalBytes: number | null) => void
  /** Keys for TLS, besides those that the capture holds. */
  readonly keys?: GivenKeys
  /** Attempts come with their ladders. */
  readonly ladders?: boolean
  /** Names of addresses are gathered. */
  readonly names?: boolean
}

/**
 * @param path of a capture file; `-` is standard input.
 * @throws CaptureError when it can not be opened. Damage further on is told in `error`, with all that was read before.
 */
export async function analyzeFile(path: string, options: AnalyzeOptions = {}): Promise<CaptureAnalysis> {
  const given = options.keys ?? null
  let capture = await openCapture(path)
  try {
    const keys = new KeySource(given, capture.info.secrets)
    const analysis = await read(capture, path, options, keys)
    const { secrets, fileBytes } = capture.info
    if (!keys.late || fileBytes === null) return analysis
    // Secrets stand behind the packets that they are for: now they are known.
    await capture.close()
    capture = await openCapture(path)
    return await read(capture, path, options, new KeySource(given, secrets))
  } finally {
    await capture.close()
  }
}

/** Reads the capture to its end. Never throws because of what is in it. */
export async function analyze(capture: Capture, path: string, options: AnalyzeOptions = {}): Promise<CaptureAnalysis> {
  return read(capture, path, options, new KeySource(options.keys ?? null, capture.info.secrets))
}

async function read(
  capture: Capture,
  path: string,
  options: AnalyzeOptions,
  keys: KeySource,
): Promise<CaptureAnalysis> {
  const analysis = new Analysis(capture, path, keys, options)
  for (;;) {
    while (capture.next()) analysis.packet()
    if (!(await capture.fill())) break
    options.onProgress?.(capture.bytesRead, capture.info.fileBytes)
  }
  return analysis.finish()
}

/** Whoever shows packets one after the other: the cursor of a capture, or packets that are read once more. */
export type PacketCursor = Pick<
  Capture,
  | 'bytes'
  | 'start'
  | 'end'
  | 'originalLength'
  | 'linkType'
  | 'number'
  | 'timeNs'
  | 'startSeconds'
  | 'startNanoseconds'
  | 'packets'
  | 'bytesRead'
  | 'error'
  | 'info'
>

/** The analysis of a capture whose packets somebody else moves on, one by one: `while (capture.next()) analysis.packet()`. */
export class Analysis {
  private readonly capture: PacketCursor
  private readonly path: string
  private readonly verdicts: Verdicts
  private readonly flow: Attempts
  private readonly tracker: Tracker
  private readonly clock = new CaptureClock()
  private readonly named: Names | null

  constructor(
    capture: PacketCursor,
    path: string,
    keys: KeySource,
    { ladders = false, names = false }: AnalyzeOptions = {},
  ) {
    this.capture = capture
    this.path = path
    this.verdicts = new Verdicts(ladders)
    this.named = names ? new Names() : null
    this.flow = new Attempts(attempt => this.verdicts.add(attempt), { startSeconds: () => capture.startSeconds })
    this.tracker = new Tracker(this.named === null ? this.flow : this.listening(this.named), { keys })
  }

  /** Takes the packet that the capture stands at. */
  packet(): void {
    const { bytes, start, end, originalLength, linkType, number, timeNs } = this.capture
    this.clock.packet(timeNs)
    this.tracker.packet(bytes, start, end, originalLength, linkType, number, timeNs)
  }

  /** Conversation of the packet just taken: twice its number, and one more where it is UDP; -1 for none. */
  get stream(): number {
    return this.tracker.stream
  }

  /** How many attempts closed. */
  get judged(): number {
    return this.verdicts.judged
  }

  /** What is known before the end: attempts that closed. */
  get attempts(): readonly AttemptAnalysis[] {
    return this.verdicts.attempts([])
  }

  /** Address -> name, as far as conversations told; empty unless it was asked for. */
  get names(): ReadonlyMap<string, string> {
    this.named?.recorded(this.capture.info.names)
    return this.named?.byAddress ?? NO_NAMES
  }

  /** The capture is read. */
  finish(): CaptureAnalysis {
    const { capture, path, verdicts, clock } = this
    const { endNs } = clock
    const summary = this.tracker.finish()
    this.flow.end(summary, endNs)
    const { packets, info } = capture
    const quality = [
      ...captureQuality(info),
      ...clock.notes(),
      ...summary.quality,
      ...this.flow.quality,
      ...verdicts.quality(),
    ]
    return {
      path,
      format: info.format,
      packets,
      bytes: info.fileBytes ?? capture.bytesRead,
      start: packets === 0 ? null : { seconds: capture.startSeconds, nanoseconds: capture.startNanoseconds },
      endNs,
      error: readError(capture.error),
      quality: distinct(quality).map(qualityAnalysis),
      attempts: verdicts.attempts(quality),
      attemptCounts: verdicts.counts,
      diagnosis: verdicts.diagnosis(quality),
    }
  }

  private listening(names: Names): ConversationSink {
    const { flow } = this
    return {
      conversation(conversation) {
        names.conversation(conversation)
        flow.conversation(conversation)
      },
      time: nowNs => flow.time(nowNs),
    }
  }
}

const NO_NAMES: ReadonlyMap<string, string> = new Map()

/** The analysis of a capture that could not even be opened. */
export function unreadable(path: string, error: ReadError): CaptureAnalysis {
  return {
    path,
    format: '',
    packets: 0,
    bytes: 0,
    start: null,
    endNs: 0,
    error,
    quality: [],
    attempts: [],
    attemptCounts: { established: 0, failed: 0, unfinished: 0 },
    diagnosis: [],
  }
}

/** What is kept of judged attempts. */
class Verdicts {
  readonly counts: Record<Outcome, number> = { established: 0, failed: 0, unfinished: 0 }
  readonly #diagnosis = new Diagnosis()
  readonly #attempts: AttemptAnalysis[] = []
  readonly #listed = { worked: 0, other: 0 }
  judged = 0
  private readonly withLadders: boolean

  constructor(withLadders: boolean) {
    this.withLadders = withLadders
  }

  add(attempt: Attempt): void {
    const verdicts = judge(attempt)
    this.judged++
    this.counts[attempt.outcome]++
    this.#diagnosis.add(attempt, verdicts)
    // Sessions that worked have a share of their own, so that they can not crowd out the one that failed.
    const share = attempt.outcome === 'established' ? 'worked' : 'other'
    if (this.#listed[share] >= MAX_REPORTED_ATTEMPTS) return
    this.#listed[share]++
    const inFull = this.#attempts.length < MAX_FULL_ATTEMPTS
    this.#attempts.push(
      attemptAnalysis(attempt, inFull ? verdicts : verdicts.filter(isFinding), this.withLadders && inFull),
    )
  }

  /** @param notes on the whole capture: attempts were judged before they were known */
  attempts(notes: readonly QualityNote[]): AttemptAnalysis[] {
    const judged = this.#attempts.map(attempt => ({
      ...attempt,
      verdicts: attempt.verdicts.map(verdict => weakened(verdict, notes)),
    }))
    const attempts = judged.map(attempt => ({ ...attempt, chain: withEnd(attempt) }))
    return attempts.sort((a, b) => a.startNs - b.startNs || a.id - b.id)
  }

  diagnosis(notes: readonly QualityNote[]) {
    return this.#diagnosis.findings(notes).map(({ rule, verdict, severity, outcome, says, attempts, count }) => ({
      rule: rule.id,
      verdict,
      severity,
      outcome,
      says,
      attempts,
      count,
    }))
  }

  quality(): QualityNote[] {
    const notes: QualityNote[] = []
    if (this.judged > this.#attempts.length) {
      const says = `${this.judged} attempts were judged; ${this.#attempts.length} are listed, all are in the diagnosis`
      notes.push({ id: 'attempts-not-listed', says })
    }
    if (this.judged > MAX_FULL_ATTEMPTS) {
      const says = `what was ruled out or not visible is told of the first ${MAX_FULL_ATTEMPTS} attempts only`
      notes.push({ id: 'verdicts-shortened', says })
    }
    return notes
  }
}

function isFinding({ verdict }: JudgedVerdict): boolean {
  return verdict !== 'ruled-out' && verdict !== 'not-visible'
}

function attemptAnalysis(attempt: Attempt, verdicts: readonly JudgedVerdict[], withLadder: boolean): AttemptAnalysis {
  const { id, purpose, transport, client, server, serverName, outcome, milestones, closing, members, quality } = attempt
  const { startNs, endNs } = span(attempt)
  return {
    id,
    purpose,
    transport,
    client,
    server,
    serverName,
    startNs,
    endNs,
    outcome,
    milestones,
    chain: chainOf(attempt),
    closing,
    errorInfo: errorInfoOf(attempt),
    capturePoint: capturePointOf(attempt.explained),
    members,
    quality: quality.map(qualityAnalysis),
    verdicts: verdicts.map(verdictAnalysis),
    ladder: withLadder ? ladderOf(attempt) : null,
  }
}

function qualityAnalysis({ id, says }: QualityNote): QualityAnalysis {
  return { id, says, ...qualityMeaning(id) }
}

function errorInfoOf(attempt: Attempt): ErrorInfoAnalysis | null {
  const said = attempt.findLast('error-info', ({ code }) => code !== 0)
  return said === undefined ? null : { code: said.fact.code, packet: said.packet }
}

/** From the first lookup or packet to the last packet. */
function span({ conversations, kerberos, lookups, neighbours }: Attempt): { startNs: number; endNs: number } {
  let startNs = Number.POSITIVE_INFINITY
  let endNs = Number.NEGATIVE_INFINITY
  const cover = (firstNs: number, lastNs: number) => {
    if (firstNs < startNs) startNs = firstNs
    if (lastNs > endNs) endNs = lastNs
  }
  for (const { firstNs, lastNs } of conversations) cover(firstNs, lastNs)
  for (const { firstNs, lastNs } of kerberos) cover(firstNs, lastNs)
  for (const { firstNs, lastQueryNs, answerNs } of lookups) cover(firstNs, Math.max(lastQueryNs, answerNs))
  for (const { firstNs, lastNs } of neighbours) cover(firstNs, lastNs)
  return startNs > endNs ? { startNs: 0, endNs: 0 } : { startNs, endNs }
}

function verdictAnalysis({
  rule,
  verdict,
  severity,
  says,
  evidence,
  toSettle,
  restsOn,
  short,
}: JudgedVerdict): VerdictAnalysis {
  return {
    rule: rule.id,
    verdict,
    severity,
    says,
    short,
    evidence: evidence.map(([place, says]) => ({ packet: place.packet, timeNs: place.timeNs, says })),
    filter: evidence.length === 0 ? rule.filter : packetFilter(evidence.map(([place]) => place.packet)),
    remedy: verdict === 'ruled-out' || verdict === 'not-visible' ? NOTHING_TO_REMEDY : rule.remedy,
    toSettle,
    settledBy: verdict === 'ruled-out' ? NO_RECORDINGS : recordingsOf(rule),
    restsOn,
  }
}

/** By their names alone: commands and all, they would be most of an analysis. */
function recordingsOf(rule: Rule): readonly NamedRecording[] {
  const known = recordings.get(rule)
  if (known !== undefined) return known
  const named = rule.settledBy.map(({ id, title }) => ({ id, title }))
  recordings.set(rule, named)
  return named
}

const recordings = new Map<Rule, readonly NamedRecording[]>()
const NOTHING_TO_REMEDY: readonly string[] = []
const NO_RECORDINGS: readonly NamedRecording[] = []

/** A display filter for exactly these packets. */
function packetFilter(packets: readonly number[]): string {
  const sorted = [...new Set(packets)].sort((a, b) => a - b)
  return sorted.length === 1 ? `frame.number == ${sorted[0]}` : `frame.number in {${sorted.join(',')}}`
}

function readError(damage: Damage | null): ReadError | null {
  return damage && { code: damage.code, message: damage.message, remedy: damage.remedy }
}

/** The first of those with the same id and words. */
function distinct(notes: readonly QualityNote[]): QualityNote[] {
  const seen = new Map(notes.map(note => [`${note.id} ${note.says}`, note]))
  return [...seen.values()]
}
