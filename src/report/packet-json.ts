/**
 * A packet as JSON in the shape of `tshark -T json --no-duplicate-keys`: `_source.layers.<protocol>.<field>`, all values as
 * strings, fields below another in `<field>_tree`, and a list where a name occurs more than once.
 */
import type { InspectedLayer, InspectedPacket } from '../inspect/packet.ts'
import { jsonText } from '../inspect/value-text.ts'
import type { Node } from '../wire/field.ts'
import { cleanJson } from './clean.ts'

type Json = string | JsonObject | readonly Json[]
interface JsonObject {
  [name: string]: Json
}

export function jsonPacketsHead(): string {
  return '['
}

/** @param index of the packets written, from 0 */
export function jsonPacket(packet: InspectedPacket, index: number): string {
  const layers = object()
  for (const { tree, ...where } of packet.layers) add(layers, tree.field.name, fieldsBelow(tree, { tree, ...where }))
  return jsonEntry(layers, index)
}

/** Only some fields: name to values. */
export function jsonFields(fields: ReadonlyMap<string, readonly string[]>, index: number): string {
  const layers = object()
  for (const [name, values] of fields) if (values.length > 0) layers[name] = values
  return jsonEntry(layers, index)
}

export function jsonPacketsTail(written: number): string {
  return written === 0 ? ']\n' : '\n]\n'
}

function jsonEntry(layers: JsonObject, index: number): string {
  const text = JSON.stringify({ _source: { layers } }, null, 2).replaceAll('\n', '\n  ')
  return `${index === 0 ? '' : ','}\n  ${cleanJson(text)}`
}

function fieldsBelow(node: Node, layer: InspectedLayer): JsonObject {
  const fields = object()
  for (const child of node.children ?? []) {
    const { name } = child.field
    const value = jsonText(child, layer)
    const hasChildren = child.children !== null && child.children.length > 0
    if (child.field.format === 'group' && value === '') add(fields, name, hasChildren ? fieldsBelow(child, layer) : '')
    else {
      add(fields, name, value)
      if (hasChildren) add(fields, `${name}_tree`, fieldsBelow(child, layer))
    }
  }
  return fields
}

/** Without a prototype: names come from dissectors, but an object that inherits nothing can not surprise. */
function object(): JsonObject {
  return Object.create(null) as JsonObject
}

function add(to: JsonObject, name: string, value: Json): void {
  const before = to[name]
  if (before === undefined) to[name] = value
  else if (Array.isArray(before)) to[name] = [...before, value]
  else to[name] = [before as string | JsonObject, value]
}
