/** The report as Markdown, to paste into a ticket: verdict, chain, evidence, what to do, and the filter to look it up. */
import type { AttemptAnalysis, CaptureAnalysis, DiagnosisEntry, VerdictAnalysis } from '../analysis.ts'
import type { AssessedCapture } from '../policy/assessment.ts'
import { isClaim } from '../policy/threshold.ts'
import { firstOf } from './finding.ts'
import type { ReportSettings, ReportWriter } from './format.ts'
import { counted, relativeTime } from './layout.ts'
import { markdownCode, markdownText } from './markdown-text.ts'
import { isExcused, policyTexts } from './policy-words.ts'
import { againstWire, type ReportedCode } from './reported-code.ts'
import { attemptText, chainLegend, chainTexts, closingText, originText, sentence } from './words.ts'

/** Rows of a table of evidence. */
const SHOWN_PACKETS = 12
/** Attempts that nothing was found of. */
const SHOWN_ATTEMPTS = 5

export function markdownWriter({ code, style }: Pick<ReportSettings, 'code' | 'style'>): ReportWriter {
  const capture = (analysis: AssessedCapture, index: number) => [
    `${index === 0 ? '' : '\n'}${blocks(analysis, code, style.verbose).join('\n\n')}\n`,
  ]
  return { head: () => '', capture, tail: () => '' }
}

function blocks(analysis: AssessedCapture, code: ReportedCode | null, verbose: boolean): string[] {
  const { error, attempts, quality, format } = analysis
  const diagnosis = analysis.diagnosis.filter(entry => !isExcused(entry))
  const policy = policyTexts(analysis)
  const found = new Set(diagnosis.flatMap(entry => entry.attempts.slice(0, 1)))
  const rest = attempts.filter(({ id }) => !found.has(id))
  const listed = rest.slice(0, verbose ? rest.length : SHOWN_ATTEMPTS)
  return [
    `## ${markdownText(analysis.path)}`,
    ...(format === '' ? [] : [markdownText(originText(analysis))]),
    ...(error === null ? [] : [`**Unreadable:** ${markdownText(sentence(`${error.message}; ${error.remedy}`))}`]),
    ...(policy.length === 0 ? [] : [policy.map(({ name, text }) => `**${name}:** ${markdownText(text)}`).join('\n\n')]),
    ...(code === null || format === '' ? [] : [reported(code, analysis)]),
    ...diagnosis.filter(isClaim).flatMap(entry => finding(entry, analysis)),
    ...possibilities(diagnosis),
    ...listed.map(attempt => `${chain(attempt)}\n\n${course(attempt)}`),
    ...(rest.length > listed.length
      ? [`${counted(rest.length - listed.length, 'more attempt')} without a finding.`]
      : []),
    ...(attempts.length === 0 && error === null ? ['No Remote Desktop connection in this capture.'] : []),
    ...legend(attempts),
    ...(quality.length === 0
      ? []
      : ['**What weakens these verdicts**', list(quality.map(note => sentence(note.says)))]),
  ]
}

function reported(code: ReportedCode, analysis: CaptureAnalysis): string {
  const { error, extended, means, agreement, says } = againstWire(code, analysis)
  const named = extended === null ? error : `${error}, extended ${extended}`
  return `**Your code ${markdownText(named)}** (${agreement}): ${markdownText([...means, says].map(sentence).join(' '))}`
}

function finding(entry: DiagnosisEntry, { attempts }: CaptureAnalysis): string[] {
  const { attempt, verdict } = firstOf(entry, attempts)
  const others = entry.count > 1 ? `The same in ${counted(entry.count - 1, 'other attempt')}.` : ''
  return [
    `### ${entry.verdict} ${entry.severity}: ${markdownText(entry.rule)}`,
    markdownText(sentence(entry.says)),
    ...(attempt === null ? [] : [chain(attempt), course(attempt)]),
    ...(others === '' ? [] : [others]),
    ...(verdict === null ? [] : proof(verdict)),
  ]
}

function chain(attempt: AttemptAnalysis): string {
  return `**Attempt ${attempt.id}** ${markdownText(chainTexts(attempt.chain, { unicode: true }).join(' '))}`
}

function course(attempt: AttemptAnalysis): string {
  return list([`From ${attemptText(attempt)}`, `Closed by ${closingText(attempt)}`])
}

function proof({ evidence, filter, toSettle, remedy }: VerdictAnalysis): string[] {
  const rows = evidence
    .slice(0, SHOWN_PACKETS)
    .map(({ packet, timeNs, says }) => `| ${packet} | ${relativeTime(timeNs)} | ${markdownText(says)} |`)
  const more = evidence.length - rows.length
  return [
    ...(rows.length === 0 ? [] : [['| Packet | Time | What it shows |', '|---:|---:|---|', ...rows].join('\n')]),
    ...(more > 0 ? [`${counted(more, 'more packet')} in the filter.`] : []),
    ...(toSettle === '' ? [] : [`**To settle:** ${markdownText(toSettle)}`]),
    ...(remedy.length === 0 ? [] : ['**Remedy**', list(remedy)]),
    ...(filter === '' ? [] : ['**Wireshark**', markdownCode([filter])]),
  ]
}

function possibilities(diagnosis: readonly DiagnosisEntry[]): string[] {
  const open = diagnosis.filter(entry => !isClaim(entry))
  if (open.length === 0) return []
  return ['**Possible, no more**', list(open.map(({ rule, says }) => `${rule}: ${sentence(says)}`))]
}

function legend(attempts: readonly AttemptAnalysis[]): string[] {
  const text = chainLegend(
    attempts.map(attempt => attempt.chain),
    { unicode: true },
  )
  return text === '' ? [] : [markdownText(text)]
}

function list(items: readonly string[]): string {
  return items.map(item => `- ${markdownText(item)}`).join('\n')
}
