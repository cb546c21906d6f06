/** What a policy made of the findings, in words that several formats share. */
import type { Assessed, AssessedCapture, CaptureStanding, Excuse, IgnoredFindings } from '../policy/assessment.ts'
import { counted } from './layout.ts'
import { sentence } from './words.ts'

/** `ignored until 2027-01-31: the Wi-Fi of the workshop`. */
export function excuseText({ kind, reason, expires }: Excuse): string {
  switch (kind) {
    case 'ignored':
      return `ignored${expires === null ? '' : ` until ${expires}`}: ${reason}`
    case 'expected':
      return 'expected of this capture'
    case 'known':
      return 'known: the baseline holds it'
  }
}

/** What the policy has to say of a capture, each under its name; empty where it changed nothing. */
export function policyTexts({ policy }: AssessedCapture): readonly PolicyText[] {
  if (policy === undefined) return []
  const { ignored, lapsed, known } = policy
  return [
    ...expectationTexts(policy),
    ...(ignored.length === 0 ? [] : [{ name: 'Ignored', text: findings(ignored) }]),
    ...(lapsed.length === 0 ? [] : [{ name: 'Expired', text: `${findings(lapsed)}: no longer ignored` }]),
    ...(known === null || known === 0
      ? []
      : [{ name: 'Known', text: `${counted(known, 'finding')} that the baseline holds` }]),
  ]
}

export interface PolicyText {
  readonly name: string
  readonly text: string
  /** An expectation that is not met. */
  readonly fails?: true
}

function expectationTexts({ expectations }: CaptureStanding): PolicyText[] {
  return expectations.map(({ met, says }) =>
    met ? { name: 'Passed', text: sentence(says) } : { name: 'Failed', text: sentence(says), fails: true },
  )
}

/** `3 findings: the Wi-Fi of the workshop (2, until 2027-01-31); a laboratory (1)`. */
function findings(ignored: readonly IgnoredFindings[]): string {
  const total = ignored.reduce((sum, { count }) => sum + count, 0)
  const reasons = ignored.map(({ reason, expires, count }) => {
    const until = expires === null ? '' : `, until ${expires}`
    return `${reason} (${count}${until})`
  })
  return `${counted(total, 'finding')}: ${reasons.join('; ')}`
}

export function isExcused({ excuse }: Assessed): boolean {
  return excuse !== undefined
}
