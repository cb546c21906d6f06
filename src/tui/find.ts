/** Finding a packet by text in its line, by bytes, or by a display filter, forwards and back. */
import { compileFilter } from '../inspect/filter/filter.ts'
import type { InspectedPacket } from '../inspect/packet.ts'
import { packetColumns } from '../report/packet-line.ts'
import type { Document } from './document.ts'
import { compileFault } from './filters.ts'
import type { PromptFault } from './prompt.ts'

const HEX = 'hex:'
const FILTER = 'filter:'

/** What is searched: the lines of the packet list. */
export interface Searched {
  readonly count: number
  rowAt(line: number): number
  lineOf(row: number): number
}

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
    const fault = compileFault(text.slice(FILTER.length))
    return fault === null ? null : { ...fault, at: FILTER.length + fault.at }
  }

  /**
   * @param from the line to start beside.
   * @param goesOn asked now and then; false ends it.
   * @returns the line, or -1.
   */
  async next(list: Searched, from: number, forward: boolean, goesOn: () => boolean): Promise<number> {
    if (this.text.startsWith(HEX)) return this.#nextBytes(list, from, forward, goesOn)
    const first = forward ? from + 1 : 0
    const end = forward ? list.count : from
    if (first >= end) return -1
    let found = -1
    const isFilter = this.text.startsWith(FILTER)
    const wanted = this.text.toLowerCase()
    await this.#document.search({
      from: list.rowAt(first),
      to: list.rowAt(end - 1) + 1,
      ...(isFilter ? { filter: compileFilter(this.text.slice(FILTER.length)) } : {}),
      goesOn: () => goesOn() && (!forward || found < 0),
      found: (row, packet) => {
        if (forward && found >= 0) return
        const line = list.lineOf(row)
        if (list.rowAt(line) !== row || !(isFilter || holdsText(packet, wanted))) return
        found = line
      },
    })
    return found
  }

  async #nextBytes(list: Searched, from: number, forward: boolean, goesOn: () => boolean): Promise<number> {
    const wanted = bytesOf(this.text.slice(HEX.length)) ?? new Uint8Array(0)
    const pause = this.#document.pauses()
    const step = forward ? 1 : -1
    for (let line = from + step; line >= 0 && line < list.count; line += step) {
      const waits = pause()
      if (waits !== null) {
        await waits
        if (!goesOn()) return -1
      }
      if (holds(this.#document.recorded(list.rowAt(line)).bytes, wanted)) return line
    }
    return -1
  }
}

function holdsText(packet: InspectedPacket, wanted: string): boolean {
  const { source, destination, protocol, info } = packetColumns(packet)
  return `${source} ${destination} ${protocol} ${info}`.toLowerCase().includes(wanted)
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
