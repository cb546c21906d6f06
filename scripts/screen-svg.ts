/**
 * The screen of a terminal as a picture (SVG 1.1): cells, colours and box drawing as they are. Lines and blocks are shapes, so
 * that they meet whatever font there is; the same screen gives the same bytes. Text is escaped, and what XML does not allow
 * is left out: it may have been written by strangers.
 */
import type { ScreenCell } from '../test/support/sgr.ts'

/** Pixels. Monospaced letters are 0.6 of their size wide. */
const CELL_WIDTH = 9
const CELL_HEIGHT = 19
const FONT_PIXELS = 15
const BASELINE = 14
const MARGIN = 10
const FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
/** The terminal's own colours, which programs do not know: dark, on a ground that stands out from white and from black. */
const FOREGROUND = '#d5d8de'
const GROUND = '#171a21'
const FRAME = '#5c6370'

/** The first sixteen, which each terminal chooses; those of xterm. */
const BASE = [
  '#000000',
  '#cd0000',
  '#00cd00',
  '#cdcd00',
  '#0000ee',
  '#cd00cd',
  '#00cdcd',
  '#e5e5e5',
  '#7f7f7f',
  '#ff0000',
  '#00ff00',
  '#ffff00',
  '#5c5cff',
  '#ff00ff',
  '#00ffff',
  '#ffffff',
]
const CUBE_LEVELS = [0, 95, 135, 175, 215, 255]

/** Arms of box drawing (Unicode 2500-257F): left, right, up, down. */
const ARMS: ReadonlyMap<string, readonly [boolean, boolean, boolean, boolean]> = new Map([
  ['─', [true, true, false, false]],
  ['│', [false, false, true, true]],
  ['┌', [false, true, false, true]],
  ['┐', [true, false, false, true]],
  ['└', [false, true, true, false]],
  ['┘', [true, false, true, false]],
  ['├', [false, true, true, true]],
  ['┤', [true, false, true, true]],
  ['┬', [true, true, false, true]],
  ['┴', [true, true, true, false]],
  ['┼', [true, true, true, true]],
])
/** Of the eight dots of a braille cell, in the order of their bits: column and row. */
const DOTS = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 1],
  [1, 2],
  [0, 3],
  [1, 3],
] as const

export interface Picture {
  readonly columns: number
  readonly rows: number
  /** What it shows, for those who do not see it. */
  readonly title: string
}

/** @param screen row by row; what a row lacks is empty. */
export function screenSvg(screen: readonly (readonly ScreenCell[])[], { columns, rows, title }: Picture): string {
  const width = columns * CELL_WIDTH + 2 * MARGIN
  const height = rows * CELL_HEIGHT + 2 * MARGIN
  const shapes = new Shapes()
  const grounds: string[] = []
  const texts: string[] = []
  for (const [row, cells] of screen.slice(0, rows).entries()) {
    const y = MARGIN + row * CELL_HEIGHT
    const shown = cells.slice(0, columns)
    for (const [from, run] of runs(shown, groundOf)) {
      const ground = groundOf(run[0] as ScreenCell)
      const long = run.length * CELL_WIDTH
      if (ground === '') continue
      grounds.push(`<path fill="${ground}" d="M${MARGIN + from * CELL_WIDTH} ${y}h${long}v${CELL_HEIGHT}h-${long}z"/>`)
    }
    for (const [from, run] of runs(shown, lookOf)) texts.push(...textOf(run, from, y, shapes))
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${GROUND}" stroke="${FRAME}"/>`,
    '<g shape-rendering="crispEdges">',
    ...grounds,
    ...shapes.blocks(),
    '</g>',
    ...shapes.lines(),
    `<g font-family="${FONTS}" font-size="${FONT_PIXELS}">`,
    ...texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

/** Colour -> paths of what is drawn, not written. */
class Shapes {
  readonly #strokes = new Map<string, string>()
  readonly #dots = new Map<string, string>()
  readonly #blocks = new Map<string, string>()

  /** @returns false when the character is written. */
  add(char: string, count: number, x: number, y: number, ink: string): boolean {
    const code = char.codePointAt(0) ?? 0
    const middle = y + CELL_HEIGHT / 2
    const long = count * CELL_WIDTH
    if (char === '─') add(this.#strokes, ink, `M${x} ${middle}h${long}`)
    else if (char === '═') add(this.#strokes, ink, `M${x} ${middle - 2}h${long}M${x} ${middle + 2}h${long}`)
    else if (ARMS.has(char)) for (let nth = 0; nth < count; nth++) this.#arms(char, x + nth * CELL_WIDTH, y, ink)
    else if (code >= 0x2580 && code <= 0x2588) {
      const part = char === '▀' ? 4 : code - 0x2580
      const tall = (CELL_HEIGHT * part) / 8
      add(this.#blocks, ink, `M${x} ${char === '▀' ? y : y + CELL_HEIGHT - tall}h${long}v${tall}h-${long}z`)
    } else if (code >= 0x2800 && code <= 0x28ff) {
      for (let nth = 0; nth < count; nth++) this.#braille(code & 0xff, x + nth * CELL_WIDTH, y, ink)
    } else return false
    return true
  }

  blocks(): string[] {
    return [...this.#blocks].map(([ink, d]) => `<path fill="${ink}" d="${d}"/>`)
  }

  lines(): string[] {
    return [
      ...[...this.#strokes].map(([ink, d]) => `<path fill="none" stroke="${ink}" d="${d}"/>`),
      ...[...this.#dots].map(
        ([ink, d]) => `<path fill="none" stroke="${ink}" stroke-width="2.6" stroke-linecap="round" d="${d}"/>`,
      ),
    ]
  }

  #arms(char: string, x: number, y: number, ink: string): void {
    const [left, right, up, down] = ARMS.get(char) ?? [false, false, false, false]
    const centreX = x + CELL_WIDTH / 2
    const centreY = y + CELL_HEIGHT / 2
    if (left || right) {
      const from = left ? x : centreX
      add(this.#strokes, ink, `M${from} ${centreY}h${(right ? x + CELL_WIDTH : centreX) - from}`)
    }
    if (up || down) {
      const from = up ? y : centreY
      add(this.#strokes, ink, `M${centreX} ${from}v${(down ? y + CELL_HEIGHT : centreY) - from}`)
    }
  }

  /** A line without length and with round ends is a dot. */
  #braille(bits: number, x: number, y: number, ink: string): void {
    for (const [bit, [column, row]] of DOTS.entries()) {
      if ((bits & (1 << bit)) === 0) continue
      add(this.#dots, ink, `M${x + 2.25 + column * 4.5} ${y + 2.5 + row * 4.75}h0`)
    }
  }
}

function add(paths: Map<string, string>, ink: string, d: string): void {
  paths.set(ink, `${paths.get(ink) ?? ''}${d}`)
}

/** Words of one look, each stretched to its cells; its lines and blocks go to the shapes. */
function textOf(run: readonly ScreenCell[], from: number, y: number, shapes: Shapes): string[] {
  const [first] = run
  if (first === undefined) return []
  const ink = inkOf(first)
  let letters = ''
  for (const [at, same] of runs(run, ({ char }) => char)) {
    const char = same[0]?.char ?? ' '
    const isDrawn = shapes.add(char, same.length, MARGIN + (from + at) * CELL_WIDTH, y, ink)
    letters += (isDrawn ? ' ' : char).repeat(same.length)
  }
  const texts: string[] = []
  // One space between words stands in the text; more of them would be one in XML.
  for (const { 0: words, index } of letters.matchAll(/\S+(?: \S+)*/g)) {
    const at = [...letters.slice(0, index)].length
    const count = [...words].length
    const x = MARGIN + (from + at) * CELL_WIDTH
    const weight = first.isBold ? ' font-weight="700"' : ''
    const line = first.isUnderlined ? ' text-decoration="underline"' : ''
    const stretch = count > 1 ? ` textLength="${count * CELL_WIDTH}"` : ''
    texts.push(`<text x="${x}" y="${y + BASELINE}" fill="${ink}"${weight}${line}${stretch}>${escaped(words)}</text>`)
  }
  return texts
}

/** Neighbours that are alike. */
function* runs(
  cells: readonly ScreenCell[],
  by: (cell: ScreenCell) => string,
): Generator<[from: number, ScreenCell[]]> {
  let from = 0
  let run: ScreenCell[] = []
  for (const [at, cell] of cells.entries()) {
    const [first] = run
    if (first !== undefined && by(first) !== by(cell)) {
      yield [from, run]
      from = at
      run = []
    }
    run.push(cell)
  }
  if (run.length > 0) yield [from, run]
}

function lookOf(cell: ScreenCell): string {
  return `${inkOf(cell)} ${cell.isBold} ${cell.isUnderlined}`
}

function inkOf({ foreground, background, isInverse }: ScreenCell): string {
  return isInverse ? colour(background, GROUND) : colour(foreground, FOREGROUND)
}

/** '' is the terminal's own. */
function groundOf({ foreground, background, isInverse }: ScreenCell): string {
  return isInverse ? colour(foreground, FOREGROUND) : colour(background, '')
}

/** Of the palette of 256: sixteen, a cube of six levels, and greys. */
function colour(number: number, own: string): string {
  if (number < 0) return own
  if (number < BASE.length) return BASE[number] ?? own
  if (number >= 232) return hex([8, 8, 8].map(level => level + (number - 232) * 10))
  const at = number - BASE.length
  return hex([Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map(level => CUBE_LEVELS[level] ?? 0))
}

function hex(levels: readonly number[]): string {
  return `#${levels.map(level => level.toString(16).padStart(2, '0')).join('')}`
}

/** XML 1.0 2.2 and 2.4. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}\p{Cf}\ufffe\uffff]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
