/** Values of chosen fields, one line a packet, as `tshark -T fields` writes them. */
import type { Occurrence } from '../inspect/occurrences.ts'
import { plainText } from '../inspect/value-text.ts'
import { clean } from './clean.ts'

export interface FieldsStyle {
  readonly header: boolean
  readonly separator: string
  /** Between values of one field. */
  readonly aggregator: string
  /** Around the values of a field; '' = nothing. */
  readonly quote: string
  /** Which values of a field are written. */
  readonly occurrence: 'first' | 'last' | 'all'
}

export const FIELDS_STYLE: FieldsStyle = {
  header: false,
  separator: '\t',
  aggregator: ',',
  quote: '',
  occurrence: 'all',
}

export type Found = ReadonlyMap<string, readonly Occurrence[]>

/** Names of the fields, with a line end. */
export function fieldsHead(names: readonly string[], { separator }: FieldsStyle): string {
  return `${names.join(separator)}\n`
}

/** With a line end. */
export function fieldsLine(found: Found, names: readonly string[], style: FieldsStyle): string {
  const cells = names.map(name => {
    const values = fieldTexts(found, name, style)
    if (values.length === 0) return ''
    const text = values.join(style.aggregator)
    return `${style.quote}${style.quote === '' ? text : text.replaceAll(style.quote, `${style.quote}${style.quote}`)}${style.quote}`
  })
  return `${cells.join(style.separator)}\n`
}

/** The values of one field, made harmless. */
export function fieldTexts(found: Found, name: string, { occurrence }: Pick<FieldsStyle, 'occurrence'>): string[] {
  const all = found.get(name) ?? []
  const some = occurrence === 'first' ? all.slice(0, 1) : occurrence === 'last' ? all.slice(-1) : all
  return some.map(({ node, layer }) => clean(plainText(node, layer)))
}
