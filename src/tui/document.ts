/**
 * The capture that is open: read once from front to back for its analysis and an index of its packets, while the screen is
 * alive; then packets are read again where somebody looks.
 */
import { Analysis, type AttemptAnalysis, type CaptureAnalysis, type GivenKeys, KeySource } from '../analyze.ts'
import type { Capture } from '../capture/cursor.ts'
import { openCapture } from '../capture/open.ts'
import { FileStore, type PacketStore, SpoolStore } from '../capture/packet-store.ts'
import type { Filter } from '../inspect/filter/filter.ts'
import { Inspection, type RecordedPacket } from '../inspect/inspect.ts'
import type { InspectedPacket } from '../inspect/packet.ts'
import { PacketIndex } from '../inspect/packet-index.ts'
import { Replay } from '../inspect/replay.ts'
import { type PacketColumns, packetColumns } from '../report/packet-line.ts'
import { textOf } from '../report/tree-search.ts'

/** Work between two looks at the keyboard. */
const SLICE_MS = 6
const PACKETS_A_LOOK = 64
/** How often the attempts so far are gathered: there may be thousands. */
const ATTEMPTS_EVERY_MS = 500
/** Packets with all their layers, and lines of the list, that are kept. */
const MOST_OPENED = 200
const MOST_LINES = 50_000

export interface DocumentOptions {
  readonly keys?: GivenKeys
  /** More is known: pictures may be drawn anew. */
  onChange(): void
}

/** A line of the packet list, and whether it was told from the headers alone so far. */
export interface PacketLine extends PacketColumns {
  readonly isProvisional: boolean
}

export class Document {
  readonly path: string
  readonly index = new PacketIndex()
  /** null until the capture is read to its end. */
  analysis: CaptureAnalysis | null = null
  readonly #capture: Capture
  readonly #options: DocumentOptions
  readonly #store: PacketStore
  readonly #spool: SpoolStore | null
  readonly #replay: Replay
  readonly #opened = new Map<number, InspectedPacket>()
  readonly #lines = new Map<number, PacketLine>()
  #running: Analysis | null = null
  #attempts: readonly AttemptAnalysis[] = []
  #nextAttemptsMs = 0
  #wanted: number[] = []
  #isReplaying = false
  #isClosed = false
  #partners: ReadonlyMap<number, readonly number[]> = new Map()

  private constructor(path: string, capture: Capture, options: DocumentOptions) {
    this.path = path
    this.#capture = capture
    this.#options = options
    const { compression } = capture.info
    this.#spool = capture.seekable && compression.length === 0 ? null : new SpoolStore()
    this.#store = this.#spool ?? new FileStore(path)
    this.#replay = new Replay({
      index: this.index,
      recorded: row => this.recorded(row),
      partners: stream => this.#partners.get(stream) ?? [],
      keys: () => this.#keys(),
    })
  }

  /** @throws CaptureError when there is no capture that can be read. */
  static async open(path: string, options: DocumentOptions): Promise<Document> {
    return new Document(path, await openCapture(path), options)
  }

  /** Reads the capture. Comes back when it is read, or closed. */
  async load(): Promise<void> {
    const capture = this.#capture
    const running = new Analysis(capture, this.path, this.#keys(), { ladders: true })
    this.#running = running
    let nextLook = performance.now() + SLICE_MS
    do {
      while (capture.next()) {
        running.packet()
        this.#add(running.stream)
        if (this.index.count % PACKETS_A_LOOK === 0 && performance.now() > nextLook) {
          this.#options.onChange()
          await breath()
          if (this.#isClosed) return
          nextLook = performance.now() + SLICE_MS
        }
      }
    } while (!this.#isClosed && (await capture.fill()))
    if (this.#isClosed) return
    this.analysis = running.finish()
    this.#running = null
    this.#partners = partnersOf(this.analysis.attempts)
    // What was drawn before was drawn without the partners, and perhaps without secrets.
    this.#lines.clear()
    this.#opened.clear()
    this.#options.onChange()
  }

  get isLoading(): boolean {
    return this.analysis === null
  }

  /** Read so far, and in all where that is known. */
  get progress(): { readonly readBytes: number; readonly totalBytes: number | null } {
    return { readBytes: this.#capture.bytesRead, totalBytes: this.#capture.info.fileBytes }
  }

  /** Those that closed so far; all of them once it is read. */
  get attempts(): readonly AttemptAnalysis[] {
    if (this.analysis !== null) return this.analysis.attempts
    const now = performance.now()
    if (now > this.#nextAttemptsMs) {
      this.#attempts = this.#running?.attempts ?? []
      this.#nextAttemptsMs = now + ATTEMPTS_EVERY_MS
    }
    return this.#attempts
  }

  get info(): Capture['info'] {
    return this.#capture.info
  }

  /** When the first packet came, since 1970. */
  get start(): { readonly seconds: number; readonly nanoseconds: number } {
    return { seconds: this.#capture.startSeconds, nanoseconds: this.#capture.startNanoseconds }
  }

  /** The packet once more, as it was recorded. */
  recorded(row: number): RecordedPacket {
    const { index } = this
    const packet = index.at(row)
    const bytes = this.#store.read(packet.offset, packet.capturedLength)
    return {
      bytes,
      start: 0,
      end: bytes.length,
      originalLength: packet.originalLength,
      linkType: packet.linkType,
      interfaceId: packet.interfaceId,
      fcsLength: packet.fcsLength,
      number: packet.number,
      timeNs: packet.timeNs,
      previousNs: row === 0 ? packet.timeNs : index.timeNs(row - 1),
      startSeconds: this.#capture.startSeconds,
      startNanoseconds: this.#capture.startNanoseconds,
      info: this.#capture.info,
    }
  }

  /** At once: from the headers, until what lies above them is read. */
  line(row: number): PacketLine {
    const known = this.#lines.get(row)
    if (known !== undefined) return known
    const line = { ...packetColumns(this.#replay.headers(row)), isProvisional: true }
    this.#keepLine(row, line)
    return line
  }

  /** These rows are being looked at: what is provisional of them is read whole, and `onChange` told. */
  look(rows: readonly number[]): void {
    this.#wanted = rows.filter(row => this.#lines.get(row)?.isProvisional !== false)
    if (this.#wanted.length > 0 && !this.#isReplaying) void this.#readWanted()
  }

  /** The packet with all its layers; null while it is being read, then `onChange` is told. */
  opened(row: number): InspectedPacket | null {
    const packet = this.#opened.get(row)
    if (packet === undefined) this.look([row])
    return packet ?? null
  }

  /** The packet with all its layers. */
  async open(row: number): Promise<InspectedPacket | null> {
    const known = this.#opened.get(row)
    if (known !== undefined) return known
    this.#keep(await this.#replay.packets([row], breath))
    return this.#opened.get(row) ?? null
  }

  /** The headers of a packet alone, at once. */
  headers(row: number): InspectedPacket {
    return this.#replay.headers(row)
  }

  /** Tells of every packet the names of its protocols (`eth:ip:tcp:tls`) and its length. */
  async survey(tell: (protocols: string, bytes: number) => void): Promise<void> {
    await this.#through(
      new Inspection(this.#keys()),
      packet => {
        const frame = packet.layers[0]
        if (frame !== undefined) tell(textOf(frame, 'frame.protocols'), packet.originalLength)
      },
      () => true,
    )
  }

  /** These packets with all their layers, in order. For whoever looks at a whole conversation. */
  async packets(rows: readonly number[]): Promise<InspectedPacket[]> {
    const packets = await this.#replay.packets(rows, breath)
    return [...packets].sort(([a], [b]) => a - b).map(([, packet]) => packet)
  }

  /**
   * Reads all packets through a display filter.
   * @param found told of each row that matches, in order.
   * @param goesOn asked now and then; false ends it.
   */
  async filter(filter: Filter, found: (row: number) => void, goesOn: () => boolean): Promise<void> {
    const { index } = this
    const look = (packet: InspectedPacket): void => {
      if (filter.matches(packet)) found(index.rowOf(packet.number))
    }
    await this.#through(new Inspection(this.#keys(), { filter }), look, goesOn)
  }

  close(): void {
    this.#isClosed = true
    this.#store.close()
    void this.#capture.close()
  }

  #add(stream: number): void {
    const { bytes, start, end, base, originalLength, linkType, interfaceId, fcsLength, number, timeNs } = this.#capture
    const offset = this.#spool === null ? base + start : this.#spool.append(bytes, start, end)
    this.index.add({
      number,
      offset,
      capturedLength: end - start,
      originalLength,
      timeNs,
      linkType,
      interfaceId,
      fcsLength,
      stream,
    })
  }

  /** Every packet of the capture, while keys are heard. */
  async #through(
    inspection: Inspection,
    look: (packet: InspectedPacket) => void,
    goesOn: () => boolean,
  ): Promise<void> {
    const { index } = this
    let nextLook = performance.now() + SLICE_MS
    for (let row = 0; row < index.count; row++) {
      inspection.take(this.recorded(row))
      for (const packet of inspection.ready()) look(packet)
      if (row % PACKETS_A_LOOK !== 0 || performance.now() < nextLook) continue
      await breath()
      if (this.#isClosed || !goesOn()) return
      nextLook = performance.now() + SLICE_MS
    }
    for (const packet of inspection.finish()) look(packet)
  }

  #keys(): KeySource {
    return new KeySource(this.#options.keys ?? null, this.#capture.info.secrets)
  }

  async #readWanted(): Promise<void> {
    this.#isReplaying = true
    try {
      while (this.#wanted.length > 0 && !this.#isClosed) {
        const rows = this.#wanted
        this.#wanted = []
        this.#keep(await this.#replay.packets(rows, breath))
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

/** Lets keys and timers have their turn. */
function breath(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** The oldest ones go. */
function drop<T>(kept: Map<number, T>, most: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= most) return
    kept.delete(key)
  }
}

/** Conversations of one attempt may feed one another's layers: the channels of a gateway. */
export function partnersOf(attempts: readonly AttemptAnalysis[]): Map<number, readonly number[]> {
  const partners = new Map<number, readonly number[]>()
  for (const { members } of attempts) {
    const numbers = members.map(({ transport, stream }) => stream * 2 + (transport === 'udp' ? 1 : 0))
    for (const number of numbers)
      partners.set(
        number,
        numbers.filter(other => other !== number),
      )
  }
  return partners
}
