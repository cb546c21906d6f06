/** Where a compiled filter gets the values of fields from. */
import { type Occurrence, occurrencesOf } from '../occurrences.ts'
import type { InspectedLayer } from '../packet.ts'
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
  /** Is there one? A protocol can be known without its bytes. */
  exists(use: FieldUse): boolean | undefined
}

/** The field trees of a packet. */
export class TreeSource implements Source {
  private readonly found: ReturnType<typeof occurrencesOf>

  constructor(layers: readonly InspectedLayer[], names: ReadonlySet<string>) {
    this.found = occurrencesOf(layers, names)
  }

  values(use: FieldUse): readonly Datum[] | undefined {
    return this.occurrences(use).map(({ node, layer }) => datumOf(node, layer))
  }

  exists(use: FieldUse): boolean | undefined {
    return this.occurrences(use).length > 0
  }

  private occurrences({ name, layers }: FieldUse): Occurrence[] {
    const all = this.found.get(name) ?? []
    return layers === null ? all : all.filter(({ layerNumber }) => isIn(layers, layerNumber))
  }
}

/** The first parts of the names of fields that headers alone have. */
const HEADERS: ReadonlySet<string> = new Set(['eth', 'ip', 'ipv6', 'tcp', 'udp', 'arp', 'icmp', 'icmpv6'])

/** The trees of a packet's headers, before anything that they carry is read. */
export class HeaderSource extends TreeSource {
  override values(use: FieldUse): readonly Datum[] | undefined {
    return isOfHeaders(use) ? super.values(use) : undefined
  }

  override exists(use: FieldUse): boolean | undefined {
    return isOfHeaders(use) ? super.exists(use) : undefined
  }
}

function isOfHeaders({ name }: FieldUse): boolean {
  const end = name.indexOf('.')
  return HEADERS.has(end < 0 ? name : name.slice(0, end))
}

function isIn(parts: readonly Part[], layer: number): boolean {
  return parts.some(({ offset, length, last }) => {
    if (layer < offset) return false
    if (last !== null) return layer <= last
    return length === null || layer < offset + length
  })
}
