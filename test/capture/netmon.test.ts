import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Capture } from '../../src/capture/cursor.ts'
import { openCapture } from '../../src/capture/open.ts'
import { joined, openBytes, read, Writer } from './build.ts'

const data = Uint8Array.of(1, 2, 3, 4, 5)
const FILETIME_OF_1970 = 116_444_736_000_000_000n
const START = Date.UTC(2024, 1, 29, 12, 34, 56, 789)

interface Frame {
  readonly micros?: bigint
  readonly data?: Uint8Array
  readonly original?: number
  readonly media?: number
  readonly filetime?: bigint
}

function frame(
  minor: number,
  { micros = 0n, data: bytes = data, original, media = 1, filetime = 0n }: Frame,
): Uint8Array {
  const writer = new Writer(true)
    .u64(micros)
    .u32(original ?? bytes.length, bytes.length)
    .bytes(bytes)
  if (minor >= 1) writer.u16(media)
  if (minor >= 2) writer.u32(0xffff_ffff)
  if (minor >= 3) writer.u64(filetime).u8(0)
  return writer.done()
}

/** @param order in which the frames lie in the file; the table keeps that of `frames`. */
function netmon(
  minor: number,
  frames: readonly Frame[],
  order = frames.map((_, index) => index),
): Uint8Array<ArrayBuffer> {
  const bodies = frames.map(each => frame(minor, each))
  const offsets = new Array<number>(frames.length).fill(0)
  const body = new Writer(true)
  for (const index of order) {
    offsets[index] = 128 + body.length
    body.bytes(bodies[index] as Uint8Array)
  }
  body.bytes(Uint8Array.of(0xee, 0xee, 0xee))
  const start = new Date(START)
  const header = new Writer(true)
    .bytes(new TextEncoder().encode('GMBU'))
    .u8(minor, 2)
    .u16(1)
    .u16(start.getUTCFullYear(), start.getUTCMonth() + 1, start.getUTCDay(), start.getUTCDate())
    .u16(start.getUTCHours(), start.getUTCMinutes(), start.getUTCSeconds(), start.getUTCMilliseconds())
    .u32(128 + body.length, frames.length * 4)
    .pad(128)
  return joined(header.done(), body.done(), new Writer(true).u32(...offsets).done())
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmon-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function openFile(bytes: Uint8Array): Promise<Capture> {
  const path = join(folder, 'a.cap')
  await writeFile(path, bytes)
  return openCapture(path)
}

describe.each([
  ['file', openFile],
  ['stream', (bytes: Uint8Array) => openBytes(bytes, 50)],
] as const)('NetMon from a %s', (_, open) => {
  it.each([0, 1, 2])('reads version 2.%i: times count from the header', async minor => {
    const capture = await open(netmon(minor, [{ micros: 1n, original: 60 }, { micros: 2_000_000n }, { micros: 0n }]))
    const start = BigInt(START) * 1_000_000n
    expect((await read(capture)).map(packet => [packet.number, packet.ns, packet.bytes, packet.original])).toEqual([
      [1, start + 1000n, '0102030405', 60],
      [2, start + 2_000_000_000n, '0102030405', 5],
      [3, start, '0102030405', 5],
    ])
    expect(capture.error).toBeNull()
    expect(capture.info.notes.map(note => note.id)).toEqual(['local-time'])
  })

  it('reads version 2.3: each frame has its time in UTC', async () => {
    const filetime = FILETIME_OF_1970 + 1_700_000_000n * 10_000_000n + 7n
    const capture = await open(netmon(3, [{ filetime }, { filetime: filetime - 10_000_000n }]))
    expect((await read(capture)).map(packet => packet.ns)).toEqual([
      1_700_000_000_000_000_700n,
      1_699_999_999_000_000_700n,
    ])
    expect(capture.info.variant).toBe('NetMon 2.3')
  })

  it('reads times before the start, which wrap in units of 100 ns', async () => {
    const before = (1n << 64n) / 10n
    const [packet] = await read(await open(netmon(1, [{ micros: before }])))
    expect(packet?.ns).toBe(BigInt(START) * 1_000_000n + BigInt.asIntN(64, before * 10n) * 100n)
  })

  it('numbers frames as Wireshark does, and gives packets only', async () => {
    const media = [0xfffd, 1, 0xffe0, 0xfffe, 9, 0xffff, 0xfffc, 0xe000 + 113, 6]
    const capture = await open(
      netmon(
        2,
        media.map(each => ({ media: each })),
      ),
    )
    expect((await read(capture)).map(packet => [packet.number, packet.linkType])).toEqual([
      [1, 1],
      [3, 101],
      [5, 113],
      [6, 65_542],
    ])
    expect([capture.packets, capture.info.otherRecords]).toEqual([4, 2])
  })

  it('gives the frames before one that claims too much', async () => {
    const file = netmon(2, [{}, {}])
    new DataView(file.buffer).setUint32(128 + 27 + 12, 300_000, true)
    const capture = await open(file)
    expect(await read(capture)).toHaveLength(1)
    expect(capture.error).toMatchObject({
      code: 'damaged',
      offset: 155,
      message: 'frame 2 claims 300000 bytes at offset 155',
    })
  })

  it('has no packets where the table is empty', async () => {
    const capture = await open(netmon(2, []))
    expect(await read(capture)).toEqual([])
    expect(capture.error).toBeNull()
  })

  it('refuses other versions and headers that are cut off', async () => {
    const file = netmon(2, [{}])
    const other = file.slice()
    other[5] = 3
    await expect(open(other)).rejects.toMatchObject({ code: 'unsupported-format' })
    await expect(open(file.subarray(0, 31))).rejects.toMatchObject({ code: 'truncated' })
    const odd = file.slice()
    odd[28] = 5
    await expect(open(odd)).rejects.toMatchObject({ code: 'damaged' })
  })
})

it('follows the frame table of a file wherever it leads', async () => {
  const frames = [1, 2, 3, 4].map(value => ({ data: new Uint8Array(1_500).fill(value), micros: BigInt(value) }))
  const large = Array.from({ length: 2000 }, () => ({ data: new Uint8Array(1_500).fill(9), micros: 9n }))
  const all = [...frames, ...large]
  const order = [3, ...large.map((_, index) => index + 4), 1, 0, 2]
  const capture = await openFile(netmon(2, all, order))
  const packets = await read(capture)
  expect(packets.slice(0, 5).map(packet => packet.bytes.slice(0, 2))).toEqual(['01', '02', '03', '04', '09'])
  expect(packets).toHaveLength(2004)
  expect(capture.error).toBeNull()
})

it('finds out that the frames of a stream did not lie one after another', async () => {
  const capture = await openBytes(netmon(2, [{ micros: 1n }, { micros: 2n }], [1, 0]))
  await read(capture)
  expect(capture.error).toMatchObject({ code: 'damaged', remedy: 'unpack it and open the file itself' })
})

it('refuses a file whose frame table lies beyond its end', async () => {
  const file = netmon(2, [{}, {}])
  await expect(openFile(file.subarray(0, file.length - 1))).rejects.toMatchObject({ code: 'truncated' })
})

it('reports a stream that ends in a frame or in the frame table', async () => {
  const file = netmon(2, [{}, {}])
  const inFrame = await openBytes(file.subarray(0, 170))
  expect(await read(inFrame)).toHaveLength(1)
  expect(inFrame.error).toMatchObject({ code: 'truncated', offset: 155 })
  const inTable = await openBytes(file.subarray(0, file.length - 1))
  expect(await read(inTable)).toHaveLength(2)
  expect(inTable.error).toMatchObject({ code: 'truncated' })
})
