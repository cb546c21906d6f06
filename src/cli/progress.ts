/** A progress bar on standard error, for people who wait at a terminal; nothing anywhere else. */
import { basename } from 'node:path'
import type { SingleBar } from 'cli-progress'
import { clean } from '../report/clean.ts'

/** Small captures are read before anybody could see a bar. */
const LEAST_BYTES = 32 << 20

export class Progress {
  readonly #path: string
  #bar: SingleBar | null = null
  #loading = false
  #ended = false

  constructor(path: string) {
    this.#path = path
  }

  update(readBytes: number, totalBytes: number | null): void {
    if (this.#bar !== null) this.#bar.update(readBytes)
    else if (totalBytes !== null && totalBytes >= LEAST_BYTES && process.stderr.isTTY) void this.#begin(totalBytes)
  }

  end(): void {
    this.#ended = true
    this.#bar?.stop()
  }

  async #begin(totalBytes: number): Promise<void> {
    if (this.#loading) return
    this.#loading = true
    const { default: cliProgress } = await import('cli-progress')
    if (this.#ended) return
    this.#bar = new cliProgress.SingleBar({
      stream: process.stderr,
      format: `${clean(basename(this.#path))} {bar} {percentage}% {eta_formatted}`,
      clearOnComplete: true,
      hideCursor: true,
      gracefulExit: true,
    })
    this.#bar.start(totalBytes, 0)
  }
}
