import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openStream } from '../../src/capture/open.ts'
import { absoluteNs, PcapngWriter, type WrittenPacket } from '../../src/capture/pcapng-writer.ts'
import { ethernet, ipv4, tcp } from '../support/packets.ts'
import { isTsharkInstalled, tsharkFields } from '../support/tshark.ts'

const KEY_LOG = 0x544c534b
/** Of an odd number of bytes, so that the limit falls into a character. */
const LONG_COMMENT = `x${'ü'.repeat(40_000)}`

interface Read {
  readonly packets: {
    readonly bytes: string
    readonly originalLength: number
    readonly ns: bigint
    readonly interfaceId: number
  }[]
  readonly comments: readonly (readonly [packet: number, text: string])[]
  readonly secrets: readonly string[]
  readonly interfaces: readonly (readonly [linkType: number, snapLength: number, name: string])[]
  readonly error: string | null
}

function written(write: (writer: PcapngWriter) => void): Buffer {
  const blocks: Uint8Array[] = []
  write(new PcapngWriter(block => blocks.push(block)))
  return Buffer.concat(blocks)
}

async function readBack(file: Uint8Array): Promise<Read> {
  const chunks = async function* () {
    yield file
  }
  const capture = await openStream(chunks(), 'written')
  const packets: Read['packets'] = []
  do {
    while (capture.next()) {
      const { bytes, start, end, originalLength, timeNs, interfaceId, startSeconds, startNanoseconds } = capture
      packets.push({
        bytes: Buffer.from(bytes.subarray(start, end)).toString('hex'),
        originalLength,
        ns: absoluteNs(startSeconds, startNanoseconds, timeNs),
        interfaceId,
      })
    }
  } while (await capture.fill())
  const { comments, secrets, interfaces } = capture.info
  await capture.close()
  return {
    packets,
    comments: comments.map(({ packet, text }) => [packet, text]),
    secrets: secrets.map(({ bytes }) => Buffer.from(bytes).toString()),
    interfaces: interfaces.map(({ linkType, snapLength, name }) => [linkType, snapLength, name]),
    error: capture.error?.message ?? null,
  }
}

/** 2026, and nanoseconds that no microsecond can hold. */
const START_NS = 1_795_000_000_123_456_789n

const anyPacket: fc.Arbitrary<WrittenPacket> = fc.record({
  interfaceIndex: fc.integer({ min: 0, max: 1 }),
  bytes: fc.uint8Array({ maxLength: 70 }),
  originalLength: fc.integer({ min: 70, max: 65_535 }),
  timeNs: fc.bigInt({ min: START_NS, max: START_NS + 10n ** 13n }),
  comments: fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), { maxLength: 3 }),
})

describe('PcapngWriter', () => {
  it('writes what our reader reads back, packet for packet', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyPacket, { minLength: 1, maxLength: 12 }), async given => {
        const packets = given.sort((a, b) => Number(a.timeNs - b.timeNs))
        const file = written(writer => {
          writer.section('rdpscope', 'a test')
          writer.interface({ linkType: 1, snapLength: 262_144, name: 'eth0' })
          writer.interface({ linkType: 101, snapLength: 0, name: '' })
          writer.secrets(KEY_LOG, new TextEncoder().encode('CLIENT_RANDOM 00 11\n'))
          for (const packet of packets) writer.packet(packet)
        })
        const read = await readBack(file)
        expect(read.error).toBeNull()
        expect(read.interfaces).toEqual([
          [1, 262_144, 'eth0'],
          [101, 0, ''],
        ])
        expect(read.secrets).toEqual(['CLIENT_RANDOM 00 11\n'])
        expect(read.packets).toEqual(
          packets.map(({ bytes, originalLength, timeNs, interfaceIndex }) => ({
            bytes: Buffer.from(bytes).toString('hex'),
            originalLength,
            ns: timeNs,
            interfaceId: interfaceIndex,
          })),
        )
        const comments = packets.flatMap((packet, at) => packet.comments.map(text => [at + 1, text] as const))
        expect(read.comments.filter(([packet]) => packet > 0)).toEqual(comments)
      }),
      { numRuns: 60 },
    )
  })

  it('cuts a comment that no option could hold, between two characters', async () => {
    const file = written(writer => {
      writer.section('', '')
      writer.interface({ linkType: 1, snapLength: 0, name: '' })
      writer.packet({
        interfaceIndex: 0,
        bytes: Uint8Array.of(1, 2, 3),
        originalLength: 3,
        timeNs: START_NS,
        comments: [LONG_COMMENT],
      })
    })
    const { comments, error } = await readBack(file)
    expect(error).toBeNull()
    expect(comments[0]?.[1]).toMatch(/^xü{1000}/)
    const text = file.subarray(file.indexOf('xü'), file.lastIndexOf('ü') + 2)
    expect(new TextDecoder('utf-8', { fatal: true }).decode(text)).toBe(`x${'ü'.repeat(32_759)}`)
  })

  it.skipIf(!isTsharkInstalled())('writes what tshark reads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rdpscope-writer-'))
    const path = join(folder, 'written.pcapng')
    const bytes = ethernet(ipv4(tcp({ flags: 2 })))
    const shorter = bytes.subarray(0, 50)
    writeFileSync(
      path,
      written(writer => {
        writer.section('rdpscope', 'a test')
        writer.interface({ linkType: 1, snapLength: 262_144, name: 'Ethernet 3' })
        const both = { interfaceIndex: 0, originalLength: bytes.length }
        writer.packet({ ...both, bytes, timeNs: START_NS, comments: ['first', 'tür'] })
        writer.packet({ ...both, bytes: shorter, timeNs: START_NS + 1n, comments: [] })
      }),
    )
    const fields = [
      'frame.time_epoch',
      'frame.len',
      'frame.cap_len',
      'frame.interface_name',
      'frame.comment',
      'tcp.flags',
      '_ws.malformed',
    ] as const
    const rows = await tsharkFields(path, fields)
    rmSync(folder, { recursive: true })
    expect(rows.map(row => fields.map(name => row[name]))).toEqual([
      ['1795000000.123456789', '54', '54', 'Ethernet 3', 'tür', '0x0002', ''],
      ['1795000000.123456790', '54', '50', 'Ethernet 3', '', expect.any(String), ''],
    ])
  })
})

describe('what the recorder counted', () => {
  it('is read back, and what it did not count stays unknown', async () => {
    const file = written(writer => {
      writer.section('test', '')
      writer.interface({ linkType: 1, snapLength: 96, name: '', fcsLength: 4 })
      writer.interface({ linkType: 101, snapLength: 0, name: '' })
      writer.statistics({ interfaceIndex: 0, timeNs: 5n, received: 2 ** 40, dropped: 7, systemDropped: -1 })
    })
    const capture = await openStream(
      (async function* () {
        yield file
      })(),
      'written',
    )
    while (capture.next() || (await capture.fill()));
    const [first, second] = capture.info.interfaces
    expect(first).toMatchObject({ fcsLength: 4, received: 2 ** 40, dropped: 7, systemDropped: -1 })
    expect(second).toMatchObject({ fcsLength: -1, received: -1, dropped: -1 })
    expect(capture.info.notes).toEqual([])
  })
})
