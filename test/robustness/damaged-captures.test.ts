/** Captures that are damaged in every way: the whole way to the written reports takes them, and never throws. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcap, TcpConversation } from '../support/packets.ts'
import { analyseBytes, report } from './whole-way.ts'

const SAMPLES = join(import.meta.dirname, '../../captures')
const samples = existsSync(SAMPLES) ? readdirSync(SAMPLES).filter(name => /\.(pcap|pcapng|cap)$/.test(name)) : []

/** In longer samples not each byte is tried, but some of each record; a prime step meets all bits. */
const EVERY_BYTE_UP_TO = 4096
const STEP_BEYOND = 17

/** First bytes of every format that is read, so that random bytes get beyond the door. */
const STARTS: Record<string, readonly number[]> = {
  'nothing at all': [],
  pcap: [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0],
  'pcap, big-endian, nanoseconds': [0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 1],
  'modified pcap': [0x34, 0xcd, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0],
  pcapng: [
    ...[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, ...Array(8).fill(0xff), 28, 0, 0, 0],
    ...[1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0, 20, 0, 0, 0],
  ],
  'Network Monitor': [...'GMBU'].map(letter => letter.charCodeAt(0)),
  gzip: [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
}

describe.each(Object.entries(STARTS))('random bytes behind the start of %s', (_, start) => {
  it('are read up to the damage', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async bytes => {
        const analysis = await analyseBytes(Uint8Array.from([...start, ...bytes]))
        report(analysis)
        expect(analysis.packets).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 300 },
    )
  })
})

describe('random packets', () => {
  it.each([0, 1, 9, 12, 101, 104, 105, 108, 113, 119, 127, 163, 192, 204, 228, 229, 276])(
    'of link type %i are all counted',
    async linkType => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 8 }), async packets => {
          const file = pcap(
            packets.map((bytes, index) => ({ timeUs: index, bytes: Uint8Array.from(bytes) })),
            linkType,
          )
          const analysis = await analyseBytes(file)
          report(analysis)
          expect(analysis.packets).toBe(packets.length)
        }),
        { numRuns: 100 },
      )
    },
  )

  it('of random payload on a good connection are all counted', async () => {
    const direction = fc.constantFrom(0 as const, 1 as const)
    const port = fc.constantFrom(80, 443, 3389, 3391, 8080)
    const messages = fc.array(fc.tuple(direction, fc.uint8Array({ minLength: 1, maxLength: 300 })), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(port, messages, async (port, messages) => {
        const made = new TcpConversation({ server: { address: '198.51.100.1', port } }).handshake()
        for (const [from, bytes] of messages) made.send(from, Uint8Array.from(bytes), 100)
        const packets = made.close(1).packets()
        const analysis = await analyseBytes(pcap(packets))
        report(analysis)
        expect(analysis).toMatchObject({ packets: packets.length, error: null })
      }),
      { numRuns: 300 },
    )
  })
})

describe.skipIf(samples.length === 0)('the sample captures', () => {
  it.each(samples)('%s, cut anywhere, gives all packets before the cut', async name => {
    const whole = Uint8Array.from(readFileSync(join(SAMPLES, name)))
    const complete = await analyseBytes(whole)
    expect(complete.error).toBeNull()
    let before = 0
    for (let length = 0; length < whole.length; length += stepOf(whole)) {
      const { packets, error } = await analyseBytes(whole.slice(0, length))
      // No packet is shorter than the step: one more at most, and never fewer: nothing is read twice or lost.
      if (packets < before || packets > before + 1) expect({ length, packets }).toEqual({ length, packets: before })
      if (length === 0) expect(error).not.toBeNull()
      before = packets
    }
    expect(before).toBeGreaterThanOrEqual(complete.packets - 1)
  })

  it.each(samples)('%s, with any one bit flipped, is read without an exception', async name => {
    const bytes = Uint8Array.from(readFileSync(join(SAMPLES, name)))
    for (let at = 0; at < bytes.length; at += stepOf(bytes)) {
      const whole = bytes[at] as number
      bytes[at] = whole ^ (1 << ((at * 5) % 8))
      await analyseBytes(bytes)
      bytes[at] = whole
    }
  })
})

function stepOf(bytes: Uint8Array): number {
  return bytes.length > EVERY_BYTE_UP_TO ? STEP_BEYOND : 1
}
