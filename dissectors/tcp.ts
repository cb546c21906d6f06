/**
 * TCP: the header, and what is known of the connection when it is read.
 *
 * RFC 9293 section 3.1, RFC 3168 (ECN), RFC 7560 (accurate ECN), RFC 7323 (windows).
 */
import { alias, bits, field, flag } from '../src/wire/field.ts'
import { STOP_CUT, STOP_DONE, STOP_MALFORMED } from '../src/wire/following.ts'
import { header, type Trail } from '../src/wire/header.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { readTcpAnalysis, type TcpConnectionView } from './tcp-analysis-fields.ts'
import { readTcpOptions } from './tcp-options.ts'

const HEADER_BYTES = 20
const FIN = 0x01
const SYN = 0x02
const ACK = 0x10

const sourcePort = alias('tcp.port', field('tcp.srcport', 'Source port'))
const destinationPort = alias('tcp.port', field('tcp.dstport', 'Destination port'))
const stream = field('tcp.stream', 'Stream index')
const completeness = field('tcp.completeness', 'Conversation completeness')
const length = field('tcp.len', 'Segment length')
const sequence = bits('tcp.seq', 'Sequence number (relative)', 0xffffffff)
const sequenceRaw = field('tcp.seq_raw', 'Sequence number (raw)')
const sequenceAlone = field('tcp.seq', 'Sequence number')
const following = field('tcp.nxtseq', 'Next sequence number (relative)')
const acknowledgement = bits('tcp.ack', 'Acknowledgment number (relative)', 0xffffffff)
const acknowledgementRaw = field('tcp.ack_raw', 'Acknowledgment number (raw)')
const headerLength = bits('tcp.hdr_len', 'Header length', 0xf000)
const flags = bits('tcp.flags', 'Flags', 0x0fff, 'hex')
const flagParts = [
  flag('tcp.flags.res', 'Reserved', 0xe00),
  flag('tcp.flags.ae', 'Accurate ECN', 0x100),
  flag('tcp.flags.cwr', 'Congestion window reduced', 0x080),
  flag('tcp.flags.ece', 'ECN-Echo', 0x040),
  flag('tcp.flags.urg', 'Urgent', 0x020),
  flag('tcp.flags.ack', 'Acknowledgment', 0x010),
  flag('tcp.flags.push', 'Push', 0x008),
  flag('tcp.flags.reset', 'Reset', 0x004),
  flag('tcp.flags.syn', 'Syn', 0x002),
  flag('tcp.flags.fin', 'Fin', 0x001),
]
const letters = bits('tcp.flags.str', 'Flags', 0x0fff, 'text')
const window = field('tcp.window_size_value', 'Window')
const scaledWindow = bits('tcp.window_size', 'Calculated window size', 0xffff)
const scaleFactor = bits('tcp.window_size_scalefactor', 'Window size scaling factor', 0xffff)
const checksum = field('tcp.checksum', 'Checksum', 'hex')
const urgent = field('tcp.urgent_pointer', 'Urgent pointer')
const payload = field('tcp.payload', 'Payload', 'bytes')

export const tcp = header({
  name: 'tcp',
  title: 'Transmission Control Protocol',
  spec: ['RFC 9293 3.1'],

  read(pdu, trail) {
    readTcp(pdu, trail, null)
  },
})

/**
 * @param view what is known of its connection; null when nothing is
 * @param isQuoted an ICMP error holds it: its end is not there
 */
export function readTcp(pdu: Pdu, trail: Trail, view: TcpConnectionView | null, isQuoted = false): void {
  const start = pdu.pos
  trail.next = STOP_CUT
  if (pdu.left < 4) return
  trail.sourcePort = pdu.u16be(sourcePort)
  trail.destinationPort = pdu.u16be(destinationPort)
  if (view !== null) {
    pdu.derived(stream, view.stream)
    pdu.derived(completeness, view.completeness)
  }
  if (isQuoted && pdu.left >= 4) {
    // Wireshark adds the raw number only to what ICMPv6 quotes.
    if (trail.family === 6) pdu.overlay(sequenceRaw, 4, wordAt(pdu))
    pdu.u32be(sequenceAlone)
    if (pdu.left < HEADER_BYTES - 8) return
  }
  if (!isQuoted && pdu.left < HEADER_BYTES - 4) return
  const words = pdu.peek(isQuoted ? 4 : 8)
  const headerBytes = (words >> 4) << 2
  const segmentBytes = trail.wireEnd - start - headerBytes
  const isSound = headerBytes >= HEADER_BYTES && segmentBytes >= 0
  const bits13 = (words << 8) | pdu.peek(isQuoted ? 5 : 9)
  if (!isQuoted) readSequence(pdu, view, isSound ? segmentBytes : -1, bits13)
  pdu.overlay(acknowledgement, 4, relative(pdu, isQuoted ? 0 : (view?.acknowledgementBase ?? 0), bits13, view))
  pdu.u32be(acknowledgementRaw)
  pdu.overlay(headerLength, 1, headerBytes)
  pdu.value(flags, 2, bits13 & 0xfff)
  pdu.bits(...flagParts)
  pdu.detail(letters, 0, 2, lettersOf(bits13 & 0xfff))
  const offered = (pdu.peek() << 8) | pdu.peek(1)
  const shift = view?.windowShift ?? 0
  pdu.overlay(scaledWindow, 2, shift > 0 ? offered * 2 ** shift : offered)
  const isSyn = (bits13 & SYN) !== 0
  if (view !== null && view.windowFactor !== 0 && !isSyn) pdu.overlay(scaleFactor, 2, view.windowFactor)
  pdu.u16be(window)
  pdu.u16be(checksum)
  pdu.u16be(urgent)
  if (!isSound) {
    trail.next = STOP_MALFORMED
    return
  }
  const headerEnd = Math.min(start + headerBytes, trail.end)
  if (headerEnd > pdu.pos) readTcpOptions(pdu, headerEnd - pdu.pos, headerLength, view)
  if (view !== null) readTcpAnalysis(pdu, view, isQuoted ? trail.end === pdu.pos : view.analysed)
  if (trail.end > pdu.pos) pdu.overlay(payload, trail.end - pdu.pos, '')
  trail.next = STOP_DONE
}

function readSequence(pdu: Pdu, view: TcpConnectionView | null, segmentBytes: number, flags: number): void {
  const raw = wordAt(pdu)
  const from = (raw - (view?.sequenceBase ?? 0)) >>> 0
  if (segmentBytes >= 0) pdu.derived(length, segmentBytes)
  pdu.overlay(sequence, 4, from)
  pdu.u32be(sequenceRaw)
  if (segmentBytes < 0) return
  pdu.derived(following, (from + segmentBytes + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) >>> 0)
}

function relative(pdu: Pdu, base: number, flags: number, view: TcpConnectionView | null): number {
  const raw = wordAt(pdu)
  return view !== null && (flags & ACK) !== 0 ? (raw - base) >>> 0 : raw
}

function wordAt(pdu: Pdu): number {
  return ((pdu.peek() << 24) | (pdu.peek(1) << 16) | (pdu.peek(2) << 8) | pdu.peek(3)) >>> 0
}

const LETTERS = 'RRRACEUAPRSF'

/** One letter for each bit that is set, and dots. */
function lettersOf(flags: number): string {
  let text = ''
  for (let at = 0; at < LETTERS.length; at++) text += (flags >> (LETTERS.length - 1 - at)) & 1 ? LETTERS[at] : '·'
  return text
}
