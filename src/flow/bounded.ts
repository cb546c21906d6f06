/** A list that keeps its first half and its last half when more comes than it may hold. */
export class Bounded<T> {
  private readonly half: number
  private readonly head: T[] = []
  private readonly tail: T[] = []
  private pushed = 0

  constructor(limit: number) {
    this.half = limit >> 1
  }

  push(item: T): void {
    if (this.head.length < this.half) this.head.push(item)
    else if (this.tail.length < this.half) this.tail.push(item)
    else this.tail[(this.pushed - this.half) % this.half] = item
    this.pushed++
  }

  /** How many did not fit. */
  get lost(): number {
    return Math.max(0, this.pushed - 2 * this.half)
  }

  /** In the order in which they came. */
  items(): T[] {
    const oldest = this.lost === 0 ? 0 : (this.pushed - this.half) % this.half
    return this.tail.length === 0
      ? this.head
      : [...this.head, ...this.tail.slice(oldest), ...this.tail.slice(0, oldest)]
  }
}
