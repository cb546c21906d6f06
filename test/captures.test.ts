/** Holds the whole way against captures whose truth is known: those of this repository, and those of the lab where present. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CaptureAnalysis } from '../src/analysis.ts'
import { analyzeFile } from '../src/analyze.ts'

interface Truth {
  readonly capture: string
  /** Outcomes that an attempt may have; '*' any. */
  readonly outcomes: readonly string[]
  /** Rules that may be the first claim; '-' no claim at all; '~' nothing wrong confirmed. */
  readonly expected: readonly string[]
}

const samples = resolve(import.meta.dirname, '../captures')
const lab = resolve(import.meta.dirname, '../../shared/captures/lab')

describe('the sample captures', () => holdAgainst(samples))

// Skips where this repository stands alone.
describe.skipIf(!existsSync(lab))('the captures of the lab', () => holdAgainst(lab))

function holdAgainst(folder: string): void {
  it.each(truths(folder).map(truth => [truth.capture, truth] as const))('%s', async (_name, truth) => {
    const analysis = await analyzeFile(join(folder, truth.capture))
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

/** Nothing is decrypted yet: the columns "without keys" hold. */
function truths(folder: string): Truth[] {
  const path = join(folder, 'truth.tsv')
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(line => {
      const [capture = '', , outcome = '', , expected = ''] = line.split('\t')
      return { capture, outcomes: outcome.split('|'), expected: expected.split('|') }
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
