/** All captures below a folder, two at a time, against the list of known differences. */
import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { Comparer, Difference } from './comparison.ts'
import type { KnownDifferences } from './known-differences.ts'

/** tshark in a process of its own beside us. */
const AT_A_TIME = 2
/** Examples of one field shown of a capture. */
const MAX_EXAMPLES = 2
const MAX_EXAMPLE_LENGTH = 100

export interface FolderComparison {
  captures: number
  packets: number
  occurrences: number
  /** Explained by the list. */
  known: number
  /** One line for each field, capture and kind of difference that the list does not explain. */
  readonly unexplained: string[]
}

/** @param prefix of the captures' names in the list: `lab/` */
export async function compareFolder(
  folder: string,
  prefix: string,
  comparer: Comparer,
  list: KnownDifferences,
): Promise<FolderComparison> {
  const total: FolderComparison = { captures: 0, packets: 0, occurrences: 0, known: 0, unexplained: [] }
  const nameOf = (path: string): string => prefix + relative(folder, path).split(sep).join('/')
  const queue = capturesBelow(folder).values()
  const compareNext = async (): Promise<void> => {
    for (const path of queue) {
      const compared = await comparer.compare(path)
      if (compared === null) continue
      total.captures++
      total.packets += compared.packets
      total.occurrences += compared.occurrences
      const name = nameOf(path)
      const left = compared.differences.filter(difference => !list.explains(name, difference))
      total.known += compared.differences.length - left.length
      total.unexplained.push(...summary(name, left))
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, compareNext))
  total.unexplained.sort()
  return total
}

export function capturesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !/\.(tsv|md|txt|ts)$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

/** One line for each field and kind. */
function summary(name: string, differences: readonly Difference[]): string[] {
  const groups = new Map<string, Difference[]>()
  for (const difference of differences) {
    const key = `${difference.field} ${difference.kind}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [difference])
    else group.push(difference)
  }
  return [...groups].map(([key, group]) => {
    return `${name}: ${key} x${group.length}: ${group.slice(0, MAX_EXAMPLES).map(example).join('; ')}`
  })
}

/** `#5 ours 1, tshark 2` */
export function example({ packet, ours, theirs }: Difference): string {
  const sides = [ours.length > 0 ? `ours ${short(ours)}` : '', theirs.length > 0 ? `tshark ${short(theirs)}` : '']
  return `#${packet} ${sides.filter(side => side !== '').join(', ')}`
}

function short(values: readonly string[]): string {
  const text = values.join(' | ')
  return text.length <= MAX_EXAMPLE_LENGTH ? text : `${text.slice(0, MAX_EXAMPLE_LENGTH)}...`
}
