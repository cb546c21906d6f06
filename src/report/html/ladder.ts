/** The messages of an attempt between its parties, one a line, with the pauses between them. */
import type { Ladder, LadderStep, Party } from '../../attempt/ladder.ts'
import { MAX_DOCUMENT_MESSAGES } from '../../wire/limits.ts'
import { counted } from '../layout.ts'
import { capital } from '../words.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { shortened } from './words.ts'

/** From this pause on it has a line of its own. */
const PAUSE_NS = 1e9
/** More parties than lanes share the last one. */
const MOST_LANES = 6
const MOST_TEXT = 400

type Line = { readonly step: LadderStep } | { readonly pauseNs: number } | { readonly omitted: number }

/** @param evidence numbers of packets that prove something. */
export function ladderTable(ladder: Ladder, evidence: ReadonlySet<number>, attempt: number): Html {
  const { parties } = ladder
  const lanes = Math.min(Math.max(parties.length, 2), MOST_LANES)
  const rows = linesOf(ladder).map(line => row(line, parties, lanes, evidence))
  return html`<table class="ladder">
<caption>Who said what to whom in attempt ${attempt}</caption>
<thead><tr><th scope="col">Time</th><th scope="col">Packet</th><th scope="col" class="lanes lanes-${lanes}"><span class="parties">${parties.slice(0, MOST_LANES).map(partyHead)}</span></th><th scope="col">Message</th></tr></thead>
<tbody>
${rows}</tbody></table>
`
}

function partyHead({ role, address, name }: Party): Html {
  return html`<span class="party"><b>${capital(role)}</b> <bdi>${shortened(name === '' ? address : name, 40)}</bdi></span>`
}

function row(line: Line, parties: readonly Party[], lanes: number, evidence: ReadonlySet<number>): Html {
  if ('pauseNs' in line)
    return html`<tr class="pause"><td colspan="4">${(line.pauseNs / 1e9).toFixed(1)} s of silence</td></tr>
`
  if ('omitted' in line)
    return html`<tr class="pause"><td colspan="4">${counted(line.omitted, 'message')} left out</td></tr>
`
  const { step } = line
  const marked = evidence.has(step.packet)
  const way = `${parties[step.from]?.role ?? 'other'} to ${parties[step.to]?.role ?? 'other'}: `
  return html`<tr class="${step.mood}${marked ? ' proves' : ''}"><td class="time">${(step.timeNs / 1e9).toFixed(6)}</td><td class="packet-number">${step.packet}${marked ? html`<span class="mark" title="evidence"> ●<span class="hidden"> evidence</span></span>` : NOTHING}</td><td class="lanes">${arrow(step, lanes)}</td><td class="message"><span class="hidden">${way}</span>${shortened(step.text, MOST_TEXT)}</td></tr>
`
}

/** Lanes stand at equal distances; they are stretched to the height of the row, the arrow is not. */
function arrow({ from, to, kind, mood }: LadderStep, lanes: number): Html {
  const place = (lane: number) => Math.round(((Math.min(lane, lanes - 1) + 0.5) * 1000) / lanes) / 10
  const [start, end] = [place(from), place(to)]
  const verticals = Array.from(
    { length: lanes },
    (_, lane) => html`<line x1="${place(lane)}" x2="${place(lane)}" y1="0" y2="10"/>`,
  )
  const isCut = mood === 'bad' && kind === 'tcp'
  const tip = start === end ? 0 : start < end ? -3 : 3
  const shaft =
    start === end
      ? NOTHING
      : html`<line x1="${start}" x2="${end}" y1="5" y2="5"${kind === 'loss' ? html` stroke-dasharray="3 3"` : NOTHING}/>`
  const head =
    start === end
      ? html`<circle cx="${start}" cy="5" r="2"/>`
      : isCut
        ? html`<path d="M${end + tip - 1.5} 2.5l3 5m0 -5l-3 5" fill="none"/>`
        : html`<path d="M${end + tip} 2.2L${end} 5L${end + tip} 7.8z" stroke="none"/>`
  return html`<svg class="rails" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">${verticals}</svg><svg class="arrow" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">${shaft}${head}</svg>`
}

function linesOf({ steps, omitted }: Ladder): Line[] {
  const left = Math.max(0, steps.length - MAX_DOCUMENT_MESSAGES)
  const half = MAX_DOCUMENT_MESSAGES >> 1
  const shown = left === 0 ? steps : [...steps.slice(0, half), ...steps.slice(steps.length - half)]
  const lines: Line[] = []
  let lastNs = shown[0]?.timeNs ?? 0
  for (const [nth, step] of shown.entries()) {
    if (left + omitted > 0 && nth === shown.length >> 1) lines.push({ omitted: left + omitted })
    else if (step.timeNs - lastNs >= PAUSE_NS) lines.push({ pauseNs: step.timeNs - lastNs })
    lines.push({ step })
    lastNs = step.timeNs
  }
  return lines
}
