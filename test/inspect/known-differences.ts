/**
 * The differences from tshark that are meant, each with its reason: known-differences.tsv. An entry that matches nothing is
 * an error, so that the list can not rot.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Difference } from './comparison.ts'

const LIST = join(import.meta.dirname, 'known-differences.tsv')
const COLUMNS = ['capture', 'packets', 'field', 'kind', 'reason']

interface Entry {
  readonly line: number
  readonly text: string
  readonly capture: RegExp
  /** Empty: all. */
  readonly packets: readonly number[]
  readonly field: RegExp
  readonly kinds: readonly string[]
  used: boolean
}

export class KnownDifferences {
  private readonly entries: readonly Entry[]

  constructor() {
    const lines = readFileSync(LIST, 'utf8').split('\n')
    this.entries = lines.flatMap((text, at) =>
      at === 0 || text === '' || text.startsWith('#') ? [] : [entryOf(text, at + 1)],
    )
  }

  /** @param capture its path, as the list has it: `lab/nla-ok.pcapng` */
  explains(capture: string, { packet, field, kind }: Difference): boolean {
    let explained = false
    for (const entry of this.entries) {
      if (!entry.kinds.includes(kind) && entry.kinds[0] !== '*') continue
      if (entry.packets.length > 0 && !entry.packets.includes(packet)) continue
      if (!entry.field.test(field) || !entry.capture.test(capture)) continue
      entry.used = true
      explained = true
    }
    return explained
  }

  /** Entries for captures like these that matched nothing. @param folder begins the paths of those that were compared */
  unused(folder: string): string[] {
    return this.entries
      .filter(entry => !entry.used && entry.text.startsWith(folder))
      .map(({ line, text }) => `known-differences.tsv:${line} matches nothing: ${text}`)
  }
}

function entryOf(text: string, line: number): Entry {
  const cells = text.split('\t')
  const [capture, packets, field, kind, reason] = cells
  if (cells.length !== COLUMNS.length || !capture || !packets || !field || !kind || !reason) {
    throw new Error(`known-differences.tsv:${line}: wanted: ${COLUMNS.join(', ')}`)
  }
  if (!/^(lab|captures|public)\//.test(capture)) {
    throw new Error(`known-differences.tsv:${line}: the capture begins with lab/, captures/ or public/`)
  }
  return {
    line,
    text,
    capture: pattern(capture),
    packets: packets === '*' ? [] : packets.split(',').map(Number),
    field: pattern(field),
    kinds: kind.split(','),
    used: false,
  }
}

/** `*` stands for anything, `{a,b}` for one of several. */
function pattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^$()|[\]\\?]/g, '\\$&')
    .replaceAll('*', '.*')
    .replace(/\{([^}]*)\}/g, (_, list: string) => `(?:${list.replaceAll(',', '|')})`)
  return new RegExp(`^${source}$`)
}
