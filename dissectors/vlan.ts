/**
 * VLAN tags: priority, drop eligibility, and the number of the network.
 *
 * IEEE 802.1Q section 9.6 (C-TAG), formerly IEEE 802.1ad (S-TAG).
 */
import { etherTypes } from '../src/codes/protocol-numbers.ts'
import { bits, type Field, field } from '../src/wire/field.ts'
import { STOP_CUT } from '../src/wire/following.ts'
import { header, type Trail } from '../src/wire/header.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { pad, typeOrLength } from './ethernet.ts'

const TAG_BYTES = 4
const tagFields = (name: string) => ({
  priority: bits(`${name}.priority`, 'Priority', 0xe000),
  drop: bits(`${name}.dei`, 'Drop eligible', 0x1000),
  id: bits(`${name}.id`, 'ID', 0x0fff),
})
const customer = tagFields('vlan')
const service = tagFields('ieee8021ad')
const type = field('vlan.etype', 'Type', 'hex', etherTypes)
const length = field('vlan.len', 'Length')
/** Wireshark has no name for it. */
const serviceType = field('ieee8021ad.etype', 'Type', 'hex', etherTypes)
const trailer = field('vlan.trailer', 'Trailer', 'bytes')

export const vlan = header({
  name: 'vlan',
  title: '802.1Q Virtual LAN',
  spec: ['IEEE 802.1Q 9.6'],

  read(pdu, trail) {
    readTag(pdu, trail, customer, type)
  },

  trailer(pdu, _trail, frameStart) {
    pad(pdu, frameStart)
    if (pdu.left > 0) pdu.mark(trailer, pdu.left)
  },
})

export const serviceVlan = header({
  name: 'service-vlan',
  filterName: 'ieee8021ad',
  title: '802.1ad Service VLAN',
  spec: ['IEEE 802.1Q 9.6'],

  read(pdu, trail) {
    readTag(pdu, trail, service, serviceType)
  },
})

function readTag(pdu: Pdu, trail: Trail, tag: Readonly<Record<'priority' | 'drop' | 'id', Field>>, next: Field): void {
  if (pdu.left < TAG_BYTES) {
    trail.next = STOP_CUT
    return
  }
  const control = (pdu.peek() << 8) | pdu.peek(1)
  pdu.overlay(tag.priority, 2, control >> 13)
  pdu.overlay(tag.drop, 2, (control >> 12) & 1)
  pdu.value(tag.id, 2, control & 0xfff)
  typeOrLength(pdu, trail, next, length)
}
