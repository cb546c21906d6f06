/** Where the fields of some names stand in a packet. */
import type { Node } from '../wire/field.ts'
import type { InspectedLayer } from './packet.ts'

export interface Occurrence {
  readonly node: Node
  readonly layer: InspectedLayer
  /** The how manieth layer of its protocol it is in, from 1: what `#` in a filter means. */
  readonly layerNumber: number
}

/** All fields of these names, in order; the packet is walked once. */
export function occurrencesOf(
  layers: readonly InspectedLayer[],
  names: ReadonlySet<string>,
): Map<string, Occurrence[]> {
  const found = new Map<string, Occurrence[]>()
  const add = (name: string, occurrence: Occurrence) => {
    if (!names.has(name)) return
    const others = found.get(name)
    if (others === undefined) found.set(name, [occurrence])
    else others.push(occurrence)
  }
  const numbers = new Map<string, number>()
  for (const layer of layers) {
    const protocol = layer.tree.field.name
    const layerNumber = (numbers.get(protocol) ?? 0) + 1
    numbers.set(protocol, layerNumber)
    const visit = (node: Node): void => {
      const { name, also } = node.field
      add(name, { node, layer, layerNumber })
      if (also !== '') add(also, { node, layer, layerNumber })
      if (node.children !== null) for (const child of node.children) visit(child)
    }
    visit(layer.tree)
  }
  return found
}
