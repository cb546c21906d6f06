import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TimeScale } from '../../src/capture/timescale.ts'

const NS = 1_000_000_000n
const unit = fc.oneof(
  fc.integer({ min: 0, max: 12 }),
  fc.integer({ min: 0, max: 40 }).map(exponent => 0x80 | exponent),
)

function ticksPerSecond(resolution: number): bigint {
  return (resolution & 0x80) !== 0 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution)
}

function split(ticks: bigint): [high: number, low: number] {
  return [Number(ticks >> 32n), Number(ticks & 0xffff_ffffn)]
}

it('counts from the start what exact arithmetic counts, in every unit', () => {
  fc.assert(
    fc.property(
      unit,
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
      // Up to ten days apart, and below 2^53 ticks.
      fc.bigInt({ min: -864_000n, max: 864_000n }),
      fc.nat(999_999),
      (resolution, offset, first, apartSeconds, apartMicros) => {
        const perSecond = ticksPerSecond(resolution)
        const scale = new TimeScale(resolution, BigInt(offset))
        const apart = apartSeconds * perSecond + (BigInt(apartMicros) * perSecond) / 1_000_000n
        const other = first + apart
        fc.pre(other >= 0n && apart < 1n << 53n && apart > -(1n << 53n))
        const start = scale.absoluteNs(...split(first))
        expect(start).toBe((first * NS) / perSecond + BigInt(offset) * NS)
        scale.startAt(start)
        const exact = scale.absoluteNs(...split(other)) - start
        const counted = BigInt(scale.sinceStartNs(...split(other)))
        // Units of 2^-n may be one off.
        if ((resolution & 0x80) !== 0) expect([exact - 1n, exact, exact + 1n]).toContain(counted)
        else expect(counted).toBe(exact)
      },
    ),
    { numRuns: 2000 },
  )
})

it('counts interfaces of different units from the same start', () => {
  const nanoseconds = new TimeScale(9, 0n)
  const start = nanoseconds.absoluteNs(...split(1_700_000_000n * NS + 1_234n))
  const microseconds = new TimeScale(6, -3600n)
  microseconds.startAt(start)
  expect(microseconds.sinceStartNs(...split((1_700_000_000n + 3600n) * 1_000_000n + 2n))).toBe(2_000 - 1_234)
  expect(microseconds.sinceStartNs(...split((1_700_000_000n + 3600n) * 1_000_000n))).toBe(-1_234)
})
