import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CaptureInput } from '../../src/cli/inputs.ts'
import { Progress } from '../../src/cli/progress.ts'

function inputs(...bytes: number[]): CaptureInput[] {
  return bytes.map((size, at) => ({ path: `${at}.pcap`, bytes: size, archive: null, error: null }))
}

function progress(wanted: boolean | undefined, ...bytes: number[]) {
  const lines: string[] = []
  const told = new Progress(inputs(...bytes), { wanted, sharesTerminal: false, say: line => lines.push(line) })
  return { told, lines }
}

describe('progress where there is no terminal', () => {
  const terminal = process.stderr.isTTY
  beforeEach(() => {
    process.stderr.isTTY = false
    vi.useFakeTimers({ toFake: ['performance'] })
  })
  afterEach(() => {
    process.stderr.isTTY = terminal
    vi.useRealTimers()
  })

  it('is a line now and then, with rate and time left, of all who read', () => {
    const { told, lines } = progress(true, 40_000_000, 50_000_000, 110_000_000)
    told.reading(0, 1_000_000)
    expect(lines).toEqual([])
    vi.advanceTimersByTime(10_000)
    told.done(0, 40_000_000)
    expect(lines).toEqual(['1 of 3 captures, 40.0 MB of 200.0 MB, 4.0 MB/s, 40 s left'])
    vi.advanceTimersByTime(9_000)
    told.reading(1, 20_000_000)
    expect(lines).toHaveLength(1)
    vi.advanceTimersByTime(1_000)
    told.reading(0, 10_000_000)
    expect(lines[1]).toBe('1 of 3 captures, 70.0 MB of 200.0 MB, 3.5 MB/s, 38 s left')
    told.end()
  })

  it.each([
    ['unless it is asked for', undefined, [1_000_000]],
    ['where it is refused', false, [1_000_000]],
    ['of a stream', true, [0]],
  ] as const)('is nothing %s', (_name, wanted, bytes) => {
    const { told, lines } = progress(wanted, ...bytes)
    vi.advanceTimersByTime(60_000)
    told.reading(0, 100)
    told.done(0, 1_000_000)
    expect(lines).toEqual([])
    told.end()
  })
})
