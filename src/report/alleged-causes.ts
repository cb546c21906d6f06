/** What is blamed for a failure, each with the verdict of the rules that stand for it in one attempt. */
import type { AttemptAnalysis, VerdictAnalysis } from '../analysis.ts'
import { type Allegation, allegations } from '../codes/allegations.ts'
import type { VerdictWord } from '../rules/rule.ts'
import { isFinding } from './finding.ts'

export interface AllegedCause {
  readonly number: number
  readonly claim: string
  readonly verdict: VerdictWord
  /** The rule that says so; null where the claim does not apply, or no rule of this version stands for it. */
  readonly rule: string | null
  readonly says: string
  /** What is to be known about the claim, whatever the capture. */
  readonly truth: string
  /** '' when it is settled. */
  readonly toSettle: string
}

const STRENGTH: Record<VerdictWord, number> = { confirmed: 4, likely: 3, possible: 2, 'not-visible': 1, 'ruled-out': 0 }

/** All of them, the strongest verdict first. */
export function allegedCauses(attempt: AttemptAnalysis): AllegedCause[] {
  const causes = allegations.map(allegation => judged(allegation, attempt))
  return causes.sort((a, b) => STRENGTH[b.verdict] - STRENGTH[a.verdict] || a.number - b.number)
}

function judged(allegation: Allegation, { transport, verdicts }: AttemptAnalysis): AllegedCause {
  const { decidedBy, hintedBy } = allegation
  if (allegation.gatewayOnly === true && transport === 'direct') {
    return cause(allegation, 'ruled-out', null, 'The connection goes to the host itself, not through a gateway.')
  }
  const decided = strongest(decidedBy, verdicts)
  if (decided !== null && isFinding(decided)) {
    // What is mere information explains no failure.
    const word = decided.severity === 'info' ? 'possible' : decided.verdict
    return cause(allegation, word, decided.rule, decided.says)
  }
  const hint = strongest(hintedBy, verdicts)
  if (hint !== null && isFinding(hint)) {
    return cause(allegation, 'possible', hint.rule, `It would look like this, as other causes would: ${hint.says}`)
  }
  const [first, second] = [decided, hint].filter(one => one !== null)
  if (first === undefined) return cause(allegation, 'not-visible', null, 'No rule of this version looks for it.')
  if (second === undefined) return cause(allegation, first.verdict, first.rule, first.says)
  // Ruled out is what each of them rules out.
  const unseen = [first, second].find(({ verdict }) => verdict === 'not-visible')
  if (unseen !== undefined) return cause(allegation, 'not-visible', unseen.rule, unseen.says)
  return cause(allegation, 'ruled-out', first.rule, [...new Set([first.says, second.says])].join(' '))
}

function cause(allegation: Allegation, verdict: VerdictWord, rule: string | null, says: string): AllegedCause {
  const { number, claim, truth, settle } = allegation
  const isSettled = verdict === 'confirmed' || verdict === 'ruled-out'
  return { number, claim, verdict, rule, says, truth, toSettle: isSettled ? '' : settle }
}

/** Of the rules in this order. Where one did not see enough, the others do not rule the claim out. */
function strongest(rules: readonly string[], verdicts: readonly VerdictAnalysis[]): VerdictAnalysis | null {
  let best: VerdictAnalysis | null = null
  for (const id of rules) {
    const one = verdicts.find(({ rule }) => rule === id)
    if (one !== undefined && (best === null || STRENGTH[one.verdict] > STRENGTH[best.verdict])) best = one
  }
  return best
}
