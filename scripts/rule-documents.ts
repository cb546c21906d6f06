/** The documents under docs/ that are made from the rules: one a rule, their index, and the captures that settle them. */
import { rulePage } from '../src/report/rule-page.ts'
import { rules } from '../src/rules/index.ts'
import { type Recording, recordings } from '../src/rules/recordings.ts'
import type { Rule } from '../src/rules/rule.ts'

const MADE = '<!-- Made by npm run docs from src/rules. -->'

/** Paths within docs/, and what stands there. */
export function ruleDocuments(): ReadonlyMap<string, string> {
  return new Map([
    ['rules/README.md', index()],
    ['captures.md', captures()],
    ...rules.map((rule): [string, string] => [`rules/${rule.id}.md`, document(rule)]),
  ])
}

function index(): string {
  const rows = rules.map(({ id, severity, title }) => `| [${id}](${id}.md) | ${severity} | ${plain(title)} |`)
  return lines(
    '# The rules',
    MADE,
    'In the order in which they weigh: causes before their consequences. The severity is the highest that a rule claims. `rdpscope rules ID` prints the same.',
    ['| rule | severity | what it says |', '|---|---|---|', ...rows].join('\n'),
    '[The captures that settle what a rule could not see](../captures.md).',
  )
}

function document(rule: Rule): string {
  const page = rulePage(rule)
  const settled = page.recordings.flatMap(recording => [
    `**A capture ${plain(recording.title)}.** ${plain(recording.when)} [Steps and commands for other programs](../captures.md#${recording.id})`,
    code(recording.commands[0]?.lines ?? []),
  ])
  return lines(
    `# ${page.id}`,
    MADE,
    `${plain(page.title)}. The highest severity that it claims: ${page.severity}.`,
    ...page.sections.flatMap(({ title, text }) => [`## ${title}`, plain(text)]),
    '## Which capture would settle it',
    ...settled,
    '## Remedy',
    list(page.remedy),
    `Ask ${page.ask.join(', or ')}.`,
    '## In Wireshark',
    code([page.filter]),
    ...(page.blamed.length === 0 ? [] : ['## What people blame', list(page.blamed)]),
    '[All rules](README.md)',
  )
}

function captures(): string {
  return lines(
    '# Captures that settle it',
    MADE,
    'Whole packets, in a ring of files, with everything that an attempt is made of: the connection, the gateway and its UDP port, DNS, Kerberos, ICMP, ARP, and fragments. `SERVER` and `GATEWAY` stand for addresses.',
    ...recordings.flatMap(recordingSection),
  )
}

function recordingSection({ id, title, when, steps, commands }: Recording): string[] {
  return [
    `<a id="${id}"></a>`,
    `## A capture ${plain(title)}`,
    plain(when),
    list(steps),
    ...commands.flatMap(({ program, lines }) => [`${plain(program)}:`, code(lines)]),
  ]
}

function lines(...blocks: readonly string[]): string {
  return `${blocks.join('\n\n')}\n`
}

function list(items: readonly string[]): string {
  return items.map(item => `- ${plain(item)}`).join('\n')
}

function code(lines: readonly string[]): string {
  return lines.map(line => `    ${line}`).join('\n')
}

/** Text in which Markdown finds no markup of its own. */
function plain(text: string): string {
  return text.replaceAll(/[\\`*_<>|[\]]/g, character => `\\${character}`)
}
