/** Where a compiled filter gets the values of fields from. */
import { occurrencesOf } from '../occurrences.ts'
import type { InspectedPacket } from '../packet.ts'
import type { Part } from './ast.ts'
import { type Datum, datumOf } from './datum.ts'

/** A field, or its occurrences in some layers of its protocol. */
export interface FieldUse {
  readonly name: string
  readonly layers: readonly Part[] | null
}

export interface Source {
  /** In order; undefined when this source can not know. */
  values(use: FieldUse): readonly Datum[] | undefined
}

/** The field trees of a packet. */
export class TreeSource implements Source {
  private readonly found: ReturnType<typeof occurrencesOf>

  constructor(packet: InspectedPacket, names: ReadonlySet<string>) {
    this.found = occurrencesOf(packet, names)
  }

  values({ name, layers }: FieldUse): readonly Datum[] {
    const all = this.found.get(name) ?? []
    const wanted = layers === null ? all : all.filter(({ layerNumber }) => isIn(layers, layerNumber))
    return wanted.map(({ node, layer }) => datumOf(node, layer))
  }
}

function isIn(parts: readonly Part[], layer: number): boolean {
  return parts.some(({ offset, length, last }) => {
    if (layer < offset) return false
    if (last !== null) return layer <= last
    return length === null || layer < offset + length
  })
}
