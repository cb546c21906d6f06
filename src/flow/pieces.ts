/** Numbered pieces of a stream, which a layer of datagrams hands up as they come: each goes on in its turn, once. */
import { MAX_PIECES_AHEAD, MAX_PIECES_AHEAD_BYTES } from '../wire/limits.ts'
import { copyStretches, type Stretch } from './origin.ts'

interface Piece {
  readonly number: number
  readonly bytes: Uint8Array
  /** Where its bytes come from; positions count from its own start. */
  readonly origins: readonly Stretch[]
}

/** Who reads the stream that the pieces make. */
export interface PieceReader {
  readonly dead: boolean
  receive(bytes: Uint8Array, start: number, end: number, from: number, to: number, origins: readonly Stretch[]): void
  gap(length: number): void
}

export class Pieces {
  private readonly reader: PieceReader
  private next = 0
  /** Ahead of a hole, in the order of their numbers. */
  private readonly ahead: Piece[] = []
  private aheadBytes = 0

  constructor(reader: PieceReader) {
    this.reader = reader
  }

  /** A piece; its bytes lie at from..to of the layer below, whose origins are given. */
  piece(
    number: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    from: number,
    to: number,
    origins: readonly Stretch[],
  ): void {
    const { reader } = this
    if (this.take(number)) {
      reader.receive(bytes, start, end, from, to, origins)
      this.drain()
      return
    }
    if (reader.dead || !this.isAhead(number)) return
    const kept: Stretch[] = []
    copyStretches(origins, from, to, kept, 0, end - start)
    this.hold({ number, bytes: bytes.slice(start, end), origins: kept })
    if (this.ahead.length > MAX_PIECES_AHEAD || this.aheadBytes > MAX_PIECES_AHEAD_BYTES) this.skipHole()
  }

  /** Nothing more comes: what waits is read without what is missing. */
  end(): void {
    while (this.ahead.length > 0) this.skipHole()
  }

  /** Is this the piece that comes next? Then it counts as read. */
  private take(number: number): boolean {
    if (number !== this.next) return false
    this.next++
    return true
  }

  /** It comes too early, and was not here before. */
  private isAhead(number: number): boolean {
    return number > this.next && !this.ahead.some(piece => piece.number === number)
  }

  private hold(piece: Piece): void {
    let place = this.ahead.length
    while (place > 0 && (this.ahead[place - 1] as Piece).number > piece.number) place--
    this.ahead.splice(place, 0, piece)
    this.aheadBytes += piece.bytes.length
  }

  /** The piece that comes next will not come; nobody knows how long it was. */
  private skipHole(): void {
    const [first] = this.ahead
    if (first !== undefined) this.next = Math.max(this.next, first.number)
    this.reader.gap(0)
    this.drain()
  }

  private drain(): void {
    for (let piece = this.shift(); piece !== null; piece = this.shift()) {
      this.reader.receive(piece.bytes, 0, piece.bytes.length, 0, piece.bytes.length, piece.origins)
    }
  }

  /** The next piece of those that waited, when it is here. */
  private shift(): Piece | null {
    // What waited may have come by itself meanwhile.
    while (this.ahead.length > 0 && (this.ahead[0] as Piece).number < this.next) this.drop()
    const [first] = this.ahead
    if (first === undefined || !this.take(first.number)) return null
    this.drop()
    return first
  }

  private drop(): void {
    this.aheadBytes -= this.ahead.shift()?.bytes.length ?? 0
  }
}
