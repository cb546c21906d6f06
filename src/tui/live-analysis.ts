/** When a capture that still grows is judged anew: soon after it fell quiet, and seldom enough that it costs little. */

const LOOK_EVERY_MS = 250
/** It grows without a pause: judged so often all the same. */
const BUSY_EVERY_MS = 5_000
/** The pause behind an analysis, by how long that took. */
const PAUSE_BY_COST = 10

export interface Growing {
  /** How much there is. */
  grown(): number
  /** Nothing more came for a while. */
  isQuiet(): boolean
  /** More may come. */
  goesOn(): boolean
  analyse(): Promise<void>
}

export class LiveAnalysis {
  readonly #growing: Growing
  readonly #nowMs: () => number
  #analysed = 0
  #lastMs = Number.NEGATIVE_INFINITY
  #costMs = 0

  constructor(growing: Growing, nowMs = () => performance.now()) {
    this.#growing = growing
    this.#nowMs = nowMs
  }

  /** Comes back when nothing more can come. */
  async run(): Promise<void> {
    while (this.#growing.goesOn()) {
      await this.step()
      await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS).unref())
    }
  }

  /** @returns whether it was time to judge. */
  async step(): Promise<boolean> {
    const { grown, isQuiet, analyse } = this.#growing
    const count = grown()
    const sinceMs = this.#nowMs() - this.#lastMs
    if (count === this.#analysed || sinceMs < this.#costMs * PAUSE_BY_COST) return false
    if (!isQuiet() && sinceMs < BUSY_EVERY_MS) return false
    const startMs = this.#nowMs()
    await analyse()
    this.#analysed = count
    this.#lastMs = this.#nowMs()
    this.#costMs = this.#lastMs - startMs
    return true
  }
}
