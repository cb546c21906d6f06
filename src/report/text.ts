/**
 * The report for people: what an engineer pastes into a ticket. The verdict first, then how far the connection came and
 * who closed it, the packets that show it, and what to do.
 */
import type { AttemptAnalysis, ChainLink, DiagnosisEntry, VerdictAnalysis } from '../analysis.ts'
import type { AssessedAttempt, AssessedCapture, AssessedEntry } from '../policy/assessment.ts'
import { isClaim } from '../policy/threshold.ts'
import { clean } from './clean.ts'
import { codeText } from './code-text.ts'
import { firstOf } from './finding.ts'
import type { ReportSettings, ReportWriter } from './format.ts'
import { counted, hanging, hangingItems, relativeTime, wrap } from './layout.ts'
import { excuseText, isExcused, policyTexts } from './policy-words.ts'
import { againstWire, type ReportedCode } from './reported-code.ts'
import type { TextStyle } from './text-style.ts'
import {
  attemptText,
  attemptTotal,
  capturePointText,
  chainLegend,
  chainTexts,
  closingText,
  companyText,
  originText,
  PURPOSES,
  sentence,
} from './words.ts'

/** Findings that the short form shows in full; the others get one line. */
const FULL_FINDINGS = 5
/** Attempts without a finding of their own that the short form lists. */
const LISTED_ATTEMPTS = 10
const LABEL_COLUMNS = 14

export function textWriter({ style, code, unreadableTold }: ReportSettings): ReportWriter {
  const capture = (analysis: AssessedCapture) =>
    unreadableTold && analysis.format === '' ? [] : [textReport(analysis, style, code)]
  return { head: () => '', capture, tail: () => '' }
}

/**
 * The whole report of one capture; ends with a line end.
 * @param code what the user was shown: the report opens with it
 */
export function textReport(analysis: AssessedCapture, style: TextStyle, code: ReportedCode | null = null): string {
  return new TextReport(analysis, style, code).lines.map(line => `${line}\n`).join('')
}

class TextReport {
  readonly lines: string[] = []
  readonly #analysis: AssessedCapture
  readonly #style: TextStyle
  /** Attempts whose steps were printed already. */
  readonly #shown = new Set<number>()
  readonly #listed = new Set<number>()
  /** Lists of captures that were printed already. */
  readonly #wantedBefore = new Set<string>()
  readonly #chains: (readonly ChainLink[])[] = []

  constructor(analysis: AssessedCapture, style: TextStyle, code: ReportedCode | null) {
    this.#analysis = analysis
    this.#style = style
    this.#head()
    if (code !== null && analysis.format !== '') this.lines.push(...codeText(againstWire(code, analysis), style))
    this.#findings()
    this.#policy()
    this.#otherAttempts()
    this.#legend()
    this.#quality()
  }

  #head(): void {
    const { path, format, error } = this.#analysis
    this.lines.push(this.#style.paint('strong', clean(path)))
    if (format !== '') this.#text(clean(originText(this.#analysis)))
    if (error !== null) this.#field('Unreadable', `${error.message}; ${error.remedy}`)
    this.lines.push('')
  }

  #findings(): void {
    const diagnosis = this.#analysis.diagnosis.filter(entry => !isExcused(entry))
    const claims = diagnosis.filter(isClaim)
    const possibilities = diagnosis.filter(entry => !isClaim(entry))
    const full = this.#style.verbose ? claims.length : FULL_FINDINGS
    for (const entry of claims.slice(0, full)) this.#finding(entry)
    for (const entry of claims.slice(full)) this.#brief(entry)
    for (const entry of possibilities) {
      if (this.#style.verbose) this.#finding(entry)
      else this.#brief(entry)
    }
    if (claims.length > full || (possibilities.length > 0 && !this.#style.verbose)) this.lines.push('')
    if (claims.length === 0) this.#nothingFound()
  }

  /** Verdict, rule and sentence; the attempt that shows it; packets, filter and remedy. */
  #finding(entry: DiagnosisEntry): void {
    const { attempt, verdict } = firstOf(entry, this.#analysis.attempts)
    this.lines.push(this.#headline(entry))
    for (const line of wrap(sentence(clean(entry.says)), this.#style.width)) this.lines.push(line)
    if (attempt !== null) this.#attempt(attempt, entry)
    if (verdict !== null) this.#proof(verdict)
    this.lines.push('')
  }

  #brief(entry: AssessedEntry): void {
    const excuse = entry.excuse === undefined ? '' : `; ${clean(excuseText(entry.excuse))}`
    const where = `attempt${entry.count === 1 ? '' : 's'} ${attemptList(entry)}${excuse}`
    this.lines.push(...hanging(`${this.#headline(entry)}: `, `${clean(entry.says)} (${where})`, this.#style.width))
  }

  #headline(entry: DiagnosisEntry): string {
    const colour = entry.severity === 'info' ? 'faint' : entry.verdict === 'confirmed' ? 'bad' : 'doubtful'
    return `${this.#style.paint(colour, entry.verdict.toUpperCase())} ${entry.severity}: ${this.#style.paint('strong', entry.rule)}`
  }

  #attempt(attempt: AttemptAnalysis, entry: DiagnosisEntry): void {
    const others =
      entry.count > 1 ? ` (the same in ${counted(entry.count - 1, 'other attempt')}: ${attemptList(entry, 1)})` : ''
    if (this.#shown.has(attempt.id)) {
      this.#field(`Attempt ${attempt.id}`, `see above${others}`)
      return
    }
    this.#shown.add(attempt.id)
    this.#course(attempt, others)
  }

  /** How far it came and what failed, between whom, and who closed. */
  #course(attempt: AttemptAnalysis, others = ''): void {
    const name = `Attempt ${attempt.id}`
    this.#labelled(
      name,
      hangingItems(label(name), chainTexts(attempt.chain, this.#style).map(clean), ' ', this.#style.width),
    )
    this.#chains.push(attempt.chain)
    this.#field('From', `${attemptText(attempt)}${others}`)
    this.#field('Closed by', closingText(attempt))
    this.#field('Also', companyText(attempt.members))
    this.#field('Recorded', capturePointText(attempt.capturePoint))
  }

  #proof(verdict: VerdictAnalysis): void {
    let heading = 'Evidence'
    for (const { packet, timeNs, says } of verdict.evidence) {
      this.#field(heading, `packet ${packet}, ${relativeTime(timeNs)}: ${says}`)
      heading = ''
    }
    // Not wrapped: it is there to be copied.
    if (verdict.filter !== '')
      this.lines.push(`${this.#style.paint('faint', label('Wireshark'))}${clean(verdict.filter)}`)
    this.#field('To settle', verdict.toSettle)
    heading = 'Remedy'
    for (const line of verdict.remedy) {
      this.#field(heading, line, verdict.remedy.length === 1 ? '' : '- ')
      heading = ''
    }
  }

  /** What does not count, and whether the capture is as it should be. */
  #policy(): void {
    const texts = policyTexts(this.#analysis)
    for (const { name, text, fails } of texts) {
      const head = `${name}: `
      const [first = '', ...more] = hanging(head, clean(text), this.#style.width)
      this.lines.push(this.#style.paint(fails ? 'bad' : 'strong', head.trim()) + first.slice(head.length - 1), ...more)
    }
    const excused = this.#style.verbose ? this.#analysis.diagnosis.filter(isExcused) : []
    for (const entry of excused) this.#brief(entry)
    if (texts.length > 0) this.lines.push('')
  }

  #nothingFound(): void {
    const { attemptCounts, attempts, error } = this.#analysis
    if (attemptTotal(attemptCounts) > 0) return
    if (attempts.length === 0 && error === null) {
      this.#text('No Remote Desktop connection in this capture.')
      this.lines.push('')
    }
  }

  /** Attempts that no finding showed, and what each rule said of the others. */
  #otherAttempts(): void {
    const { attempts, attemptCounts } = this.#analysis
    const rest = attempts.filter(attempt => !this.#shown.has(attempt.id))
    const listed = this.#style.verbose ? rest : rest.slice(0, LISTED_ATTEMPTS)
    for (const attempt of listed) this.#plainAttempt(attempt)
    const total = attemptTotal(attemptCounts)
    if (total > 1) {
      const { established, failed, unfinished } = attemptCounts
      const more = rest.length > listed.length ? `; ${rest.length - listed.length} not listed here (--verbose)` : ''
      this.#text(`${total} attempts: ${failed} failed, ${established} established, ${unfinished} unfinished${more}.`)
      this.lines.push('')
    }
    for (const attempt of attempts) {
      // Of a session that worked, what was ruled out is worth a word only to those who ask.
      const asked = this.#style.verbose || attempt.outcome !== 'established'
      if (asked && this.#shown.has(attempt.id)) this.#silentRules(attempt)
    }
  }

  #plainAttempt(attempt: AssessedAttempt): void {
    this.#listed.add(attempt.id)
    this.#course(attempt)
    this.lines.push(...hanging(label('Result'), this.#result(attempt), this.#style.width))
    this.lines.push('')
    if (this.#style.verbose || attempt.outcome === 'failed') this.#silentRules(attempt)
  }

  #result({ purpose, outcome, verdicts }: AssessedAttempt): string {
    const { paint } = this.#style
    if (purpose !== 'connection') return `${PURPOSES[purpose]}: no session was wanted`
    const found = verdicts.filter(verdict => isClaim(verdict) && verdict.severity !== 'info')
    const excused = found.find(isExcused)
    if (excused?.excuse !== undefined) return clean(`${outcome}; ${excused.rule} is ${excuseText(excused.excuse)}`)
    switch (outcome) {
      case 'established':
        return found.length > 0 ? 'connected' : paint('good', 'nothing wrong found')
      case 'unfinished':
        return 'the capture does not show how it ended'
      case 'failed':
        return paint('doubtful', 'failed; no rule explains it from this capture')
    }
  }

  /** Half of the value for a network team is what was ruled out: counted here, told one by one to those who ask. */
  #silentRules(attempt: AttemptAnalysis): void {
    const ruledOut = attempt.verdicts.filter(({ verdict }) => verdict === 'ruled-out')
    const notVisible = attempt.verdicts.filter(({ verdict }) => verdict === 'not-visible')
    if (ruledOut.length + notVisible.length === 0) return
    if (!this.#style.verbose) {
      this.#counts(attempt, ruledOut, notVisible)
      return
    }
    for (const [title, verdicts] of [
      [`Ruled out in attempt ${attempt.id}`, ruledOut],
      [`Not visible in attempt ${attempt.id}`, notVisible],
    ] as const) {
      if (verdicts.length === 0) continue
      this.#text(`${title}:`)
      for (const [text, rules] of rulesByText(verdicts)) {
        const [rule = '', ...others] = rules
        if (others.length === 0) this.lines.push(...hanging(`  ${rule}: `, text, this.#style.width))
        else {
          this.lines.push(...hanging('  ', `${rules.join(', ')}:`, this.#style.width))
          this.lines.push(...hanging('    ', text, this.#style.width))
        }
      }
      this.lines.push('')
    }
  }

  #counts(
    attempt: AttemptAnalysis,
    ruledOut: readonly VerdictAnalysis[],
    notVisible: readonly VerdictAnalysis[],
  ): void {
    const unseen = notVisible.length === 0 ? '' : `; ${notVisible.length} more can not be seen in it`
    this.#field(
      'Ruled out',
      `${counted(ruledOut.length, 'other cause')} of attempt ${attempt.id} by this capture${unseen} (--verbose lists them)`,
    )
    const isProven = attempt.verdicts.some(({ verdict, severity }) => verdict === 'confirmed' && severity !== 'info')
    if (attempt.outcome === 'failed' && !isProven) this.#wanted(attempt)
    this.lines.push('')
  }

  /** Nothing is proven: which captures would prove what is claimed, then show what this one hides. */
  #wanted({ verdicts }: AttemptAnalysis): void {
    const open = verdicts.filter(
      ({ severity, toSettle, settledBy }) => severity !== 'info' && toSettle !== '' && settledBy.length > 0,
    )
    const claimed = open.filter(({ verdict }) => verdict !== 'not-visible')
    const byRecording = new Map<string, string[]>(claimed.map(({ settledBy }) => [settledBy[0]?.title as string, []]))
    for (const { rule, settledBy } of open) {
      const title = settledBy[0]?.title as string
      byRecording.set(title, [...(byRecording.get(title) ?? []), rule])
    }
    const key = JSON.stringify([...byRecording])
    if (this.#wantedBefore.has(key)) return
    this.#wantedBefore.add(key)
    let heading = 'Would show'
    for (const [title, rules] of byRecording) {
      this.#field(heading, `a capture ${title}: ${rules.join(', ')}`, '- ')
      heading = ''
    }
  }

  #legend(): void {
    const legend = chainLegend(this.#chains, this.#style)
    if (legend === '') return
    this.#text(legend)
    this.lines.push('')
  }

  #quality(): void {
    const notes = [...this.#analysis.quality]
    for (const attempt of this.#analysis.attempts) {
      const isTold = this.#shown.has(attempt.id) || (this.#listed.has(attempt.id) && attempt.outcome !== 'established')
      if (!isTold && !this.#style.verbose) continue
      for (const note of attempt.quality) notes.push({ ...note, says: `attempt ${attempt.id}: ${note.says}` })
    }
    if (notes.length === 0) return
    this.#text('What weakens these verdicts:')
    const told = new Set<string>()
    for (const { id, says, means, remedy } of notes) {
      // What a note means is told once, however many attempts it is about.
      const more = told.has(id) ? '' : [means, remedy].filter(text => text !== '').join(' ')
      told.add(id)
      const text = more === '' ? says : `${sentence(says)} ${more}`
      this.lines.push(...hanging(`  ${clean(id)}: `, clean(text), this.#style.width))
    }
    this.lines.push('')
  }

  #field(name: string, text: string, bullet = ''): void {
    if (text === '') return
    this.#labelled(name, hanging(label(name) + bullet, clean(text), this.#style.width))
  }

  /** Colour has no width: lines are laid out with the plain label, which is then exchanged. */
  #labelled(name: string, lines: readonly string[]): void {
    const head = this.#style.paint('faint', label(name))
    this.lines.push(head + (lines[0] as string).slice(label(name).length), ...lines.slice(1))
  }

  #text(text: string): void {
    this.lines.push(...wrap(text, this.#style.width))
  }
}

/** What several rules say in the same words is told once, where the first of them stands. */
function rulesByText(verdicts: readonly VerdictAnalysis[]): ReadonlyMap<string, readonly string[]> {
  const byText = new Map<string, string[]>()
  for (const { rule, says, toSettle, evidence } of verdicts) {
    const packets = evidence.length === 0 ? '' : ` (packet ${evidence.map(({ packet }) => packet).join(', ')})`
    const settle = toSettle === '' ? '' : ` To settle: ${toSettle}`
    const text = clean(`${sentence(says)}${packets}${settle}`)
    byText.set(text, [...(byText.get(text) ?? []), rule])
  }
  return byText
}

function label(name: string): string {
  return `  ${name.padEnd(LABEL_COLUMNS - 3)} `
}

function attemptList(entry: DiagnosisEntry, from = 0): string {
  const listed = entry.attempts.slice(from, from + 8)
  const more = entry.count - from > listed.length ? ' ...' : ''
  return `${listed.join(', ')}${more}`
}
