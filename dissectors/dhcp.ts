/**
 * DHCP: what a host is told about its network: address, mask, routers, name servers, MTU. BOOTP is the same without options.
 *
 * RFC 2131 section 2 (message), RFC 2132 (options), RFC 3442 (routes), RFC 4702 (FQDN).
 */
import { hardwareTypes } from '../src/codes/protocol-numbers.ts'
import { datagram, NO, SURE } from '../src/wire/dissector.ts'
import { bits, field, flag } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { type DhcpOptions, NO_OPTIONS, readDhcpOptions } from './dhcp-options.ts'
import { ipv4Text } from './ip-address.ts'

export interface DhcpMessage {
  readonly kind: 'dhcp'
  /** 1 request, 2 reply. */
  readonly operation: number
  /** Option 53: 1 discover, 2 offer, 3 request, 5 acknowledge ...; 0 = BOOTP. */
  readonly type: number
  /** The client's own, when it has one already; '' = none. */
  readonly client: string
  /** What the server gives; '' = nothing. */
  readonly address: string
  readonly options: DhcpOptions
  readonly complete: boolean
}
export type DhcpFact = DhcpMessage

const operations: ReadonlyMap<number, string> = new Map([
  [1, 'Boot request'],
  [2, 'Boot reply'],
])
const operation = field('dhcp.type', 'Message type', 'dec', operations)
const hardware = field('dhcp.hw.type', 'Hardware type', 'hex', hardwareTypes)
const hardwareLength = field('dhcp.hw.len', 'Hardware address length')
const hops = field('dhcp.hops', 'Hops')
const id = field('dhcp.id', 'Transaction ID', 'hex')
const seconds = field('dhcp.secs', 'Seconds elapsed')
const flags = field('dhcp.flags', 'Flags', 'hex')
const flagParts = [flag('dhcp.flags.bc', 'Broadcast', 0x8000), bits('dhcp.flags.reserved', 'Reserved', 0x7fff, 'hex')]
const client = field('dhcp.ip.client', 'Client IP address', 'ipv4')
const your = field('dhcp.ip.your', 'Your (client) IP address', 'ipv4')
const server = field('dhcp.ip.server', 'Next server IP address', 'ipv4')
const relay = field('dhcp.ip.relay', 'Relay agent IP address', 'ipv4')
const macAddress = field('dhcp.hw.mac_addr', 'Client MAC address', 'ether')
const hardwareAddress = field('dhcp.hw.addr', 'Client hardware address', 'bytes')
const padding = field('dhcp.hw.addr_padding', 'Client hardware address padding', 'bytes')
const serverName = field('dhcp.server', 'Server host name', 'text')
const file = field('dhcp.file', 'Boot file name', 'text')
const cookie = field('dhcp.cookie', 'Magic cookie', 'ipv4')
const vendorArea = field('dhcp.vendor_specific_options', 'Vendor area', 'bytes')

const PORTS = [67, 68]
/** Up to the magic cookie, and with it. */
const FIXED_BYTES = 236
const VENDOR_BYTES = 64
const MAGIC = 0x63825363
const ETHERNET = 1
const ADDRESS_BYTES = 16

export const dhcp = datagram<DhcpFact>({
  name: 'dhcp',
  title: 'Dynamic Host Configuration Protocol',
  spec: ['RFC 2131 2', 'RFC 2132'],

  probe(bytes, start, end, port) {
    if (!PORTS.includes(port) || end - start < FIXED_BYTES) return NO
    const what = bytes[start] as number
    return (what === 1 || what === 2) && (bytes[start + 2] as number) <= ADDRESS_BYTES ? SURE : NO
  },

  read(pdu, _direction, out) {
    const what = pdu.u8(operation)
    const kind = pdu.u8(hardware)
    const length = pdu.u8(hardwareLength)
    pdu.u8(hops)
    pdu.u32be(id)
    pdu.u16be(seconds)
    pdu.u16be(flags)
    pdu.bits(...flagParts)
    const had = pdu.left >= 4 ? ipv4Text(pdu.bytes, pdu.pos) : ''
    pdu.u32be(client)
    const given = pdu.left >= 4 ? ipv4Text(pdu.bytes, pdu.pos) : ''
    pdu.u32be(your)
    pdu.u32be(server)
    pdu.u32be(relay)
    const known = Math.min(length, ADDRESS_BYTES)
    if (kind === ETHERNET && length === 6) pdu.mark(macAddress, 6)
    else if (known > 0) pdu.mark(hardwareAddress, known)
    if (known < ADDRESS_BYTES) pdu.mark(padding, ADDRESS_BYTES - known)
    readText(pdu, serverName, 64)
    readText(pdu, file, 128)
    if (!pdu.ok) return
    const hasOptions = pdu.left >= 4 && isMagic(pdu)
    const options = hasOptions ? readOptions(pdu) : none(pdu)
    out.fact({
      kind: 'dhcp',
      operation: what,
      type: options.type,
      client: had === '0.0.0.0' ? '' : had,
      address: given === '0.0.0.0' ? '' : given,
      options,
      complete: pdu.ok && options.ended,
    })
  },
})

function isMagic(pdu: Pdu): boolean {
  return ((pdu.peek() << 24) | (pdu.peek(1) << 16) | (pdu.peek(2) << 8) | pdu.peek(3)) === MAGIC
}

function readOptions(pdu: Pdu): DhcpOptions {
  pdu.u32be(cookie)
  return readDhcpOptions(pdu)
}

/** BOOTP: 64 bytes that only the vendor understands. */
function none(pdu: Pdu): DhcpOptions {
  const ended = pdu.left >= VENDOR_BYTES
  if (pdu.left > 0) pdu.mark(vendorArea, pdu.left)
  return { ...NO_OPTIONS, ended }
}

/** A text that ends with a zero; empty is no text at all. */
function readText(pdu: Pdu, f: typeof file, length: number): void {
  const end = pdu.pos + length
  const text = pdu.until(0)
  if (pdu.left < length) pdu.mark(f, length)
  else {
    if (text > 0) pdu.text(f, Math.min(text, length))
    pdu.pos = end
  }
}
