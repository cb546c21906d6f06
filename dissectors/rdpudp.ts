/**
 * RDP over UDP: the handshake, whose full-size packets probe the path, and what both versions of the transport carry:
 * source data, acknowledgements, and what the acknowledgements say of loss. Reliable it is a stream (of TLS); lossy each
 * datagram goes up by itself (to DTLS). The packets of its third version are read in rdpudp2.ts.
 *
 * MS-RDPEUDP 2.2.2 (packets), 3.1.5.1 (what they hold when); all numbers big-endian.
 */
import { RDPUDP_VERSION_1, RDPUDP_VERSION_3, rdpudpVersions } from '../src/codes/rdpudp.ts'
import { hex } from '../src/wire/bytes.ts'
import { CLIENT, type Direction, messages, NO, NOT_MINE, type Out, SERVER, SURE } from '../src/wire/dissector.ts'
import { bits, field, flag } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { countData, handUp, noteRun, type RdpudpState, rdpudpState } from './rdpudp-state.ts'
import { readRdpudp2 } from './rdpudp2.ts'

/** SYN of the client, SYN and ACK of the server. */
export interface RdpudpSyn {
  readonly kind: 'rdpudp-syn' | 'rdpudp-syn-ack'
  /** The highest that the client speaks; the one that the server chose. As on the wire: 1, 2, 0x101. */
  readonly version: number
  /** Without retransmission: DTLS goes inside, not TLS. */
  readonly lossy: boolean
  readonly upstreamMtu: number
  readonly downstreamMtu: number
  readonly initialSequence: number
  /** As in the negotiation request of X.224 and in RDG-Correlation-Id; '' when there is none. */
  readonly correlationId: string
  /** The client proves that it knows the cookie of the server's multitransport request. */
  readonly hasCookieHash: boolean
  readonly complete: boolean
}
export interface RdpudpFin {
  readonly kind: 'rdpudp-fin'
}
/** What one side sent in the whole conversation, told when it is over. */
export interface RdpudpCounts {
  readonly kind: 'rdpudp-counts'
  /** Datagrams with source data, their bytes, and how many of them brought data that was sent before. */
  readonly data: number
  readonly dataBytes: number
  readonly repeated: number
  readonly fec: number
  readonly acknowledgements: number
  /** Of the other side's datagrams, by these acknowledgements: arrived, and missing when first told of. */
  readonly received: number
  readonly missing: number
}
export type RdpudpFact = RdpudpSyn | RdpudpFin | RdpudpCounts

const SYN = 0x0001
const FIN = 0x0002
const ACK = 0x0004
const DATA = 0x0008
const FEC = 0x0010
const ACK_OF_ACKS = 0x0100
const SYN_LOSSY = 0x0200
const CORRELATION_ID = 0x0800
const SYNEX = 0x1000
const FLAGS = 0x1fff

const header = {
  sourceAck: field('rdpudp.snsourceack', 'snSourceAck', 'hex'),
  window: field('rdpudp.receivewindowsize', 'ReceiveWindowSize'),
  flags: field('rdpudp.flags', 'Flags', 'hex'),
}
const flags = [
  flag('rdpudp.flags.syn', 'Syn', SYN),
  flag('rdpudp.flags.fin', 'Fin', FIN),
  flag('rdpudp.flags.ack', 'Ack', ACK),
  flag('rdpudp.flags.data', 'Data', DATA),
  flag('rdpudp.flags.fec', 'FECData', FEC),
  flag('rdpudp.flags.cn', 'CN', 0x0020),
  flag('rdpudp.flags.cwr', 'CWR', 0x0040),
  flag('rdpudp.flags.aoa', 'Ack of Acks', ACK_OF_ACKS),
  flag('rdpudp.flags.synlossy', 'Syn lossy', SYN_LOSSY),
  flag('rdpudp.flags.ackdelayed', 'Ack delayed', 0x0400),
  flag('rdpudp.flags.correlationid', 'Correlation id', CORRELATION_ID),
  flag('rdpudp.flags.synex', 'SynEx', SYNEX),
]
const syn = {
  initialSequence: field('rdpudp.initialsequencenumber', 'Initial SequenceNumber', 'hex'),
  upstreamMtu: field('rdpudp.upstreammtu', 'Upstream MTU'),
  downstreamMtu: field('rdpudp.downstreammtu', 'DownStream MTU'),
  correlationId: field('rdpudp.correlationid', 'Correlation Id', 'bytes'),
  reserved: field('rdpudp.correlationid.reserved', 'Reserved', 'bytes'),
  synex: field('rdpudp.synex', 'SynEx', 'group'),
  synexFlags: field('rdpudp.synex.flags', 'Flags', 'hex'),
  versionInfo: flag('rdpudp.synex.flags.versioninfo', 'Version info', 1),
  version: field('rdpudp.synex.version', 'Version', 'hex', rdpudpVersions),
  cookieHash: field('rdpudp.synex.cookiehash', 'Cookie Hash', 'bytes'),
  padding: field('rdpudp.padding', 'Padding', 'bytes'),
}
const ack = {
  all: field('rdpudp.ack', 'Ack', 'group'),
  size: field('rdpudp.ack.vectorsize', 'uAckVectorSize'),
  vector: field('rdpudp.ack.vector', 'AckVector', 'group'),
  item: field('rdpudp.ack.item', 'Ack item', 'hex'),
  state: bits(
    'rdpudp.ack.item.state',
    'VECTOR_ELEMENT_STATE',
    0xc0,
    'hex',
    new Map([
      [0, 'DATAGRAM_RECEIVED'],
      [1, 'DATAGRAM_RESERVED_1'],
      [2, 'DATAGRAM_RESERVED_2'],
      [3, 'DATAGRAM_NOT_YET_RECEIVED'],
    ]),
  ),
  run: bits('rdpudp.ack.item.rle', 'Run length', 0x3f),
  padding: field('rdpudp.ack.padding', 'Padding', 'bytes'),
  reset: field('rdpudp.resetSeqNum', 'snResetSeqNum', 'hex'),
}
const fec = {
  all: field('rdpudp.fec', 'FEC', 'group'),
  coded: field('rdpudp.fec.coded', 'snCoded', 'hex'),
  sourceStart: field('rdpudp.fec.sourcestart', 'snSourceStart', 'hex'),
  range: field('rdpudp.fec.range', 'Range'),
  index: field('rdpudp.fec.fecindex', 'Fec index'),
  padding: field('rdpudp.fec.padding', 'Padding', 'bytes'),
  payload: field('rdpudp.fec.payload', 'FEC payload', 'bytes'),
}
const data = {
  coded: field('rdpudp.data.sncoded', 'snCoded', 'hex'),
  sourceStart: field('rdpudp.data.sourceStart', 'snSourceStart', 'hex'),
  bytes: field('rdpudp.payload', 'Payload', 'bytes'),
}

const HEADER_BYTES = 8
const SYN_BYTES = 16
const NO_SOURCE_ACK = 0xffffffff
/** MS-RDPEUDP 3.1.5.1.1: the range of both MTUs; it is also the size of a handshake packet, padded with zeros. */
const LEAST_MTU = 1132
const LARGEST_MTU = 1232
/** States of the ACK vector. */
const RECEIVED = 0
const NOT_YET_RECEIVED = 3

export const rdpudp = messages<RdpudpState, RdpudpFact>({
  name: 'rdpudp',
  title: 'UDP Remote Desktop Protocol',
  spec: ['MS-RDPEUDP 2.2.2', 'MS-RDPEUDP2 2.2.1'],

  begin: () => rdpudpState(),

  /** Only the handshake can be told by content: its MTUs lie within a hundred of 65,536 values each. */
  probe: (bytes, start, end) => (isHandshake(bytes, start, end) ? SURE : NO),

  frame(bytes, start, end, _seen, state) {
    if (end - start < HEADER_BYTES) return NOT_MINE
    return state.began || isHandshake(bytes, start, end) ? end - start : NOT_MINE
  },

  read(pdu, state, direction, out) {
    if (state.second && !isHandshake(pdu.bytes, pdu.start, pdu.limit)) readRdpudp2(pdu, state, direction, out)
    else readFirst(pdu, state, direction, out)
  },

  ended(state, direction, _how, _left, out) {
    const { data, dataBytes, repeated, fec, acknowledgements, received, missing } = state.sides[direction]
    if (data + fec + acknowledgements === 0) return
    out.fact({ kind: 'rdpudp-counts', data, dataBytes, repeated, fec, acknowledgements, received, missing })
  },
})

function isHandshake(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < SYN_BYTES) return false
  const two = (at: number): number => ((bytes[start + at] as number) << 8) | (bytes[start + at + 1] as number)
  const said = two(6)
  if ((said & SYN) === 0 || (said & ~FLAGS) !== 0 || (said & (FIN | DATA | FEC)) !== 0) return false
  if ((said & ACK) === 0 && (two(0) !== 0xffff || two(2) !== 0xffff)) return false
  return isMtu(two(12)) && isMtu(two(14))
}

function isMtu(mtu: number): boolean {
  return mtu >= LEAST_MTU && mtu <= LARGEST_MTU
}

/** Versions 1 and 2, and the handshake of all. */
function readFirst(pdu: Pdu, state: RdpudpState, direction: Direction, out: Out<RdpudpFact>): void {
  const sourceAck = pdu.u32be(header.sourceAck)
  pdu.u16be(header.window)
  const said = pdu.u16be(header.flags)
  pdu.bits(...flags)
  if (!pdu.ok) return
  if ((said & SYN) !== 0) {
    handshake(pdu, said, state, out)
    return
  }
  if ((said & ACK) !== 0) acknowledgement(pdu, sourceAck, state, direction)
  if ((said & ACK_OF_ACKS) !== 0) pdu.u32be(ack.reset)
  if ((said & FEC) !== 0) repair(pdu, state, direction)
  else if ((said & DATA) !== 0) source(pdu, state, direction, out)
  if (pdu.left > 0) pdu.mark(syn.padding, pdu.left)
  if ((said & FIN) !== 0) out.fact({ kind: 'rdpudp-fin' })
}

function handshake(pdu: Pdu, said: number, state: RdpudpState, out: Out<RdpudpFact>): void {
  const answer = (said & ACK) !== 0
  const lossy = (said & SYN_LOSSY) !== 0
  const initialSequence = pdu.u32be(syn.initialSequence)
  const upstreamMtu = pdu.u16be(syn.upstreamMtu)
  const downstreamMtu = pdu.u16be(syn.downstreamMtu)
  let correlationId = ''
  if ((said & CORRELATION_ID) !== 0) {
    const at = pdu.mark(syn.correlationId, 16)
    if (at >= 0) correlationId = hex(pdu.bytes, at, at + 16)
    pdu.mark(syn.reserved, 16)
  }
  let version = RDPUDP_VERSION_1
  let hasCookieHash = false
  if ((said & SYNEX) !== 0) {
    pdu.group(syn.synex)
    const info = pdu.u16be(syn.synexFlags)
    pdu.bits(syn.versionInfo)
    if ((info & 1) !== 0) version = pdu.u16be(syn.version)
    // MS-RDPEUDP 2.2.2.9: only the client proves itself.
    if (version === RDPUDP_VERSION_3 && !answer) hasCookieHash = cookieHash(pdu)
    pdu.end()
  }
  const complete = pdu.ok
  if (complete) noteHandshake(state, answer ? SERVER : CLIENT, initialSequence, lossy, version)
  if (pdu.left > 0) pdu.mark(syn.padding, pdu.left)
  out.fact({
    kind: answer ? 'rdpudp-syn-ack' : 'rdpudp-syn',
    version,
    lossy,
    upstreamMtu,
    downstreamMtu,
    initialSequence,
    correlationId,
    hasCookieHash,
    complete,
  })
}

/** One of zeros proves nothing: clients before it was checked send that. */
function cookieHash(pdu: Pdu): boolean {
  const at = pdu.mark(syn.cookieHash, 32)
  return at >= 0 && pdu.bytes.subarray(at, at + 32).some(byte => byte !== 0)
}

/** The client says whether it is lossy; the server which version both speak from its answer on. */
function noteHandshake(
  state: RdpudpState,
  side: Direction,
  initialSequence: number,
  lossy: boolean,
  version: number,
): void {
  state.began = true
  state.sides[side].first = (initialSequence + 1) >>> 0
  if (side === CLIENT) state.lossy = lossy
  else state.second = version >= RDPUDP_VERSION_3
}

/** Runs of datagrams, the latest of which is `sourceAck`: arrived, or not (yet). */
function acknowledgement(pdu: Pdu, sourceAck: number, state: RdpudpState, direction: Direction): void {
  pdu.group(ack.all)
  const size = pdu.u16be(ack.size)
  const counts: [arrived: boolean, run: number][] = []
  pdu.sized(ack.vector, size, ack.size)
  while (pdu.left > 0) {
    const item = pdu.u8(ack.item)
    pdu.bits(ack.state, ack.run)
    const told = item >> 6
    if (told === RECEIVED || told === NOT_YET_RECEIVED) counts.push([told === RECEIVED, (item & 0x3f) + 1])
  }
  pdu.end()
  const over = (2 + size) % 4
  if (over > 0) pdu.mark(ack.padding, 4 - over)
  pdu.end()
  if (!pdu.ok) return
  state.sides[direction].acknowledgements++
  if (sourceAck === NO_SOURCE_ACK) return
  let at = sourceAck - counts.reduce((sum, [, run]) => sum + run, 0) + 1
  for (const [arrived, run] of counts) {
    noteRun(state.sides[direction], at, run, arrived, 32)
    at += run
  }
}

function repair(pdu: Pdu, state: RdpudpState, direction: Direction): void {
  pdu.group(fec.all)
  pdu.u32be(fec.coded)
  pdu.u32be(fec.sourceStart)
  pdu.u8(fec.range)
  pdu.u8(fec.index)
  pdu.mark(fec.padding, 2)
  if (pdu.left > 0) pdu.mark(fec.payload, pdu.left)
  pdu.end()
  if (pdu.ok) state.sides[direction].fec++
}

function source(pdu: Pdu, state: RdpudpState, direction: Direction, out: Out<RdpudpFact>): void {
  pdu.u32be(data.coded)
  const sequence = pdu.u32be(data.sourceStart)
  const at = pdu.pos
  const length = pdu.left
  if (!pdu.ok) return
  pdu.mark(data.bytes, length)
  const side = state.sides[direction]
  if (side.first < 0) side.first = sequence
  const number = (sequence - side.first) | 0
  countData(side, number, length)
  handUp(state, out, pdu.bytes, at, at + length, at, number)
}
