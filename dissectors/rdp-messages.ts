/**
 * Messages beside the session: how fast the network is, whether UDP shall carry a part of it, and heartbeats. They have a
 * channel of their own where both sides know one.
 *
 * MS-RDPBCGR 2.2.14 (auto-detect), 2.2.15 (multitransport), 2.2.16 (heartbeat).
 */
import type { Out } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import {
  messageHeader,
  peekFlags,
  SEC_AUTODETECT_REQ,
  SEC_AUTODETECT_RSP,
  SEC_HEARTBEAT,
  SEC_TRANSPORT_REQ,
  SEC_TRANSPORT_RSP,
} from './rdp-security.ts'
import { mayRepeat, type RdpSession } from './rdp-session.ts'

/** What the server has measured; -1 where it does not say. */
export interface NetworkCharacteristics {
  readonly kind: 'network-characteristics'
  readonly baseRttMs: number
  readonly averageRttMs: number
  readonly bandwidthKbps: number
}
/** The server asks for a UDP connection beside this one. */
export interface MultitransportRequest {
  readonly kind: 'multitransport-request'
  readonly requestId: number
  /** 1 reliable, 2 lossy. */
  readonly protocol: number
}
/** How the client fared with it; 0x80004004 where UDP failed. */
export interface MultitransportResponse {
  readonly kind: 'multitransport-response'
  readonly requestId: number
  readonly hresult: number
}
/** The server's heartbeat, said once. */
export interface Heartbeat {
  readonly kind: 'heartbeat'
  readonly periodSeconds: number
  /** Missed ones after which the client warns, and after which it reconnects. */
  readonly warnAfter: number
  readonly reconnectAfter: number
}
export type AnyMessage = NetworkCharacteristics | MultitransportRequest | MultitransportResponse | Heartbeat

const REQUESTS = new Map([
  [0x0001, 'RTT measure request'],
  [0x1001, 'RTT measure request, while connecting'],
  [0x0014, 'Bandwidth measure start'],
  [0x0114, 'Bandwidth measure start, lossy UDP'],
  [0x1014, 'Bandwidth measure start, while connecting'],
  [0x0002, 'Bandwidth measure payload'],
  [0x002b, 'Bandwidth measure stop, while connecting'],
  [0x0429, 'Bandwidth measure stop'],
  [0x0629, 'Bandwidth measure stop, lossy UDP'],
  [0x0840, 'Network characteristics: round trips'],
  [0x0880, 'Network characteristics: bandwidth and average round trip'],
  [0x08c0, 'Network characteristics: all'],
])
const RESPONSES = new Map([
  [0x0000, 'RTT measure response'],
  [0x0003, 'Bandwidth measure results'],
  [0x000b, 'Bandwidth measure results'],
  [0x0018, 'Network characteristics sync'],
])
const PROTOCOLS = new Map([
  [1, 'reliable UDP'],
  [2, 'lossy UDP'],
])
const HRESULTS = new Map([
  [0, 'S_OK'],
  [0x80004004, 'E_ABORT'],
])
const detect = {
  group: field('rdp.autodetect', 'Auto-detect', 'group'),
  headerLength: field('rdp.bandwidth.headerlen', 'HeaderLength', 'hex'),
  headerType: field('rdp.bandwidth.typeid', 'HeaderTypeId', 'hex'),
  sequence: field('rdp.bandwidth.sequencenumber', 'Sequence number', 'hex'),
  request: field('rdp.bandwidth.reqtype', 'Request type', 'hex', REQUESTS),
  response: field('rdp.bandwidth.resptype', 'Response type', 'hex', RESPONSES),
  payloadLength: field('rdp.bandwidth.measure.len', 'Payload length'),
  payload: field('rdp.bandwidth.measure.payload', 'Payload data', 'bytes'),
  baseRtt: field('rdp.networkcharacteristics.basertt', 'Base RTT'),
  bandwidth: field('rdp.networkcharacteristics.bandwidth', 'Bandwidth'),
  averageRtt: field('rdp.networkcharacteristics.averagertt', 'Average RTT'),
  timeDelta: field('rdp.rttmeasure.timedelta', 'Time delta'),
  byteCount: field('rdp.rttmeasure.bytecount', 'Byte count'),
  unknown: field('rdp.unknown', 'Unknown part', 'bytes'),
}
const transport = {
  request: field('rdp.mtreq', 'Multitransport request', 'group'),
  requestId: field('rdp.mtreq.requestid', 'Request id', 'hex'),
  protocol: field('rdp.mtreq.protocol', 'Protocol', 'hex', PROTOCOLS),
  reserved: field('rdp.mtreq.reserved', 'Reserved', 'hex'),
  cookie: field('rdp.mtreq.securitycookie', 'Security cookie (hidden)', 'group'),
  response: field('rdp.mtresp', 'Multitransport response', 'group'),
  responseId: field('rdp.mtresp.requestid', 'Request id', 'hex'),
  hresult: field('rdp.mtresp.hrresponse', 'hrResponse', 'hex', HRESULTS),
}
const heart = {
  group: field('rdp.heartbeat', 'Heartbeat', 'group'),
  reserved: field('rdp.heartbeat.reserved', 'reserved', 'hex'),
  period: field('rdp.heartbeat.period', 'Period'),
  count1: field('rdp.heartbeat.count1', 'Count1'),
  count2: field('rdp.heartbeat.count2', 'Count2'),
}

const TYPE_ID_RESPONSE = 1
const COOKIE_BYTES = 16

/** From the security header on. */
export function message(pdu: Pdu, session: RdpSession, out: Out<AnyMessage>): void {
  const flags = peekFlags(pdu)
  if (!messageHeader(pdu, session)) return
  if ((flags & SEC_TRANSPORT_REQ) !== 0) transportRequest(pdu, out)
  else if ((flags & SEC_TRANSPORT_RSP) !== 0) transportResponse(pdu, out)
  else if ((flags & (SEC_AUTODETECT_REQ | SEC_AUTODETECT_RSP)) !== 0) autoDetect(pdu, session, out)
  else if ((flags & SEC_HEARTBEAT) !== 0) heartbeat(pdu, session, out)
}

function transportRequest(pdu: Pdu, out: Out<AnyMessage>): void {
  pdu.group(transport.request)
  const requestId = pdu.u32le(transport.requestId)
  const protocol = pdu.u16le(transport.protocol)
  pdu.u16le(transport.reserved)
  pdu.mark(transport.cookie, COOKIE_BYTES)
  pdu.end()
  if (pdu.ok) out.fact({ kind: 'multitransport-request', requestId, protocol })
}

function transportResponse(pdu: Pdu, out: Out<AnyMessage>): void {
  pdu.group(transport.response)
  const requestId = pdu.u32le(transport.responseId)
  const hresult = pdu.u32le(transport.hresult)
  pdu.end()
  if (pdu.ok) out.fact({ kind: 'multitransport-response', requestId, hresult })
}

/** A measurement of the network, on the message channel or in a tunnel over UDP. */
export function autoDetect(pdu: Pdu, session: RdpSession, out: Out<AnyMessage>): void {
  pdu.group(detect.group)
  pdu.u8(detect.headerLength)
  const isResponse = pdu.u8(detect.headerType) === TYPE_ID_RESPONSE
  pdu.u16le(detect.sequence)
  if (isResponse) response(pdu, pdu.u16le(detect.response))
  else request(pdu, pdu.u16le(detect.request), session, out)
  pdu.end()
}

function request(pdu: Pdu, type: number, session: RdpSession, out: Out<AnyMessage>): void {
  switch (type) {
    case 0x0002:
    case 0x002b: {
      const length = pdu.u16le(detect.payloadLength)
      if (length > 0) pdu.mark(detect.payload, length)
      return
    }
    case 0x0840:
    case 0x0880:
    case 0x08c0: {
      const baseRttMs = type === 0x0880 ? -1 : pdu.u32le(detect.baseRtt)
      const bandwidthKbps = type === 0x0840 ? -1 : pdu.u32le(detect.bandwidth)
      const averageRttMs = pdu.u32le(detect.averageRtt)
      if (!pdu.ok || !mayRepeat(session, true)) return
      out.fact({ kind: 'network-characteristics', baseRttMs, averageRttMs, bandwidthKbps })
      return
    }
    default:
  }
}

function response(pdu: Pdu, type: number): void {
  if (type === 0x0003 || type === 0x000b) {
    pdu.u32le(detect.timeDelta)
    pdu.u32le(detect.byteCount)
  } else if (type === 0x0018) {
    pdu.u32le(detect.bandwidth)
    pdu.u32le(detect.averageRtt)
  }
}

function heartbeat(pdu: Pdu, session: RdpSession, out: Out<AnyMessage>): void {
  pdu.group(heart.group)
  pdu.u8(heart.reserved)
  const periodSeconds = pdu.u8(heart.period)
  const warnAfter = pdu.u8(heart.count1)
  const reconnectAfter = pdu.u8(heart.count2)
  pdu.end()
  if (!pdu.ok || session.heartbeatSaid) return
  session.heartbeatSaid = true
  out.fact({ kind: 'heartbeat', periodSeconds, warnAfter, reconnectAfter })
}
