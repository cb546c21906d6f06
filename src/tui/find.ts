/** Finding a packet by text in its line, by bytes, or by a display filter, forwards and back. */
import { compileFilter, FilterError } from '../inspect/filter/filter.ts'
import type { Document } from './document.ts'
import type { PromptFault } from './prompt.ts'

const HEX = 'hex:'
const FILTER = 'filter:'
/** Lines looked at between two looks at the keyboard. */
const LINES_A_SLICE = 128

type Test = (row: number) => Promise<boolean>

export class Finder {
  text = ''
  readonly #document: Document

  constructor(document: Document) {
    this.#document = document
  }

  /** Why this can not be looked for; null when it can. */
  fault(text: string): PromptFault | null {
    if (text.startsWith(HEX)) {
      return bytesOf(text.slice(HEX.length)) === null
        ? { says: 'pairs of hex digits are wanted: hex:16 03 01', at: HEX.length }
        : null
    }
    if (!text.startsWith(FILTER)) return null
    try {
      compileFilter(text.slice(FILTER.length))
      return null
    } catch (error) {
      if (error instanceof FilterError) return { says: error.message, at: FILTER.length + error.range.start }
      throw error
    }
  }

  /**
   * @param from the line to start beside. @param rowAt the row of a line.
   * @returns the line, or -1.
   */
  async next(from: number, count: number, rowAt: (line: number) => number, forward: boolean): Promise<number> {
    const matches = this.#test()
    const step = forward ? 1 : -1
    for (let line = from + step, looked = 1; line >= 0 && line < count; line += step, looked++) {
      if (await matches(rowAt(line))) return line
      if (looked % LINES_A_SLICE === 0) await new Promise(resolve => setImmediate(resolve))
    }
    return -1
  }

  #test(): Test {
    const document = this.#document
    if (this.text.startsWith(HEX)) {
      const wanted = bytesOf(this.text.slice(HEX.length)) ?? new Uint8Array(0)
      return async row => holds(document.recorded(row).bytes, wanted)
    }
    if (this.text.startsWith(FILTER)) {
      const filter = compileFilter(this.text.slice(FILTER.length))
      return async row => {
        const packet = await document.open(row)
        return packet !== null && filter.matches(packet)
      }
    }
    const wanted = this.text.toLowerCase()
    return async row => {
      await document.open(row)
      const { source, destination, protocol, info } = document.line(row)
      return `${source} ${destination} ${protocol} ${info}`.toLowerCase().includes(wanted)
    }
  }
}

/** `16 03 01`, `160301`, `16:03:01`; null when it is none. */
function bytesOf(text: string): Uint8Array | null {
  const digits = text.replaceAll(/[\s:]/g, '')
  if (digits === '' || digits.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(digits)) return null
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16),
  )
}

function holds(bytes: Uint8Array, wanted: Uint8Array): boolean {
  for (let at = bytes.indexOf(wanted[0] as number); at >= 0; at = bytes.indexOf(wanted[0] as number, at + 1)) {
    if (wanted.every((byte, nth) => bytes[at + nth] === byte)) return true
  }
  return false
}
