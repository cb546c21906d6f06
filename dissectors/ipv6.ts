/**
 * IPv6: the fixed header.
 *
 * RFC 8200 section 3.
 */
import { ipProtocols } from '../src/codes/protocol-numbers.ts'
import { alias, bits, field } from '../src/wire/field.ts'
import { IP_PROTOCOL, STOP_CUT, STOP_MALFORMED } from '../src/wire/following.ts'
import { header } from '../src/wire/header.ts'

const HEADER_BYTES = 40
/** Wireshark lets `ip.version` find both. */
const version = alias('ip.version', bits('ipv6.version', 'Version', 0xf0))
const trafficClass = bits('ipv6.tclass', 'Traffic class', 0x0ff00000, 'hex')
const trafficParts = [
  bits('ipv6.tclass.dscp', 'Codepoint', 0xfc),
  bits('ipv6.tclass.ecn', 'Congestion notification', 0x03),
]
const flow = bits('ipv6.flow', 'Flow label', 0x000fffff, 'hex')
const payloadLength = field('ipv6.plen', 'Payload length')
const nextHeader = field('ipv6.nxt', 'Next header', 'dec', ipProtocols)
const hopLimit = field('ipv6.hlim', 'Hop limit')
const source = alias('ipv6.addr', field('ipv6.src', 'Source address', 'ipv6'))
const destination = alias('ipv6.addr', field('ipv6.dst', 'Destination address', 'ipv6'))

export const ipv6 = header({
  name: 'ipv6',
  title: 'Internet Protocol version 6',
  spec: ['RFC 8200 3'],

  read(pdu, trail) {
    const start = pdu.pos
    trail.next = STOP_CUT
    if (pdu.left < HEADER_BYTES) return
    const first = pdu.peek()
    const second = pdu.peek(1)
    pdu.overlay(version, 1, first >> 4)
    pdu.overlay(trafficClass, 4, ((first & 0x0f) << 4) | (second >> 4))
    pdu.bits(...trafficParts)
    pdu.value(flow, 4, ((second & 0x0f) << 16) | (pdu.peek(2) << 8) | pdu.peek(3))
    const length = pdu.u16be(payloadLength)
    const carried = pdu.u8(nextHeader)
    pdu.u8(hopLimit)
    trail.family = 6
    trail.ipStart = start
    trail.sourceAt = pdu.pos
    pdu.mark(source, 16)
    trail.destinationAt = pdu.pos
    pdu.mark(destination, 16)
    if (first >> 4 !== 6) {
      trail.next = STOP_MALFORMED
      return
    }
    // 0 stands for a jumbogram or for segmentation offload: then all that is there belongs to the datagram.
    if (length !== 0) {
      trail.wireEnd = pdu.pos + length
      trail.end = Math.min(trail.end, trail.wireEnd)
    }
    trail.protocol = carried
    trail.next = IP_PROTOCOL + carried
  },
})
