/** What a stranger may write into a packet to get at who looks at it. */
import fc from 'fast-check'

const ESCAPE = '\x1b'

/** Texts that a terminal, a drawing library or a clipboard would obey; characters of other widths; broken pairs. */
export const HOSTILE_TEXTS: readonly string[] = [
  `${ESCAPE}[2J${ESCAPE}[31mred`,
  `${ESCAPE}]0;owned\x07`,
  `${ESCAPE}]52;c;cm0gLXJmIH4=\x07`,
  `${ESCAPE}P+q544e${ESCAPE}\\`,
  `${ESCAPE}c${ESCAPE}[?1049l${ESCAPE}[6n`,
  '\x9b31m\x9d0;owned\x9c',
  '{red-fg}{bold}tags{/bold}{/red-fg}{escape}{/escape}',
  'one\r\ntwo\ttab\x08\x07\x00\x7f',
  '日本語のホスト名。コム',
  'שלום עולם',
  '\u202egnp.exe\u202c\u2066x\u2069',
  'Z\u0351\u036b\u0343a\u0300\u0301\u0302\u0303l\u034fgo',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  '\u200b\u200d\ufeff\u00ad\u2028\u2029',
  '\ud800broken\udfff',
  '\ufffd\ufffe\u{10ffff}\u{e0041}',
]

/** Ten thousand characters of a host name. */
export const LONG_NAME = `${'very-long-label.'.repeat(624)}example`.slice(0, 10_000)

/** Any text, with what is dangerous far more often than chance would have it. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), {
    maxLength: 6,
  })
  .map(parts => parts.join(''))

/** What may stand in a cell: one character that every terminal draws in exactly one column, and obeys never. */
export function isHarmlessCell(cell: string, unicode: boolean): boolean {
  if (!unicode) return /^[ -~]$/.test(cell)
  return [...cell].length === 1 && !/[\p{C}\p{M}\p{Z}]/u.test(cell.replace(' ', 'x')) && !isWide(cell)
}

/** East Asian Width W or F, and what is drawn as a picture (UAX #11, UTS #51). */
function isWide(cell: string): boolean {
  return /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uffe6]|\p{Emoji_Presentation}|[\u{1f000}-\u{3fffd}]/u.test(
    cell,
  )
}
