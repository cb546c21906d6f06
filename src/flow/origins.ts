/** Where the bytes of one direction of a slot come from: the segment at hand, or what was noted while bytes waited. */
import type { Dissection } from './dissection.ts'
import { copyStretches, type Stretch, stretchAt } from './origin.ts'

export class Origins {
  /** The conversation that gave the last bytes from below; -1 before, and of the connection itself. */
  fedBy = -1
  /** Only while bytes wait or come from below; a segment read in place is `dissection.now`. */
  private list: Stretch[] | null = null
  private readonly dissection: Dissection

  constructor(dissection: Dissection) {
    this.dissection = dissection
  }

  get all(): readonly Stretch[] {
    return this.list ?? this.dissection.nowList
  }

  /** The stretch of the byte at this position. */
  at(position: number): Stretch {
    const { now } = this.dissection
    return this.list === null ? now : (stretchAt(this.list, position) ?? now)
  }

  /** All of the segment at hand is going to wait. */
  keepNow(): void {
    this.own().push({ ...this.dissection.now })
  }

  /** The last bytes of what is being read are going to wait. */
  keepRest(length: number): void {
    if (this.list !== null) return
    const { now } = this.dissection
    const gone = now.length - length
    this.own().push({ ...now, at: now.at + gone, length, low: now.low + gone })
  }

  /**
   * Bytes that lie at from..to of the layer below, whose origins are given, become `length` ones at `at`.
   * @param whole the packet that completed their PDU there; 0 when those are messages of nobody
   */
  receive(origins: readonly Stretch[], from: number, to: number, at: number, length: number, whole: number): void {
    const own = this.own()
    const known = own.length
    copyStretches(origins, from, to, own, at, length)
    for (let index = known; index < own.length; index++) {
      const origin = own[index] as Stretch
      if (origin.whole < whole) origin.whole = whole
    }
    this.fedBy = (own.at(-1) ?? this.dissection.now).conversation
  }

  /** What lies before this position was read. */
  dropBefore(position: number): void {
    const { list } = this
    if (list === null) return
    let gone = 0
    while (gone < list.length && (list[gone] as Stretch).at + (list[gone] as Stretch).length <= position) gone++
    if (gone === list.length) this.list = null
    else if (gone > 0) list.splice(0, gone)
  }

  clear(): void {
    this.list = null
  }

  private own(): Stretch[] {
    this.list ??= []
    return this.list
  }
}
