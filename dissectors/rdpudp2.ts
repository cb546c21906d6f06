/**
 * The second transport of RDP-UDP, spoken behind a handshake that agrees on version 0x101: reliable alone, little-endian,
 * and with its first and eighth byte swapped, so that what routers might take for another protocol does not come first.
 *
 * MS-RDPEUDP2 2.2.1 (packets), 3.1.1.1.3 (sequence numbers), 3.1.1.1.5 (the swapped bytes).
 */
import type { Direction, Out } from '../src/wire/dissector.ts'
import { bits, field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { countData, distance, handUp, noteRun, type RdpudpState } from './rdpudp-state.ts'

const ACK = 0x001
const DATA = 0x004
const ACK_VECTOR = 0x008
const ACK_OF_ACKS = 0x010
const OVERHEAD_SIZE = 0x040
const DELAY_ACK_INFO = 0x100
const FLAGS = 0x0fff

const DUMMY = 8
const PACKET_TYPES = new Map([
  [0, 'Data'],
  [DUMMY, 'Dummy'],
])
const header = {
  prefix: field('rdpudp2.prefixbyte', 'PacketPrefixByte', 'hex'),
  type: bits('rdpudp2.packetType', 'PacketType', 0x1e, 'hex', PACKET_TYPES),
  shortLength: bits('rdpudp2.shortpacketlen', 'Short packet length', 0xe0),
  all: field('rdpudp2.header', 'Header', 'hex'),
  packet: field('rdpudp2.packet', 'Packet', 'group'),
  padding: field('rdpudp2.padding', 'Padding', 'bytes'),
}
const flags = [
  bits('rdpudp2.flags', 'Flags', FLAGS, 'hex'),
  bits('rdpudp2.flags.ack', 'Ack', ACK, 'hex'),
  bits('rdpudp2.flags.data', 'Data', DATA, 'hex'),
  bits('rdpudp2.flags.ackvec', 'AckVec', ACK_VECTOR, 'hex'),
  bits('rdpudp2.flags.ackofacks', 'AckOfAcks', ACK_OF_ACKS, 'hex'),
  bits('rdpudp2.flags.overheadsize', 'OverheadSize', OVERHEAD_SIZE, 'hex'),
  bits('rdpudp2.flags.delayackinfo', 'DelayedAckInfo', DELAY_ACK_INFO, 'hex'),
  bits('rdpudp2.logWindow', 'LogWindow', 0xf000),
]
const ack = {
  all: field('rdpudp2.ack', 'Ack', 'group'),
  sequence: field('rdpudp2.ack.seqnum', 'Base Seq', 'hex'),
  received: field('rdpudp2.ack.ts', 'receivedTS'),
  gap: field('rdpudp2.ack.sendTimeGap', 'sendTimeGap'),
  counts: field('rdpudp2.ack.counts', 'Delayed acks and their scale', 'hex'),
  delayed: bits('rdpudp2.ack.numDelayedAcks', 'NumDelayedAcks', 0x0f),
  scale: bits('rdpudp2.ack.delayedTimeScale', 'delayedTimeScale', 0xf0),
  additions: field('rdpudp2.ack.delayedAcks', 'Delayed acks', 'bytes'),
}
const other = {
  overhead: field('rdpudp2.overheadsize', 'Overhead size'),
  delayedMax: field('rdpudp2.delayackinfo.max', 'MaxDelayedAcks'),
  delayedTimeout: field('rdpudp2.delayackinfo.timeout', 'DelayedAckTimeoutInMs'),
  ackOfAcks: field('rdpudp2.ackofacksseqnum', 'Sequence number', 'hex'),
}
const vector = {
  all: field('rdpudp2.ackvec', 'AckVec', 'group'),
  base: field('rdpudp2.ackvec.baseseqnum', 'Base sequence number', 'hex'),
  sizes: field('rdpudp2.ackvec.sizes', 'Size and flag', 'hex'),
  size: bits('rdpudp2.ackvec.codedackvecsize', 'Coded ackvec size', 0x7f),
  hasTimestamp: bits('rdpudp2.ackvec.havets', 'Have timestamp', 0x80, 'flag'),
  timestamp: field('rdpudp2.ackvec.timestamp', 'Timestamp', 'hex'),
  gap: field('rdpudp2.ackvec.sendacktimegap', 'SendAckTimeGap'),
  acks: field('rdpudp2.ackvec.acks', 'Acks', 'group'),
  coded: field('rdpudp2.ackvec.codedAck', 'Coded Ack', 'hex'),
  mode: bits(
    'rdpudp2.ackvec.codecAckMode',
    'Mode',
    0x80,
    'hex',
    new Map([
      [0, 'Bitmap'],
      [1, 'Run length'],
    ]),
  ),
  state: bits(
    'rdpudp2.ackvec.codecAckRleState',
    'State',
    0x40,
    'dec',
    new Map([
      [0, 'lost'],
      [1, 'received'],
    ]),
  ),
  run: bits('rdpudp2.ackvec.codecAckRleLen', 'Length', 0x3f),
}
const data = {
  sequence: field('rdpudp2.data.seqnum', 'Sequence number', 'hex'),
  channelSequence: field('rdpudp2.data.channelseqnumber', 'Channel sequence number', 'hex'),
  bytes: field('rdpudp2.payload', 'Payload', 'bytes'),
}

const SWAPPED_WITH_FIRST = 7
/** Bytes behind the prefix that a packet has at least; a shorter one is padded, and the prefix tells its length. */
const SHORTEST = 7
const BITMAP_RUN = 7
/** Channel sequence numbers that may come before number 1 does. */
const NEAR_THE_START = 32

export function readRdpudp2(pdu: Pdu, state: RdpudpState, direction: Direction, out: Out<never>): void {
  const origin = pdu.start
  if (pdu.left <= SWAPPED_WITH_FIRST) {
    // Too short to be one: what is missing is the fault.
    pdu.mark(data.bytes, SWAPPED_WITH_FIRST + 1)
    return
  }
  const packet = pdu.bytes.slice(pdu.start, pdu.limit)
  packet[0] = pdu.bytes[origin + SWAPPED_WITH_FIRST] as number
  packet[SWAPPED_WITH_FIRST] = pdu.bytes[origin] as number
  pdu.rewrite(packet)

  const prefix = pdu.u8(header.prefix)
  pdu.bits(header.type, header.shortLength)
  const type = (prefix >> 1) & 0x0f
  const short = prefix >> 5
  const length = short > 0 && short < SHORTEST ? short : pdu.left
  const padding = pdu.left - length
  pdu.sized(header.packet, length, header.prefix)
  payloads(pdu, type, state, direction, out)
  pdu.end()
  if (padding > 0) pdu.mark(header.padding, padding)
}

/** In the order of MS-RDPEUDP2 2.2.1: what the flags say is there. */
function payloads(pdu: Pdu, type: number, state: RdpudpState, direction: Direction, out: Out<never>): void {
  const said = pdu.u16le(header.all)
  pdu.bits(...flags)
  if ((said & ACK) !== 0) acknowledgement(pdu, state, direction)
  if ((said & OVERHEAD_SIZE) !== 0) pdu.u8(other.overhead)
  if ((said & DELAY_ACK_INFO) !== 0) {
    pdu.u8(other.delayedMax)
    pdu.u16le(other.delayedTimeout)
  }
  if ((said & ACK_OF_ACKS) !== 0) pdu.u16le(other.ackOfAcks)
  if ((said & DATA) !== 0) pdu.u16le(data.sequence)
  if ((said & ACK_VECTOR) !== 0) ackVector(pdu, state, direction)
  if ((said & DATA) !== 0 && type !== DUMMY) body(pdu, state, direction, out)
  else if (pdu.left > 0) pdu.mark(data.bytes, pdu.left)
}

/** It tells of one datagram, and of so many before it. */
function acknowledgement(pdu: Pdu, state: RdpudpState, direction: Direction): void {
  pdu.group(ack.all)
  const sequence = pdu.u16le(ack.sequence)
  pdu.u24le(ack.received)
  pdu.u8(ack.gap)
  const delayed = pdu.u8(ack.counts) & 0x0f
  pdu.bits(ack.delayed, ack.scale)
  if (delayed > 0) pdu.mark(ack.additions, delayed)
  pdu.end()
  if (!pdu.ok) return
  const side = state.sides[direction]
  side.acknowledgements++
  noteRun(side, sequence - delayed, delayed + 1, true, 16)
}

function ackVector(pdu: Pdu, state: RdpudpState, direction: Direction): void {
  const runs: [arrived: boolean, run: number][] = []
  pdu.group(vector.all)
  const base = pdu.u16le(vector.base)
  const sizes = pdu.u8(vector.sizes)
  pdu.bits(vector.size, vector.hasTimestamp)
  if ((sizes & 0x80) !== 0) {
    pdu.u24le(vector.timestamp)
    pdu.u8(vector.gap)
  }
  pdu.sized(vector.acks, sizes & 0x7f, vector.sizes)
  while (pdu.left > 0) codedAck(pdu, runs)
  pdu.end()
  pdu.end()
  if (!pdu.ok) return
  const side = state.sides[direction]
  side.acknowledgements++
  // Behind the last one that arrived nothing is missing: it was not sent yet.
  while (runs.length > 0 && !(runs[runs.length - 1] as [boolean, number])[0]) runs.pop()
  let at = base
  for (const [arrived, run] of runs) {
    noteRun(side, at, run, arrived, 16)
    at += run
  }
}

/** Seven datagrams, a bit each, or a run of up to 63. */
function codedAck(pdu: Pdu, runs: [arrived: boolean, run: number][]): void {
  const coded = pdu.u8(vector.coded)
  if ((coded & 0x80) === 0) {
    pdu.bits(vector.mode)
    for (let bit = 0; bit < BITMAP_RUN; bit++) runs.push([((coded >> bit) & 1) === 1, 1])
    return
  }
  pdu.bits(vector.mode, vector.state, vector.run)
  runs.push([(coded & 0x40) !== 0, coded & 0x3f])
}

function body(pdu: Pdu, state: RdpudpState, direction: Direction, out: Out<never>): void {
  const sequence = pdu.u16le(data.channelSequence)
  const at = pdu.pos
  const length = pdu.left
  if (!pdu.ok) return
  pdu.mark(data.bytes, length)
  const side = state.sides[direction]
  const number = channelNumber(side, sequence)
  countData(side, number, length)
  handUp(state, out, pdu.bytes, at, at + length, pdu.origin + at, number)
}

/** The wire has the lower 16 bits: the number nearest to the latest one is meant. Counted from the first one. */
function channelNumber(side: RdpudpState['sides'][0], sequence: number): number {
  if (side.latest < 0) {
    // Clients and servers count from 1; who is far beyond that was not seen from the start.
    side.first = sequence > 0 && sequence <= NEAR_THE_START ? 1 : sequence
    return sequence - side.first
  }
  return side.latest + distance((side.first + side.latest) & 0xffff, sequence, 16)
}
