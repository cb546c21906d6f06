/** A file that blocks are written to, one behind the other. They are gathered: most are a packet, and small. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'

/** Blocks are gathered to writes of this size. */
const WRITE_BYTES = 1 << 20

export class BlockFile {
  readonly #path: string
  readonly #file: number
  #isOpen = true
  #pending: Uint8Array[] = []
  #pendingBytes = 0

  /**
   * @param flag `w` replaces a file that is there already; for `wx` that is an error.
   * @throws NodeJS.ErrnoException when the file can not be written. So do put and close.
   */
  constructor(path: string, flag: 'w' | 'wx') {
    this.#path = path
    this.#file = openSync(path, flag)
  }

  /** @param block is kept for a while: nobody may write to it any more */
  put(block: Uint8Array): void {
    this.#pending.push(block)
    this.#pendingBytes += block.length
    if (this.#pendingBytes >= WRITE_BYTES) this.#flush()
  }

  /** All that was put is in the file. */
  close(): void {
    this.#flush()
    this.#isOpen = false
    closeSync(this.#file)
  }

  /** The file goes, closed or not. */
  remove(): void {
    if (this.#isOpen) closeSync(this.#file)
    this.#isOpen = false
    rmSync(this.#path, { force: true })
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes)
    this.#pending = []
    this.#pendingBytes = 0
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done)
  }
}
