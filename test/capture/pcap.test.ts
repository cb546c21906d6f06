import { describe, expect, it } from 'vitest'
import { openBytes, pcap, read } from './build.ts'

const one = Uint8Array.of(1, 2, 3, 4, 5)
const two = Uint8Array.of(9, 8, 7)

describe.each([true, false])('pcap, little-endian %s', littleEndian => {
  it('gives packets with time, lengths and offset', async () => {
    const file = pcap(
      [
        { seconds: 1_700_000_000, fraction: 999_999, data: one, original: 60 },
        { seconds: 1_700_000_001, fraction: 1, data: two },
      ],
      { littleEndian },
    )
    const capture = await openBytes(file)
    expect(await read(capture)).toEqual([
      {
        number: 1,
        ns: 1_700_000_000_999_999_000n,
        bytes: '0102030405',
        original: 60,
        linkType: 1,
        interfaceId: 0,
        offset: 24,
      },
      {
        number: 2,
        ns: 1_700_000_001_000_001_000n,
        bytes: '090807',
        original: 3,
        linkType: 1,
        interfaceId: 0,
        offset: 45,
      },
    ])
    expect(capture.error).toBeNull()
    expect(capture.info.snapped).toBe(1)
    expect(capture.info.interfaces).toHaveLength(1)
    expect(capture.info.variant).toBe(`pcap, ${littleEndian ? 'little' : 'big'}-endian`)
  })

  it('reads nanoseconds', async () => {
    const file = pcap([{ seconds: 5, fraction: 123_456_789, data: one }], { littleEndian, magic: 0xa1b23c4d })
    expect((await read(await openBytes(file)))[0]?.ns).toBe(5_123_456_789n)
  })

  it('reads the longer record headers of the modified form', async () => {
    const recordExtra = Uint8Array.of(0, 0, 0, 0, 8, 0, 1, 0)
    const file = pcap([{ data: one }, { data: two }], { littleEndian, magic: 0xa1b2cd34, recordExtra })
    const capture = await openBytes(file)
    expect((await read(capture)).map(packet => packet.bytes)).toEqual(['0102030405', '090807'])
    expect(capture.error).toBeNull()
  })

  it('passes the field that IXIA adds to the file header', async () => {
    const fileExtra = new Uint8Array(4)
    for (const [magic, unit] of [
      [0x1c0001ac, 1n],
      [0x1c0001ab, 1000n],
    ] as const) {
      const file = pcap([{ seconds: 7, fraction: 3, data: one }], { littleEndian, magic, fileExtra })
      const packets = await read(await openBytes(file))
      expect(packets.map(packet => [packet.ns, packet.bytes])).toEqual([[7_000_000_000n + 3n * unit, '0102030405']])
    }
  })

  it('reads the order of lengths before version 2.3, and either in 2.3', async () => {
    for (const version of [
      [2, 2],
      [2, 3],
      [543, 0],
    ] as const) {
      const file = pcap([{ data: one, original: 60 }, { data: two }], { littleEndian, version, lengthsSwapped: true })
      const packets = await read(await openBytes(file))
      expect(packets.map(packet => [packet.bytes, packet.original])).toEqual([
        ['0102030405', 60],
        ['090807', 3],
      ])
    }
    const file = pcap([{ data: one, original: 60 }], { littleEndian, version: [2, 3] })
    expect((await read(await openBytes(file)))[0]?.original).toBe(60)
  })

  it('takes the interface types of AIX for link types', async () => {
    const shape = { littleEndian, version: [2, 2], network: 6, lengthsSwapped: true } as const
    const [packet] = await read(await openBytes(pcap([{ seconds: 1, fraction: 5, data: one }], shape)))
    expect(packet).toMatchObject({ linkType: 1, ns: 1_000_000_005n })
  })

  it('takes the length of the frame check sequence from the link type field', async () => {
    const capture = await openBytes(pcap([{ data: one }], { littleEndian, network: 0x2400_0001 }))
    expect(await read(capture)).toHaveLength(1)
    expect([capture.linkType, capture.fcsLength]).toEqual([1, 4])
  })
})

it('tells record headers of patched libpcaps by the sense they make', async () => {
  const packets = Array.from({ length: 4 }, (_, index) => ({ fraction: index, data: new Uint8Array(40).fill(index) }))
  for (const [magic, recordExtra] of [
    [0xa1b2c3d4, Uint8Array.of(2, 0, 0, 0, 8, 0, 0, 0)],
    [0xa1b2c3d4, Uint8Array.of(2, 0, 0, 0)],
    [0xa1b2cd34, Uint8Array.of(2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0)],
  ] as const) {
    const capture = await openBytes(pcap(packets, { magic, recordExtra }))
    expect((await read(capture)).map(packet => packet.bytes)).toEqual(
      packets.map(packet => Buffer.from(packet.data).toString('hex')),
    )
    expect(capture.error).toBeNull()
  }
})

it('counts time from the first packet, also backwards', async () => {
  const file = pcap([
    { seconds: 100, fraction: 5, data: one },
    { seconds: 99, fraction: 4, data: one },
  ])
  const capture = await openBytes(file)
  const times: number[] = []
  while (capture.next()) times.push(capture.timeNs)
  expect(times).toEqual([0, -1_000_001_000])
  expect([capture.startSeconds, capture.startNanoseconds]).toEqual([100, 5000])
})

it('carries fractions of more than a second over', async () => {
  const capture = await openBytes(pcap([{ seconds: 10, fraction: 2_500_000, data: one }]))
  expect((await read(capture))[0]?.ns).toBe(12_500_000_000n)
})

it('believes packets above the snap length up to 262144 bytes', async () => {
  const large = new Uint8Array(200_000)
  const capture = await openBytes(pcap([{ data: large }, { data: one }], { snapLength: 100 }))
  expect(await read(capture)).toHaveLength(2)
  expect(capture.error).toBeNull()
})

it('stops at a packet that claims more, after giving those before', async () => {
  const file = pcap([{ data: one }, { data: two }])
  new DataView(file.buffer).setUint32(45 + 8, 0x7fff_ffff, true)
  const capture = await openBytes(file)
  expect(await read(capture)).toHaveLength(1)
  expect(capture.error).toMatchObject({ code: 'damaged', offset: 45 })
  expect(capture.error?.message).toBe('packet 2 claims 2147483647 bytes at offset 45')
  expect(capture.next()).toBe(false)
  expect(await capture.fill()).toBe(false)
})

it('grows its window for a packet larger than it', async () => {
  const huge = new Uint8Array(5_000_000).fill(7)
  const capture = await openBytes(
    pcap([{ data: one }, { data: huge }, { data: two }], { snapLength: 0xffff_ffff }),
    65_536,
  )
  const packets = await read(capture)
  expect(packets.map(packet => packet.bytes.length / 2)).toEqual([5, 5_000_000, 3])
  expect(capture.error).toBeNull()
})

it('refuses versions before 2 and headers that are cut off', async () => {
  await expect(openBytes(pcap([], { version: [1, 4] }))).rejects.toMatchObject({ code: 'unsupported-format' })
  await expect(openBytes(pcap([]).subarray(0, 23))).rejects.toMatchObject({ code: 'truncated' })
})
