import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FRAGMENT, type IndexedPacket, PacketIndex } from '../../src/inspect/packet-index.ts'

function packet(values: Partial<IndexedPacket>): IndexedPacket {
  return {
    number: 1,
    offset: 0,
    capturedLength: 60,
    originalLength: 60,
    timeNs: 0,
    linkType: 1,
    interfaceId: 0,
    fcsLength: -1,
    stream: -1,
    ...values,
  }
}

/** Numbers may run ahead of rows: other records lie between. */
const capture = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 3 }),
      stream: fc.oneof(fc.integer({ min: -2, max: 6 }), fc.constantFrom(4096, 70_000)),
      offset: fc.maxSafeNat(),
      capturedLength: fc.integer({ min: 0, max: 262_144 }),
      originalLength: fc.nat(),
      timeNs: fc.integer({ min: -1e12, max: 1e15 }),
      linkType: fc.constantFrom(1, 101, 105, 276, 0x7fffffff),
      interfaceId: fc.integer({ min: 0, max: 65_535 }),
      fcsLength: fc.integer({ min: -1, max: 15 }),
    }),
    { maxLength: 80 },
  )
  .map(packets => {
    let number = 0
    return packets.map(({ gap, ...values }) => {
      number += 1 + gap
      return packet({ ...values, number })
    })
  })

describe('PacketIndex', () => {
  it('gives what a plain array would give', () => {
    fc.assert(
      fc.property(capture, packets => {
        const index = new PacketIndex()
        for (const one of packets) index.add(one)
        expect(index.count).toBe(packets.length)
        for (const [row, one] of packets.entries()) {
          expect(index.at(row)).toEqual(one)
          expect([index.number(row), index.timeNs(row), index.stream(row)]).toEqual([
            one.number,
            one.timeNs,
            one.stream,
          ])
          const isNear = (other: IndexedPacket) => one.stream >= 0 && other.stream === one.stream
          expect(index.after(row)).toBe(packets.findIndex((other, at) => at > row && isNear(other)))
          if (one.stream >= 0) {
            expect(index.before(row)).toBe(packets.findLastIndex((other, at) => at < row && isNear(other)))
            const upTo = packets.flatMap((other, at) => (at <= row && isNear(other) ? [at] : []))
            expect(index.upTo(one.stream, row, packets.length)).toEqual(upTo)
            expect(index.upTo(one.stream, row, upTo.length - 1)).toBeNull()
            expect(index.last(one.stream)).toBe(packets.findLastIndex(isNear))
          }
          const fragments = packets.flatMap((other, at) => (at <= row && other.stream === FRAGMENT ? [at] : []))
          expect(index.fragmentsUpTo(row, 3)).toEqual(fragments.slice(-3))
        }
        const last = packets.at(-1)?.number ?? 0
        for (let number = 0; number <= last + 2; number++) {
          expect(index.rowOf(number)).toBe(packets.findIndex(one => one.number >= number))
        }
        expect(index.last(5000)).toBe(-1)
      }),
    )
  })

  it('holds more than one piece of its arrays', () => {
    const index = new PacketIndex()
    const count = (1 << 16) * 2 + 5
    for (let number = 1; number <= count; number++)
      index.add(packet({ number, offset: number * 100, stream: number % 3 }))
    expect([index.count, index.at(count - 1).offset, index.number(1 << 16)]).toEqual([
      count,
      count * 100,
      (1 << 16) + 1,
    ])
    expect([index.before(1 << 16), index.after((1 << 16) - 1), index.rowOf(1 << 16)]).toEqual([
      (1 << 16) - 3,
      (1 << 16) + 2,
      (1 << 16) - 1,
    ])
  })
})
