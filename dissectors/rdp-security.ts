/**
 * The security header in front of some RDP PDUs: of all with standard RDP security, under TLS only of those before the
 * session begins and on the message channel. What is encrypted stays so: this tool has no keys of standard RDP security.
 *
 * MS-RDPBCGR 2.2.8.1.1.2 (security headers), 2.2.1.10 (security exchange), 5.3, 5.4.4.
 */
import { bits, field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import type { RdpSession } from './rdp-session.ts'

const PACKETS = new Map([
  [0x001, 'Security exchange'],
  [0x040, 'Client info'],
  [0x080, 'Licensing'],
  [0x400, 'Redirection'],
])
const header = {
  flags: field('rdp.flags', 'flags', 'hex'),
  flagsHigh: field('rdp.flagsHi', 'flagsHi', 'hex'),
  signature: field('rdp.dataSignature', 'dataSignature', 'bytes'),
  fipsLength: field('rdp.fipsLength', 'fipsLength'),
  fipsVersion: field('rdp.fipsVersion', 'fipsVersion', 'hex'),
  padding: field('rdp.padlen', 'padlen'),
  encrypted: field('rdp.encryptedData', 'encryptedData', 'group'),
  randomLength: field('rdp.length', 'length'),
  random: field('rdp.encryptedClientRandom', 'encryptedClientRandom', 'bytes'),
}
const FLAGS = [
  bits('rdp.flags.pkt', 'flagsPkt', 0x04c1, 'hex', PACKETS),
  bits('rdp.flags.encrypt', 'flagsEncrypt', 0x0008, 'hex'),
  bits('rdp.flags.resetseqno', 'flagsResetSeqno', 0x0010, 'hex'),
  bits('rdp.flags.ignoreseqno', 'flagsIgnoreSeqno', 0x0020, 'hex'),
  bits('rdp.flags.licenseencrypt', 'flagsLicenseEncrypt', 0x0200, 'hex'),
  bits('rdp.flags.securechecksum', 'flagsSecureChecksum', 0x0800, 'hex'),
  bits('rdp.flags.flagshivalid', 'flagsHiValid', 0x8000, 'hex'),
]
const MESSAGE_FLAGS = [
  bits('rdp.flags.transportreq', 'Multitransport request', 0x0002, 'hex'),
  bits('rdp.flags.transportrsp', 'Multitransport response', 0x0004, 'hex'),
  bits('rdp.flags.autodetectreq', 'Auto-detect request', 0x1000, 'hex'),
  bits('rdp.flags.autodetectresp', 'Auto-detect response', 0x2000, 'hex'),
  bits('rdp.flags.heartbeat', 'Heartbeat', 0x4000, 'hex'),
]

export const SEC_EXCHANGE_PKT = 0x0001
export const SEC_TRANSPORT_REQ = 0x0002
export const SEC_TRANSPORT_RSP = 0x0004
const SEC_ENCRYPT = 0x0008
export const SEC_INFO_PKT = 0x0040
export const SEC_LICENSE_PKT = 0x0080
export const SEC_REDIRECTION_PKT = 0x0400
export const SEC_AUTODETECT_REQ = 0x1000
export const SEC_AUTODETECT_RSP = 0x2000
export const SEC_HEARTBEAT = 0x4000
const ENCRYPTION_METHOD_FIPS = 0x10
const SIGNATURE_BYTES = 8

/** The flags of the header that begins here, unread. */
export function peekFlags(pdu: Pdu): number {
  return Math.max(0, pdu.peek()) | (Math.max(0, pdu.peek(1)) << 8)
}

/** Header, and signature where the content is encrypted. @returns false when nothing behind it can be read */
export function securityHeader(pdu: Pdu, session: RdpSession): boolean {
  const flags = pdu.u16le(header.flags)
  pdu.bits(...FLAGS)
  pdu.u16le(header.flagsHigh)
  return content(pdu, session, flags)
}

/** The same on the message channel, whose packets are others. */
export function messageHeader(pdu: Pdu, session: RdpSession): boolean {
  const flags = pdu.u16le(header.flags)
  pdu.bits(...MESSAGE_FLAGS)
  pdu.u16le(header.flagsHigh)
  return content(pdu, session, flags)
}

/** The client's random, encrypted with the server's public key. */
export function securityExchange(pdu: Pdu): void {
  pdu.u16le(header.flags)
  pdu.bits(...FLAGS)
  pdu.u16le(header.flagsHigh)
  pdu.mark(header.random, pdu.u32le(header.randomLength))
}

function content(pdu: Pdu, session: RdpSession, flags: number): boolean {
  if ((flags & SEC_ENCRYPT) === 0) return pdu.ok
  if (session.encryption === ENCRYPTION_METHOD_FIPS) {
    pdu.u16le(header.fipsLength)
    pdu.u8(header.fipsVersion)
    pdu.u8(header.padding)
  }
  pdu.mark(header.signature, SIGNATURE_BYTES)
  if (pdu.left > 0) pdu.mark(header.encrypted, pdu.left)
  return false
}
