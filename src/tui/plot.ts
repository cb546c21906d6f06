/** Points and lines in a part of the terminal: two by four dots a cell with braille, one where only ASCII is there. */
import type { Area, Canvas, Style } from './canvas.ts'

const BRAILLE = 0x2800
/** Bits of the dots of a braille cell, down the left column and down the right one. */
const DOT_BITS = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80] as const
const ASCII = ['.', '+', '*', '#'] as const

/** Values from least to most on both axes. */
export interface Range {
  readonly least: number
  readonly most: number
}

export class Plot {
  readonly #area: Area
  readonly #x: Range
  readonly #y: Range
  readonly #unicode: boolean
  /** Dots a cell. */
  readonly #dots: Uint8Array
  readonly #looks: Int32Array
  readonly #ranks: Uint8Array

  constructor(area: Area, x: Range, y: Range, unicode: boolean) {
    this.#area = area
    this.#x = x
    this.#y = y
    this.#unicode = unicode
    const cells = Math.max(area.width * area.height, 0)
    this.#dots = new Uint8Array(cells)
    this.#looks = new Int32Array(cells)
    this.#ranks = new Uint8Array(cells)
  }

  /** @param rank of two points in one cell, the look of the higher one is seen. */
  point(x: number, y: number, look: Style, rank = 0): void {
    const column = this.#scaled(x, this.#x, this.#area.width * 2)
    const row = this.#area.height * 4 - 1 - this.#scaled(y, this.#y, this.#area.height * 4)
    this.#dot(column, row, look, rank)
  }

  /** A vertical line: a segment from its first byte to its last. */
  bar(x: number, from: number, to: number, look: Style, rank = 0): void {
    const column = this.#scaled(x, this.#x, this.#area.width * 2)
    const most = this.#area.height * 4 - 1
    const top = most - this.#scaled(to, this.#y, this.#area.height * 4)
    const bottom = most - this.#scaled(from, this.#y, this.#area.height * 4)
    for (let row = top; row <= bottom; row++) this.#dot(column, row, look, rank)
  }

  /** A step: along at one height. */
  level(from: number, to: number, y: number, look: Style, rank = 0): void {
    const row = this.#area.height * 4 - 1 - this.#scaled(y, this.#y, this.#area.height * 4)
    const first = this.#scaled(from, this.#x, this.#area.width * 2)
    const last = this.#scaled(to, this.#x, this.#area.width * 2)
    for (let column = first; column <= last; column++) this.#dot(column, row, look, rank)
  }

  draw(canvas: Canvas): void {
    const { x, y, width, height } = this.#area
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const at = row * width + column
        const dots = this.#dots[at] as number
        if (dots === 0) continue
        const char = this.#unicode ? String.fromCharCode(BRAILLE + dots) : (ASCII[(bitCount(dots) - 1) >> 1] as string)
        canvas.put(x + column, y + row, char, this.#looks[at] as number, 1)
      }
    }
  }

  #scaled(value: number, { least, most }: Range, steps: number): number {
    if (most <= least) return 0
    return Math.max(0, Math.min(steps - 1, Math.floor(((value - least) / (most - least)) * (steps - 1) + 0.5)))
  }

  #dot(column: number, row: number, look: Style, rank: number): void {
    if (column < 0 || row < 0 || column >= this.#area.width * 2 || row >= this.#area.height * 4) return
    const at = (row >> 2) * this.#area.width + (column >> 1)
    this.#dots[at] = (this.#dots[at] as number) | (DOT_BITS[(column & 1) * 4 + (row & 3)] as number)
    if (rank < (this.#ranks[at] as number)) return
    this.#ranks[at] = rank
    this.#looks[at] = look
  }
}

function bitCount(bits: number): number {
  let count = 0
  for (let left = bits; left !== 0; left &= left - 1) count++
  return count
}
