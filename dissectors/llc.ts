/**
 * IEEE 802.2 logical link control, and the subnetwork access protocol (SNAP) that gives it EtherTypes.
 *
 * ISO/IEC 8802-2 sections 3 and 5, IEEE 802 section 9.2, RFC 1042, RFC 2427 and RFC 2684 (bridged Ethernet).
 */
import { etherTypes } from '../src/codes/protocol-numbers.ts'
import { bits, field, flag } from '../src/wire/field.ts'
import { ETHERTYPE_IPV4, NEXT_ETHERNET, STOP_CUT, STOP_UNKNOWN } from '../src/wire/following.ts'
import { header, type Trail } from '../src/wire/header.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const SAP_IP = 0x06
const SAP_SNAP = 0xaa
const UNNUMBERED_INFORMATION = 0x03
/** Organisations whose type is an EtherType: none, and 802.1H bridges. */
const ENCAPSULATED = 0x000000
const BRIDGE_TUNNEL = 0x0000f8
const IEEE_802_1 = 0x0080c2

const serviceAccessPoints: ReadonlyMap<number, string> = new Map([
  [0x00, 'NULL LSAP'],
  [0x06, 'TCP/IP'],
  [0x42, 'Spanning tree'],
  [0xaa, 'SNAP'],
  [0xe0, 'NetWare'],
  [0xf0, 'NetBIOS'],
  [0xfe, 'ISO network layer'],
  [0xff, 'Global'],
])
const destination = field('llc.dsap', 'DSAP', 'hex', serviceAccessPoints)
const destinationBits = [bits('llc.dsap.sap', 'SAP', 0xfe, 'dec'), flag('llc.dsap.ig', 'Group', 0x01)]
const source = field('llc.ssap', 'SSAP', 'hex', serviceAccessPoints)
const sourceBits = [bits('llc.ssap.sap', 'SAP', 0xfe, 'dec'), flag('llc.ssap.cr', 'Response', 0x01)]
const control = field('llc.control', 'Control field', 'hex')
const organisation = field('llc.oui', 'Organization code', 'hex')
const type = field('llc.type', 'Type', 'hex', etherTypes)
const protocol = field('llc.pid', 'Protocol ID', 'hex')
/** Each of these organisations has names of its own for it. */
const ownProtocol = field('llc.organization.pid', 'Protocol ID', 'hex')
const OWN_NUMBERS: readonly number[] = [0x00000c, IEEE_802_1, 0x080007, 0x00e02b]

export const llc = header({
  name: 'llc',
  title: 'Logical-Link Control',
  spec: ['ISO/IEC 8802-2 3', 'IEEE 802 9.2'],

  read(pdu, trail) {
    trail.next = STOP_CUT
    if (pdu.left < 3) return
    const to = pdu.u8(destination)
    pdu.bits(...destinationBits)
    const from = pdu.u8(source)
    pdu.bits(...sourceBits)
    // Information and supervision have a second byte: their first two bits are not both set.
    const isUnnumbered = (pdu.peek() & 3) === 3
    const kind = isUnnumbered ? pdu.u8(control) : pdu.u16le(control)
    if (!pdu.ok) return
    trail.next = STOP_UNKNOWN
    if (kind !== UNNUMBERED_INFORMATION) return
    if (to === SAP_IP && from === SAP_IP) trail.next = ETHERTYPE_IPV4
    else if (to === SAP_SNAP && from === SAP_SNAP) snap(pdu, trail)
  },
})

function snap(pdu: Pdu, trail: Trail): void {
  if (pdu.left < 5) {
    trail.next = STOP_CUT
    return
  }
  const who = pdu.u24be(organisation)
  if (who === ENCAPSULATED || who === BRIDGE_TUNNEL) {
    trail.next = pdu.u16be(type)
    return
  }
  const what = pdu.u16be(OWN_NUMBERS.includes(who) ? ownProtocol : protocol)
  // Bridged Ethernet, with and without its check sequence; ATM puts two bytes of padding before it.
  if (who !== IEEE_802_1 || (what !== 1 && what !== 7)) return
  if (pdu.left >= 2 && pdu.peek() === 0 && pdu.peek(1) === 0) pdu.pos += 2
  trail.next = NEXT_ETHERNET
}
