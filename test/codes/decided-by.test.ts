import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allegations } from '../../src/codes/allegations.ts'
import { decidedBy } from '../../src/codes/decided-by.ts'
import { codeTables } from '../../src/codes/explain.ts'
import { rules } from '../../src/rules/index.ts'

/** All public rule ids, also those that this version does not have yet. */
const vocabulary = resolve(import.meta.dirname, '../../../shared/rules.tsv')
const published = !existsSync(vocabulary)
  ? null
  : new Map(
      readFileSync(vocabulary, 'utf8')
        .split('\n')
        .filter(line => line.includes('\t') && !line.startsWith('rule\t'))
        .map(line => line.split('\t'))
        .map(([id = '', , causes = '']) => [id, causes.split(',').map(Number)] as const),
    )

describe('the rules that decide a code', () => {
  it.skipIf(published === null)('are those of the vocabulary (skipped where ../shared is absent)', () => {
    const named = new Set(codeTables.flatMap(table => table.codes.flatMap(code => decidedBy(table.id, code.value))))
    expect(named.size).toBeGreaterThan(30)
    expect([...named].filter(id => published?.has(id) !== true)).toEqual([])
  })

  it('differ for 0x904, 0x204 and 0x104', () => {
    expect(decidedBy('client-disconnect-reason', 0x904)).toContain('tls-handshake-refused')
    expect(decidedBy('client-disconnect-reason', 0x204)).toContain('tcp-connect-refused')
    expect(decidedBy('client-disconnect-reason', 0x104)).toEqual(['dns-lookup-failed'])
    expect(decidedBy('license-error', 7)).toEqual([])
  })

  it('are none for steps that every healthy logon has', () => {
    for (const code of [0, 25]) expect(decidedBy('kerberos-error', code)).toEqual([])
    expect(decidedBy('websocket-close', 1000)).toEqual([])
    expect(decidedBy('kerberos-error', 37)).toEqual(['clock-skew'])
  })
})

describe('the alleged causes', () => {
  const standing = allegations.map(one => [one.number, [...one.decidedBy, ...one.hintedBy]] as const)

  it('are all 45, each once, in order, each with a rule that decides it or hints at it', () => {
    expect(allegations.map(({ number }) => number)).toEqual(Array.from({ length: 45 }, (_, at) => at + 1))
    for (const [number, ids] of standing) {
      expect(ids.length, `${number}`).toBeGreaterThan(0)
      expect(new Set(ids).size, `${number}`).toBe(ids.length)
    }
    for (const { claim, truth, settle } of allegations) {
      expect(claim).not.toMatch(/\.$/)
      expect(truth).toMatch(/\.$/)
      expect(settle).toMatch(/[.?]$/)
    }
  })

  it('and the rules name each other', () => {
    for (const { id, causes } of rules) {
      const rows = standing.filter(([, ids]) => ids.includes(id)).map(([number]) => number)
      for (const number of rows) expect(causes, `${id} does not name cause ${number}`).toContain(number)
    }
  })

  it('are each named by a rule that can find an error or a warning', () => {
    for (const { id, severity, causes } of rules) {
      if (severity === 'info') continue
      expect(
        standing.some(([number, ids]) => causes.includes(number) && ids.includes(id)),
        id,
      ).toBe(true)
    }
  })

  it.skipIf(published === null)('name rules of the vocabulary (skipped where ../shared is absent)', () => {
    for (const [number, ids] of standing) {
      for (const id of ids) expect(published?.get(id), id).toContain(number)
    }
  })
})
