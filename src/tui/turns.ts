/**
 * Turns at the one thread. Whatever takes long (reading the capture, a filter, a search) works in slices and waits for its next
 * turn between them. Each time round, keys are heard first and then one of those that wait has its turn: so a key waits for
 * one slice at most, however many of them work at a time.
 */

/** A picture takes a few milliseconds besides; a key and its picture are to take 16 at most. */
const SLICE_MS = 3

export class Turns {
  readonly #waiting: (() => void)[] = []
  #isPlanned = false

  /** For one piece of work. It waits before it begins: what started it, a key, has its picture first. */
  begin(): () => Promise<void> | null {
    let endsMs = 0
    return () => {
      if (performance.now() < endsMs) return null
      return this.#next().then(() => {
        endsMs = performance.now() + SLICE_MS
      })
    }
  }

  #next(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.#plan()
    })
  }

  #plan(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      this.#waiting.shift()?.()
      if (this.#waiting.length > 0) this.#plan()
    })
  }
}
