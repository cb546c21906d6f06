import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CaptureAnalysis } from '../../src/analysis.ts'
import { analyzeFile, unreadable } from '../../src/analyze.ts'
import { jsonReport } from '../../src/report/json.ts'
import { type WrittenCapture, writtenAnalysis, writtenCode } from '../../src/report/json-reading.ts'
import { recordings } from '../../src/rules/recordings.ts'
import { attemptAnalysis, captureAnalysis } from '../support/analysis.ts'
import { ROOT } from '../support/cli.ts'
import { reportFaults } from '../support/standards.ts'

const titles = new Map(recordings.map(({ id, title }) => [id, title]))
const FOLDER = join(ROOT, 'captures')

function written(analysis: CaptureAnalysis, code: Parameters<typeof jsonReport>[1] = null): WrittenCapture {
  const report = JSON.parse(jsonReport([analysis], code))
  expect(reportFaults(report)).toEqual([])
  return report.captures[0]
}

/** What settles a verdict that is settled is nowhere told. */
function asTold(analysis: CaptureAnalysis): CaptureAnalysis {
  const attempts = analysis.attempts.map(attempt => ({
    ...attempt,
    ladder: null,
    verdicts: attempt.verdicts.map(one => (one.toSettle === '' ? { ...one, settledBy: [] } : one)),
  }))
  return { ...analysis, attempts }
}

describe('an analysis read back from the JSON report', () => {
  it.each(readdirSync(FOLDER).filter(name => name.endsWith('.pcapng')))('is what was written: %s', async name => {
    const analysis = await analyzeFile(join(FOLDER, name))
    expect(writtenAnalysis(written(analysis), titles)).toEqual(asTold(analysis))
  })

  it('is the same for times that no calendar has, odd ends, and text that is cleaned', () => {
    const attempts = [
      attemptAnalysis({
        startNs: 0.1,
        endNs: 2 ** 60,
        serverName: '',
        errorInfo: { code: 5, packet: 3 },
        milestones: [{ id: 'active', state: 'reached', packet: 0, inferred: true }],
        closing: {
          side: 'server',
          how: 'rst',
          packet: 0,
          timeNs: -1,
          sender: { authenticity: 'foreign', signs: ['\u202e \x1b[2J'], hops: -1, whereabouts: '' },
        },
      }),
    ]
    for (const start of [{ seconds: 1e12, nanoseconds: 7 }, { seconds: -1e12, nanoseconds: 0 }, null]) {
      const analysis = captureAnalysis({ start, attempts, path: '\ud800\n"x"' })
      expect(writtenAnalysis(written(analysis), titles)).toEqual(asTold(analysis))
    }
    const nothing = unreadable('a', { code: 'empty', message: 'a: the file is empty', remedy: 'record again' })
    expect(writtenAnalysis(written(nothing), titles)).toEqual(nothing)
  })

  it('keeps the code that it was held against, and loses its place in a set', () => {
    const analysis = captureAnalysis({ position: 4 })
    expect(written(analysis)).toMatchObject({ position: 4 })
    expect(writtenAnalysis(written(analysis), titles)).not.toHaveProperty('position')
    expect(writtenCode(written(analysis))).toBeNull()
    for (const code of [
      { error: 0x904, extended: 7 },
      { error: 0x30000, extended: null },
    ]) {
      expect(writtenCode(written(analysis, code))).toEqual(code)
    }
  })
})
