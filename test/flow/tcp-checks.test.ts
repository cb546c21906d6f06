import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Headers } from '../../src/flow/headers.ts'
import { duplicateBytes, ipIdStep, isDuplicateSack } from '../../src/flow/tcp-checks.ts'

/** An ACK with SACK blocks, all numbers counted from `base`. */
function sack(acknowledgement: number, blocks: readonly (readonly [number, number])[], base = 0): Headers {
  const h = new Headers()
  h.acknowledgement = (base + acknowledgement) | 0
  h.sackBlocks = blocks.length
  blocks.forEach(([left, right], index) => {
    h.sackLeft[index] = base + left
    h.sackRight[index] = base + right
  })
  return h
}

describe('a D-SACK (RFC 2883)', () => {
  // The examples of section 4 of the RFC; the acknowledgement and the blocks as they stand there.
  it.each([
    { what: 'one duplicate below the acknowledgement', ack: 4000, blocks: [[3000, 3500]] },
    { what: 'one duplicate up to the acknowledgement', ack: 4000, blocks: [[3500, 4000]] },
    {
      what: 'one duplicate, and a hole',
      ack: 4000,
      blocks: [
        [3000, 3500],
        [4500, 5000],
      ],
    },
    {
      what: 'one duplicate inside what was acknowledged selectively',
      ack: 4000,
      blocks: [
        [5000, 5500],
        [4500, 6000],
      ],
    },
    {
      what: 'the block itself twice',
      ack: 4000,
      blocks: [
        [4500, 5000],
        [4500, 5000],
      ],
    },
  ])('is seen: $what', ({ ack, blocks }) => {
    const pairs = blocks as [number, number][]
    expect(isDuplicateSack(sack(ack, pairs))).toBe(true)
    expect(isDuplicateSack(sack(ack, pairs, 0x7fffe000))).toBe(true)
    expect(isDuplicateSack(sack(ack, pairs, -5000))).toBe(true)
  })

  it.each([
    { what: 'no block', blocks: [] },
    { what: 'a hole', blocks: [[4500, 5000]] },
    {
      what: 'two holes',
      blocks: [
        [6000, 6500],
        [4500, 5000],
      ],
    },
    {
      what: 'blocks that only overlap',
      blocks: [
        [4400, 5000],
        [4500, 6000],
      ],
    },
    { what: 'a block that reaches beyond the acknowledgement', blocks: [[3000, 4500]] },
    { what: 'an empty block below the acknowledgement', blocks: [[3000, 3000]] },
    { what: 'a block the wrong way round', blocks: [[3500, 3000]] },
  ])('is not seen: $what', ({ blocks }) => {
    expect(isDuplicateSack(sack(4000, blocks as [number, number][]))).toBe(false)
  })

  it('tells how much of a resend was needless', () => {
    const ack = sack(4000, [[3000, 3500]])
    expect(duplicateBytes(ack, 3000, 3500)).toBe(500)
    expect(duplicateBytes(ack, 3400, 4400)).toBe(100)
    expect(duplicateBytes(ack, 2000, 3100)).toBe(100)
    expect(duplicateBytes(ack, 3100, 3200)).toBe(100)
    expect(duplicateBytes(ack, 3500, 4000)).toBe(0)
    expect(duplicateBytes(ack, 2000, 3000)).toBe(0)
    expect(duplicateBytes(sack(4000, [[4500, 5000]]), 4500, 5000)).toBe(0)
  })

  it('never reports more than was sent, wherever the numbers wrap', () => {
    const span = fc.integer({ min: 0, max: 100_000 })
    fc.assert(
      fc.property(fc.integer(), span, span, span, span, (base, left, width, start, length) => {
        const bytes = duplicateBytes(
          sack(200_001, [[left, left + width]], base),
          (base + start) | 0,
          (base + start + length) | 0,
        )
        expect(bytes).toBe(Math.max(0, Math.min(left + width, start + length) - Math.max(left, start)))
      }),
    )
  })
})

describe('IP identification', () => {
  it('steps forwards and backwards, also across its wrap', () => {
    expect(ipIdStep(7, 8)).toBe(1)
    expect(ipIdStep(65_535, 0)).toBe(1)
    expect(ipIdStep(0, 65_535)).toBe(-1)
    expect(ipIdStep(10_000, 50_000)).toBe(-25_536)
    expect(ipIdStep(42, 42)).toBe(0)
  })

  it('makes no step where there is none', () => {
    expect(ipIdStep(-1, 500)).toBe(0)
    expect(ipIdStep(500, -1)).toBe(0)
  })
})
