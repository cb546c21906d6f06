/** A display filter as a tree, and the tree as text again. */
import type { Range } from './error.ts'

export type Quantifier = 'any' | 'all'
export type Comparison = '==' | '!=' | '===' | '!==' | '<' | '>' | '<=' | '>='
export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '&'

/** True or false of a packet. */
export type Test =
  /** The empty filter: every packet. */
  | { readonly kind: 'everything'; readonly range: Range }
  | { readonly kind: 'both' | 'either' | 'one'; readonly tests: readonly Test[]; readonly range: Range }
  | { readonly kind: 'not'; readonly test: Test; readonly range: Range }
  /** A field or slice that is there; a sum that is not zero. */
  | { readonly kind: 'is'; readonly expression: Expression; readonly range: Range }
  /** `a < b <= c`: each neighbour with the next. */
  | {
      readonly kind: 'compare'
      readonly quantifier: Quantifier | null
      readonly terms: readonly Expression[]
      readonly comparisons: readonly Comparison[]
      readonly range: Range
    }
  | {
      readonly kind: 'contains'
      readonly quantifier: Quantifier | null
      readonly left: Expression
      readonly right: Expression
      readonly range: Range
    }
  | {
      readonly kind: 'matches'
      readonly quantifier: Quantifier | null
      readonly left: Expression
      readonly right: Expression
      readonly range: Range
    }
  | {
      readonly kind: 'in'
      readonly quantifier: Quantifier | null
      readonly left: Expression
      readonly elements: readonly Element[]
      readonly range: Range
    }

/** Of a set: one value, or all from the first to the last. */
export interface Element {
  readonly first: Expression
  readonly last: Expression | null
}

/** One part of a slice or of a choice of layers: from an offset, so many or up to the end; negative counts from the end. */
export interface Part {
  readonly offset: number
  /** null: up to the end. */
  readonly length: number | null
  /** Instead of a length: the last offset, which belongs to it. */
  readonly last: number | null
}

export type Expression =
  | { readonly kind: 'word'; readonly text: string; readonly layers: readonly Part[] | null; readonly range: Range }
  | { readonly kind: 'string'; readonly text: string; readonly range: Range }
  | { readonly kind: 'character'; readonly text: string; readonly range: Range }
  | { readonly kind: 'slice'; readonly of: Expression; readonly parts: readonly Part[]; readonly range: Range }
  | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly Expression[]; readonly range: Range }
  | { readonly kind: 'negative'; readonly of: Expression; readonly range: Range }
  | {
      readonly kind: 'arithmetic'
      readonly operator: Arithmetic
      readonly left: Expression
      readonly right: Expression
      readonly range: Range
    }

const LOGICAL = { both: '&&', either: '||', one: '^^' } as const

/** As a filter that parses to the same tree. */
export function testText(test: Test): string {
  switch (test.kind) {
    case 'everything':
      return ''
    case 'both':
    case 'either':
    case 'one':
      return `(${test.tests.map(testText).join(` ${LOGICAL[test.kind]} `)})`
    case 'not':
      return `!(${testText(test.test)})`
    case 'is':
      return expressionText(test.expression)
    case 'compare': {
      const [first, ...others] = test.terms.map(expressionText)
      const rest = others.map((term, n) => ` ${test.comparisons[n]} ${term}`).join('')
      return `${quantifierText(test.quantifier)}${first}${rest}`
    }
    case 'contains':
    case 'matches':
      return `${quantifierText(test.quantifier)}${expressionText(test.left)} ${test.kind} ${expressionText(test.right)}`
    case 'in':
      return `${quantifierText(test.quantifier)}${expressionText(test.left)} in {${test.elements.map(elementText).join(', ')}}`
  }
}

function quantifierText(quantifier: Quantifier | null): string {
  return quantifier === null ? '' : `${quantifier} `
}

function elementText({ first, last }: Element): string {
  return last === null ? expressionText(first) : `${expressionText(first)} .. ${expressionText(last)}`
}

function expressionText(expression: Expression): string {
  switch (expression.kind) {
    case 'word':
      return expression.layers === null ? expression.text : `${expression.text}#[${partsText(expression.layers)}]`
    case 'string':
      return `"${escaped(expression.text)}"`
    case 'character':
      return `'${escaped(expression.text)}'`
    case 'slice':
      return `${expressionText(expression.of)}[${partsText(expression.parts)}]`
    case 'call':
      return `${expression.name}(${expression.parameters.map(expressionText).join(', ')})`
    case 'negative':
      return `-${expressionText(expression.of)}`
    case 'arithmetic':
      return `{${expressionText(expression.left)} ${expression.operator} ${expressionText(expression.right)}}`
  }
}

function partsText(parts: readonly Part[]): string {
  return parts
    .map(({ offset, length, last }) =>
      last === null ? `${offset}:${length === null ? '' : length}` : `${offset}-${last}`,
    )
    .join(',')
}

/** Everything but letters and digits that are certainly harmless. */
function escaped(text: string): string {
  return text.replace(/[^\x20-\x7e]|["'\\]/g, unit => {
    if (`"'\\`.includes(unit)) return `\\${unit}`
    const code = unit.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
