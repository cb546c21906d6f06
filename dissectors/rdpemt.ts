/**
 * The tunnel of Remote Desktop inside TLS or DTLS over UDP: the client shows the cookie that the server gave it over TCP,
 * then both send data, some of it with measurements of the network in front.
 *
 * MS-RDPEMT 2.2.1 (header), 2.2.2 (messages); MS-RDPBCGR 2.2.14 (measurements).
 */
import { NEED_MORE, NO, NOT_MINE, stream } from '../src/wire/dissector.ts'
import { bits, field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'

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
export type RdpemtFact = TunnelRequest | TunnelResponse

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
const data = field('rdpmt.data', 'Data', 'bytes')
const measurement = {
  one: field('rdp.bandwidth', 'Measurement', 'group'),
  length: field('rdp.bandwidth.headerlen', 'HeaderLength', 'hex'),
  type: field('rdp.bandwidth.typeid', 'HeaderTypeId', 'hex'),
  sequence: field('rdp.bandwidth.sequencenumber', 'Sequence number', 'hex'),
  requestType: field('rdp.bandwidth.reqtype', 'Request type', 'hex'),
  responseType: field('rdp.bandwidth.resptype', 'Response type', 'hex'),
  payloadLength: field('rdp.bandwidth.measure.len', 'Payload length'),
  payload: field('rdp.bandwidth.measure.payload', 'Payload data', 'bytes'),
  baseRtt: field('rdp.networkcharacteristics.basertt', 'Base RTT'),
  bandwidth: field('rdp.networkcharacteristics.bandwidth', 'Bandwidth'),
  averageRtt: field('rdp.networkcharacteristics.averagertt', 'Average RTT'),
  timeDelta: field('rdp.rttmeasure.timedelta', 'Time delta'),
  byteCount: field('rdp.rttmeasure.bytecount', 'Byte count'),
}

const HEADER_BYTES = 4
const COOKIE_BYTES = 16
/** MS-RDPBCGR 2.2.14.1 and 2.2.14.2: what is measured, or told. */
const REQUEST_MEASUREMENT = 0
const BANDWIDTH_PAYLOADS = [0x0002, 0x002b]
const BASE_RTT = [0x0840, 0x08c0]
const BANDWIDTH = [0x0880, 0x08c0]
const AVERAGE_RTT = [0x0840, 0x0880, 0x08c0]
const BANDWIDTH_RESULTS = [0x0003, 0x000b]
const NETWORK_SYNC = 0x0018

export const rdpemt = stream<null, RdpemtFact>({
  name: 'rdpemt',
  filterName: 'rdpmt',
  title: 'Remote Desktop Protocol Multi-transport',
  spec: ['MS-RDPEMT 2.2'],

  begin: () => null,

  /** Never by content, which four small numbers are too little for: RDP-UDP knows where it is spoken. */
  probe: () => NO,

  frame(bytes, start, end) {
    if (((bytes[start] as number) & 0x0f) > DATA) return NOT_MINE
    if (end - start < HEADER_BYTES) return NEED_MORE
    const headerLength = bytes[start + 3] as number
    return headerLength < HEADER_BYTES ? NOT_MINE : headerLength + payloadLength(bytes, start)
  },

  read(pdu, _state, _direction, out) {
    const action = pdu.u8(header.first) & 0x0f
    pdu.bits(header.action, header.flags)
    const length = pdu.u16le(header.payloadLength)
    const headerLength = pdu.u8(header.headerLength)
    if (headerLength > HEADER_BYTES) {
      pdu.sized(header.subHeaders, headerLength - HEADER_BYTES, header.headerLength)
      while (pdu.left > 1 && pdu.peek() > 1) readMeasurement(pdu)
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
    } else if (pdu.left > 0) pdu.mark(data, pdu.left)
    pdu.end()
  },
})

function payloadLength(bytes: Uint8Array, start: number): number {
  return (bytes[start + 1] as number) | ((bytes[start + 2] as number) << 8)
}

/** A sub-header; it has the form of the same messages over TCP. */
function readMeasurement(pdu: Pdu): void {
  pdu.sized(measurement.one, pdu.peek(), measurement.length)
  pdu.u8(measurement.length)
  const isRequest = pdu.u8(measurement.type) === REQUEST_MEASUREMENT
  pdu.u16le(measurement.sequence)
  const type = pdu.u16le(isRequest ? measurement.requestType : measurement.responseType)
  if (isRequest && BANDWIDTH_PAYLOADS.includes(type))
    pdu.mark(measurement.payload, pdu.u16le(measurement.payloadLength))
  if (isRequest && BASE_RTT.includes(type)) pdu.u32le(measurement.baseRtt)
  if (isRequest && BANDWIDTH.includes(type)) pdu.u32le(measurement.bandwidth)
  if (isRequest && AVERAGE_RTT.includes(type)) pdu.u32le(measurement.averageRtt)
  if (!isRequest && BANDWIDTH_RESULTS.includes(type)) {
    pdu.u32le(measurement.timeDelta)
    pdu.u32le(measurement.byteCount)
  }
  if (!isRequest && type === NETWORK_SYNC) {
    pdu.u32le(measurement.bandwidth)
    pdu.u32le(measurement.averageRtt)
  }
  pdu.end()
}
