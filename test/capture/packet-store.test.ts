import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { FileStore, SpoolStore } from '../../src/capture/packet-store.ts'
import { Random } from '../support/random.ts'

const folder = mkdtempSync(join(tmpdir(), 'rdpscope-store-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Some blocks long, and each byte another one than its neighbours. */
const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7 + (at >> 8)) & 255)

describe('FileStore', () => {
  it('reads any part of a file, across its blocks', () => {
    const path = join(folder, 'file')
    writeFileSync(path, bytes)
    const store = new FileStore(path)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300_000 }), fc.integer({ min: 0, max: 200_000 }), (offset, length) => {
        expect(Buffer.compare(store.read(offset, length), bytes.subarray(offset, offset + length))).toBe(0)
      }),
      { numRuns: 60 },
    )
    store.close()
  })

  it('gives fewer bytes where the file was cut, and no others', () => {
    const path = join(folder, 'cut')
    writeFileSync(path, bytes)
    truncateSync(path, 1000)
    const store = new FileStore(path)
    expect(store.read(900, 500)).toEqual(bytes.subarray(900, 1000))
    expect(store.read(5000, 10)).toEqual(new Uint8Array(0))
    store.close()
  })

  it('sees what a growing file got in the meantime', () => {
    const path = join(folder, 'grows')
    writeFileSync(path, bytes.subarray(0, 1000))
    const store = new FileStore(path)
    expect(store.read(990, 20).length).toBe(10)
    writeFileSync(path, bytes.subarray(0, 5000))
    expect(store.read(990, 20)).toEqual(bytes.subarray(990, 1010))
    store.close()
  })

  it('reads a block once, however short the file is: bytes that are there stay', () => {
    const path = join(folder, 'short')
    writeFileSync(path, bytes.subarray(0, 70_000))
    const store = new FileStore(path)
    expect(store.read(65_000, 1000)).toEqual(bytes.subarray(65_000, 66_000))
    // Who read it once more would find nothing.
    truncateSync(path, 0)
    expect(store.read(69_000, 1000)).toEqual(bytes.subarray(69_000, 70_000))
    expect(Buffer.compare(store.read(60_000, 10_000), bytes.subarray(60_000, 70_000))).toBe(0)
    store.close()
  })

  it('gives nothing to who still reads when it is closed, as often as that is', () => {
    const path = join(folder, 'closed')
    writeFileSync(path, bytes)
    const store = new FileStore(path)
    expect(store.read(0, 10).length).toBe(10)
    store.close()
    store.close()
    expect(store.read(0, 10)).toEqual(new Uint8Array(0))
  })

  it('says when there is no such file', () => {
    expect(() => new FileStore(join(folder, 'none'))).toThrow(/ENOENT/)
  })
})

describe('SpoolStore', () => {
  it('gives back each packet, whatever their sizes, also while more come', () => {
    const random = new Random(7)
    const store = new SpoolStore()
    const kept: [offset: number, bytes: Uint8Array][] = []
    for (let nth = 0; nth < 400; nth++) {
      const length = nth % 50 === 0 ? 70_000 + random.below(100_000) : random.below(2000)
      const start = random.below(bytes.length - length)
      kept.push([store.append(bytes, start, start + length), bytes.slice(start, start + length)])
      const [offset, wanted] = kept[random.below(kept.length)] as [number, Uint8Array]
      expect(Buffer.compare(store.read(offset, wanted.length), wanted)).toBe(0)
    }
    for (const [offset, wanted] of kept) expect(Buffer.compare(store.read(offset, wanted.length), wanted)).toBe(0)
    store.close()
  })

  it('leaves nothing behind', () => {
    const own = mkdtempSync(join(folder, 'tmp-'))
    const before = process.env.TMPDIR
    process.env.TMPDIR = own
    const store = new SpoolStore()
    process.env.TMPDIR = before
    if (before === undefined) delete process.env.TMPDIR
    store.append(bytes, 0, 100)
    // Where the system allows it, not even while it is open.
    expect(readdirSync(own).length).toBe(process.platform === 'win32' ? 1 : 0)
    expect(store.read(0, 100)).toEqual(bytes.subarray(0, 100))
    store.close()
    store.close()
    expect([store.read(0, 10).length, readdirSync(own)]).toEqual([0, []])
  })

  it('says when it is as large as it may be, and gives back what it holds', () => {
    const store = new SpoolStore(100_000)
    expect([store.append(bytes, 0, 70_000), store.full]).toEqual([0, ''])
    expect(store.append(bytes, 70_000, 100_000)).toBe(70_000)
    expect(store.full).toMatch(/^the copy of its packets in .+ is as large as it may be$/)
    expect(Buffer.compare(store.read(60_000, 40_000), bytes.subarray(60_000, 100_000))).toBe(0)
    store.close()
  })
})
