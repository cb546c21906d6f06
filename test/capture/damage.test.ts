import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CaptureError } from '../../src/capture/error.ts'
import { Blocks, joined, openBytes, pcap, read, type Seen, text } from './build.ts'

const b = new Blocks()
const big = new Blocks(false)
const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at)

/** Small files with every kind of record. */
const SAMPLES: readonly (readonly [string, Uint8Array<ArrayBuffer>])[] = [
  ['pcap', pcap([{ data: bytes(5) }, { data: bytes(60), original: 90 }, { data: bytes(0) }, { data: bytes(33) }])],
  ['pcap, big-endian', pcap([{ data: bytes(5) }, { data: bytes(60) }], { littleEndian: false, magic: 0xa1b23c4d })],
  [
    'pcapng',
    joined(
      b.section(b.options([4, text('app')])),
      b.interface(1, 0, b.options([2, text('eth0')], [9, Uint8Array.of(9)])),
      b.block(10, b.writer().u32(0x544c534b, 3).bytes(text('abc')).done()),
      b.packet(0, 5n, bytes(7), 7, b.options([1, text('comment')])),
      b.simple(bytes(9)),
      b.block(4, b.writer().u16(1, 6).u8(10, 0, 0, 1, 65, 0).pad(4).u16(0, 0).done()),
      b.block(0xbad, b.writer().u32(1).bytes(bytes(40)).done()),
      b.obsolete(0, 1, 9n, bytes(11)),
      b.block(
        5,
        b
          .writer()
          .u32(0, 0, 0)
          .bytes(b.options([5, bytes(8)]))
          .done(),
      ),
      big.section(),
      big.interface(101),
      big.packet(0, 1_000_000n, bytes(20)),
    ),
  ],
]

/** What it gives, or the error that it can not be opened. */
async function outcome(file: Uint8Array, chunkBytes?: number): Promise<{ seen: Seen[]; error: string | null }> {
  try {
    const capture = await openBytes(file, chunkBytes)
    const seen = await read(capture)
    for (const { bytes: data, offset } of seen) expect(data.length / 2 + offset).toBeLessThanOrEqual(file.length)
    return { seen, error: capture.error?.code ?? null }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    expect(error.remedy).not.toBe('')
    return { seen: [], error: error.code }
  }
}

describe.each(SAMPLES)('%s', (_, file) => {
  it('is the same in every chunking', async () => {
    const whole = await outcome(file)
    expect(whole.error).toBeNull()
    for (const chunkBytes of [1, 2, 3, 7, 16, 61]) expect(await outcome(file, chunkBytes)).toEqual(whole)
  })

  it('gives every packet before a cut, and says that it is cut unless nothing is missing', async () => {
    const { seen: all } = await outcome(file)
    for (let cut = 0; cut < file.length; cut++) {
      const { seen, error } = await outcome(file.subarray(0, cut))
      expect(all.slice(0, seen.length)).toEqual(seen)
      const missed = all[seen.length]
      // A record that begins at or behind the cut is not missed.
      if (missed !== undefined && missed.offset < cut) expect(error).toBe('truncated')
      if (error === null) expect(missed === undefined || missed.offset >= cut).toBe(true)
      else expect(['truncated', 'empty', 'not-a-capture']).toContain(error)
    }
  })

  it('survives each flipped bit, and gives what lies before it unchanged', async () => {
    const { seen: all } = await outcome(file)
    for (let at = 24; at < file.length; at++) {
      const copy = file.slice()
      copy[at] = (copy[at] as number) ^ (1 << (at % 8))
      const { seen } = await outcome(copy)
      const before = all.filter(packet => packet.offset + 100 < at).length
      // The time of the first packet is the origin, and descriptions change what packets mean: compare the bytes.
      expect(seen.slice(0, before).map(packet => packet.bytes)).toEqual(
        all.slice(0, before).map(packet => packet.bytes),
      )
    }
  })

  it('survives random bytes anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(file.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 100 }),
        async (at, noise, chunkBytes) => {
          const copy = file.slice()
          copy.set(noise.subarray(0, copy.length - at), at)
          const whole = await outcome(copy)
          expect(await outcome(copy, chunkBytes)).toEqual(whole)
        },
      ),
      { numRuns: 300 },
    )
  })
})

it('survives random files behind each magic number', async () => {
  const magics = [
    'd4c3b2a1',
    'a1b2c3d4',
    '4d3cb2a1',
    '34cdb2a1',
    '1c0001ac',
    '0a0d0d0a1c0000004d3c2b1a',
    '474d4255',
    '1f8b08',
    '28b52ffd',
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 300 }), async (magic, rest) => {
      await outcome(joined(Buffer.from(magic, 'hex'), rest))
    }),
    { numRuns: 500 },
  )
})
