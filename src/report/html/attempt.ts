/** One attempt in full: its way, when its messages came, who said what, what was lost, and what every rule says of it. */
import type { AttemptAnalysis, CaptureStart, VerdictAnalysis } from '../../analysis.ts'
import { isClaim } from '../../policy/threshold.ts'
import { counted } from '../layout.ts'
import { spokenTime } from '../time.ts'
import { attemptText, capital, capturePointText, closingText, companyText, sentence } from '../words.ts'
import { chainList } from './chain.ts'
import type { Proofs } from './finding.ts'
import { ladderTable } from './ladder.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { sequenceGraph } from './sequence-graph.ts'
import { timeLine } from './time-line.ts'

/** Ladders of so many messages stand open. */
const OPEN_MESSAGES = 40

/** @param isFirst it is the one that the capture's verdict tells of: its steps stand there already */
export function attemptSection(
  attempt: AttemptAnalysis,
  start: CaptureStart | null,
  proofs: Proofs,
  level: 2 | 3,
  isFirst: boolean,
): Html {
  const { id, ladder, members, verdicts, outcome } = attempt
  const headingId = `${proofs.prefix}attempt-${id}`
  const evidence = new Set(verdicts.filter(isClaim).flatMap(({ evidence }) => evidence.map(({ packet }) => packet)))
  const graphs = members.flatMap(({ transport, stream }) => {
    const segments = transport === 'tcp' ? proofs.exhibits.segments.get(stream) : undefined
    return segments === undefined ? [] : [sequenceGraph(segments, stream)]
  })
  const steps = ladder === null || ladder.steps.length === 0 ? NOTHING : html`${timeLine(attempt, ladder, evidence)}`
  const table =
    ladder === null || ladder.steps.length === 0
      ? NOTHING
      : folded(ladderTable(ladder, evidence, id), ladder.steps.length)
  return html`<div class="attempt">
<h${level} id="${headingId}">Attempt ${id}: ${outcome}</h${level}>
${isFirst ? NOTHING : chainList(attempt.chain)}
<dl class="pairs">${[
    ...(isFirst ? [] : course(attempt, start)),
    pair('Also', companyText(members)),
    pair('Recorded', capturePointText(attempt.capturePoint)),
  ]}</dl>
${steps}${graphs}${table}${ruledOut(verdicts)}${notVisible(verdicts)}
</div>
`
}

/** What the verdict's own card says already of its attempt. */
function course(attempt: AttemptAnalysis, start: CaptureStart | null): Html[] {
  return [
    pair('From', attemptText(attempt)),
    pair('Began', start === null ? '' : spokenTime(start, attempt.startNs)),
    pair('Closed by', closingText(attempt)),
  ]
}

/** Those of which nothing more is told: one line each. */
export function attemptTable(attempts: readonly AttemptAnalysis[], left: number): Html {
  if (attempts.length === 0) return NOTHING
  const rows = attempts.map(
    ({ id, outcome, chain, ...rest }) =>
      html`<tr><th scope="row">${id}</th><td>${outcome}</td><td>${attemptText({ id, outcome, chain, ...rest })}</td><td>${chainList(chain)}</td></tr>
`,
  )
  return html`<table class="attempts"><caption>Other attempts</caption><thead><tr><th scope="col">Attempt</th><th scope="col">Outcome</th><th scope="col">From and to</th><th scope="col">Steps</th></tr></thead><tbody>
${rows}</tbody></table>
${left > 0 ? html`<p class="note">${counted(left, 'more attempt')} left out here.</p>` : NOTHING}`
}

function pair(name: string, text: string): Html {
  return text === '' ? NOTHING : html`<div><dt>${name}</dt><dd>${text}</dd></div>`
}

function folded(table: Html, messages: number): Html {
  const open = messages <= OPEN_MESSAGES ? html` open` : NOTHING
  return html`<details class="fold"${open}><summary>${counted(messages, 'message')}</summary>${table}</details>
`
}

function ruledOut(verdicts: readonly VerdictAnalysis[]): Html {
  const out = verdicts.filter(({ verdict }) => verdict === 'ruled-out')
  if (out.length === 0) return NOTHING
  const rows = out.map(({ rule, says, evidence }) => {
    const packets = evidence.length === 0 ? '' : ` (packet ${evidence.map(({ packet }) => packet).join(', ')})`
    return html`<tr><th scope="row"><code>${rule}</code></th><td>${sentence(says)}${packets}</td></tr>
`
  })
  return html`<details class="fold"><summary>${capital(counted(out.length, 'cause'))} ruled out</summary><table class="causes"><caption>The capture shows the contrary</caption><thead><tr><th scope="col">Cause</th><th scope="col">Why not</th></tr></thead><tbody>
${rows}</tbody></table></details>
`
}

function notVisible(verdicts: readonly VerdictAnalysis[]): Html {
  const hidden = verdicts.filter(({ verdict }) => verdict === 'not-visible')
  if (hidden.length === 0) return NOTHING
  const rows = hidden.map(({ rule, says, toSettle, settledBy }) => {
    const capture = settledBy[0] === undefined ? NOTHING : html` A capture ${settledBy[0].title}.`
    return html`<tr><th scope="row"><code>${rule}</code></th><td>${sentence(says)}</td><td>${toSettle}${capture}</td></tr>
`
  })
  return html`<details class="fold"><summary>${capital(counted(hidden.length, 'cause'))} that this capture can not show</summary><table class="causes"><caption>Neither shown nor ruled out</caption><thead><tr><th scope="col">Cause</th><th scope="col">Why it is not visible</th><th scope="col">What would show it</th></tr></thead><tbody>
${rows}</tbody></table></details>
`
}
