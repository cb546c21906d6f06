/** Numbered pieces of a stream, which a layer of datagrams hands up as they come: who is next, and what waits. */
import { MAX_PIECES_AHEAD, MAX_PIECES_AHEAD_BYTES } from '../wire/limits.ts'
import type { Stretch } from './origin.ts'

export interface Piece {
  readonly number: number
  readonly bytes: Uint8Array
  /** Where its bytes come from; positions count from its own start. */
  readonly origins: readonly Stretch[]
}

export class Pieces {
  private next = 0
  /** Ahead of a hole, in the order of their numbers. */
  private readonly ahead: Piece[] = []
  private aheadBytes = 0

  /** Is this the piece that comes next? Then it counts as read. */
  take(number: number): boolean {
    if (number !== this.next) return false
    this.next++
    return true
  }

  /** It comes too early, and was not here before. */
  isAhead(number: number): boolean {
    return number > this.next && !this.ahead.some(piece => piece.number === number)
  }

  hold(piece: Piece): void {
    let place = this.ahead.length
    while (place > 0 && (this.ahead[place - 1] as Piece).number > piece.number) place--
    this.ahead.splice(place, 0, piece)
    this.aheadBytes += piece.bytes.length
  }

  /** The next piece of those that waited, when it is here. */
  shift(): Piece | null {
    // What waited may have come by itself meanwhile.
    while (this.ahead.length > 0 && (this.ahead[0] as Piece).number < this.next) this.drop()
    const [first] = this.ahead
    if (first === undefined || !this.take(first.number)) return null
    this.drop()
    return first
  }

  get waits(): boolean {
    return this.ahead.length > 0
  }

  get full(): boolean {
    return this.ahead.length > MAX_PIECES_AHEAD || this.aheadBytes > MAX_PIECES_AHEAD_BYTES
  }

  /** Gives up the hole before the first piece that waits. */
  skipHole(): void {
    const [first] = this.ahead
    if (first !== undefined) this.next = Math.max(this.next, first.number)
  }

  private drop(): void {
    this.aheadBytes -= this.ahead.shift()?.bytes.length ?? 0
  }
}
