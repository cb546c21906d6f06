/** What the place that text goes to can show. */
import { styleText } from 'node:util'
import type { Colour, TextStyle } from '../report/text-style.ts'
import { coloursWanted, showsUnicode } from '../tui/traits.ts'
import { DEFAULT_COLUMNS } from './output.ts'

const COLOURS: Record<Colour, Parameters<typeof styleText>[0]> = {
  strong: 'bold',
  faint: 'dim',
  good: 'green',
  bad: ['bold', 'red'],
  doubtful: ['bold', 'yellow'],
}

export interface TextWishes {
  readonly verbose: boolean
  readonly width?: number | undefined
  /** Of the terminal that the text goes to; null when it goes elsewhere. */
  readonly columns: number | null
}

export function textStyle(
  { verbose, width, columns }: TextWishes,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): TextStyle {
  const tty = columns !== null
  const coloured = tty && coloursWanted(env)
  return {
    width: width ?? columns ?? DEFAULT_COLUMNS,
    unicode: !tty || showsUnicode(env, platform),
    verbose,
    // Whether there are colours is decided here: Node 22 would ask standard output once more.
    paint: (colour, text) => (coloured ? styleText(COLOURS[colour], text, { validateStream: false }) : text),
  }
}
