/** What is written in a filter as a value, as a value of the field that it is compared with. */

import type { Field } from '../../wire/field.ts'
import { FORMATS_OF_TIME, timeFrom } from './date.ts'
import type { Datum, Kind } from './datum.ts'

/** A value as it stands in the filter. */
export interface Written {
  readonly text: string
  readonly kind: 'word' | 'string' | 'character'
  /** A minus sign stands before it. */
  readonly negative: boolean
}

/** A value, or a network: then only the first bits count. */
export interface Literal {
  readonly value: Datum
  /** -1: all of them. */
  readonly prefix: number
}

/** The value, or why it can not be one. */
export type Reading = Literal | { readonly error: string }

const TRUTH: ReadonlyMap<string, number> = new Map([
  ['true', 1],
  ['false', 0],
  ['set', 1],
  ['not set', 0],
])
const NS_PER_SECOND = 1_000_000_000n
const encoder = new TextEncoder()

export function readAs(kind: Kind, written: Written, fields: readonly Field[]): Reading {
  if (written.negative && kind !== 'number' && kind !== 'duration') return { error: 'has a minus sign' }
  switch (kind) {
    case 'number':
      return number(written, fields)
    case 'text':
      return exactly(written.text)
    case 'ipv4':
      return ipv4(written)
    case 'ipv6':
      return ipv6(written)
    case 'ether': {
      const bytes = hexBytes(written.text)
      return bytes?.length === 6 ? exactly(bytes) : { error: 'is no Ethernet address (six bytes: 00:11:22:33:44:55)' }
    }
    case 'guid':
      return guid(written.text)
    case 'time': {
      const time = timeFrom(written.text)
      return time === null ? { error: `is no date and time (${FORMATS_OF_TIME})` } : exactly(time)
    }
    case 'duration':
      return duration(written)
    default:
      return bytes(written)
  }
}

function exactly(value: Datum): Literal {
  return { value, prefix: -1 }
}

function number(written: Written, fields: readonly Field[]): Reading {
  if (written.kind === 'character')
    return exactly(written.negative ? -written.text.charCodeAt(0) : written.text.charCodeAt(0))
  const plain = written.kind === 'word' ? plainNumber(written.text) : null
  if (plain !== null) return exactly(written.negative ? -plain : plain)
  const wanted = written.text.toLowerCase()
  for (const { codes, format } of fields) {
    for (const [value, name] of codes ?? []) if (name.toLowerCase() === wanted) return exactly(value)
    const truth = format === 'flag' ? TRUTH.get(wanted) : undefined
    if (truth !== undefined) return exactly(truth)
  }
  const named = fields.some(({ codes }) => codes !== null)
  return { error: named ? 'is neither a number nor the name of a value' : 'is no number' }
}

/** Decimal, 0x hexadecimal, 0b binary, or octal with a leading 0. */
function plainNumber(text: string): number | bigint | null {
  const digits = /^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text
  if (!/^(\d+|0x[0-9a-f]+|0b[01]+|0o[0-7]+)$/i.test(digits) || /^0\d/.test(digits)) return null
  const value = BigInt(digits)
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

function ipv4({ text }: Written): Reading {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text)
  const parts = match?.slice(1, 5).map(Number) ?? []
  if (match === null || parts.some(part => part > 255))
    return { error: 'is no IPv4 address (192.0.2.1 or 192.0.2.0/24)' }
  const prefix = match[5] === undefined ? -1 : Number(match[5])
  if (prefix > 32) return { error: 'has a prefix length beyond 32' }
  return { value: parts.reduce((sum, part) => sum * 256 + part, 0), prefix }
}

function ipv6({ text }: Written): Reading {
  const [address = '', length] = text.split('/')
  const value = ipv6Bytes(address)
  if (value === null) return { error: 'is no IPv6 address (2001:db8::1 or 2001:db8::/32)' }
  const prefix = length === undefined ? -1 : Number(length)
  return prefix > 128 ? { error: 'has a prefix length beyond 128' } : { value, prefix }
}

function ipv6Bytes(text: string): Uint8Array | null {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (embedded !== null) {
    const last = ipv4({ text: embedded[2] as string, kind: 'word', negative: false })
    if (!('value' in last) || typeof last.value !== 'number') return null
    return ipv6Bytes(`${embedded[1]}${(last.value >>> 16).toString(16)}:${(last.value & 0xffff).toString(16)}`)
  }
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head = [], tail = []] = halves.map(half => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (groups.some(group => !/^[0-9a-f]{1,4}$/i.test(group))) return null
  return Uint8Array.from(groups.flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]))
}

function guid(text: string): Reading {
  const digits = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i.exec(text)
  if (digits === null) return { error: 'is no GUID (00112233-4455-6677-8899-aabbccddeeff)' }
  const [first = [], second = [], third = [], ...rest] = digits.slice(1).map(byteValues)
  return exactly(Uint8Array.from([...first.reverse(), ...second.reverse(), ...third.reverse(), ...rest.flat()]))
}

/** Seconds with a fraction. */
function duration({ text, kind, negative }: Written): Reading {
  const match = kind === 'word' ? /^(\d*)(?:\.(\d{0,12}))?$/.exec(text) : null
  if (match === null || text === '.' || text === '') return { error: 'is no number of seconds' }
  const nanoseconds = BigInt(match[1] || '0') * NS_PER_SECOND + BigInt((match[2] ?? '').slice(0, 9).padEnd(9, '0'))
  return exactly(negative ? -nanoseconds : nanoseconds)
}

/** Text stands for its bytes; a number only where it is one byte, because more would need an order. */
function bytes({ text, kind }: Written): Reading {
  if (kind !== 'word') return exactly(encoder.encode(text))
  const one = /^0x([0-9a-f]{1,2})$/i.exec(text)
  if (one !== null) return exactly(Uint8Array.of(Number.parseInt(one[1] as string, 16)))
  const value = hexBytes(text)
  return value === null
    ? { error: 'are no bytes (write 01:02:0a, 01020a, or a text in double quotes)' }
    : exactly(value)
}

/** `01:02:0a`, `01.02.0a`, `01-02-0a` or `01020a`. */
function hexBytes(text: string): Uint8Array | null {
  if (/^([0-9a-f]{2})+$/i.test(text)) return Uint8Array.from(byteValues(text))
  if (/^[0-9a-f]$/i.test(text)) return Uint8Array.of(Number.parseInt(text, 16))
  const separator = /^[0-9a-f]{1,2}([:.-])/i.exec(text)?.[1]
  if (separator === undefined) return null
  const parts = text.split(separator)
  if (parts.at(-1) === '') parts.pop()
  if (parts.some(part => !/^[0-9a-f]{1,2}$/i.test(part))) return null
  return Uint8Array.from(parts.map(part => Number.parseInt(part, 16)))
}

function byteValues(digits: string): number[] {
  return (digits.match(/../g) ?? []).map(pair => Number.parseInt(pair, 16))
}
