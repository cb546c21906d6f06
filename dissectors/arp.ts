/**
 * Address resolution: who has this protocol address, and with which hardware address. Reverse ARP has the same form.
 *
 * RFC 826, RFC 903, RFC 5227 (probes and announcements).
 */
import { etherTypes, hardwareTypes } from '../src/codes/protocol-numbers.ts'
import { type Field, field } from '../src/wire/field.ts'
import { STOP_CUT, STOP_DONE } from '../src/wire/following.ts'
import { header } from '../src/wire/header.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const FIXED_BYTES = 8
const ETHERNET = 1
const IEEE_802 = 6
const IPV4 = 0x0800
const operations: ReadonlyMap<number, string> = new Map([
  [1, 'request'],
  [2, 'reply'],
  [3, 'reverse request'],
  [4, 'reverse reply'],
  [8, 'inverse request'],
  [9, 'inverse reply'],
])
const hardwareType = field('arp.hw.type', 'Hardware type', 'dec', hardwareTypes)
const protocolType = field('arp.proto.type', 'Protocol type', 'hex', etherTypes)
const hardwareSize = field('arp.hw.size', 'Hardware size')
const protocolSize = field('arp.proto.size', 'Protocol size')
const operation = field('arp.opcode', 'Opcode', 'dec', operations)
const isGratuitous = field('arp.isgratuitous', 'Is gratuitous', 'flag')
const isProbe = field('arp.isprobe', 'Is probe', 'flag')
const isAnnouncement = field('arp.isannouncement', 'Is announcement', 'flag')
const party = (name: string, label: string) => ({
  mac: field(`arp.${name}.hw_mac`, `${label} MAC address`, 'ether'),
  hardware: field(`arp.${name}.hw`, `${label} hardware address`, 'bytes'),
  ipv4: field(`arp.${name}.proto_ipv4`, `${label} IP address`, 'ipv4'),
  protocol: field(`arp.${name}.proto`, `${label} protocol address`, 'bytes'),
})
const sender = party('src', 'Sender')
const target = party('dst', 'Target')

export const arp = header({
  name: 'arp',
  title: 'Address Resolution Protocol',
  spec: ['RFC 826'],

  read(pdu, trail) {
    if (pdu.left < FIXED_BYTES) {
      trail.next = STOP_CUT
      return
    }
    const start = pdu.pos
    const hardware = pdu.u16be(hardwareType)
    const protocol = pdu.u16be(protocolType)
    const hardwareLength = pdu.u8(hardwareSize)
    const protocolLength = pdu.u8(protocolSize)
    const what = pdu.u16be(operation)
    const isEthernet = (hardware === ETHERNET || hardware === IEEE_802) && hardwareLength === 6
    const isIp = protocol === IPV4 && protocolLength === 4
    if (isEthernet && isIp && pdu.left >= 20) readNotice(pdu, what)
    for (const one of [sender, target]) {
      readAddress(pdu, isEthernet ? one.mac : one.hardware, hardwareLength)
      if (isIp && pdu.left >= 4) pdu.u32be(one.ipv4)
      else readAddress(pdu, one.protocol, protocolLength)
    }
    trail.wireEnd = Math.min(trail.wireEnd, start + FIXED_BYTES + 2 * (hardwareLength + protocolLength))
    trail.end = Math.min(trail.end, trail.wireEnd)
    trail.next = pdu.ok ? STOP_DONE : STOP_CUT
  },
})

function readAddress(pdu: Pdu, f: Field, length: number): void {
  if (length > 0) pdu.mark(f, length)
}

/** Nobody is asked: an address is tried, or made known. */
function readNotice(pdu: Pdu, operation: number): void {
  const isZero = (from: number, length: number) => {
    for (let n = from; n < from + length; n++) if (pdu.peek(n) !== 0) return false
    return true
  }
  const isSame = [0, 1, 2, 3].every(n => pdu.peek(6 + n) === pdu.peek(16 + n))
  if (operation > 2) return
  if (isSame) {
    pdu.derived(isGratuitous, 1)
    if (operation === 1 && isZero(10, 6)) pdu.derived(isAnnouncement, 1)
  } else if (operation === 1 && isZero(6, 4) && isZero(10, 6)) pdu.derived(isProbe, 1)
}
