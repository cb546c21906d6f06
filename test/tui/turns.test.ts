import { describe, expect, it } from 'vitest'
import { LiveAnalysis } from '../../src/tui/live-analysis.ts'
import { Turns } from '../../src/tui/turns.ts'

describe('turns', () => {
  it('let one piece of work go on at a time, and the world between them', async () => {
    const turns = new Turns()
    const seen: string[] = []
    const work = async (name: string) => {
      const pause = turns.begin()
      for (let step = 0; step < 3; step++) {
        // The slice is used up.
        const end = performance.now() + 6
        while (performance.now() < end);
        const waits = pause()
        if (waits !== null) await waits
        seen.push(name)
      }
    }
    let isOver = false
    const world = async () => {
      while (!isOver) {
        await new Promise(resolve => setImmediate(resolve))
        if (seen.at(-1) !== '.') seen.push('.')
      }
    }
    const watching = world()
    await Promise.all([work('a'), work('b')])
    isOver = true
    await watching
    // After each step of one, others were heard before the next one.
    expect(seen.join('').replaceAll('..', '.')).toMatch(/^\.?(a\.b\.){3}$/)
  })

  it('make work wait before it begins, and not again while its slice lasts', async () => {
    const pause = new Turns().begin()
    const first = pause()
    expect(first).not.toBeNull()
    await first
    expect(pause()).toBeNull()
  })
})

describe('a capture that grows', () => {
  function growing() {
    const state = { count: 0, isQuiet: true, nowMs: 0, costMs: 10, analysed: 0 }
    const live = new LiveAnalysis(
      {
        grown: () => state.count,
        isQuiet: () => state.isQuiet,
        goesOn: () => true,
        analyse: async () => {
          state.nowMs += state.costMs
          state.analysed++
        },
      },
      () => state.nowMs,
    )
    return { state, live }
  }

  it('is judged once it is quiet, and not again before more has come', async () => {
    const { state, live } = growing()
    expect(await live.step()).toBe(false)
    state.count = 5
    expect(await live.step()).toBe(true)
    state.nowMs += 60_000
    expect(await live.step()).toBe(false)
    state.count = 6
    expect(await live.step()).toBe(true)
    expect(state.analysed).toBe(2)
  })

  it('is judged now and then though it never falls quiet', async () => {
    const { state, live } = growing()
    state.isQuiet = false
    state.count = 1
    expect(await live.step()).toBe(true)
    state.count = 2
    state.nowMs += 1000
    expect(await live.step()).toBe(false)
    state.nowMs += 5000
    expect(await live.step()).toBe(true)
  })

  it('is judged the seldomer the more that costs', async () => {
    const { state, live } = growing()
    state.costMs = 3000
    state.count = 1
    expect(await live.step()).toBe(true)
    state.count = 2
    state.nowMs += 29_000
    expect(await live.step()).toBe(false)
    state.nowMs += 2000
    expect(await live.step()).toBe(true)
  })
})
