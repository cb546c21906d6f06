/**
 * MPLS: one label of the stack. What lies below the last one has no type of its own.
 *
 * RFC 3032 section 2.1, RFC 5462 (traffic class).
 */
import { bits } from '../src/wire/field.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_MPLS, STOP_CUT, STOP_UNKNOWN } from '../src/wire/following.ts'
import { header } from '../src/wire/header.ts'

const LABEL_BYTES = 4
const label = bits('mpls.label', 'Label', 0xfffff000)
const trafficClass = bits('mpls.exp', 'Traffic class', 0x00000e00)
const bottom = bits('mpls.bottom', 'Bottom of stack', 0x00000100)
const timeToLive = bits('mpls.ttl', 'Time to live', 0x000000ff)

export const mpls = header({
  name: 'mpls',
  title: 'Multiprotocol Label Switching',
  spec: ['RFC 3032 2.1'],

  read(pdu, trail) {
    if (pdu.left < LABEL_BYTES) {
      trail.next = STOP_CUT
      return
    }
    const third = pdu.peek(2)
    pdu.overlay(label, LABEL_BYTES, (pdu.peek() << 12) | (pdu.peek(1) << 4) | (third >> 4))
    pdu.overlay(trafficClass, LABEL_BYTES, (third >> 1) & 7)
    pdu.overlay(bottom, LABEL_BYTES, third & 1)
    pdu.value(timeToLive, LABEL_BYTES, pdu.peek(3))
    const first = pdu.peek() >> 4
    if ((third & 1) === 0) trail.next = ETHERTYPE_MPLS
    else if (pdu.left === 0) trail.next = STOP_CUT
    else trail.next = first === 4 ? ETHERTYPE_IPV4 : first === 6 ? ETHERTYPE_IPV6 : STOP_UNKNOWN
  },
})
