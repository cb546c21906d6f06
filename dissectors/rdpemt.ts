/**
 * The tunnel of Remote Desktop inside TLS or DTLS over UDP: the client shows the cookie that the server gave it over TCP,
 * then both send data, some of it with measurements of the network in front.
 *
 * MS-RDPEMT 2.2.1 (header), 2.2.2 (messages); MS-RDPBCGR 2.2.14 (measurements); MS-RDPEDYC (data: dynamic channels).
 */
import { NEED_MORE, NO, NOT_MINE, stream } from '../src/wire/dissector.ts'
import { bits, field } from '../src/wire/field.ts'
import { type DynamicChannelFact, type DynamicChannels, dynamicChannelPdu, newDynamicChannels } from './drdynvc.ts'
import { type AnyMessage, autoDetect } from './rdp-messages.ts'
import { newSession, type RdpSession } from './rdp-session.ts'

export interface TunnelRequest {
  readonly kind: 'rdpemt-request'
  /** Of the server's multitransport request, which came over TCP. */
  readonly requestId: number
  readonly complete: boolean
}
export interface TunnelResponse {
  readonly kind: 'rdpemt-response'
  /** HRESULT: 0 = the tunnel stands. */
  readonly result: number
  readonly complete: boolean
}
export type RdpemtFact = TunnelRequest | TunnelResponse | AnyMessage | DynamicChannelFact

const CREATE_REQUEST = 0
const CREATE_RESPONSE = 1
const DATA = 2
const ACTIONS = new Map([
  [CREATE_REQUEST, 'CreateRequest'],
  [CREATE_RESPONSE, 'CreateResponse'],
  [DATA, 'Data'],
])
const header = {
  first: field('rdpmt.header', 'Action and flags', 'hex'),
  action: bits('rdpmt.action', 'Action', 0x0f, 'hex', ACTIONS),
  flags: bits('rdpmt.flags', 'Flags', 0xf0, 'hex'),
  payloadLength: field('rdpmt.payloadlen', 'Payload length'),
  headerLength: field('rdpmt.headerlen', 'Header length'),
  subHeaders: field('rdpmt.subheaders', 'SubHeaders', 'group'),
  payload: field('rdpmt.payload', 'Payload', 'group'),
}
const request = {
  id: field('rdpmt.createrequest.requestid', 'RequestID', 'hex'),
  reserved: field('rdpmt.createrequest.reserved', 'Reserved', 'hex'),
  cookie: field('rdpmt.createrequest.cookie', 'Security cookie (hidden)', 'group'),
}
const response = field('rdpmt.createresponse.hrresponse', 'hrResponse')
const data = field('rdpmt.data', 'Data', 'group')

const HEADER_BYTES = 4
const COOKIE_BYTES = 16

interface Tunnel {
  readonly session: RdpSession
  readonly channels: DynamicChannels
}

export const rdpemt = stream<Tunnel, RdpemtFact>({
  name: 'rdpemt',
  filterName: 'rdpmt',
  title: 'Remote Desktop Protocol Multi-transport',
  spec: ['MS-RDPEMT 2.2'],

  begin: () => ({ session: newSession(null), channels: newDynamicChannels() }),

  /** Never by content, which four small numbers are too little for: RDP-UDP knows where it is spoken. */
  probe: () => NO,

  frame(bytes, start, end) {
    if (((bytes[start] as number) & 0x0f) > DATA) return NOT_MINE
    if (end - start < HEADER_BYTES) return NEED_MORE
    const headerLength = bytes[start + 3] as number
    return headerLength < HEADER_BYTES ? NOT_MINE : headerLength + payloadLength(bytes, start)
  },

  read(pdu, { session, channels }, direction, out) {
    const action = pdu.u8(header.first) & 0x0f
    pdu.bits(header.action, header.flags)
    const length = pdu.u16le(header.payloadLength)
    const headerLength = pdu.u8(header.headerLength)
    if (headerLength > HEADER_BYTES) {
      pdu.sized(header.subHeaders, headerLength - HEADER_BYTES, header.headerLength)
      while (pdu.left > 1 && pdu.peek() > 1) {
        pdu.bounded(pdu.peek(), header.headerLength)
        autoDetect(pdu, session, out)
        pdu.end()
      }
      pdu.end()
    }
    pdu.sized(header.payload, length, header.payloadLength)
    if (action === CREATE_REQUEST) {
      const requestId = pdu.u32le(request.id)
      pdu.u32le(request.reserved)
      pdu.mark(request.cookie, COOKIE_BYTES)
      out.fact({ kind: 'rdpemt-request', requestId, complete: pdu.ok })
    } else if (action === CREATE_RESPONSE) {
      const result = pdu.i32le(response) >>> 0
      out.fact({ kind: 'rdpemt-response', result, complete: pdu.ok })
    } else if (pdu.left > 0) {
      pdu.group(data)
      dynamicChannelPdu(pdu, channels, session, direction, out)
      pdu.end()
    }
    pdu.end()
  },
})

function payloadLength(bytes: Uint8Array, start: number): number {
  return (bytes[start + 1] as number) | ((bytes[start + 2] as number) << 8)
}
