/** Names to fields: what stands in a filter is a field when the catalogue has one of that name, otherwise a value. */
import { type Field, fieldsByName } from '../../wire/field.ts'
import type { Arithmetic, Expression, Part } from './ast.ts'
import { type Kind, kindOf } from './datum.ts'
import { FilterError, type Range } from './error.ts'
import type { Written } from './literal.ts'
import { suggestion } from './suggest.ts'

/** What it may yield: kinds of values, and the fields whose names of codes may be used for them. */
export interface Yield {
  readonly kinds: readonly Kind[]
  readonly fields: readonly Field[]
}

export type Resolved =
  | (Yield & {
      readonly kind: 'field'
      readonly name: string
      readonly layers: readonly Part[] | null
      readonly range: Range
    })
  | (Yield & { readonly kind: 'slice'; readonly of: Resolved; readonly parts: readonly Part[]; readonly range: Range })
  | (Yield & {
      readonly kind: 'call'
      readonly name: FunctionName
      readonly parameters: readonly Resolved[]
      readonly range: Range
    })
  | (Yield & {
      readonly kind: 'arithmetic'
      readonly operator: Arithmetic
      readonly left: Resolved
      readonly right: Resolved
      readonly range: Range
    })
  | (Yield & { readonly kind: 'negative'; readonly of: Resolved; readonly range: Range })
  /** Its kind is that of what it is compared with. */
  | (Yield & { readonly kind: 'literal'; readonly written: Written; readonly range: Range })

export type FunctionName = 'len' | 'count' | 'lower' | 'upper' | 'string' | 'min' | 'max' | 'abs'

const FUNCTIONS: ReadonlySet<string> = new Set<FunctionName>([
  'len',
  'count',
  'lower',
  'upper',
  'string',
  'min',
  'max',
  'abs',
])
const NUMERIC: readonly Kind[] = ['number', 'time', 'duration']
const BYTE_LIKE: readonly Kind[] = ['bytes', 'group', 'ether', 'ipv6', 'guid']
const NOTHING: Yield = { kinds: [], fields: [] }

/** The fields that a filter may name. */
export function catalogue(): ReadonlyMap<string, readonly Field[]> {
  return fieldsByName()
}

/** @throws FilterError */
export function resolve(expression: Expression, filter: string): Resolved {
  const { range } = expression
  switch (expression.kind) {
    case 'word':
      return word(expression, filter)
    case 'string':
    case 'character':
      return literal({ text: expression.text, kind: expression.kind, negative: false }, range)
    case 'slice': {
      const of = resolve(expression.of, filter)
      refuseLiteral(of, filter)
      if (!of.kinds.some(kind => kind === 'text' || kind === 'ipv4' || BYTE_LIKE.includes(kind))) {
        throw new FilterError(
          `${source(of.range, filter)} is a number: only texts and bytes have slices`,
          filter,
          of.range,
        )
      }
      return { kind: 'slice', of, parts: expression.parts, kinds: ['bytes'], fields: [], range }
    }
    case 'call':
      return call(expression, filter)
    case 'negative': {
      const of = resolve(expression.of, filter)
      if (of.kind === 'literal') return literal({ ...of.written, negative: !of.written.negative }, range)
      mustBe(NUMERIC, 'a number', of, filter)
      return { kind: 'negative', of, kinds: of.kinds, fields: [], range }
    }
    case 'arithmetic':
      return arithmetic(expression, filter)
  }
}

/** Something of the packet, or what is missing. */
export function refuseLiteral(one: Resolved, filter: string): void {
  if (one.kind !== 'literal') return
  const { text, kind } = one.written
  if (kind !== 'word') throw new FilterError('a field must stand here, not a text', filter, one.range)
  throw new FilterError(`no field ${text}${suggestion(text, catalogue().keys())}`, filter, one.range)
}

export function source({ start, end }: Range, filter: string): string {
  return filter.slice(start, end)
}

function word({ text, layers, range }: Extract<Expression, { kind: 'word' }>, filter: string): Resolved {
  const name = text.startsWith('.') ? text.slice(1) : text
  const fields = catalogue().get(name)
  if (fields !== undefined) {
    return {
      kind: 'field',
      name,
      layers,
      kinds: [...new Set(fields.map(({ format }) => kindOf(format)))],
      fields,
      range,
    }
  }
  const value = literal({ text, kind: 'word', negative: false }, range)
  if (layers !== null) refuseLiteral(value, filter)
  return value
}

function literal(written: Written, range: Range): Resolved {
  return { kind: 'literal', written, ...NOTHING, range }
}

function call({ name, parameters, range }: Extract<Expression, { kind: 'call' }>, filter: string): Resolved {
  if (!isFunction(name)) {
    const at = { start: range.start, end: range.start + name.length }
    throw new FilterError(
      `no function ${name}()${suggestion(name, FUNCTIONS)}; there are ${[...FUNCTIONS].join(', ')}`,
      filter,
      at,
    )
  }
  const given = parameters.map(parameter => resolve(parameter, filter))
  const [first] = given
  const several = name === 'min' || name === 'max'
  if (first === undefined || (given.length > 1 && !several)) {
    throw new FilterError(`${name}() takes ${several ? 'one or more values' : 'one field'}`, filter, range)
  }
  if (!several) refuseLiteral(first, filter)
  const known = given.find(({ kind }) => kind !== 'literal')
  if (known === undefined) refuseLiteral(first, filter)
  if (name === 'count' && first.kind !== 'field') {
    throw new FilterError('count() takes the name of a field', filter, first.range)
  }
  if (name === 'len') mustBe(['text', ...BYTE_LIKE], 'a text or bytes', first, filter)
  if (name === 'lower' || name === 'upper') mustBe(['text'], 'a text', first, filter)
  if (name === 'string')
    mustBe(['number', 'ipv4', 'ipv6', 'ether', 'guid', 'time', 'duration'], 'a number or an address', first, filter)
  if (name === 'abs') mustBe(NUMERIC, 'a number', first, filter)
  return { kind: 'call', name, parameters: given, ...yieldOf(name, known ?? first), range }
}

function yieldOf(name: FunctionName, first: Resolved): Yield {
  if (name === 'len' || name === 'count') return { kinds: ['number'], fields: [] }
  if (name === 'lower' || name === 'upper' || name === 'string') return { kinds: ['text'], fields: [] }
  return { kinds: first.kinds, fields: first.fields }
}

function arithmetic(expression: Extract<Expression, { kind: 'arithmetic' }>, filter: string): Resolved {
  const left = resolve(expression.left, filter)
  const right = resolve(expression.right, filter)
  const allowed = expression.operator === '&' ? ([...NUMERIC, 'ipv4', ...BYTE_LIKE] as const) : NUMERIC
  for (const side of [left, right]) if (side.kinds.length > 0) mustBe(allowed, 'a number', side, filter)
  const kinds = left.kinds.length > 0 ? left.kinds : right.kinds
  return { kind: 'arithmetic', operator: expression.operator, left, right, kinds, fields: [], range: expression.range }
}

function mustBe(kinds: readonly Kind[], what: string, one: Resolved, filter: string): void {
  if (one.kinds.some(kind => kinds.includes(kind))) return
  refuseLiteral(one, filter)
  throw new FilterError(`${source(one.range, filter)} is not ${what}`, filter, one.range)
}

function isFunction(name: string): name is FunctionName {
  return FUNCTIONS.has(name)
}
