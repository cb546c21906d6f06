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
}
