import { describe, expect, it } from 'vitest'
import { decidedBy } from '../../src/codes/decided-by.ts'
import { codeTables } from '../../src/codes/explain.ts'
import { rules } from '../../src/rules/index.ts'

/** Public rule ids that need what this version can not read yet. */
const LATER = new Set([
  'nla-ntlm-refused',
  'license-refused',
  'clock-skew',
  'server-denied',
  'gateway-policy-denied',
  'gateway-target-unreachable',
])

describe('the rules that decide a code', () => {
  it('are those of the vocabulary', () => {
    const named = new Set(codeTables.flatMap(table => table.codes.flatMap(code => decidedBy(table.id, code.value))))
    const known = new Set(rules.map(rule => rule.id))
    expect([...named].filter(id => !known.has(id) && !LATER.has(id))).toEqual([])
  })

  it('differ for 0x904, 0x204 and 0x104', () => {
    expect(decidedBy('client-disconnect-reason', 0x904)).toContain('tls-handshake-refused')
    expect(decidedBy('client-disconnect-reason', 0x204)).toContain('tcp-connect-refused')
    expect(decidedBy('client-disconnect-reason', 0x104)).toEqual(['dns-lookup-failed'])
    expect(decidedBy('license-error', 7)).toEqual([])
  })
})
