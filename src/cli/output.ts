/** Where results go: standard output or a file. A reader that closes the pipe ends the writing without a word. */
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { clean } from '../report/clean.ts'

/** A stream that may be a terminal. */
export type Sink = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** What a command talks to: results here, messages there. */
export class Streams {
  readonly results: Output
  /** Results go to a terminal of so many columns; null when they do not. */
  readonly columns: number | null
  /** Messages go to a terminal. */
  readonly messagesShown: boolean
  readonly #messages: Sink

  constructor(results: Sink, messages: Sink) {
    this.results = new Output(results)
    this.columns = results.isTTY ? results.columns || DEFAULT_COLUMNS : null
    this.messagesShown = messages.isTTY ?? false
    this.#messages = messages
    // Nobody reads the messages any more: that is no reason to stop.
    messages.on('error', () => {})
  }

  /** One line, whatever the message holds; `details` are lines of their own below it. */
  complain(message: string, details: readonly string[] = []): void {
    const lines = [
      `rdpscope: ${clean(message.trim().replaceAll(/\s+/g, ' '))}`,
      ...details.map(line => `  ${clean(line)}`),
    ]
    this.#messages.write(lines.map(line => `${line}\n`).join(''))
  }
}

/** Where the width is not known. */
export const DEFAULT_COLUMNS = 80

export class Output {
  /** Nobody reads any more. */
  closed = false
  /** The error that ended the writing, other than a closed pipe. */
  error: Error | null = null
  readonly #stream: Writable
  #wake: (() => void) | null = null

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.closed = true
      if (error.code !== 'EPIPE') this.error = error
      this.#wake?.()
    })
    stream.on('drain', () => this.#wake?.())
  }

  /** @param appends what stands in the file is kept */
  static toFile(path: string, appends = false): Output {
    return new Output(createWriteStream(path, { flags: appends ? 'a' : 'w' }))
  }

  /** Waits while the reader is slower than we are. */
  async write(text: string): Promise<void> {
    if (this.closed) return
    if (!this.#stream.write(text)) await this.#woken()
  }

  /** Resolves when all that was written has gone out, or nobody reads any more. */
  async flushed(): Promise<void> {
    if (this.closed) return
    await new Promise<void>(resolve => {
      this.#wake = resolve
      this.#stream.write('', () => resolve())
    })
  }

  /** For files: resolves when the file is closed. */
  async end(): Promise<void> {
    if (this.closed) return
    await new Promise<void>(resolve => {
      this.#wake = resolve
      this.#stream.end(() => resolve())
    })
  }

  async #woken(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
    this.#wake = null
  }
}
