/** Expressions of a filter to closures that yield values of a packet. */
import { ipv6Text } from '../../../dissectors/ip-address.ts'
import { hex } from '../../wire/bytes.ts'
import { durationText, ipv4Text, timeText, wideNumber } from '../value-text.ts'
import type { Arithmetic, Part } from './ast.ts'
import { asBytes, type Datum, type Kind, order } from './datum.ts'
import { FilterError } from './error.ts'
import { type Literal, readAs } from './literal.ts'
import { type FunctionName, type Resolved, source as sourceText, type Yield } from './resolve.ts'
import type { Source } from './source.ts'

/** Values of a packet; none when the field is absent, undefined when the source can not know. */
export type Values = (source: Source) => readonly Datum[] | undefined

/** @param wanted what a literal is read as. @throws FilterError */
export function valuesOf(one: Resolved, wanted: Yield, filter: string): Values {
  switch (one.kind) {
    case 'field':
      return source => source.values(one)
    case 'literal': {
      const value = constants(one, wanted, filter).map(({ value }) => value)
      return () => value
    }
    case 'slice': {
      const of = valuesOf(one.of, wanted, filter)
      return mapped(of, value => sliced(value, one.parts))
    }
    case 'call':
      return called(one.name, one.parameters, wanted, filter)
    case 'negative':
      return mapped(valuesOf(one.of, wanted, filter), value => calculated('-', 0, value))
    case 'arithmetic': {
      const { operator } = one
      const kinds = one.kinds.length > 0 ? one : wanted
      const left = valuesOf(one.left, kinds, filter)
      const right = valuesOf(
        one.right,
        { kinds: kinds.kinds.map(kind => operandKind(kind, operator)), fields: [] },
        filter,
      )
      return source => {
        const a = left(source)
        const b = right(source)
        if (a === undefined || b === undefined) return undefined
        return a.flatMap(x => b.map(y => calculated(operator, x, y))).filter(value => value !== null)
      }
    }
  }
}

/** A literal as each of the wanted kinds that it can be. */
export function constants(one: Extract<Resolved, { kind: 'literal' }>, wanted: Yield, filter: string): Literal[] {
  const found: Literal[] = []
  let why = 'has no meaning here'
  for (const kind of wanted.kinds) {
    const reading = readAs(kind, one.written, wanted.fields)
    if ('error' in reading) why = reading.error
    else found.push(reading)
  }
  if (found.length === 0) throw new FilterError(`${sourceText(one.range, filter)} ${why}`, filter, one.range)
  return found
}

/** To a time one adds seconds; what it is multiplied with is a number. */
function operandKind(kind: Kind, operator: Arithmetic): Kind {
  if (kind === 'duration' && (operator === '*' || operator === '/')) return 'number'
  return kind === 'time' ? 'duration' : kind
}

function mapped(values: Values, change: (value: Datum) => Datum | null): Values {
  return source =>
    values(source)
      ?.map(change)
      .filter(value => value !== null)
}

function called(name: FunctionName, parameters: readonly Resolved[], wanted: Yield, filter: string): Values {
  const known = parameters.find(({ kind }) => kind !== 'literal') ?? wanted
  const each = parameters.map(parameter => valuesOf(parameter, known, filter))
  const [first] = each as [Values]
  switch (name) {
    case 'count':
      return source => {
        const values = first(source)
        return values === undefined || values.length === 0 ? values : [values.length]
      }
    case 'len':
      return mapped(first, value => asBytes(value)?.length ?? null)
    case 'lower':
      return mapped(first, value => (typeof value === 'string' ? value.toLowerCase() : null))
    case 'upper':
      return mapped(first, value => (typeof value === 'string' ? value.toUpperCase() : null))
    case 'string':
      return mapped(first, value => written(value, known.kinds))
    case 'abs':
      return mapped(first, value => (order(value, 0) < 0 ? calculated('-', 0, value) : value))
    default:
      return extreme(each, name === 'min' ? -1 : 1)
  }
}

function extreme(each: readonly Values[], sign: number): Values {
  return source => {
    let best: Datum | null = null
    for (const values of each) {
      const some = values(source)
      if (some === undefined) return undefined
      for (const value of some) if (best === null || order(value, best) * sign > 0) best = value
    }
    return best === null ? [] : [best]
  }
}

function written(value: Datum, kinds: readonly Kind[]): string | null {
  if (value instanceof Uint8Array) {
    if (kinds.includes('ipv6') && value.length === 16) return ipv6Text(value, 0)
    return hex(value, 0, value.length).replace(/..(?=.)/g, '$&:')
  }
  if (typeof value === 'string') return value
  if (kinds.includes('ipv4')) return ipv4Text(Number(value))
  if (kinds.includes('time')) return timeText(value)
  return kinds.includes('duration') ? durationText(value) : String(value)
}

/** null where there is no such slice, or no result. */
function sliced(value: Datum, parts: readonly Part[]): Uint8Array | null {
  const bytes = typeof value === 'number' ? ipv4Bytes(value) : asBytes(value)
  if (bytes === null) return null
  const pieces: number[] = []
  for (const { offset, length, last } of parts) {
    const from = offset < 0 ? bytes.length + offset : offset
    const to =
      last !== null ? (last < 0 ? bytes.length + last : last) + 1 : length === null ? bytes.length : from + length
    if (from < 0 || from >= bytes.length || to > bytes.length || to <= from) return null
    pieces.push(...bytes.subarray(from, to))
  }
  return Uint8Array.from(pieces)
}

function ipv4Bytes(address: number): Uint8Array {
  return Uint8Array.of(address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff)
}

/** null where there is no result. */
function calculated(operator: Arithmetic, a: Datum, b: Datum): Datum | null {
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    if (operator !== '&' || !(a instanceof Uint8Array) || !(b instanceof Uint8Array) || a.length !== b.length)
      return null
    return a.map((byte, at) => byte & (b[at] as number))
  }
  if (typeof a === 'string' || typeof b === 'string') return null
  if (Number.isNaN(a) || Number.isNaN(b)) return null
  const x = wideNumber(a)
  const y = wideNumber(b)
  if (y === 0n && (operator === '/' || operator === '%')) return null
  const result = wideResult(operator, x, y)
  const plain = typeof a === 'number' && typeof b === 'number'
  return plain && result >= Number.MIN_SAFE_INTEGER && result <= Number.MAX_SAFE_INTEGER ? Number(result) : result
}

function wideResult(operator: Arithmetic, x: bigint, y: bigint): bigint {
  switch (operator) {
    case '+':
      return x + y
    case '-':
      return x - y
    case '*':
      return x * y
    case '/':
      return x / y
    case '%':
      return x % y
    case '&':
      return x & y
  }
}
