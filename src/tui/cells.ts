/**
 * Text to cells. A terminal gives some characters two cells, some none, and obeys others; terminals differ in which. So only
 * characters that are one cell wide everywhere are shown as they are, and all others as a sign of one cell.
 */

import { wrap } from '../report/layout.ts'

/** Stands for a character that can not be shown in one cell. */
const REPLACEMENT = '·'
const ASCII_REPLACEMENT = '.'
/** Control characters, as Wireshark's text shows them. */
const CONTROL = '·'

/** Letters and signs that every terminal draws in one cell: Latin, Greek, Cyrillic, and what this program itself draws. */
const NARROW =
  /^[\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u0482\u048a-\u052f\u2010-\u2015\u2018-\u201f\u2022\u2026\u2190-\u2193\u21b5\u2500-\u257f\u2580-\u259f\u25b2\u25b6\u25b8\u25ba\u25bc\u25be\u25c0\u25cf\u25cb\u2713\u2717\u2800-\u28ff]$/u

const ASCII_FOR: ReadonlyMap<string, string> = new Map([
  ['│', '|'],
  ['─', '-'],
  ['═', '='],
  ['├', '+'],
  ['┤', '+'],
  ['┬', '+'],
  ['┴', '+'],
  ['┼', '+'],
  ['┌', '+'],
  ['┐', '+'],
  ['└', '+'],
  ['┘', '+'],
  ['→', '>'],
  ['←', '<'],
  ['↑', '^'],
  ['↓', 'v'],
  ['▸', '>'],
  ['▾', 'v'],
  ['▶', '>'],
  ['◀', '<'],
  ['▲', '^'],
  ['▼', 'v'],
  ['●', '*'],
  ['○', 'o'],
  ['✓', '+'],
  ['✗', 'x'],
  ['…', '~'],
  ['·', '.'],
  ['•', '*'],
  ['—', '-'],
  ['–', '-'],
  ['█', '#'],
  ['░', '.'],
])

/** One string a cell. Never yields a control character, an escape, or half of a pair. */
export function* cells(text: string, unicode: boolean): Generator<string> {
  for (const char of text) {
    if (char >= ' ' && char <= '~') yield char
    else if (char < ' ' || (char >= '\x7f' && char < '\xa0')) yield unicode ? CONTROL : ASCII_REPLACEMENT
    else if (isMark(char)) continue
    else if (!unicode) yield ASCII_FOR.get(char) ?? ASCII_REPLACEMENT
    else yield NARROW.test(char) ? char : REPLACEMENT
  }
}

/** Draws on the character before it, or shows nothing: combining marks, joiners, direction marks. */
function isMark(char: string): boolean {
  return /^[\p{M}\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]$/u.test(char)
}

export function width(text: string, unicode = true): number {
  let columns = 0
  for (const _ of cells(text, unicode)) columns++
  return columns
}

/** Cut to the room, with a sign where something is missing. */
export function cut(text: string, room: number, unicode = true): string {
  if (room <= 0) return ''
  const all = [...cells(text, unicode)]
  if (all.length <= room) return all.join('')
  return `${all.slice(0, room - 1).join('')}${unicode ? '…' : '~'}`
}

/** Without its first cells: what is seen of a line that is scrolled to the left. */
export function scrolled(text: string, columns: number): string {
  if (columns <= 0) return text
  return [...cells(text, true)].slice(columns).join('')
}

/** The end of a text where the room is too small for all of it: of a path, the part that names the file. */
export function tail(text: string, room: number, unicode = true): string {
  if (room <= 0) return ''
  const all = [...cells(text, unicode)]
  if (all.length <= room) return all.join('')
  return `${unicode ? '…' : '~'}${all.slice(all.length - room + 1).join('')}`
}

/** Lines of a text that is broken at spaces, and words where they are longer than a line. No line is wider than the room. */
export function wrapped(text: string, room: number): string[] {
  const columns = Math.max(room, 1)
  return wrap(text, columns).flatMap(line => {
    const all = [...cells(line, true)]
    if (all.length <= columns) return [line]
    return Array.from({ length: Math.ceil(all.length / columns) }, (_, nth) =>
      all.slice(nth * columns, (nth + 1) * columns).join(''),
    )
  })
}
