/** The rows of a capture that a display filter shows: found while keys are heard, and kept up while the capture grows. */
import type { Filter } from '../inspect/filter/filter.ts'
import type { Document } from './document.ts'
import { Pace } from './pace.ts'
import type { Ui } from './view.ts'

export class FilteredRows {
  /** In order; null = no filter, all are shown. The same array while it grows. */
  rows: number[] | null = null
  isRunning = false
  /** Counts filters: an older run ends when a newer one began. */
  run = 0
  readonly #document: Document
  readonly #ui: Ui
  #filter: Filter | null = null
  /** Rows that the filter has seen. */
  #seen = 0
  readonly #pace: Pace

  constructor(document: Document, ui: Ui) {
    this.#document = document
    this.#ui = ui
    this.#pace = new Pace(ui)
  }

  clear(): void {
    this.run++
    this.isRunning = false
    this.#filter = null
    this.rows = null
  }

  /** @returns once all rows are filtered; false when another filter took its place meanwhile. */
  async apply(filter: Filter): Promise<boolean> {
    const run = ++this.run
    this.#filter = filter
    this.rows = []
    this.#seen = 0
    await this.#goOn(filter, this.rows)
    return run === this.run
  }

  /** Called when it is drawn: takes the packets in that came since. */
  keepUp(): void {
    const { rows } = this
    const filter = this.#filter
    if (filter === null || rows === null || this.isRunning || this.#seen === this.#document.index.count) return
    if (this.#pace.mayBegin()) this.#ui.background(this.#goOn(filter, rows))
  }

  async #goOn(filter: Filter, rows: number[]): Promise<void> {
    const { run } = this
    const { count } = this.#document.index
    this.isRunning = true
    await this.#document.search({
      from: this.#seen,
      to: count,
      filter,
      found: row => {
        if (run === this.run) rows.push(row)
      },
      goesOn: () => {
        this.#ui.redraw()
        return run === this.run
      },
    })
    if (run !== this.run) return
    this.#seen = count
    this.#pace.done()
    this.isRunning = false
    this.#ui.redraw()
  }
}
