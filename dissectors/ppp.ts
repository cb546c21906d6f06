/**
 * PPP, in HDLC-like framing or without, and the PPPoE session header that carries it over Ethernet.
 *
 * RFC 1661 section 2, RFC 1662 section 3 (address and control), RFC 2516 section 4 (PPPoE).
 */
import { pppProtocols } from '../src/codes/protocol-numbers.ts'
import { bits, field } from '../src/wire/field.ts'
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  NEXT_PPP,
  STOP_CUT,
  STOP_MALFORMED,
  STOP_UNKNOWN,
} from '../src/wire/following.ts'
import { header } from '../src/wire/header.ts'

const PPPOE_HEADER_BYTES = 6
const ALL_STATIONS = 0xff
const UNNUMBERED_INFORMATION = 0x03
const IPV4 = 0x21
const IPV6 = 0x57

const address = field('ppp.address', 'Address', 'hex')
const control = field('ppp.control', 'Control', 'hex')
const protocol = field('ppp.protocol', 'Protocol', 'hex', pppProtocols)

export const ppp = header({
  name: 'ppp',
  title: 'Point-to-Point Protocol',
  spec: ['RFC 1661 2', 'RFC 1662 3'],

  read(pdu, trail) {
    if (pdu.peek() === ALL_STATIONS && pdu.peek(1) === UNNUMBERED_INFORMATION) {
      pdu.u8(address)
      pdu.u8(control)
    }
    trail.next = STOP_CUT
    if (pdu.left < 2) return
    // The first byte of the protocol may be left out: the last one is odd.
    const value = (pdu.peek() & 1) !== 0 ? pdu.u8(protocol) : pdu.u16be(protocol)
    trail.next = value === IPV4 ? ETHERTYPE_IPV4 : value === IPV6 ? ETHERTYPE_IPV6 : STOP_UNKNOWN
  },
})

const version = bits('pppoe.version', 'Version', 0xf0)
const type = bits('pppoe.type', 'Type', 0x0f)
const code = field('pppoe.code', 'Code', 'hex')
const session = field('pppoe.session_id', 'Session ID', 'hex')
const length = field('pppoe.payload_length', 'Payload length')

export const pppoe = header({
  name: 'pppoe',
  filterName: 'pppoes',
  title: 'PPP-over-Ethernet session',
  spec: ['RFC 2516 4'],

  read(pdu, trail) {
    if (pdu.left < PPPOE_HEADER_BYTES) {
      trail.next = STOP_CUT
      return
    }
    const first = pdu.peek()
    pdu.overlay(version, 1, first >> 4)
    pdu.value(type, 1, first & 0x0f)
    const what = pdu.u8(code)
    pdu.u16be(session)
    pdu.u16be(length)
    trail.next = first === 0x11 && what === 0 ? NEXT_PPP : STOP_MALFORMED
  },
})
