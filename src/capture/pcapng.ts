/**
 * pcapng files: draft-ietf-opsawg-pcapng. Several sections, each with its own byte order and interfaces. This file walks
 * the blocks and reads packets (hot); what the other blocks say is read in pcapng-blocks.ts.
 */
import { MAX_BLOCK_BYTES, MAX_INTERFACES, MAX_PACKET_BYTES, MAX_SECRETS_BYTES } from '../wire/limits.ts'
import type { Capture, RecordReader } from './cursor.ts'
import { CaptureError, REMEDY_TRUNCATED } from './error.ts'
import { OPT_COMMENT, Options } from './options.ts'
import {
  noteBroken,
  noteOptions,
  type PacketInterface,
  readInterface,
  readNames,
  readSecrets,
  readSection,
  readStatistics,
} from './pcapng-blocks.ts'

/** Reads the same in both byte orders. */
const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const OBSOLETE_PACKET = 2
const SIMPLE_PACKET = 3
const NAME_RESOLUTION = 4
const INTERFACE_STATISTICS = 5
const ENHANCED_PACKET = 6
const JOURNAL_EXPORT = 9
const DECRYPTION_SECRETS = 10
const SYSDIG_EVENT = 0x204
const SYSDIG_EVENT_2 = 0x216
const SYSDIG_EVENT_2_LARGE = 0x221
const CUSTOM = 0x0bad
const CUSTOM_NOT_COPIED = 0x4000_0bad

const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const LEAST_BLOCK_BYTES = 12
const SECTION_HEADER_BYTES = 28
const INTERFACE_BYTES = 20
/** Type, length, interface, time, two packet lengths; behind the data the length again. */
const PACKET_HEADER_BYTES = 28
const LEAST_PACKET_BLOCK_BYTES = 32
const LEAST_SIMPLE_BLOCK_BYTES = 16
const EPB_FLAGS = 2
const EPB_DROP_COUNT = 4
/** Up to here a block that nobody wants is waited for, beyond it its bytes are dropped as they come. */
const SMALL_BLOCK_BYTES = 1 << 16
const NO_DROP_COUNT = 0xffff

/** Outcome of a block that is no enhanced packet. */
const GO_ON = 0
const PACKET = 1
const STOP = 2

/** The file begins like a pcapng file. */
export function isPcapng(view: DataView, at: number): boolean {
  return view.getUint32(at, true) === SECTION_HEADER
}

/** @throws CaptureError when the first section header makes no sense. */
export async function openPcapng(capture: Capture): Promise<RecordReader> {
  const { info } = capture
  if (!(await capture.gather(LEAST_BLOCK_BYTES))) {
    throw new CaptureError(
      'truncated',
      `${info.path}: the file ends in its pcapng section header (${capture.limit} bytes)`,
      'nothing was recorded in it; record again',
    )
  }
  const littleEndian = byteOrder(capture.view, 0)
  if (littleEndian === null) {
    throw new CaptureError(
      'damaged',
      `${info.path}: begins like pcapng, but its byte order mark is wrong`,
      'copy the file again in binary mode: a transfer as text changes line ends',
    )
  }
  info.format = 'pcapng'
  info.variant = `pcapng, ${littleEndian ? 'little' : 'big'}-endian`
  return new PcapngReader(littleEndian)
}

class PcapngReader implements RecordReader {
  private littleEndian: boolean
  /** Of the current section. */
  private interfaces: PacketInterface[] = []
  private sections = 0
  private started = false
  private startNs = 0n
  /** Of a block being skipped: its length must come again behind it. */
  private trailer = -1
  private trailerOf = 0

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian
  }

  next(capture: Capture): boolean {
    for (;;) {
      const at = capture.pos
      const limit = capture.limit
      if (at + LEAST_BLOCK_BYTES > limit) {
        if (this.trailer >= 0) {
          if (!this.passTrailer(capture)) return false
          continue
        }
        capture.wanted = LEAST_BLOCK_BYTES
        return false
      }
      if (this.trailer >= 0) {
        if (!this.passTrailer(capture)) return false
        continue
      }
      const view = capture.view
      const littleEndian = this.littleEndian
      if (view.getUint32(at, littleEndian) !== ENHANCED_PACKET) {
        const outcome = this.otherBlock(capture, at)
        if (outcome === PACKET) return true
        if (outcome === STOP) return false
        continue
      }
      const total = view.getUint32(at + 4, littleEndian)
      let end = at + total
      if (end > limit || total < LEAST_PACKET_BLOCK_BYTES || (total & 3) !== 0) {
        if (!this.checkLength(capture, at, total, LEAST_PACKET_BLOCK_BYTES, MAX_PACKET_BYTES)) return false
        end = at + padded(total)
        if (end > limit) {
          capture.wanted = end - at
          return false
        }
      }
      if (view.getUint32(end - 4, littleEndian) !== total && !this.checkTrailer(capture, at, total, end - 4))
        return false
      const index = view.getUint32(at + 8, littleEndian)
      const packetInterface = this.interfaces[index]
      if (packetInterface === undefined) return this.undeclared(capture, at, index)
      const captured = view.getUint32(at + 20, littleEndian)
      const original = view.getUint32(at + 24, littleEndian)
      if (captured > total - LEAST_PACKET_BLOCK_BYTES) return this.tooLong(capture, at, captured, total)
      const start = at + PACKET_HEADER_BYTES
      capture.number++
      capture.start = start
      this.accept(capture, at, packetInterface, captured, original)
      this.stamp(capture, packetInterface, view.getUint32(at + 12, littleEndian), view.getUint32(at + 16, littleEndian))
      capture.pos = end
      const options = start + ((captured + 3) & ~3)
      if (options + 8 <= end) this.packetOptions(capture, options, end - 4)
      return true
    }
  }

  ended(capture: Capture): void {
    const left = capture.limit - capture.pos
    if (left === 0 && capture.skip === 0 && this.trailer < 0) return
    const skipped = this.trailer >= 0
    const what = skipped ? 'in a block' : `in a block behind packet ${capture.number}`
    const at = skipped ? this.trailerOf - capture.base : capture.pos
    capture.fail('truncated', at, `the file ends ${what}`, REMEDY_TRUNCATED)
  }

  private accept(capture: Capture, at: number, from: PacketInterface, captured: number, original: number): void {
    capture.end = capture.start + captured
    capture.originalLength = original
    capture.offset = capture.base + at
    capture.interfaceId = from.id
    capture.linkType = from.linkType
    capture.fcsLength = from.fcsLength
    if (captured < original) capture.info.snapped++
  }

  private stamp(capture: Capture, from: PacketInterface, high: number, low: number): void {
    if (!this.started) this.begin(capture, from, high, low)
    capture.timeNs = from.scale.sinceStartNs(high, low)
  }

  private begin(capture: Capture, from: PacketInterface, high: number, low: number): void {
    this.started = true
    this.startNs = from.scale.absoluteNs(high, low)
    const ns = ((this.startNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
    capture.startNanoseconds = Number(ns)
    capture.startSeconds = Number((this.startNs - ns) / 1_000_000_000n)
    for (const { scale } of this.interfaces) scale.startAt(this.startNs)
  }

  /** A block that is no enhanced packet. */
  private otherBlock(capture: Capture, at: number): typeof GO_ON | typeof PACKET | typeof STOP {
    const view = capture.view
    const type = view.getUint32(at, this.littleEndian)
    let littleEndian = this.littleEndian
    if (type === SECTION_HEADER) {
      const order = byteOrder(view, at)
      if (order === null) {
        capture.fail('damaged', at, 'a section header with a wrong byte order mark')
        return STOP
      }
      littleEndian = order
    }
    const total = view.getUint32(at + 4, littleEndian)
    const isWanted = isRead(type) && !(type === DECRYPTION_SECRETS && total > MAX_SECRETS_BYTES)
    if (type === DECRYPTION_SECRETS && !isWanted) capture.info.noteSecretsLimit()
    const isPacket = type === OBSOLETE_PACKET || type === SIMPLE_PACKET
    const most = isPacket ? MAX_PACKET_BYTES : isWanted ? MAX_BLOCK_BYTES : 0xffff_ffff
    if (!this.checkLength(capture, at, total, leastBytes(type), most)) return STOP
    const end = at + padded(total)
    if (!isWanted && total > SMALL_BLOCK_BYTES) {
      this.skip(capture, at, type, total)
      return GO_ON
    }
    if (end > capture.limit) {
      capture.wanted = end - at
      return STOP
    }
    this.littleEndian = littleEndian
    if (!this.checkTrailer(capture, at, total, end - 4)) return STOP
    capture.pos = end
    const body = at + 8
    const bodyEnd = end - 4
    switch (type) {
      case SECTION_HEADER:
        return this.section(capture, at, body, bodyEnd) ? GO_ON : STOP
      case INTERFACE_DESCRIPTION:
        return this.addInterface(capture, at, body, bodyEnd) ? GO_ON : STOP
      case OBSOLETE_PACKET:
        return this.obsoletePacket(capture, at, total, end) ? PACKET : STOP
      case SIMPLE_PACKET:
        return this.simplePacket(capture, at, total) ? PACKET : STOP
      case NAME_RESOLUTION:
        readNames(capture.info, view, body, bodyEnd, littleEndian)
        return GO_ON
      case INTERFACE_STATISTICS:
        readStatistics(capture.info, this.interfaces, view, body, bodyEnd, littleEndian)
        return GO_ON
      case DECRYPTION_SECRETS:
        readSecrets(capture.info, view, body, bodyEnd, littleEndian)
        return GO_ON
      default:
        this.numberOther(capture, type)
        return GO_ON
    }
  }

  private section(capture: Capture, at: number, body: number, bodyEnd: number): boolean {
    const { view, info } = capture
    const major = view.getUint16(body + 4, this.littleEndian)
    const minor = view.getUint16(body + 6, this.littleEndian)
    if (major !== 1) {
      return capture.fail(
        'unsupported-format',
        at,
        `a section of pcapng version ${major}.${minor}, which is not known`,
        'convert it with: editcap -F pcapng in out',
      )
    }
    this.sections++
    this.interfaces = []
    if (this.sections === 2) info.variant += ', several sections'
    readSection(info, view, body + 16, bodyEnd, this.littleEndian)
    return true
  }

  private addInterface(capture: Capture, at: number, body: number, bodyEnd: number): boolean {
    if (capture.info.interfaces.length >= MAX_INTERFACES) {
      return capture.fail('limit', at, `more than ${MAX_INTERFACES} interfaces`, 'split the file by section')
    }
    const added = readInterface(capture.info, capture.view, body, bodyEnd, this.littleEndian)
    if (this.started) added.scale.startAt(this.startNs)
    this.interfaces.push(added)
    return true
  }

  /** Packet Block of the first drafts: interface and drop count share a word. */
  private obsoletePacket(capture: Capture, at: number, total: number, end: number): boolean {
    const view = capture.view
    const littleEndian = this.littleEndian
    const index = view.getUint16(at + 8, littleEndian)
    const from = this.interfaces[index]
    if (from === undefined) return this.undeclared(capture, at, index)
    const captured = view.getUint32(at + 20, littleEndian)
    if (captured > total - LEAST_PACKET_BLOCK_BYTES) return this.tooLong(capture, at, captured, total)
    const drops = view.getUint16(at + 10, littleEndian)
    if (drops !== NO_DROP_COUNT) addDrops(capture, from.id, drops)
    capture.number++
    capture.start = at + PACKET_HEADER_BYTES
    this.accept(capture, at, from, captured, view.getUint32(at + 24, littleEndian))
    this.stamp(capture, from, view.getUint32(at + 12, littleEndian), view.getUint32(at + 16, littleEndian))
    const options = capture.start + ((captured + 3) & ~3)
    if (options + 8 <= end) this.packetOptions(capture, options, end - 4)
    return true
  }

  /** Simple Packet Block: of the first interface, without a time. */
  private simplePacket(capture: Capture, at: number, total: number): boolean {
    const from = this.interfaces[0]
    if (from === undefined) return this.undeclared(capture, at, 0)
    const original = capture.view.getUint32(at + 8, this.littleEndian)
    const room = total - LEAST_SIMPLE_BLOCK_BYTES
    const captured = from.snapLength === 0 ? original : Math.min(original, from.snapLength)
    if (captured > room) return this.tooLong(capture, at, captured, total)
    capture.number++
    capture.start = at + 12
    this.accept(capture, at, from, captured, original)
    capture.info.untimed++
    return true
  }

  /** Comments and drop counts; the rest says nothing that a diagnosis needs. */
  private packetOptions(capture: Capture, at: number, end: number): void {
    const view = capture.view
    const littleEndian = this.littleEndian
    for (let option = at; option + 4 <= end; ) {
      const code = view.getUint16(option, littleEndian)
      const length = view.getUint16(option + 2, littleEndian)
      if (code === 0) return
      if (option + 4 + length > end) {
        noteBroken(capture.info)
        return
      }
      if (code === OPT_COMMENT) {
        const options = new Options(view, option, end, littleEndian)
        if (options.next()) capture.info.addComment(capture.number, options.text())
        noteOptions(capture.info, options)
      } else if (code === EPB_DROP_COUNT && length >= 8) {
        const options = new Options(view, option, end, littleEndian)
        if (options.next()) addDrops(capture, capture.interfaceId, options.u64())
      } else if (code === EPB_FLAGS && length >= 4) {
        // Bits 5 to 8: length of the frame check sequence, 0 = not said.
        const fcsLength = (view.getUint32(option + 4, littleEndian) >>> 5) & 0xf
        if (fcsLength > 0) capture.fcsLength = fcsLength
      }
      option += 4 + ((length + 3) & ~3)
    }
  }

  /** Events and custom blocks take a number in Wireshark; users find packets by it. */
  private numberOther(capture: Capture, type: number): void {
    switch (type) {
      case JOURNAL_EXPORT:
      case SYSDIG_EVENT:
      case SYSDIG_EVENT_2:
      case SYSDIG_EVENT_2_LARGE:
      case CUSTOM:
      case CUSTOM_NOT_COPIED:
        capture.number++
        capture.info.otherRecords++
    }
  }

  private skip(capture: Capture, at: number, type: number, total: number): void {
    this.numberOther(capture, type)
    this.trailer = total
    this.trailerOf = capture.base + at
    const before = padded(total) - 4
    const passed = Math.min(before, capture.limit - at)
    capture.pos = at + passed
    capture.skip = before - passed
  }

  /** Behind a block that was skipped: its length again. */
  private passTrailer(capture: Capture): boolean {
    if (capture.skip > 0 || capture.pos + 4 > capture.limit) {
      capture.wanted = 4
      return false
    }
    if (!this.checkTrailer(capture, this.trailerOf - capture.base, this.trailer, capture.pos)) return false
    this.trailer = -1
    capture.pos += 4
    return true
  }

  private checkLength(capture: Capture, at: number, total: number, least: number, most: number): boolean {
    if (total < least)
      return capture.fail('damaged', at, `a block claims ${total} bytes, less than the ${least} of its kind,`)
    if (total > most) return capture.fail('damaged', at, `a block claims ${total} bytes, more than ${most},`)
    return true
  }

  /** The length comes again at the end of the block. Some writers pad a block and count it unpadded, in either place. */
  private checkTrailer(capture: Capture, at: number, total: number, trailer: number): boolean {
    const again = capture.view.getUint32(trailer, this.littleEndian)
    if (again === total || padded(again) === padded(total)) return true
    return capture.fail('damaged', at, `a block is ${total} bytes long by its start and ${again} by its end,`)
  }

  private undeclared(capture: Capture, at: number, index: number): false {
    return capture.fail('damaged', at, `a packet of interface ${index}, which the section does not declare,`)
  }

  private tooLong(capture: Capture, at: number, captured: number, total: number): false {
    return capture.fail('damaged', at, `a packet of ${captured} bytes in a block of ${total}`)
  }
}

/** True = little-endian; null = no byte order mark. */
function byteOrder(view: DataView, at: number): boolean | null {
  if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) return true
  return view.getUint32(at + 8, false) === BYTE_ORDER_MAGIC ? false : null
}

/** To whole words, without the 32-bit integers that would make large lengths negative. */
function padded(length: number): number {
  return Math.ceil(length / 4) * 4
}

function isRead(type: number): boolean {
  return (
    type === SECTION_HEADER || (type >= INTERFACE_DESCRIPTION && type <= ENHANCED_PACKET) || type === DECRYPTION_SECRETS
  )
}

function leastBytes(type: number): number {
  switch (type) {
    case SECTION_HEADER:
      return SECTION_HEADER_BYTES
    case INTERFACE_DESCRIPTION:
    case DECRYPTION_SECRETS:
      return INTERFACE_BYTES
    case OBSOLETE_PACKET:
      return LEAST_PACKET_BLOCK_BYTES
    case SIMPLE_PACKET:
      return LEAST_SIMPLE_BLOCK_BYTES
    case INTERFACE_STATISTICS:
      return 24
    default:
      return LEAST_BLOCK_BYTES
  }
}

function addDrops(capture: Capture, interfaceId: number, drops: number): void {
  const info = capture.info.interfaces[interfaceId]
  if (info !== undefined) info.droppedByPackets += drops
}
