/** What proves a finding: its packets with a sentence each, to unfold, and how anyone can look them up. */
import type { VerdictAnalysis } from '../../analysis.ts'
import type { Exhibits } from '../exhibits.ts'
import { packetsOf } from '../finding.ts'
import { counted, relativeTime } from '../layout.ts'
import { capital, sentence } from '../words.ts'
import { decodeCommand, tsharkCommand } from './commands.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { packetDetails } from './packet.ts'
import { remedyList, teamList } from './verdict.ts'
import { type ShownFinding, SURE } from './words.ts'

/** Packets in the table of one finding. */
const SHOWN_PACKETS = 40

/** What the findings of one capture share. */
export interface Proofs {
  readonly path: string
  /** Before the id of everything in this capture. */
  readonly prefix: string
  readonly exhibits: Exhibits
  /** Packets that were opened already: they are only pointed at again. */
  readonly opened: Set<number>
}

/** Evidence of the finding that the report begins with. */
export function proof({ evidence, filter }: VerdictAnalysis, proofs: Proofs, title: string): Html {
  const shown = evidence.slice(0, SHOWN_PACKETS)
  const rows = shown.map(
    ({ packet, timeNs, says }) =>
      html`<tr><th scope="row">${packetLink(packet, proofs)}</th><td class="time">${relativeTime(timeNs)}</td><td>${sentence(says)}</td></tr>
`,
  )
  const more = evidence.length - shown.length
  const table =
    rows.length === 0
      ? NOTHING
      : html`<table class="evidence"><caption>${title}</caption><thead><tr><th scope="col">Packet</th><th scope="col">Time</th><th scope="col">What it shows</th></tr></thead><tbody>
${rows}</tbody></table>
${more > 0 ? html`<p class="note">${counted(more, 'more packet')} in the filter.</p>` : NOTHING}`
  return html`${table}${openedPackets(packetsOf({ evidence: shown }), proofs)}${commands(filter, proofs)}`
}

/** A finding beside the first one, in full. */
export function findingSection(finding: ShownFinding, proofs: Proofs, level: 3 | 4, nth: number): Html {
  const { entry, rule, verdict } = finding
  const tone = entry.severity === 'info' ? 'plain' : entry.verdict === 'confirmed' ? 'bad' : 'doubtful'
  const id = `${proofs.prefix}finding-${nth}`
  const settle = verdict === null || verdict.toSettle === '' ? NOTHING : html` ${verdict.toSettle}`
  const where = entry.count === 1 ? `attempt ${entry.attempts[0]}` : `${entry.count} attempts`
  return html`<div class="finding ${tone}">
<p class="badges"><span class="badge">${capital(entry.verdict)} ${entry.severity}</span> <code class="rule">${entry.rule}</code> <span class="note">${where}</span></p>
<h${level} id="${id}">${rule?.title ?? entry.rule}</h${level}>
<p>${sentence(entry.says)}</p>
<p class="note">${SURE[entry.verdict]}${settle}</p>
${verdict === null ? NOTHING : proof(verdict, proofs, 'Packets that show it')}
${verdict === null || verdict.remedy.length === 0 ? NOTHING : html`<p class="question">What to do</p>${remedyList(verdict.remedy)}`}
${rule === null ? NOTHING : html`<p class="question">Whom to ask</p>${teamList(rule)}`}
</div>
`
}

function packetLink(packet: number, { exhibits, prefix }: Proofs): Html {
  return exhibits.packets.has(packet) ? html`<a href="#${prefix}packet-${packet}">${packet}</a>` : html`${packet}`
}

function openedPackets(packets: readonly number[], { exhibits, prefix, opened, path }: Proofs): Html {
  const fresh = packets.filter(packet => !opened.has(packet))
  const here = fresh.flatMap(number => exhibits.packets.get(number) ?? [])
  for (const { number } of here) opened.add(number)
  const missing = fresh.filter(packet => !exhibits.packets.has(packet))
  if (here.length === 0 && missing.length === 0) return NOTHING
  const rest =
    missing.length === 0
      ? NOTHING
      : html`<p class="note">Fields and bytes of ${here.length === 0 ? 'these' : 'the other'} packets:</p>${command(decodeCommand(path, missing))}`
  return html`<div class="packets">${here.map(packet => packetDetails(packet, `${prefix}packet-${packet.number}`))}</div>${rest}`
}

function commands(filter: string, { path }: Proofs): Html {
  if (filter === '') return NOTHING
  return html`<dl class="lookup"><div><dt>Wireshark display filter</dt><dd>${command(filter)}</dd></div><div><dt>tshark</dt><dd>${command(tsharkCommand(path, filter))}</dd></div></dl>`
}

function command(text: string): Html {
  return html`<code class="command">${text}</code>`
}
