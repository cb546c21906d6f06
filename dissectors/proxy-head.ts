/**
 * The head with which a load balancer tells the server who the client is, before anything else: PROXY protocol, as text
 * (version 1) or binary (version 2). A server that does not expect it answers with silence or a reset.
 *
 * HAProxy, "The PROXY protocol", sections 2.1 and 2.2.
 */
import {
  BROKEN,
  CLIENT,
  LIKELY,
  type Likeness,
  MAYBE,
  NEED_MORE,
  NO,
  NOT_MINE,
  SURE,
  stream,
} from '../src/wire/dissector.ts'
import { bits, field } from '../src/wire/field.ts'
import { MAX_PROXY_PARTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

/** Somebody on the way put the client's address before its bytes. */
export interface ProxyHead {
  readonly kind: 'proxy-head'
  readonly version: number
  readonly complete: boolean
}

const FAMILIES = new Map([
  [0, 'UNSPEC'],
  [1, 'IPv4'],
  [2, 'IPv6'],
  [3, 'UNIX'],
])
const f = {
  version: field('proxy.version', 'PROXY Version'),
  magic1: field('proxy.v1.magic', 'PROXY v1 magic', 'group'),
  protocol: field('proxy.v1.proto', 'Protocol', 'text'),
  unknown1: field('proxy.v1.unknown', 'Unknown data', 'text'),
  space: field('proxy.v1.space', 'Space', 'bytes'),
  source4: field('proxy.src.ipv4', 'Source Address', 'ipv4'),
  destination4: field('proxy.dst.ipv4', 'Destination Address', 'ipv4'),
  source6: field('proxy.src.ipv6', 'Source Address', 'ipv6'),
  destination6: field('proxy.dst.ipv6', 'Destination Address', 'ipv6'),
  address: field('proxy.v1.address', 'Address', 'text'),
  sourcePort: field('proxy.srcport', 'Source Port'),
  destinationPort: field('proxy.dstport', 'Destination Port'),
  magic2: field('proxy.v2.magic', 'Magic', 'bytes'),
  versionAndCommand: field('proxy.v2.version_and_command', 'Version and command', 'hex'),
  version2: bits('proxy.v2.version', 'Version', 0xf0),
  command: bits(
    'proxy.v2.cmd',
    'Command',
    0x0f,
    'dec',
    new Map([
      [0, 'LOCAL'],
      [1, 'PROXY'],
    ]),
  ),
  families: field('proxy.v2.addr_family_protocol', 'Address Family Protocol', 'hex'),
  family: bits('proxy.v2.addr_family', 'Address Family', 0xf0, 'hex', FAMILIES),
  transport: bits('proxy.v2.protocol', 'Protocol', 0x0f, 'hex'),
  length: field('proxy.v2.length', 'Length'),
  unknown2: field('proxy.v2.unknown', 'Unknown data', 'bytes'),
  part: field('proxy.v2.tlv', 'TLV', 'group'),
  partType: field('proxy.v2.tlv.type', 'Type', 'hex'),
  partLength: field('proxy.v2.tlv.length', 'Length'),
  partValue: field('proxy.v2.tlv.value', 'Value', 'bytes'),
}

const WORD = 'PROXY '
const MAGIC = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
/** Section 2.1: the longest line. */
const LONGEST_LINE = 107
const HEAD_2_BYTES = 16
const SPACE = 0x20
const LF = 0x0a
const CR = 0x0d

export const proxyHead = stream<{ done: boolean }, ProxyHead>({
  name: 'proxy',
  title: 'PROXY Protocol',
  spec: ['HAProxy PROXY protocol 2.1', 'HAProxy PROXY protocol 2.2'],

  begin: () => ({ done: false }),

  probe(bytes, start, end, direction): Likeness {
    if (direction !== CLIENT) return NO
    const length = end - start
    if (isMagic(bytes, start, end)) return length >= MAGIC.length ? SURE : MAYBE
    if (!isWord(bytes, start, end)) return NO
    return length >= WORD.length + 3 ? LIKELY : MAYBE
  },

  frame(bytes, start, end, _seen, state, direction) {
    if (state.done || direction !== CLIENT) return NOT_MINE
    if (isMagic(bytes, start, end)) {
      if (end - start < HEAD_2_BYTES) return NEED_MORE
      return HEAD_2_BYTES + (((bytes[start + 14] as number) << 8) | (bytes[start + 15] as number))
    }
    if (!isWord(bytes, start, end)) return NOT_MINE
    const lineEnd = bytes.subarray(start, Math.min(end, start + LONGEST_LINE)).indexOf(LF)
    if (lineEnd >= 0) return lineEnd + 1
    return end - start >= LONGEST_LINE ? BROKEN : NEED_MORE
  },

  read(pdu, state, _direction, out) {
    const version = isMagic(pdu.bytes, pdu.pos, pdu.limit) ? 2 : 1
    if (version === 2) binary(pdu)
    else line(pdu)
    out.fact({ kind: 'proxy-head', version, complete: pdu.ok })
    if (!pdu.ok) return
    state.done = true
    out.become('this', { protocol: '' })
  },
})

function isWord(bytes: Uint8Array, start: number, end: number): boolean {
  for (let n = 0; n < WORD.length && start + n < end; n++) if (bytes[start + n] !== WORD.charCodeAt(n)) return false
  return true
}

function isMagic(bytes: Uint8Array, start: number, end: number): boolean {
  return MAGIC.every((byte, n) => start + n >= end || bytes[start + n] === byte)
}

function line(pdu: Pdu): void {
  pdu.mark(f.magic1, WORD.length)
  pdu.derived(f.version, 1)
  const protocol = part(pdu, f.protocol)
  if (protocol !== 'TCP4' && protocol !== 'TCP6') {
    rest(pdu)
  } else {
    for (const f4 of [f.source4, f.destination4]) {
      const length = wordLength(pdu)
      const address = latin1Address(pdu, length)
      if (protocol === 'TCP4' && address >= 0) pdu.value(f4, length, address)
      else pdu.text(f.address, length)
      if (pdu.peek() === SPACE) pdu.mark(f.space, 1)
    }
    for (const port of [f.sourcePort, f.destinationPort]) number(pdu, port)
    rest(pdu)
  }
  pdu.mark(f.space, pdu.peek() === CR ? 2 : 1)
}

/** What stands before the end of the line. */
function rest(pdu: Pdu): void {
  let length = 0
  for (let byte = pdu.peek(); byte >= 0 && byte !== LF && byte !== CR; byte = pdu.peek(length)) length++
  if (length > 0) pdu.text(f.unknown1, length)
}

function part(pdu: Pdu, text: typeof f.protocol): string {
  const value = pdu.text(text, wordLength(pdu))
  if (pdu.peek() === SPACE) pdu.mark(f.space, 1)
  return value
}

function number(pdu: Pdu, port: typeof f.sourcePort): void {
  const length = wordLength(pdu)
  let value = 0
  for (let n = 0; n < length; n++) value = (value * 10 + pdu.peek(n) - 0x30) >>> 0
  pdu.value(port, length, value)
  if (pdu.peek() === SPACE) pdu.mark(f.space, 1)
}

/** Bytes up to the next space or the end of the line. */
function wordLength(pdu: Pdu): number {
  let length = 0
  for (let byte = pdu.peek(); byte > SPACE; byte = pdu.peek(length)) length++
  return length
}

/** A dotted address as a number; -1 when it is none. */
function latin1Address(pdu: Pdu, length: number): number {
  let text = ''
  for (let n = 0; n < length; n++) text += String.fromCharCode(pdu.peek(n))
  const parts = text.split('.').map(Number)
  if (parts.length !== 4 || parts.some(one => !(one >= 0 && one <= 255))) return -1
  return parts.reduce((address, one) => address * 256 + one, 0)
}

function binary(pdu: Pdu): void {
  pdu.mark(f.magic2, MAGIC.length)
  pdu.derived(f.version, 2)
  pdu.u8(f.versionAndCommand)
  pdu.bits(f.version2, f.command)
  const family = pdu.u8(f.families) >> 4
  pdu.bits(f.family, f.transport)
  const length = pdu.u16be(f.length)
  pdu.sized(f.part, length, f.length)
  if (family === 1) {
    pdu.u32be(f.source4)
    pdu.u32be(f.destination4)
  } else if (family === 2) {
    pdu.mark(f.source6, 16)
    pdu.mark(f.destination6, 16)
  } else if (pdu.left > 0) pdu.mark(f.unknown2, pdu.left)
  if (family === 1 || family === 2) {
    pdu.u16be(f.sourcePort)
    pdu.u16be(f.destinationPort)
  }
  for (let parts = 0; parts < MAX_PROXY_PARTS && pdu.left > 0; parts++) {
    pdu.u8(f.partType)
    const size = pdu.u16be(f.partLength)
    pdu.mark(f.partValue, size)
  }
  pdu.end()
}
