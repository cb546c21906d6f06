/**
 * TPKT and X.224: the first words of an RDP connection, and what carries MCS afterwards. Behind a confirm that picks
 * standard RDP security the session itself follows here, in TPKT and fast-path PDUs; behind any other the connection
 * becomes TLS, and X.224 goes on inside it.
 *
 * MS-RDPBCGR 2.2.1.1 (connection request), 2.2.1.2 (connection confirm), 5.3.8 (fast-path beside TPKT), 5.4.2 (what is
 * spoken inside TLS); RFC 1006 (TPKT); ITU-T X.224 13.3 to 13.12.
 */
import {
  BROKEN,
  CLIENT,
  type Direction,
  LIKELY,
  type Likeness,
  MAYBE,
  NEED_MORE,
  type Next,
  NO,
  NOT_MINE,
  type Out,
  SERVER,
  SKIP,
  SURE,
  stream,
} from '../src/wire/dissector.ts'
import { field, flag } from '../src/wire/field.ts'
import { MAX_RDP_DATA_FACTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { BULK_LOOK_BYTES, isBulk } from './rdp-bulk.ts'
import { fastPathContent, fastPathHeader, fastPathLength } from './rdp-fastpath.ts'
import { type NegotiationFact, negotiationConfirm, negotiationRequest } from './rdp-negotiation.ts'
import { newSession, type RdpSession } from './rdp-session.ts'

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
export type X224Fact = NegotiationFact | X224Refusal | RdpData

export interface X224State {
  readonly session: RdpSession
  /** The negotiation was outside, in front of TLS: RDP is spoken from the first byte. */
  readonly inside: boolean
  /** RDP PDUs seen, a direction. */
  pdus: [number, number]
  /** Parts of a PDU that lies across several TPDUs are passing by, a direction. */
  segmented: [boolean, boolean]
  /** MCS listens. */
  opened: boolean
}

const PDU_TYPES = new Map([
  [0x7, 'ER TPDU Error'],
  [0x8, 'DR Disconnect Request'],
  [0xd, 'CC Connect Confirm'],
  [0xe, 'CR Connect Request'],
  [0xf, 'DT Data'],
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
  extendedFormats: flag('cotp.opts.extended_formats', 'Extended formats', 0x02),
  noFlowControl: flag('cotp.opts.no_explicit_flow_control', 'No explicit flow control', 0x01),
  number: field('cotp.tpdu-number', 'TPDU number', 'hex'),
  lastUnit: field('cotp.eot', 'Last data unit', 'flag'),
  cause: field('cotp.cause', 'Cause'),
  rejectCause: field('cotp.reject_cause', 'Reject cause'),
}

const TPKT_VERSION = 3
const TPKT_HEADER_BYTES = 4
/** TPKT, length indicator, type, and the last-data-unit byte. */
const DATA_HEADER_BYTES = 7
/** Data PDUs up to this length are read whole; of longer ones that nobody needs the rest is passed over. */
const WHOLE_DATA_BYTES = 64
/** Of those the PDU is so much, and the rest is body. */
const PASSED_OVER_BYTES = DATA_HEADER_BYTES + BULK_LOOK_BYTES

const CONNECTION_REQUEST = 0xe0
const CONNECTION_CONFIRM = 0xd0
const DISCONNECT_REQUEST = 0x80
const TPDU_ERROR = 0x70
const DATA = 0xf0

const PROTOCOL_RDP = 0
const PROTOCOL_SSL = 0x01
const PROTOCOL_HYBRID = 0x02
const PROTOCOL_RDSTLS = 0x04
const PROTOCOL_HYBRID_EX = 0x08
const PROTOCOL_RDSAAD = 0x10
/** Who authenticates inside TLS before RDP goes on. */
const AUTHENTICATION = new Map([
  [PROTOCOL_HYBRID, 'credssp'],
  [PROTOCOL_HYBRID_EX, 'credssp'],
  [PROTOCOL_RDSTLS, 'rdstls'],
  [PROTOCOL_RDSAAD, 'rdsaad'],
])
/** T.125 choices that RDP uses: erect domain, ultimatum, attach and join with their confirms, send data both ways. */
const MCS_CHOICES = [1, 8, 10, 11, 14, 15, 25, 26]
/** First byte of MCS Connect Initial and Connect Response. */
const MCS_CONNECT = 0x7f
const MCS_SLOT = 0

export const x224 = stream<X224State, X224Fact>({
  name: 'x224',
  filterName: 'tpkt',
  title: 'TPKT and X.224',
  spec: ['MS-RDPBCGR 2.2.1.1', 'MS-RDPBCGR 2.2.1.2', 'RFC 1006', 'ITU-T X.224'],

  begin: next => ({
    session: newSession(next),
    inside: typeof next?.hint === 'number',
    pdus: [0, 0],
    segmented: [false, false],
    opened: false,
  }),

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
      if (!mayBeFastPath(bytes[start] as number, state, direction)) return NOT_MINE
      const length = fastPathLength(bytes, start, end)
      return length <= WHOLE_DATA_BYTES || state.session.watched
        ? length
        : fastPathHeaderBytes(bytes[start + 1] as number)
    }
    if (there < TPKT_HEADER_BYTES) return NEED_MORE
    const length = tpktLength(bytes, start)
    if (length < DATA_HEADER_BYTES) return BROKEN
    if (length <= WHOLE_DATA_BYTES || state.session.watched) return length
    if (there < 6) return NEED_MORE
    const isData = bytes[start + 4] === 2 && ((bytes[start + 5] as number) & 0xf0) === DATA
    if (!isData) return length
    if (there <= DATA_HEADER_BYTES) return NEED_MORE
    if (!isMcs(bytes[start + DATA_HEADER_BYTES] as number)) return DATA_HEADER_BYTES + 1
    if (there < PASSED_OVER_BYTES) return NEED_MORE
    return isBulk(bytes, start + DATA_HEADER_BYTES, state.session) ? PASSED_OVER_BYTES : length
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
      pdu.derived(cotp.destination, 0)
      const unit = pdu.left > 0 ? pdu.peek() : 0
      pdu.derived(cotp.number, unit & 0x7f)
      pdu.value(cotp.lastUnit, 1, unit >> 7)
      pdu.end()
      data(pdu, length, unit >> 7 === 1, state, direction, out)
      return
    }
    pdu.u16be(cotp.destination)
    if (type === TPDU_ERROR) refusal(pdu, out, pdu.u8(cotp.rejectCause))
    else pdu.u16be(cotp.source)
    if (type === DISCONNECT_REQUEST) refusal(pdu, out, pdu.u8(cotp.cause))
    const connects = type === CONNECTION_REQUEST || type === CONNECTION_CONFIRM
    if (connects) {
      const options = Math.max(0, pdu.peek())
      pdu.value(cotp.class, 1, options >> 4)
      pdu.derived(cotp.extendedFormats, (options >> 1) & 1)
      pdu.derived(cotp.noFlowControl, options & 1)
    }
    // Some servers count the negotiation part outside the length indicator: then it lies behind the group.
    const outside = connects && pdu.left === 0 && pdu.ok
    if (outside) pdu.end()
    if (type === CONNECTION_REQUEST) negotiationRequest(pdu, out)
    else if (type === CONNECTION_CONFIRM) confirm(pdu, state, out)
    if (!outside) pdu.end()
    if (length > pdu.offset) pdu.mark(tpkt.data, length - pdu.offset)
  },
})

function tpktLength(bytes: Uint8Array, start: number): number {
  return ((bytes[start + 2] as number) << 8) | (bytes[start + 3] as number)
}

/** Its action bits are zero, and RDP is spoken here. */
function mayBeFastPath(first: number, state: X224State, direction: Direction): boolean {
  const { session, inside, pdus } = state
  return (first & 3) === 0 && (inside || session.selected === PROTOCOL_RDP || pdus[direction] > 0)
}

function fastPathHeaderBytes(firstOfLength: number): number {
  return (firstOfLength & 0x80) === 0 ? 2 : 3
}

function fastPathPdu(pdu: Pdu, state: X224State, direction: Direction, out: Out<X224Fact>): void {
  const header = pdu.peek()
  const length = fastPathHeader(pdu, direction)
  const headerBytes = pdu.offset
  if (!pdu.ok || length < headerBytes) return
  const isHeaderAlone = length > WHOLE_DATA_BYTES && pdu.left === 0
  // What is wrong in its content does not make it less of an RDP PDU.
  if (isHeaderAlone || headerBytes + pdu.left >= length) count(length, state, direction, out)
  if (isHeaderAlone) {
    out.body(length - headerBytes, SKIP)
    return
  }
  fastPathContent(pdu, direction, header)
  if (length > pdu.offset) pdu.mark(tpkt.data, length - pdu.offset)
}

/** @param length of the TPKT, of which this PDU may be the beginning alone. */
function data(
  pdu: Pdu,
  length: number,
  isLast: boolean,
  state: X224State,
  direction: Direction,
  out: Out<X224Fact>,
): void {
  if (!pdu.ok) return
  const isWhole = pdu.offset + pdu.left >= length
  const first = pdu.peek()
  // Other protocols use TPKT too (S7, MMS, H.323): only what MCS can have sent is RDP.
  const isRdp = isMcs(first) || state.segmented[direction]
  if (!isWhole && isPassedOver(pdu, length, state)) {
    pdu.mark(tpkt.data, pdu.left)
    out.body(length - pdu.offset, SKIP)
  } else if (!isWhole || !isRdp || !isLast || state.segmented[direction]) {
    pdu.mark(tpkt.data, Math.max(pdu.left, length - pdu.offset))
    if (isRdp) pdu.note('warning', 'a part of a PDU that lies across several TPDUs')
    if (pdu.ok) state.segmented[direction] = isRdp && !isLast
  } else {
    if (!state.opened) out.open(MCS_SLOT, { protocol: 'mcs', hint: state.session, watched: state.session.watched })
    state.opened = true
    const end = pdu.start + length
    out.payload(MCS_SLOT, pdu.bytes, pdu.pos, end, pdu.pos, end)
    pdu.seek(length)
  }
  if (pdu.ok && isRdp) count(length, state, direction, out)
}

/** As `frame` has decided on the same bytes. */
function isPassedOver(pdu: Pdu, length: number, { session }: X224State): boolean {
  if (length <= WHOLE_DATA_BYTES || session.watched) return false
  if (!isMcs(pdu.peek())) return pdu.left === 1
  return pdu.left === BULK_LOOK_BYTES && isBulk(pdu.bytes, pdu.pos, session)
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

function confirm(pdu: Pdu, state: X224State, out: Out<X224Fact>): void {
  const selected = negotiationConfirm(pdu, out)
  if (selected < 0) return
  state.session.selected = selected
  if (selected !== PROTOCOL_RDP) out.become('both', behind(selected))
}

/** TLS, and what speaks inside it: whoever authenticates, then X.224 again. */
function behind(selected: number): Next {
  const then: Next = { protocol: 'x224', hint: selected }
  if (selected === PROTOCOL_SSL) return { protocol: 'tls', hint: selected, inside: then }
  const protocol = AUTHENTICATION.get(selected)
  if (protocol === undefined) return { protocol: 'tls', hint: selected }
  return { protocol: 'tls', hint: selected, inside: { protocol, hint: selected, then } }
}
