/** What the blocks of a pcapng file say that are no packets: draft-ietf-opsawg-pcapng, sections 4.1, 4.2, 4.5 to 4.7. */
import { MAX_NAME_BYTES, MAX_OPTION_TEXT_BYTES } from '../wire/limits.ts'
import { ipv4Text, ipv6Text } from './address.ts'
import type { CaptureInfo } from './info.ts'
import { OPT_COMMENT, Options, textOf } from './options.ts'
import { TimeScale } from './timescale.ts'

/** What packets need to know of their interface. */
export interface PacketInterface {
  readonly id: number
  readonly linkType: number
  readonly snapLength: number
  readonly fcsLength: number
  readonly scale: TimeScale
}

const SHB_HARDWARE = 2
const SHB_OS = 3
const SHB_USERAPPL = 4

const IF_NAME = 2
const IF_DESCRIPTION = 3
const IF_TSRESOL = 9
const IF_FILTER = 11
const IF_OS = 12
const IF_FCSLEN = 13
const IF_TSOFFSET = 14
const MICROSECONDS = 6

const ISB_IFRECV = 4
const ISB_IFDROP = 5
const ISB_OSDROP = 7

const NRB_END = 0
const NRB_IPV4 = 1
const NRB_IPV6 = 2

/** Options of a section header block. */
export function readSection(info: CaptureInfo, view: DataView, at: number, end: number, littleEndian: boolean): void {
  const options = new Options(view, at, end, littleEndian)
  while (options.next()) {
    if (options.code === OPT_COMMENT) info.addComment(0, options.text())
    else if (options.code === SHB_HARDWARE) info.hardware ||= options.text()
    else if (options.code === SHB_OS) info.operatingSystem ||= options.text()
    else if (options.code === SHB_USERAPPL) info.application ||= options.text()
  }
  noteOptions(info, options)
}

/** An interface description block: adds the interface, and answers what its packets need. */
export function readInterface(
  info: CaptureInfo,
  view: DataView,
  at: number,
  end: number,
  littleEndian: boolean,
): PacketInterface {
  const id = info.interfaces.length
  const linkType = view.getUint16(at, littleEndian)
  const snapLength = view.getUint32(at + 4, littleEndian)
  let resolution = MICROSECONDS
  let offsetSeconds = 0n
  let fcsLength = -1
  let name = ''
  let description = ''
  let filter = ''
  let operatingSystem = ''
  let comment = ''
  const options = new Options(view, at + 8, end, littleEndian)
  while (options.next()) {
    switch (options.code) {
      case OPT_COMMENT:
        comment ||= options.text()
        break
      case IF_NAME:
        name = options.text()
        break
      case IF_DESCRIPTION:
        description = options.text()
        break
      case IF_TSRESOL:
        if (options.end > options.start) resolution = options.u8()
        break
      case IF_FILTER:
        // The first byte says in which language; 0 is that of libpcap.
        if (options.u8() === 0) filter = options.text(1)
        break
      case IF_OS:
        operatingSystem = options.text()
        break
      case IF_FCSLEN:
        if (options.end > options.start) fcsLength = options.u8()
        break
      case IF_TSOFFSET:
        offsetSeconds = options.i64()
        break
    }
  }
  noteOptions(info, options)
  info.interfaces.push({
    id,
    linkType,
    snapLength,
    fcsLength,
    name,
    description,
    filter,
    operatingSystem,
    comment,
    received: -1,
    dropped: -1,
    systemDropped: -1,
    droppedByPackets: 0,
  })
  return { id, linkType, snapLength, fcsLength, scale: new TimeScale(resolution, offsetSeconds) }
}

/** An interface statistics block; its counts run from the start, so a later block replaces an earlier one. */
export function readStatistics(
  info: CaptureInfo,
  interfaces: readonly PacketInterface[],
  view: DataView,
  at: number,
  end: number,
  littleEndian: boolean,
): void {
  const from = interfaces[view.getUint32(at, littleEndian)]
  const about = from === undefined ? undefined : info.interfaces[from.id]
  if (about === undefined) {
    info.note('statistics-undeclared', 'statistics of an interface that the section does not declare')
    return
  }
  const options = new Options(view, at + 12, end, littleEndian)
  while (options.next()) {
    if (options.code === ISB_IFRECV) about.received = options.u64()
    else if (options.code === ISB_IFDROP) about.dropped = options.u64()
    else if (options.code === ISB_OSDROP) about.systemDropped = options.u64()
  }
  noteOptions(info, options)
}

/** A name resolution block: addresses, each with one or more names; the first counts. */
export function readNames(info: CaptureInfo, view: DataView, at: number, end: number, littleEndian: boolean): void {
  let record = at
  while (record + 4 <= end) {
    const type = view.getUint16(record, littleEndian)
    const length = view.getUint16(record + 2, littleEndian)
    const value = record + 4
    if (type === NRB_END) return
    if (value + length > end) {
      info.note('names-broken', 'a name resolution record claims more than its block holds; the rest is left out')
      return
    }
    const addressLength = type === NRB_IPV4 ? 4 : type === NRB_IPV6 ? 16 : length
    if (addressLength < length) {
      const name = textOf(view, value + addressLength, Math.min(value + length, value + addressLength + MAX_NAME_BYTES))
      const address = type === NRB_IPV4 ? ipv4Text(view, value) : ipv6Text(view, value)
      if (name !== '') info.addName(address, name)
    }
    record = value + ((length + 3) & ~3)
  }
}

/** A decryption secrets block. The bytes are copied. */
export function readSecrets(info: CaptureInfo, view: DataView, at: number, end: number, littleEndian: boolean): void {
  const type = view.getUint32(at, littleEndian)
  const length = view.getUint32(at + 4, littleEndian)
  const start = at + 8
  if (length > end - start) info.note('secrets-broken', 'a secrets block claims more bytes than it holds')
  const stop = Math.min(start + length, end)
  info.addSecrets(type, new Uint8Array(view.buffer, view.byteOffset, stop).slice(start))
}

/** Options that do not fit their block were left out. */
export function noteBroken(info: CaptureInfo): void {
  info.note('options-broken', 'options of a block claim more than it holds; the rest of them is left out')
}

/** What was left out of these options, if anything. */
export function noteOptions(info: CaptureInfo, options: Options): void {
  if (options.broken) noteBroken(info)
  if (options.clipped) info.note('text-limit', `a text of more than ${MAX_OPTION_TEXT_BYTES} bytes is shown in part`)
}
