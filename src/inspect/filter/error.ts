/** What is wrong with a display filter, and where. */

/** Characters [start, end) of the filter. */
export interface Range {
  readonly start: number
  readonly end: number
}

export class FilterError extends Error {
  readonly filter: string
  /** The characters that it is about; at the end of the filter the range is empty. */
  readonly range: Range

  constructor(message: string, filter: string, range: Range) {
    super(message)
    this.filter = filter
    this.range = range
  }
}

/** The filter with a line of carets below the place, for a terminal. Line breaks and tabs become spaces, so that they stand below one another. */
export function pointedAt({ filter, range }: FilterError): [filter: string, carets: string] {
  const line = filter.replaceAll(/\s/g, ' ')
  const width = Math.max(1, range.end - range.start)
  return [line, `${' '.repeat(range.start)}${'^'.repeat(width)}`]
}
