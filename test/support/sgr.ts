/** What `tmux capture-pane -e` prints: text with "select graphic rendition" sequences (ECMA-48 8.3.117), as cells. */

export interface ScreenCell {
  readonly char: string
  /** Of the palette of 256; -1 is the terminal's own. */
  readonly foreground: number
  readonly background: number
  readonly isBold: boolean
  readonly isUnderlined: boolean
  readonly isInverse: boolean
}

const ESCAPE = String.fromCharCode(27)
/** A change of look, or another sequence that shows nothing, or a character. */
const PIECES = new RegExp(`${ESCAPE}\\[([\\d;:]*)m|${ESCAPE}[()].|[\\cN\\cO]|(.)`, 'gsu')

type Look = { -readonly [K in keyof Omit<ScreenCell, 'char'>]: ScreenCell[K] }

const PLAIN: Look = { foreground: -1, background: -1, isBold: false, isUnderlined: false, isInverse: false }

/** Row by row. A character of two columns is one cell. */
export function cellsOf(text: string): ScreenCell[][] {
  let look = { ...PLAIN }
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map(line => {
      const row: ScreenCell[] = []
      for (const [, codes, char] of line.matchAll(PIECES)) {
        if (codes !== undefined) look = changed(look, codes)
        else if (char !== undefined) row.push({ char, ...look })
      }
      return row
    })
}

function changed(before: Look, codes: string): Look {
  let look = { ...before }
  const numbers = codes.split(/[;:]/).map(Number)
  for (let at = 0; at < numbers.length; at++) {
    const code = numbers[at] as number
    if (code === 0) look = { ...PLAIN }
    else if (code === 1) look.isBold = true
    else if (code === 4) look.isUnderlined = true
    else if (code === 7) look.isInverse = true
    else if (code === 22) look.isBold = false
    else if (code === 24) look.isUnderlined = false
    else if (code === 27) look.isInverse = false
    else if (code === 39) look.foreground = -1
    else if (code === 49) look.background = -1
    else if ((code === 38 || code === 48) && numbers[at + 1] === 5) {
      look[code === 38 ? 'foreground' : 'background'] = numbers[at + 2] ?? -1
      at += 2
    } else if (code >= 30 && code < 38) look.foreground = code - 30
    else if (code >= 90 && code < 98) look.foreground = code - 90 + 8
    else if (code >= 40 && code < 48) look.background = code - 40
    else if (code >= 100 && code < 108) look.background = code - 100 + 8
  }
  return look
}
