import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BOLD, Canvas, INVERSE, style, withFlags } from '../../src/tui/canvas.ts'
import { hostileText, isHarmlessCell } from '../support/hostile.ts'

const row = (canvas: Canvas, y: number) => canvas.chars.slice(y * canvas.width, (y + 1) * canvas.width).join('')

describe('Canvas', () => {
  it('writes into its row and no further', () => {
    const canvas = new Canvas(6, 2)
    expect(canvas.put(4, 0, 'abc')).toBe(6)
    expect(canvas.put(-1, 1, 'abc')).toBe(2)
    expect(canvas.put(0, 2, 'below')).toBe(0)
    expect([row(canvas, 0), row(canvas, 1)]).toEqual(['    ab', 'bc    '])
  })

  it('keeps to the room that it is given, also with spans', () => {
    const canvas = new Canvas(10, 1)
    canvas.put(0, 0, 'abcdef', style(), 3)
    canvas.spans(
      4,
      0,
      [
        ['gh', style(1)],
        ['ijk', style(2)],
      ],
      4,
    )
    expect(row(canvas, 0)).toBe('abc ghij  ')
    expect([canvas.styles[4], canvas.styles[6]]).toEqual([style(1), style(2)])
  })

  it('shades what is there and leaves its text', () => {
    const canvas = new Canvas(4, 1)
    canvas.put(0, 0, 'abcd', style(3))
    canvas.shade({ x: 1, y: 0, width: 2, height: 1 }, look => withFlags(look, INVERSE | BOLD))
    expect(row(canvas, 0)).toBe('abcd')
    expect([...canvas.styles]).toEqual([style(3), style(3, undefined, 9), style(3, undefined, 9), style(3)])
  })

  it('holds one harmless character a cell, whatever is written wherever', () => {
    const place = fc.integer({ min: -5, max: 30 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, place, hostileText, fc.integer({ min: 0, max: 40 })), { maxLength: 8 }),
        fc.boolean(),
        (texts, unicode) => {
          const canvas = new Canvas(20, 5, unicode)
          for (const [x, y, text, room] of texts) {
            canvas.put(x, y, text, style(), room)
            canvas.right(x, y, text)
            canvas.spans(x, y, [
              [text, style(1)],
              [text, style(2)],
            ])
            canvas.fill({ x, y, width: room, height: 2 }, '─', style())
          }
          return canvas.chars.length === 100 && canvas.chars.every(cell => isHarmlessCell(cell, unicode))
        },
      ),
      { numRuns: 500 },
    )
  })
})
