/**
 * A display filter to words, strings and signs. Whether a word is a field, a number or an address is not decided here:
 * `fe80::1`, `00:83` and `tcp.port` are all words.
 */
import { FilterError, type Range } from './error.ts'

export type TokenKind =
  /** A field's name, a number, an address, bytes. */
  | 'word'
  /** In double quotes; `value` has its escapes resolved. */
  | 'string'
  /** In single quotes; `value` is the one character. */
  | 'character'
  /** `[0:4]`; `value` is what stands inside. */
  | 'slice'
  /** An operator or another sign; words that are operators come under the sign that they stand for. */
  | 'sign'
  | 'end'

export interface Token extends Range {
  readonly kind: TokenKind
  readonly value: string
}

/** Words that are operators, and the sign that says the same. */
const OPERATOR_WORDS: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['xor', '^^'],
  ['not', '!'],
  ['eq', '=='],
  ['any_eq', '=='],
  ['ne', '!='],
  ['all_ne', '!='],
  ['all_eq', '==='],
  ['any_ne', '!=='],
  ['gt', '>'],
  ['lt', '<'],
  ['ge', '>='],
  ['le', '<='],
  ['contains', 'contains'],
  ['matches', 'matches'],
  ['in', 'in'],
  ['any', 'any'],
  ['all', 'all'],
  ['bitwise_and', '&'],
])
/** Longest first. `~=` is the old way to write `!==`. */
const SIGNS = ['===', '!==', '==', '!=', '~=', '>=', '<=', '&&', '||', '^^', '..']
const SINGLE_SIGNS = '><!~&+-*/%(){},#'
const SAME_SIGN: ReadonlyMap<string, string> = new Map([
  ['~=', '!=='],
  ['~', 'matches'],
])
const WORD_START = /[A-Za-z0-9_.:]/
const WORD = /[A-Za-z0-9_.:-]/
/** What a prefix length may follow. */
const ADDRESS = /^(\d+(\.\d+){3}|[0-9a-f:.]*:[0-9a-f:.]*)$/i
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])
const LAST_CODE_POINT = 0x10ffff

/** The last token is the end. @throws FilterError */
export function tokens(filter: string): Token[] {
  const found: Token[] = []
  let at = 0
  for (;;) {
    while (at < filter.length && /\s/.test(filter.charAt(at))) at++
    const token = at < filter.length ? tokenAt(filter, at) : { kind: 'end' as const, value: '', start: at, end: at }
    found.push(token)
    if (token.kind === 'end') return found
    at = token.end
  }
}

function tokenAt(filter: string, start: number): Token {
  const first = filter.charAt(start)
  if (first === '"') return quoted(filter, start, start)
  if ((first === 'r' || first === 'R') && filter.charAt(start + 1) === '"') return raw(filter, start)
  if (first === "'") return character(filter, start)
  if (first === '[') return slice(filter, start)
  for (const sign of SIGNS) if (filter.startsWith(sign, start)) return signToken(sign, start)
  if (WORD_START.test(first)) return word(filter, start)
  if (SINGLE_SIGNS.includes(first)) return signToken(first, start)
  const end = start + String.fromCodePoint(filter.codePointAt(start) as number).length
  throw new FilterError(
    first === '$'
      ? 'references to a selected packet ($ and braces) have no meaning here'
      : `unexpected character ${first}`,
    filter,
    { start, end },
  )
}

function signToken(sign: string, start: number): Token {
  return { kind: 'sign', value: SAME_SIGN.get(sign) ?? sign, start, end: start + sign.length }
}

function word(filter: string, start: number): Token {
  let end = start
  while (end < filter.length && WORD.test(filter.charAt(end)) && !(end > start && filter.startsWith('..', end))) end++
  const text = filter.slice(start, end)
  const sign = OPERATOR_WORDS.get(text)
  if (sign !== undefined) return { kind: 'sign', value: sign, start, end }
  const prefix = /^\/\d+/.exec(filter.slice(end))
  if (prefix !== null && ADDRESS.test(text)) end += prefix[0].length
  return { kind: 'word', value: filter.slice(start, end), start, end }
}

function slice(filter: string, start: number): Token {
  const close = filter.indexOf(']', start)
  if (close < 0) throw new FilterError('this [ has no ]', filter, { start, end: start + 1 })
  return { kind: 'slice', value: filter.slice(start + 1, close), start, end: close + 1 }
}

/** @param start of the token; @param quote where its opening quotation mark is */
function closing(filter: string, start: number, quote: number): number {
  const mark = filter.charAt(quote)
  let at = quote + 1
  while (at < filter.length && filter.charAt(at) !== mark) at += filter.charAt(at) === '\\' ? 2 : 1
  if (at >= filter.length) {
    throw new FilterError(`this ${mark} has no closing ${mark}`, filter, { start, end: filter.length })
  }
  return at
}

/** Backslashes stay what they are; only `\"` keeps the string open. */
function raw(filter: string, start: number): Token {
  const close = closing(filter, start, start + 1)
  return { kind: 'string', value: filter.slice(start + 2, close), start, end: close + 1 }
}

function quoted(filter: string, start: number, quote: number): Token {
  const close = closing(filter, start, quote)
  return { kind: 'string', value: unescaped(filter, quote + 1, close), start, end: close + 1 }
}

function character(filter: string, start: number): Token {
  const close = closing(filter, start, start)
  const value = unescaped(filter, start + 1, close)
  const range = { start, end: close + 1 }
  if (value.length !== 1) throw new FilterError('a character in single quotes is exactly one', filter, range)
  return { kind: 'character', value, ...range }
}

function unescaped(filter: string, from: number, to: number): string {
  let text = ''
  let at = from
  while (at < to) {
    if (filter.charAt(at) !== '\\') {
      text += filter.charAt(at++)
      continue
    }
    const rest = filter.slice(at + 1, to)
    const number = /^(?:x([0-9a-f]{1,2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{1,3}))/i.exec(rest)
    const code = number === null ? -1 : codeOf(number)
    if (number !== null && code <= LAST_CODE_POINT) {
      text += String.fromCodePoint(code)
      at += 1 + number[0].length
      continue
    }
    const letter = rest.charAt(0)
    const named = ESCAPES.get(letter) ?? (`"'\\`.includes(letter) ? letter : undefined)
    if (named === undefined) {
      throw new FilterError(`\\${letter} is no escape sequence; write \\\\ for a backslash`, filter, {
        start: at,
        end: Math.min(at + 2, to),
      })
    }
    text += named
    at += 2
  }
  return text
}

function codeOf([, byte, short, long, octal]: RegExpExecArray): number {
  const hexadecimal = byte ?? short ?? long
  return hexadecimal === undefined ? Number.parseInt(octal as string, 8) & 0xff : Number.parseInt(hexadecimal, 16)
}
