/** Which line of a long list is chosen, and which lines the window shows. Knows numbers only: a million rows cost nothing. */
import type { Action } from './keys.ts'

export class ListCursor {
  /** Lines there are. */
  count = 0
  /** The chosen line, from 0. */
  at = 0
  /** The first line in the window. */
  top = 0
  /** Lines of the window, as last drawn. */
  height = 1

  /** @returns whether the action moves in a list. */
  act(action: Action): boolean {
    switch (action) {
      case 'up':
        this.move(-1)
        return true
      case 'down':
        this.move(1)
        return true
      case 'page-up':
        this.#turn(-1)
        return true
      case 'page-down':
        this.#turn(1)
        return true
      case 'first':
        this.choose(0)
        return true
      case 'last':
        this.choose(this.count - 1)
        return true
      default:
        return false
    }
  }

  move(by: number): void {
    this.choose(this.at + by)
  }

  choose(line: number): void {
    this.at = Math.max(0, Math.min(line, this.count - 1))
  }

  /** One line stays in sight. */
  #turn(pages: 1 | -1): void {
    const by = pages * Math.max(this.height - 1, 1)
    this.top = Math.max(0, Math.min(this.top + by, this.count - this.height))
    this.move(by)
  }

  /** Like a wheel: the window moves, and takes the chosen line along only where it must. */
  scroll(by: number): void {
    this.top = Math.max(0, Math.min(this.top + by, this.count - this.height))
    this.at = Math.max(this.top, Math.min(this.at, this.top + this.height - 1, this.count - 1))
    if (this.at < 0) this.at = 0
  }

  /** Fits the window to its size, so that it shows the chosen line. Called when it is drawn. */
  fit(count: number, height: number): void {
    this.count = count
    this.height = Math.max(height, 1)
    this.choose(this.at)
    const half = this.height >> 1
    const isFar = this.at < this.top - half || this.at > this.top + this.height + half
    // Who comes from afar wants to see what lies around.
    if (isFar) this.top = this.at - half
    else if (this.at < this.top) this.top = this.at
    else if (this.at >= this.top + this.height) this.top = this.at - this.height + 1
    this.top = Math.max(0, Math.min(this.top, this.count - this.height))
  }
}
