import { describe, expect, it } from 'vitest'
import type { CaptureAnalysis } from '../../src/analysis.ts'
import { assess } from '../../src/policy/assess.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { junitWriter } from '../../src/report/junit.ts'
import { attemptAnalysis, captureAnalysis, diagnosisEntry, verdictAnalysis } from '../support/analysis.ts'
import { ignore, policyOf } from '../support/policy.ts'
import { junitFaults } from '../support/standards.ts'

async function written(capture: CaptureAnalysis, given: Partial<Policy> = {}): Promise<string> {
  const writer = junitWriter()
  const xml = [writer.head(), ...writer.capture(assess(capture, policyOf(given)), 0), writer.tail()].join('')
  expect(await junitFaults(xml)).toEqual([])
  return xml
}

describe('JUnit', () => {
  it('fails the test of an attempt with its findings, packets and remedy', async () => {
    const xml = await written(captureAnalysis())
    expect(xml).toContain('name="attempt.pcapng" tests="1" failures="1" errors="0" skipped="0" time="0.003"')
    expect(xml).toContain('name="attempt 1: 192.0.2.10:50000 to 198.51.100.20:3389" time="0.003"')
    expect(xml).toContain('<failure type="nla-required" message="confirmed: the server requires NLA')
    expect(xml).toContain('packet 5, 0.002346 s: the server answers')
    expect(xml).toContain('Wireshark: frame.number in {4,5}')
    expect(xml).toContain('Remedy: Let the client offer NLA')
  })

  it.each([
    ['error', 'warning', 0],
    ['warning', 'warning', 1],
    ['never', 'error', 0],
    ['info', 'info', 1],
  ] as const)('with --fail-on %s, a %s gives %i failures', async (failOn, severity, failures) => {
    const attempts = [attemptAnalysis({ verdicts: [verdictAnalysis({ severity })] })]
    const diagnosis = [diagnosisEntry({ severity })]
    expect(
      await written(captureAnalysis({ attempts, diagnosis }), { failOn: { severity: failOn, rules: new Set() } }),
    ).toContain(`failures="${failures}"`)
  })

  it('does not fail for what is merely possible', async () => {
    const attempts = [attemptAnalysis({ verdicts: [verdictAnalysis({ verdict: 'possible' })] })]
    const diagnosis = [diagnosisEntry({ verdict: 'possible' })]
    expect(await written(captureAnalysis({ attempts, diagnosis }))).toContain('failures="0"')
  })

  it('has a test that passes for a capture without attempts, and an error for one that can not be read', async () => {
    const empty = captureAnalysis({ attempts: [], diagnosis: [], start: null })
    expect(await written(empty)).toContain('tests="1" failures="0" errors="0"')
    const error = { code: 'not-a-capture', message: 'notes.txt: text', remedy: 'give a capture' }
    const xml = await written({ ...empty, error })
    expect(xml).toContain('tests="1" failures="0" errors="1"')
    expect(xml).toContain('<error type="not-a-capture" message="notes.txt: text">')
  })

  it('fails where only attempts that are not listed show it', async () => {
    const diagnosis = [diagnosisEntry({ rule: 'clock-skew', attempts: [4000], count: 12 })]
    const xml = await written(captureAnalysis({ attempts: [], diagnosis }))
    expect(xml).toContain('failures="1"')
    expect(xml).toContain('confirmed clock-skew (12 attempts)')
  })

  it('skips an attempt whose findings are all excused, with the reason', async () => {
    const xml = await written(captureAnalysis(), { ignores: [ignore({ rule: 'nla-required', reason: 'the <kiosk>' })] })
    expect(xml).toContain('tests="1" failures="0" errors="0" skipped="1"')
    expect(xml).toContain('<skipped>nla-required is ignored: the &lt;kiosk&gt;</skipped>')
  })

  it('has a test for each thing that the capture must show', async () => {
    const xml = await written(captureAnalysis(), { expectedOf: () => ['nla-required', 'slow-path'] })
    expect(xml).toContain('tests="3" failures="1" errors="0" skipped="1"')
    expect(xml).toContain('name="as expected: nla-required" time="0.000"/>')
    expect(xml).toMatch(
      /name="as expected: slow-path" [^>]*>\n<failure type="slow-path" message="expected slow-path, but/,
    )
  })
})
