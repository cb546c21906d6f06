/** Random numbers that are the same in every run: a linear congruential generator (the constants of Numerical Recipes). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** In [0, 1). */
  fraction(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return this.#state / 2 ** 32
  }

  /** In [0, limit). */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit)
  }

  /** The same entries in another order (Fisher and Yates). */
  shuffled<T>(entries: readonly T[]): T[] {
    const shuffled = [...entries]
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.below(last + 1)
      const swapped = shuffled[last] as T
      shuffled[last] = shuffled[other] as T
      shuffled[other] = swapped
    }
    return shuffled
  }
}
