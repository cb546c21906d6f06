import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pseudoHeaderSum, sum } from '../../src/flow/internet-checksum.ts'
import { type Checksum, mend, mendFrameCheck } from '../../src/redact/checksums.ts'

const word = fc.integer({ min: 0, max: 0xffff })
/** Of even and odd length, with room for the checksum at 2. */
const packet = fc.uint8Array({ minLength: 8, maxLength: 41 })
const addresses = fc.uint8Array({ minLength: 8, maxLength: 8 })

function sumOf(bytes: Uint8Array, more: number): number {
  let total = more
  for (let at = 0; at < bytes.length; at += 2) total += ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0)
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return total
}

function withChecksum(bytes: Uint8Array, value: number): Uint8Array {
  const copy = bytes.slice()
  copy[2] = value >> 8
  copy[3] = value & 0xff
  return copy
}

const checksumIn = (bytes: Uint8Array): number => ((bytes[2] as number) << 8) | (bytes[3] as number)

function checksum(length: number, pseudo: Checksum['pseudo'] = null, given: Partial<Checksum> = {}): Checksum {
  return { at: 2, start: 0, end: length, isWhole: true, pseudo, isOptional: false, ...given }
}

describe('a checksum', () => {
  it('that was right is right again', () => {
    fc.assert(
      fc.property(packet, packet, addresses, addresses, (one, two, before, after) => {
        const other = two.slice(0, one.length)
        const length = other.length
        const pseudo = [
          pseudoHeaderSum(sum(before, 0, 8), 6, length),
          pseudoHeaderSum(sum(after, 0, 8), 6, length),
        ] as const
        const old = one.slice(0, length)
        const right = withChecksum(old, ~sumOf(withChecksum(old, 0), pseudo[0]) & 0xffff)
        const now = withChecksum(other, 0)
        mend(checksum(length, pseudo), right, now)
        expect(sumOf(now, pseudo[1])).toBe(0xffff)
      }),
    )
  })

  it('that was wrong stays wrong, by the same', () => {
    fc.assert(
      fc.property(packet, word, word, (old, error, change) => {
        const right = ~sumOf(withChecksum(old, 0), 0) & 0xffff
        const wrong = withChecksum(old, (right ^ (error | 1)) & 0xffff)
        fc.pre(sumOf(wrong, 0) !== 0xffff && sumOf(wrong, 0) !== 0 && checksumIn(wrong) !== 0)
        const now = wrong.slice()
        now[0] = change >> 8
        now[1] = change & 0xff
        mend(checksum(old.length), wrong, now)
        expect(sumOf(now, 0)).toBe(sumOf(wrong, 0))
      }),
    )
  })

  it('that was left to the network card covers the addresses alone', () => {
    const pseudo = [0x1234, 0x4321] as const
    const before = withChecksum(Uint8Array.of(1, 2, 0, 0, 5, 6, 7, 8), 0x1234)
    const now = withChecksum(Uint8Array.of(9, 2, 0, 0, 5, 6, 7, 8), 0)
    mend(checksum(8, pseudo), before, now)
    expect(checksumIn(now)).toBe(0x4321)
  })

  it('of UDP that is not there stays away, and one that comes to zero is written as ffff', () => {
    const without = Uint8Array.of(1, 2, 0, 0, 5, 6, 7, 8)
    const now = without.slice()
    now[0] = 9
    mend(checksum(8, null, { isOptional: true }), without, now)
    expect(checksumIn(now)).toBe(0)
    const right = withChecksum(without, ~sumOf(without, 0) & 0xffff)
    const zero = Uint8Array.of(0xff, 0xff, 0, 0, 0, 0, 0, 0)
    mend(checksum(8, null, { isOptional: true }), right, zero)
    expect(checksumIn(zero)).toBe(0xffff)
  })

  it('of a packet that was cut changes as the bytes that are there', () => {
    fc.assert(
      fc.property(packet, word, (whole, change) => {
        const right = withChecksum(whole, ~sumOf(withChecksum(whole, 0), 0) & 0xffff)
        const now = right.slice()
        now[4] = change >> 8
        now[5] = change & 0xff
        const cut = 6
        const written = now.slice(0, cut)
        mend(checksum(cut, null, { isWhole: false }), right.slice(0, cut), written)
        // With the bytes that nobody has, it would be right.
        fc.pre(checksumIn(right) !== 0)
        expect(sumOf(withChecksum(now, checksumIn(written)), 0) % 0xffff).toBe(0)
      }),
    )
  })
})

describe('the frame check sequence', () => {
  const frame = Buffer.from('123456789')

  it('is that of IEEE 802.3, and stays wrong by the same', () => {
    // The check value of the catalogue of CRC algorithms: cbf43926.
    const right = Buffer.concat([frame, Buffer.from('2639f4cb', 'hex')])
    const now = Buffer.concat([Buffer.from('123456780'), Buffer.alloc(4)])
    mendFrameCheck(0, 9, right, now)
    const back = Buffer.concat([frame, Buffer.alloc(4)])
    mendFrameCheck(0, 9, now, back)
    expect(back.equals(right)).toBe(true)
    const wrong = Buffer.concat([frame, Buffer.from('2639f4ca', 'hex')])
    const still = Buffer.alloc(13)
    still.set(now.subarray(0, 9))
    mendFrameCheck(0, 9, wrong, still)
    expect(still.readUInt32BE(9) ^ now.readUInt32BE(9)).toBe(1)
  })
})
