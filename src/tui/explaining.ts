/** What Explain is asked about, and the text that answers it: the same as `rdpscope explain` and `rdpscope rules` print. */
import { type Explanation, explain, explainFrom, questions, tableOfNames } from '../codes/explain.ts'
import { httpStatuses } from '../codes/http-status.ts'
import type { CodeTable } from '../codes/table.ts'
import { explanationText, isKnown, lookFurther } from '../report/explanation.ts'
import { rulePage, rulePageText } from '../report/rule-page.ts'
import { rules } from '../rules/index.ts'
import { behindDialog } from '../rules/recordings.ts'
import type { Node } from '../wire/field.ts'

export interface Topic {
  /** For the line at the top. */
  readonly title: string
  /** @param width columns that there are. */
  lines(width: number): TopicLine[]
}

export interface TopicLine {
  readonly text: string
  readonly isHeading: boolean
  /** The rule that it names; '' = none. */
  readonly rule: string
}

/** Fields whose numbers have a table, but no names in the tree. */
const TABLES_BY_FIELD: ReadonlyMap<string, CodeTable> = new Map([['http.response.code', httpStatuses]])

/** The id of a rule, or codes as `rdpscope explain` takes them; null when nobody knows anything about it. */
export function topicOf(text: string): Topic | null {
  const asked = text.trim()
  const rule = rules.find(({ id }) => id === asked.toLowerCase())
  if (rule !== undefined) {
    return { title: rule.id, lines: width => told(rulePageText(rulePage(rule), width), new Set(), rule.id) }
  }
  const explanations = asked === '' ? [] : questions(asked.split(/\s+/)).map(explain)
  return explanations.some(isKnown) ? codeTopic(asked, explanations) : null
}

/**
 * What can be said of a field's value: by the table that belongs to the field, or, of a wide number that several tables share
 * (HRESULT, NTSTATUS), by all of them. Null when nobody knows it.
 */
export function topicOfField({ field, value }: Node): Topic | null {
  if (typeof value !== 'number') return null
  const table = TABLES_BY_FIELD.get(field.name) ?? (field.codes === null ? null : tableOfNames(field.codes))
  if (table === null) return value >>> 0 > 0xffff ? topicOf(hexText(value)) : null
  const explanation = explainFrom(field.name, table, value >>> 0)
  return isKnown(explanation) ? codeTopic(field.name, [explanation]) : null
}

/** What the prompt proposes for a field that no table is known of. */
export function proposedFor({ value }: Node): string {
  return typeof value === 'number' ? hexText(value) : ''
}

/** Why nothing can be said of it. */
export function whyUnknown(text: string): string {
  const asked = text.trim()
  if (asked === '') return 'a code (0x904, alert 40, http 502), a name, words, or the id of a rule'
  return questions(asked.split(/\s+/))
    .map(explain)
    .filter(explanation => !isKnown(explanation))
    .map(lookFurther)
    .join('; ')
}

/** Ids of rules that begin so. */
export function rulesBeginning(word: string): string[] {
  return rules.map(({ id }) => id).filter(id => id.startsWith(word))
}

function codeTopic(title: string, explanations: readonly Explanation[]): Topic {
  return {
    title,
    lines: width => {
      const headings = new Set<string>()
      const paint = (_: string, text: string): string => {
        headings.add(text)
        return text
      }
      const lines = explanationText(explanations, { rules, behindDialog }, { width, paint })
      for (const explanation of explanations) if (!isKnown(explanation)) lines.push(lookFurther(explanation))
      return told(lines, headings, '')
    },
  }
}

/** @param own rule that the text is about: it leads nowhere. */
function told(lines: readonly string[], headings: ReadonlySet<string>, own: string): TopicLine[] {
  return lines.map((text, at) => ({
    text,
    isHeading: headings.has(text) || (own !== '' && at === 0),
    rule: text.split(/[\s,:]+/).find(word => word !== own && rules.some(({ id }) => id === word)) ?? '',
  }))
}

function hexText(value: number): string {
  return `0x${(value >>> 0).toString(16).toUpperCase()}`
}
