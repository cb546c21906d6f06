/**
 * Microsoft Network Monitor 2.x files (.cap, magic GMBU), described in the help of Network Monitor 3.x: frames anywhere in
 * the file, a table of their offsets behind them. From a stream, where nobody can jump, the frames must lie one after
 * another; the table at the end shows whether they did.
 */
import { MAX_FRAME_TABLE_ENTRIES } from '../wire/limits.ts'
import type { Capture, RecordReader } from './cursor.ts'
import { CaptureError, REMEDY_TRUNCATED } from './error.ts'

const MAGIC = 0x55424d47
const FILE_HEADER_BYTES = 128
/** Up to the offset and length of the frame table. */
const LEAST_HEADER_BYTES = 32
/** Time, length on the wire, captured length. */
const FRAME_HEADER_BYTES = 16
const MOST_CAPTURED = 262_144
/** Bytes of the table that are read at once. */
const TABLE_PIECE_BYTES = 1 << 16
/** 1601-01-01 to 1970-01-01 in seconds, and the units of a FILETIME in a second. */
const FILETIME_EPOCH_SECONDS = 11_644_473_600n
const FILETIME_PER_SECOND = 10_000_000n

/** Media types of frames that describe the capture and take no number in Wireshark. */
const PAYLOAD_HEADER = 0xfffc
const NETWORK_INFO = 0xfffd
const DNS_CACHE = 0xfffe
/** Those that take one: events, network information, filters. */
const EVENT = 0xffe0
const NETWORK_INFO_EX = 0xfffb
const FILTER = 0xffff
/** Frames that were converted from pcap: this and a LINKTYPE_ value. */
const PCAP_BASE = 0xe000
/** Media types without a LINKTYPE_ value are shown above all of them. */
const NO_LINK_TYPE = 65_536
/** Ethernet, token ring, FDDI; tunnels, wireless WAN and raw IP all carry bare IP. */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 6],
  [3, 10],
  [7, 101],
  [8, 101],
  [9, 101],
])

/** The file begins like a NetMon 2.x file. */
export function isNetmon(view: DataView, at: number): boolean {
  return view.getUint32(at, true) === MAGIC
}

/** @throws CaptureError when the header or the frame table is cut off or makes no sense. */
export async function openNetmon(capture: Capture): Promise<RecordReader> {
  const { info } = capture
  const fail = (code: 'truncated' | 'damaged' | 'unsupported-format', what: string) =>
    new CaptureError(code, `${info.path}: ${what}`, 'save it again with Network Monitor, or record again')
  if (!(await capture.gather(LEAST_HEADER_BYTES))) throw fail('truncated', 'the file ends in its NetMon header')
  const view = capture.view
  const minor = view.getUint8(4)
  const major = view.getUint8(5)
  if (major !== 2) throw fail('unsupported-format', `NetMon version ${major}.${minor} is not known`)
  const fileMedia = view.getUint16(6, true)
  const startMs = Date.UTC(
    view.getUint16(8, true),
    view.getUint16(10, true) - 1,
    view.getUint16(14, true),
    view.getUint16(16, true),
    view.getUint16(18, true),
    view.getUint16(20, true),
    view.getUint16(22, true),
  )
  const tableOffset = view.getUint32(24, true)
  const tableBytes = view.getUint32(28, true)
  if (tableBytes % 4 !== 0) throw fail('damaged', `the frame table is ${tableBytes} bytes long, not a multiple of 4`)
  const frames = tableBytes / 4
  if (frames > MAX_FRAME_TABLE_ENTRIES) throw fail('damaged', `the frame table claims ${frames} frames`)
  const table = capture.seekable ? await readTable(capture, tableOffset, frames) : null
  info.format = 'netmon'
  info.variant = `NetMon 2.${minor}`
  if (minor < 3) info.note('local-time', 'NetMon before 2.3 records local time without its zone; it is taken as UTC')
  info.interfaces.push({
    id: 0,
    linkType: linkTypeOf(fileMedia),
    snapLength: 0,
    fcsLength: -1,
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
  if (table === null) await capture.gather(FILE_HEADER_BYTES)
  capture.pos = Math.min(capture.limit, FILE_HEADER_BYTES)
  const start = Number.isNaN(startMs) ? 0n : BigInt(startMs) * (FILETIME_PER_SECOND / 1000n)
  return new NetmonReader(minor, fileMedia, start, tableOffset, frames, table)
}

class NetmonReader implements RecordReader {
  private readonly minor: number
  private readonly trailerBytes: number
  private readonly fileMedia: number
  /** Start of the capture in units of 100 ns since 1970. */
  private readonly recorded: bigint
  private readonly tableOffset: number
  private readonly frames: number
  /** null when the source can not jump. */
  private readonly table: Uint32Array | null
  /** Where the frames of a stream were met, to be compared with the table. */
  private met = new Uint32Array(0)
  private frame = 0
  private started = false
  private start = 0n
  private checked = 0

  constructor(
    minor: number,
    fileMedia: number,
    recorded: bigint,
    tableOffset: number,
    frames: number,
    table: Uint32Array | null,
  ) {
    this.minor = minor
    this.trailerBytes = minor === 0 ? 0 : minor === 1 ? 2 : minor === 2 ? 6 : 15
    this.fileMedia = fileMedia
    this.recorded = recorded
    this.tableOffset = tableOffset
    this.frames = frames
    this.table = table
    if (table === null) this.met = new Uint32Array(Math.min(frames, 1024))
  }

  next(capture: Capture): boolean {
    while (this.frame < this.frames) {
      if (this.table !== null && !this.turn(capture, this.table[this.frame] as number)) return false
      const at = capture.pos
      const start = at + FRAME_HEADER_BYTES
      if (start > capture.limit) return want(capture, FRAME_HEADER_BYTES)
      const view = capture.view
      const captured = view.getUint32(at + 12, true)
      if (captured > MOST_CAPTURED) {
        return capture.fail('damaged', at, `frame ${this.frame + 1} claims ${captured} bytes`)
      }
      const end = start + captured
      const next = end + this.trailerBytes
      if (next > capture.limit) return want(capture, next - at)
      if (this.table === null) this.remember(capture.base + at)
      this.frame++
      capture.pos = next
      const media = this.trailerBytes > 0 ? view.getUint16(end, true) : this.fileMedia
      if (media === PAYLOAD_HEADER || media === NETWORK_INFO || media === DNS_CACHE) continue
      capture.number++
      if (media === EVENT || media === NETWORK_INFO_EX || media === FILTER) {
        capture.info.otherRecords++
        continue
      }
      this.give(capture, at, captured, media)
      return true
    }
    if (this.table === null && !this.compare(capture)) return false
    capture.done = true
    return false
  }

  ended(capture: Capture): void {
    if (this.frame < this.frames) {
      const what = `the file ends in frame ${this.frame + 1} of ${this.frames}`
      capture.fail('truncated', capture.pos, what, REMEDY_TRUNCATED)
    } else if (this.checked < this.frames) {
      capture.fail('truncated', capture.pos, 'the file ends before its frame table does', REMEDY_TRUNCATED)
    }
  }

  private give(capture: Capture, at: number, captured: number, media: number): void {
    const view = capture.view
    const original = view.getUint32(at + 8, true)
    capture.start = at + FRAME_HEADER_BYTES
    capture.end = capture.start + captured
    capture.originalLength = original
    capture.offset = capture.base + at
    capture.linkType = linkTypeOf(media)
    if (captured < original) capture.info.snapped++
    const time = this.timeOf(view, at, capture.start + captured)
    if (!this.started) {
      this.started = true
      this.start = time
      const fraction = ((time % FILETIME_PER_SECOND) + FILETIME_PER_SECOND) % FILETIME_PER_SECOND
      capture.startSeconds = Number((time - fraction) / FILETIME_PER_SECOND)
      capture.startNanoseconds = Number(fraction) * 100
    }
    capture.timeNs = Number(time - this.start) * 100
  }

  /** In units of 100 ns since 1970. From 2.3 on each frame has it in UTC; before, it counts from the header's local time. */
  private timeOf(view: DataView, at: number, trailer: number): bigint {
    if (this.minor >= 3) return view.getBigUint64(trailer + 6, true) - FILETIME_EPOCH_SECONDS * FILETIME_PER_SECOND
    // Microseconds, of which the documentation says: times 10, then read as signed.
    return this.recorded + BigInt.asIntN(64, view.getBigUint64(at, true) * 10n)
  }

  /** The frame at this offset is (or will be) at `pos`. */
  private turn(capture: Capture, offset: number): boolean {
    const pos = offset - capture.base
    if (pos === capture.pos) return true
    if (pos >= 0 && pos < capture.limit) {
      capture.pos = pos
      return true
    }
    capture.seekTo = offset
    return false
  }

  private remember(offset: number): void {
    if (this.frame === this.met.length) {
      const larger = new Uint32Array(Math.max(1024, this.met.length * 2))
      larger.set(this.met)
      this.met = larger
    }
    this.met[this.frame] = offset
  }

  /** The frame table of a stream, once it comes by. */
  private compare(capture: Capture): boolean {
    if (this.checked === 0 && this.frames > 0) {
      const ahead = this.tableOffset - (capture.base + capture.pos)
      if (ahead < 0) return this.scattered(capture)
      const passed = Math.min(ahead, capture.limit - capture.pos)
      capture.pos += passed
      if (ahead > passed) {
        capture.skip = ahead - passed
        return want(capture, 4)
      }
    }
    while (this.checked < this.frames) {
      if (capture.pos + 4 > capture.limit) return want(capture, 4)
      if (capture.view.getUint32(capture.pos, true) !== this.met[this.checked]) return this.scattered(capture)
      capture.pos += 4
      this.checked++
    }
    return true
  }

  private scattered(capture: Capture): false {
    return capture.fail(
      'damaged',
      capture.pos,
      'the frames do not lie one after another, so this can not be read as a stream;',
      'unpack it and open the file itself',
    )
  }
}

function want(capture: Capture, bytes: number): false {
  capture.wanted = bytes
  return false
}

async function readTable(capture: Capture, offset: number, frames: number): Promise<Uint32Array> {
  const whole = capture.info.fileBytes ?? 0
  if (offset + frames * 4 > whole) {
    throw new CaptureError(
      'truncated',
      `${capture.info.path}: the NetMon frame table lies at ${offset}, beyond the end of the file (${whole} bytes)`,
      'the file was cut; copy it again, or save it again with Network Monitor',
    )
  }
  const table = new Uint32Array(frames)
  capture.seekTo = offset
  for (let entry = 0; entry < frames; ) {
    const piece = Math.min(TABLE_PIECE_BYTES, (frames - entry) * 4)
    if (!(await capture.gather(piece))) break
    for (let at = 0; at < piece; at += 4) table[entry++] = capture.view.getUint32(capture.pos + at, true)
    capture.pos += piece
  }
  capture.seekTo = FILE_HEADER_BYTES
  await capture.gather(0)
  return table
}

function linkTypeOf(media: number): number {
  if (media >= PCAP_BASE && media < PCAP_BASE + 0x1000) return media - PCAP_BASE
  return LINK_TYPES.get(media) ?? NO_LINK_TYPE + media
}
