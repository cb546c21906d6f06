/**
 * Addresses to others of the same kind. Two IPv4 addresses share as many leading bytes as before, two IPv6 addresses as many
 * leading hexadecimal digits, two hardware addresses as many leading bytes: networks stay networks.
 *
 * Each byte keeps its number of decimal digits, each group of IPv6 its number of hexadecimal ones, so that an address that
 * is written out fits where it stood. What tells the kind of an address stays: loopback, multicast, broadcast, link-local,
 * and the ranges of private use (RFC 6890).
 */
import { hex, latin1 } from '../wire/bytes.ts'
import { MAX_REMEMBERED_REPLACEMENTS } from '../wire/limits.ts'
import type { Keyed } from './keyed.ts'
import { remember } from './remember.ts'

const DIGITS_FROM = [0, 10, 100, 256]
const BROADCAST = 255
const FIRST_MULTICAST = 224
const LOOPBACK = 127
/** First bytes with a range of their own below them: they stay. */
const SPLIT = new Set([10, 100, 169, 172, 192])

const NIBBLES = [...Array(16).keys()]
const NIBBLES_BUT_ZERO = NIBBLES.slice(1)
/** IPv4 addresses behind them: mapped ones, and those of NAT64 (RFC 6052). */
const IPV4_INSIDE = ['00000000000000000000ffff', '0064ff9b0000000000000000']
const IPV6_LOOPBACK = `${'0'.repeat(31)}1`
/** IPv6 prefixes that stay, as hexadecimal digits (RFC 4291, RFC 4193, RFC 4380, RFC 3056); no other address gets one. */
const KEPT_PREFIXES = [
  ...['20010000', '2002', 'fe80', 'fe9', 'fea', 'feb', 'fc', 'fd', 'ff', '2', '3'],
  ...[...IPV4_INSIDE, IPV6_LOOPBACK],
]
const SOLICITED_NODE = 'ff0200000000000000000001ff'

/** VRRP and CARP, HSRP and GLBP of Cisco, load balancing of Microsoft: addresses that several devices share on purpose. */
const SHARED_HARDWARE = ['00005e0001', '00005e0002', '00000c07ac', '00000c9ff', '000573a00', '0007b400', '02bf', '03bf']
/** Of multicast (RFC 1112, RFC 2464), bridges, and broadcast. */
const GROUP_HARDWARE = ['01005e', '0180c2', 'ffffffffffff', '000000000000']
const IPV6_GROUP_HARDWARE = '3333'
/** What no other address may become the like of. */
const KEPT_HARDWARE = [...SHARED_HARDWARE, ...GROUP_HARDWARE, IPV6_GROUP_HARDWARE]

export class AddressMap {
  readonly #keyed: Keyed
  /** Whole addresses that were seen, by their bytes: most come again and again. */
  readonly #known = new Map<string, Uint8Array>()

  constructor(keyed: Keyed) {
    this.#keyed = keyed
  }

  /**
   * Four, six or sixteen bytes: an address of IPv4, of hardware, or of IPv6.
   * @returns what is remembered: nobody writes to it
   */
  whole(bytes: Uint8Array): Uint8Array {
    const key = latin1(bytes, 0, bytes.length)
    return this.#known.get(key) ?? remember(this.#known, key, this.#mapped(bytes), MAX_REMEMBERED_REPLACEMENTS)
  }

  #mapped(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 4) return Uint8Array.from(this.ipv4([...bytes]))
    return bytes.length === 6 ? this.#hardware(bytes) : this.ipv6(bytes)
  }

  /** @param bytes four, in network order; also fewer: the beginning of an address. */
  ipv4(bytes: readonly number[]): number[] {
    const [first = 0] = bytes
    if (first === LOOPBACK || first >= FIRST_MULTICAST) return [...bytes]
    return bytes.map((byte, at) => {
      const values = freeBytes(bytes.slice(0, at), byte)
      if (values.length === 0) return byte
      const context = `ipv4 ${bytes.slice(0, at).join('.')} ${values[0]} ${values.length}`
      return this.#keyed.order(values, context).get(byte) ?? byte
    })
  }

  /** @param bytes sixteen. */
  ipv6(bytes: Uint8Array): Uint8Array {
    return fromHex(this.ipv6Digits(hex(bytes, 0, bytes.length)))
  }

  /** The same in hexadecimal digits, lower case; also fewer than 32: the beginning of an address. */
  ipv6Digits(digits: string): string {
    if (/^0+[01]?$/.test(digits)) return digits
    const inside = IPV4_INSIDE.find(prefix => digits.startsWith(prefix))
    if (inside !== undefined) return inside + this.#ipv4Digits(digits.slice(inside.length))
    if (digits.startsWith(SOLICITED_NODE)) return SOLICITED_NODE + this.#groupEnd(digits.slice(SOLICITED_NODE.length))
    if (digits.startsWith('ff')) return digits
    let mapped = ''
    for (let at = 0; at < digits.length; at++) {
      const before = digits.slice(0, at)
      const digit = Number.parseInt(digits[at] as string, 16)
      // A zero that leads its group is not written; another one is a digit like any other.
      const leads = /^0*$/.test(digits.slice(at - (at % 4), at))
      const free = (leads ? NIBBLES_BUT_ZERO : NIBBLES).filter(
        value => !begins(KEPT_PREFIXES, before + value.toString(16)),
      )
      const order = free.includes(digit) ? this.#keyed.order(free, `ipv6 ${before} ${leads}`) : null
      mapped += (order?.get(digit) ?? digit).toString(16)
    }
    return mapped
  }

  /**
   * @param bytes six; fewer are the beginning of a hardware address, and links have longer ones
   * @returns what may be remembered: nobody writes to it
   */
  hardware(bytes: Uint8Array): Uint8Array {
    return bytes.length === 6 ? this.whole(bytes) : this.#hardware(bytes)
  }

  #hardware(bytes: Uint8Array): Uint8Array {
    const digits = hex(bytes, 0, bytes.length)
    if (GROUP_HARDWARE.some(prefix => digits.startsWith(prefix))) return Uint8Array.from(bytes)
    if (digits.startsWith(IPV6_GROUP_HARDWARE)) {
      // The last bytes are those of the group's address, of which those of a solicited node say who it is.
      const end = digits.slice(6)
      const isNode = digits.startsWith(`${IPV6_GROUP_HARDWARE}ff`) && end.length === 6
      return isNode ? fromHex(digits.slice(0, 6) + this.#groupEnd(end)) : Uint8Array.from(bytes)
    }
    return bytes.map((byte, at) => {
      const before = digits.slice(0, at * 2)
      // The first byte says whether it is a group's, and who gave it.
      const values = BYTES.filter(
        value => (at > 0 || (value & 3) === (byte & 3)) && !begins(KEPT_HARDWARE, before + hexByte(value)),
      )
      if (!values.includes(byte)) return byte
      return this.#keyed.order(values, `hardware ${before} ${values[0]}`).get(byte) ?? byte
    })
  }

  #ipv4Digits(digits: string): string {
    const bytes = [...Buffer.from(digits.slice(0, digits.length & ~1), 'hex')]
    return Buffer.from(this.ipv4(bytes)).toString('hex') + (digits.length % 2 === 1 ? '0' : '')
  }

  /** The last three bytes of a solicited-node address. */
  #groupEnd(digits: string): string {
    let mapped = ''
    for (let at = 0; at < digits.length; at++) {
      const order = this.#keyed.order(NIBBLES, `group ${digits.slice(0, at)}`)
      const digit = Number.parseInt(digits[at] as string, 16)
      mapped += (order.get(digit) ?? digit).toString(16)
    }
    return mapped
  }
}

const BYTES = [...Array(256).keys()]

/** One of these begins so. */
function begins(prefixes: readonly string[], digits: string): boolean {
  return prefixes.some(prefix => prefix.startsWith(digits))
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0')
}

/** What this byte may become: those of its kind and its number of digits below the same beginning. */
function freeBytes(before: readonly number[], byte: number): number[] {
  if (byte === 0 || byte === BROADCAST) return []
  const kind = kindOf(before, byte)
  if (kind === 'kept') return []
  const most = DIGITS_FROM.findIndex(from => byte < from)
  const values: number[] = []
  for (let value = DIGITS_FROM[most - 1] as number; value < (DIGITS_FROM[most] as number); value++) {
    if (value !== 0 && value !== BROADCAST && kindOf(before, value) === kind) values.push(value)
  }
  return values
}

function kindOf(before: readonly number[], byte: number): string {
  const [first] = before
  if (first === undefined) return SPLIT.has(byte) || byte === LOOPBACK || byte >= FIRST_MULTICAST ? 'kept' : 'any'
  if (before.length > 1) return 'any'
  if (first === 172) return byte >= 16 && byte < 32 ? 'private' : 'any'
  if (first === 100) return byte >= 64 && byte < 128 ? 'private' : 'any'
  if (first === 192) return byte === 168 ? 'kept' : 'any'
  if (first === 169) return byte === 254 ? 'kept' : 'any'
  return 'any'
}

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}
