/**
 * TPKT and X.224: the first words of an RDP connection. The client names the security protocols that it can speak,
 * the server picks one or says why none will do. Behind a confirm that picks standard RDP security the session itself
 * follows here, in TPKT and fast-path PDUs; behind any other the connection becomes TLS.
 *
 * MS-RDPBCGR 2.2.1.1 (connection request), 2.2.1.2 (connection confirm), 2.2.9.1.2 (fast-path); RFC 1006 (TPKT);
 * ITU-T X.224 13.3 to 13.12; ITU-T T.125 (disconnect provider ultimatum).
 */
import { mcsDisconnectReasons } from '../src/codes/mcs.ts'
import { negotiationFailures } from '../src/codes/negotiation.ts'
import { hex } from '../src/wire/bytes.ts'
import {
  BROKEN,
  CLIENT,
  type Direction,
  LIKELY,
  type Likeness,
  MAYBE,
  NEED_MORE,
  NO,
  NOT_MINE,
  type Out,
  SERVER,
  SKIP,
  SURE,
  stream,
} from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { MAX_RDP_DATA_FACTS, MAX_TOKEN_LINES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

export interface NegotiationRequest {
  readonly kind: 'negotiation-request'
  /** The user name of `Cookie: mstshash=`, cut to 9 characters by mstsc; '' without. */
  readonly cookie: string
  /** The routing token (`Cookie: msts=…`, `tsv://…`); '' without. */
  readonly routingToken: string
  readonly flags: number
  /** requestedProtocols; -1 when the request has no negotiation part. */
  readonly protocols: number
  /** 32 hexadecimal digits; '' without. */
  readonly correlationId: string
  readonly complete: boolean
}
export interface NegotiationResponse {
  readonly kind: 'negotiation-response'
  readonly flags: number
  /** selectedProtocol; -1 when the confirm ends before it, or holds something else in its place. */
  readonly selected: number
  /** False when the confirm has no negotiation part: a server that knows only standard RDP security. */
  readonly present: boolean
  readonly complete: boolean
}
export interface NegotiationFailure {
  readonly kind: 'negotiation-failure'
  readonly code: number
  readonly complete: boolean
}
/** An X.224 disconnect request or error TPDU. */
export interface X224Refusal {
  readonly kind: 'x224-disconnect'
  readonly reason: number
  readonly complete: boolean
}
/** One of the first RDP PDUs behind the negotiation, on a connection that is not encrypted by TLS (or was decrypted). */
export interface RdpData {
  readonly kind: 'rdp-data'
  /** Of the whole PDU, with its TPKT or fast-path header. */
  readonly length: number
}
/** An MCS Disconnect Provider Ultimatum in clear: the orderly end of a session. T.125 reason. */
export interface DisconnectProvider {
  readonly kind: 'disconnect-provider-ultimatum'
  readonly reason: number
}
export type X224Fact =
  | NegotiationRequest
  | NegotiationResponse
  | NegotiationFailure
  | X224Refusal
  | RdpData
  | DisconnectProvider

export interface X224State {
  /** What the server picked; -1 before it has answered. */
  selected: number
  /** RDP PDUs seen, a direction. */
  pdus: [number, number]
}

const PDU_TYPES = new Map([
  [0x7, 'ER TPDU Error'],
  [0x8, 'DR Disconnect Request'],
  [0xd, 'CC Connect Confirm'],
  [0xe, 'CR Connect Request'],
  [0xf, 'DT Data'],
])
const NEGOTIATION_TYPES = new Map([
  [0x01, 'RDP Negotiation Request'],
  [0x02, 'RDP Negotiation Response'],
  [0x03, 'RDP Negotiation Failure'],
  [0x06, 'RDP Correlation Info'],
])
const tpkt = {
  version: field('tpkt.version', 'Version'),
  reserved: field('tpkt.reserved', 'Reserved'),
  length: field('tpkt.length', 'Length'),
  data: field('tpkt.continuation_data', 'Data', 'bytes'),
}
const cotp = {
  header: field('cotp', 'X.224', 'group'),
  length: field('cotp.li', 'Length'),
  type: field('cotp.type', 'PDU Type', 'hex', PDU_TYPES),
  destination: field('cotp.destref', 'Destination reference', 'hex'),
  source: field('cotp.srcref', 'Source reference', 'hex'),
  class: field('cotp.class', 'Class'),
  lastUnit: field('cotp.eot', 'Last data unit', 'hex'),
  cause: field('cotp.cause', 'Cause'),
  rejectCause: field('cotp.reject_cause', 'Reject cause'),
  parameters: field('cotp.parameter_value', 'Parameters', 'bytes'),
}
const rdp = {
  cookie: field('rdp.rt_cookie', 'Routing Token/Cookie', 'text'),
  type: field('rdp.neg_type', 'Type', 'hex', NEGOTIATION_TYPES),
  length: field('rdp.neg_length', 'Length'),
  requestFlags: field('rdp.negReq.flags', 'Flags', 'hex'),
  requested: field('rdp.negReq.requestedProtocols', 'requestedProtocols', 'hex'),
  responseFlags: field('rdp.negRsp.flags', 'Flags', 'hex'),
  selected: field('rdp.negReq.selectedProtocol', 'selectedProtocol', 'hex'),
  failure: field('rdp.negFailure.failureCode', 'failureCode', 'dec', negotiationFailures.symbols),
  correlationFlags: field('rdp.correlationInfo.flags', 'Flags', 'hex'),
  correlationId: field('rdp.correlationInfo.correlationId', 'correlationId', 'bytes'),
  correlationReserved: field('rdp.correlationInfo.reserved', 'Reserved', 'bytes'),
  unknown: field('rdp.unknown', 'Unknown part', 'bytes'),
}
const fastPath = {
  header: field('rdp.fastpath.header', 'Fast-path header', 'hex'),
  length: field('rdp.fastpath.length', 'Length', 'bytes'),
  data: field('rdp.fastpath.data', 'Data', 'bytes'),
}
const mcs = {
  choice: field('mcs.pdu', 'DomainMCSPDU', 'dec', new Map([[8, 'disconnectProviderUltimatum']])),
  reason: field('mcs.disconnectProviderUltimatum.reason', 'Reason', 'dec', mcsDisconnectReasons.symbols),
}

const TPKT_VERSION = 3
const TPKT_HEADER_BYTES = 4
/** TPKT, length indicator, type, and the last-data-unit byte. */
const DATA_HEADER_BYTES = 7
/** Data PDUs up to this length are read whole; of longer ones the header is the PDU and the rest is passed over. */
const WHOLE_DATA_BYTES = 64

const CONNECTION_REQUEST = 0xe0
const CONNECTION_CONFIRM = 0xd0
const DISCONNECT_REQUEST = 0x80
const TPDU_ERROR = 0x70
const DATA = 0xf0

const NEGOTIATION_REQUEST = 1
const NEGOTIATION_RESPONSE = 2
const NEGOTIATION_FAILURE = 3
const CORRELATION_INFO_PRESENT = 0x08
const PROTOCOL_RDP = 0
const DISCONNECT_PROVIDER_ULTIMATUM = 8
/** T.125 choices that RDP uses: erect domain, ultimatum, attach and join with their confirms, send data both ways. */
const MCS_CHOICES = [1, DISCONNECT_PROVIDER_ULTIMATUM, 10, 11, 14, 15, 25, 26]
/** First byte of MCS Connect Initial and Connect Response. */
const MCS_CONNECT = 0x7f

export const x224 = stream<X224State, X224Fact>({
  name: 'x224',
  filterName: 'tpkt',
  title: 'TPKT and X.224',
  spec: ['MS-RDPBCGR 2.2.1.1', 'MS-RDPBCGR 2.2.1.2', 'RFC 1006', 'ITU-T X.224'],

  begin: next => ({ selected: typeof next?.hint === 'number' ? next.hint : -1, pdus: [0, 0] }),

  probe(bytes, start, end, direction): Likeness {
    const there = end - start
    if (bytes[start] !== TPKT_VERSION || (there > 1 && bytes[start + 1] !== 0)) return NO
    if (there < DATA_HEADER_BYTES) return MAYBE
    const length = tpktLength(bytes, start)
    const indicated = bytes[start + 4] as number
    if (TPKT_HEADER_BYTES + 1 + indicated > length) return NO
    const type = (bytes[start + 5] as number) & 0xf0
    if (type === CONNECTION_REQUEST) return direction === CLIENT ? SURE : LIKELY
    if (type === CONNECTION_CONFIRM) return direction === SERVER ? SURE : LIKELY
    if (type !== DATA || indicated !== 2) return NO
    if (there === DATA_HEADER_BYTES) return MAYBE
    return isMcs(bytes[start + DATA_HEADER_BYTES] as number) ? LIKELY : NO
  },

  frame(bytes, start, end, _seen, state, direction) {
    const there = end - start
    if (bytes[start] !== TPKT_VERSION) {
      return mayBeFastPath(bytes[start] as number, state, direction) ? fastPathLength(bytes, start, end) : NOT_MINE
    }
    if (there < TPKT_HEADER_BYTES) return NEED_MORE
    const length = tpktLength(bytes, start)
    if (length < DATA_HEADER_BYTES) return BROKEN
    if (length <= WHOLE_DATA_BYTES) return length
    if (there < 6) return NEED_MORE
    const isData = bytes[start + 4] === 2 && ((bytes[start + 5] as number) & 0xf0) === DATA
    return isData ? DATA_HEADER_BYTES + 1 : length
  },

  read(pdu, state, direction, out) {
    if (pdu.peek() !== TPKT_VERSION) {
      // Where bytes were lost, the rest of a PDU may stand here.
      if (mayBeFastPath(pdu.peek(), state, direction)) fastPathPdu(pdu, state, direction, out)
      else pdu.mark(tpkt.data, pdu.left)
      return
    }
    pdu.u8(tpkt.version)
    pdu.u8(tpkt.reserved)
    const length = pdu.u16be(tpkt.length)
    pdu.sized(cotp.header, pdu.u8(cotp.length), cotp.length)
    const type = pdu.left > 0 ? pdu.peek() & 0xf0 : 0
    pdu.value(cotp.type, 1, type >> 4)
    if (type === DATA) {
      pdu.u8(cotp.lastUnit)
      pdu.end()
      data(pdu, length, state, direction, out)
      return
    }
    pdu.u16be(cotp.destination)
    if (type === TPDU_ERROR) refusal(pdu, out, pdu.u8(cotp.rejectCause))
    else pdu.u16be(cotp.source)
    if (type === DISCONNECT_REQUEST) refusal(pdu, out, pdu.u8(cotp.cause))
    const connects = type === CONNECTION_REQUEST || type === CONNECTION_CONFIRM
    if (connects) pdu.u8(cotp.class)
    // Some servers count the negotiation part outside the length indicator: then it lies behind the group.
    const outside = connects && pdu.left === 0 && pdu.ok
    if (outside) pdu.end()
    if (type === CONNECTION_REQUEST) request(pdu, out)
    else if (type === CONNECTION_CONFIRM) confirm(pdu, state, out)
    if (!outside) pdu.end()
    if (length > pdu.offset) pdu.mark(tpkt.data, length - pdu.offset)
  },
})

function tpktLength(bytes: Uint8Array, start: number): number {
  return ((bytes[start + 2] as number) << 8) | (bytes[start + 3] as number)
}

/** The length has one byte, or two when the top bit of the first is set. */
/** Its action bits are zero, and RDP in clear is spoken. */
function mayBeFastPath(first: number, state: X224State, direction: Direction): boolean {
  return (first & 3) === 0 && (state.selected === PROTOCOL_RDP || state.pdus[direction] > 0)
}

function fastPathLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 2) return NEED_MORE
  const first = bytes[start + 1] as number
  if ((first & 0x80) === 0) return first < 2 ? BROKEN : first > WHOLE_DATA_BYTES ? 2 : first
  if (end - start < 3) return NEED_MORE
  const length = ((first & 0x7f) << 8) | (bytes[start + 2] as number)
  return length < 3 ? BROKEN : length > WHOLE_DATA_BYTES ? 3 : length
}

function fastPathPdu(pdu: Pdu, state: X224State, direction: Direction, out: Out<X224Fact>): void {
  pdu.u8(fastPath.header)
  const long = (pdu.peek() & 0x80) !== 0
  const length = long ? ((pdu.peek() & 0x7f) << 8) | Math.max(0, pdu.peek(1)) : pdu.peek()
  pdu.value(fastPath.length, long ? 2 : 1, length)
  const header = pdu.offset
  if (length <= WHOLE_DATA_BYTES) pdu.mark(fastPath.data, Math.max(pdu.left, length - header))
  if (!pdu.ok || length < header) return
  if (length > WHOLE_DATA_BYTES) out.body(length - header, SKIP)
  count(length, state, direction, out)
}

/** @param length of the TPKT, of which this PDU may be the header alone. */
function data(pdu: Pdu, length: number, state: X224State, direction: Direction, out: Out<X224Fact>): void {
  const first = pdu.peek()
  if (first >> 2 === DISCONNECT_PROVIDER_ULTIMATUM && pdu.left === 2) {
    // Packed: six bits of choice, then three of reason, which lie across the two bytes.
    const reason = ((first & 3) << 1) | (pdu.peek(1) >> 7)
    pdu.value(mcs.choice, 1, first >> 2)
    pdu.value(mcs.reason, 1, reason)
    out.fact({ kind: 'disconnect-provider-ultimatum', reason })
    return
  }
  pdu.mark(tpkt.data, Math.max(pdu.left, length > WHOLE_DATA_BYTES ? 1 : length - pdu.offset))
  if (!pdu.ok) return
  if (length > WHOLE_DATA_BYTES) out.body(length - pdu.offset, SKIP)
  // Other protocols use TPKT too (S7, MMS, H.323): only what MCS can have sent is RDP.
  if (isMcs(first)) count(length, state, direction, out)
}

function count(length: number, state: X224State, direction: Direction, out: Out<X224Fact>): void {
  if (state.pdus[direction]++ < MAX_RDP_DATA_FACTS) out.fact({ kind: 'rdp-data', length })
}

function isMcs(first: number): boolean {
  return first === MCS_CONNECT || MCS_CHOICES.includes(first >> 2)
}

function refusal(pdu: Pdu, out: Out<X224Fact>, reason: number): void {
  out.fact({ kind: 'x224-disconnect', reason, complete: pdu.ok })
}

/** One routing token or cookie, then the negotiation request, then the correlation info: each may be absent. */
function request(pdu: Pdu, out: Out<X224Fact>): void {
  let cookie = ''
  let routingToken = ''
  for (let lines = 0; lines < MAX_TOKEN_LINES && isPrintable(pdu.peek()); lines++) {
    const lineEnd = pdu.until(0x0a)
    const line = pdu.text(rdp.cookie, lineEnd < 0 ? pdu.left : lineEnd + 1).trimEnd()
    const user = /^cookie:\s*mstshash=(.*)$/i.exec(line)
    if (user !== null) cookie = user[1] as string
    else routingToken = line
  }
  if (isParameter(pdu.peek())) {
    pdu.mark(cotp.parameters, pdu.left)
    out.opaque('x224: transport parameters, which RDP does not use: another protocol on TPKT')
    return
  }
  let flags = 0
  let protocols = -1
  let correlationId = ''
  if (pdu.left > 0) {
    const type = pdu.u8(rdp.type)
    if (type === NEGOTIATION_REQUEST) {
      flags = pdu.u8(rdp.requestFlags)
      pdu.u16le(rdp.length)
      const requested = pdu.u32le(rdp.requested)
      if (pdu.ok) protocols = requested
      if ((flags & CORRELATION_INFO_PRESENT) !== 0 && pdu.left > 0) correlationId = correlation(pdu)
    } else {
      pdu.note('warning', 'no negotiation request')
      pdu.mark(rdp.unknown, pdu.left)
    }
  }
  out.fact({ kind: 'negotiation-request', cookie, routingToken, flags, protocols, correlationId, complete: pdu.ok })
}

function correlation(pdu: Pdu): string {
  pdu.u8(rdp.type)
  pdu.u8(rdp.correlationFlags)
  pdu.u16le(rdp.length)
  const at = pdu.mark(rdp.correlationId, 16)
  pdu.mark(rdp.correlationReserved, 16)
  return at < 0 ? '' : hex(pdu.bytes, at, at + 16)
}

/** A damaged confirm is a fact, but nothing is built on it. */
function confirm(pdu: Pdu, state: X224State, out: Out<X224Fact>): void {
  if (pdu.left === 0) {
    out.fact({ kind: 'negotiation-response', flags: 0, selected: PROTOCOL_RDP, present: false, complete: pdu.ok })
    if (pdu.ok) state.selected = PROTOCOL_RDP
    return
  }
  if (isParameter(pdu.peek())) {
    pdu.mark(cotp.parameters, pdu.left)
    out.opaque('x224: transport parameters, which RDP does not use: another protocol on TPKT')
    return
  }
  const type = pdu.u8(rdp.type)
  const flags = pdu.u8(rdp.responseFlags)
  pdu.u16le(rdp.length)
  if (type === NEGOTIATION_FAILURE) {
    const code = pdu.u32le(rdp.failure)
    out.fact({ kind: 'negotiation-failure', code, complete: pdu.ok })
    return
  }
  if (type !== NEGOTIATION_RESPONSE) {
    pdu.note('warning', 'neither a response nor a failure')
    pdu.mark(rdp.unknown, pdu.left)
    out.fact({ kind: 'negotiation-response', flags, selected: -1, present: true, complete: false })
    return
  }
  const selected = pdu.u32le(rdp.selected)
  out.fact({
    kind: 'negotiation-response',
    flags,
    selected: pdu.ok ? selected : -1,
    present: true,
    complete: pdu.ok,
  })
  if (!pdu.ok) return
  state.selected = selected
  // What speaks inside TLS (CredSSP, then RDP) is said here as `inside` once there is somebody to read it.
  if (selected !== PROTOCOL_RDP) out.become('both', { protocol: 'tls', hint: selected })
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f
}

/** X.224 13.3.4: a parameter's code has its top bit set; RDP sends none. */
function isParameter(byte: number): boolean {
  return byte >= 0x80
}
