/** Values of both tools in one form, so that they can be compared as strings. */
import type { InspectedLayer } from '../../src/inspect/packet.ts'
import { hex } from '../../src/wire/bytes.ts'
import type { Node } from '../../src/wire/field.ts'
import type { JudgeField } from './judge-fields.ts'

type Kind = 'presence' | 'integer' | 'real' | 'bytes' | 'ipv4' | 'ipv6' | 'guid' | 'time' | 'duration' | 'text'

const KINDS: Readonly<Record<string, Kind>> = {
  FT_NONE: 'presence',
  FT_PROTOCOL: 'presence',
  FT_CHAR: 'integer',
  FT_BOOLEAN: 'integer',
  FT_FRAMENUM: 'integer',
  FT_FLOAT: 'real',
  FT_DOUBLE: 'real',
  FT_BYTES: 'bytes',
  FT_UINT_BYTES: 'bytes',
  FT_ETHER: 'bytes',
  FT_EUI64: 'bytes',
  FT_FCWWN: 'bytes',
  FT_VINES: 'bytes',
  FT_AX25: 'text',
  FT_IPv4: 'ipv4',
  FT_IPv6: 'ipv6',
  FT_GUID: 'guid',
  FT_ABSOLUTE_TIME: 'time',
  FT_RELATIVE_TIME: 'duration',
}

function kindOf(field: JudgeField): Kind {
  return KINDS[field.type] ?? (/^FT_U?INT\d/.test(field.type) ? 'integer' : 'text')
}

/** What tshark printed. */
export function theirValue(value: string, field: JudgeField): string {
  switch (kindOf(field)) {
    case 'presence':
      return 'there'
    case 'integer':
      return integer(value, field.base)
    case 'real':
      return `${Number(value)}`
    case 'bytes':
      return value === '<MISSING>' || value === '<none>' ? '' : value.replace(/[:.\s-]/g, '').toLowerCase()
    case 'ipv6':
      return ipv6Hex(value)
    case 'time':
      return absoluteNs(value)
    case 'duration':
      return durationNs(value)
    default:
      return value
  }
}

function integer(value: string, base: string): string {
  if (value === 'True') return '1'
  if (value === 'False') return '0'
  if (/^'.*'$/.test(value)) return `${value.charCodeAt(1)}`
  if (base === 'BASE_OCT' && /^0[0-7]+$/.test(value)) return `${Number.parseInt(value, 8)}`
  return /^(0x[\da-f]+|-?\d+)$/i.test(value) ? `${BigInt(value)}` : value
}

/** `Nov 21, 2026 00:10:16.282421000 UTC` */
function absoluteNs(value: string): string {
  const parts = /^(\w{3}) +(\d+), (\d{4}) (\d\d:\d\d:\d\d)\.(\d{9}) UTC$/.exec(value)
  if (parts === null) return value
  const [, month, day, year, clock, fraction] = parts
  const seconds = Date.parse(`${month} ${day}, ${year} ${clock} UTC`) / 1000
  return `${BigInt(seconds) * 1_000_000_000n + BigInt(fraction as string)}`
}

/** `-0.001181000` */
function durationNs(value: string): string {
  const parts = /^(-?)(\d+)\.(\d{9})$/.exec(value)
  if (parts === null) return value
  const [, sign, whole, fraction] = parts
  const ns = BigInt(whole as string) * 1_000_000_000n + BigInt(fraction as string)
  return `${sign === '-' ? -ns : ns}`
}

function ipv6Hex(value: string): string {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(value)
  const plain =
    dotted === null
      ? value
      : `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
  const [head, tail] = plain.split('::')
  const left = head === '' || head === undefined ? [] : head.split(':')
  const right = tail === '' || tail === undefined ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...new Array<string>(zeros).fill('0'), ...right].map(group => group.padStart(4, '0')).join('')
}

/** The value of a node as the judge's type has it. Ours of another type is told with its format, and so never equal. */
export function ourValue(node: Node, layer: InspectedLayer, field: JudgeField): string {
  const { value } = node
  const { format } = node.field
  const kind = kindOf(field)
  switch (kind) {
    case 'presence':
      return 'there'
    case 'integer':
      // tshark tells of some fields of several bits only whether one is set.
      if (field.type === 'FT_BOOLEAN' && typeof value === 'number') return value === 0 ? '0' : '1'
      return typeof value === 'string' ? `${format} ${value || bytesOf(node, layer)}` : `${value}`
    case 'real':
      return `${Number(value)}`
    case 'bytes':
      return node.start === node.end && typeof value === 'string' ? value : bytesOf(node, layer)
    case 'ipv4':
      return typeof value === 'number' ? dotted(value) : `${format} ${value}`
    case 'ipv6':
      return bytesOf(node, layer)
    case 'guid':
      return format === 'guid' ? guid(bytesOf(node, layer)) : bytesOf(node, layer)
    case 'time':
    case 'duration':
      return format === kind ? `${value}` : `${format} ${value}`
    case 'text':
      if (format === 'bytes') return bytesOf(node, layer)
      return typeof value === 'string' ? escaped(value) : `${value}`
  }
}

function bytesOf(node: Node, { bytes, base }: InspectedLayer): string {
  return hex(bytes, node.start - base, node.end - base)
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map(shift => (address >>> shift) & 0xff).join('.')
}

/** The first three parts are little-endian. */
function guid(digits: string): string {
  const turned = (from: number, to: number): string => (digits.slice(from, to).match(/../g) ?? []).reverse().join('')
  return [turned(0, 8), turned(8, 12), turned(12, 16), digits.slice(16, 20), digits.slice(20)].join('-')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** As tshark writes control characters. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
  return text.replace(/[\x00-\x1f\x7f]/g, control => ESCAPES[control] ?? octal(control.charCodeAt(0)))
}

function octal(code: number): string {
  return `\\${code.toString(8).padStart(3, '0')}`
}
