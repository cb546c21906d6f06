/**
 * IPv4: the header with its options.
 *
 * RFC 791 section 3.1, RFC 2474 and RFC 3168 (differentiated services, congestion), RFC 2113 (router alert), RFC 1191.
 */
import { ipProtocols } from '../src/codes/protocol-numbers.ts'
import { alias, bits, field, flag } from '../src/wire/field.ts'
import { IP_PROTOCOL, NEXT_FRAGMENT, STOP_CUT, STOP_MALFORMED } from '../src/wire/following.ts'
import { header } from '../src/wire/header.ts'
import { MAX_CHAINED_PARTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const HEADER_BYTES = 20
/** More fragments, and a fragment offset. */
const FRAGMENT_BITS = 0x3fff
const OPTION_END = 0
const OPTION_NOP = 1
const OPTION_RECORD_ROUTE = 7
const OPTION_TIMESTAMP = 68
const OPTION_LOOSE_ROUTE = 131
const OPTION_STREAM = 136
const OPTION_STRICT_ROUTE = 137
const OPTION_ROUTER_ALERT = 148

const serviceClasses: ReadonlyMap<number, string> = new Map([
  [0, 'CS0'],
  [8, 'CS1'],
  [10, 'AF11'],
  [18, 'AF21'],
  [26, 'AF31'],
  [34, 'AF41'],
  [46, 'EF'],
  [48, 'CS6'],
  [56, 'CS7'],
])
const congestion: ReadonlyMap<number, string> = new Map([
  [0, 'Not ECN-capable'],
  [1, 'ECT(1)'],
  [2, 'ECT(0)'],
  [3, 'Congestion experienced'],
])
const version = bits('ip.version', 'Version', 0xf0)
const headerLength = bits('ip.hdr_len', 'Header length', 0x0f)
const services = field('ip.dsfield', 'Differentiated services', 'hex')
const serviceParts = [
  bits('ip.dsfield.dscp', 'Codepoint', 0xfc, 'dec', serviceClasses),
  bits('ip.dsfield.ecn', 'Congestion notification', 0x03, 'dec', congestion),
]
const totalLength = field('ip.len', 'Total length')
const identification = field('ip.id', 'Identification', 'hex')
const flags = bits('ip.flags', 'Flags', 0xe0, 'hex')
const flagParts = [
  flag('ip.flags.rb', 'Reserved bit', 4),
  flag('ip.flags.df', "Don't fragment", 2),
  flag('ip.flags.mf', 'More fragments', 1),
]
const fragmentOffset = bits('ip.frag_offset', 'Fragment offset', 0x1fff)
const timeToLive = field('ip.ttl', 'Time to live')
const protocol = field('ip.proto', 'Protocol', 'dec', ipProtocols)
const checksum = field('ip.checksum', 'Header checksum', 'hex')
const source = alias('ip.addr', field('ip.src', 'Source address', 'ipv4'))
const destination = alias('ip.addr', field('ip.dst', 'Destination address', 'ipv4'))

const optionTypes: ReadonlyMap<number, string> = new Map([
  [OPTION_END, 'End of options'],
  [OPTION_NOP, 'No operation'],
  [OPTION_RECORD_ROUTE, 'Record route'],
  [OPTION_TIMESTAMP, 'Time stamp'],
  [130, 'Security'],
  [OPTION_LOOSE_ROUTE, 'Loose source route'],
  [134, 'Commercial security'],
  [OPTION_STREAM, 'Stream identifier'],
  [OPTION_STRICT_ROUTE, 'Strict source route'],
  [OPTION_ROUTER_ALERT, 'Router alert'],
])
const option = {
  list: field('ip.options', 'Options', 'group'),
  one: field('ip.option', 'Option', 'group'),
  type: field('ip.opt.type', 'Type', 'dec', optionTypes),
  typeParts: [
    flag('ip.opt.type.copy', 'Copy on fragmentation', 0x80),
    bits('ip.opt.type.class', 'Class', 0x60),
    bits('ip.opt.type.number', 'Number', 0x1f),
  ],
  length: field('ip.opt.len', 'Length'),
  pointer: field('ip.opt.ptr', 'Pointer'),
  recorded: field('ip.rec_rt', 'Recorded route', 'ipv4'),
  current: field('ip.cur_rt', 'Current route', 'ipv4'),
  ahead: field('ip.src_rt', 'Source route', 'ipv4'),
  empty: field('ip.empty_rt', 'Empty route', 'ipv4'),
  stream: field('ip.opt.sid', 'Stream identifier'),
  alert: field('ip.opt.ra', 'Router alert'),
  overflow: bits('ip.opt.overflow', 'Overflow', 0xf0),
  stampKind: bits('ip.opt.flag', 'Flag', 0x0f, 'hex'),
  stamp: field('ip.opt.time_stamp', 'Time stamp'),
  stampAddress: field('ip.opt.time_stamp_addr', 'Address', 'ipv4'),
  data: field('ip.option.data', 'Data', 'bytes'),
}

export const ipv4 = header({
  name: 'ipv4',
  filterName: 'ip',
  title: 'Internet Protocol version 4',
  spec: ['RFC 791 3.1'],

  read(pdu, trail) {
    const start = pdu.pos
    trail.next = STOP_CUT
    if (pdu.left < HEADER_BYTES) return
    const first = pdu.peek()
    const length = (first & 0x0f) << 2
    pdu.overlay(version, 1, first >> 4)
    pdu.value(headerLength, 1, length)
    pdu.u8(services)
    pdu.bits(...serviceParts)
    const total = pdu.u16be(totalLength)
    const id = pdu.u16be(identification)
    const fragment = (pdu.peek() << 8) | pdu.peek(1)
    pdu.overlay(flags, 1, fragment >> 13)
    pdu.bits(...flagParts)
    pdu.value(fragmentOffset, 2, fragment & 0x1fff)
    pdu.u8(timeToLive)
    const carried = pdu.u8(protocol)
    pdu.u16be(checksum)
    trail.family = 4
    trail.ipStart = start
    trail.sourceAt = pdu.pos
    pdu.u32be(source)
    trail.destinationAt = pdu.pos
    pdu.u32be(destination)
    if (first >> 4 !== 4 || length < HEADER_BYTES || (total < length && total !== 0)) {
      trail.next = STOP_MALFORMED
      return
    }
    // A total length of 0 comes from segmentation offload: then all that is there belongs to the datagram.
    if (total !== 0) {
      trail.wireEnd = start + total
      trail.end = Math.min(trail.end, trail.wireEnd)
    }
    if (start + length > trail.end) return
    if (length > HEADER_BYTES) readOptions(pdu, length - HEADER_BYTES)
    trail.protocol = carried
    trail.next = IP_PROTOCOL + carried
    if ((fragment & FRAGMENT_BITS) === 0) return
    trail.fragmentId = id
    trail.fragmentOffset = (fragment & 0x1fff) << 3
    trail.fragmentMore = (fragment & 0x2000) !== 0
    trail.fragmentProtocol = carried
    trail.fragmentHeaderEnd = start + length
    trail.next = NEXT_FRAGMENT
  },
})

function readOptions(pdu: Pdu, length: number): void {
  pdu.sized(option.list, length, headerLength)
  for (let n = 0; n < MAX_CHAINED_PARTS * 3 && pdu.left > 0; n++) {
    const type = pdu.peek()
    const isSingle = type === OPTION_END || type === OPTION_NOP
    const size = isSingle ? 1 : Math.max(2, pdu.peek(1))
    pdu.sized(option.one, size, option.length)
    pdu.u8(option.type)
    pdu.bits(...option.typeParts)
    if (!isSingle) {
      pdu.u8(option.length)
      readOption(pdu, type)
    }
    pdu.end()
    if (type === OPTION_END) break
  }
  pdu.end()
}

function readOption(pdu: Pdu, type: number): void {
  if (type === OPTION_RECORD_ROUTE || type === OPTION_LOOSE_ROUTE || type === OPTION_STRICT_ROUTE) readRoute(pdu, type)
  else if (type === OPTION_STREAM) pdu.u16be(option.stream)
  else if (type === OPTION_ROUTER_ALERT) pdu.u16be(option.alert)
  else if (type === OPTION_TIMESTAMP) readStamps(pdu)
  else if (pdu.left > 0) pdu.mark(option.data, pdu.left)
}

/** The pointer counts from 1, at the option's type. */
function readRoute(pdu: Pdu, type: number): void {
  const next = pdu.u8(option.pointer)
  for (let at = 4; pdu.left >= 4; at += 4) {
    if (type === OPTION_RECORD_ROUTE) pdu.u32be(at < next ? option.recorded : option.empty)
    else if (at < next) pdu.u32be(option.recorded)
    else pdu.u32be(at === next ? option.current : option.ahead)
  }
}

function readStamps(pdu: Pdu): void {
  pdu.u8(option.pointer)
  const kind = pdu.peek()
  if (kind < 0) return
  pdu.overlay(option.overflow, 1, kind >> 4)
  pdu.value(option.stampKind, 1, kind & 0x0f)
  while (pdu.left >= 4) {
    if ((kind & 0x0f) !== 0 && pdu.left >= 8) pdu.u32be(option.stampAddress)
    pdu.u32be(option.stamp)
  }
}
