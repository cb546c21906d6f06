import { describe, expect, it } from 'vitest'
import { SECRETS_TLS_KEY_LOG } from '../../src/capture/info.ts'
import { MAX_COMMENTS, MAX_INTERFACES } from '../../src/wire/limits.ts'
import { Blocks, joined, openBytes, read, text } from './build.ts'

const data = Uint8Array.of(1, 2, 3, 4, 5)
const SECOND = 1_000_000n

describe.each([true, false])('pcapng, little-endian %s', littleEndian => {
  const b = new Blocks(littleEndian)

  it('gives enhanced packets with time, lengths, interface and offset', async () => {
    const head = joined(b.section(), b.interface(1), b.interface(101, 96))
    const file = joined(head, b.packet(1, 5n * SECOND + 7n, data, 60), b.packet(0, 4n * SECOND, data))
    const capture = await openBytes(file)
    expect(await read(capture)).toEqual([
      {
        number: 1,
        ns: 5_000_007_000n,
        bytes: '0102030405',
        original: 60,
        linkType: 101,
        interfaceId: 1,
        offset: head.length,
      },
      {
        number: 2,
        ns: 4_000_000_000n,
        bytes: '0102030405',
        original: 5,
        linkType: 1,
        interfaceId: 0,
        offset: head.length + 40,
      },
    ])
    expect(capture.error).toBeNull()
    expect(capture.info).toMatchObject({ format: 'pcapng', snapped: 1 })
    expect(capture.info.interfaces.map(about => about.snapLength)).toEqual([0, 96])
  })

  it('reads units of powers of ten and of two, and offsets in seconds', async () => {
    const start = 1_700_000_000n
    const resolutions = [0, 3, 6, 7, 9, 10, 0x80, 0x80 | 10, 0x80 | 30]
    const perSecond = [1n, 1000n, SECOND, 10n ** 7n, 10n ** 9n, 10n ** 10n, 1n, 1n << 10n, 1n << 30n]
    const parts = [b.section()]
    for (const resolution of resolutions) {
      const offset = b.writer().u64(1_000_000_000n).done()
      parts.push(b.interface(1, 0, b.options([9, Uint8Array.of(resolution)], [14, offset])))
    }
    for (let index = 0; index < resolutions.length; index++) {
      const unit = perSecond[index] as bigint
      parts.push(b.packet(index, (start - 1_000_000_000n) * unit + unit / 2n, data))
    }
    const packets = await read(await openBytes(joined(...parts)))
    const half = (index: number) => ((perSecond[index] as bigint) === 1n ? 0n : 500_000_000n)
    expect(packets.map(packet => packet.ns)).toEqual(
      resolutions.map((_, index) => start * 1_000_000_000n + half(index)),
    )
  })

  it('rounds units finer than a nanosecond down', async () => {
    const offset = b.writer().u64(1_700_000_000n).done()
    const head = joined(b.section(), b.interface(1, 0, b.options([9, Uint8Array.of(12)], [14, offset])))
    const ticks = 10n ** 12n
    const file = joined(
      head,
      b.packet(0, ticks + 1_999n, data),
      b.packet(0, ticks + 5_000n, data),
      b.packet(0, ticks, data),
    )
    const packets = await read(await openBytes(file))
    expect(packets.map(packet => packet.ns - 1_700_000_001_000_000_000n)).toEqual([1n, 5n, 0n])
  })

  it('gives simple packets of the first interface, cut at its snap length, without a time', async () => {
    const file = joined(b.section(), b.interface(113, 3), b.interface(1), b.packet(1, SECOND, data), b.simple(data, 5))
    const capture = await openBytes(file)
    const packets = await read(capture)
    expect(packets[1]).toMatchObject({ number: 2, bytes: '010203', original: 5, linkType: 113, interfaceId: 0 })
    expect(capture.info).toMatchObject({ untimed: 1, snapped: 1 })
  })

  it('gives obsolete packet blocks and their drop counts', async () => {
    const file = joined(
      b.section(),
      b.interface(1),
      b.obsolete(0, 3, 2n * SECOND, data),
      b.obsolete(0, 0xffff, 3n * SECOND, data, 9),
    )
    const capture = await openBytes(file)
    expect((await read(capture)).map(packet => [packet.ns, packet.original])).toEqual([
      [2_000_000_000n, 5],
      [3_000_000_000n, 9],
    ])
    expect(capture.info.interfaces[0]?.droppedByPackets).toBe(3)
  })

  it('reads what sections and interfaces say of themselves', async () => {
    const section = b.section(b.options([1, text('a comment')], [2, text('hw')], [3, text('os')], [4, text('app\0')]))
    const about = b.options(
      [1, text('on the wire')],
      [2, text('eth0')],
      [3, text('The first')],
      [11, text('\0tcp port 3389')],
      [12, text('Linux')],
      [13, Uint8Array.of(4)],
    )
    const capture = await openBytes(joined(section, b.interface(1, 0, about), b.packet(0, SECOND, data)))
    await read(capture)
    expect(capture.info).toMatchObject({ application: 'app', operatingSystem: 'os', hardware: 'hw' })
    expect(capture.info.comments).toEqual([{ packet: 0, text: 'a comment' }])
    expect(capture.info.interfaces[0]).toMatchObject({
      name: 'eth0',
      description: 'The first',
      filter: 'tcp port 3389',
      operatingSystem: 'Linux',
      comment: 'on the wire',
      fcsLength: 4,
    })
    expect(capture.fcsLength).toBe(4)
  })

  it('reads comments, drop counts and the check sequence length of packets', async () => {
    const options = b.options(
      [
        2,
        b
          .writer()
          .u32(4 << 5)
          .done(),
      ],
      [4, b.writer().u64(12n).done()],
      [1, text('look here')],
      [1, text('and here')],
    )
    const file = joined(b.section(), b.interface(), b.packet(0, 0n, data), b.packet(0, 0n, data, 5, options))
    const capture = await openBytes(file)
    expect(capture.next() && capture.fcsLength).toBe(-1)
    expect(capture.next() && capture.fcsLength).toBe(4)
    expect(capture.info.comments).toEqual([
      { packet: 2, text: 'look here' },
      { packet: 2, text: 'and here' },
    ])
    expect(capture.info.interfaces[0]?.droppedByPackets).toBe(12)
  })

  it('reads the statistics of interfaces; later ones replace earlier ones', async () => {
    const statistics = (received: bigint, dropped: bigint, system: bigint) => {
      const value = (of: bigint) => b.writer().u64(of).done()
      const options = b.options([4, value(received)], [5, value(dropped)], [7, value(system)])
      return b.block(5, b.writer().u32(0, 0, 0).bytes(options).done())
    }
    const capture = await openBytes(
      joined(b.section(), b.interface(), statistics(1n, 0n, 0n), statistics(1n << 33n, 4n, 5n)),
    )
    await read(capture)
    expect(capture.info.interfaces[0]).toMatchObject({ received: 2 ** 33, dropped: 4, systemDropped: 5 })
  })

  it('reads resolved names', async () => {
    const ipv6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
    const records = b.writer()
    records
      .u16(1, 4 + 9)
      .u8(192, 0, 2, 1)
      .bytes(text('rdp.test\0'))
      .pad(4)
    records
      .u16(2, 16 + 5)
      .bytes(ipv6, text('six\0x'))
      .pad(4)
    records.u16(77, 4).u32(0).u16(0, 0)
    const capture = await openBytes(joined(b.section(), b.block(4, records.done())))
    await read(capture)
    expect([...capture.info.names]).toEqual([
      ['192.0.2.1', 'rdp.test'],
      ['2001:db8::1', 'six'],
    ])
  })

  it('keeps secrets by type', async () => {
    const log = text('CLIENT_RANDOM 00 11\n')
    const secrets = (type: number, bytes: Uint8Array) =>
      b.block(10, b.writer().u32(type, bytes.length).bytes(bytes).done())
    const capture = await openBytes(joined(b.section(), secrets(SECRETS_TLS_KEY_LOG, log), secrets(0x57474b4c, data)))
    await read(capture)
    expect(capture.info.secrets).toEqual([
      { type: SECRETS_TLS_KEY_LOG, bytes: log },
      { type: 0x57474b4c, bytes: data },
    ])
  })

  it('passes over unknown blocks, and numbers custom ones as Wireshark does', async () => {
    const file = joined(
      b.section(),
      b.block(0xbad, b.writer().u32(32_473).done()),
      b.interface(),
      b.block(0x7777, new Uint8Array(300_000)),
      b.block(0x4000_0bad, b.writer().u32(32_473).bytes(new Uint8Array(3_000_000)).done()),
      b.packet(0, 0n, data),
    )
    for (const chunkBytes of [file.length, 1000, 65_537]) {
      const capture = await openBytes(file, chunkBytes)
      expect((await read(capture)).map(packet => packet.number)).toEqual([3])
      expect(capture.error).toBeNull()
      expect([capture.packets, capture.info.otherRecords]).toEqual([1, 2])
    }
  })

  it('starts anew with each section', async () => {
    const other = new Blocks(!littleEndian)
    const file = joined(
      b.section(),
      b.interface(1),
      b.packet(0, 1n * SECOND, data),
      other.section(),
      other.interface(113, 0, other.options([9, Uint8Array.of(9)])),
      other.packet(0, 2_000_000_000n, data),
    )
    const capture = await openBytes(file)
    expect((await read(capture)).map(packet => [packet.ns, packet.linkType, packet.interfaceId])).toEqual([
      [1_000_000_000n, 1, 0],
      [2_000_000_000n, 113, 1],
    ])
    expect(capture.error).toBeNull()
  })

  it('stops where a block contradicts itself, after giving the packets before', async () => {
    const good = joined(b.section(), b.interface(), b.packet(0, 0n, data))
    const packet = b.packet(0, 0n, data)
    const changed = (at: number, value: number) => {
      const copy = packet.slice()
      new DataView(copy.buffer).setUint32(at, value, littleEndian)
      return copy
    }
    const damages: [Uint8Array, string, string][] = [
      [changed(4, 8), 'damaged', 'a block claims 8 bytes, less than the 32 of its kind, at offset 88'],
      [changed(4, 0xffff_fff0), 'damaged', 'a block claims 4294967280 bytes, more than 16777216, at offset 88'],
      [changed(36, 44), 'damaged', 'a block is 40 bytes long by its start and 44 by its end, at offset 88'],
      [changed(8, 7), 'damaged', 'a packet of interface 7, which the section does not declare, at offset 88'],
      [changed(20, 9), 'damaged', 'a packet of 9 bytes in a block of 40 at offset 88'],
      [
        joined(b.section(), packet),
        'damaged',
        'a packet of interface 0, which the section does not declare, at offset 116',
      ],
      [
        b.section(undefined, [2, 0]),
        'unsupported-format',
        'a section of pcapng version 2.0, which is not known at offset 88',
      ],
      [packet.subarray(0, 30), 'truncated', 'the file ends in a block behind packet 1 at offset 88'],
    ]
    for (const [damage, code, message] of damages) {
      const capture = await openBytes(joined(good, damage))
      expect(await read(capture)).toHaveLength(1)
      expect(capture.error).toMatchObject({ code, message })
    }
  })

  it('reads blocks that are padded but counted unpadded', async () => {
    const unpadded = (type: number, body: Uint8Array) => {
      const total = body.length + 12
      return b.writer().u32(type, total).bytes(body).pad(4).u32(total).done()
    }
    const body = b.writer().u32(0, 0, 0, data.length, data.length).bytes(data).done()
    const parts = [
      b.section(),
      b.interface(),
      unpadded(6, body),
      unpadded(0x7777, new Uint8Array(300_001)),
      unpadded(6, body),
    ]
    const capture = await openBytes(joined(...parts))
    expect((await read(capture)).map(packet => packet.bytes)).toEqual(['0102030405', '0102030405'])
    expect(capture.error).toBeNull()
  })

  it('compares the lengths of a block that it passes over', async () => {
    const unknown = b.block(0x7777, new Uint8Array(300_000))
    new DataView(unknown.buffer).setUint32(unknown.length - 4, 12, littleEndian)
    const capture = await openBytes(joined(b.section(), unknown))
    await read(capture)
    expect(capture.error).toMatchObject({ code: 'damaged', offset: 28 })
    const cut = await openBytes(joined(b.section(), unknown.subarray(0, 200_000)), 5000)
    await read(cut)
    expect(cut.error).toMatchObject({ code: 'truncated', offset: 28 })
  })
})

describe('limits are reported', () => {
  const b = new Blocks()

  it('of texts', async () => {
    const long = text('x'.repeat(5000))
    const file = joined(b.section(b.options([4, long])), b.interface(), b.packet(0, 0n, data, 5, b.options([1, long])))
    const capture = await openBytes(file)
    await read(capture)
    expect([capture.info.application.length, capture.info.comments[0]?.text.length]).toEqual([4096, 4096])
    expect(capture.info.notes.map(note => note.id)).toEqual(['text-limit'])
  })

  it('of interfaces', async () => {
    const parts = [b.section()]
    for (let index = 0; index <= MAX_INTERFACES; index++) parts.push(b.interface())
    const capture = await openBytes(joined(...parts))
    await read(capture)
    expect(capture.error).toMatchObject({ code: 'limit' })
  })

  it('of comments', async () => {
    const commented = b.packet(0, 0n, data, 5, b.options([1, text('x')]))
    const parts = [b.section(), b.interface()]
    for (let index = 0; index <= MAX_COMMENTS; index++) parts.push(commented)
    const capture = await openBytes(joined(...parts))
    expect(await read(capture)).toHaveLength(MAX_COMMENTS + 1)
    expect(capture.info.comments).toHaveLength(MAX_COMMENTS)
    expect(capture.info.notes.map(note => note.id)).toEqual(['comments-limit'])
  })

  it('of secrets', async () => {
    const secrets = b.block(
      10,
      b
        .writer()
        .u32(SECRETS_TLS_KEY_LOG, 1 << 24)
        .bytes(new Uint8Array(1 << 24))
        .done(),
    )
    const capture = await openBytes(joined(b.section(), secrets, b.interface(), b.packet(0, 0n, data)))
    expect(await read(capture)).toHaveLength(1)
    expect(capture.info.secrets).toEqual([])
    expect(capture.info.notes.map(note => note.id)).toEqual(['secrets-limit'])
  })
})

it('says which options and names could not be read, and goes on', async () => {
  const b = new Blocks()
  const brokenOptions = b.writer().u16(2, 400).bytes(data).done()
  const brokenNames = b.block(4, b.writer().u16(1, 400).u32(0).done())
  const file = joined(b.section(), b.interface(1, 0, brokenOptions), brokenNames, b.packet(0, 0n, data))
  const inPacket = await openBytes(joined(b.section(), b.interface(), b.packet(0, 0n, data, 5, brokenOptions)))
  expect(await read(inPacket)).toHaveLength(1)
  expect(inPacket.info.notes.map(note => note.id)).toEqual(['options-broken'])
  const capture = await openBytes(file)
  expect(await read(capture)).toHaveLength(1)
  expect(capture.info.notes.map(note => note.id)).toEqual(['options-broken', 'names-broken'])
})
