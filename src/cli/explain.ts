/** `rdpscope explain`: what a code means, layer by layer, what it does not mean, and what to capture. */
import { explain, questions } from '../codes/explain.ts'
import { explanationText, isKnown, lookFurther } from '../report/explanation.ts'
import { rules } from '../rules/index.ts'
import { behindDialog } from '../rules/recordings.ts'
import type { Streams } from './output.ts'
import { EXIT_CLEAN, EXIT_USAGE, UsageError } from './status.ts'
import { textStyle } from './terminal.ts'

/**
 * What is known is explained; what is not is told with how to look further, and makes the status that of wrong use.
 * @throws UsageError when no table knows any of them.
 */
export async function explainCodes(words: readonly string[], streams: Streams): Promise<number> {
  const explanations = questions(words).map(explain)
  const unknown = explanations.filter(explanation => !isKnown(explanation)).map(lookFurther)
  if (unknown.length === explanations.length)
    throw new UsageError(unknown.join('; ') || 'nothing was asked: give a number, a name or words')
  const style = textStyle({ verbose: false, columns: streams.columns })
  const lines = explanationText(explanations, { rules, behindDialog }, style)
  await streams.results.write(lines.map(line => `${line}\n`).join(''))
  for (const complaint of unknown) streams.complain(complaint)
  return unknown.length === 0 ? EXIT_CLEAN : EXIT_USAGE
}
