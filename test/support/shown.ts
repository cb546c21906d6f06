/** What a field tree shows: bytes and texts, not groups. */
import type { Node } from '../../src/wire/field.ts'
import { walk } from './read.ts'

/** Names of the fields that show some of the bytes [from, to), counted from the start of the tree. */
export function shownBetween(root: Node, from: number, to: number): string[] {
  const names: string[] = []
  walk(root, node => {
    const start = node.start - root.start
    const end = node.end - root.start
    const shows = node.field.format !== 'group' && (node.children ?? []).length === 0
    if (shows && start < to && end > from) names.push(node.field.name)
  })
  return names
}
