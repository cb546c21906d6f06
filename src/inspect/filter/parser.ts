/**
 * Display filter to tree. From loose to tight: or, xor, and, not, relations, &, + and -, * and / and %, a minus sign,
 * slices and layers. Sums are grouped by curly brackets, tests by round ones.
 */
import { MAX_FILTER_CHARACTERS, MAX_FILTER_DEPTH } from '../../wire/limits.ts'
import type { Arithmetic, Comparison, Element, Expression, Part, Quantifier, Test } from './ast.ts'
import { FilterError, type Range } from './error.ts'
import { type Token, tokens } from './lexer.ts'

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '===', '!==', '<', '>', '<=', '>='])
/** Of operators between values, from loose to tight. */
const ARITHMETIC: readonly ReadonlySet<string>[] = [new Set('&'), new Set('+-'), new Set('*/%')]

/** @throws FilterError */
export function parse(filter: string): Test {
  if (filter.length > MAX_FILTER_CHARACTERS) {
    throw new FilterError(`a filter may have ${MAX_FILTER_CHARACTERS} characters (a limit of this tool)`, filter, {
      start: MAX_FILTER_CHARACTERS,
      end: filter.length,
    })
  }
  return new Parser(filter).whole()
}

class Parser {
  private readonly filter: string
  private readonly tokens: readonly Token[]
  private at = 0
  private depth = 0

  constructor(filter: string) {
    this.filter = filter
    this.tokens = tokens(filter)
  }

  whole(): Test {
    if (this.isAtEnd()) return { kind: 'everything', range: { start: 0, end: this.filter.length } }
    const test = this.either()
    if (!this.isAtEnd()) throw this.unexpected('and, or, or the end of the filter')
    return test
  }

  private either(): Test {
    return this.joined('either', '||', () => this.one())
  }

  private one(): Test {
    return this.joined('one', '^^', () => this.both())
  }

  private both(): Test {
    return this.joined('both', '&&', () => this.not())
  }

  private joined(kind: 'both' | 'either' | 'one', sign: string, read: () => Test): Test {
    const first = read()
    if (!this.isSign(sign)) return first
    const tests = [first]
    while (this.takes(sign)) tests.push(read())
    return { kind, tests, range: { start: first.range.start, end: this.before.end } }
  }

  private not(): Test {
    const { start } = this.next
    if (this.takes('!')) {
      const test = this.deeper(() => this.not())
      return { kind: 'not', test, range: { start, end: test.range.end } }
    }
    if (!this.isSign('(')) return this.relation()
    const open = this.take()
    const test = this.deeper(() => this.either())
    if (!this.takes(')')) throw this.unexpected(') or another condition', open)
    return test
  }

  private relation(): Test {
    const { start } = this.next
    const quantifier = this.quantifier()
    const left = this.sum(0)
    const range = () => ({ start, end: this.before.end })
    if (this.takes('contains')) return { kind: 'contains', quantifier, left, right: this.sum(0), range: range() }
    if (this.takes('matches')) return { kind: 'matches', quantifier, left, right: this.sum(0), range: range() }
    if (this.takes('in')) return { kind: 'in', quantifier, left, elements: this.elements(), range: range() }
    const terms = [left]
    const comparisons: Comparison[] = []
    while (this.next.kind === 'sign' && COMPARISONS.has(this.next.value)) {
      comparisons.push(this.take().value as Comparison)
      terms.push(this.sum(0))
    }
    if (comparisons.length > 0) return { kind: 'compare', quantifier, terms, comparisons, range: range() }
    if (quantifier !== null) throw this.unexpected(`a comparison behind ${quantifier}`)
    return { kind: 'is', expression: left, range: range() }
  }

  private quantifier(): Quantifier | null {
    if (this.takes('any')) return 'any'
    return this.takes('all') ? 'all' : null
  }

  private elements(): Element[] {
    if (!this.takes('{')) throw this.unexpected('{ with the values of a set')
    const elements: Element[] = []
    do {
      const first = this.sum(0)
      elements.push({ first, last: this.takes('..') ? this.sum(0) : null })
    } while (this.takes(','))
    if (!this.takes('}')) throw this.unexpected(', or }')
    return elements
  }

  private sum(level: number): Expression {
    const operators = ARITHMETIC[level]
    if (operators === undefined) return this.negative()
    let left = this.sum(level + 1)
    for (let n = 1; this.next.kind === 'sign' && operators.has(this.next.value); n++) {
      if (n > MAX_FILTER_DEPTH) throw this.tooDeep()
      const operator = this.take().value as Arithmetic
      const right = this.sum(level + 1)
      left = { kind: 'arithmetic', operator, left, right, range: spanning(left, right) }
    }
    return left
  }

  private negative(): Expression {
    const { start } = this.next
    if (this.takes('+')) return this.deeper(() => this.negative())
    if (!this.takes('-')) return this.sliced()
    const of = this.deeper(() => this.negative())
    return { kind: 'negative', of, range: { start, end: of.range.end } }
  }

  private sliced(): Expression {
    let value = this.value()
    for (let n = 1; ; n++) {
      if (n > MAX_FILTER_DEPTH) throw this.tooDeep()
      if (this.isSign('#') && value.kind === 'word' && value.layers === null) {
        this.take()
        const layers = this.layers()
        value = { ...value, layers, range: { start: value.range.start, end: this.before.end } }
      } else if (this.next.kind === 'slice') {
        const parts = this.parts(this.take())
        value = { kind: 'slice', of: value, parts, range: { start: value.range.start, end: this.before.end } }
      } else return value
    }
  }

  private value(): Expression {
    const token = this.next
    const range = { start: token.start, end: token.end }
    if (token.kind === 'string' || token.kind === 'character') {
      this.take()
      return { kind: token.kind, text: token.value, range }
    }
    if (token.kind === 'word') {
      this.take()
      return this.isSign('(') ? this.call(token) : { kind: 'word', text: token.value, layers: null, range }
    }
    if (this.takes('{')) {
      const inside = this.deeper(() => this.sum(0))
      if (!this.takes('}')) throw this.unexpected('}', token)
      return inside
    }
    throw this.unexpected('a field or a value')
  }

  private call(name: Token): Expression {
    const open = this.take()
    const parameters: Expression[] = []
    if (!this.isSign(')')) {
      do parameters.push(this.deeper(() => this.sum(0)))
      while (this.takes(','))
    }
    if (!this.takes(')')) throw this.unexpected(', or )', open)
    return { kind: 'call', name: name.value, parameters, range: { start: name.start, end: this.before.end } }
  }

  private layers(): readonly Part[] {
    const token = this.take()
    if (token.kind === 'slice') return this.parts(token)
    if (token.kind !== 'word' || !/^\d{1,6}$/.test(token.value)) {
      throw new FilterError('# takes the number of a layer, or several in [ ]', this.filter, token)
    }
    return [{ offset: Number(token.value), length: 1, last: null }]
  }

  private parts(token: Token): Part[] {
    return token.value.split(',').map(text => {
      const part = partOf(text.trim())
      if (part === null) {
        throw new FilterError(
          `"${text.trim()}" is no range: write [from:length], [from-last], [from:] or [offset]`,
          this.filter,
          token,
        )
      }
      return part
    })
  }

  private deeper<T>(read: () => T): T {
    if (++this.depth > MAX_FILTER_DEPTH) throw this.tooDeep()
    const result = read()
    this.depth--
    return result
  }

  private isAtEnd(): boolean {
    return this.next.kind === 'end'
  }

  private get next(): Token {
    return this.tokens[this.at] as Token
  }

  private get before(): Token {
    return this.tokens[this.at - 1] as Token
  }

  private take(): Token {
    const token = this.next
    if (token.kind !== 'end') this.at++
    return token
  }

  private isSign(sign: string): boolean {
    return this.next.kind === 'sign' && this.next.value === sign
  }

  private takes(sign: string): boolean {
    const is = this.isSign(sign)
    if (is) this.at++
    return is
  }

  private tooDeep(): FilterError {
    return new FilterError('too much inside one another (a limit of this tool)', this.filter, this.next)
  }

  private unexpected(wanted: string, opened?: Token): FilterError {
    const { kind, start, end } = this.next
    const since = opened === undefined ? '' : ` for the ${opened.value} at character ${opened.start + 1}`
    const met = kind === 'end' ? 'the filter ends' : `${this.filter.slice(start, end)} stands`
    return new FilterError(`${met} where ${wanted} is missing${since}`, this.filter, { start, end })
  }
}

function spanning(left: { range: Range }, right: { range: Range }): Range {
  return { start: left.range.start, end: right.range.end }
}

/** `4`, `0:4`, `0-3`, `:4`, `4:`, `-4:2`; null when it is none of them. */
function partOf(text: string): Part | null {
  const match = /^(-?\d{1,9})?\s*(?:([:-])\s*(-?\d{1,9})?)?$/.exec(text)
  if (match === null || text === '') return null
  const [, from, sign, to] = match
  if (sign === undefined) return from === undefined ? null : { offset: Number(from), length: 1, last: null }
  if (sign === '-') {
    return from === undefined || to === undefined ? null : { offset: Number(from), length: null, last: Number(to) }
  }
  if (to !== undefined && Number(to) <= 0) return null
  if (from === undefined && to === undefined) return null
  return { offset: Number(from ?? 0), length: to === undefined ? null : Number(to), last: null }
}
