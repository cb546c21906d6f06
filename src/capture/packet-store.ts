/**
 * The bytes of packets that are read again, in any order: from the file itself where it can be read from any place, or from a
 * copy that is made while a stream or a compressed file comes in.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MAX_SPOOL_BYTES } from '../wire/limits.ts'

export interface PacketStore {
  /** @returns fewer bytes than asked for when they are not there any more. They are not to be written to. */
  read(offset: number, length: number): Uint8Array
  close(): void
}

/** Packets near one another are read together. */
const BLOCK_BYTES = 1 << 16
const MOST_BLOCKS = 64

/** Of the free space of the folder, as much as a copy may take: others need some. */
const SHARE_OF_FREE = 0.8

const NOTHING = new Uint8Array(0)

/** Reads a file in blocks and keeps the last ones. */
export class FileStore implements PacketStore {
  readonly #descriptor: number
  readonly #blocks = new Map<number, Uint8Array>()
  #isClosed = false

  /** @throws NodeJS.ErrnoException when it can not be opened. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r')
  }

  read(offset: number, length: number): Uint8Array {
    const first = Math.floor(offset / BLOCK_BYTES)
    const start = offset - first * BLOCK_BYTES
    // Nearly always it lies in one block, which nobody writes to again: no copy is made.
    if (start + length <= BLOCK_BYTES) return this.#block(first, start + length).subarray(start, start + length)
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const number = Math.floor((offset + filled) / BLOCK_BYTES)
      const from = offset + filled - number * BLOCK_BYTES
      const block = this.#block(number, Math.min(from + length - filled, BLOCK_BYTES))
      if (from >= block.length) return bytes.subarray(0, filled)
      const part = block.subarray(from, from + length - filled)
      bytes.set(part, filled)
      filled += part.length
    }
    return bytes
  }

  /** Whoever still reads gets nothing. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#blocks.clear()
    closeSync(this.#descriptor)
  }

  /** @param end of what is wanted of it. The last block may have grown since; bytes that were there stay as they are. */
  #block(number: number, end: number): Uint8Array {
    const known = this.#blocks.get(number)
    if (known !== undefined && known.length >= end) return known
    if (this.#isClosed) return NOTHING
    const bytes = new Uint8Array(BLOCK_BYTES)
    const got = readSync(this.#descriptor, bytes, 0, BLOCK_BYTES, number * BLOCK_BYTES)
    const block = bytes.subarray(0, got)
    this.#blocks.delete(number)
    this.#blocks.set(number, block)
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= MOST_BLOCKS) break
      this.#blocks.delete(oldest)
    }
    return block
  }
}

/**
 * A copy of packets on disk, for sources that pass only once. Written in large pieces. It has no name from the start where the
 * system allows that, so that nothing is left whatever ends the program; elsewhere it goes when it is closed.
 */
export class SpoolStore implements PacketStore {
  readonly #folder: string
  readonly #descriptor: number
  readonly #store: FileStore
  readonly #pending = new Uint8Array(BLOCK_BYTES)
  #pendingBytes = 0
  readonly #mostBytes: number
  #written = 0
  #isClosed = false
  #failure = ''

  /**
   * @param mostBytes never more than most of the free space.
   * @throws NodeJS.ErrnoException when no temporary file can be made.
   */
  constructor(mostBytes = MAX_SPOOL_BYTES) {
    this.#folder = mkdtempSync(join(tmpdir(), 'rdpscope-'))
    const path = join(this.#folder, 'packets')
    this.#descriptor = openSync(path, 'wx', 0o600)
    this.#store = new FileStore(path)
    this.#mostBytes = Math.min(mostBytes, freeBytes(this.#folder) * SHARE_OF_FREE)
    this.#remove()
  }

  /** Why no more should be appended; '' while there is room. What is there can be read all the same. */
  get full(): string {
    if (this.#failure !== '') return this.#failure
    const bytes = this.#written + this.#pendingBytes
    return bytes < this.#mostBytes ? '' : `the copy of its packets in ${tmpdir()} is as large as it may be`
  }

  /** @returns the offset that it can be read from again. */
  append(bytes: Uint8Array, start: number, end: number): number {
    const offset = this.#written + this.#pendingBytes
    if (end - start > BLOCK_BYTES - this.#pendingBytes) this.#flush()
    if (end - start > BLOCK_BYTES) {
      this.#write(bytes, start, end)
    } else {
      this.#pending.set(bytes.subarray(start, end), this.#pendingBytes)
      this.#pendingBytes += end - start
    }
    return offset
  }

  read(offset: number, length: number): Uint8Array {
    if (offset + length > this.#written) this.#flush()
    return this.#store.read(offset, length)
  }

  close(): void {
    this.#store.close()
    if (this.#isClosed) return
    this.#isClosed = true
    closeSync(this.#descriptor)
    this.#remove()
  }

  #remove(): void {
    try {
      rmSync(this.#folder, { recursive: true, force: true })
    } catch {
      // Windows keeps what is open: then it goes when it is closed.
    }
  }

  #flush(): void {
    if (this.#pendingBytes === 0 || this.#isClosed) return
    const length = this.#pendingBytes
    this.#pendingBytes = 0
    this.#write(this.#pending, 0, length)
  }

  /** A disk that is full ends the copy, not the program. Places behind stay right: there is nothing to be read at them. */
  #write(bytes: Uint8Array, start: number, end: number): void {
    const first = this.#written
    this.#written += end - start
    if (this.#failure !== '') return
    try {
      for (let at = start; at < end; ) at += writeSync(this.#descriptor, bytes, at, end - at, first + at - start)
    } catch (error) {
      this.#failure = `the copy of its packets in ${tmpdir()} can not be written: ${(error as Error).message}`
    }
  }
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
