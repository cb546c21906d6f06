/**
 * The side channel of an RD Gateway over UDP, inside DTLS on port 3391: the client asks for the server behind the gateway
 * with a cookie that it was given over HTTP, in pieces where it is long, then data flows. And the trailer that clients put
 * behind their DTLS hello. All numbers little-endian.
 *
 * MS-TSGU 2.2.11 (structures), 2.2.5.4.1 (types of packets), 3.8 (the order of events).
 */
import { gatewayResults } from '../src/codes/rdg-hresults.ts'
import { LIKELY, messages, NO, type Out } from '../src/wire/dissector.ts'
import { type Field, field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'

export interface RdgUdpRequest {
  readonly kind: 'rdg-udp-request'
  /** Of the server behind the gateway. */
  readonly port: number
  readonly lossy: boolean
  readonly complete: boolean
}
export interface RdgUdpResult {
  /** The gateway's answer, or the end of the channel. */
  readonly kind: 'rdg-udp-response' | 'rdg-udp-disconnect'
  /** HRESULT. */
  readonly result: number
  readonly complete: boolean
}
export type RdgUdpFact = RdgUdpRequest | RdgUdpResult

const CONNECT_REQUEST = 1
const CONNECT_RESPONSE = 2
const PAYLOAD = 3
const DISCONNECT = 4
const FRAGMENT = 5
const TYPES = new Map([
  [CONNECT_REQUEST, 'CONNECT_REQ'],
  [CONNECT_RESPONSE, 'CONNECT_RESP'],
  [PAYLOAD, 'PAYLOAD'],
  [DISCONNECT, 'DISCONNECT'],
  [FRAGMENT, 'CONNECT_REQ_FRAGMENT'],
])
const header = {
  type: field('rdg.udp.type', 'Packet type', 'dec', TYPES),
  length: field('rdg.udp.length', 'Length'),
  body: field('rdg.udp.body', 'Body', 'group'),
  rest: field('rdg.udp.rest', 'Unknown bytes', 'bytes'),
}
const connect = {
  port: field('rdg.udp.connect.port', 'Port'),
  cookieLength: field('rdg.udp.connect.cookie_length', 'Cookie length'),
  cookie: field('rdg.udp.connect.cookie', 'Cookie (hidden)', 'group'),
  upstreamMtu: field('rdg.udp.connect.upstream_mtu', 'Upstream MTU'),
  downstreamMtu: field('rdg.udp.connect.downstream_mtu', 'Downstream MTU'),
  lossy: field('rdg.udp.connect.lossy', 'Lossy'),
  sequence: field('rdg.udp.connect.sequence', 'Initial sequence number', 'hex'),
  result: field('rdg.udp.connect.result', 'Result', 'hex', gatewayResults.symbols),
}
const fragment = {
  id: field('rdg.udp.fragment.id', 'Fragment'),
  count: field('rdg.udp.fragment.count', 'Fragments'),
  length: field('rdg.udp.fragment.length', 'Fragment length'),
  // It may hold the cookie.
  bytes: field('rdg.udp.fragment.bytes', 'Fragment of the request (hidden)', 'group'),
}
const payload = field('rdg.udp.payload', 'Payload', 'bytes')
const reason = field('rdg.udp.disconnect.reason', 'Reason', 'hex', gatewayResults.symbols)
const trailer = {
  all: field('rdg.udp.correlation', 'Correlation info', 'group'),
  reserved: field('rdg.udp.correlation.reserved', 'Reserved', 'hex'),
  before: field('rdg.udp.correlation.signature1', 'Signature', 'hex'),
  id: field('rdg.udp.correlation.id', 'Correlation Id', 'bytes'),
  behind: field('rdg.udp.correlation.signature2', 'Signature', 'hex'),
  length: field('rdg.udp.correlation.length', 'Length'),
}

const HEADER_BYTES = 4
const TRAILER_BYTES = 26
const SIGNATURE_BEFORE = 0x1daa
const SIGNATURE_BEHIND = 0xaa1d

export const rdgUdp = messages<null, RdgUdpFact>({
  name: 'rdg-udp',
  filterName: 'rdg.udp',
  title: 'RD Gateway UDP Transport',
  spec: ['MS-TSGU 2.2.11'],

  begin: () => null,

  /** By a type of five and the exact length: little enough that only what comes out of DTLS is taken for it. */
  probe(bytes, start, end) {
    if (end - start < HEADER_BYTES) return NO
    const type = (bytes[start] as number) | ((bytes[start + 1] as number) << 8)
    const length = (bytes[start + 2] as number) | ((bytes[start + 3] as number) << 8)
    return TYPES.has(type) && length === end - start - HEADER_BYTES ? LIKELY : NO
  },

  read(pdu, _state, _direction, out) {
    const type = pdu.u16le(header.type)
    const length = pdu.u16le(header.length)
    if (!pdu.ok) return
    pdu.sized(header.body, length, header.length)
    readBody(pdu, type, out)
    if (pdu.left > 0) pdu.mark(header.rest, pdu.left)
    pdu.end()
  },
})

function readBody(pdu: Pdu, type: number, out: Out<RdgUdpFact>): void {
  if (type === CONNECT_REQUEST) {
    const port = pdu.u16le(connect.port)
    const cookieLength = pdu.u16le(connect.cookieLength)
    pdu.u16le(connect.upstreamMtu)
    pdu.u16le(connect.downstreamMtu)
    const lossy = pdu.u32le(connect.lossy) !== 0
    pdu.u32le(connect.sequence)
    pdu.mark(connect.cookie, cookieLength)
    out.fact({ kind: 'rdg-udp-request', port, lossy, complete: pdu.ok })
  } else if (type === CONNECT_RESPONSE) {
    pdu.u16le(connect.upstreamMtu)
    pdu.u16le(connect.downstreamMtu)
    pdu.u32le(connect.sequence)
    const result = hresult(pdu, connect.result)
    out.fact({ kind: 'rdg-udp-response', result, complete: pdu.ok })
  } else if (type === DISCONNECT) {
    const result = hresult(pdu, reason)
    out.fact({ kind: 'rdg-udp-disconnect', result, complete: pdu.ok })
  } else if (type === FRAGMENT) {
    pdu.u16le(fragment.id)
    pdu.u16le(fragment.count)
    pdu.mark(fragment.bytes, pdu.u16le(fragment.length))
  } else if (pdu.left > 0) pdu.mark(payload, pdu.left)
}

/** It has eight bytes on the wire, of which the upper four only repeat the sign. */
function hresult(pdu: Pdu, f: Field): number {
  const result = pdu.u32le(f)
  if (pdu.left >= 4) pdu.mark(header.rest, 4)
  return result
}

/** Behind a DTLS hello; false when it is something else. */
export function readRdgTrailer(pdu: Pdu): boolean {
  const { bytes, pos } = pdu
  const two = (at: number): number => (bytes[pos + at] as number) | ((bytes[pos + at + 1] as number) << 8)
  if (pdu.left !== TRAILER_BYTES || two(4) !== SIGNATURE_BEFORE || two(22) !== SIGNATURE_BEHIND) return false
  pdu.group(trailer.all)
  pdu.u32le(trailer.reserved)
  pdu.u16le(trailer.before)
  pdu.mark(trailer.id, 16)
  pdu.u16le(trailer.behind)
  pdu.u16le(trailer.length)
  pdu.end()
  return true
}
