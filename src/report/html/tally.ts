/** What many captures come to together: numbers and short lines, kept while captures come one by one. */
import type { AttemptAnalysis, CaptureAnalysis } from '../../analysis.ts'
import { isClaim } from '../../policy/threshold.ts'
import type { Severity, VerdictWord } from '../../rules/rule.ts'
import { MAX_DOCUMENT_LINES } from '../../wire/limits.ts'
import { causeOf } from '../finding.ts'
import { isoTime } from '../time.ts'
import { attemptTotal, endpoint } from '../words.ts'
import { type Headline, reaches, type Tone } from './words.ts'

export interface CaptureLine {
  readonly nth: number
  readonly path: string
  readonly tone: Tone
  readonly word: string
  readonly title: string
  /** The rule's id; '' without a claim. */
  readonly rule: string
  readonly client: string
  readonly server: string
  /** ISO 8601; '' when unknown. */
  readonly start: string
  readonly attempts: number
  readonly failed: number
}

/** Of a client, a gateway, a server or an hour. */
export interface GroupLine {
  readonly name: string
  attempts: number
  failed: number
  /** Rule -> attempts that it explains best. */
  readonly causes: Map<string, number>
}

export interface CauseLine {
  readonly rule: string
  readonly verdict: VerdictWord
  readonly severity: Severity
  attempts: number
  captures: number
}

/** So many are told apart; of a table that is shown the fullest lines are. */
const MOST_GROUPS = 10 * MAX_DOCUMENT_LINES

export class Tally {
  captures = 0
  withFindings = 0
  unreadable = 0
  readonly outcomes = { failed: 0, established: 0, unfinished: 0 }
  readonly lines: CaptureLine[] = []
  readonly causes = new Map<string, CauseLine>()
  readonly groups = {
    client: new Map<string, GroupLine>(),
    gateway: new Map<string, GroupLine>(),
    server: new Map<string, GroupLine>(),
    hour: new Map<string, GroupLine>(),
  } as const

  add(analysis: CaptureAnalysis, { tone, word, title, finding }: Headline, nth: number): void {
    const { path, error, attempts, attemptCounts, start, diagnosis } = analysis
    this.captures++
    if (error !== null) this.unreadable++
    if (finding !== null) this.withFindings++
    const { failed, established, unfinished } = attemptCounts
    this.outcomes.failed += failed
    this.outcomes.established += established
    this.outcomes.unfinished += unfinished
    const shown = finding?.attempt ?? attempts[0] ?? null
    if (this.lines.length < MAX_DOCUMENT_LINES)
      this.lines.push({
        nth,
        path,
        tone,
        word,
        title,
        rule: finding?.entry.rule ?? '',
        client: shown?.client.address ?? '',
        server: shown === null ? '' : nameOf(shown),
        start: (start !== null && isoTime(start, shown?.startNs ?? 0)) || '',
        attempts: attemptTotal(attemptCounts),
        failed,
      })
    for (const { rule, verdict, severity, count } of diagnosis.filter(isClaim))
      this.#cause(rule, verdict, severity, count)
    for (const attempt of attempts) if (attempt.purpose === 'connection') this.#attempt(attempt, start)
  }

  #cause(rule: string, verdict: VerdictWord, severity: Severity, attempts: number): void {
    const key = `${rule} ${verdict} ${severity}`
    const line = this.causes.get(key) ?? { rule, verdict, severity, attempts: 0, captures: 0 }
    line.attempts += attempts
    line.captures++
    this.causes.set(key, line)
  }

  #attempt(attempt: AttemptAnalysis, start: CaptureAnalysis['start']): void {
    const cause = causeOf(attempt)?.rule ?? null
    const hour = start === null ? null : isoTime(start, attempt.startNs)
    this.#group(this.groups.client, attempt.client.address, attempt, cause)
    this.#group(this.groups[reaches(attempt)], nameOf(attempt), attempt, cause)
    if (hour !== null)
      this.#group(this.groups.hour, `${hour.slice(0, 10)} ${hour.slice(11, 13)}:00 UTC`, attempt, cause)
  }

  #group(groups: Map<string, GroupLine>, name: string, { outcome }: AttemptAnalysis, cause: string | null): void {
    const known = groups.get(name)
    if (known === undefined && groups.size >= MOST_GROUPS) return
    const line = known ?? { name, attempts: 0, failed: 0, causes: new Map<string, number>() }
    line.attempts++
    if (outcome === 'failed') line.failed++
    if (cause !== null) line.causes.set(cause, (line.causes.get(cause) ?? 0) + 1)
    groups.set(name, line)
  }
}

function nameOf({ server, serverName }: AttemptAnalysis): string {
  const address = endpoint(server.address, server.port)
  return serverName === '' || serverName === server.address ? address : `${serverName} (${address})`
}
