import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cells, cut, scrolled, tail, width, wrapped } from '../../src/tui/cells.ts'
import { HOSTILE_TEXTS, hostileText, isHarmlessCell } from '../support/hostile.ts'

const text = (value: string, unicode = true) => [...cells(value, unicode)].join('')

describe('cells', () => {
  it('leaves what every terminal draws in one cell', () => {
    expect(text('Tür → αβγ Привет │ ✓ ⣿')).toBe('Tür → αβγ Привет │ ✓ ⣿')
  })

  it('stands one sign for what has another width, or is obeyed', () => {
    expect(text('\x1b[31mred')).toBe('·[31mred')
    expect(text('\x9b31m\r\n')).toBe('·31m··')
    expect(text('日本')).toBe('··')
    expect(text('👩')).toBe('·')
    expect(text('שלום')).toBe('····')
    expect(text('\ud800x')).toBe('·x')
  })

  it('shows nothing for what draws on the character before it', () => {
    expect(text('e\u0301\u202ex\u200b\ufeff')).toBe('ex')
  })

  it('has ASCII for its own signs, and a dot for the rest', () => {
    expect(text('─│→✓✗…═ ü', false)).toBe('-|>+x~= .')
  })

  it('leaves tags of the drawing library as they are: nothing reads them', () => {
    expect(text('{red-fg}x{/}')).toBe('{red-fg}x{/}')
  })

  it.each([true, false])('gives harmless cells whatever the text is (Unicode: %s)', unicode => {
    for (const hostile of HOSTILE_TEXTS) {
      for (const cell of cells(hostile, unicode))
        expect([hostile, cell, isHarmlessCell(cell, unicode)]).toEqual([hostile, cell, true])
    }
    fc.assert(
      fc.property(hostileText, value => {
        const all = [...cells(value, unicode)]
        return all.length <= [...value].length && all.every(cell => isHarmlessCell(cell, unicode))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('texts in a room', () => {
  it('are cut with a sign at the end, or at the front where the end tells more', () => {
    expect(cut('gateway.example', 8)).toBe('gateway…')
    expect(cut('gateway.example', 8, false)).toBe('gateway~')
    expect(cut('short', 8)).toBe('short')
    expect(tail('/home/maria/traces/capture.pcapng', 16)).toBe('…/capture.pcapng')
    expect(tail('short', 16)).toBe('short')
    expect(scrolled('0123456789', 4)).toBe('456789')
  })

  it('never fill more than their room', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 0, max: 40 }), fc.boolean(), (value, room, unicode) => {
        expect(width(cut(value, room, unicode), unicode)).toBeLessThanOrEqual(room)
        expect(width(tail(value, room, unicode), unicode)).toBeLessThanOrEqual(room)
        expect(width(scrolled(value, room))).toBe(Math.max(0, width(value) - room))
      }),
    )
  })

  it('break at spaces, and words that are longer than a line', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrapped('HKLM\\SYSTEM\\Control x', 8)).toEqual(['HKLM\\SYS', 'TEM\\Cont', 'rol', 'x'])
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 1, max: 40 }), (value, room) => {
        for (const line of wrapped(value, room)) expect(width(line)).toBeLessThanOrEqual(room)
      }),
    )
  })
})
