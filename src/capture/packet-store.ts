/**
 * The bytes of packets that are read again, in any order: from the file itself where it can be read from any place, or from a
 * copy that is made while a stream or a compressed file comes in.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface PacketStore {
  /** @returns fewer bytes than asked for when they are not there any more. They are not to be written to. */
  read(offset: number, length: number): Uint8Array
  close(): void
}

/** Packets near one another are read together. */
const BLOCK_BYTES = 1 << 16
const MOST_BLOCKS = 64

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
    if (start + length <= BLOCK_BYTES) return this.#block(first).subarray(start, start + length)
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const number = Math.floor((offset + filled) / BLOCK_BYTES)
      const block = this.#block(number)
      const from = offset + filled - number * BLOCK_BYTES
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

  #block(number: number): Uint8Array {
    const known = this.#blocks.get(number)
    if (known !== undefined && known.length === BLOCK_BYTES) return known
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
  #written = 0
  #isClosed = false

  /** @throws NodeJS.ErrnoException when no temporary file can be made. */
  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'rdpscope-'))
    const path = join(this.#folder, 'packets')
    this.#descriptor = openSync(path, 'wx', 0o600)
    this.#store = new FileStore(path)
    this.#remove()
  }

  /** @returns the offset that it can be read from again. */
  append(bytes: Uint8Array, start: number, end: number): number {
    const offset = this.#written + this.#pendingBytes
    if (end - start > BLOCK_BYTES - this.#pendingBytes) this.#flush()
    if (end - start > BLOCK_BYTES) {
      writeSync(this.#descriptor, bytes, start, end - start)
      this.#written += end - start
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
    writeSync(this.#descriptor, this.#pending, 0, this.#pendingBytes)
    this.#written += this.#pendingBytes
    this.#pendingBytes = 0
  }
}
