/**
 * The capture that is open: read once from front to back for its analysis and an index of its packets, while the screen is
 * alive; then packets are read again where somebody looks. One that still grows is read on, and judged anew as it grows.
 */
import { Analysis, type AttemptAnalysis, type CaptureAnalysis, type GivenKeys } from '../analyze.ts'
import type { Capture } from '../capture/cursor.ts'
import { openCapture } from '../capture/open.ts'
import { partnersOf } from '../evidence/partners.ts'
import type { Glance } from '../inspect/glance.ts'
import { IndexedCapture } from '../inspect/indexed-capture.ts'
import type { RecordedPacket } from '../inspect/inspect.ts'
import type { InspectedPacket } from '../inspect/packet.ts'
import type { PacketIndex } from '../inspect/packet-index.ts'
import { inOrder, type Replay } from '../inspect/replay.ts'
import { textOf } from '../inspect/tree-search.ts'
import { glancedColumns, type PacketColumns, packetColumns } from '../report/packet-line.ts'
import { LiveAnalysis } from './live-analysis.ts'
import { Turns } from './turns.ts'

/** Packets taken between two looks at the clock while the capture is read. */
const PACKETS_A_LOOK = 32
/** How often the attempts so far are gathered. */
const ATTEMPTS_EVERY_MS = 500
/** Packets with all their layers, and lines of the list, that are kept. */
const MOST_OPENED = 100
const MOST_LINES = 4_000
/** Nothing came for so long: the recorder has written what there is. */
const QUIET_MS = 100
/** How fast a file is read is known after so long. */
const PACE_KNOWN_MS = 1500
/** What the last packets hold may be read only with those that come behind them. */
const UNSETTLED_ROWS = 64

export interface DocumentOptions {
  readonly keys?: GivenKeys
  /** The file may still be written: more is waited for at its end. Standard input always is. */
  readonly follow?: boolean
  /** Of the copy on disk that is made of what can be read only once. */
  readonly mostSpoolBytes?: number
  /** More is known: pictures may be drawn anew. */
  onChange(): void
  /** Something went wrong that nobody waits for. */
  onError(error: unknown): void
}

export interface Progress {
  readonly readBytes: number
  readonly totalBytes: number | null
  /** null as long as nobody can tell. */
  readonly leftMs: number | null
}

/** A line of the packet list, and whether it was told at first sight. */
export interface PacketLine extends PacketColumns {
  readonly isProvisional: boolean
}

export class Document {
  readonly path: string
  readonly indexed: IndexedCapture
  readonly index: PacketIndex
  /** null until the capture is read to its end; of one that grows, as it was a moment ago. */
  analysis: CaptureAnalysis | null = null
  readonly #capture: Capture
  readonly #options: DocumentOptions
  readonly #replay: Replay
  readonly #turns = new Turns()
  readonly #unfinished = new Set<() => void>()
  readonly #opened = new Map<number, InspectedPacket>()
  readonly #lines = new Map<number, PacketLine>()
  #running: Analysis | null = null
  #attempts: readonly AttemptAnalysis[] = []
  #gathered = -1
  #nextAttemptsMs = 0
  #names: ReadonlyMap<string, string> = new Map()
  #wanted: readonly number[] = []
  #isReplaying = false
  #isClosed = false
  #beganMs = 0
  #isLive: boolean
  /** Since when more is waited for; null while it is read. */
  #waitsSinceMs: number | null = null
  /** Blocks of secrets that lines were read with. */
  #secretsShown = 0

  private constructor(path: string, capture: Capture, options: DocumentOptions) {
    this.path = path
    this.#capture = capture
    this.#options = options
    this.#isLive = options.follow === true || path === '-'
    this.indexed = new IndexedCapture(path, capture, {
      keys: options.keys ?? null,
      mostSpoolBytes: options.mostSpoolBytes,
    })
    this.index = this.indexed.index
    this.#replay = this.indexed.replay
  }

  /** @throws CaptureError when there is no capture that can be read. */
  static async open(path: string, options: DocumentOptions): Promise<Document> {
    return new Document(path, await openCapture(path, { follow: options.follow ?? false }), options)
  }

  /** Reads the capture. Comes back when it is read to its end, or closed. */
  async load(): Promise<void> {
    const capture = this.#capture
    this.#beganMs = performance.now()
    const keys = this.indexed.keys()
    const running = new Analysis(capture, this.path, keys, { ladders: true, names: true })
    this.#running = running
    const live = this.#isLive ? this.#watch() : Promise.resolve()
    const pause = this.#turns.begin()
    do {
      this.#waitsSinceMs = null
      for (let taken = 0; this.stopped === '' && capture.next(); taken++) {
        running.packet()
        this.indexed.add(running.stream)
        if (taken % PACKETS_A_LOOK !== 0) continue
        const waits = pause()
        if (waits === null) continue
        this.#options.onChange()
        await waits
        if (this.#isClosed) return
      }
      this.#options.onChange()
      this.#waitsSinceMs = performance.now()
    } while (!this.#isClosed && this.stopped === '' && (await capture.fill()))
    if (this.#isClosed) return
    // Who writes to the pipe learns that nobody reads any more.
    if (this.stopped !== '') await capture.close()
    this.#isLive = false
    await live
    await pause()
    this.#show(running.finish(), running.names)
    this.#running = null
    // Secrets stand behind the packets that they are for: now they are known.
    if (keys.late) await this.#analyseAnew()
  }

  get isLoading(): boolean {
    return this.analysis === null
  }

  /** Why it was not read to its end, though there is more; '' when it was. */
  get stopped(): string {
    return this.indexed.full
  }

  /** More may come. */
  get isLive(): boolean {
    return this.#isLive
  }

  /** Read so far, and in all where that is known; and how long the rest takes at the pace so far. */
  get progress(): Progress {
    const readBytes = this.#capture.bytesRead
    const totalBytes = this.#isLive ? null : this.#capture.info.fileBytes
    const takenMs = performance.now() - this.#beganMs
    const isTold = totalBytes !== null && readBytes > 0 && takenMs > PACE_KNOWN_MS
    return { readBytes, totalBytes, leftMs: isTold ? (takenMs * (totalBytes - readBytes)) / readBytes : null }
  }

  /** Those that closed so far; all of them once it is read. */
  get attempts(): readonly AttemptAnalysis[] {
    if (this.analysis !== null) return this.analysis.attempts
    const running = this.#running
    const now = performance.now()
    if (running === null || now < this.#nextAttemptsMs || running.judged === this.#gathered) return this.#attempts
    this.#attempts = running.attempts
    this.#gathered = running.judged
    this.#nextAttemptsMs = now + Math.max(ATTEMPTS_EVERY_MS, (performance.now() - now) * 50)
    return this.#attempts
  }

  /** Address -> name, as far as the capture tells. */
  get names(): ReadonlyMap<string, string> {
    return this.#running !== null && this.analysis === null ? this.#running.names : this.#names
  }

  get info(): Capture['info'] {
    return this.#capture.info
  }

  /** When the first packet came, since 1970. */
  get start(): { readonly seconds: number; readonly nanoseconds: number } {
    return this.indexed.start
  }

  /**
   * Asked before each step of a long work: waited for where it answers a promise, so that keys are heard. The work ends when the
   * capture is closed: then nothing is there to be read any more.
   */
  pauses(): () => Promise<void> | null {
    const pause = this.#turns.begin()
    const goOn = (): Promise<void> | undefined => (this.#isClosed ? NEVER : undefined)
    return () => (this.#isClosed ? NEVER : (pause()?.then(goOn) ?? null))
  }

  /** The packet once more, as it was recorded. */
  recorded(row: number): RecordedPacket {
    return this.indexed.recorded(row)
  }

  /** At once: as it seems at first sight, until it is read whole. */
  line(row: number): PacketLine {
    const known = this.#lines.get(row)
    if (known !== undefined) return known
    const line = { ...glancedColumns(this.glance(row)), isProvisional: true }
    this.#keepLine(row, line)
    return line
  }

  /** Who sends what to whom, at once. */
  glance(row: number): Glance {
    return this.#replay.glance(row)
  }

  /** These rows are being looked at: what is provisional of them is read whole, and `onChange` told. */
  look(rows: readonly number[]): void {
    this.#want(rows.filter(row => this.#lines.get(row)?.isProvisional !== false))
  }

  /** The packet with all its layers; null while it is being read, then `onChange` is told. */
  opened(row: number): InspectedPacket | null {
    const packet = this.#opened.get(row)
    // Its line may be known all the same: of those more are kept.
    if (packet === undefined) this.#want([row])
    return packet ?? null
  }

  /** Tells of every packet the names of its protocols (`eth:ip:tcp:tls`) and its length. */
  async survey(tell: (protocols: string, bytes: number) => void, goesOn: () => boolean): Promise<void> {
    const found = (_row: number, packet: InspectedPacket): void => {
      const frame = packet.layers[0]
      if (frame !== undefined) tell(textOf(frame, 'frame.protocols'), packet.originalLength)
    }
    await this.search({ from: 0, to: this.index.count, goesOn, found })
  }

  /** These packets with all their layers, in order. For whoever looks at a whole conversation. */
  async packets(rows: readonly number[]): Promise<InspectedPacket[]> {
    return inOrder(await this.#replay.packets(rows, this.pauses()))
  }

  /** Reads the packets of rows [from, to) in order, those that match the filter where there is one. */
  async search(search: Parameters<Replay['search']>[0]): Promise<void> {
    await this.#replay.search({ ...search, goesOn: () => !this.#isClosed && search.goesOn() }, this.pauses())
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const undo of this.#unfinished) undo()
    this.indexed.close()
  }

  /**
   * What is to be undone when the capture is closed before it is done.
   * @returns to be called when it is done.
   */
  untilClosed(undo: () => void): () => void {
    this.#unfinished.add(undo)
    return () => this.#unfinished.delete(undo)
  }

  /** Judges what there is again and again, while it grows. */
  async #watch(): Promise<void> {
    const live = new LiveAnalysis({
      grown: () => this.index.count,
      isQuiet: () => this.#waitsSinceMs !== null && performance.now() - this.#waitsSinceMs > QUIET_MS,
      goesOn: () => this.#isLive && !this.#isClosed,
      analyse: () => this.#analyseAnew(),
    })
    await live.run()
  }

  /** From the packets that are there. Attempts in progress are judged by what they did so far. */
  async #analyseAnew(): Promise<void> {
    const rereading = this.indexed.rereading()
    const analysis = new Analysis(rereading, this.path, this.indexed.keys(), { ladders: true, names: true })
    const pause = this.pauses()
    const { count } = this.index
    for (let row = 0; row < count; row++) {
      const waits = pause()
      if (waits !== null) await waits
      rereading.show(this.recorded(row))
      analysis.packet()
    }
    if (!this.#isClosed) this.#show(analysis.finish(), analysis.names, count - UNSETTLED_ROWS)
  }

  /** @param settled rows before this one were read with all that belongs to them. */
  #show(analysis: CaptureAnalysis, names: ReadonlyMap<string, string>, settled = 0): void {
    this.analysis = analysis
    this.#names = names
    const partners = partnersOf(analysis.attempts)
    const secrets = this.#capture.info.secrets.length
    // What was drawn before may have been drawn without partners or secrets.
    const from = partners.size === this.indexed.partners.size && secrets === this.#secretsShown ? settled : 0
    this.indexed.partners = partners
    this.#secretsShown = secrets
    for (const row of this.#lines.keys()) if (row >= from) this.#lines.delete(row)
    for (const row of this.#opened.keys()) if (row >= from) this.#opened.delete(row)
    this.#options.onChange()
  }

  #want(rows: readonly number[]): void {
    this.#wanted = rows
    if (rows.length > 0 && !this.#isReplaying) this.#readWanted().catch(error => this.#options.onError(error))
  }

  async #readWanted(): Promise<void> {
    this.#isReplaying = true
    try {
      while (this.#wanted.length > 0 && !this.#isClosed) {
        const rows = this.#wanted
        this.#wanted = []
        this.#keep(await this.#replay.packets(rows, this.pauses()))
        this.#options.onChange()
      }
    } finally {
      this.#isReplaying = false
    }
  }

  #keep(packets: ReadonlyMap<number, InspectedPacket>): void {
    for (const [row, packet] of packets) {
      this.#keepLine(row, { ...packetColumns(packet), isProvisional: false })
      this.#opened.delete(row)
      this.#opened.set(row, packet)
    }
    drop(this.#opened, MOST_OPENED)
  }

  #keepLine(row: number, line: PacketLine): void {
    this.#lines.delete(row)
    this.#lines.set(row, line)
    drop(this.#lines, MOST_LINES)
  }
}

/** What waits for it goes with the program. */
const NEVER = new Promise<never>(() => {})

/** The oldest ones go. */
function drop<T>(kept: Map<number, T>, most: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= most) return
    kept.delete(key)
  }
}
