/**
 * The summary of a job in GitHub Actions, as Markdown: captures with findings in full as far as GitHub takes them, and at the
 * end how many captures there were, and what was left out.
 */
import type { CaptureAnalysis } from '../analysis.ts'
import type { ReportSettings, ReportWriter } from './format.ts'
import { counted } from './layout.ts'
import { markdownWriter } from './markdown.ts'
import { isClaim } from './threshold.ts'

/** GitHub takes 1 MiB a step: the rest is for the end of it, and for what the step wrote before. */
const MOST_BYTES = 900_000

export function githubSummaryWriter(settings: Pick<ReportSettings, 'code' | 'style'>): ReportWriter {
  const markdown = markdownWriter(settings)
  const totals = { captures: 0, withFindings: 0, unreadable: 0, left: 0, bytes: 0 }
  const encoder = new TextEncoder()
  function* capture(analysis: CaptureAnalysis): Generator<string> {
    const { error, diagnosis } = analysis
    const hasFindings = diagnosis.some(entry => isClaim(entry) && entry.severity !== 'info')
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
