/** Text from captures in Markdown: it is shown, and does nothing else. */
import { clean } from './clean.ts'

/** What CommonMark and GitHub's tables, strikethrough and formulas take for markup. */
const MARKUP = /[\\`*_{}[\]|~$]/g
const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** A list, a heading, a quotation, a rule, where a line begins with it. */
const BLOCK = /^(\s*)([#+=:-]|\d+(?=[.)]))/
/** Mentions, numbers of issues and merge requests, and links that trackers make of plain text by themselves. */
const REFERENCE = /([@#!%])(?=[\p{L}\p{N}_\\&])|\b(GH)(?=-\d)|(:)(?=\/\/)|\b(www)(?=\.)/giu
/** An empty comment parts the text: nothing is shown, and nothing is recognised. */
const PARTED = '<!-- -->'

/** One line of text; it may stand at the beginning of a line, and in a cell of a table. */
export function markdownText(text: string): string {
  return clean(text)
    .replace(MARKUP, '\\$&')
    .replace(/[&<>]/g, character => HTML[character] as string)
    .replace(REFERENCE, `$&${PARTED}`)
    .replace(BLOCK, (_, space: string, sign: string) => (/\d/.test(sign) ? `${space}${sign}\\` : `${space}\\${sign}`))
}

/** A block of code, to be copied: its fence is longer than any run of backticks in it. */
export function markdownCode(lines: readonly string[], language = ''): string {
  const text = lines.map(clean).join('\n')
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}
