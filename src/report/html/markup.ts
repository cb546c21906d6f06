/**
 * HTML that can hold no unescaped text: markup comes from template literals in this program alone, and whatever is put into
 * them is escaped unless it is such markup itself. There is no other way to make a {@link Html}.
 */
import { clean } from '../clean.ts'

/** Markup; `String(html)` is its text. */
export class Html {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  /** See {@link html}. */
  static of(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
    const pieces: string[] = []
    for (const [at, literal] of literals.entries()) {
      pieces.push(literal)
      if (at < parts.length) add(parts[at] ?? null, pieces)
    }
    return new Html(pieces.join(''))
  }

  toString(): string {
    return this.#text
  }
}

/** What may stand in a template: text and numbers are escaped, lists are joined, null shows nothing. */
export type Part = string | number | Html | null | readonly Part[]

/** The tag of templates. Attributes must be quoted: text is escaped for content and for quoted attributes alike. */
export const html = Html.of

export const NOTHING = html``

function add(part: Part, pieces: string[]): void {
  if (part === null) return
  if (typeof part === 'string') pieces.push(escaped(part))
  else if (typeof part === 'number' || part instanceof Html) pieces.push(String(part))
  else for (const one of part) add(one, pieces)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return clean(text)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, sign => ENTITIES[sign] as string)
}
