/** What a table of codes is: a protocol's numbers, the names that its specification gives them, and what they mean. */

/** Where a row comes from: a protocol specification, the vendor's own documentation, or people's reports. */
type Tier = 'specification' | 'vendor' | 'community'

export interface Code {
  readonly value: number
  /** As the source writes it; '' where the source has no name. */
  readonly symbol: string
  readonly meaning: string
  /** What a reader of captures should know besides; '' when nothing. */
  readonly note: string
  readonly tier: Tier
}

/** [value, symbol, meaning, note, tier]: the tier of the table where it is left out. */
export type Row = readonly [value: number, symbol: string, meaning: string, note?: string, tier?: Tier]

interface About {
  /** Short and stable: 'errinfo', 'tls-alert'. */
  readonly id: string
  readonly title: string
  /** The protocol layer or program that speaks in these codes. */
  readonly layer: string
  /** Specification and section, or document. */
  readonly source: string
  readonly tier: Tier
  /** Hexadecimal digits in which the source prints them; 0 = decimal. */
  readonly hexDigits: number
}

export interface CodeTable extends About {
  readonly codes: readonly Code[]
  readonly byValue: ReadonlyMap<number, Code>
  /** Names of the values, for fields. */
  readonly symbols: ReadonlyMap<number, string>
}

export function codeTable(about: About, rows: readonly Row[]): CodeTable {
  const codes = rows.map(
    ([value, symbol, meaning, note = '', tier = about.tier]): Code => ({ value, symbol, meaning, note, tier }),
  )
  return {
    ...about,
    codes,
    byValue: new Map(codes.map(code => [code.value, code])),
    symbols: new Map(codes.map(code => [code.value, code.symbol])),
  }
}

/** The symbol; for a value without one the number as the source would print it. */
export function symbolOf(table: CodeTable, value: number): string {
  return table.symbols.get(value) || written(table, value)
}

/** What it means; '' when the table does not know the value. */
export function meaningOf(table: CodeTable, value: number): string {
  return table.byValue.get(value)?.meaning ?? ''
}

/** The number as the table's source prints it: `0x00000005` or `42`. */
export function written(table: CodeTable, value: number): string {
  if (table.hexDigits === 0) return String(value)
  return `0x${(value >>> 0).toString(16).toUpperCase().padStart(table.hexDigits, '0')}`
}
