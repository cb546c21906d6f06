import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Blocks, joined, openBytes, pcap, read, Writer } from './build.ts'

const packets = Array.from({ length: 50 }, (_, index) => ({ fraction: index, data: new Uint8Array(60).fill(index) }))
const plain = pcap(packets)
const expected = packets.map(packet => Buffer.from(packet.data).toString('hex'))
const gzip = new Uint8Array(gzipSync(plain))

/** `plain`, by the zstd tool at its highest level, with a checksum. */
const zstd = new Uint8Array(
  Buffer.from(
    'KLUv/WTwDZUHAGQH1MOyoQIABAD//wAAAQDxU2UAPAABAQICAwMEBAUFBgYHBwgICQkKCgsLDAwNDQ4ODw8QEBEREhITExQUFRUWFhcXGBgZGRoaGxsc' +
      'HB0dHh4fHyAgISEiIiMjJCQlJSYmJycoKCkpKiorKywsLS0uLi8vMDAxMYCYqLB4GcZgvRkyYAUKQWr4/98fsA4+DGwDEYIKwUlA6UBQMAkMCGwENQIp' +
      'g0PBYgAgMBEcCWgNKgYVgYHAwkAkIDU4GNgEIgQVgpOA0oGgYBIYENgIagRSBoeCxQBAYCI4EtAaVAwqAgOBhYFIQKVPzzMLwAbIy0wBNw4tpQ==',
    'base64',
  ),
)

/** A zstd frame of stored blocks: RFC 8878, section 3.1.1. @param windowLog of its window descriptor. */
function storedZstd(bytes: Uint8Array, windowLog = 17): Uint8Array {
  const writer = new Writer(true).u32(0xfd2fb528).u8(0, (windowLog - 10) << 3)
  const block = 1000
  for (let at = 0; at < bytes.length; at += block) {
    const part = bytes.subarray(at, at + block)
    const header = (part.length << 3) | (at + block >= bytes.length ? 1 : 0)
    writer.u8(header & 0xff, (header >> 8) & 0xff, header >> 16).bytes(part)
  }
  return writer.done()
}

async function bytesOf(file: Uint8Array, chunkBytes?: number): Promise<string[]> {
  const capture = await openBytes(file, chunkBytes)
  const seen = await read(capture)
  expect(capture.error).toBeNull()
  return seen.map(packet => packet.bytes)
}

describe.each([
  ['gzip', gzip],
  ['zstd', zstd],
  ['zstd', storedZstd(plain)],
] as const)('%s', (compression, file) => {
  it('gives the packets inside, however the bytes come', async () => {
    for (const chunkBytes of [1, 7, 64, file.length]) expect(await bytesOf(file, chunkBytes)).toEqual(expected)
  })

  it('says so', async () => {
    const capture = await openBytes(file)
    expect(capture.info.compression).toEqual([compression])
    await read(capture)
    expect(capture.bytesRead).toBe(file.length)
  })

  it('gives what came before a cut', async () => {
    let most = 0
    const step = Math.ceil(file.length / 300)
    for (let cut = 0; cut < file.length; cut += step) {
      const capture = await openBytes(file.subarray(0, cut)).catch(error => error)
      if (capture instanceof Error) continue
      const seen = (await read(capture)).map(packet => packet.bytes)
      expect(seen).toEqual(expected.slice(0, seen.length))
      // All that was cut off may be a checksum.
      if (seen.length < expected.length || cut < file.length - 8) expect(capture.error?.code).toBe('truncated')
      most = Math.max(most, seen.length)
    }
    expect(most).toBeGreaterThan(0)
  })
})

it('gives all packets of a gzip file whose checksum is wrong, then the error', async () => {
  const file = gzip.slice()
  file[file.length - 8] = (file[file.length - 8] as number) ^ 1
  const capture = await openBytes(file)
  expect((await read(capture)).map(packet => packet.bytes)).toEqual(expected)
  expect(capture.error).toMatchObject({ code: 'damaged' })
})

it('gives the packets before damage inside a gzip file', async () => {
  let state = 1
  const noise = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  }
  const random = Array.from({ length: 50 }, () => ({ data: Uint8Array.from({ length: 300 }, noise) }))
  const file = new Uint8Array(gzipSync(pcap(random)))
  file.fill(0xff, file.length - 2000, file.length - 1900)
  const capture = await openBytes(file)
  const seen = await read(capture)
  expect(seen.length).toBeGreaterThan(25)
  expect(seen.slice(0, 25).map(packet => packet.bytes)).toEqual(
    random.slice(0, 25).map(packet => Buffer.from(packet.data).toString('hex')),
  )
  expect(capture.error).toMatchObject({ code: 'damaged' })
})

it('reads gzip members one after another, and padding behind them', async () => {
  const members = joined(gzipSync(plain.subarray(0, 1000)), gzipSync(plain.subarray(1000)), new Uint8Array(512))
  for (const chunkBytes of [1, members.length]) expect(await bytesOf(members, chunkBytes)).toEqual(expected)
})

it('reads zstd frames one after another, also those without data', async () => {
  const skippable = joined(new Writer(true).u32(0x184d2a53, 30).done(), new Uint8Array(30))
  const frames = joined(skippable, storedZstd(plain.subarray(0, 777)), skippable, storedZstd(plain.subarray(777)))
  for (const chunkBytes of [1, 13, frames.length]) expect(await bytesOf(frames, chunkBytes)).toEqual(expected)
})

it('refuses zstd frames that ask for too much history, wherever they lie', async () => {
  await expect(openBytes(storedZstd(plain, 31))).rejects.toMatchObject({ code: 'limit' })
  const later = await openBytes(joined(storedZstd(plain.subarray(0, 1000)), storedZstd(plain.subarray(1000), 31)), 500)
  expect((await read(later)).length).toBeGreaterThan(0)
  expect(later.error).toMatchObject({ code: 'limit' })
})

it('does not unpack more than is asked for, however little it comes from', async () => {
  // 10,000 blocks of four bytes, each of which yields 128 KiB: 1.3 GB, inside a block that nobody wants.
  const b = new Blocks()
  const head = joined(b.section(), b.writer().u32(0x7777, 0xffff_fff0).done())
  const frame = new Writer(true).u32(0xfd2fb528).u8(0, 7 << 3)
  frame.u8((head.length << 3) & 0xff, head.length >> 5, 0).bytes(head)
  const header = (0x2_0000 << 3) | (1 << 1)
  for (let block = 0; block < 10_000; block++) frame.u8(header & 0xff, (header >> 8) & 0xff, header >> 16, 0)
  const capture = await openBytes(frame.done())
  const before = process.memoryUsage.rss()
  let most = 0
  while (await capture.fill()) {
    expect(capture.next()).toBe(false)
    most = Math.max(most, process.memoryUsage.rss() - before)
    if (capture.base > 300_000_000) break
  }
  expect(most).toBeLessThan(200_000_000)
  await capture.close()
})

it('unpacks twice, and no more', async () => {
  const twice = new Uint8Array(gzipSync(storedZstd(plain)))
  const capture = await openBytes(twice, 100)
  expect(capture.info.compression).toEqual(['gzip', 'zstd'])
  expect((await read(capture)).map(packet => packet.bytes)).toEqual(expected)
  await expect(openBytes(new Uint8Array(gzipSync(twice)))).rejects.toMatchObject({ code: 'not-a-capture' })
})

it('says what an empty or broken compressed file is', async () => {
  await expect(openBytes(new Uint8Array(gzipSync('')))).rejects.toMatchObject({ code: 'empty' })
  await expect(openBytes(new Uint8Array(gzipSync('hello, world')))).rejects.toMatchObject({ code: 'not-a-capture' })
  await expect(openBytes(gzip.subarray(0, 15))).rejects.toMatchObject({ code: 'truncated' })
})
