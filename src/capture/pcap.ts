/**
 * Classic pcap files: draft-ietf-opsawg-pcap, and the older relatives that share its magic numbers (lengths swapped
 * before version 2.3, the longer record headers of patched libpcaps, Nokia's, IXIA's and AIX's).
 */
import { MAX_PACKET_BYTES } from '../wire/limits.ts'
import type { Capture, RecordReader } from './cursor.ts'
import { CaptureError, REMEDY_TRUNCATED } from './error.ts'

const FILE_HEADER_BYTES = 24
/** Largest packet that is believed where the snap length says less: some recorders exceed what they announce. */
const STANDARD_PACKET_BYTES = 262_144
const NOT_YET = -1

interface Magic {
  readonly nanoseconds: boolean
  /** Lengths of record headers that may follow it, likeliest first. */
  readonly headers: readonly number[]
  /** Bytes of the file header beyond the standard ones. */
  readonly extra: number
  readonly name: string
}

/** By the value as read in the file's own byte order. */
const MAGICS: ReadonlyMap<number, Magic> = new Map([
  [0xa1b2c3d4, { nanoseconds: false, headers: [16, 24, 20], extra: 0, name: 'pcap' }],
  [0xa1b23c4d, { nanoseconds: true, headers: [16], extra: 0, name: 'pcap, nanoseconds' }],
  [0xa1b2cd34, { nanoseconds: false, headers: [24, 28], extra: 0, name: 'modified pcap' }],
  [0x1c0001ac, { nanoseconds: true, headers: [16], extra: 4, name: 'IXIA pcap, nanoseconds' }],
  [0x1c0001ab, { nanoseconds: false, headers: [16], extra: 4, name: 'IXIA pcap' }],
])

/** Interface types (RFC 1573) that AIX writes where others write a link type. */
const AIX_LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [6, 1],
  [9, 6],
  [15, 10],
  [24, 0],
])

type Lengths = 'captured-first' | 'original-first' | 'larger-is-original'

/** The file begins like a pcap file: 4 bytes of `view` suffice. */
export function isPcap(view: DataView, at: number): boolean {
  return MAGICS.has(view.getUint32(at, true)) || MAGICS.has(view.getUint32(at, false))
}

/**
 * Reads the file header and leaves the cursor at the first record.
 * @throws CaptureError when the header is cut off or of an unknown version.
 */
export async function openPcap(capture: Capture): Promise<RecordReader> {
  const littleEndian = MAGICS.has(capture.view.getUint32(0, true))
  const magic = MAGICS.get(capture.view.getUint32(0, littleEndian)) as Magic
  const headerBytes = FILE_HEADER_BYTES + magic.extra
  const { info } = capture
  if (!(await capture.gather(headerBytes))) {
    throw new CaptureError(
      'truncated',
      `${info.path}: the file ends in its pcap header (${headerBytes} bytes wanted, ${capture.limit} there)`,
      'nothing was recorded in it; record again',
    )
  }
  const view = capture.view
  const major = view.getUint16(4, littleEndian)
  const minor = view.getUint16(6, littleEndian)
  if (major < 2) {
    throw new CaptureError(
      'unsupported-format',
      `${info.path}: pcap version ${major}.${minor} is not known`,
      'record again with a current tcpdump or Wireshark',
    )
  }
  const snapLength = view.getUint32(16, littleEndian)
  const network = view.getUint32(20, littleEndian)
  let linkType = network & 0xffff
  let nanoseconds = magic.nanoseconds
  let headers = magic.headers
  let name = magic.name
  const aix = major === 2 && minor === 2 && headers.length === 3 ? AIX_LINK_TYPES.get(linkType) : undefined
  if (aix !== undefined) {
    linkType = aix
    nanoseconds = true
    name = 'AIX pcap, nanoseconds'
  }
  if (major !== 2 || minor < 4) headers = headers.slice(0, 1)
  if ((network & 0x03ff0000) !== 0) {
    info.note('link-type-reserved', 'reserved bits of the link type are set; they are passed over')
  }
  const fcsLength = (network & 0x04000000) !== 0 ? (network >>> 28) * 2 : -1

  capture.pos = headerBytes
  capture.linkType = linkType
  capture.fcsLength = fcsLength
  const mostCaptured = Math.max(STANDARD_PACKET_BYTES, Math.min(snapLength, MAX_PACKET_BYTES))
  const headerLength = likeliestHeader(capture, littleEndian, headers, snapLength)
  if (headerLength !== 16) name += `, records with ${headerLength} bytes of header`
  info.format = 'pcap'
  info.variant = `${name}, ${littleEndian ? 'little' : 'big'}-endian`
  info.interfaces.push({
    id: 0,
    linkType,
    snapLength,
    fcsLength,
    name: '',
    description: '',
    filter: '',
    operatingSystem: '',
    comment: '',
    received: -1,
    dropped: -1,
    systemDropped: -1,
    droppedByPackets: 0,
  })
  return new PcapReader(littleEndian, headerLength, lengthsOf(major, minor), mostCaptured, nanoseconds ? 1 : 1000)
}

class PcapReader implements RecordReader {
  private readonly littleEndian: boolean
  private readonly headerLength: number
  /** Where in the record header they are. */
  private readonly capturedAt: number
  private readonly originalAt: number
  private readonly swapWhenLarger: boolean
  private readonly mostCaptured: number
  private readonly nsPerUnit: number
  private startSeconds = NOT_YET
  private startNs = 0

  constructor(littleEndian: boolean, headerLength: number, lengths: Lengths, mostCaptured: number, nsPerUnit: number) {
    this.littleEndian = littleEndian
    this.headerLength = headerLength
    this.capturedAt = lengths === 'original-first' ? 12 : 8
    this.originalAt = lengths === 'original-first' ? 8 : 12
    this.swapWhenLarger = lengths === 'larger-is-original'
    this.mostCaptured = mostCaptured
    this.nsPerUnit = nsPerUnit
  }

  next(capture: Capture): boolean {
    const at = capture.pos
    const start = at + this.headerLength
    if (start > capture.limit) {
      capture.wanted = this.headerLength
      return false
    }
    const view = capture.view
    const littleEndian = this.littleEndian
    let captured = view.getUint32(at + this.capturedAt, littleEndian)
    let original = view.getUint32(at + this.originalAt, littleEndian)
    if (this.swapWhenLarger && captured > original) {
      const smaller = original
      original = captured
      captured = smaller
    }
    if (captured > this.mostCaptured) {
      return capture.fail('damaged', at, `packet ${capture.number + 1} claims ${captured} bytes`)
    }
    const end = start + captured
    if (end > capture.limit) {
      capture.wanted = end - at
      return false
    }
    const seconds = view.getUint32(at, littleEndian)
    const ns = view.getUint32(at + 4, littleEndian) * this.nsPerUnit
    if (this.startSeconds < 0) this.begin(capture, seconds, ns)
    capture.timeNs = (seconds - this.startSeconds) * 1e9 + (ns - this.startNs)
    capture.number++
    capture.start = start
    capture.end = end
    capture.originalLength = original
    capture.offset = capture.base + at
    capture.pos = end
    if (captured < original) capture.info.snapped++
    return true
  }

  ended(capture: Capture): void {
    const left = capture.limit - capture.pos
    if (left > 0) {
      capture.fail(
        'truncated',
        capture.pos,
        `the file ends in packet ${capture.number + 1} (${capture.wanted} bytes wanted, ${left} there)`,
        REMEDY_TRUNCATED,
      )
    }
  }

  private begin(capture: Capture, seconds: number, ns: number): void {
    this.startSeconds = seconds
    this.startNs = ns
    capture.startSeconds = seconds + Math.floor(ns / 1e9)
    capture.startNanoseconds = ns % 1e9
  }
}

/** Version 2.3 turned the two lengths round, and some programs wrote 2.3 and did not; DG/UX writes 543.0 and the old order. */
function lengthsOf(major: number, minor: number): Lengths {
  if (major === 543 || (major === 2 && minor < 3)) return 'original-first'
  return major === 2 && minor === 3 ? 'larger-is-original' : 'captured-first'
}

const RECORDS_TRIED = 3

/** Several record headers share one magic number: the first with which the first records make sense. */
function likeliestHeader(
  capture: Capture,
  littleEndian: boolean,
  candidates: readonly number[],
  snapLength: number,
): number {
  const fitting = candidates.find(candidate => makesSense(capture, littleEndian, candidate, snapLength))
  return fitting ?? (candidates[0] as number)
}

/** Up to three whole records look sane, at least two of them or all that the file holds. */
function makesSense(capture: Capture, littleEndian: boolean, headerLength: number, snapLength: number): boolean {
  const { view, limit } = capture
  let at = capture.pos
  let whole = 0
  while (whole < RECORDS_TRIED && at + headerLength <= limit) {
    const captured = view.getUint32(at + 8, littleEndian)
    const original = view.getUint32(at + 12, littleEndian)
    if (view.getUint32(at + 4, littleEndian) >= 1_000_000) return false
    if (captured > original || captured > snapLength || captured > STANDARD_PACKET_BYTES || original > 1 << 27)
      return false
    // The patched headers: interface number, protocol, packet type and a byte of padding.
    if (headerLength >= 24 && (view.getUint32(at + 16, littleEndian) > 10_000 || view.getUint8(at + 22) > 4))
      return false
    at += headerLength + captured
    if (at > limit) break
    whole++
  }
  return whole >= 2 || (at === limit && capture.base + limit === capture.info.fileBytes)
}
