/**
 * Applies a policy to the analysis of one capture: severities, excuses, and what counts in the end. The same policy gives
 * the same result whatever the format; the exit status comes from it.
 */
import type { AttemptAnalysis, CaptureAnalysis, DiagnosisEntry, VerdictAnalysis } from '../analysis.ts'
import { byWeight } from '../rules/judge.ts'
import type { Severity } from '../rules/rule.ts'
import type {
  Assessed,
  AssessedAttempt,
  AssessedCapture,
  AssessedEntry,
  AssessedVerdict,
  CaptureStanding,
  Excuse,
  IgnoredFindings,
} from './assessment.ts'
import { expectation } from './expectations.ts'
import { fingerprint, lineKey } from './fingerprint.ts'
import type { Ignore, Policy } from './policy.ts'
import { isFailure, lighter } from './threshold.ts'

const KNOWN: Excuse = { kind: 'known', reason: '', expires: null }
const EXPECTED: Excuse = { kind: 'expected', reason: '', expires: null }

export function assess(analysis: CaptureAnalysis, policy: Policy): AssessedCapture {
  return new Assessment(analysis, policy).result()
}

class Assessment {
  readonly #analysis: CaptureAnalysis
  readonly #policy: Policy
  readonly #expected: readonly string[]
  /** Those that may apply to this capture, each with its excuse and how many findings it met. */
  readonly #ignores: readonly Applied[]
  /** What listed attempts were excused for, by the line of the diagnosis that they stand in. */
  readonly #listed = new Map<string, Map<Excuse | null, AttemptAnalysis[]>>()

  constructor(analysis: CaptureAnalysis, policy: Policy) {
    this.#analysis = analysis
    this.#policy = policy
    this.#expected = policy.expectedOf(analysis.path)
    this.#ignores = policy.ignores
      .filter(({ hasCapture }) => hasCapture === null || hasCapture(analysis.path))
      .map(ignore => ({
        ignore,
        excuse: { kind: 'ignored', reason: ignore.reason, expires: ignore.expires },
        count: 0,
      }))
  }

  result(): AssessedCapture {
    const attempts = this.#analysis.attempts.map(attempt => this.#attempt(attempt))
    const diagnosis = this.#analysis.diagnosis.flatMap(entry => this.#entries(entry))
    // Another severity may be another place.
    if (this.#policy.severities.size > 0) diagnosis.sort(byWeight)
    return { ...this.#analysis, attempts, diagnosis, policy: this.#standing(diagnosis) }
  }

  #attempt(attempt: AttemptAnalysis): AssessedAttempt {
    return { ...attempt, verdicts: attempt.verdicts.map(verdict => this.#verdict(verdict, attempt)) }
  }

  #verdict(verdict: VerdictAnalysis, attempt: AttemptAnalysis): AssessedVerdict {
    if (verdict.verdict === 'ruled-out' || verdict.verdict === 'not-visible') return verdict
    const state = this.#policy.baseline?.stateOf(fingerprint(verdict.rule, attempt), verdict.verdict)
    const ignored = this.#ignored(verdict.rule, attempt)
    const excuse = ignored ?? this.#expectedOf(verdict.rule) ?? (state === 'unchanged' ? KNOWN : null)
    this.#list(lineKey(verdict, attempt.outcome), excuse, attempt)
    return { ...this.#assessed(verdict, excuse), ...(state === undefined ? {} : { baselineState: state }) }
  }

  #list(line: string, excuse: Excuse | null, attempt: AttemptAnalysis): void {
    const byExcuse = this.#listed.get(line) ?? new Map<Excuse | null, AttemptAnalysis[]>()
    this.#listed.set(line, byExcuse)
    const alike = byExcuse.get(excuse)
    if (alike === undefined) byExcuse.set(excuse, [attempt])
    else alike.push(attempt)
  }

  /** A line of the diagnosis for each excuse of its attempts. Those that are not listed are excused only where all are. */
  #entries(entry: DiagnosisEntry): AssessedEntry[] {
    const byExcuse = new Map(this.#listed.get(lineKey(entry, entry.outcome)))
    const listed = [...byExcuse.values()].reduce((sum, { length }) => sum + length, 0)
    const unlisted = Math.max(entry.count - listed, 0)
    const general = this.#ignored(entry.rule, null, unlisted) ?? this.#expectedOf(entry.rule)
    if (unlisted > 0 && !byExcuse.has(general)) byExcuse.set(general, [])
    if (byExcuse.size <= 1) return [this.#assessed(entry, [...byExcuse.keys()][0] ?? general)]
    const told = new Set([...byExcuse.values()].flatMap(attempts => attempts.map(({ id }) => id)))
    const parts = [...byExcuse].sort(([a], [b]) => Number(a !== null) - Number(b !== null))
    return parts.map(([excuse, attempts]) => {
      const own = new Set(attempts.map(({ id }) => id))
      const isRest = excuse === general
      const ids = entry.attempts.filter(id => own.has(id) || (isRest && !told.has(id)))
      const part = {
        ...entry,
        says: saidFirst(entry, attempts),
        // The line names the first of many attempts: a part may have none of them.
        attempts: ids.length > 0 ? ids : [...own].sort((a, b) => a - b),
        count: attempts.length + (isRest ? unlisted : 0),
      }
      return this.#assessed(part, excuse)
    })
  }

  #assessed<T extends Finding>(finding: T, excuse: Excuse | null): T & Assessed {
    const severity = this.#severityOf(finding)
    const fails = excuse === null && isFailure({ ...finding, severity }, this.#policy.failOn)
    return {
      ...finding,
      severity,
      ...(fails ? { fails } : {}),
      ...(excuse === null ? {} : { excuse }),
      ...(severity === finding.severity ? {} : { claimedSeverity: finding.severity }),
    }
  }

  #severityOf({ rule, severity }: Finding): Severity {
    const wanted = this.#policy.severities.get(rule)
    if (wanted === undefined) return severity
    const own = this.#policy.rules.find(({ id }) => id === rule)?.severity
    return severity === own ? wanted : lighter(severity, wanted)
  }

  /**
   * @param attempt null for attempts that are not listed: nobody knows their addresses
   * @param count of findings
   */
  #ignored(rule: string, attempt: AttemptAnalysis | null, count = 1): Excuse | null {
    const applied = this.#ignores.filter(({ ignore }) => appliesTo(ignore, rule, attempt))
    const holding = applied.find(({ ignore }) => !ignore.lapsed)
    const met = holding === undefined ? applied : [holding]
    for (const one of met) one.count += count
    return holding?.excuse ?? null
  }

  #expectedOf(rule: string): Excuse | null {
    return this.#expected.includes(rule) ? EXPECTED : null
  }

  #standing(diagnosis: readonly AssessedEntry[]): CaptureStanding {
    const expectations = this.#expected.map(rule => expectation(rule, this.#analysis, diagnosis))
    const met = (lapsed: boolean): IgnoredFindings[] =>
      this.#ignores
        .filter(({ ignore, count }) => ignore.lapsed === lapsed && count > 0)
        .map(({ excuse: { reason, expires }, count }) => ({ reason, expires, count }))
    const known = diagnosis.filter(({ excuse }) => excuse === KNOWN).reduce((sum, { count }) => sum + count, 0)
    return {
      fails: diagnosis.some(({ fails }) => fails) || expectations.some(one => !one.met),
      ignored: met(false),
      lapsed: met(true),
      known: this.#policy.baseline === null ? null : known,
      expectations,
    }
  }
}

interface Applied {
  readonly ignore: Ignore
  readonly excuse: Excuse
  count: number
}

type Finding = Pick<VerdictAnalysis, 'rule' | 'verdict' | 'severity'>

function appliesTo({ rule, hasAddress }: Ignore, found: string, attempt: AttemptAnalysis | null): boolean {
  if (rule !== null && rule !== found) return false
  if (hasAddress === null) return true
  return attempt !== null && (hasAddress(attempt.client.address) || hasAddress(attempt.server.address))
}

/** In the words of the first of the attempts. */
function saidFirst({ rule, verdict, severity, says }: DiagnosisEntry, attempts: readonly AttemptAnalysis[]): string {
  const first = attempts.reduce<AttemptAnalysis | null>((a, b) => (a === null || b.id < a.id ? b : a), null)
  const own = first?.verdicts.find(one => one.rule === rule && one.verdict === verdict && one.severity === severity)
  return own?.says ?? says
}
