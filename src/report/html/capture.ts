/** The report of one capture: the verdict, its proof, what else was found, each attempt, and how good the capture is. */
import type { AttemptAnalysis, CaptureAnalysis, QualityAnalysis } from '../../analysis.ts'
import type { AssessedCapture } from '../../policy/assessment.ts'
import { isClaim } from '../../policy/threshold.ts'
import { MAX_DOCUMENT_ATTEMPTS, MAX_DOCUMENT_LINES } from '../../wire/limits.ts'
import type { Exhibits } from '../exhibits.ts'
import type { ReportSettings } from '../format.ts'
import { counted } from '../layout.ts'
import { policyTexts } from '../policy-words.ts'
import { againstWire } from '../reported-code.ts'
import { attemptTotal, chainLegend, sentence } from '../words.ts'
import { attemptSection, attemptTable } from './attempt.ts'
import { codeSection } from './code.ts'
import { findingSection, type Proofs, proof } from './finding.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { originLine, verdictCard } from './verdict.ts'
import { findingOf, type Headline, shortened } from './words.ts'

/** The whole report; one of several; one of so many that there is no room for details. */
export type CaptureForm = 'alone' | 'among' | 'brief'

/** @param nth of the capture, from 1: before the ids of all that is in it. */
export function captureSection(
  analysis: AssessedCapture,
  headline: Headline,
  nth: number,
  exhibits: Exhibits,
  settings: Pick<ReportSettings, 'code' | 'rules'>,
  form: CaptureForm,
): Html {
  const level = form === 'alone' ? 1 : 2
  const body =
    form === 'brief'
      ? html`<p class="note">The report has no room for the details of this capture: write one of it alone.</p>`
      : details(analysis, headline, nth, exhibits, settings, form === 'alone' ? 2 : 3)
  const back = form === 'alone' ? NOTHING : html`<p class="back"><a href="#captures">Back to all captures</a></p>`
  return html`<section class="capture" aria-label="Capture ${nth}: ${shortened(analysis.path)}" id="c${nth}">
${originLine(analysis)}
${verdictCard(analysis, headline, level, `c${nth}-verdict`)}${body}
${back}
</section>
`
}

function details(
  analysis: AssessedCapture,
  { finding }: Headline,
  nth: number,
  exhibits: Exhibits,
  { code, rules }: Pick<ReportSettings, 'code' | 'rules'>,
  level: 2 | 3,
): Html {
  const { format, path, diagnosis, error } = analysis
  const proofs: Proofs = { path, prefix: `c${nth}-`, exhibits, opened: new Set() }
  const others = diagnosis.filter(entry => entry !== finding?.entry)
  const claims = others.filter(isClaim).map(entry => findingOf(entry, analysis, rules))
  const possible = others.filter(entry => !isClaim(entry))
  const below = level === 2 ? 3 : 4
  return html`${error === null || format === '' ? NOTHING : html`<p class="damage"><b>Read up to here:</b> ${sentence(`${error.message}; ${error.remedy}`)}</p>`}
${policyTexts(analysis).map(({ name, text }) => html`<p class="policy"><b>${name}:</b> ${text}</p>`)}
${code === null || format === '' ? NOTHING : codeSection(againstWire(code, analysis), level, proofs.prefix)}
${finding?.verdict == null ? NOTHING : part(level, `${proofs.prefix}proof`, 'Proof', proof(finding.verdict, proofs, 'Packets that show it'))}
${claims.length === 0 ? NOTHING : part(level, `${proofs.prefix}others`, 'Also found', html`${claims.map((one, at) => findingSection(one, proofs, below, at + 1))}`)}
${possible.length === 0 ? NOTHING : part(level, `${proofs.prefix}possible`, 'Possible, no more', html`<ul>${possible.map(({ rule, says }) => html`<li><code>${rule}</code> ${sentence(says)}</li>`)}</ul>`)}
${attempts(analysis, proofs, level, finding?.attempt ?? null)}
${exhibits.packetsLeft > 0 ? html`<p class="note">Fields and bytes of ${counted(exhibits.packetsLeft, 'more packet')} are left out: a report has a limit.</p>` : NOTHING}
${format === '' ? NOTHING : part(level, `${proofs.prefix}quality`, 'How good the capture is', quality(analysis))}`
}

function part(level: 2 | 3, id: string, title: string, body: Html): Html {
  return html`<div class="part"><h${level} id="${id}">${title}</h${level}>
${body}</div>
`
}

/** The one that explains most first, then those that failed, then as they came. */
function attempts(
  { attempts, attemptCounts, start, diagnosis }: CaptureAnalysis,
  proofs: Proofs,
  level: 2 | 3,
  first: AttemptAnalysis | null,
): Html {
  if (attempts.length === 0) return NOTHING
  const found = new Set(diagnosis.flatMap(entry => entry.attempts.slice(0, 1)))
  const weight = (one: AttemptAnalysis) =>
    one === first ? 0 : found.has(one.id) ? 1 : one.outcome === 'failed' ? 2 : 3
  const sorted = [...attempts].sort((a, b) => weight(a) - weight(b) || a.startNs - b.startNs)
  const full = sorted.slice(0, MAX_DOCUMENT_ATTEMPTS)
  const rest = sorted.slice(MAX_DOCUMENT_ATTEMPTS)
  const listed = rest.slice(0, MAX_DOCUMENT_LINES)
  const { failed, established, unfinished } = attemptCounts
  const total = attemptTotal(attemptCounts)
  const legend = chainLegend(
    attempts.map(({ chain }) => chain),
    { unicode: true },
  )
  const counts =
    total > 1
      ? html`<p class="note">${total} attempts: ${failed} failed, ${established} established, ${unfinished} unfinished.</p>`
      : NOTHING
  return html`${counts}${full.map(attempt => attemptSection(attempt, start, proofs, level, attempt === (first ?? sorted[0])))}${attemptTable(listed, rest.length - listed.length)}${legend === '' ? NOTHING : html`<p class="note">${legend}</p>`}`
}

/** Each note once, however many attempts it is about. */
function quality({ quality, attempts }: CaptureAnalysis): Html {
  const notes = new Map<string, QualityAnalysis>(quality.map(note => [`${note.id} ${note.says}`, note]))
  for (const attempt of attempts) {
    for (const note of attempt.quality) {
      const key = `${note.id} ${attempt.id}`
      if (notes.size < MAX_DOCUMENT_LINES) notes.set(key, { ...note, says: `attempt ${attempt.id}: ${note.says}` })
    }
  }
  if (notes.size === 0)
    return html`<p>Nothing in it weakens these verdicts: no drops, no cut packets, both directions.</p>`
  const told = new Set<string>()
  const items = [...notes.values()].map(({ id, says, means, remedy }) => {
    const more = told.has(id) ? '' : [means, remedy].filter(text => text !== '').join(' ')
    told.add(id)
    return html`<div><dt><code>${id}</code></dt><dd>${sentence(says)}${more === '' ? NOTHING : html` <span class="note">${more}</span>`}</dd></div>`
  })
  return html`<p>What weakens these verdicts:</p><dl class="pairs">${items}</dl>`
}
