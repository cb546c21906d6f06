/**
 * ICMP: errors with the packet that they quote, echo, router discovery, time stamps.
 *
 * RFC 792, RFC 1191 section 4 (next-hop MTU), RFC 1256, RFC 950 (address mask), RFC 4884 (length of the quote).
 */
import { bits, field } from '../src/wire/field.ts'
import { ETHERTYPE_IPV4, STOP_CUT, STOP_DONE } from '../src/wire/following.ts'
import { header } from '../src/wire/header.ts'
import { MAX_CHAINED_PARTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const ECHO_REPLY = 0
const UNREACHABLE = 3
const SOURCE_QUENCH = 4
const REDIRECT = 5
const ECHO = 8
const ROUTER_ADVERTISEMENT = 9
const ROUTER_SOLICITATION = 10
const TIME_EXCEEDED = 11
const PARAMETER_PROBLEM = 12
const TIMESTAMP = 13
const TIMESTAMP_REPLY = 14
const INFORMATION = 15
const INFORMATION_REPLY = 16
const MASK = 17
const MASK_REPLY = 18
const FRAGMENTATION_NEEDED = 4

const types: ReadonlyMap<number, string> = new Map([
  [ECHO_REPLY, 'Echo reply'],
  [UNREACHABLE, 'Destination unreachable'],
  [SOURCE_QUENCH, 'Source quench'],
  [REDIRECT, 'Redirect'],
  [ECHO, 'Echo request'],
  [ROUTER_ADVERTISEMENT, 'Router advertisement'],
  [ROUTER_SOLICITATION, 'Router solicitation'],
  [TIME_EXCEEDED, 'Time exceeded'],
  [PARAMETER_PROBLEM, 'Parameter problem'],
  [TIMESTAMP, 'Timestamp request'],
  [TIMESTAMP_REPLY, 'Timestamp reply'],
  [INFORMATION, 'Information request'],
  [INFORMATION_REPLY, 'Information reply'],
  [MASK, 'Address mask request'],
  [MASK_REPLY, 'Address mask reply'],
])
const type = field('icmp.type', 'Type', 'dec', types)
const code = field('icmp.code', 'Code')
const checksum = field('icmp.checksum', 'Checksum', 'hex')
const unused = field('icmp.unused', 'Unused', 'bytes')
const quoteLength = field('icmp.length', 'Length')
const mtu = field('icmp.mtu', 'MTU of next hop')
const gateway = field('icmp.redir_gw', 'Gateway address', 'ipv4')
const pointer = field('icmp.pointer', 'Pointer')
const identifier = field('icmp.ident', 'Identifier')
const identifierLe = bits('icmp.ident_le', 'Identifier (little-endian)', 0xffff)
const sequence = field('icmp.seq', 'Sequence number')
const sequenceLe = bits('icmp.seq_le', 'Sequence number (little-endian)', 0xffff)
const router = {
  count: field('icmp.num_addrs', 'Number of addresses'),
  size: field('icmp.addr_entry_size', 'Address entry size'),
  lifetime: field('icmp.lifetime', 'Lifetime'),
  address: field('icmp.router_address', 'Router address', 'ipv4'),
  preference: field('icmp.pref_level', 'Preference level'),
}
const stamps = [
  field('icmp.originate_timestamp', 'Originate timestamp'),
  field('icmp.receive_timestamp', 'Receive timestamp'),
  field('icmp.transmit_timestamp', 'Transmit timestamp'),
]
const mask = field('icmp.address_mask', 'Address mask', 'ipv4')

/** The quoted packet follows as headers of their own. */
export const icmp = header({
  name: 'icmp',
  title: 'Internet Control Message Protocol',
  spec: ['RFC 792'],

  read(pdu, trail) {
    trail.next = STOP_CUT
    if (pdu.left < 4) return
    const what = pdu.u8(type)
    const which = pdu.u8(code)
    pdu.u16be(checksum)
    trail.next = STOP_DONE
    if (pdu.left < 4) {
      if (pdu.left > 0) pdu.mark(unused, pdu.left)
      return
    }
    readRest(pdu, what, which)
    const isError = [UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM].includes(what)
    if (isError && pdu.ok && pdu.left > 0) trail.next = ETHERTYPE_IPV4
  },
})

function readRest(pdu: Pdu, type: number, code: number): void {
  switch (type) {
    case UNREACHABLE:
      if (code === FRAGMENTATION_NEEDED) {
        pdu.mark(unused, 2)
        pdu.u16be(mtu)
        break
      }
      readErrorWord(pdu)
      break
    case TIME_EXCEEDED:
      readErrorWord(pdu)
      break
    case PARAMETER_PROBLEM:
      pdu.u8(pointer)
      pdu.u8(quoteLength)
      pdu.mark(unused, 2)
      break
    case SOURCE_QUENCH:
      pdu.mark(unused, 4)
      break
    case REDIRECT:
      pdu.u32be(gateway)
      break
    case ROUTER_ADVERTISEMENT:
      readRouters(pdu)
      break
    case ECHO:
    case ECHO_REPLY:
    case TIMESTAMP:
    case TIMESTAMP_REPLY:
    case INFORMATION:
    case INFORMATION_REPLY:
    case MASK:
    case MASK_REPLY:
      readIdentified(pdu)
      if (type === TIMESTAMP || type === TIMESTAMP_REPLY) for (const stamp of stamps) pdu.u32be(stamp)
      if (type === MASK || type === MASK_REPLY) pdu.u32be(mask)
      break
    default:
  }
}

/** The second of the four bytes is a length only where extensions follow the quote. */
function readErrorWord(pdu: Pdu): void {
  if (pdu.peek(1) === 0) pdu.mark(unused, 4)
  else {
    pdu.mark(unused, 1)
    pdu.u8(quoteLength)
    pdu.mark(unused, 2)
  }
}

/** Some stacks write these two numbers in the order of the host. */
function readIdentified(pdu: Pdu): void {
  const swapped = () => (pdu.peek(1) << 8) | pdu.peek()
  pdu.overlay(identifierLe, 2, swapped())
  pdu.u16be(identifier)
  pdu.overlay(sequenceLe, 2, swapped())
  pdu.u16be(sequence)
}

function readRouters(pdu: Pdu): void {
  const count = pdu.u8(router.count)
  pdu.u8(router.size)
  pdu.u16be(router.lifetime)
  for (let n = 0; n < Math.min(count, MAX_CHAINED_PARTS) && pdu.left >= 8; n++) {
    pdu.u32be(router.address)
    pdu.i32be(router.preference)
  }
}
