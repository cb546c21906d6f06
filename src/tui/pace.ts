/** How often work is done anew that goes through a capture while that grows: each packet that comes asks for it. */
import type { Ui } from './view.ts'

const EVERY_MS = 1000

export class Pace {
  readonly #ui: Pick<Ui, 'redraw'>
  #doneMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | null = null

  constructor(ui: Pick<Ui, 'redraw'>) {
    this.#ui = ui
  }

  /** The work is done: it rests a while. */
  done(): void {
    this.#doneMs = performance.now()
  }

  /** Asked when a picture is drawn. @returns whether the work may begin; where it may not yet, a picture is drawn once it may. */
  mayBegin(): boolean {
    const waitMs = this.#doneMs + EVERY_MS - performance.now()
    if (waitMs <= 0) return true
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#ui.redraw()
    }, waitMs).unref()
    return false
  }
}
