/** Values as filters compare them: numbers, texts and runs of bytes. */
import type { Format, Node } from '../../wire/field.ts'
import { bytesOf, type NodeBytes, wideNumber } from '../value-text.ts'

export type Datum = number | bigint | string | Uint8Array

/** Which values can be compared with each other. */
export type Kind = 'number' | 'text' | 'bytes' | 'ipv4' | 'ipv6' | 'ether' | 'guid' | 'time' | 'duration' | 'group'

const KINDS: Readonly<Record<Format, Kind>> = {
  dec: 'number',
  hex: 'number',
  flag: 'number',
  text: 'text',
  ipv4: 'ipv4',
  time: 'time',
  duration: 'duration',
  bytes: 'bytes',
  ipv6: 'ipv6',
  ether: 'ether',
  guid: 'guid',
  group: 'group',
}

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  number: 'a number',
  text: 'a text',
  bytes: 'bytes',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  ether: 'an Ethernet address',
  guid: 'a GUID',
  time: 'a date and time',
  duration: 'seconds',
  group: 'a protocol or group of fields',
}

export function kindOf(format: Format): Kind {
  return KINDS[format]
}

/** The value of a node; NaN, which equals nothing, where a number has none. */
export function datumOf(node: Node, where: NodeBytes): Datum {
  const { value } = node
  switch (kindOf(node.field.format)) {
    case 'number':
    case 'ipv4':
      return typeof value === 'string' ? Number.NaN : value
    case 'time':
    case 'duration':
      return typeof value === 'string' ? Number.NaN : wideNumber(value)
    case 'text':
      return String(value)
    default:
      return bytesOf(node, where)
  }
}

/** Less than zero, zero, or more; NaN when the two have no order. */
export function order(a: Datum, b: Datum): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    const left = asBytes(a)
    const right = asBytes(b)
    return left === null || right === null ? Number.NaN : orderOfBytes(left, right)
  }
  if (typeof a === 'string' || typeof b === 'string') return Number.NaN
  return a < b ? -1 : a > b ? 1 : 0
}

const encoder = new TextEncoder()

export function asBytes(value: Datum): Uint8Array | null {
  if (value instanceof Uint8Array) return value
  return typeof value === 'string' ? encoder.encode(value) : null
}

function orderOfBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length)
  for (let at = 0; at < shorter; at++) {
    const difference = (a[at] as number) - (b[at] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function holds(whole: Uint8Array, part: Uint8Array): boolean {
  if (part.length === 0) return true
  const first = part[0]
  for (let at = 0; at + part.length <= whole.length; at++) {
    if (whole[at] !== first) continue
    let same = 1
    while (same < part.length && whole[at + same] === part[same]) same++
    if (same === part.length) return true
  }
  return false
}
