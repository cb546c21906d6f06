import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ListCursor } from '../../src/tui/list.ts'

function list(count: number, height: number): ListCursor {
  const made = new ListCursor()
  made.fit(count, height)
  return made
}

const place = ({ at, top }: ListCursor) => [at, top]

describe('ListCursor', () => {
  it('moves its window only where it must', () => {
    const lines = list(100, 10)
    for (let nth = 0; nth < 9; nth++) lines.act('down')
    lines.fit(100, 10)
    expect(place(lines)).toEqual([9, 0])
    lines.act('down')
    lines.fit(100, 10)
    expect(place(lines)).toEqual([10, 1])
    lines.act('up')
    lines.fit(100, 10)
    expect(place(lines)).toEqual([9, 1])
  })

  it('turns pages with one line in common', () => {
    const lines = list(100, 10)
    lines.act('page-down')
    lines.fit(100, 10)
    expect(place(lines)).toEqual([9, 9])
    lines.act('page-up')
    lines.fit(100, 10)
    expect(place(lines)).toEqual([0, 0])
  })

  it('shows what lies around a line that was jumped to', () => {
    const lines = list(100, 10)
    lines.choose(50)
    lines.fit(100, 10)
    expect(place(lines)).toEqual([50, 45])
    lines.act('last')
    lines.fit(100, 10)
    expect(place(lines)).toEqual([99, 90])
    lines.act('first')
    lines.fit(100, 10)
    expect(place(lines)).toEqual([0, 0])
  })

  it('scrolls like a wheel and takes the chosen line along', () => {
    const lines = list(100, 10)
    lines.scroll(3)
    expect(place(lines)).toEqual([3, 3])
    lines.scroll(-3)
    expect(place(lines)).toEqual([3, 0])
    lines.scroll(1000)
    expect(place(lines)).toEqual([90, 90])
  })

  it('leaves other actions alone', () => {
    const lines = list(10, 5)
    expect(lines.act('open')).toBe(false)
    expect(place(lines)).toEqual([0, 0])
  })

  it('always shows a line that is there, whatever was done and however it shrank', () => {
    const step = fc.oneof(
      fc.constantFrom('up', 'down', 'page-up', 'page-down', 'first', 'last').map(action => ({ action }) as const),
      fc.integer({ min: -50, max: 2000 }).map(line => ({ line }) as const),
      fc.integer({ min: -50, max: 50 }).map(by => ({ by }) as const),
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(step, fc.integer({ min: 0, max: 1000 }), fc.integer({ min: -2, max: 60 }))),
        steps => {
          const lines = new ListCursor()
          for (const [one, count, height] of steps) {
            if ('action' in one) lines.act(one.action)
            else if ('line' in one) lines.choose(one.line)
            else lines.scroll(one.by)
            lines.fit(count, height)
            expect(lines.at).toBeGreaterThanOrEqual(0)
            expect(lines.at).toBeLessThan(Math.max(count, 1))
            expect(lines.top).toBeLessThanOrEqual(lines.at)
            expect(lines.at).toBeLessThan(lines.top + lines.height)
            expect(lines.top).toBeLessThanOrEqual(Math.max(0, count - lines.height))
          }
        },
      ),
    )
  })
})
