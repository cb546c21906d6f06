/**
 * RDP on the channel of the session itself: who logs on, licensing, capabilities, how the session becomes active, and why it
 * ends. With standard RDP security most of it is encrypted, and only headers can be read.
 *
 * MS-RDPBCGR 2.2.1.10 to 2.2.1.22, 2.2.3 to 2.2.13; 3.2.5.1 (the order in which they come).
 */
import { NO, type Out, stream, wholeMessage } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { type ClientInfo, clientInfo } from './rdp-client-info.ts'
import { type LicenseMessage, licenseMessage } from './rdp-license.ts'
import { type AnyMessage, message } from './rdp-messages.ts'
import { redirectionPacket } from './rdp-redirection.ts'
import {
  peekFlags,
  SEC_AUTODETECT_REQ,
  SEC_AUTODETECT_RSP,
  SEC_EXCHANGE_PKT,
  SEC_HEARTBEAT,
  SEC_INFO_PKT,
  SEC_LICENSE_PKT,
  SEC_REDIRECTION_PKT,
  SEC_TRANSPORT_REQ,
  SEC_TRANSPORT_RSP,
  securityExchange,
  securityHeader,
} from './rdp-security.ts'
import { type RdpSession, sessionOf } from './rdp-session.ts'
import { isSharePdu, type ShareFact, sharePdus } from './rdp-share.ts'

export type RdpFact = ClientInfo | LicenseMessage | AnyMessage | ShareFact

const rdpFields = {
  data: field('rdp.sendData', 'SendData', 'group'),
  exchange: field('rdp.securityExchangePDU', 'securityExchangePDU', 'group'),
  info: field('rdp.clientInfoPDU', 'clientInfoPDU', 'group'),
  license: field('rdp.validClientLicenseData', 'validClientLicenseData', 'group'),
  unknown: field('rdp.unknown', 'Unknown part', 'bytes'),
}
/** What a security header may announce. */
const PACKETS = SEC_EXCHANGE_PKT | SEC_INFO_PKT | SEC_LICENSE_PKT | SEC_REDIRECTION_PKT
/** Belong on the message channel; servers without one send them here. */
const MESSAGES = SEC_TRANSPORT_REQ | SEC_TRANSPORT_RSP | SEC_AUTODETECT_REQ | SEC_AUTODETECT_RSP | SEC_HEARTBEAT

export const rdp = stream<RdpSession, RdpFact>({
  name: 'rdp',
  title: 'Remote Desktop Protocol',
  spec: ['MS-RDPBCGR 2.2.1', 'MS-RDPBCGR 2.2.8.1.1'],

  begin: sessionOf,
  probe: () => NO,
  frame: wholeMessage,

  read(pdu, session, direction, out) {
    pdu.group(rdpFields.data)
    // Under TLS nothing says whether a security header is there: the share PDUs that come without one tell themselves.
    if (session.encryption <= 0 && isSharePdu(pdu)) sharePdus(pdu, session, direction, out)
    else if (!packet(pdu, session, out)) {
      if (securityHeader(pdu, session)) sharePdus(pdu, session, direction, out)
    }
    if (pdu.left > 0 || pdu.offset === 0) pdu.mark(rdpFields.unknown, Math.max(1, pdu.left))
    pdu.end()
  },
})

/** A PDU that its security header tells. */
function packet(pdu: Pdu, session: RdpSession, out: Out<RdpFact>): boolean {
  const flags = peekFlags(pdu)
  switch (flags & PACKETS) {
    case SEC_EXCHANGE_PKT:
      pdu.group(rdpFields.exchange)
      securityExchange(pdu)
      break
    case SEC_INFO_PKT:
      pdu.group(rdpFields.info)
      if (securityHeader(pdu, session)) clientInfo(pdu, out)
      break
    case SEC_LICENSE_PKT:
      pdu.group(rdpFields.license)
      if (securityHeader(pdu, session)) licenseMessage(pdu, out)
      break
    case SEC_REDIRECTION_PKT:
      if (securityHeader(pdu, session)) redirectionPacket(pdu, out)
      return true
    default:
      if ((flags & MESSAGES) === 0) return false
      message(pdu, session, out)
      return true
  }
  if (pdu.left > 0) pdu.mark(rdpFields.unknown, pdu.left)
  pdu.end()
  return true
}
