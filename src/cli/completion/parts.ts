/** What the scripts of several shells are made of. */
import type { CommandRow, Values } from '../command-table.ts'

/** What runs when no command is named. */
export const COMMAND_BY_DEFAULT = 'scan'

export function optionNames({ options }: CommandRow): string[] {
  return options.flatMap(({ long, short }) => [long, ...(short === null ? [] : [short])])
}

export function placedValues(values: readonly string[] | 'files'): Values {
  return values === 'files' ? { kind: 'files', words: [] } : { kind: 'words', words: values }
}

/** All words, with what may stand behind them: for shells in which = is part of a word. */
export function wholeWords({ words, behind }: Values): readonly string[] {
  if (behind === undefined || behind === 'files') return words
  return words.flatMap(word => behind.map(end => `${word}=${end}`))
}
