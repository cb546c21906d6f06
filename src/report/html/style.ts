/** How the page looks: on a screen, light or dark, on a phone, and on paper. No colour speaks without a word or a sign. */
import { html } from './markup.ts'

export const style = html`
:root {
  color-scheme: light dark;
  --page: #f6f6f4; --paper: #ffffff; --sunk: #f1f1ee; --text: #1b1d20; --faint: #595e66; --line: #dcdcd8;
  --bad: #ac2018; --doubtful: #854a00; --good: #17693a; --plain: #4a5058; --link: #1d5aa6; --client: #1d5aa6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #121417; --paper: #1a1d21; --sunk: #22262b; --text: #e6e7e9; --faint: #a5abb3; --line: #363b42;
    --bad: #ff9086; --doubtful: #efb65d; --good: #74d29c; --plain: #b9bfc7; --link: #8fbcff; --client: #8fbcff;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  overflow-wrap: anywhere;
}
code, pre, .time, .number, .packet-number { font-family: ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
code { font-size: .86em; color: var(--faint); }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .25rem .75rem; }
.bad { --tone: var(--bad); } .doubtful { --tone: var(--doubtful); } .good { --tone: var(--good); } .plain { --tone: var(--plain); }

header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.5rem; }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; padding-top: 1.1rem; color: var(--faint); font-size: .875rem; }
header p { margin: 0; }
header b { color: var(--text); font-weight: 650; }
footer { padding-top: 1.5rem; padding-bottom: 3rem; color: var(--faint); font-size: .875rem; }
h1, h2, h3, h4 { line-height: 1.25; font-weight: 650; text-wrap: balance; margin: 2.75rem 0 .75rem; }
h1 { font-size: clamp(1.45rem, 1.15rem + 1.2vw, 1.9rem); letter-spacing: -.015em; margin: .5rem 0 0; }
h2 { font-size: 1.3rem; }
h3 { font-size: 1.1rem; }
h4 { font-size: 1rem; }
p { margin: .5rem 0; }
ul, ol { margin: .25rem 0; padding-left: 1.25rem; }
li + li { margin-top: .35rem; }
.note { color: var(--faint); font-size: .9rem; }
.says { font-size: 1.1rem; max-width: 46rem; text-wrap: pretty; }

.origin { margin: .9rem 0; color: var(--faint); font-size: .9rem; }
.origin b { color: var(--text); font-weight: 600; }
.origin span { display: inline-block; }
.origin b + span { margin-left: .5rem; }
.damage { border-left: 3px solid var(--doubtful); padding: .25rem 0 .25rem 1rem; }

.verdict, .finding, .attempt { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 1.6rem 2rem; }
.verdict { border-top: 4px solid var(--tone); }
.verdict h2 { font-size: 1.6rem; margin: .5rem 0 0; }
.finding { margin-top: 1rem; }
.finding h3, .finding h4 { margin: .5rem 0; }
.attempt { margin-top: 1.5rem; }
.attempt > h2, .attempt > h3 { margin-top: 0; }
.badges { margin: 0; display: flex; flex-wrap: wrap; align-items: center; gap: .35rem .75rem; }
.badge { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; font-size: .8rem; font-weight: 600; white-space: nowrap; color: var(--tone); background: color-mix(in srgb, var(--tone) 11%, var(--paper)); }

.chain { list-style: none; margin: 1.25rem 0 1rem; padding: 0; display: flex; flex-wrap: wrap; row-gap: 1rem; }
.step { position: relative; flex: 0 1 auto; min-width: 6.5rem; max-width: 15rem; margin: 0; padding-right: 1.25rem; line-height: 1.3; }
.step::before { content: ""; position: absolute; top: .78rem; left: 1.6rem; right: 0; border-top: 2px solid var(--line); }
.step:last-child::before { display: none; }
.sign { position: relative; display: flex; align-items: center; justify-content: center; width: 1.65rem; height: 1.65rem; margin-bottom: .4rem; border-radius: 50%; font-size: .85rem; font-weight: 700; color: var(--tone); border: 2px solid var(--tone); background: var(--paper); }
.step.reached { --tone: var(--good); } .step.failed { --tone: var(--bad); } .step.not-visible { --tone: var(--plain); }
.step.failed .sign { color: var(--paper); background: var(--tone); }
.step.not-visible .sign { border-style: dashed; }
.step .name { display: block; font-weight: 600; font-size: .95rem; }
.step .how { color: var(--faint); font-size: .82rem; }
.step .what { display: block; color: var(--tone); font-weight: 600; font-size: .9rem; }
.step.not-visible .name { color: var(--faint); font-weight: 500; }

.answers { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.25rem 2.5rem; margin-top: 1.25rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: .95rem; }
.answer + .answer { margin-top: 1.25rem; }
.pairs.course { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: .95rem; }
.question { margin: 0 0 .35rem; font-weight: 650; }
.finding .question { margin-top: 1rem; }
.answer p { margin: 0 0 .35rem; }
ul.plain { list-style: none; padding: 0; }
.pairs { margin: 0; }
.pairs > div { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .75rem; padding: .15rem 0; }
.pairs dt { color: var(--faint); }
.pairs dd { margin: 0; }

table { width: 100%; border-collapse: collapse; font-size: .93rem; }
caption { text-align: left; color: var(--faint); font-size: .875rem; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .45rem .9rem .45rem 0; border-top: 1px solid var(--line); font-weight: inherit; }
thead th { border-top: 0; color: var(--faint); font-size: .82rem; white-space: nowrap; vertical-align: bottom; }
.time, .packet-number { font-size: .86em; white-space: nowrap; }
.evidence tbody th, .evidence .time { width: 1%; white-space: nowrap; padding-right: 1.5rem; }
.evidence tbody th { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: .9em; }
.count { font-variant-numeric: tabular-nums; white-space: nowrap; }
.scroll { overflow-x: auto; }
.sortable { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; border-collapse: separate; border-spacing: 0; }
.sortable th, .sortable td { padding: .5rem .9rem; }
.sortable tbody th { min-width: 9rem; font-weight: 600; }
.sortable code { display: inline-block; }
.sortable .address { overflow-wrap: normal; }
.sortable button { all: unset; cursor: pointer; }
.sortable button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.sortable button::after { content: " ↕"; color: var(--line); }
[aria-sort="ascending"] button::after { content: " ↑"; color: var(--link); }
[aria-sort="descending"] button::after { content: " ↓"; color: var(--link); }
.filter { display: flex; flex-direction: row-reverse; align-items: center; gap: .75rem; margin: -2.9rem 0 .75rem auto; width: fit-content; color: var(--faint); font-size: .9rem; }
.filter input { font: inherit; color: var(--text); background: var(--paper); border: 1px solid var(--faint); border-radius: 6px; padding: .3rem .7rem; width: 14rem; }
.filter input::placeholder { color: var(--faint); opacity: 1; }

.lookup { margin: 1.25rem 0 0; display: grid; gap: .6rem; }
.lookup dt { color: var(--faint); font-size: .875rem; }
.lookup dd { margin: 0; }
.command { display: block; padding: .55rem .8rem; background: var(--sunk); border-radius: 6px; color: var(--text); white-space: pre-wrap; }

summary { cursor: pointer; }
details.fold { margin-top: 1rem; border-top: 1px solid var(--line); padding-top: .75rem; }
details.fold > summary { font-weight: 600; }
.packets { margin-top: .75rem; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); }
.packet + .packet { border-top: 1px solid var(--line); }
.packet > summary { padding: .55rem .9rem; font-size: .9rem; }
.packet .number { font-weight: 600; }
.packet .time, .packet .ends { color: var(--faint); }
.packet .protocol { font-weight: 600; }
.packet > summary > * { margin-right: .5rem; }
.inside { padding: .25rem .9rem .9rem; font-size: .88rem; }
.layer { margin: .2rem 0; }
p.layer { padding-left: 1.1rem; }
.fields { list-style: none; padding-left: 1.25rem; margin: .2rem 0; border-left: 1px solid var(--line); }
.fields li { margin: .1rem 0; }
.fields .fields { margin-left: .25rem; }
.remark { font-weight: 600; color: var(--tone); }
.hex { margin: .4rem 0; font-size: .8rem; line-height: 1.45; white-space: pre; color: var(--text); }

.ladder td { padding: .3rem .9rem .3rem 0; border-top: 0; }
.ladder thead th { border-bottom: 1px solid var(--line); }
.ladder td.time, .ladder td.packet-number { width: 1%; color: var(--faint); }
.ladder td.message { color: var(--tone); }
.ladder .plain .message { color: var(--text); }
.ladder .proves td { background: color-mix(in srgb, var(--tone) 8%, var(--paper)); }
.ladder .proves .message { font-weight: 600; }
.mark { color: var(--tone); }
.ladder .pause td { color: var(--faint); font-size: .86rem; text-align: center; padding: .3rem; background: var(--sunk); }
.lanes { position: relative; width: 26%; min-width: 5rem; }
.lanes-3 { width: 34%; } .lanes-4, .lanes-5, .lanes-6 { width: 42%; }
.parties { display: flex; }
.party { flex: 1 1 0; text-align: center; white-space: normal; font-weight: 400; padding: 0 .15rem; }
.party b { display: block; font-weight: 600; color: var(--text); }
td.lanes svg { position: absolute; left: 0; right: 0; width: 100%; overflow: visible; }
.ladder td.lanes, .ladder th.lanes { padding-right: 0; }
.ladder td.message, .ladder th:last-child { padding-left: 1.25rem; }
.rails { top: 0; bottom: 0; height: 100%; }
.rails line { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.arrow { top: .45rem; height: 1rem; }
.arrow line { stroke: var(--tone); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.arrow path, .arrow circle { fill: var(--tone); stroke: var(--tone); stroke-width: 1.5; vector-effect: non-scaling-stroke; }

figure { margin: 1.5rem 0; }
figcaption { color: var(--faint); font-size: .875rem; }
.plot { position: relative; background: var(--sunk); border-radius: 6px; padding: .5rem; }
.plot svg { display: block; width: 100%; overflow: visible; }
.time-line svg { height: 5.5rem; }
.sequence .plot { padding-left: 4.25rem; }
.sequence svg { height: 15rem; }
.plot path, .plot line { fill: none; stroke: var(--tone, var(--plain)); stroke-width: 2; vector-effect: non-scaling-stroke; }
.plot .axis { stroke: var(--faint); stroke-width: 1; }
.plot path.plain { stroke: var(--plain); }
.plot path.proves { stroke: color-mix(in srgb, var(--doubtful) 30%, transparent); stroke-width: 7; }
.plot .top, .plot .bottom { position: absolute; left: .6rem; font-size: .78rem; color: var(--faint); }
.plot .top { top: .3rem; } .plot .bottom { bottom: .3rem; }
.plot path.sent { stroke: var(--client); stroke-width: 2.5; }
.plot path.resent { stroke: var(--bad); stroke-width: 4; }
.plot path.acknowledged { stroke: var(--good); stroke-width: 1.5; }
.plot path.window { stroke: var(--faint); stroke-width: 1; stroke-dasharray: 4 3; }
.plot path.reset { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 2 3; }
.axis-times { display: flex; justify-content: space-between; margin: .25rem .5rem; color: var(--faint); font-size: .78rem; }
.keys { display: inline-block; }
.key::before { content: ""; display: inline-block; width: 1.1rem; margin-right: .35rem; vertical-align: .22em; border-top: 3px solid var(--faint); }
.key { margin-right: .6rem; }
.key.sent::before { border-color: var(--client); } .key.resent::before { border-color: var(--bad); }
.key.acknowledged::before { border-color: var(--good); } .key.window::before { border-top-style: dashed; border-top-width: 2px; }
.key.reset::before { border-color: var(--bad); border-top-style: dotted; }

.capture + .capture, .summary + .capture { margin-top: 3.5rem; padding-top: .5rem; border-top: 1px solid var(--line); }
.back { margin-top: 1.5rem; font-size: .9rem; }

@media screen and (max-width: 44rem) {
  header, main, footer { padding-left: 1rem; padding-right: 1rem; }
  header { padding-top: 1rem; }
  .verdict, .finding, .attempt { padding: 1.1rem 1rem; border-radius: 8px; }
  .origin { margin: .75rem 0; }
  .says { font-size: 1.02rem; }
  .answers { grid-template-columns: minmax(0, 1fr); }
  .chain { display: block; margin: 1rem 0; }
  .step { max-width: none; padding: 0 0 .65rem 2.2rem; min-height: 2.3rem; }
  .step::before { top: 1.65rem; bottom: 0; left: .78rem; right: auto; border-top: 0; border-left: 2px solid var(--line); }
  .step .sign { position: absolute; left: 0; top: 0; }
  .step .name, .step .what { display: inline; }
  .step .what::before { content: "· "; }
  .pairs > div { grid-template-columns: minmax(0, 1fr); gap: 0; padding: .25rem 0; }
  table { font-size: .88rem; }
  .ladder td, .ladder th { padding-right: .5rem; }
  .ladder .party bdi { display: none; }
  .party { font-size: .7rem; padding: 0; overflow-wrap: normal; }
  .ladder .lanes { width: 5.4rem; min-width: 5.4rem; }
  .ladder td.time, .ladder td.packet-number { font-size: .72rem; }
  header p + p { display: none; }
  .ladder td.message, .ladder th:last-child { padding-left: .35rem; padding-right: 0; }
  .sequence svg { height: 11rem; }
  .causes thead { display: none; }
  .causes tr, .causes th, .causes td { display: block; padding-right: 0; }
  .causes td { border-top: 0; padding-top: 0; }
  .sortable { min-width: 44rem; }
  .filter { margin: 0 0 .75rem; flex-direction: row; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --paper: #ffffff; --sunk: #f4f4f2; --text: #000000; --faint: #45494f; --line: #c8c8c4;
    --bad: #9c1a13; --doubtful: #734000; --good: #125a30; --plain: #3f444b; --link: #000000; --client: #17498a;
  }
  @page { margin: 16mm 14mm; }
  body { font-size: 10pt; }
  header, main, footer { max-width: none; padding: 0; }
  .skip, .back, .filter { display: none; }
  .verdict, .finding, .attempt { padding: 5mm; }
  h1, h2, h3, h4, caption { break-after: avoid; }
  tr, figure, .answer, .step, .lookup > div { break-inside: avoid; }
  .scroll { overflow: visible; }
  .sortable { min-width: 0; font-size: 8pt; }
  .sortable th, .sortable td { padding: 1mm 2mm; }
  .sortable button::after { content: ""; }
  .badge { border: 1px solid var(--tone); }
  details.fold::details-content { display: block; content-visibility: visible; block-size: auto; }
  .packet > summary, .layer > summary, .fold > summary { list-style: none; }
  a { text-decoration: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
@media (prefers-contrast: more) {
  :root { --line: var(--faint); --faint: var(--text); }
}
`
