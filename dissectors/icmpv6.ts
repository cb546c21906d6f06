/**
 * ICMPv6: errors with the packet that they quote, echo, neighbour discovery, multicast listener discovery.
 *
 * RFC 4443, RFC 4861 section 4 (neighbour discovery), RFC 2710 and RFC 3810 (multicast listeners), RFC 4884 (length of the quote).
 */
import { bits, field, flag } from '../src/wire/field.ts'
import { ETHERTYPE_IPV6, STOP_CUT, STOP_DONE } from '../src/wire/following.ts'
import { header } from '../src/wire/header.ts'
import { MAX_CHAINED_PARTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { readDiscoveryOptions } from './icmpv6-options.ts'

const UNREACHABLE = 1
const TOO_BIG = 2
const TIME_EXCEEDED = 3
const PARAMETER_PROBLEM = 4
const ECHO = 128
const ECHO_REPLY = 129
const LISTENER_QUERY = 130
const LISTENER_REPORT = 131
const LISTENER_DONE = 132
const ROUTER_SOLICITATION = 133
const ROUTER_ADVERTISEMENT = 134
const NEIGHBOUR_SOLICITATION = 135
const NEIGHBOUR_ADVERTISEMENT = 136
const REDIRECT = 137
const LISTENER_REPORT_2 = 143
/** A query of version 1 has no more than this. */
const LISTENER_QUERY_1_BYTES = 24

const types: ReadonlyMap<number, string> = new Map([
  [UNREACHABLE, 'Destination unreachable'],
  [TOO_BIG, 'Packet too big'],
  [TIME_EXCEEDED, 'Time exceeded'],
  [PARAMETER_PROBLEM, 'Parameter problem'],
  [ECHO, 'Echo request'],
  [ECHO_REPLY, 'Echo reply'],
  [LISTENER_QUERY, 'Multicast listener query'],
  [LISTENER_REPORT, 'Multicast listener report'],
  [LISTENER_DONE, 'Multicast listener done'],
  [ROUTER_SOLICITATION, 'Router solicitation'],
  [ROUTER_ADVERTISEMENT, 'Router advertisement'],
  [NEIGHBOUR_SOLICITATION, 'Neighbor solicitation'],
  [NEIGHBOUR_ADVERTISEMENT, 'Neighbor advertisement'],
  [REDIRECT, 'Redirect'],
  [LISTENER_REPORT_2, 'Multicast listener report v2'],
])
const type = field('icmpv6.type', 'Type', 'dec', types)
const code = field('icmpv6.code', 'Code')
const checksum = field('icmpv6.checksum', 'Checksum', 'hex')
const reserved = field('icmpv6.reserved', 'Reserved', 'bytes')
const quoteLength = field('icmpv6.length', 'Length of original datagram')
const mtu = field('icmpv6.mtu', 'MTU')
const pointer = field('icmpv6.pointer', 'Pointer')
const identifier = field('icmpv6.echo.identifier', 'Identifier', 'hex')
const sequence = field('icmpv6.echo.sequence_number', 'Sequence')
const unknown = field('icmpv6.unknown_data', 'Data', 'bytes')
const router = {
  hopLimit: field('icmpv6.nd.ra.cur_hop_limit', 'Hop limit'),
  flags: field('icmpv6.nd.ra.flag', 'Flags', 'hex'),
  parts: [
    flag('icmpv6.nd.ra.flag.m', 'Managed addresses', 0x80),
    flag('icmpv6.nd.ra.flag.o', 'Other configuration', 0x40),
    flag('icmpv6.nd.ra.flag.h', 'Home agent', 0x20),
    bits('icmpv6.nd.ra.flag.prf', 'Router preference', 0x18),
    flag('icmpv6.nd.ra.flag.p', 'Proxy', 0x04),
    bits('icmpv6.nd.ra.flag.rsv', 'Reserved', 0x03),
  ],
  lifetime: field('icmpv6.nd.ra.router_lifetime', 'Router lifetime (s)'),
  reachable: field('icmpv6.nd.ra.reachable_time', 'Reachable time (ms)'),
  retransmission: field('icmpv6.nd.ra.retrans_timer', 'Retransmission timer (ms)'),
}
const asked = field('icmpv6.nd.ns.target_address', 'Target address', 'ipv6')
const answered = field('icmpv6.nd.na.target_address', 'Target address', 'ipv6')
const better = field('icmpv6.nd.rd.target_address', 'Target address', 'ipv6')
const redirected = field('icmpv6.rd.na.destination_address', 'Destination address', 'ipv6')
const answerFlags = field('icmpv6.nd.na.flag', 'Flags', 'hex')
const answerParts = [
  flag('icmpv6.nd.na.flag.r', 'Router', 0x80000000),
  flag('icmpv6.nd.na.flag.s', 'Solicited', 0x40000000),
  flag('icmpv6.nd.na.flag.o', 'Override', 0x20000000),
  bits('icmpv6.nd.na.flag.rsv', 'Reserved', 0x1fffffff),
]
const listener = {
  delay: field('icmpv6.mld.maximum_response_delay', 'Maximum response delay (ms)'),
  responseCode: field('icmpv6.mld.maximum_response_code', 'Maximum response code'),
  address: field('icmpv6.mld.multicast_address', 'Multicast address', 'ipv6'),
  flags: field('icmpv6.mld.flag', 'Flags', 'hex'),
  parts: [
    flag('icmpv6.mld.flag.s', 'Suppress router-side processing', 0x08),
    bits('icmpv6.mld.flag.qrv', "Querier's robustness", 0x07),
    bits('icmpv6.mld.flag.reserved', 'Reserved', 0xf0),
  ],
  interval: field('icmpv6.mld.qqi', "Querier's interval code"),
  sources: field('icmpv6.mld.nb_sources', 'Number of sources'),
  source: field('icmpv6.mld.source_address', 'Source address', 'ipv6'),
  records: field('icmpv6.mldr.nb_mcast_records', 'Number of records'),
  record: field('icmpv6.mldr.mar', 'Multicast address record', 'group'),
  recordType: field('icmpv6.mldr.mar.record_type', 'Record type'),
  auxiliaryLength: field('icmpv6.mldr.mar.aux_data_len', 'Auxiliary data length'),
  recordSources: field('icmpv6.mldr.mar.nb_sources', 'Number of sources'),
  recordAddress: field('icmpv6.mldr.mar.multicast_address', 'Multicast address', 'ipv6'),
  recordSource: field('icmpv6.mldr.mar.source_address', 'Source address', 'ipv6'),
  auxiliary: field('icmpv6.mldr.mar.auxiliary_data', 'Auxiliary data', 'bytes'),
}

/** The quoted packet follows as headers of their own. */
export const icmpv6 = header({
  name: 'icmpv6',
  title: 'Internet Control Message Protocol v6',
  spec: ['RFC 4443', 'RFC 4861 4'],

  read(pdu, trail) {
    trail.next = STOP_CUT
    if (pdu.left < 4) return
    const what = pdu.u8(type)
    pdu.u8(code)
    pdu.u16be(checksum)
    trail.next = STOP_DONE
    readBody(pdu, what)
    if (what >= UNREACHABLE && what <= PARAMETER_PROBLEM && pdu.ok && pdu.left > 0) trail.next = ETHERTYPE_IPV6
  },
})

function readBody(pdu: Pdu, type: number): void {
  switch (type) {
    case UNREACHABLE:
    case TIME_EXCEEDED:
      // A length is there only where extensions follow the quote (RFC 4884).
      if (pdu.peek() === 0) pdu.mark(reserved, 4)
      else {
        pdu.u8(quoteLength)
        pdu.mark(reserved, 3)
      }
      break
    case TOO_BIG:
      pdu.u32be(mtu)
      break
    case PARAMETER_PROBLEM:
      pdu.u32be(pointer)
      break
    case ECHO:
    case ECHO_REPLY:
      pdu.u16be(identifier)
      pdu.u16be(sequence)
      break
    case LISTENER_QUERY:
    case LISTENER_REPORT:
    case LISTENER_DONE:
      readListener(pdu, type)
      break
    case LISTENER_REPORT_2:
      readListenerReport(pdu)
      break
    case ROUTER_SOLICITATION:
      pdu.mark(reserved, 4)
      readDiscoveryOptions(pdu)
      break
    case ROUTER_ADVERTISEMENT:
      readRouter(pdu)
      break
    case NEIGHBOUR_SOLICITATION:
      pdu.mark(reserved, 4)
      pdu.mark(asked, 16)
      readDiscoveryOptions(pdu)
      break
    case NEIGHBOUR_ADVERTISEMENT:
      pdu.u32be(answerFlags)
      pdu.bits(...answerParts)
      pdu.mark(answered, 16)
      readDiscoveryOptions(pdu)
      break
    case REDIRECT:
      pdu.mark(reserved, 4)
      pdu.mark(better, 16)
      pdu.mark(redirected, 16)
      readDiscoveryOptions(pdu)
      break
    default:
      if (pdu.left > 0) pdu.mark(unknown, pdu.left)
  }
}

function readRouter(pdu: Pdu): void {
  pdu.u8(router.hopLimit)
  pdu.u8(router.flags)
  pdu.bits(...router.parts)
  pdu.u16be(router.lifetime)
  pdu.u32be(router.reachable)
  pdu.u32be(router.retransmission)
  readDiscoveryOptions(pdu)
}

function readListener(pdu: Pdu, type: number): void {
  const isVersion2 = type === LISTENER_QUERY && pdu.offset + pdu.left > LISTENER_QUERY_1_BYTES
  pdu.u16be(isVersion2 ? listener.responseCode : listener.delay)
  pdu.mark(reserved, 2)
  pdu.mark(listener.address, 16)
  if (!isVersion2) return
  pdu.u8(listener.flags)
  pdu.bits(...listener.parts)
  pdu.u8(listener.interval)
  const count = pdu.u16be(listener.sources)
  for (let n = 0; n < count && pdu.left > 0; n++) pdu.mark(listener.source, 16)
}

function readListenerReport(pdu: Pdu): void {
  pdu.mark(reserved, 2)
  const records = pdu.u16be(listener.records)
  for (let n = 0; n < Math.min(records, MAX_CHAINED_PARTS * MAX_CHAINED_PARTS) && pdu.left > 0; n++) {
    pdu.group(listener.record)
    pdu.u8(listener.recordType)
    const words = pdu.u8(listener.auxiliaryLength)
    const count = pdu.u16be(listener.recordSources)
    pdu.mark(listener.recordAddress, 16)
    for (let source = 0; source < count && pdu.left > 0; source++) pdu.mark(listener.recordSource, 16)
    if (words > 0) pdu.mark(listener.auxiliary, words * 4)
    pdu.end()
  }
}
