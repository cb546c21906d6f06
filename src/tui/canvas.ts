/**
 * The picture of one screen: a grid of cells that views draw on. Whatever text comes from a capture passes `put`, which
 * makes it harmless and gives each character exactly one cell, so that columns hold whatever a stranger wrote.
 */
import { cells } from './cells.ts'

/** Colours of the palette of 256; DEFAULT is the terminal's own. */
export const DEFAULT = 0x1ff

export const BOLD = 1
export const UNDERLINE = 2
export const INVERSE = 8

/** Flags, foreground and background in one number, as blessed's cells have them. */
export type Style = number

export function style(foreground: number = DEFAULT, background: number = DEFAULT, flags = 0): Style {
  return (flags << 18) | (foreground << 9) | background
}

const PLAIN: Style = style()

export function withFlags(base: Style, flags: number): Style {
  return base | (flags << 18)
}

/** A part of the screen, in cells. */
export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export function contains(area: Area, x: number, y: number): boolean {
  return x >= area.x && x < area.x + area.width && y >= area.y && y < area.y + area.height
}

/** A text in one style. */
export type Span = readonly [text: string, style: Style]

export class Canvas {
  readonly width: number
  readonly height: number
  /** Row by row. */
  readonly chars: string[]
  readonly styles: Int32Array
  /** Where the terminal's cursor stands; null hides it. */
  cursor: { readonly x: number; readonly y: number } | null = null
  readonly #unicode: boolean

  constructor(width: number, height: number, unicode = true) {
    this.width = width
    this.height = height
    this.#unicode = unicode
    this.chars = new Array<string>(width * height).fill(' ')
    this.styles = new Int32Array(width * height).fill(PLAIN)
  }

  get area(): Area {
    return { x: 0, y: 0, width: this.width, height: this.height }
  }

  /** Writes from (x, y) to the right, at most `room` cells. @returns the column behind it. */
  put(x: number, y: number, text: string, look: Style = PLAIN, room = this.width - x): number {
    if (y < 0 || y >= this.height) return x
    const end = Math.min(x + room, this.width)
    let column = x
    for (const char of cells(text, this.#unicode)) {
      if (column >= end) break
      if (column >= 0) this.#set(column, y, char, look)
      column++
    }
    return column
  }

  /** One text behind the other. @returns the column behind them. */
  spans(x: number, y: number, spans: readonly Span[], room = this.width - x): number {
    const end = Math.min(x + room, this.width)
    let column = x
    for (const [text, look] of spans) {
      if (column >= end) break
      column = this.put(column, y, text, look, end - column)
    }
    return column
  }

  /** Puts the text at the right end of the room. */
  right(end: number, y: number, text: string, look: Style = PLAIN): void {
    this.put(end - [...cells(text, this.#unicode)].length, y, text, look)
  }

  fill(area: Area, char: string, look: Style): void {
    const [cell = ' '] = cells(char, this.#unicode)
    this.#each(area, at => {
      this.chars[at] = cell
      this.styles[at] = look
    })
  }

  /** Gives a line another style, its text as it is. */
  shade(area: Area, change: (look: Style) => Style): void {
    this.#each(area, at => {
      this.styles[at] = change(this.styles[at] as Style)
    })
  }

  /** The places of an area, as far as it lies on the canvas. */
  #each({ x, y, width, height }: Area, visit: (at: number) => void): void {
    const right = Math.min(x + width, this.width)
    const bottom = Math.min(y + height, this.height)
    for (let row = Math.max(y, 0); row < bottom; row++) {
      for (let column = Math.max(x, 0); column < right; column++) visit(row * this.width + column)
    }
  }

  #set(x: number, y: number, char: string, look: Style): void {
    const at = y * this.width + x
    this.chars[at] = char
    this.styles[at] = look
  }
}
