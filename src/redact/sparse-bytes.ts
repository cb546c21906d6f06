/** Bytes of a long stream of which few are known: the others are zero. */
const PAGE_BYTES = 256

export class SparseBytes {
  readonly #pages = new Map<number, Uint8Array>()

  write(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const position = at + done
      const number = Math.floor(position / PAGE_BYTES)
      let page = this.#pages.get(number)
      if (page === undefined) {
        page = new Uint8Array(PAGE_BYTES)
        this.#pages.set(number, page)
      }
      const from = position - number * PAGE_BYTES
      const piece = bytes.subarray(done, done + PAGE_BYTES - from)
      page.set(piece, from)
      done += piece.length
    }
  }

  /** Fills `into` with the bytes from `at` on. */
  read(at: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const position = at + done
      const number = Math.floor(position / PAGE_BYTES)
      const from = position - number * PAGE_BYTES
      const length = Math.min(PAGE_BYTES - from, into.length - done)
      const page = this.#pages.get(number)
      if (page === undefined) into.fill(0, done, done + length)
      else into.set(page.subarray(from, from + length), done)
      done += length
    }
  }
}
