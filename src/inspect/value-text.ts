/**
 * How the value of a field is written: for programs as `tshark -T fields` does, for people with the names of codes. Filters,
 * the formats of `decode` and the terminal UI all ask here.
 */
import { ipv6Text } from '../../dissectors/ip-address.ts'
import { hex, NO_BYTES } from '../wire/bytes.ts'
import type { Field, Node, Value } from '../wire/field.ts'

/** Bytes that a node's positions point into. */
export interface NodeBytes {
  readonly bytes: Uint8Array
  readonly base: number
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const NS_PER_SECOND = 1_000_000_000n
const MS_PER_SECOND = 1000
/** Beyond it JavaScript has no date. */
const LAST_SECOND = 8_640_000_000_000n

/** The bytes of a node. */
export function bytesOf({ start, end }: Node, { bytes, base }: NodeBytes): Uint8Array {
  return start < base || start > end ? NO_BYTES : bytes.subarray(start - base, end - base)
}

/** As `tshark -T fields` writes it: no names, bytes without separators. */
export function plainText(node: Node, where: NodeBytes): string {
  const { field, value } = node
  switch (field.format) {
    case 'group':
      return value === '' ? field.label : String(value)
    case 'bytes': {
      const bytes = bytesOf(node, where)
      return hex(bytes, 0, bytes.length)
    }
    default:
      return valueText(node, where)
  }
}

/** As a tree shows it: `Client Hello (1)`, `Set`, bytes with colons. */
export function shownText(node: Node, where: NodeBytes): string {
  const { field, value } = node
  const name = codeName(field, value)
  if (field.format === 'flag') return name ?? (isZero(value) ? 'Not set' : 'Set')
  if (field.format === 'group') return String(value)
  const text = valueText(node, where)
  return name === null ? text : `${name} (${text})`
}

/** As `tshark -T json` writes it: bytes with colons, groups have no value. */
export function jsonText(node: Node, where: NodeBytes): string {
  return node.field.format === 'group' ? String(node.value) : valueText(node, where)
}

/** What the field's table calls this value; null when it has no name. */
export function codeName({ codes }: Field, value: Value): string | null {
  return typeof value === 'number' ? (codes?.get(value) ?? null) : null
}

/** `192.0.2.1` from its number. */
export function ipv4Text(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`
}

/** `12.000345000`: seconds with nine places. */
export function durationText(nanoseconds: number | bigint): string {
  const whole = wideNumber(nanoseconds)
  const size = whole < 0n ? -whole : whole
  const places = String(size % NS_PER_SECOND).padStart(9, '0')
  return `${whole < 0n ? '-' : ''}${size / NS_PER_SECOND}.${places}`
}

/** `Nov 21, 2026 00:18:20.824428000 UTC`, as Wireshark writes a time, but always in UTC. */
export function timeText(nanoseconds: number | bigint): string {
  const whole = wideNumber(nanoseconds)
  const part = ((whole % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND
  const seconds = (whole - part) / NS_PER_SECOND
  if (seconds > LAST_SECOND || seconds < -LAST_SECOND) return durationText(nanoseconds)
  const date = new Date(Number(seconds) * MS_PER_SECOND)
  const day = String(date.getUTCDate()).padStart(2, ' ')
  const clock = date.toISOString().slice(-13, -5)
  return `${MONTHS[date.getUTCMonth()]} ${day}, ${date.getUTCFullYear()} ${clock}.${String(part).padStart(9, '0')} UTC`
}

/** Nanoseconds or another whole number, however a node holds it. */
export function wideNumber(value: number | bigint): bigint {
  if (typeof value === 'bigint') return value
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n
}

function valueText(node: Node, where: NodeBytes): string {
  const { field, value } = node
  if (typeof value === 'string' && value !== '') return value
  switch (field.format) {
    case 'hex':
      return `0x${value.toString(16).padStart(2 * hexBytes(node), '0')}`
    case 'ipv4':
      return typeof value === 'number' ? ipv4Text(value) : ''
    case 'time':
      return typeof value === 'string' ? '' : timeText(value)
    case 'duration':
      return typeof value === 'string' ? '' : durationText(value)
    case 'bytes':
    case 'ether':
      return pairs(bytesOf(node, where))
    case 'ipv6': {
      const bytes = bytesOf(node, where)
      return bytes.length === 16 ? ipv6Text(bytes, 0) : pairs(bytes)
    }
    case 'guid':
      return guidText(bytesOf(node, where))
    default:
      return String(value)
  }
}

/** How many bytes wide a hexadecimal number is written. */
function hexBytes({ start, end, value }: Node): number {
  const length = end - start
  if (length > 0 && length <= 8) return length
  let bytes = 1
  for (let rest = wideNumber(typeof value === 'string' ? 0 : value); rest > 0xffn; rest >>= 8n) bytes++
  return bytes
}

function pairs(bytes: Uint8Array): string {
  return hex(bytes, 0, bytes.length).replace(/..(?=.)/g, '$&:')
}

/** The first three parts are little-endian. */
function guidText(bytes: Uint8Array): string {
  if (bytes.length !== 16) return pairs(bytes)
  const part = (...places: number[]) => places.map(place => hex(bytes, place, place + 1)).join('')
  const last = [part(8, 9), part(10, 11, 12, 13, 14, 15)]
  return [part(3, 2, 1, 0), part(5, 4), part(7, 6), ...last].join('-')
}

function isZero(value: Value): boolean {
  return value === 0 || value === 0n || value === ''
}
