/** `rdpscope rules`: what the rules are, and what one of them looks at, confirms, rules out and can not see. */
import { clean } from '../report/clean.ts'
import { hanging } from '../report/layout.ts'
import { rulePage, rulePageText } from '../report/rule-page.ts'
import { rules } from '../rules/index.ts'
import type { Rule } from '../rules/rule.ts'
import type { Streams } from './output.ts'
import { EXIT_CLEAN, UsageError } from './status.ts'
import { textStyle } from './terminal.ts'

/** @throws UsageError for a rule that does not exist. */
export async function printRules(id: string | undefined, streams: Streams): Promise<number> {
  const { width } = textStyle({ verbose: false, columns: streams.columns })
  await streams.results.write(
    [...(id === undefined ? list(width) : rulePageText(rulePage(named(id)), width)), ''].join('\n'),
  )
  return EXIT_CLEAN
}

function named(id: string): Rule {
  const found = rules.find(rule => rule.id === id)
  if (found !== undefined) return found
  const near = rules.filter(rule => rule.id.includes(id)).map(rule => rule.id)
  const hint = near.length > 0 ? `: did you mean ${near.slice(0, 5).join(', ')}?` : ': rdpscope rules lists them'
  throw new UsageError(`no rule is called ${clean(id)}${hint}`)
}

function list(width: number): string[] {
  const column = Math.max(...rules.map(rule => rule.id.length)) + 2
  return rules.flatMap(rule => hanging(`${rule.id.padEnd(column)}${rule.severity.padEnd(9)}`, rule.title, width))
}
