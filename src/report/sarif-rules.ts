/** Rules as SARIF describes them (reportingDescriptor, section 3.49), within the limits of GitHub code scanning. */
import type { Rule, Severity } from '../rules/rule.ts'
import { markdownCode, markdownText } from './markdown-text.ts'
import { rulePage } from './rule-page.ts'
import { sentence } from './words.ts'

/** GitHub refuses longer texts of a rule. */
const LONGEST_TEXT = 1_024

export const SARIF_LEVELS: Record<Severity, 'error' | 'warning' | 'note'> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
}

/** `problem.severity` of GitHub. */
const PROBLEMS: Record<Severity, string> = { error: 'error', warning: 'warning', info: 'recommendation' }

/** In place of a rule: what a policy expects of a capture is not what it shows. */
export const NOT_AS_EXPECTED = 'not-as-expected'

/**
 * A rule, or the name of what is none. Without a helpUri: it would have to be absolute (section 3.49.12), and the page lies in docs/rules.
 */
export function sarifRule(rule: Rule | string): object {
  if (typeof rule === 'string') return expectationRule(rule)
  const page = rulePage(rule)
  const sections = page.sections.map(({ title, text }) => ({ title, text: sentence(text) }))
  const remedies = page.remedy.map(sentence)
  const document = `docs/rules/${page.id}.md`
  return {
    id: page.id,
    shortDescription: { text: cut(sentence(page.title)) },
    fullDescription: {
      text: cut([sentence(page.title), ...sections.map(({ title, text }) => `${title}: ${text}`)].join(' ')),
    },
    help: {
      text: [
        ...sections.map(({ title, text }) => `${title}: ${text}`),
        ...remedies.map(text => `Remedy: ${text}`),
        `Wireshark: ${page.filter}`,
        `More: ${document}`,
      ].join('\n'),
      markdown: [
        ...sections.map(({ title, text }) => `**${title}:** ${markdownText(text)}`),
        '**Remedy**',
        remedies.map(text => `- ${markdownText(text)}`).join('\n'),
        '**Wireshark**',
        markdownCode([page.filter]),
        `More: \`${document}\``,
      ].join('\n\n'),
    },
    defaultConfiguration: { level: SARIF_LEVELS[rule.severity] },
    properties: { tags: ['network', 'rdp'], 'problem.severity': PROBLEMS[rule.severity], document },
  }
}

function expectationRule(id: string): object {
  const text =
    'The capture does not show what the policy expects of it (--expect, or policy.expect in the configuration).'
  return {
    id,
    shortDescription: { text },
    fullDescription: { text },
    help: { text: 'Look at what was found instead; rdpscope scan --verbose tells why the rule does not claim it.' },
    defaultConfiguration: { level: 'error' },
    properties: { tags: ['network', 'rdp'], 'problem.severity': 'error' },
  }
}

/** Of a rule's description, as GitHub limits it. */
export function cut(text: string, most = LONGEST_TEXT): string {
  return text.length > most ? `${text.slice(0, most - 4).trimEnd()} ...` : text
}
