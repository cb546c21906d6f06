/** Text from captures in XML 1.0. */
import { clean } from './clean.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/**
 * One line of text, for content and attributes. What XML has no way to write, control characters above all, is shown as an
 * escape; the two noncharacters that it forbids become the replacement character.
 */
export function xmlText(text: string): string {
  return clean(text)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, character => ENTITIES[character] as string)
}
