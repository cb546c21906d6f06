/** What a scan writes, held against the standard of each format: the samples, and the recordings of the lab where they are. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { called, ROOT } from '../support/cli.ts'
import { junitFaults, reportFaults, sarifFaults } from '../support/standards.ts'

const LAB = resolve(ROOT, '../shared/captures/lab')

interface Report {
  readonly captures: readonly {
    readonly path: string
    readonly attempts: readonly { readonly verdicts: readonly { readonly verdict: string }[] }[]
    readonly diagnosis: readonly { readonly verdict: string; readonly severity: string }[]
  }[]
}

const FORMATS = ['json', 'jsonl', 'sarif', 'junit', 'csv', 'md', 'github', 'github-summary'] as const

describe.each([
  ['the samples', resolve(ROOT, 'captures')],
  ['the recordings of the lab', LAB],
])('%s', (_name, captures) => {
  let folder = ''
  let status: number | null = null
  const read = (format: (typeof FORMATS)[number]) => readFileSync(join(folder, format), 'utf8')
  const report = () => JSON.parse(read('json')) as Report

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rdpscope-standards-'))
    if (!existsSync(captures)) return
    const wanted = FORMATS.flatMap(format => ['-f', `${format}=${join(folder, format)}`])
    const ran = await called('scan', captures, '--error', '0x904', '--extended', '0x7', ...wanted)
    expect(ran.stderr).toBe('')
    status = ran.status
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.skipIf(!existsSync(captures))('JSON: our own schema, and every capture is there', () => {
    expect(status).toBe(1)
    expect(reportFaults(report())).toEqual([])
    expect(report().captures.length).toBeGreaterThan(10)
  })

  it.skipIf(!existsSync(captures))('JSON lines: each line is a report', () => {
    const lines = read('jsonl').trimEnd().split('\n')
    expect(lines.flatMap(line => reportFaults(JSON.parse(line)))).toEqual([])
    expect(lines).toHaveLength(report().captures.length)
  })

  it.skipIf(!existsSync(captures))('SARIF: the schema of OASIS, and a result for each attempt with a finding', () => {
    const sarif = JSON.parse(read('sarif'))
    expect(sarifFaults(sarif)).toEqual([])
    const [run] = sarif.runs
    const occurrences = run.results.map((result: { occurrenceCount: number }) => result.occurrenceCount)
    expect(occurrences.reduce((sum: number, count: number) => sum + count, 0)).toBe(findings(report()))
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId)
  })

  it.skipIf(!existsSync(captures))(
    'JUnit: the schema, a suite a capture, failures where status 1 comes from',
    async () => {
      const xml = read('junit')
      expect(await junitFaults(xml)).toEqual([])
      const suites = [...xml.matchAll(/<testsuite .* failures="(\d+)"/g)].map(([, failures]) => Number(failures) > 0)
      const failing = ({ verdict, severity }: { verdict: string; severity: string }) =>
        severity === 'error' && (verdict === 'confirmed' || verdict === 'likely')
      expect(suites).toEqual(report().captures.map(({ diagnosis }) => diagnosis.some(failing)))
    },
  )

  it.skipIf(!existsSync(captures))('CSV: RFC 4180, a row a finding', () => {
    const text = read('csv')
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    const rows = parse(text, { columns: true, record_delimiter: '\r\n' })
    expect(rows).toHaveLength(findings(report()))
  })

  it.skipIf(!existsSync(captures))('GitHub: only commands, no more than it shows; the summary fits', () => {
    const lines = read('github').trimEnd().split('\n')
    const kinds = lines.map(line => line.match(/^::(error|warning|notice) [^:]*::./)?.[1])
    for (const kind of ['error', 'warning', 'notice']) {
      expect(kinds.filter(one => one === kind).length).toBeLessThanOrEqual(10)
    }
    expect(kinds).not.toContain(undefined)
    expect(Buffer.byteLength(read('github-summary'))).toBeLessThan(1024 * 1024)
  })

  it.skipIf(!existsSync(captures))('Markdown: a heading a capture', () => {
    expect(read('md').match(/^## /gm)).toHaveLength(report().captures.length)
  })
})

function findings({ captures }: Report): number {
  const claims = ['confirmed', 'likely', 'possible']
  return captures
    .flatMap(({ attempts }) => attempts.flatMap(({ verdicts }) => verdicts))
    .filter(({ verdict }) => claims.includes(verdict)).length
}
