/** The head of a capture's report: what failed, why, how sure, what to do, and whom to ask. */
import type { CaptureAnalysis, VerdictAnalysis } from '../../analysis.ts'
import { teams } from '../../codes/teams.ts'
import type { Rule } from '../../rules/rule.ts'
import { byteCount, counted } from '../layout.ts'
import { spokenTime } from '../time.ts'
import { capital, closingText, endpoint, PURPOSES, sentence, transportText } from '../words.ts'
import { chainList } from './chain.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { type Headline, reaches, SURE, shortened } from './words.ts'

/** Recordings that are named where nothing is settled. */
const SHOWN_RECORDINGS = 3

/** @param level of its heading: 1 where the capture is the whole report. */
export function verdictCard(analysis: CaptureAnalysis, headline: Headline, level: 1 | 2, id: string): Html {
  const { tone, word, title, says, finding } = headline
  const attempt = finding?.attempt ?? mostTelling(analysis)
  const sure = howSure(headline)
  const ask = finding?.rule == null ? wanted(analysis) : whomToAsk(finding.rule)
  const toDo = whatToDo(finding?.verdict ?? null)
  const answers = [sure, ask, toDo].every(one => one === NOTHING)
    ? NOTHING
    : html`<div class="answers"><div>${sure}${ask}</div><div>${toDo}</div></div>
`
  return html`<div class="verdict ${tone}">
<p class="badges"><span class="badge">${capital(word)}</span>${finding === null ? NOTHING : html` <code class="rule">${finding.entry.rule}</code>`}</p>
<h${level} id="${id}">${title}</h${level}>
${attempt === null ? NOTHING : chainList(attempt.chain)}
<p class="says">${sentence(says)}</p>
${answers}${between(analysis, headline)}</div>
`
}

/** Which capture it is. */
export function originLine({ path, format, packets, bytes, start, endNs }: CaptureAnalysis): Html {
  const what = format === '' ? [] : [format, counted(packets, 'packet'), byteCount(bytes)]
  const span = start === null ? [] : [`from ${spokenTime(start, 0)}`, `${(endNs / 1e9).toFixed(3)} s long`]
  return html`<p class="origin"><b>${shortened(path, 400)}</b>${what.length === 0 ? NOTHING : html` <span>${[...what, ...span].join(' · ')}</span>`}</p>`
}

/** The attempt whose steps are shown where no finding chose one. */
function mostTelling({ attempts }: CaptureAnalysis) {
  return (
    attempts.find(({ outcome }) => outcome === 'failed') ??
    attempts.find(({ purpose }) => purpose === 'connection') ??
    null
  )
}

function howSure({ finding, tone }: Headline): Html {
  if (finding === null) {
    if (tone !== 'good') return NOTHING
    return answer('How sure', html`<p>Every rule looked at it. What the capture can not show is listed below.</p>`)
  }
  const { entry, verdict } = finding
  const settle = verdict === null || verdict.toSettle === '' ? NOTHING : html`<p>${verdict.toSettle}</p>`
  return answer('How sure', html`<p><b>${capital(entry.verdict)}.</b> ${SURE[entry.verdict]}</p>${settle}`)
}

function whatToDo(verdict: VerdictAnalysis | null): Html {
  return verdict === null || verdict.remedy.length === 0 ? NOTHING : answer('What to do', remedyList(verdict.remedy))
}

export function remedyList(remedy: readonly string[]): Html {
  return remedy.length === 1 ? html`<p>${remedy}</p>` : html`<ol>${remedy.map(line => html`<li>${line}</li>`)}</ol>`
}

function whomToAsk(rule: Rule): Html {
  return answer('Whom to ask', teamList(rule))
}

export function teamList({ ask }: Rule): Html {
  const team = (id: Rule['ask'][number]) => html`<li><b>${capital(teams[id].name)}</b>: ${teams[id].holds}</li>`
  return html`<ul class="plain">${ask.map(team)}</ul>`
}

/** Nothing is claimed of a failure: which captures would tell more. */
function wanted({ attempts }: CaptureAnalysis): Html {
  const failed = attempts.find(({ outcome }) => outcome === 'failed')
  if (failed === undefined) return NOTHING
  const titles = new Set<string>()
  for (const { toSettle, settledBy } of failed.verdicts)
    if (toSettle !== '' && settledBy[0] !== undefined) titles.add(settledBy[0].title)
  if (titles.size === 0) return NOTHING
  const list = [...titles].slice(0, SHOWN_RECORDINGS).map(title => html`<li>A capture ${title}</li>`)
  return answer('What would tell', html`<ul>${list}</ul>`)
}

function between({ start }: CaptureAnalysis, { finding }: Headline): Html {
  const attempt = finding?.attempt ?? null
  if (attempt === null) return NOTHING
  const { client, server, serverName, startNs, transport, outcome, purpose } = attempt
  const others = (finding?.entry.count ?? 1) - 1
  const what = [outcome, transportText(transport), PURPOSES[purpose]].filter(word => word !== '').join(', ')
  const named =
    serverName === '' || serverName === server.address ? NOTHING : html`<bdi>${shortened(serverName)}</bdi>, `
  return html`<dl class="pairs course">
<div><dt>Client</dt><dd>${endpoint(client.address, client.port)}</dd></div>
<div><dt>${capital(reaches(attempt))}</dt><dd>${named}${endpoint(server.address, server.port)}</dd></div>
${start === null ? NOTHING : html`<div><dt>Began</dt><dd>${spokenTime(start, startNs)}</dd></div>`}
<div><dt>Outcome</dt><dd>${what}</dd></div>
<div><dt>Closed by</dt><dd>${closingText(attempt)}</dd></div>
${others > 0 ? html`<div><dt>Also in</dt><dd>${counted(others, 'other attempt')}</dd></div>` : NOTHING}
</dl>
`
}

function answer(title: string, body: Html): Html {
  return html`<div class="answer"><p class="question">${title}</p>${body}</div>`
}
