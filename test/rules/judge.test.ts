import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rules } from '../../src/rules/index.ts'
import { Diagnosis, judge } from '../../src/rules/judge.ts'
import { MAX_DIAGNOSED_ATTEMPTS } from '../../src/wire/limits.ts'
import { attempt, attemptWith } from '../support/attempt.ts'
import { event, mark } from '../support/conversation.ts'

const nlaRefused = () =>
  attempt({ events: [event('negotiation-request', { protocols: 1 }), event('negotiation-failure', { code: 5 })] })
const refused = (id: number) =>
  attempt({ tcp: { marks: [mark('syn'), mark('reset', { direction: 1, sequence: 1 })] } }, { id })

describe('judge', () => {
  it('asks every rule about every attempt', () => {
    const verdicts = judge(attemptWith())
    expect(verdicts.map(one => one.rule)).toEqual(rules)
  })

  it('lets the title speak where a rule has nothing to say', () => {
    for (const { says } of judge(nlaRefused())) expect(says).not.toBe('')
  })

  it('never claims above the severity of the rule', () => {
    const order = { info: 0, warning: 1, error: 2 }
    for (const one of [nlaRefused(), refused(1), attemptWith()]) {
      for (const { rule, severity } of judge(one)) expect(order[severity]).toBeLessThanOrEqual(order[rule.severity])
    }
  })
})

describe('the diagnosis', () => {
  it('puts attempts that failed before those that worked', () => {
    const diagnosis = new Diagnosis()
    const slow = attempt({ tcp: { initialRoundTripMs: 400 } }, { id: 1, outcome: 'established' })
    diagnosis.add(slow, judge(slow))
    const bad = refused(2)
    diagnosis.add(bad, judge(bad))
    expect(diagnosis.findings().map(finding => [finding.rule.id, finding.attempts])).toEqual([
      ['tcp-connect-refused', [2]],
      ['slow-path', [1]],
    ])
  })

  it('says the same whatever the order in which the attempts came', () => {
    const forwards = new Diagnosis()
    const backwards = new Diagnosis()
    const all = [refused(1), refused(2), refused(3)]
    for (const one of all) forwards.add(one, judge(one))
    for (const one of all.toReversed()) backwards.add(one, judge(one))
    expect(backwards.findings()).toEqual(forwards.findings())
    expect(forwards.findings()[0]?.attempts).toEqual([1, 2, 3])
  })

  it('lists no more attempts than its limit, and counts them all', () => {
    const diagnosis = new Diagnosis()
    const verdicts = judge(refused(1))
    for (let id = 1; id <= MAX_DIAGNOSED_ATTEMPTS + 7; id++) diagnosis.add({ id, outcome: 'failed' }, verdicts)
    expect(diagnosis.findings()[0]?.attempts).toHaveLength(MAX_DIAGNOSED_ATTEMPTS)
    expect(diagnosis.findings()[0]?.count).toBe(MAX_DIAGNOSED_ATTEMPTS + 7)
  })

  it('leaves out what is ruled out or not visible', () => {
    const diagnosis = new Diagnosis()
    const nothing = attemptWith()
    diagnosis.add(nothing, judge(nothing))
    expect(diagnosis.findings()).toEqual([])
  })
})

const VOCABULARY = join(import.meta.dirname, '../../../shared/rules.tsv')

describe('the list of rules', () => {
  it('has every id once', () => {
    const ids = rules.map(rule => rule.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('tells of each rule what it looks at, what it can not see, and what to do', () => {
    for (const rule of rules) {
      for (const text of [rule.title, rule.looksAt, rule.confirms, rule.rulesOut, rule.cannotSee, rule.filter]) {
        expect(text, rule.id).not.toBe('')
      }
      expect(rule.remedy.length, rule.id).toBeGreaterThan(0)
    }
  })

  it.skipIf(!existsSync(VOCABULARY))('keeps to the ids, severities and causes of the vocabulary', () => {
    const rows = readFileSync(VOCABULARY, 'utf8')
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
    const known = new Map(rows.slice(1).map(line => [line.split('\t')[0], line.split('\t')]))
    for (const rule of rules) {
      const [, severity, causes] = known.get(rule.id) ?? []
      expect({ id: rule.id, severity: rule.severity, causes: rule.causes.join(',') }).toEqual({
        id: rule.id,
        severity,
        causes,
      })
    }
  })
})
