/** Finding fields in a layer's tree. */

import type { Node } from '../wire/field.ts'
import type { InspectedLayer } from './packet.ts'
import { codeName, shownText } from './value-text.ts'

/** The first one. */
export function nodeNamed(layer: InspectedLayer, name: string): Node | null {
  return firstIn(layer.tree, name)
}

/** Whether there is a field or a group of this name: an analysis flag is nothing but there. */
export function holds({ tree }: InspectedLayer, name: string): boolean {
  const visit = (node: Node): boolean => node.field.name === name || (node.children ?? []).some(visit)
  return visit(tree)
}

/** The innermost header of IP; null when there is none. */
export function innermostNetwork(layers: readonly InspectedLayer[]): InspectedLayer | null {
  return layers.findLast(({ tree }) => tree.field.name === 'ip' || tree.field.name === 'ipv6') ?? null
}

/** Its value as a number; null when there is none. */
export function numberOf(layer: InspectedLayer, name: string): number | null {
  const value = nodeNamed(layer, name)?.value
  return typeof value === 'number' ? value : null
}

/** Its value as people read it; '' when there is none. */
export function textOf(layer: InspectedLayer, name: string): string {
  const node = nodeNamed(layer, name)
  return node === null ? '' : shownText(node, layer)
}

/** What the code of a field is called, or its number; '' when there is none. */
export function nameOf(layer: InspectedLayer, name: string): string {
  const node = nodeNamed(layer, name)
  return node === null ? '' : (codeName(node.field, node.value) ?? shownText(node, layer))
}

function firstIn(node: Node, name: string): Node | null {
  if (node.field.name === name && node.field.format !== 'group') return node
  for (const child of node.children ?? []) {
    const found = firstIn(child, name)
    if (found !== null) return found
  }
  return null
}
