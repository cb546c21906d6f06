import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byteCount, counted, hanging, relativeTime, wrap } from '../../src/report/layout.ts'

describe('layout', () => {
  it('breaks at spaces and keeps every word', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 12, max: 60 }), (words, width) => {
        const lines = wrap(words.join(' '), width)
        expect(lines.join(' ')).toBe(words.join(' '))
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
      }),
    )
  })

  it('lets a word that is too long stand alone', () => {
    expect(wrap('a frame.number==1234567890 b', 10)).toEqual(['a', 'frame.number==1234567890', 'b'])
  })

  it('hangs further lines under the first', () => {
    expect(hanging('Steps  ', 'one two three four five six', 27)).toEqual([
      'Steps  one two three four',
      '       five six',
    ])
  })

  it('writes sizes, counts and times', () => {
    expect([byteCount(999), byteCount(14_210), byteCount(734_003_200)]).toEqual(['999 B', '14.2 kB', '734.0 MB'])
    expect([counted(1, 'packet'), counted(0, 'packet')]).toEqual(['1 packet', '0 packets'])
    expect(relativeTime(1_234_567)).toBe('0.001235 s')
  })
})
