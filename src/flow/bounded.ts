/** A list that keeps its first half and its last half when more comes than it may hold. */
export class Bounded<T> {
  private readonly half: number
  private readonly head: T[] = []
  private tail: T[] | null = null
  private pushed = 0

  constructor(limit: number) {
    this.half = limit >> 1
  }

  push(item: T): void {
    if (this.head.length < this.half) this.head.push(item)
    else {
      this.tail ??= []
      this.tail[(this.pushed - this.half) % this.half] = item
    }
    this.pushed++
  }

  /** How many did not fit. */
  get lost(): number {
    return Math.max(0, this.pushed - 2 * this.half)
  }

  /** In the order in which they came. */
  items(): T[] {
    const { head, tail } = this
    if (tail === null) return head
    const oldest = this.lost === 0 ? 0 : (this.pushed - this.half) % this.half
    return [...head, ...tail.slice(oldest), ...tail.slice(0, oldest)]
  }
}
