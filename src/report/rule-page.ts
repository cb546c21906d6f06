/** What is told of one rule, for the terminal and for documents: the same sections from the same data. */
import { allegationsOf } from '../codes/allegations.ts'
import { teams } from '../codes/teams.ts'
import type { Recording } from '../rules/recordings.ts'
import type { Rule } from '../rules/rule.ts'
import { hanging, wrap } from './layout.ts'
import { capital } from './words.ts'

export interface RulePage {
  readonly id: string
  readonly severity: string
  readonly title: string
  readonly sections: readonly RuleSection[]
  /** The captures that settle what it can not see, the best first. */
  readonly recordings: readonly Recording[]
  readonly remedy: readonly string[]
  /** Who can do that, the likeliest first. */
  readonly ask: readonly string[]
  /** A display filter, to be copied. */
  readonly filter: string
  /** What people blame that it decides or hints at, with what is to be known about it. */
  readonly blamed: readonly string[]
}

interface RuleSection {
  readonly title: string
  readonly text: string
}

export function rulePage(rule: Rule): RulePage {
  const sections = [
    { title: 'Looks at', text: rule.looksAt },
    { title: 'Confirms', text: rule.confirms },
    { title: 'Rules out', text: rule.rulesOut },
    { title: 'Can not see', text: rule.cannotSee },
  ]
  return {
    id: rule.id,
    severity: rule.severity,
    title: rule.title,
    sections: sections.filter(({ text }) => text !== ''),
    recordings: rule.settledBy,
    remedy: rule.remedy,
    ask: rule.ask.map(team => teams[team].name),
    filter: rule.filter,
    blamed: allegationsOf(rule.id).map(({ claim, truth }) => `${capital(claim)}. ${truth}`),
  }
}

const LABEL_COLUMNS = 13

/** For a terminal of so many columns. Commands and filters are not wrapped: they are there to be copied. */
export function rulePageText(page: RulePage, width: number): string[] {
  const lines = [`${page.id} (${page.severity})`, ...hanging('  ', page.title, width), '']
  const field = (name: string, text: string) => lines.push(...hanging(label(name), text, width))
  for (const { title, text } of page.sections) field(title, text)
  for (const [at, { title, when }] of page.recordings.entries()) {
    field(at === 0 ? 'Settled by' : '', `${at + 1}. A capture ${title}. ${when}`)
  }
  for (const [at, text] of page.remedy.entries()) field(at === 0 ? 'Remedy' : '', `- ${text}`)
  field('Ask', page.ask.join('; '))
  if (page.filter !== '') lines.push(`${label('Wireshark')}${page.filter}`)
  for (const [at, text] of page.blamed.entries()) field(at === 0 ? 'Blamed as' : '', `- ${text}`)
  for (const [at, recording] of page.recordings.entries()) lines.push('', ...recordingText(recording, at + 1, width))
  return lines
}

function recordingText({ title, steps, commands }: Recording, number: number, width: number): string[] {
  const lines = wrap(`${number}. A capture ${title}:`, width)
  for (const step of steps) lines.push(...hanging('   - ', step, width))
  for (const { program, lines: told } of commands) {
    lines.push(...hanging('   ', `${program}:`, width), ...told.map(line => `       ${line}`))
  }
  return lines
}

function label(name: string): string {
  return `  ${name.padEnd(LABEL_COLUMNS)}`
}
