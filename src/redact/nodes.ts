/** Finding fields in a tree. */
import type { Node } from '../wire/field.ts'

/** The first field of this name, in order; null when there is none. */
export function nodeNamed(tree: Node, name: string): Node | null {
  if (tree.field.name === name) return tree
  for (const child of tree.children ?? []) {
    const found = nodeNamed(child, name)
    if (found !== null) return found
  }
  return null
}

/** Its value as a number; 0 when it is not there. */
export function numberNamed(tree: Node, name: string): number {
  return Number(nodeNamed(tree, name)?.value ?? 0)
}

/** Source and destination address of an IP header, which follow one another: [start, end). Empty where the latter is cut off. */
export function addressSpan(tree: Node): [start: number, end: number] {
  const { name } = tree.field
  const start = nodeNamed(tree, `${name}.src`)?.start ?? tree.start
  return [start, nodeNamed(tree, `${name}.dst`)?.end ?? start]
}

/** All of this name. */
export function* nodesNamed(tree: Node, name: string): Generator<Node> {
  if (tree.field.name === name) yield tree
  for (const child of tree.children ?? []) yield* nodesNamed(child, name)
}
