/**
 * Finds the captures in files of JSON reports without reading the files whole: where each of them begins and ends. A file holds
 * one document or many (JSON lines, or files put together); each is a `rdpscope/report@1`.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { MAX_REPORT_CAPTURE_BYTES, MAX_REPORT_HEAD_BYTES } from '../wire/limits.ts'

/** Bytes of a file. */
export interface Extent {
  readonly at: number
  readonly length: number
}

export interface ReportDocument {
  /** The document without what its captures hold. */
  readonly head: string
  readonly captures: readonly Extent[]
}

/** Is no report; the message says why, as it goes on after the path. */
export class ReportError extends Error {}

const CHUNK_BYTES = 1 << 18
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const CURLY_OPEN = 0x7b
const CURLY_CLOSE = 0x7d
const SQUARE_OPEN = 0x5b
const SQUARE_CLOSE = 0x5d

/** @throws ReportError where it is no JSON, or ends too early; documents before it were handed out. Errors of the disk, too. */
export function* reportDocuments(path: string): Generator<ReportDocument> {
  const file = openSync(path, 'r')
  try {
    const chunk = new Uint8Array(CHUNK_BYTES)
    const splitter = new Splitter()
    for (let at = 0; ; ) {
      const got = readSync(file, chunk, 0, CHUNK_BYTES, at)
      if (got === 0) break
      yield* splitter.push(chunk.subarray(0, got), at)
      at += got
    }
    splitter.end()
  } finally {
    closeSync(file)
  }
}

export function extentText(path: string, { at, length }: Extent): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(length)
    let had = 0
    while (had < length) {
      const got = readSync(file, bytes, had, length - had, at + had)
      if (got === 0) throw new ReportError('became shorter while it was read')
      had += got
    }
    return bytes.toString('utf8')
  } finally {
    closeSync(file)
  }
}

/** Byte by byte: braces outside of strings tell where things end. What the pieces hold is for the JSON reader to judge. */
class Splitter {
  /** Brackets that are open. */
  #depth = 0
  #inString = false
  #escaped = false
  /** The string read last in the document itself, as long as it may be the name of a member. */
  #name = ''
  /** Inside `"captures": [`. */
  #inCaptures = false
  #captureAt = 0
  #captures: Extent[] = []
  #head: number[] = []

  /** @throws ReportError in the middle of a document */
  end(): void {
    if (this.#depth > 0) throw new ReportError('ends in the middle: the scan that wrote it was stopped; scan again')
  }

  *push(bytes: Uint8Array, from: number): Generator<ReportDocument> {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number
      const isOfHead = !this.#inCaptures || (this.#depth === 2 && byte === SQUARE_CLOSE)
      if (this.#inString) this.#string(byte)
      else this.#structure(byte, from + i)
      if (isOfHead && (this.#depth > 0 || byte === CURLY_CLOSE)) this.#keep(byte)
      if (this.#depth === 0 && byte === CURLY_CLOSE && !this.#inString) {
        yield { head: Buffer.from(this.#head).toString('utf8'), captures: this.#captures }
        this.#head = []
        this.#captures = []
      }
    }
  }

  #string(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === BACKSLASH) this.#escaped = true
    else if (byte === QUOTE) {
      this.#inString = false
      return
    }
    if (this.#depth === 1 && this.#name.length < 32) this.#name += String.fromCharCode(byte)
  }

  #structure(byte: number, at: number): void {
    if (byte === QUOTE && this.#depth > 0) {
      if (this.#inCaptures && this.#depth === 2) throw new ReportError('has a capture that is none')
      this.#inString = true
      if (this.#depth === 1) this.#name = ''
    } else if (byte === CURLY_OPEN || byte === SQUARE_OPEN) this.#open(byte, at)
    else if (byte === CURLY_CLOSE || byte === SQUARE_CLOSE) this.#close(at)
    else if (this.#depth === 1 && byte === COMMA) this.#name = ''
    else if (this.#depth === 0 && !isSpace(byte) && at > 2) throw notJson()
    else if (this.#depth === 0 && !isSpace(byte) && !BYTE_ORDER_MARK.includes(byte)) throw notJson()
    else if (this.#inCaptures && this.#depth === 2 && byte !== COMMA && !isSpace(byte))
      throw new ReportError('has a capture that is none')
  }

  #open(byte: number, at: number): void {
    if (this.#depth === 0 && byte === SQUARE_OPEN) throw notJson()
    if (this.#inCaptures && this.#depth === 2) this.#captureAt = at
    this.#depth++
    if (this.#depth === 2 && byte === SQUARE_OPEN && this.#name === 'captures') this.#inCaptures = true
  }

  #close(at: number): void {
    this.#depth--
    if (this.#depth < 0) throw notJson()
    if (!this.#inCaptures) return
    if (this.#depth === 2) {
      const length = at + 1 - this.#captureAt
      if (length > MAX_REPORT_CAPTURE_BYTES)
        throw new ReportError(`has a capture of ${length} bytes, which is too large`)
      this.#captures.push({ at: this.#captureAt, length })
    } else if (this.#depth === 1) this.#inCaptures = false
  }

  #keep(byte: number): void {
    if (this.#head.length >= MAX_REPORT_HEAD_BYTES) throw notJson()
    this.#head.push(byte)
  }
}

const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf]

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function notJson(): ReportError {
  return new ReportError('is no report: give what --format json or jsonl writes')
}
