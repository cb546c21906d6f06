/** Builds capture files byte by byte, in either byte order. */
import type { Capture } from '../../src/capture/cursor.ts'
import { openStream } from '../../src/capture/open.ts'

/** Numbers and bytes, appended in one byte order. */
export class Writer {
  readonly littleEndian: boolean
  private readonly parts: Uint8Array[] = []
  length = 0

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian
  }

  u8(...values: number[]): this {
    return this.bytes(Uint8Array.from(values))
  }

  u16(...values: number[]): this {
    for (const value of values) this.number(2, view => view.setUint16(0, value, this.littleEndian))
    return this
  }

  u32(...values: number[]): this {
    for (const value of values) this.number(4, view => view.setUint32(0, value, this.littleEndian))
    return this
  }

  u64(...values: bigint[]): this {
    for (const value of values)
      this.number(8, view => view.setBigUint64(0, BigInt.asUintN(64, value), this.littleEndian))
    return this
  }

  bytes(...all: Uint8Array[]): this {
    for (const bytes of all) {
      this.parts.push(bytes)
      this.length += bytes.length
    }
    return this
  }

  /** Zeros up to a multiple of `unit`. */
  pad(unit: number): this {
    return this.bytes(new Uint8Array((unit - (this.length % unit)) % unit))
  }

  done(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length)
    let at = 0
    for (const part of this.parts) {
      all.set(part, at)
      at += part.length
    }
    return all
  }

  private number(size: number, put: (view: DataView) => void): void {
    const bytes = new Uint8Array(size)
    put(new DataView(bytes.buffer))
    this.bytes(bytes)
  }
}

export function text(of: string): Uint8Array {
  return new TextEncoder().encode(of)
}

export function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Writer(true).bytes(...parts).done()
}

export interface PcapPacket {
  readonly seconds?: number
  readonly fraction?: number
  readonly data: Uint8Array
  readonly original?: number
}

export interface PcapShape {
  readonly littleEndian?: boolean
  readonly magic?: number
  readonly version?: readonly [number, number]
  readonly snapLength?: number
  readonly network?: number
  /** Bytes behind the file header, and behind the first 16 of each record header. */
  readonly fileExtra?: Uint8Array
  readonly recordExtra?: Uint8Array
  readonly lengthsSwapped?: boolean
}

export function pcap(packets: readonly PcapPacket[], shape: PcapShape = {}): Uint8Array<ArrayBuffer> {
  const [major, minor] = shape.version ?? [2, 4]
  const file = new Writer(shape.littleEndian ?? true)
  file
    .u32(shape.magic ?? 0xa1b2c3d4)
    .u16(major, minor)
    .u32(0, 0, shape.snapLength ?? 65_535, shape.network ?? 1)
  if (shape.fileExtra !== undefined) file.bytes(shape.fileExtra)
  for (const { seconds = 1_700_000_000, fraction = 0, data, original = data.length } of packets) {
    file.u32(seconds, fraction)
    if (shape.lengthsSwapped === true) file.u32(original, data.length)
    else file.u32(data.length, original)
    if (shape.recordExtra !== undefined) file.bytes(shape.recordExtra)
    file.bytes(data)
  }
  return file.done()
}

/** The blocks of pcapng in one byte order. */
export class Blocks {
  private readonly littleEndian: boolean

  constructor(littleEndian = true) {
    this.littleEndian = littleEndian
  }

  writer(): Writer {
    return new Writer(this.littleEndian)
  }

  block(type: number, body: Uint8Array): Uint8Array {
    const padded = this.writer().bytes(body).pad(4).done()
    const total = padded.length + 12
    return this.writer().u32(type, total).bytes(padded).u32(total).done()
  }

  options(...all: readonly (readonly [code: number, value: Uint8Array])[]): Uint8Array<ArrayBuffer> {
    if (all.length === 0) return new Uint8Array(0)
    const writer = this.writer()
    for (const [code, value] of all) writer.u16(code, value.length).bytes(value).pad(4)
    return writer.u16(0, 0).done()
  }

  section(options: Uint8Array = new Uint8Array(0), version: readonly [number, number] = [1, 0]): Uint8Array {
    const body = this.writer()
      .u32(0x1a2b3c4d)
      .u16(...version)
      .u64(-1n)
      .bytes(options)
    return this.block(0x0a0d0d0a, body.done())
  }

  interface(linkType = 1, snapLength = 0, options: Uint8Array = new Uint8Array(0)): Uint8Array {
    return this.block(1, this.writer().u16(linkType, 0).u32(snapLength).bytes(options).done())
  }

  packet(
    interfaceId: number,
    ticks: bigint,
    data: Uint8Array,
    original = data.length,
    options: Uint8Array = new Uint8Array(0),
  ): Uint8Array {
    const body = this.writer().u32(interfaceId, Number((ticks >> 32n) & 0xffff_ffffn), Number(ticks & 0xffff_ffffn))
    body.u32(data.length, original).bytes(data).pad(4).bytes(options)
    return this.block(6, body.done())
  }

  simple(data: Uint8Array, original = data.length): Uint8Array {
    return this.block(3, this.writer().u32(original).bytes(data).done())
  }

  obsolete(interfaceId: number, drops: number, ticks: bigint, data: Uint8Array, original = data.length): Uint8Array {
    const body = this.writer()
      .u16(interfaceId, drops)
      .u32(Number(ticks >> 32n), Number(ticks & 0xffff_ffffn))
    body.u32(data.length, original).bytes(data)
    return this.block(2, body.done())
  }
}

/** A packet as the cursor showed it. */
export interface Seen {
  readonly number: number
  /** Nanoseconds since 1970. */
  readonly ns: bigint
  readonly bytes: string
  readonly original: number
  readonly linkType: number
  readonly interfaceId: number
  readonly offset: number
}

/** Everything the cursor gives up to the end or the damage. */
export async function read(capture: Capture): Promise<Seen[]> {
  const seen: Seen[] = []
  for (;;) {
    while (capture.next()) {
      seen.push({
        number: capture.number,
        ns: timeOf(capture),
        bytes: Buffer.from(capture.bytes.subarray(capture.start, capture.end)).toString('hex'),
        original: capture.originalLength,
        linkType: capture.linkType,
        interfaceId: capture.interfaceId,
        offset: capture.offset,
      })
    }
    if (!(await capture.fill())) break
  }
  await capture.close()
  return seen
}

function timeOf(capture: Capture): bigint {
  return (
    BigInt(capture.startSeconds) * 1_000_000_000n +
    BigInt(capture.startNanoseconds) +
    BigInt(Math.round(capture.timeNs))
  )
}

/** The bytes as a stream of chunks of so many bytes. */
export async function* chunked(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Opens bytes as a stream. */
export function openBytes(bytes: Uint8Array, chunkBytes = Math.max(1, bytes.length)): Promise<Capture> {
  return openStream(chunked(bytes, chunkBytes), 'test')
}
