/**
 * BSD loopback: the address family of the recording host before the packet.
 *
 * tcpdump.org/linktypes.html: LINKTYPE_NULL (in the order of the host), LINKTYPE_LOOP (in network order).
 */
import { field } from '../src/wire/field.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, STOP_CUT, STOP_UNKNOWN } from '../src/wire/following.ts'
import { header } from '../src/wire/header.ts'

const AF_INET = 2
/** AF_INET6 is another number on each system: Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS. */
const IPV6_FAMILIES: readonly number[] = [10, 23, 24, 28, 30]
const families: ReadonlyMap<number, string> = new Map([
  [AF_INET, 'IPv4'],
  ...IPV6_FAMILIES.map(family => [family, 'IPv6'] as const),
])
const family = field('null.family', 'Family', 'dec', families)

export const hostLoopback = header({
  name: 'host-loopback',
  filterName: 'null',
  title: 'Null/Loopback',
  spec: ['LINKTYPE_NULL'],

  read(pdu, trail) {
    if (pdu.left < 4) {
      trail.next = STOP_CUT
      return
    }
    // The upper half of a family is zero, so the half that is not tells the order.
    const isLittleEndian = pdu.peek() !== 0 || pdu.peek(1) !== 0
    trail.next = ofFamily(isLittleEndian ? pdu.u32le(family) : pdu.u32be(family))
  },
})

export const networkLoopback = header({
  name: 'network-loopback',
  filterName: 'null',
  title: 'Null/Loopback',
  spec: ['LINKTYPE_LOOP'],

  read(pdu, trail) {
    if (pdu.left < 4) trail.next = STOP_CUT
    else trail.next = ofFamily(pdu.u32be(family))
  },
})

function ofFamily(value: number): number {
  if (value === AF_INET) return ETHERTYPE_IPV4
  return IPV6_FAMILIES.includes(value) ? ETHERTYPE_IPV6 : STOP_UNKNOWN
}
