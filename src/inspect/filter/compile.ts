/**
 * A display filter to a function. Its answer has three values, so that the few fields which need no tree can decide first:
 * undefined means that this source does not know enough.
 */
import { latin1 } from '../../wire/bytes.ts'
import type { Comparison, Element, Expression, Quantifier, Test } from './ast.ts'
import { asBytes, type Datum, holds, KIND_NAMES, type Kind, order } from './datum.ts'
import { FilterError } from './error.ts'
import type { Literal } from './literal.ts'
import { regularExpression } from './regex.ts'
import { type Resolved, refuseLiteral, resolve, source as sourceText, type Yield } from './resolve.ts'
import type { Source } from './source.ts'
import { constants, type Values, valuesOf } from './values.ts'

export type Verdict = boolean | undefined
export type Judge = (source: Source) => Verdict

/** One value against all the others of its relation. */
type Fits = (left: Datum, right: Datum) => boolean

const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  '==': '==',
  '!=': '!=',
  '===': '===',
  '!==': '!==',
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
}
const ADDRESS_BITS = 32
const BYTES_OR_TEXT: readonly Kind[] = ['bytes', 'group', 'text', 'ether', 'ipv6', 'guid']
const TEXT: Yield = { kinds: ['text'], fields: [] }

/** @throws FilterError */
export function compile(test: Test, filter: string): Judge {
  switch (test.kind) {
    case 'everything':
      return () => true
    case 'both':
      return all(test.tests.map(part => compile(part, filter)))
    case 'either': {
      const none = all(test.tests.map(part => opposite(compile(part, filter))))
      return opposite(none)
    }
    case 'one': {
      const judges = test.tests.map(part => compile(part, filter))
      return source => {
        const verdicts = judges.map(judge => judge(source))
        return verdicts.includes(undefined) ? undefined : verdicts.filter(Boolean).length % 2 === 1
      }
    }
    case 'not':
      return opposite(compile(test.test, filter))
    case 'is':
      return truth(test.expression, filter)
    case 'compare':
      return chain(test, filter)
    case 'contains':
      return contains(test, filter)
    case 'matches':
      return matches(test, filter)
    case 'in':
      return membership(test, filter)
  }
}

function all(judges: readonly Judge[]): Judge {
  return source => {
    let verdict: Verdict = true
    for (const judge of judges) {
      const one = judge(source)
      if (one === false) return false
      if (one === undefined) verdict = undefined
    }
    return verdict
  }
}

function opposite(judge: Judge): Judge {
  return source => {
    const verdict = judge(source)
    return verdict === undefined ? undefined : !verdict
  }
}

/** A field that is there, or a sum that is not zero. */
function truth(expression: Expression, filter: string): Judge {
  const one = resolve(expression, filter)
  refuseLiteral(one, filter)
  if (one.kind === 'call') {
    throw new FilterError('a function is no condition by itself: compare its value', filter, one.range)
  }
  if (one.kind === 'field') return source => source.exists(one)
  const values = valuesOf(one, one, filter)
  return source => {
    const found = values(source)
    return one.kind === 'slice' || found === undefined ? found && found.length > 0 : found.some(isNotZero)
  }
}

function isNotZero(value: Datum): boolean {
  if (value instanceof Uint8Array) return value.some(byte => byte !== 0)
  return typeof value === 'string' ? value !== '' : order(value, 0) !== 0
}

function chain(test: Extract<Test, { kind: 'compare' }>, filter: string): Judge {
  const terms = test.terms.map(term => resolve(term, filter))
  return all(
    test.comparisons.map((comparison, n) =>
      compared(test.quantifier, terms[n] as Resolved, comparison, terms[n + 1] as Resolved, filter),
    ),
  )
}

function compared(
  quantifier: Quantifier | null,
  left: Resolved,
  comparison: Comparison,
  right: Resolved,
  filter: string,
): Judge {
  if (isConstant(left)) {
    if (isConstant(right)) refuseConstant(left, filter)
    return compared(quantifier, right, MIRRORED[comparison], left, filter)
  }
  const whichOf = quantifier ?? (comparison === '!=' || comparison === '===' ? 'all' : 'any')
  return related(whichOf, left, right, fitting(comparison), filter)
}

/** Nothing of the packet is in it. */
function isConstant(one: Resolved): boolean {
  return one.kinds.length === 0
}

function refuseConstant(one: Resolved, filter: string): void {
  refuseLiteral(one, filter)
  throw new FilterError(`${sourceText(one.range, filter)} has no field in it`, filter, one.range)
}

function fitting(comparison: Comparison): Fits {
  switch (comparison) {
    case '==':
    case '===':
      return (a, b) => order(a, b) === 0
    case '!=':
    case '!==':
      return (a, b) => order(a, b) !== 0
    case '<':
      return (a, b) => order(a, b) < 0
    case '>':
      return (a, b) => order(a, b) > 0
    case '<=':
      return (a, b) => order(a, b) <= 0
    case '>=':
      return (a, b) => order(a, b) >= 0
  }
}

/** Any or all pairs of values fit; false where either side has none. */
function related(whichOf: Quantifier, left: Resolved, right: Resolved, fits: Fits, filter: string): Judge {
  const values = valuesOf(left, left, filter)
  if (right.kind === 'literal') {
    const readings = constants(right, left, filter)
    return source => quantified(whichOf, values(source), value => fitsReading(value, readings, fits))
  }
  mustCompare(left, right, filter)
  const others = valuesOf(right, left, filter)
  return source => {
    const these = values(source)
    const those = others(source)
    if (these?.length === 0 || those?.length === 0) return false
    if (these === undefined || those === undefined) return undefined
    return quantified(whichOf, these, a => quantified(whichOf, those, b => fits(a, b)) === true)
  }
}

function quantified(
  whichOf: Quantifier,
  values: readonly Datum[] | undefined,
  fits: (value: Datum) => boolean,
): Verdict {
  if (values === undefined || values.length === 0) return values && false
  return whichOf === 'any' ? values.some(fits) : values.every(fits)
}

/** A literal may have been read as several kinds; a value meets the one that is like it. */
function fitsReading(value: Datum, readings: readonly Literal[], fits: Fits): boolean {
  for (const { value: other, prefix } of readings) {
    if (!isAlike(value, other)) continue
    return prefix < 0 ? fits(value, other) : fits(network(value, prefix), network(other, prefix))
  }
  return false
}

function isAlike(a: Datum, b: Datum): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array) return a instanceof Uint8Array && b instanceof Uint8Array
  return (typeof a === 'string') === (typeof b === 'string')
}

/** The first bits alone. */
function network(value: Datum, prefix: number): Datum {
  if (value instanceof Uint8Array) {
    return value.map((byte, at) => byte & ((0xff00 >> Math.min(8, Math.max(0, prefix - at * 8))) & 0xff))
  }
  if (typeof value !== 'number') return value
  const size = 2 ** (ADDRESS_BITS - prefix)
  return Math.floor(value / size) * size
}

/** Which kinds are comparable with one another. */
function family(kind: Kind): Kind {
  return BYTES_OR_TEXT.includes(kind) && kind !== 'text' ? 'bytes' : kind
}

function mustCompare(left: Resolved, right: Resolved, filter: string): void {
  if (right.kinds.length === 0) return
  const families = left.kinds.map(family)
  if (right.kinds.some(kind => families.includes(family(kind)))) return
  const [what, other] = [left, right].map(({ kinds }) => KIND_NAMES[kinds[0] as Kind])
  throw new FilterError(
    `${sourceText(left.range, filter)} is ${what}, and ${sourceText(right.range, filter)} is ${other}: they can not be compared`,
    filter,
    right.range,
  )
}

function contains({ quantifier, left, right }: Extract<Test, { kind: 'contains' }>, filter: string): Judge {
  const whole = resolve(left, filter)
  const part = resolve(right, filter)
  mustHoldText('contains', whole, filter)
  const fits: Fits = (a, b) => {
    if (typeof a === 'string' && typeof b === 'string') return a.includes(b)
    const [outer, inner] = [asBytes(a), asBytes(b)]
    return outer !== null && inner !== null && holds(outer, inner)
  }
  return related(quantifier ?? 'any', whole, part, fits, filter)
}

function mustHoldText(what: string, one: Resolved, filter: string): void {
  refuseLiteral(one, filter)
  if (one.kinds.some(kind => BYTES_OR_TEXT.includes(kind))) return
  const kind = one.kinds[0] === undefined ? 'no text' : KIND_NAMES[one.kinds[0]]
  throw new FilterError(
    `${sourceText(one.range, filter)} is ${kind}, and ${what} needs a text or bytes: try string(${sourceText(one.range, filter)})`,
    filter,
    one.range,
  )
}

function matches({ quantifier, left, right }: Extract<Test, { kind: 'matches' }>, filter: string): Judge {
  const one = resolve(left, filter)
  mustHoldText('matches', one, filter)
  if (right.kind !== 'string') {
    throw new FilterError('matches needs a regular expression in double quotes', filter, right.range)
  }
  const onText = expressionOf(right.text, filter, right.range)
  // In bytes a letter beyond ASCII is several.
  const onBytes = expressionOf(byteString(asBytes(right.text) as Uint8Array), filter, right.range)
  const values = valuesOf(one, TEXT, filter)
  return source =>
    quantified(quantifier ?? 'any', values(source), value => {
      if (typeof value === 'string') return onText.test(value)
      return value instanceof Uint8Array && onBytes.test(byteString(value))
    })
}

function byteString(bytes: Uint8Array): string {
  return latin1(bytes, 0, bytes.length)
}

function expressionOf(pattern: string, filter: string, range: FilterError['range']): RegExp {
  try {
    return regularExpression(pattern)
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: (?=[^:]*$)/, '') : String(error)
    throw new FilterError(`this regular expression can not be read: ${why}`, filter, range)
  }
}

function membership({ quantifier, left, elements }: Extract<Test, { kind: 'in' }>, filter: string): Judge {
  const one = resolve(left, filter)
  if (isConstant(one)) refuseConstant(one, filter)
  const members = elements.map(element => member(one, element, filter))
  const values = valuesOf(one, one, filter)
  return source => {
    const found = values(source)
    let unknown = false
    const verdict = quantified(quantifier ?? 'any', found, value => {
      const answers = members.map(fits => fits(value, source))
      if (answers.includes(undefined)) unknown = true
      return answers.includes(true)
    })
    return unknown && verdict !== true ? undefined : verdict
  }
}

function member(one: Resolved, { first, last }: Element, filter: string): (value: Datum, source: Source) => Verdict {
  const isFirst = bound(one, first, fitting(last === null ? '==' : '>='), filter)
  if (last === null) return isFirst
  const isLast = bound(one, last, fitting('<='), filter)
  return (value, source) => {
    const from = isFirst(value, source)
    return from === true ? isLast(value, source) : from
  }
}

function bound(
  one: Resolved,
  expression: Expression,
  fits: Fits,
  filter: string,
): (value: Datum, source: Source) => Verdict {
  const limit = resolve(expression, filter)
  if (limit.kind === 'literal') {
    const readings = constants(limit, one, filter)
    return value => fitsReading(value, readings, fits)
  }
  mustCompare(one, limit, filter)
  const limits: Values = valuesOf(limit, one, filter)
  return (value, source) => quantified('any', limits(source), other => fits(value, other))
}
