import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Pace } from '../../src/tui/pace.ts'

describe('a pace', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('lets work begin at once, and again a second after it was done, with a picture that asks for it', () => {
    let pictures = 0
    const pace = new Pace({ redraw: () => pictures++ })
    expect([pace.mayBegin(), pace.mayBegin()]).toEqual([true, true])
    pace.done()
    for (let packet = 0; packet < 9; packet++) {
      vi.advanceTimersByTime(100)
      expect(pace.mayBegin()).toBe(false)
    }
    expect(pictures).toBe(0)
    vi.advanceTimersByTime(100)
    expect([pictures, pace.mayBegin()]).toEqual([1, true])
  })

  it('asks for no picture where nobody asked meanwhile', () => {
    let pictures = 0
    const pace = new Pace({ redraw: () => pictures++ })
    pace.done()
    vi.advanceTimersByTime(5000)
    expect([pictures, pace.mayBegin()]).toEqual([0, true])
  })
})
