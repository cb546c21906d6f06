/** Packet numbers as they are typed: `5`, `5-9`, `5-`, several with commas. */
import { UsageError } from './status.ts'

export interface NumberRange {
  readonly first: number
  /** Infinity: up to the end. */
  readonly last: number
}

/** @throws UsageError */
export function parseRanges(text: string): NumberRange[] {
  return text.split(',').map(part => {
    const match = /^\s*(\d{1,15})\s*(?:(-)\s*(\d{1,15})?)?\s*$/.exec(part)
    const first = Number(match?.[1])
    const last = match?.[2] === undefined ? first : match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3])
    if (match === null || first < 1 || last < first) {
      throw new UsageError(`${part.trim() || text}: no packet numbers; write 5, 5-9 or 5-, several with commas`)
    }
    return { first, last }
  })
}
