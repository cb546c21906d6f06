/**
 * How far a scan is: a bar on standard error, for people who wait at a terminal; lines now and then elsewhere, where they were
 * asked for.
 */
import { basename } from 'node:path'
import type { SingleBar } from 'cli-progress'
import { clean } from '../report/clean.ts'
import { byteCount } from '../report/layout.ts'
import type { CaptureInput } from './inputs.ts'
import type { ReadingProgress } from './workers.ts'

/** Small captures are read before anybody could see a bar; many of them are not. */
const LEAST_BYTES = 32 << 20
const LEAST_MS = 1_000
const LINE_EVERY_MS = 10_000

export interface ProgressWishes {
  /** Asked for, refused, or left open: a bar at a terminal. */
  readonly wanted: boolean | undefined
  /** The reports go to the same terminal, so that the bar makes way for them. */
  readonly sharesTerminal: boolean
  say(line: string): void
}

export class Progress implements ReadingProgress {
  readonly #wishes: ProgressWishes
  readonly #inputs: readonly CaptureInput[]
  readonly #kind: 'bar' | 'lines' | null
  readonly #totalBytes: number
  readonly #begunMs = performance.now()
  /** Bytes of captures that are being read, by who reads. */
  readonly #reading = new Map<number, number>()
  #doneBytes = 0
  #doneCaptures = 0
  #toldMs = performance.now()
  #bar: SingleBar | null = null
  #isLoading = false
  #isHidden = false
  #isEnded = false

  constructor(inputs: readonly CaptureInput[], wishes: ProgressWishes) {
    this.#inputs = inputs
    this.#wishes = wishes
    this.#totalBytes = inputs.reduce((sum, { bytes }) => sum + bytes, 0)
    const { wanted } = wishes
    this.#kind = wanted === false ? null : process.stderr.isTTY ? 'bar' : wanted === true ? 'lines' : null
  }

  reading(lane: number, bytes: number): void {
    this.#reading.set(lane, bytes)
    this.#tell()
  }

  done(lane: number, bytes: number): void {
    this.#reading.delete(lane)
    this.#doneBytes += bytes
    this.#doneCaptures++
    this.#tell()
  }

  /** A report is about to be written. @param withMessage and a message on standard error */
  hide(withMessage: boolean): void {
    this.#isHidden = this.#wishes.sharesTerminal || withMessage
    if (this.#isHidden) this.#bar?.stop()
  }

  show(): void {
    if (!this.#isHidden || this.#doneCaptures === this.#inputs.length) return
    this.#isHidden = false
    this.#bar?.start(this.#totalBytes, this.#readBytes, this.#payload())
  }

  end(): void {
    this.#isEnded = true
    this.#bar?.stop()
  }

  get #readBytes(): number {
    let sum = this.#doneBytes
    for (const bytes of this.#reading.values()) sum += bytes
    return Math.min(sum, this.#totalBytes)
  }

  #tell(): void {
    // Of what comes through a pipe, nobody knows how much it is.
    if (this.#kind === null || this.#totalBytes === 0) return
    const now = performance.now()
    if (this.#kind === 'lines') {
      if (now - this.#toldMs < LINE_EVERY_MS) return
      this.#toldMs = now
      this.#wishes.say(this.#line())
    } else if (this.#bar !== null) {
      if (!this.#isHidden) this.#bar.update(this.#readBytes, this.#payload())
    } else if (this.#totalBytes >= LEAST_BYTES || now - this.#begunMs >= LEAST_MS) {
      void this.#begin()
    }
  }

  /** `312 of 1014 captures, 1.2 GB of 4.5 GB, 45 MB/s, 1 min 10 s left`. */
  #line(): string {
    const read = `${byteCount(this.#readBytes)} of ${byteCount(this.#totalBytes)}`
    return `${this.#captures}, ${read}, ${this.#rate}, ${this.#left} left`
  }

  get #captures(): string {
    return `${this.#doneCaptures} of ${this.#inputs.length} captures`
  }

  get #bytesPerSecond(): number {
    return (this.#readBytes / Math.max(performance.now() - this.#begunMs, 1)) * 1e3
  }

  get #rate(): string {
    return `${byteCount(Math.round(this.#bytesPerSecond))}/s`
  }

  get #left(): string {
    if (this.#readBytes === 0) return '?'
    const seconds = Math.ceil((this.#totalBytes - this.#readBytes) / Math.max(this.#bytesPerSecond, 1))
    return duration(seconds)
  }

  #payload(): object {
    const [only] = this.#inputs
    const what = this.#inputs.length === 1 && only !== undefined ? clean(basename(only.path)) : this.#captures
    return { what, rate: this.#rate, left: this.#left }
  }

  async #begin(): Promise<void> {
    if (this.#isLoading) return
    this.#isLoading = true
    const { default: cliProgress } = await import('cli-progress')
    if (this.#isEnded) return
    this.#bar = new cliProgress.SingleBar({
      stream: process.stderr,
      format: '{what} {bar} {percentage}% {rate}, {left} left',
      clearOnComplete: true,
      hideCursor: true,
      gracefulExit: true,
    })
    if (!this.#isHidden) this.#bar.start(this.#totalBytes, this.#readBytes, this.#payload())
  }
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
