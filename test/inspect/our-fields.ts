/** Our side of the comparison: the nodes of each packet's trees by name, as strings in the judge's form. */
import { openCapture } from '../../src/capture/open.ts'
import { inspect } from '../../src/inspect/inspect.ts'
import type { InspectedLayer } from '../../src/inspect/packet.ts'
import type { Node } from '../../src/wire/field.ts'
import type { JudgeField } from './judge-fields.ts'
import { ourValue } from './plain-value.ts'

const UNJUDGED = '/rdg/'

export type FieldValues = ReadonlyMap<string, readonly string[]>

/** By packet number: the values of those fields that the judge knows, in the order of the trees. */
export async function ourFields(
  path: string,
  known: ReadonlyMap<string, JudgeField>,
  packets = Number.POSITIVE_INFINITY,
): Promise<Map<number, FieldValues>> {
  const all = new Map<number, FieldValues>()
  const capture = await openCapture(path)
  try {
    for await (const packet of inspect(capture)) {
      if (packet.number > packets) break
      const values = new Map<string, string[]>()
      for (const layer of packet.layers) if (!isUnjudged(layer)) collect(layer.tree, layer, known, values)
      all.set(packet.number, values)
    }
  } finally {
    await capture.close()
  }
  return all
}

/** tshark knows nothing of RD Gateway, and so of what travels in it. */
function isUnjudged({ pdu }: InspectedLayer): boolean {
  return pdu?.path.includes(UNJUDGED) === true
}

function collect(
  node: Node,
  layer: InspectedLayer,
  known: ReadonlyMap<string, JudgeField>,
  into: Map<string, string[]>,
): void {
  for (const name of [node.field.name, node.field.also]) {
    const field = known.get(name)
    if (field === undefined) continue
    const value = ourValue(node, layer, field)
    const others = into.get(name)
    if (others === undefined) into.set(name, [value])
    else others.push(value)
  }
  for (const child of node.children ?? []) collect(child, layer, known, into)
}
