/**
 * The summary of a job in GitHub Actions, as Markdown: captures with findings in full as far as GitHub takes them, and at the
 * end how many captures there were, and what was left out.
 */
import type { AssessedCapture } from '../policy/assessment.ts'
import { isClaim } from '../policy/threshold.ts'
import type { ReportSettings, ReportWriter } from './format.ts'
import { counted } from './layout.ts'
import { markdownWriter } from './markdown.ts'
import { isExcused } from './policy-words.ts'

/** GitHub takes 1 MiB a step: the rest is for the end of it, and for what the step wrote before. */
const MOST_BYTES = 900_000

export function githubSummaryWriter(settings: Pick<ReportSettings, 'code' | 'style'>): ReportWriter {
  const markdown = markdownWriter(settings)
  const totals = { captures: 0, withFindings: 0, unreadable: 0, left: 0, bytes: 0 }
  const encoder = new TextEncoder()
  function* capture(analysis: AssessedCapture): Generator<string> {
    const { error, diagnosis, policy } = analysis
    const counts = diagnosis.filter(entry => isClaim(entry) && !isExcused(entry))
    const hasFindings = counts.some(({ severity, fails }) => severity !== 'info' || fails) || (policy?.fails ?? false)
    totals.captures++
    if (hasFindings) totals.withFindings++
    if (error !== null) totals.unreadable++
    if (!hasFindings && error === null) return
    const text = [...markdown.capture(analysis, 0)].join('')
    const bytes = encoder.encode(text).length
    if (totals.bytes + bytes > MOST_BYTES) {
      totals.left++
      return
    }
    totals.bytes += bytes
    yield `${text}\n`
  }
  const tail = () => {
    const { captures, withFindings, unreadable, left } = totals
    const omitted = left === 0 ? '' : ` The summary has no room for ${left} of them: see the other reports.`
    const failed = unreadable === 0 ? '' : `, ${unreadable} could not be read`
    return `${counted(captures, 'capture')} scanned, ${withFindings} with findings${failed}.${omitted}\n`
  }
  return { head: () => '# rdpscope\n\n', capture, tail }
}
