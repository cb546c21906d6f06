/** Policies made by hand. */
import type { Ignore, Policy } from '../../src/policy/policy.ts'
import { rules } from '../../src/rules/index.ts'

export function policyOf(given: Partial<Policy> = {}): Policy {
  return {
    failOn: { severity: 'error', rules: new Set() },
    severities: new Map(),
    ignores: [],
    baseline: null,
    expectedOf: () => [],
    rules,
    ...given,
  }
}

export function ignore(given: Partial<Ignore> = {}): Ignore {
  return { rule: null, hasAddress: null, hasCapture: null, reason: 'a test', expires: null, lapsed: false, ...given }
}
