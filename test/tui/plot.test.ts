import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Canvas, style } from '../../src/tui/canvas.ts'
import { Plot } from '../../src/tui/plot.ts'

const AREA = { x: 1, y: 0, width: 4, height: 2 }
const RANGE = { least: 0, most: 7 }

function drawn(draw: (plot: Plot) => void, unicode = true): string[] {
  const canvas = new Canvas(6, 2, unicode)
  const plot = new Plot(AREA, RANGE, RANGE, unicode)
  draw(plot)
  plot.draw(canvas)
  return [0, 1].map(row => canvas.chars.slice(row * 6, row * 6 + 6).join(''))
}

describe('Plot', () => {
  it('puts the least at the lower left and the most at the upper right', () => {
    expect(drawn(plot => plot.point(0, 0, 0))).toEqual(['      ', ' ⡀    '])
    expect(drawn(plot => plot.point(7, 7, 0))).toEqual(['    ⠈ ', '      '])
  })

  it('joins points of one cell, and draws bars and steps', () => {
    expect(drawn(plot => plot.bar(0, 0, 7, 0))).toEqual([' ⡇    ', ' ⡇    '])
    expect(drawn(plot => plot.level(0, 7, 0, 0))).toEqual(['      ', ' ⣀⣀⣀⣀ '])
    expect(
      drawn(plot => {
        plot.point(0, 0, 0)
        plot.point(1, 0, 0)
      }),
    ).toEqual(['      ', ' ⣀    '])
  })

  it('takes denser signs for more dots where there is only ASCII', () => {
    const rows = drawn(plot => {
      plot.point(0, 0, 0)
      for (const y of [0, 1, 2]) plot.point(2, y, 0)
      for (const y of [0, 1, 2, 3]) for (const x of [4, 5]) plot.point(x, y, 0)
    }, false)
    expect(rows).toEqual(['      ', ' .+#  '])
  })

  it('shows the look of the higher rank, else of the later one', () => {
    const canvas = new Canvas(6, 2)
    const plot = new Plot(AREA, RANGE, RANGE, true)
    plot.point(0, 0, style(1), 2)
    plot.point(1, 0, style(2), 1)
    plot.point(2, 0, style(3), 1)
    plot.point(3, 0, style(4), 1)
    plot.draw(canvas)
    expect([canvas.styles[7], canvas.styles[8]]).toEqual([style(1), style(4)])
  })

  it('never draws outside its area, whatever the values and the ranges', () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(0, 1e15, -1, 7, Number.NaN, Number.POSITIVE_INFINITY))
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number)), number, number, (points, least, most) => {
        const canvas = new Canvas(6, 4)
        const plot = new Plot({ x: 1, y: 1, width: 4, height: 2 }, { least, most }, { least: most, most: least }, true)
        for (const [x, y, to] of points) {
          plot.point(x, y, 0)
          plot.bar(x, y, to, 0)
          plot.level(x, to, y, 0)
        }
        plot.draw(canvas)
        const outside = canvas.chars.filter((_, at) => at < 6 || at >= 18 || at % 6 === 0 || at % 6 === 5)
        expect(outside.every(char => char === ' ')).toBe(true)
        expect(canvas.chars.every(char => /^[ \u2800-\u28ff]$/.test(char))).toBe(true)
      }),
    )
  })
})
