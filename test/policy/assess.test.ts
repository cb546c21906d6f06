/** What a policy makes of an analysis: severities, excuses, what counts in the end, and what a capture must show. */
import { describe, expect, it } from 'vitest'
import type { AttemptAnalysis, CaptureAnalysis } from '../../src/analysis.ts'
import { assess } from '../../src/policy/assess.ts'
import { Baseline } from '../../src/policy/baseline.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { withoutPolicy } from '../../src/policy/restore.ts'
import { jsonReport } from '../../src/report/json.ts'
import type { Severity } from '../../src/rules/rule.ts'
import { attemptAnalysis, captureAnalysis, diagnosisEntry, verdictAnalysis } from '../support/analysis.ts'
import { ignore, policyOf } from '../support/policy.ts'
import { reportFaults } from '../support/standards.ts'

function assessed(capture: CaptureAnalysis, given: Partial<Policy> = {}) {
  const result = assess(capture, policyOf(given))
  expect(reportFaults(JSON.parse(jsonReport([result])))).toEqual([])
  return result
}

const found = (rule: string, severity: Severity, verdict: 'confirmed' | 'possible' = 'confirmed') =>
  captureAnalysis({
    attempts: [attemptAnalysis({ verdicts: [verdictAnalysis({ rule, severity, verdict })] })],
    diagnosis: [diagnosisEntry({ rule, severity, verdict })],
  })

/** Three attempts of three clients, with the same finding. */
function crowd(count = 3): CaptureAnalysis {
  const attempts = [1, 2, 3].map(id =>
    attemptAnalysis({
      id,
      client: { address: `192.0.2.${id}`, port: 50000 },
      verdicts: [verdictAnalysis({ says: `said ${id}` })],
    }),
  )
  const entry = diagnosisEntry({ attempts: Array.from({ length: count }, (_, at) => at + 1), count, says: 'said 1' })
  return captureAnalysis({
    attempts,
    diagnosis: [entry],
    attemptCounts: { established: 0, failed: count, unfinished: 0 },
  })
}

const from = (...hosts: number[]) =>
  ignore({ hasAddress: address => hosts.some(host => address === `192.0.2.${host}`), reason: 'a laboratory' })

describe('what counts', () => {
  it.each([
    ['error', 'error', true],
    ['warning', 'error', false],
    ['warning', 'warning', true],
    ['info', 'info', true],
    ['error', 'never', false],
  ] as const)('a finding of severity %s with --fail-on %s: %s', (severity, failOn, fails) => {
    const { policy, diagnosis, attempts } = assessed(found('slow-path', severity), {
      failOn: { severity: failOn, rules: new Set() },
    })
    expect([policy?.fails, diagnosis[0]?.fails ?? false, attempts[0]?.verdicts[0]?.fails ?? false]).toEqual([
      fails,
      fails,
      fails,
    ])
  })

  it('a rule that is named counts whatever its severity, the others do not', () => {
    const failOn = { severity: 'never', rules: new Set(['slow-path']) } as const
    expect(assessed(found('slow-path', 'info'), { failOn }).policy?.fails).toBe(true)
    expect(assessed(found('nla-required', 'error'), { failOn }).policy?.fails).toBe(false)
    expect(assessed(found('slow-path', 'info', 'possible'), { failOn }).policy?.fails).toBe(false)
  })

  it('leaves the analysis as it is where nothing is said', () => {
    const capture = crowd()
    const { policy, ...same } = assessed(capture, { failOn: { severity: 'never', rules: new Set() } })
    expect(same).toEqual(capture)
    expect(policy).toEqual({ fails: false, ignored: [], lapsed: [], known: null, expectations: [] })
  })
})

describe('another severity', () => {
  it.each([
    // nla-required is an error by itself.
    ['error', 'warning', 'warning'],
    ['warning', 'warning', 'warning'],
    ['info', 'warning', 'info'],
    ['error', 'info', 'info'],
  ] as const)('for nla-required, claimed as %s: %s makes it %s', (claimed, wanted, severity) => {
    const { attempts, diagnosis } = assessed(found('nla-required', claimed), {
      severities: new Map([['nla-required', wanted]]),
    })
    const same = claimed === severity ? {} : { claimedSeverity: claimed }
    expect(attempts[0]?.verdicts[0]).toMatchObject({ severity, ...same })
    expect(diagnosis[0]).toMatchObject({ severity, ...same })
  })

  it('raises what a rule claims at its own, and not what it lowered', () => {
    const severities = new Map([['packet-loss', 'error']] as const)
    expect(assessed(found('packet-loss', 'warning'), { severities })).toMatchObject({ policy: { fails: true } })
    expect(assessed(found('packet-loss', 'info'), { severities })).toMatchObject({ policy: { fails: false } })
  })

  it('is another place in the diagnosis', () => {
    const capture = captureAnalysis({
      diagnosis: [diagnosisEntry(), diagnosisEntry({ rule: 'packet-loss', severity: 'warning' })],
    })
    const { diagnosis } = assessed(capture, { severities: new Map([['nla-required', 'info']]) })
    expect(diagnosis.map(({ rule }) => rule)).toEqual(['packet-loss', 'nla-required'])
  })
})

describe('what is ignored', () => {
  it.each([
    ['its rule', ignore({ rule: 'nla-required' }), true],
    ['another rule', ignore({ rule: 'slow-path' }), false],
    ['the client', ignore({ hasAddress: address => address === '192.0.2.10' }), true],
    ['the server', ignore({ hasAddress: address => address === '198.51.100.20' }), true],
    ['nobody there', ignore({ hasAddress: () => false }), false],
    ['the capture', ignore({ hasCapture: path => path === 'attempt.pcapng' }), true],
    ['another capture', ignore({ hasCapture: () => false }), false],
    ['the rule elsewhere', ignore({ rule: 'nla-required', hasCapture: () => false }), false],
    ['the rule of others', ignore({ rule: 'nla-required', hasAddress: () => false }), false],
  ])('by %s', (_, one, holds) => {
    const { policy, diagnosis, attempts } = assessed(captureAnalysis(), { ignores: [one] })
    expect(policy?.fails).toBe(!holds)
    const excuse = holds ? { kind: 'ignored', reason: 'a test', expires: null } : undefined
    expect([diagnosis[0]?.excuse, attempts[0]?.verdicts[0]?.excuse]).toEqual([excuse, excuse])
    expect(policy?.ignored).toEqual(holds ? [{ reason: 'a test', expires: null, count: 1 }] : [])
  })

  it('counts again when it has expired, and that is told', () => {
    const expired = ignore({ rule: 'nla-required', expires: '2026-01-31', lapsed: true })
    const { policy, diagnosis } = assessed(captureAnalysis(), { ignores: [expired] })
    expect(policy).toMatchObject({
      fails: true,
      ignored: [],
      lapsed: [{ reason: 'a test', expires: '2026-01-31', count: 1 }],
    })
    expect(diagnosis[0]).not.toHaveProperty('excuse')
  })

  it('parts a line of the diagnosis where only some of its attempts are meant', () => {
    const { diagnosis, policy } = assessed(crowd(), { ignores: [from(1, 3)] })
    expect(diagnosis).toMatchObject([
      { attempts: [2], count: 1, says: 'said 2', fails: true },
      { attempts: [1, 3], count: 2, says: 'said 1', excuse: { reason: 'a laboratory' } },
    ])
    expect(policy).toMatchObject({ fails: true, ignored: [{ reason: 'a laboratory', count: 2 }] })
    expect(assessed(crowd(), { ignores: [from(1, 2, 3)] }).policy?.fails).toBe(false)
  })

  it('attempts that are not listed have no address: they count, unless all of that rule are ignored', () => {
    const { diagnosis, policy } = assessed(crowd(5), { ignores: [from(1, 2, 3)] })
    expect(diagnosis).toMatchObject([
      { attempts: [4, 5], count: 2, fails: true },
      { attempts: [1, 2, 3], count: 3 },
    ])
    expect(policy?.fails).toBe(true)
    const all = assessed(crowd(5), { ignores: [ignore({ rule: 'nla-required' })] })
    expect(all.policy).toMatchObject({ fails: false, ignored: [{ count: 5 }] })
    expect(all.diagnosis).toHaveLength(1)
  })
})

describe('a baseline', () => {
  const baselineOf = (...captures: CaptureAnalysis[]) => {
    const baseline = new Baseline()
    expect(baseline.add(JSON.parse(jsonReport(captures)))).toBe(true)
    return baseline
  }

  it('excuses what it holds, by the rule, both ends and the last step', () => {
    const baseline = baselineOf(captureAnalysis())
    const again = attemptAnalysis({ id: 9, client: { address: '192.0.2.10', port: 61_000 } })
    const known = captureAnalysis({
      path: 'other.pcap',
      attempts: [again],
      diagnosis: [diagnosisEntry({ attempts: [9] })],
    })
    const { policy, attempts, diagnosis } = assessed(known, { baseline })
    expect(policy).toMatchObject({ fails: false, known: 1 })
    expect(attempts[0]?.verdicts[0]).toMatchObject({ baselineState: 'unchanged', excuse: { kind: 'known' } })
    expect(diagnosis[0]).toMatchObject({ excuse: { kind: 'known' } })
  })

  it.each([
    ['another rule', { verdicts: [verdictAnalysis({ rule: 'clock-skew' })] }, 'clock-skew'],
    ['another client', { client: { address: '192.0.2.77', port: 50000 } }, 'nla-required'],
    ['another server', { server: { address: '198.51.100.20', port: 3390 } }, 'nla-required'],
    ['another name', { serverName: 'other|example' }, 'nla-required'],
    ['another step', { milestones: [{ id: 'tls', state: 'reached', packet: 9 }] }, 'nla-required'],
  ] as const)('does not hold %s', (_, given: Partial<AttemptAnalysis>, rule) => {
    const capture = captureAnalysis({ attempts: [attemptAnalysis(given)], diagnosis: [diagnosisEntry({ rule })] })
    const { policy, attempts } = assessed(capture, { baseline: baselineOf(captureAnalysis()) })
    expect(policy).toMatchObject({ fails: true, known: 0 })
    expect(attempts[0]?.verdicts[0]).toMatchObject({ baselineState: 'new' })
    expect(assessed(capture, { baseline: baselineOf(capture) }).policy).toMatchObject({ fails: false, known: 1 })
  })

  it('counts what was merely possible before, or ignored', () => {
    const possible = baselineOf(found('nla-required', 'error', 'possible'))
    const { policy, attempts } = assessed(captureAnalysis(), { baseline: possible })
    expect(policy?.fails).toBe(true)
    expect(attempts[0]?.verdicts[0]?.baselineState).toBe('updated')
    const ignored = baselineOf(assess(captureAnalysis(), policyOf({ ignores: [ignore({ rule: 'nla-required' })] })))
    expect(assessed(captureAnalysis(), { baseline: ignored }).policy?.fails).toBe(true)
  })

  it.each([
    ['another program', { schema: 'other@1', captures: [] }],
    ['nothing', null],
    ['a list', []],
    ['captures that are none', { schema: 'rdpscope/report@1', captures: [1] }],
    ['attempts that are none', { schema: 'rdpscope/report@1', captures: [{ attempts: [{}] }] }],
  ])('is not the report of %s', (_, document) => {
    expect(new Baseline().add(document)).toBe(false)
  })
})

describe('what a capture must show', () => {
  const expecting = (capture: CaptureAnalysis, ...rules: string[]) =>
    assessed(capture, { expectedOf: () => rules }).policy

  it('is shown, and then does not count as a failure', () => {
    expect(expecting(captureAnalysis(), 'nla-required')).toMatchObject({
      fails: false,
      expectations: [{ rule: 'nla-required', met: true, says: 'expected nla-required, and it is confirmed' }],
    })
  })

  it('other findings count all the same', () => {
    const capture = captureAnalysis({ diagnosis: [diagnosisEntry(), diagnosisEntry({ rule: 'clock-skew' })] })
    expect(expecting(capture, 'nla-required')).toMatchObject({ fails: true, expectations: [{ met: true }] })
  })

  it.each([
    ['ruled out', 'tcp-connect-refused', 'this capture rules it out; instead nla-required is confirmed'],
    ['not visible', 'packet-loss', 'this capture can not show it; instead nla-required is confirmed'],
    ['not mentioned', 'slow-path', 'this capture does not show it; instead nla-required is confirmed'],
  ])('%s: the status is 1, and why is said', (_, rule, says) => {
    expect(expecting(captureAnalysis(), rule)).toMatchObject({
      fails: true,
      expectations: [{ rule, met: false, says: `expected ${rule}, but ${says}` }],
    })
  })

  it('what is merely possible is not enough', () => {
    expect(expecting(found('slow-path', 'info', 'possible'), 'slow-path')?.expectations[0]).toMatchObject({
      met: false,
      says: 'expected slow-path, but this capture makes it possible, no more',
    })
  })

  it('nothing: no error and no warning; what is ignored does not count', () => {
    const says = 'expected no error and no warning, but nla-required is confirmed'
    expect(expecting(captureAnalysis(), 'none')).toMatchObject({ fails: true, expectations: [{ met: false, says }] })
    expect(expecting(found('slow-path', 'info'), 'none')).toMatchObject({ fails: false, expectations: [{ met: true }] })
    const ignored = policyOf({ expectedOf: () => ['none'], ignores: [ignore({ rule: 'nla-required' })] })
    expect(assess(captureAnalysis(), ignored).policy).toMatchObject({ fails: false })
  })

  it('can not be shown by a capture that can not be read, nor by one without a connection', () => {
    const error = { code: 'not-a-capture', message: 'text', remedy: 'give a capture' }
    const unreadable = captureAnalysis({ error, packets: 0, attempts: [], diagnosis: [] })
    for (const rule of ['none', 'nla-required']) {
      expect(expecting(unreadable, rule)?.expectations[0]).toMatchObject({
        met: false,
        says: expect.stringContaining('can not be read'),
      })
    }
    const empty = captureAnalysis({ attempts: [], diagnosis: [] })
    expect(expecting(empty, 'nla-required')?.expectations[0]?.says).toContain('no Remote Desktop connection')
    expect(expecting(empty, 'none')).toMatchObject({ fails: false })
  })
})

describe('without its policy', () => {
  const warning = diagnosisEntry({ rule: 'packet-loss', severity: 'warning' })

  it.each([
    ['nothing', captureAnalysis(), {}],
    [
      'severities',
      captureAnalysis({ diagnosis: [diagnosisEntry(), warning] }),
      { severities: new Map([['nla-required', 'info']] as const) },
    ],
    ['excuses', captureAnalysis(), { ignores: [ignore({ rule: 'nla-required' })] }],
    ['excuses of some', crowd(), { ignores: [from(1, 3)] }],
    ['excuses of those that are listed', crowd(5), { ignores: [from(1, 2, 3)] }],
    ['expectations', captureAnalysis(), { expectedOf: () => ['nla-required', 'slow-path'] }],
    ['a baseline', crowd(), { baseline: new Baseline() }],
  ] as const)('an analysis is what it was: %s', (_, capture, given: Partial<Policy>) => {
    expect(withoutPolicy(assessed(capture, given))).toEqual(capture)
    expect(withoutPolicy(capture)).toBe(capture)
  })
})
