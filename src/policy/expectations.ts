/** Whether a capture shows what it must: the regression test for a change of a firewall, a proxy or a gateway. */
import type { CaptureAnalysis, DiagnosisEntry } from '../analysis.ts'
import type { AssessedEntry, Expectation } from './assessment.ts'
import { NOTHING } from './policy.ts'
import { isClaim } from './threshold.ts'

/** Rules that a sentence names one by one. */
const NAMED = 5

/** @param diagnosis with excuses and severities as the policy gives them */
export function expectation(rule: string, analysis: CaptureAnalysis, diagnosis: readonly AssessedEntry[]): Expectation {
  if (analysis.error !== null && analysis.packets === 0)
    return { rule, met: false, says: `${wanted(rule)}, and the capture can not be read` }
  return rule === NOTHING ? clean(diagnosis) : shown(rule, analysis, diagnosis)
}

function wanted(rule: string): string {
  return `expected ${rule === NOTHING ? 'no error and no warning' : rule}`
}

function clean(diagnosis: readonly AssessedEntry[]): Expectation {
  const found = diagnosis.filter(
    entry => isClaim(entry) && entry.severity !== 'info' && entry.excuse?.kind !== 'ignored',
  )
  const says = found.length === 0 ? `${wanted(NOTHING)}, and none is shown` : `${wanted(NOTHING)}, but ${names(found)}`
  return { rule: NOTHING, met: found.length === 0, says }
}

function shown(rule: string, analysis: CaptureAnalysis, diagnosis: readonly AssessedEntry[]): Expectation {
  const claim = diagnosis.find(entry => entry.rule === rule && isClaim(entry))
  if (claim !== undefined) return { rule, met: true, says: `${wanted(rule)}, and it is ${claim.verdict}` }
  const others = diagnosis.filter(isClaim)
  const instead = others.length === 0 ? '' : `; instead ${names(others)}`
  return { rule, met: false, says: `${wanted(rule)}, but ${whyNot(rule, analysis)}${instead}` }
}

/** What the rule said in place of it; of several attempts, what comes nearest. */
function whyNot(rule: string, { attempts }: CaptureAnalysis): string {
  if (attempts.length === 0) return 'this capture holds no Remote Desktop connection'
  const words = new Set(
    attempts.flatMap(({ verdicts }) => verdicts.filter(one => one.rule === rule)).map(one => one.verdict),
  )
  if (words.has('possible')) return 'this capture makes it possible, no more'
  if (words.has('not-visible')) return 'this capture can not show it'
  return words.has('ruled-out') ? 'this capture rules it out' : 'this capture does not show it'
}

/** `packet-loss is likely, slow-path is confirmed`. */
function names(entries: readonly DiagnosisEntry[]): string {
  const claims = [...new Set(entries.map(({ rule, verdict }) => `${rule} is ${verdict}`))]
  const more = claims.length > NAMED ? ` and ${claims.length - NAMED} more` : ''
  return `${claims.slice(0, NAMED).join(', ')}${more}`
}
