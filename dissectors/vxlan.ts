/**
 * VXLAN: Ethernet over UDP.
 *
 * RFC 7348 section 5; the flags of draft-smith-vxlan-group-policy.
 */
import { bits, field, flag } from '../src/wire/field.ts'
import { NEXT_ETHERNET, STOP_CUT } from '../src/wire/following.ts'
import { header } from '../src/wire/header.ts'

const HEADER_BYTES = 8
const flags = field('vxlan.flags', 'Flags', 'hex')
const parts = [
  flag('vxlan.flag_g', 'Group policy extension', 0x8000),
  flag('vxlan.flag_i', 'Network identifier valid', 0x0800),
  flag('vxlan.flag_d', "Don't learn", 0x0040),
  flag('vxlan.flag_a', 'Policy applied', 0x0008),
  bits('vxlan.flags_reserved', 'Reserved', 0x77b7, 'hex'),
]
const group = field('vxlan.gbp', 'Group policy ID')
const network = field('vxlan.vni', 'Network identifier')
const reserved = field('vxlan.reserved8', 'Reserved')

export const vxlan = header({
  name: 'vxlan',
  title: 'Virtual eXtensible Local Area Network',
  spec: ['RFC 7348 5'],

  read(pdu, trail) {
    if (pdu.left < HEADER_BYTES) {
      trail.next = STOP_CUT
      return
    }
    pdu.u16be(flags)
    pdu.bits(...parts)
    pdu.u16be(group)
    pdu.u24be(network)
    pdu.u8(reserved)
    trail.next = NEXT_ETHERNET
  },
})
