/** Fields are constants: Wireshark's name, a label, how to show the value, what its numbers mean. */

export type Codes = ReadonlyMap<number, string>
export type Format = 'dec' | 'hex' | 'text' | 'bytes' | 'group'
export type Severity = 'info' | 'warning' | 'error'

/** Made once at module load by {@link field}. All have one shape. */
export class Field {
  readonly name: string
  readonly label: string
  readonly format: Format
  readonly codes: Codes | null

  constructor(name: string, label: string, format: Format, codes: Codes | null) {
    this.name = name
    this.label = label
    this.format = format
    this.codes = codes
  }
}

/** @param name Wireshark's name wherever it has one: users know it, and tshark becomes the judge. */
export function field(name: string, label: string, format: Format = 'dec', codes: Codes | null = null): Field {
  return new Field(name, label, format, codes)
}

/** One entry of a field tree; `start` and `end` are positions in the bytes that the PDU was read from. */
export class Node {
  readonly field: Field
  readonly start: number
  end: number
  readonly value: number | string
  children: Node[] | null = null
  severity: Severity | null = null
  remark = ''

  constructor(field: Field, start: number, end: number, value: number | string) {
    this.field = field
    this.start = start
    this.end = end
    this.value = value
  }
}
