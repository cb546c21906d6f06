/** The code that the user was shown, against the packets. */
import { counted } from '../layout.ts'
import type { CodeAgainstWire } from '../reported-code.ts'
import type { Agreement } from '../stage-check.ts'
import { capital, sentence } from '../words.ts'
import { type Html, html, NOTHING } from './markup.ts'

const AGREEMENT: Readonly<Record<Agreement, string>> = {
  agrees: 'The packets agree with it.',
  contradicts: 'The packets contradict it.',
  open: 'The packets do not tell.',
}

export function codeSection(code: CodeAgainstWire, level: 2 | 3, prefix: string): Html {
  const { error, extended, means, agreement, says, extendedCheck, causes } = code
  const named = extended === null ? error : `${error}, extended ${extended}`
  const rows = causes.map(
    ({ claim, verdict, says, truth, toSettle }) =>
      html`<tr><th scope="row">${capital(claim)}</th><td>${verdict.replace('-', ' ')}</td><td>${sentence(says)} ${toSettle === '' ? NOTHING : html`<span class="note">${sentence(toSettle)}</span> `}<span class="note">${truth}</span></td></tr>
`,
  )
  const table =
    rows.length === 0
      ? NOTHING
      : html`<details class="fold"><summary>${counted(rows.length, 'cause')} that people blame for such codes</summary><table class="causes"><caption>What each of them comes to in this capture</caption><thead><tr><th scope="col">Claim</th><th scope="col">Verdict</th><th scope="col">Why</th></tr></thead><tbody>
${rows}</tbody></table></details>`
  return html`<div class="part"><h${level} id="${prefix}code">The code ${named}</h${level}>
<p>${means.map(sentence).join(' ')}</p>
<p><b>${AGREEMENT[agreement]}</b> ${sentence(says)}${extendedCheck === null ? NOTHING : html` ${sentence(extendedCheck.says)}`}</p>
${table}</div>
`
}
