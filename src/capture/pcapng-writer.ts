/**
 * Packets to pcapng (draft-ietf-opsawg-pcapng), with comments, nanoseconds, and secrets where they are to go along. Little-endian,
 * one section.
 */
import { OPT_COMMENT } from './options.ts'

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const INTERFACE_STATISTICS = 5
const ENHANCED_PACKET = 6
const DECRYPTION_SECRETS = 0x0a
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const OPT_USER_APPLICATION = 4
const OPT_IF_NAME = 2
const OPT_IF_TIME_RESOLUTION = 9
const OPT_IF_FCS_LENGTH = 13
const OPT_STATISTICS_RECEIVED = 4
const OPT_STATISTICS_DROPPED = 5
const OPT_STATISTICS_SYSTEM_DROPPED = 7
/** The snap length of interfaces that the capture does not describe: the largest that recorders take. */
export const SYNTHETIC_SNAP_LENGTH = 0x40000
const NOTHING = new Uint8Array(0)
/** 10^-9 s. */
const NANOSECONDS = 9
/** A longer text would not fit the length of an option. */
const MOST_TEXT_BYTES = 0xfff0
const NS_PER_SECOND = 1_000_000_000n

export interface WrittenInterface {
  /** LINKTYPE_* value. */
  readonly linkType: number
  readonly snapLength: number
  readonly name: string
  /** Bytes of frame check sequence at the end of each frame; -1 or none when nothing is to be said. */
  readonly fcsLength?: number
}

/** What the recorder counted on an interface; -1 = not known. */
export interface WrittenStatistics {
  readonly interfaceIndex: number
  /** Since 1970. */
  readonly timeNs: bigint
  readonly received: number
  readonly dropped: number
  readonly systemDropped: number
}

export interface WrittenPacket {
  /** Index of an interface that was written before. */
  readonly interfaceIndex: number
  readonly bytes: Uint8Array
  readonly originalLength: number
  /** Since 1970. */
  readonly timeNs: bigint
  readonly comments: readonly string[]
}

/** Blocks one by one: the header first, then interfaces, secrets, packets. */
export class PcapngWriter {
  readonly #put: (block: Uint8Array) => void

  /** @param put takes each block as it is made. */
  constructor(put: (block: Uint8Array) => void) {
    this.#put = put
  }

  section(application: string, comment: string): void {
    const body = new Uint8Array(16)
    const view = new DataView(body.buffer)
    view.setUint32(0, BYTE_ORDER_MAGIC, true)
    view.setUint16(4, 1, true)
    // The length of the section is not told.
    view.setUint32(8, 0xffffffff, true)
    view.setUint32(12, 0xffffffff, true)
    this.#block(SECTION_HEADER, [
      body,
      ...options([text(OPT_COMMENT, comment), text(OPT_USER_APPLICATION, application)]),
    ])
  }

  interface({ linkType, snapLength, name, fcsLength = -1 }: WrittenInterface): void {
    const body = new Uint8Array(8)
    const view = new DataView(body.buffer)
    view.setUint16(0, linkType, true)
    view.setUint32(4, snapLength, true)
    const resolution = option(OPT_IF_TIME_RESOLUTION, Uint8Array.of(NANOSECONDS))
    const check = fcsLength < 0 ? NOTHING : option(OPT_IF_FCS_LENGTH, Uint8Array.of(fcsLength))
    this.#block(INTERFACE_DESCRIPTION, [body, ...options([text(OPT_IF_NAME, name), resolution, check])])
  }

  statistics({ interfaceIndex, timeNs, received, dropped, systemDropped }: WrittenStatistics): void {
    const body = new Uint8Array(12)
    const view = new DataView(body.buffer)
    view.setUint32(0, interfaceIndex, true)
    time(view, 4, timeNs)
    this.#block(INTERFACE_STATISTICS, [
      body,
      ...options([
        count(OPT_STATISTICS_RECEIVED, received),
        count(OPT_STATISTICS_DROPPED, dropped),
        count(OPT_STATISTICS_SYSTEM_DROPPED, systemDropped),
      ]),
    ])
  }

  /** @param type 0x544c534b for a TLS key log. */
  secrets(type: number, bytes: Uint8Array): void {
    const body = new Uint8Array(8)
    const view = new DataView(body.buffer)
    view.setUint32(0, type, true)
    view.setUint32(4, bytes.length, true)
    this.#block(DECRYPTION_SECRETS, [body, padded(bytes)])
  }

  packet({ interfaceIndex, bytes, originalLength, timeNs, comments }: WrittenPacket): void {
    const body = new Uint8Array(20)
    const view = new DataView(body.buffer)
    view.setUint32(0, interfaceIndex, true)
    time(view, 4, timeNs)
    view.setUint32(12, bytes.length, true)
    view.setUint32(16, originalLength, true)
    const said = comments.map(comment => text(OPT_COMMENT, comment))
    this.#block(ENHANCED_PACKET, [body, padded(bytes), ...options(said)])
  }

  #block(type: number, parts: readonly Uint8Array[]): void {
    const length = 12 + parts.reduce((sum, part) => sum + part.length, 0)
    const block = new Uint8Array(length)
    const view = new DataView(block.buffer)
    view.setUint32(0, type, true)
    view.setUint32(4, length, true)
    let at = 8
    for (const part of parts) {
      block.set(part, at)
      at += part.length
    }
    view.setUint32(at, length, true)
    this.#put(block)
  }
}

/** Nanoseconds since 1970. */
export function absoluteNs(startSeconds: number, startNanoseconds: number, timeNs: number): bigint {
  return BigInt(startSeconds) * NS_PER_SECOND + BigInt(startNanoseconds) + BigInt(Math.round(timeNs))
}

/** With the end of the options behind them; nothing where there is none. */
function options(given: readonly Uint8Array[]): Uint8Array[] {
  const some = given.filter(one => one.length > 0)
  return some.length === 0 ? [] : [...some, new Uint8Array(4)]
}

function text(code: number, value: string): Uint8Array {
  if (value === '') return new Uint8Array(0)
  const bytes = new TextEncoder().encode(value)
  let end = Math.min(bytes.length, MOST_TEXT_BYTES)
  // Not in the middle of a character.
  while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return option(code, bytes.subarray(0, end))
}

/** The upper and the lower half of a time. */
function time(view: DataView, at: number, timeNs: bigint): void {
  view.setUint32(at, Number((timeNs >> 32n) & 0xffffffffn), true)
  view.setUint32(at + 4, Number(timeNs & 0xffffffffn), true)
}

function count(code: number, value: number): Uint8Array {
  if (value < 0) return NOTHING
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return option(code, bytes)
}

function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + ((value.length + 3) & ~3))
  const view = new DataView(bytes.buffer)
  view.setUint16(0, code, true)
  view.setUint16(2, value.length, true)
  bytes.set(value, 4)
  return bytes
}

function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes
  const whole = new Uint8Array((bytes.length + 3) & ~3)
  whole.set(bytes)
  return whole
}
