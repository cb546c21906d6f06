/** Holds the whole way against captures whose truth is known: those of this repository, and those of the lab where present. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { CaptureAnalysis } from '../src/analysis.ts'
import { analyzeFile } from '../src/analyze.ts'
import { withoutSecrets } from './support/secrets.ts'

interface Truth {
  readonly capture: string
  /** Outcomes that an attempt may have; '*' any. */
  readonly outcomes: readonly string[]
  /** Rules that may be the first claim; '-' no claim at all; '~' nothing wrong confirmed. */
  readonly expected: readonly string[]
}

const samples = resolve(import.meta.dirname, '../captures')
const lab = resolve(import.meta.dirname, '../../shared/captures/lab')

const scratch = mkdtempSync(join(tmpdir(), 'rdpscope-'))
afterAll(() => rmSync(scratch, { recursive: true }))

describe('the sample captures', () => holdAgainst(samples))

// Skips where this repository stands alone.
describe.skipIf(!existsSync(lab))('the captures of the lab', () => holdAgainst(lab))

function holdAgainst(folder: string): void {
  describe('with the keys that they hold', () => hold(truths(folder, WITH_KEYS), name => join(folder, name)))

  describe('without keys', () =>
    hold(truths(folder, WITHOUT_KEYS), name => {
      const copy = join(scratch, name)
      writeFileSync(copy, withoutSecrets(readFileSync(join(folder, name))))
      return copy
    }))
}

function hold(truths: readonly Truth[], pathOf: (name: string) => string): void {
  it.each(truths.map(truth => [truth.capture, truth] as const))('%s', async (_name, truth) => {
    const analysis = await analyzeFile(pathOf(truth.capture))
    expect(analysis.error).toBeNull()
    const outcomes = analysis.attempts.map(({ outcome }) => outcome)
    expect(
      truth.outcomes.includes('*') || outcomes.some(outcome => truth.outcomes.includes(outcome)),
      `${outcomes}`,
    ).toBe(true)
    expect(
      truth.expected.some(expected => fits(analysis, expected, truth.expected)),
      claimed(analysis).join(', '),
    ).toBe(true)
  })
}

/** Columns of outcome and expectation. */
const WITH_KEYS = [1, 3] as const
const WITHOUT_KEYS = [2, 4] as const

function truths(folder: string, [outcomeColumn, expectColumn]: readonly [number, number]): Truth[] {
  const path = join(folder, 'truth.tsv')
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(line => {
      const cells = line.split('\t')
      const [outcome = '', expected = ''] = [cells[outcomeColumn], cells[expectColumn]]
      return { capture: cells[0] ?? '', outcomes: outcome.split('|'), expected: expected.split('|') }
    })
}

function fits(analysis: CaptureAnalysis, expected: string, all: readonly string[]): boolean {
  const claims = claimsOf(analysis)
  if (expected === '-') return claims.length === 0
  if (expected !== '~') return claims[0]?.rule === expected
  return !claims.some(
    ({ rule, verdict, severity }) => verdict === 'confirmed' && severity === 'error' && !all.includes(rule),
  )
}

function claimsOf({ diagnosis }: CaptureAnalysis) {
  return diagnosis.filter(
    ({ verdict, severity }) => (verdict === 'confirmed' || verdict === 'likely') && severity !== 'info',
  )
}

function claimed(analysis: CaptureAnalysis): string[] {
  return claimsOf(analysis).map(({ rule, verdict }) => `${rule} (${verdict})`)
}
