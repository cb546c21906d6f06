/** The README's list of keys, made from the key table of the terminal UI. */
import { BINDINGS, type Binding, keyText, placesText } from '../src/tui/keys.ts'

const BEGIN = '<!-- keys: made by `npm run docs` from src/tui/keys.ts -->'
const END = '<!-- end of keys -->'

/** A Markdown table: what each key does, where, and the name that the configuration file gives it. */
export function keyList(bindings: readonly Binding[] = BINDINGS): string {
  const rows = bindings.map(({ keys, places, help, action }) => {
    const names = keys.map(key => `\`${keyText(key)}\``).join(' ')
    return `| ${names} | ${help} | ${placesText(places) || 'everywhere'} | \`${action}\` |`
  })
  return ['| keys | what they do | in | action |', '|---|---|---|---|', ...rows].join('\n')
}

/** @throws Error when the document has no place for the list. */
export function withKeyList(document: string): string {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`no place for the list of keys: "${BEGIN}" and "${END}" are wanted`)
  return `${document.slice(0, begin + BEGIN.length)}\n\n${keyList()}\n\n${document.slice(end)}`
}
