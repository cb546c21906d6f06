/**
 * Share PDUs: what the server and the client of a session say to one another beside graphics. The control header tells
 * which kind: both sides settle capabilities, the session is taken down and up again, the client is sent elsewhere, or
 * data, which has a header and kinds of its own.
 *
 * MS-RDPBCGR 2.2.8.1.1.1 (share headers), 2.2.1.13 (demand and confirm active), 2.2.3.1 (deactivate all), 2.2.13.3
 * (redirection under TLS).
 */
import type { Direction, Out } from '../src/wire/dissector.ts'
import { bits, field } from '../src/wire/field.ts'
import { MAX_SHARE_PDUS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { capabilitySets } from './rdp-capabilities.ts'
import { dataPdu, type RdpDataPduFact } from './rdp-data-pdus.ts'
import { type Redirection, redirectionPacket } from './rdp-redirection.ts'
import { mayRepeat, type RdpSession } from './rdp-session.ts'
import { ansiText } from './rdp-text.ts'

/** The server opens the share, or the client agrees: capabilities. Again after each Deactivate All. */
export interface ActiveExchange {
  readonly kind: 'demand-active' | 'confirm-active'
  /** Who made the server or the client, in a few letters (MSTSC, RDP, FREERDP). */
  readonly source: string
  /** Types of the capability sets are counted, not listed. */
  readonly capabilitySets: number
  readonly complete: boolean
}
/** The server takes the share down: before a reactivation, or before the end. */
export interface DeactivateAll {
  readonly kind: 'deactivate-all'
}
export type ShareFact = ActiveExchange | DeactivateAll | Redirection | RdpDataPduFact

const TYPES = new Map([
  [1, 'Demand Active PDU'],
  [3, 'Confirm Active PDU'],
  [6, 'Deactivate All PDU'],
  [7, 'Data PDU'],
  [10, 'Server Redirection PDU'],
])
const share = {
  header: field('rdp.shareControlHeader', 'shareControlHeader', 'bytes'),
  totalLength: field('rdp.totalLength', 'totalLength'),
  type: field('rdp.pduType', 'pduType', 'hex'),
  source: field('rdp.pduSource', 'pduSource'),
  id: field('rdp.shareId', 'shareId', 'hex'),
  originator: field('rdp.OriginatorId', 'originatorId'),
  descriptorLength: field('rdp.lengthSourceDescriptor', 'lengthSourceDescriptor'),
  combinedLength: field('rdp.lengthCombinedCapabilities', 'lengthCombinedCapabilities'),
  descriptor: field('rdp.sourceDescriptor', 'sourceDescriptor', 'text'),
  capabilities: field('rdp.numberCapabilities', 'numberCapabilities'),
  pad: field('rdp.pad2Octets', 'pad2Octets'),
  session: field('rdp.sessionId', 'sessionId', 'hex'),
  flow: field('rdp.flowPdu', 'Flow control', 'bytes'),
  rest: field('rdp.unknown', 'Unknown part', 'bytes'),
}
const TYPE_PARTS = [
  bits('rdp.pduType.type', 'pduTypeType', 0x000f, 'hex', TYPES),
  bits('rdp.pduType.versionLow', 'pduTypeVersionLow', 0x00f0),
  bits('rdp.pduType.versionHigh', 'pduTypeVersionHigh', 0xff00),
]

const DEMAND_ACTIVE = 1
const CONFIRM_ACTIVE = 3
const DEACTIVATE_ALL = 6
const DATA = 7
const REDIRECTION = 10
const PROTOCOL_VERSION = 0x10
/** Length and type, without the source that nearly all have. */
const SHORT_HEADER_BYTES = 4
const HEADER_BYTES = 6
/** Flow control of T.128: no length, and nothing for RDP. */
const FLOW_MARKER = 0x8000
const FLOW_BYTES = 8

/** Does a share PDU begin here? Told by its length and type, as nothing else says whether a security header is there. */
export function isSharePdu(pdu: Pdu): boolean {
  const length = Math.max(0, pdu.peek()) | (Math.max(0, pdu.peek(1)) << 8)
  if (length === FLOW_MARKER) return pdu.left === FLOW_BYTES
  if (length < SHORT_HEADER_BYTES || length > pdu.left) return false
  const type = pdu.peek(2)
  return (type & 0xf0) === PROTOCOL_VERSION && TYPES.has(type & 0x0f) && pdu.peek(3) === 0
}

/** All share PDUs up to the end: mostly there is one. */
export function sharePdus(pdu: Pdu, session: RdpSession, direction: Direction, out: Out<ShareFact>): void {
  for (let n = 0; n < MAX_SHARE_PDUS && pdu.left > 0; n++) {
    const length = Math.max(0, pdu.peek()) | (Math.max(0, pdu.peek(1)) << 8)
    if (length === FLOW_MARKER) pdu.mark(share.flow, FLOW_BYTES)
    else if (length < SHORT_HEADER_BYTES) pdu.mark(share.rest, pdu.left)
    else {
      pdu.sized(share.header, length, share.totalLength)
      sharePdu(pdu, length, session, direction, out)
      pdu.end()
    }
  }
}

function sharePdu(pdu: Pdu, length: number, session: RdpSession, direction: Direction, out: Out<ShareFact>): void {
  pdu.u16le(share.totalLength)
  const type = pdu.u16le(share.type) & 0x0f
  pdu.bits(...TYPE_PARTS)
  if (length >= HEADER_BYTES) pdu.u16le(share.source)
  switch (type) {
    case DEMAND_ACTIVE:
    case CONFIRM_ACTIVE:
      active(pdu, type, session, out)
      break
    case DEACTIVATE_ALL:
      deactivate(pdu, session, out)
      break
    case DATA:
      pdu.u32le(share.id)
      dataPdu(pdu, session, direction, out)
      break
    case REDIRECTION:
      pdu.u16le(share.pad)
      redirectionPacket(pdu, out)
      break
    default:
  }
  if (pdu.left > 0) pdu.mark(share.rest, pdu.left)
}

function active(pdu: Pdu, type: number, session: RdpSession, out: Out<ShareFact>): void {
  pdu.u32le(share.id)
  if (type === CONFIRM_ACTIVE) pdu.u16le(share.originator)
  const descriptorLength = pdu.u16le(share.descriptorLength)
  const combinedLength = pdu.u16le(share.combinedLength)
  const source = ansiText(pdu, share.descriptor, descriptorLength)
  const end = pdu.left - combinedLength
  const count = pdu.u16le(share.capabilities)
  pdu.u16le(share.pad)
  capabilitySets(pdu, count)
  if (type === DEMAND_ACTIVE && (pdu.left > 0 || end > 0)) pdu.u32le(share.session)
  if (!mayRepeat(session, pdu.ok)) return
  const kind = type === DEMAND_ACTIVE ? 'demand-active' : 'confirm-active'
  out.fact({ kind, source, capabilitySets: count, complete: pdu.ok })
}

function deactivate(pdu: Pdu, session: RdpSession, out: Out<ShareFact>): void {
  // Some servers leave all this out.
  if (pdu.left > 0) {
    pdu.u32le(share.id)
    ansiText(pdu, share.descriptor, pdu.u16le(share.descriptorLength))
  }
  if (pdu.ok && mayRepeat(session, true)) out.fact({ kind: 'deactivate-all' })
}
