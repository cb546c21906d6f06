/**
 * Server redirection: the server sends the client to another machine, and ends this connection on purpose. Credentials and
 * the load balancer's cookie are told by their lengths alone. MS-RDPBCGR 2.2.13.1 (RDP_SERVER_REDIRECTION_PACKET).
 */
import type { Out } from '../src/wire/dissector.ts'
import { type Field, field, flag } from '../src/wire/field.ts'
import { MAX_REDIRECTION_ADDRESSES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { utf16Text } from './rdp-text.ts'

export interface Redirection {
  readonly kind: 'redirection'
  /** RedirFlags: what follows, and what the client is to do with it. */
  readonly flags: number
  readonly sessionId: number
  /** '' where the server does not say. */
  readonly targetAddress: string
  readonly targetName: string
  /** A routing token for the load balancer came along. */
  readonly hasRoutingToken: boolean
  readonly complete: boolean
}

const redirection = {
  group: field('rdp.redirection', 'Server redirection', 'group'),
  secFlags: field('rdp.redirection.secflags', 'Flags', 'hex'),
  length: field('rdp.redirection.length', 'Length'),
  session: field('rdp.redirection.sessionid', 'SessionID', 'hex'),
  flags: field('rdp.redirection.flags', 'RedirFlags', 'hex'),
  partLength: field('rdp.redirection.part.length', 'Length of the next field'),
  address: field('rdp.redirection.targetnetaddress', 'TargetNetAddress', 'text'),
  routing: field('rdp.redirection.loadbalanceinfo', 'LoadBalanceInfo (hidden)', 'group'),
  user: field('rdp.redirection.username', 'UserName', 'text'),
  domain: field('rdp.redirection.domain', 'Domain', 'text'),
  password: field('rdp.redirection.password', 'Password (hidden)', 'group'),
  fqdn: field('rdp.redirection.targetfqdn', 'TargetFQDN', 'text'),
  netbios: field('rdp.redirection.targetnetbiosname', 'TargetNetBiosName', 'text'),
  tsvUrl: field('rdp.redirection.tsvurl', 'TsvUrl (hidden)', 'group'),
  guid: field('rdp.redirection.guid', 'RedirectionGuid', 'bytes'),
  certificate: field('rdp.redirection.targetcertificate', 'TargetCertificate', 'bytes'),
  addresses: field('rdp.redirection.targetnetaddresses', 'TargetNetAddresses', 'group'),
  addressCount: field('rdp.redirection.targetnetaddresses.count', 'addressCount'),
  addressLength: field('rdp.redirection.targetnetaddresses.length', 'addressLength'),
  oneAddress: field('rdp.redirection.targetnetaddresses.address', 'address', 'text'),
  pad: field('rdp.redirection.pad', 'Pad', 'bytes'),
}
const TARGET_NET_ADDRESS = 0x1
const LOAD_BALANCE_INFO = 0x2
const USERNAME = 0x4
const DOMAIN = 0x8
const PASSWORD = 0x10
const TARGET_FQDN = 0x100
const TARGET_NETBIOS_NAME = 0x200
const TARGET_NET_ADDRESSES = 0x800
const CLIENT_TSV_URL = 0x1000
const REDIRECTION_GUID = 0x8000
const TARGET_CERTIFICATE = 0x10000
const FLAGS = [
  flag('rdp.redirection.flags.targetnetaddress', 'LB_TARGET_NET_ADDRESS', TARGET_NET_ADDRESS),
  flag('rdp.redirection.flags.loadbalanceinfo', 'LB_LOAD_BALANCE_INFO', LOAD_BALANCE_INFO),
  flag('rdp.redirection.flags.username', 'LB_USERNAME', USERNAME),
  flag('rdp.redirection.flags.domain', 'LB_DOMAIN', DOMAIN),
  flag('rdp.redirection.flags.password', 'LB_PASSWORD', PASSWORD),
  flag('rdp.redirection.flags.dontstoreusername', 'LB_DONTSTOREUSERNAME', 0x20),
  flag('rdp.redirection.flags.smartcard', 'LB_SMARTCARD_LOGON', 0x40),
  flag('rdp.redirection.flags.noredirect', 'LB_NOREDIRECT', 0x80),
  flag('rdp.redirection.flags.targetfqdn', 'LB_TARGET_FQDN', TARGET_FQDN),
  flag('rdp.redirection.flags.targetnetbiosname', 'LB_TARGET_NETBIOS_NAME', TARGET_NETBIOS_NAME),
  flag('rdp.redirection.flags.targetnetaddresses', 'LB_TARGET_NET_ADDRESSES', TARGET_NET_ADDRESSES),
  flag('rdp.redirection.flags.clienttsvurl', 'LB_CLIENT_TSV_URL', CLIENT_TSV_URL),
  flag('rdp.redirection.flags.servertsvcapable', 'LB_SERVER_TSV_CAPABLE', 0x2000),
  flag('rdp.redirection.flags.passwordencrypted', 'LB_PASSWORD_IS_PK_ENCRYPTED', 0x4000),
  flag('rdp.redirection.flags.guid', 'LB_REDIRECTION_GUID', REDIRECTION_GUID),
  flag('rdp.redirection.flags.targetcertificate', 'LB_TARGET_CERTIFICATE', TARGET_CERTIFICATE),
]
const HEADER_BYTES = 12

/** The packet itself: behind a share control header, or a security header. */
export function redirectionPacket(pdu: Pdu, out: Out<Redirection>): void {
  const length = Math.max(0, pdu.peek(2)) | (Math.max(0, pdu.peek(3)) << 8)
  pdu.sized(redirection.group, Math.max(HEADER_BYTES, length), redirection.length)
  pdu.u16le(redirection.secFlags)
  pdu.u16le(redirection.length)
  const sessionId = pdu.u32le(redirection.session)
  const flags = pdu.u32le(redirection.flags)
  pdu.bits(...FLAGS)
  const text = (bit: number, f: Field) =>
    (flags & bit) === 0 ? '' : utf16Text(pdu, f, pdu.u32le(redirection.partLength))
  const skip = (bit: number, f: Field) => {
    if ((flags & bit) !== 0) pdu.mark(f, pdu.u32le(redirection.partLength))
  }
  const targetAddress = text(TARGET_NET_ADDRESS, redirection.address)
  skip(LOAD_BALANCE_INFO, redirection.routing)
  text(USERNAME, redirection.user)
  text(DOMAIN, redirection.domain)
  skip(PASSWORD, redirection.password)
  const fqdn = text(TARGET_FQDN, redirection.fqdn)
  const netbios = text(TARGET_NETBIOS_NAME, redirection.netbios)
  skip(CLIENT_TSV_URL, redirection.tsvUrl)
  skip(REDIRECTION_GUID, redirection.guid)
  skip(TARGET_CERTIFICATE, redirection.certificate)
  if ((flags & TARGET_NET_ADDRESSES) !== 0) addresses(pdu)
  if (pdu.left > 0) pdu.mark(redirection.pad, pdu.left)
  pdu.end()
  out.fact({
    kind: 'redirection',
    flags,
    sessionId,
    targetAddress,
    targetName: fqdn === '' ? netbios : fqdn,
    hasRoutingToken: (flags & LOAD_BALANCE_INFO) !== 0,
    complete: pdu.ok,
  })
}

function addresses(pdu: Pdu): void {
  pdu.sized(redirection.addresses, pdu.u32le(redirection.partLength), redirection.partLength)
  const count = pdu.u32le(redirection.addressCount)
  for (let n = 0; n < Math.min(count, MAX_REDIRECTION_ADDRESSES) && pdu.left > 0; n++) {
    utf16Text(pdu, redirection.oneAddress, pdu.u32le(redirection.addressLength))
  }
  pdu.end()
}
