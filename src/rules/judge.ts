/**
 * All rules over one attempt, and the diagnosis of a capture: what was claimed, best first. The order is fixed: attempts
 * that failed before those that worked, findings before mere information, confirmed before likely before possible, cause
 * before consequence (the order of the list of rules), error before warning.
 */
import type { Attempt, Outcome } from '../attempt/attempt.ts'
import { MAX_DIAGNOSED_ATTEMPTS } from '../wire/limits.ts'
import { rules } from './index.ts'
import type { Ground, Rule, Severity, Verdict, VerdictWord } from './rule.ts'
import { weakened } from './weakening.ts'

export interface JudgedVerdict extends Verdict {
  readonly rule: Rule
  readonly restsOn: readonly Ground[]
  /** Never above the rule's own. */
  readonly severity: Severity
  readonly short: string
}

/** One line of the diagnosis: what a rule claims about some attempts. */
export interface Finding {
  readonly rule: Rule
  readonly verdict: VerdictWord
  readonly severity: Severity
  readonly outcome: Outcome
  /** In the words of the first of the attempts. */
  readonly says: string
  /** The first of them by number; no more than MAX_DIAGNOSED_ATTEMPTS. */
  readonly attempts: readonly number[]
  /** How many there are in all. */
  readonly count: number
}

/** The answer of every rule, as far as the capture carries it, in the order of the list of rules. */
export function judge(attempt: Attempt): JudgedVerdict[] {
  const { quality } = attempt
  const isConnection = attempt.purpose === 'connection'
  const verdicts: JudgedVerdict[] = []
  for (const seat of seats) {
    const verdict = seat.rule.assess(attempt)
    // Most answers are constants of their rules: the judged form of the last one serves again.
    if (verdict !== seat.verdict) {
      seat.verdict = verdict
      seat.judged = judged(seat.rule, verdict)
    }
    const weak = quality.length === 0 ? seat.judged : weakened(seat.judged, quality)
    verdicts.push(isConnection || seat.rule.isAboutServer === true ? weak : asInformation(weak))
  }
  return verdicts
}

/** Nobody was refused anything that a probe or a scan asked for. */
function asInformation(judged: JudgedVerdict): JudgedVerdict {
  const claims = judged.verdict !== 'ruled-out' && judged.verdict !== 'not-visible'
  return claims && judged.severity !== 'info' ? { ...judged, severity: 'info' } : judged
}

interface Seat {
  readonly rule: Rule
  verdict: Verdict | null
  judged: JudgedVerdict
}

const NOTHING: readonly Ground[] = []
const UNASKED: Verdict = { verdict: 'not-visible', says: '', evidence: [], toSettle: '', severity: null, restsOn: [] }
const seats: readonly Seat[] = rules.map(rule => ({ rule, verdict: null, judged: judged(rule, UNASKED) }))

function judged(rule: Rule, { verdict, says, evidence, toSettle, severity, restsOn, short }: Verdict): JudgedVerdict {
  return {
    rule,
    restsOn: restsOn ?? (verdict === 'ruled-out' ? NOTHING : (rule.restsOn ?? NOTHING)),
    verdict,
    says: says === '' ? `${rule.title}.` : says,
    evidence,
    toSettle,
    severity: severity ?? rule.severity,
    short: short ?? rule.short,
  }
}

/**
 * Gathers what was claimed of one attempt after the other. Holds a line a rule, word, outcome and ground, however many
 * attempts come.
 */
export class Diagnosis {
  readonly #lines = new Map<string, Line>()

  add(attempt: { readonly id: number; readonly outcome: Outcome }, verdicts: readonly JudgedVerdict[]): void {
    const { id, outcome } = attempt
    for (const { rule, verdict, severity, says, restsOn } of verdicts) {
      if (verdict === 'ruled-out' || verdict === 'not-visible') continue
      const key = `${keyOf({ rule, verdict, severity, outcome })} ${restsOn.join()}`
      const line = this.#lines.get(key)
      if (line === undefined) {
        this.#lines.set(key, {
          rule,
          verdict,
          severity,
          outcome,
          says,
          toSettle: '',
          restsOn,
          attempts: [id],
          count: 1,
        })
        continue
      }
      line.count++
      if (id < (line.attempts[0] as number)) line.says = says
      insert(line.attempts, id)
    }
  }

  /**
   * Best first.
   *
   * @param notes on the whole capture, which are known only at its end
   */
  findings(notes: readonly { readonly id: string }[] = []): Finding[] {
    const merged = new Map<string, Line>()
    for (const one of this.#lines.values()) {
      const line = weakened(one, notes)
      if (line.verdict === 'not-visible') continue
      const same = merged.get(keyOf(line))
      if (same === undefined) merged.set(keyOf(line), { ...line, attempts: [...line.attempts] })
      else join(same, line)
    }
    return [...merged.values()].map(finding).sort(byWeight)
  }
}

type Line = { -readonly [K in keyof Finding]: Finding[K] } & {
  attempts: number[]
  readonly toSettle: string
  readonly restsOn: readonly Ground[]
}

function keyOf({
  rule,
  verdict,
  severity,
  outcome,
}: Pick<Finding, 'rule' | 'verdict' | 'severity' | 'outcome'>): string {
  return `${rule.id} ${verdict} ${severity} ${outcome}`
}

function join(line: Line, other: Line): void {
  if ((other.attempts[0] as number) < (line.attempts[0] as number)) line.says = other.says
  for (const id of other.attempts) insert(line.attempts, id)
  line.count += other.count
}

function finding({ rule, verdict, severity, outcome, says, attempts, count }: Line): Finding {
  return { rule, verdict, severity, outcome, says, attempts, count }
}

function insert(ids: number[], id: number): void {
  let at = ids.length
  while (at > 0 && (ids[at - 1] as number) > id) at--
  if (at >= MAX_DIAGNOSED_ATTEMPTS) return
  ids.splice(at, 0, id)
  if (ids.length > MAX_DIAGNOSED_ATTEMPTS) ids.pop()
}

const OUTCOME_ORDER: Record<Outcome, number> = { failed: 0, unfinished: 1, established: 2 }
const WORD_ORDER: Record<VerdictWord, number> = {
  confirmed: 0,
  likely: 1,
  possible: 2,
  'ruled-out': 3,
  'not-visible': 4,
}
const SEVERITY_ORDER: Record<Severity, number> = { error: 0, warning: 1, info: 2 }

const RULE_ORDER: ReadonlyMap<string, number> = new Map(rules.map(({ id }, at) => [id, at]))

/** What decides where a line of the diagnosis stands. */
interface Weighed extends Pick<Finding, 'verdict' | 'severity' | 'outcome' | 'attempts'> {
  readonly rule: Rule | string
}

/** Best first. */
export function byWeight(a: Weighed, b: Weighed): number {
  return (
    OUTCOME_ORDER[a.outcome] - OUTCOME_ORDER[b.outcome] ||
    Number(a.severity === 'info') - Number(b.severity === 'info') ||
    WORD_ORDER[a.verdict] - WORD_ORDER[b.verdict] ||
    placeOf(a.rule) - placeOf(b.rule) ||
    SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] ||
    (a.attempts[0] as number) - (b.attempts[0] as number)
  )
}

function placeOf(rule: Rule | string): number {
  return RULE_ORDER.get(typeof rule === 'string' ? rule : rule.id) ?? RULE_ORDER.size
}
