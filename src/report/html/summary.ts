/** The first page of a report on many captures: what they come to, then causes by client, gateway, server and hour. */
import { teams } from '../../codes/teams.ts'
import { SEVERITIES } from '../../policy/threshold.ts'
import type { Rule } from '../../rules/rule.ts'
import { MAX_DOCUMENT_LINES } from '../../wire/limits.ts'
import { counted } from '../layout.ts'
import { attemptTotal, capital } from '../words.ts'
import { type Html, html, NOTHING, type Part } from './markup.ts'
import type { CaptureLine, CauseLine, GroupLine, Tally } from './tally.ts'
import { fileName, shortened, type Tone } from './words.ts'

/** Causes that are named in one cell. */
const SHOWN_CAUSES = 5
const OUTCOMES = [
  ['failed', 'failed'],
  ['established', 'worked'],
  ['unfinished', 'without a visible end'],
] as const
/** What is to be looked at comes first. */
const TONES: readonly Tone[] = ['bad', 'doubtful', 'plain', 'good']
const GROUPS = [
  ['client', 'By client', 'Client'],
  ['gateway', 'By gateway', 'Gateway'],
  ['server', 'By server', 'Server'],
  ['hour', 'By hour', 'Hour'],
] as const

export function summary(tally: Tally, rules: readonly Rule[]): Html {
  const { captures, outcomes, unreadable, lines, causes, groups } = tally
  const tables = GROUPS.flatMap(([kind, title, column]) => {
    const all = [...groups[kind].values()]
    return all.length === 0 ? [] : [groupTable(all, kind, title, column)]
  })
  const total = attemptTotal(outcomes)
  const told = OUTCOMES.flatMap(([outcome, words]) =>
    outcomes[outcome] === 0 ? [] : [`${outcomes[outcome]} ${words}`],
  ).join(', ')
  const rest = unreadable === 0 ? '' : `; ${counted(unreadable, 'capture')} could not be read whole`
  return html`<section class="summary" aria-labelledby="summary">
<h1 id="summary">${title(tally)}</h1>
<p class="says">${counted(total, 'attempt')} to connect${told === '' ? '' : `: ${told}`}${rest}.</p>
${causes.size === 0 ? NOTHING : causeTable([...causes.values()], rules)}
${captureTable(lines, captures)}
${tables}
</section>
`
}

export function title({ captures, withFindings }: Tally): string {
  return `${counted(captures, 'capture')}, ${withFindings} with findings`
}

function causeTable(causes: readonly CauseLine[], rules: readonly Rule[]): Html {
  const sorted = [...causes].sort(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      b.captures - a.captures ||
      b.attempts - a.attempts ||
      (a.rule < b.rule ? -1 : 1),
  )
  const rows = sorted.map(({ rule: id, verdict, severity, attempts, captures }) => {
    const rule = rules.find(one => one.id === id)
    const ask = rule?.ask[0] === undefined ? '' : capital(teams[rule.ask[0]].name)
    return html`<tr><th scope="row">${rule?.title ?? id} <code>${id}</code></th><td>${verdict} ${severity}</td><td class="count">${captures}</td><td class="count">${attempts}</td><td>${ask}</td></tr>
`
  })
  return table('causes', 'Causes', ['Cause', 'How sure', 'Captures', 'Attempts', 'Ask first'], rows)
}

function captureTable(lines: readonly CaptureLine[], captures: number): Html {
  const folder = commonFolder(lines.map(({ path }) => path))
  const sorted = [...lines].sort((a, b) => TONES.indexOf(a.tone) - TONES.indexOf(b.tone) || a.nth - b.nth)
  const rows = sorted.map(
    ({ nth, path, tone, word, title, rule, client, server, start, attempts, failed }) =>
      html`<tr class="${tone}"><th scope="row"><a href="#c${nth}">${path === '-' ? fileName(path) : shortened(path.slice(folder.length), 120)}</a></th><td><span class="badge">${capital(word)}</span></td><td>${title}${rule === '' ? NOTHING : html` <code>${rule}</code>`}</td><td class="address">${shortened(client, 60)}</td><td>${shortened(server, 120)}</td><td data-key="${start}">${start === '' ? '' : `${start.slice(0, 10)} ${start.slice(11, 19)}`}</td><td class="count" data-key="${failed}">${failed} of ${attempts}</td></tr>
`,
  )
  const left = captures - lines.length
  return html`${table('captures', 'Captures', ['Capture', 'Verdict', 'Cause', 'Client', 'Server or gateway', 'Began (UTC)', 'Failed'], rows)}
${left > 0 ? html`<p class="note">${counted(left, 'more capture')} left out of this table.</p>` : NOTHING}`
}

/** What all paths begin with, up to a slash: it tells them apart no more. */
function commonFolder(paths: readonly string[]): string {
  const [first = '', ...others] = paths
  let end = first.lastIndexOf('/') + 1
  while (end > 0 && others.some(path => !path.startsWith(first.slice(0, end))))
    end = end < 2 ? 0 : first.lastIndexOf('/', end - 2) + 1
  return first.slice(0, end)
}

function groupTable(all: readonly GroupLine[], kind: string, title: string, column: string): Html {
  const byTime = kind === 'hour'
  const sorted = [...all].sort(
    (a, b) => (byTime ? 0 : b.failed - a.failed || b.attempts - a.attempts) || (a.name < b.name ? -1 : 1),
  )
  const rows = sorted.slice(0, MAX_DOCUMENT_LINES).map(
    ({ name, attempts, failed, causes }) =>
      html`<tr><th scope="row">${shortened(name, 120)}</th><td class="count">${attempts}</td><td class="count">${failed}</td><td>${causeList(causes)}</td></tr>
`,
  )
  const left = all.length - rows.length
  return html`${table(`by-${kind}`, title, [column, 'Attempts', 'Failed', 'Causes'], rows)}
${left > 0 ? html`<p class="note">${counted(left, 'more line')} left out of this table.</p>` : NOTHING}`
}

function causeList(causes: ReadonlyMap<string, number>): Html {
  const sorted = [...causes].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
  const more = sorted.length > SHOWN_CAUSES ? ` and ${sorted.length - SHOWN_CAUSES} more` : ''
  const items: Part = sorted
    .slice(0, SHOWN_CAUSES)
    .map(([rule, count], at) => html`${at === 0 ? '' : ', '}<code>${rule}</code>${count === 1 ? '' : ` ×${count}`}`)
  return html`${items}${more}`
}

/** The script makes it sortable and filterable; all of it can be read without. */
function table(id: string, title: string, columns: readonly string[], rows: readonly Html[]): Html {
  return html`<div class="part"><h2 id="${id}">${title}</h2>
<div class="scroll" role="group" tabindex="0" aria-labelledby="${id}"><table class="sortable"><thead><tr>${columns.map(column => html`<th scope="col">${column}</th>`)}</tr></thead><tbody>
${rows}</tbody></table></div></div>
`
}
