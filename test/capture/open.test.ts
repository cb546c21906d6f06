import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CaptureError } from '../../src/capture/error.ts'
import { openCapture, openStream } from '../../src/capture/open.ts'
import { Blocks, joined, openBytes, pcap, read, text } from './build.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capture-'))
})
afterAll(() => rm(folder, { recursive: true }))

const latin1 = (of: string) => new Uint8Array(Buffer.from(of, 'latin1'))
const etl = new Uint8Array(200)
etl.set([2, 0, 2, 0xc0], 72)

describe('what can not be read is named, with a way out', () => {
  it.each([
    ['empty', new Uint8Array(0), /the file is empty/, /record again/],
    ['not-a-capture', latin1('Hello, this is text.\r\n'), /the file is text/, /pcapng/],
    ['not-a-capture', latin1('hi'), /the file is text/, /pcapng/],
    ['not-a-capture', latin1('\x89PNG\r\n\x1a\n\0\0\0'), /a PNG picture/, /pcapng/],
    ['not-a-capture', latin1('\x7fELF\x02\x01\x01'), /a program/, /pcapng/],
    ['not-a-capture', new Uint8Array(100), /no known format/, /pcapng/],
    ['unsupported-format', latin1('snoop\0\0\0\0\0\0\x02'), /snoop/, /editcap/],
    ['unsupported-format', latin1('RTSS\x01\x01'), /NetMon 1.x/, /editcap/],
    ['unsupported-format', latin1('TRSNIFF data    \x1a'), /Sniffer/, /editcap/],
    ['unsupported-format', latin1('\x04\x22\x4d\x18\x64'), /lz4/, /lz4 -d/],
    ['unsupported-format', latin1('PK\x03\x04\x14'), /a zip archive/, /unpack/],
    ['unsupported-format', latin1('\xfd7zXZ\0\0'), /xz/, /unpack/],
    ['unsupported-format', etl, /event trace/, /pktmon etl2pcap/],
  ])('%s', async (code, bytes, message, remedy) => {
    const error: CaptureError = await openBytes(bytes).then(
      () => expect.unreachable(),
      error => error,
    )
    expect(error).toBeInstanceOf(CaptureError)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(error.remedy).toMatch(remedy)
  })
})

describe('a path', () => {
  it('that does not exist, or is a directory', async () => {
    await expect(openCapture(join(folder, 'none'))).rejects.toMatchObject({
      code: 'unreadable',
      message: `${join(folder, 'none')}: no such file`,
    })
    await expect(openCapture(folder)).rejects.toMatchObject({
      code: 'unreadable',
      message: `${folder}: is a directory`,
    })
  })

  it('of a file gives its size and how far it was read', async () => {
    const path = join(folder, 'a.pcap')
    const file = pcap([{ data: new Uint8Array(3_000_000) }, { data: Uint8Array.of(1) }], { snapLength: 4_000_000 })
    await writeFile(path, file)
    const capture = await openCapture(path)
    expect(capture.info).toMatchObject({ path, fileBytes: file.length, format: 'pcap' })
    expect(await read(capture)).toHaveLength(2)
    expect(capture.bytesRead).toBe(file.length)
  })

  it('of a file that grows while it is read gives all of it', async () => {
    const path = join(folder, 'b.pcap')
    const file = pcap([{ data: Uint8Array.of(1) }, { data: Uint8Array.of(2) }])
    await writeFile(path, file.subarray(0, 41))
    const capture = await openCapture(path)
    expect(capture.next()).toBe(true)
    await writeFile(path, file)
    expect(capture.next()).toBe(false)
    expect(await capture.fill()).toBe(true)
    expect(capture.next()).toBe(true)
    await capture.close()
  })
})

describe('a stream', () => {
  it('is open as soon as its first packet came', async () => {
    let release = () => {}
    const wait = new Promise<void>(resolve => {
      release = resolve
    })
    const file = pcap([{ data: Uint8Array.of(1) }, { data: Uint8Array.of(2) }])
    async function* live(): AsyncGenerator<Uint8Array> {
      yield file.subarray(0, 41)
      await wait
      yield file.subarray(41)
    }
    const capture = await openStream(live(), 'live')
    expect(capture.next()).toBe(true)
    expect(capture.next()).toBe(false)
    release()
    expect(await read(capture)).toHaveLength(1)
  })

  it('that fails gives what came before, then the error', async () => {
    const file = pcap([{ data: Uint8Array.of(1) }, { data: Uint8Array.of(2) }])
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield file.subarray(0, 50)
      throw new Error('connection lost')
    }
    const capture = await openStream(failing(), 'remote')
    expect(await read(capture)).toHaveLength(1)
    expect(capture.error).toMatchObject({ code: 'unreadable', message: 'remote: connection lost at offset 50' })
  })

  it('that is closed early lets go of its source', async () => {
    let isClosed = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield pcap([{ data: Uint8Array.of(1) }])
      } finally {
        isClosed = true
      }
    }
    const capture = await openStream(endless(), 'endless')
    await capture.close()
    expect(isClosed).toBe(true)
    expect(await capture.fill()).toBe(false)
  })
})

it('names an address as RFC 5952 wants it', async () => {
  const b = new Blocks()
  const names: [number[], string][] = [
    [[0, 0, 0, 0, 0, 0, 0, 0], '::'],
    [[0, 0, 0, 0, 0, 0, 0, 1], '::1'],
    [[0xfe80, 0, 0, 0, 1, 0, 0, 0], 'fe80::1:0:0:0'],
    [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], '2001:db8::1:0:0:1'],
    [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], '2001:db8:0:1:1:1:1:1'],
    [[1, 2, 3, 4, 5, 6, 7, 8], '1:2:3:4:5:6:7:8'],
    [[1, 2, 3, 4, 5, 6, 0, 0], '1:2:3:4:5:6::'],
  ]
  const records = b.writer()
  for (const [groups] of names) {
    records.u16(2, 18)
    for (const group of groups) records.u8(group >> 8, group & 0xff)
    records.bytes(text('n\0')).pad(4)
  }
  const capture = await openBytes(joined(b.section(), b.block(4, records.done())))
  await read(capture)
  expect([...capture.info.names.keys()]).toEqual(names.map(([, address]) => address))
})
