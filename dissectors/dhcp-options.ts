/** Options of DHCP. RFC 2132, RFC 3397 (search list), RFC 3442 (routes), RFC 4702 (FQDN), RFC 3046 (relay agents). */
import { latin1 } from '../src/wire/bytes.ts'
import { bits, type Field, field, flag } from '../src/wire/field.ts'
import { MAX_DHCP_OPTIONS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { ipv4Text } from './ip-address.ts'

/** What a host learns. '' and 0 = not said. */
export interface DhcpOptions {
  readonly type: number
  readonly mtu: number
  readonly mask: string
  readonly routers: readonly string[]
  readonly nameServers: readonly string[]
  readonly domain: string
  readonly server: string
  readonly leaseSeconds: number
  /** What the client calls itself, and the address that it asks for. */
  readonly host: string
  readonly requested: string
  /** The end was reached. */
  readonly ended: boolean
}

export const NO_OPTIONS: DhcpOptions = {
  type: 0,
  mtu: 0,
  mask: '',
  routers: [],
  nameServers: [],
  domain: '',
  server: '',
  leaseSeconds: 0,
  host: '',
  requested: '',
  ended: false,
}

const PAD = 0
const END = 255
const MASK = 1
const ROUTERS = 3
const NAME_SERVERS = 6
const HOST = 12
const DOMAIN = 15
const MTU = 26
const REQUESTED_ADDRESS = 50
const LEASE = 51
const TYPE = 53
const SERVER = 54
const REQUESTED = 55
const CLIENT = 61
const FQDN = 81

type Kind = 'u8' | 'u16' | 'u32' | 'i32' | 'flag' | 'addresses' | 'text'
const messageTypes: ReadonlyMap<number, string> = new Map([
  [1, 'Discover'],
  [2, 'Offer'],
  [3, 'Request'],
  [4, 'Decline'],
  [5, 'ACK'],
  [6, 'NAK'],
  [7, 'Release'],
  [8, 'Inform'],
])

/** By number: what it is called, and how it is read. */
const known: ReadonlyMap<number, readonly [kind: Kind, f: Field]> = new Map([
  option(MASK, 'addresses', 'subnet_mask', 'Subnet mask'),
  option(2, 'i32', 'time_offset', 'Time offset'),
  option(ROUTERS, 'addresses', 'router', 'Router'),
  option(4, 'addresses', 'time_server', 'Time server'),
  option(5, 'addresses', 'name_server', 'Name server'),
  option(NAME_SERVERS, 'addresses', 'domain_name_server', 'Domain name server'),
  option(7, 'addresses', 'log_server', 'Log server'),
  option(HOST, 'text', 'hostname', 'Host name'),
  option(13, 'u16', 'boot_file_size', 'Boot file size'),
  option(DOMAIN, 'text', 'domain_name', 'Domain name'),
  option(17, 'text', 'root_path', 'Root path'),
  option(19, 'flag', 'ip_forwarding', 'IP forwarding'),
  option(20, 'flag', 'non_local_source_routing', 'Non-local source routing'),
  option(22, 'u16', 'max_datagram_reassembly_size', 'Maximum datagram reassembly size'),
  option(23, 'u8', 'default_ip_ttl', 'Default time to live'),
  option(24, 'u32', 'path_mtu_aging_timeout', 'Path MTU aging timeout'),
  option(MTU, 'u16', 'interface_mtu', 'Interface MTU'),
  option(27, 'flag', 'all_subnets_are_local', 'All subnets are local'),
  option(28, 'addresses', 'broadcast_address', 'Broadcast address'),
  option(29, 'flag', 'perform_mask_discovery', 'Perform mask discovery'),
  option(31, 'flag', 'perform_router_discover', 'Perform router discovery'),
  option(35, 'u32', 'arp_cache_timeout', 'ARP cache timeout'),
  option(36, 'flag', 'ethernet_encapsulation', 'Ethernet encapsulation'),
  option(37, 'u8', 'tcp_default_ttl', 'TCP default time to live'),
  option(38, 'u32', 'tcp_keepalive_interval', 'TCP keep-alive interval'),
  option(40, 'text', 'nis_domain', 'NIS domain'),
  option(41, 'addresses', 'nis_server', 'NIS server'),
  option(42, 'addresses', 'ntp_server', 'NTP server'),
  option(44, 'addresses', 'netbios_over_tcpip_name_server', 'NetBIOS name server'),
  option(46, 'u8', 'netbios_over_tcpip_node_type', 'NetBIOS node type'),
  option(47, 'text', 'netbios_over_tcpip_scope', 'NetBIOS scope'),
  option(REQUESTED_ADDRESS, 'addresses', 'requested_ip_address', 'Requested IP address'),
  option(LEASE, 'u32', 'ip_address_lease_time', 'IP address lease time'),
  option(52, 'u8', 'option_overload', 'Option overload'),
  [TYPE, ['u8', field('dhcp.option.dhcp', 'Message type', 'dec', messageTypes)] as const],
  option(SERVER, 'addresses', 'dhcp_server_id', 'DHCP server identifier'),
  option(56, 'text', 'message', 'Message'),
  option(57, 'u16', 'dhcp_max_message_size', 'Maximum DHCP message size'),
  option(58, 'u32', 'renewal_time_value', 'Renewal time'),
  option(59, 'u32', 'rebinding_time_value', 'Rebinding time'),
  option(60, 'text', 'vendor_class_id', 'Vendor class identifier'),
  option(66, 'text', 'tftp_server_name', 'TFTP server name'),
  option(67, 'text', 'bootfile_name', 'Boot file name'),
])

const optionTypes = new Map<number, string>([
  [PAD, 'Padding'],
  [END, 'End'],
  [REQUESTED, 'Parameter request list'],
  [CLIENT, 'Client identifier'],
  [FQDN, 'Client fully qualified domain name'],
  [119, 'Domain search'],
  [121, 'Classless static route'],
  [249, 'Classless static route (Microsoft)'],
  ...[...known].map(([number, [, f]]) => [number, f.label] as const),
])
const one = field('dhcp.option', 'Option', 'group')
const type = field('dhcp.option.type', 'Option', 'dec', optionTypes)
const length = field('dhcp.option.length', 'Length')
const value = field('dhcp.option.value', 'Value', 'bytes')
const padding = field('dhcp.option.padding', 'Padding', 'bytes')
const end = field('dhcp.option.end', 'Option end')
/** Wireshark shows it so. */
const endType = bits('dhcp.option.type', 'Option', 0xff)
const wanted = field('dhcp.option.request_list_item', 'Parameter', 'dec', optionTypes)
const hardwareType = field('dhcp.hw.type', 'Hardware type', 'hex')
const macAddress = field('dhcp.hw.mac_addr', 'Client MAC address', 'ether')
const clientType = field('dhcp.client_id.type', 'Type')
const clientId = field('dhcp.client_id', 'Identifier', 'bytes')
const fqdn = {
  flags: field('dhcp.fqdn.flags', 'Flags', 'hex'),
  parts: [
    flag('dhcp.fqdn.n', 'No server update', 0x08),
    flag('dhcp.fqdn.e', 'Encoding', 0x04),
    flag('dhcp.fqdn.o', 'Server overrides', 0x02),
    flag('dhcp.fqdn.s', 'Server updates', 0x01),
  ],
  forward: field('dhcp.fqdn.rcode1', 'A-RR result'),
  reverse: field('dhcp.fqdn.rcode2', 'PTR-RR result'),
  name: field('dhcp.fqdn.name', 'Client name', 'text'),
}

type Open = { -readonly [K in keyof DhcpOptions]: DhcpOptions[K] }

export function readDhcpOptions(pdu: Pdu): DhcpOptions {
  const learnt: Open = { ...NO_OPTIONS }
  for (let n = 0; n < MAX_DHCP_OPTIONS && pdu.left > 0 && pdu.ok && !learnt.ended; n++) {
    const what = pdu.peek()
    if (what === PAD) {
      let zeros = 1
      while (pdu.peek(zeros) === 0) zeros++
      pdu.mark(padding, zeros)
      continue
    }
    pdu.group(one)
    if (what === END) {
      learnt.ended = true
      pdu.u8(end)
      pdu.detail(endType, 0, 1, 0)
    } else {
      pdu.u8(type)
      const size = pdu.u8(length)
      learn(pdu, what, size, learnt)
      if (size > 0) {
        pdu.sized(value, size, length)
        readOption(pdu, what)
        pdu.end()
      }
    }
    pdu.end()
  }
  if (learnt.ended && pdu.left > 0) pdu.mark(padding, pdu.left)
  return learnt
}

function readOption(pdu: Pdu, what: number): void {
  const one = known.get(what)
  if (one !== undefined) readValue(pdu, one[0], one[1])
  else if (what === REQUESTED) while (pdu.left > 0) pdu.u8(wanted)
  else if (what === CLIENT) readClient(pdu)
  else if (what === FQDN) readFqdn(pdu)
  else pdu.pos = pdu.limit
}

function readValue(pdu: Pdu, kind: Kind, f: Field): void {
  if (kind === 'u8' || kind === 'flag') pdu.u8(f)
  else if (kind === 'u16') pdu.u16be(f)
  else if (kind === 'u32') pdu.u32be(f)
  else if (kind === 'i32') pdu.i32be(f)
  else if (kind === 'addresses') while (pdu.left >= 4) pdu.u32be(f)
  else if (pdu.left > 0) pdu.value(f, pdu.left, latin1(pdu.bytes, pdu.pos, pdu.limit).replace(/\0.*$/s, ''))
}

function readClient(pdu: Pdu): void {
  if (pdu.left === 7 && pdu.peek() === 1) {
    pdu.u8(hardwareType)
    pdu.mark(macAddress, 6)
  } else if (pdu.left > 1) {
    pdu.u8(clientType)
    pdu.mark(clientId, pdu.left)
  }
}

function readFqdn(pdu: Pdu): void {
  pdu.u8(fqdn.flags)
  pdu.bits(...fqdn.parts)
  pdu.u8(fqdn.forward)
  pdu.u8(fqdn.reverse)
  if (pdu.left > 0) pdu.text(fqdn.name, pdu.left)
}

/** The facts of an option that lies before the cursor whole. */
function learn(pdu: Pdu, what: number, size: number, learnt: Open): void {
  if (size > pdu.left) return
  const { bytes, pos } = pdu
  const number = () => {
    let sum = 0
    for (let n = 0; n < Math.min(size, 4); n++) sum = sum * 256 + (bytes[pos + n] as number)
    return sum
  }
  const addresses = () => Array.from({ length: size >> 2 }, (_, n) => ipv4Text(bytes, pos + n * 4))
  const text = () => latin1(bytes, pos, pos + size).replace(/\0.*$/s, '')
  if (what === TYPE) learnt.type = number()
  else if (what === MTU) learnt.mtu = number()
  else if (what === LEASE) learnt.leaseSeconds = number()
  else if (what === MASK) learnt.mask = addresses()[0] ?? ''
  else if (what === SERVER) learnt.server = addresses()[0] ?? ''
  else if (what === ROUTERS) learnt.routers = addresses()
  else if (what === NAME_SERVERS) learnt.nameServers = addresses()
  else if (what === REQUESTED_ADDRESS) learnt.requested = addresses()[0] ?? ''
  else if (what === DOMAIN) learnt.domain = text()
  else if (what === HOST) learnt.host = text()
}

function option(number: number, kind: Kind, name: string, label: string): readonly [number, readonly [Kind, Field]] {
  const format = kind === 'addresses' ? 'ipv4' : kind === 'text' ? 'text' : kind === 'flag' ? 'flag' : 'dec'
  return [number, [kind, field(`dhcp.option.${name}`, label, format)]]
}
