/** Perl-compatible regular expressions, as filters write them, to those of JavaScript. */

const CLASSES: ReadonlyMap<string, string> = new Map([
  ['alpha', 'a-zA-Z'],
  ['digit', '0-9'],
  ['alnum', 'a-zA-Z0-9'],
  ['upper', 'A-Z'],
  ['lower', 'a-z'],
  ['space', '\\s'],
  ['blank', ' \\t'],
  ['punct', '!-\\/:-@\\[-`{-~'],
  ['xdigit', '0-9a-fA-F'],
  ['print', '\\x20-\\x7e'],
  ['graph', '\\x21-\\x7e'],
  ['cntrl', '\\x00-\\x1f\\x7f'],
  ['word', '\\w'],
])
const ESCAPED: ReadonlyMap<string, string> = new Map([
  ['A', '^'],
  ['z', '$'],
  ['Z', '(?=\\n?$)'],
  ['h', '[ \\t]'],
  ['R', '(?:\\r\\n|\\n|\\r)'],
  ['a', '\\x07'],
  ['e', '\\x1b'],
])

/** Upper and lower case are the same unless `(?-i)` begins it. @throws SyntaxError when JavaScript has no such expression. */
export function regularExpression(pattern: string): RegExp {
  const options = /^\(\?([ims]*)(?:-([ims]+))?\)/.exec(pattern)
  const flags = new Set(`i${options?.[1] ?? ''}`)
  for (const off of options?.[2] ?? '') flags.delete(off)
  const body = pattern.slice(options?.[0].length ?? 0)
  return new RegExp(translated(body, flags), [...flags].join(''))
}

function translated(pattern: string, flags: ReadonlySet<string>): string {
  let text = ''
  for (let at = 0; at < pattern.length; ) {
    const piece = pieceAt(pattern, at, flags)
    text += piece.text
    at += piece.length
  }
  return text
}

function pieceAt(pattern: string, at: number, flags: ReadonlySet<string>): { text: string; length: number } {
  const unit = pattern.charAt(at)
  if (unit === '\\') {
    const letter = pattern.charAt(at + 1)
    return { text: ESCAPED.get(letter) ?? `\\${letter}`, length: 2 }
  }
  if (unit === '[') return classAt(pattern, at)
  // A dot stops at line feeds alone, and the end is also before the last line feed.
  if (unit === '.' && !flags.has('s')) return { text: '[^\\n]', length: 1 }
  if (unit === '$' && !flags.has('m')) return { text: '(?=\\n?$)', length: 1 }
  if (pattern.startsWith('(?P<', at)) return { text: '(?<', length: 4 }
  return { text: unit, length: 1 }
}

/** `[...]`, in which `[:digit:]` may stand. */
function classAt(pattern: string, at: number): { text: string; length: number } {
  let text = '['
  let place = at + 1
  if (pattern.charAt(place) === '^') text += pattern.charAt(place++)
  // A bracket that comes first is meant as itself.
  if (pattern.charAt(place) === ']') {
    text += '\\]'
    place++
  }
  while (place < pattern.length && pattern.charAt(place) !== ']') {
    const named = /^\[:(\w+):\]/.exec(pattern.slice(place, place + 12))
    const members = named === null ? undefined : CLASSES.get(named[1] as string)
    if (named !== null && members !== undefined) {
      text += members
      place += named[0].length
    } else {
      const length = pattern.charAt(place) === '\\' ? 2 : 1
      text += pattern.slice(place, place + length)
      place += length
    }
  }
  return place < pattern.length ? { text: `${text}]`, length: place + 1 - at } : { text, length: pattern.length - at }
}
