/**
 * Linux cooked captures: what the "any" interface records in place of a link header, first and second version.
 *
 * tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and LINKTYPE_LINUX_SLL2.html.
 */
import { etherTypes, hardwareTypes } from '../src/codes/protocol-numbers.ts'
import { field } from '../src/wire/field.ts'
import { NEXT_LLC, STOP_CUT, STOP_UNKNOWN } from '../src/wire/following.ts'
import { header, type Trail } from '../src/wire/header.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const ADDRESS_BYTES = 8
/** Linux has numbers of its own below the EtherTypes. */
const PROTOCOL_LLC = 4
const MAX_OWN_NUMBER = 1500

const packetTypes: ReadonlyMap<number, string> = new Map([
  [0, 'Unicast to us'],
  [1, 'Broadcast'],
  [2, 'Multicast'],
  [3, 'Unicast to another host'],
  [4, 'Sent by us'],
])
const packetType = field('sll.pkttype', 'Packet type', 'dec', packetTypes)
const hardware = field('sll.hatype', 'Link-layer address type', 'dec', hardwareTypes)
const addressLength = field('sll.halen', 'Link-layer address length')
const ethernetSource = field('sll.src.eth', 'Source', 'ether')
const ipv4Source = field('sll.src.ipv4', 'Source', 'ipv4')
const otherSource = field('sll.src.other', 'Source', 'bytes')
const unused = field('sll.unused', 'Unused', 'bytes')
const protocol = field('sll.etype', 'Protocol', 'hex', etherTypes)
const ownProtocol = field('sll.ltype', 'Protocol', 'hex')
const reserved = field('sll.reserved', 'Reserved', 'bytes')
const interfaceIndex = field('sll.ifindex', 'Interface index')

export const linuxCooked = header({
  name: 'linux-cooked',
  filterName: 'sll',
  title: 'Linux cooked capture v1',
  spec: ['LINKTYPE_LINUX_SLL'],

  read(pdu, trail) {
    if (pdu.left < 16) {
      trail.next = STOP_CUT
      return
    }
    pdu.u16be(packetType)
    pdu.u16be(hardware)
    readAddress(pdu, pdu.u16be(addressLength))
    readProtocol(pdu, trail)
  },
})

export const linuxCooked2 = header({
  name: 'linux-cooked-2',
  filterName: 'sll',
  title: 'Linux cooked capture v2',
  spec: ['LINKTYPE_LINUX_SLL2'],

  read(pdu, trail) {
    if (pdu.left < 20) {
      trail.next = STOP_CUT
      return
    }
    readProtocol(pdu, trail)
    pdu.mark(reserved, 2)
    pdu.u32be(interfaceIndex)
    pdu.u16be(hardware)
    pdu.u8(packetType)
    readAddress(pdu, pdu.u8(addressLength))
  },
})

function readProtocol(pdu: Pdu, trail: Trail): void {
  const value = (pdu.peek() << 8) | pdu.peek(1)
  if (value > MAX_OWN_NUMBER) {
    trail.next = pdu.u16be(protocol)
    return
  }
  pdu.u16be(ownProtocol)
  trail.next = value === PROTOCOL_LLC ? NEXT_LLC : STOP_UNKNOWN
}

/** It has room for eight bytes, however long it says it is. */
function readAddress(pdu: Pdu, length: number): void {
  const known = Math.min(length, ADDRESS_BYTES)
  if (length === 6) pdu.mark(ethernetSource, 6)
  else if (length === 4) pdu.u32be(ipv4Source)
  else if (known > 0) pdu.mark(otherSource, known)
  if (known < ADDRESS_BYTES) pdu.mark(unused, ADDRESS_BYTES - known)
}
