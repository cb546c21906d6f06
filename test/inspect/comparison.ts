/** One capture, both tools: every field that both know, packet by packet, value by value. */
import { CaptureError } from '../../src/capture/error.ts'
import { fieldsByName } from '../../src/wire/field.ts'
import { type JudgedPacket, judged } from './judge.ts'
import { type JudgeField, judgeFields } from './judge-fields.ts'
import { type FieldValues, ourFields } from './our-fields.ts'
import { theirValue } from './plain-value.ts'

/**
 * `missing`: only tshark shows it. `extra`: only we do. `value`: both, and differently. `order`: the same values in another
 * order. The same of a whole protocol that one of the two does not see in a packet: `layer-missing`, `layer-extra`; told once
 * a conversation, with its first packet. `name-missing`, `name-extra`: likewise, but the other one only names the protocol,
 * without a field.
 */
export type DifferenceKind =
  | 'missing'
  | 'extra'
  | 'value'
  | 'order'
  | 'layer-missing'
  | 'layer-extra'
  | 'name-missing'
  | 'name-extra'

export interface Difference {
  readonly packet: number
  /** The protocol's name where the whole layer differs. */
  readonly field: string
  readonly kind: DifferenceKind
  /** The values that the other one has not. */
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

export interface Comparison {
  readonly packets: number
  /** Occurrences of fields that both showed, or one of them. */
  readonly occurrences: number
  readonly differences: readonly Difference[]
}

/** Each side counts these as it likes: one for each call of a dissector, one for each PDU. */
const PROTOCOL = 'FT_PROTOCOL'

export class Comparer {
  /** What both know, by name. */
  readonly common: ReadonlyMap<string, JudgeField>

  constructor() {
    const ours = fieldsByName()
    this.common = new Map([...judgeFields()].filter(([name]) => ours.has(name)))
  }

  /** Null when one of the two can not read the capture at all. */
  async compare(path: string, packets?: number): Promise<Comparison | null> {
    const theirs = judged(path, [...this.common.keys()], packets)
    const ours = await ourFields(path, this.common, packets).catch((error: unknown) => {
      if (error instanceof CaptureError) return null
      throw error
    })
    const reading = await theirs
    return ours === null || reading.length === 0 ? null : this.differences(ours, reading)
  }

  private differences(ours: ReadonlyMap<number, FieldValues>, theirs: readonly JudgedPacket[]): Comparison {
    const differences: Difference[] = []
    const layers = new Set<string>()
    let occurrences = 0
    for (const packet of theirs) {
      const our = ours.get(packet.number) ?? new Map<string, readonly string[]>()
      for (const different of this.layerDifferences(packet, our)) {
        const key = `${different.kind} ${different.field} ${packet.conversation}`
        if (layers.has(key)) continue
        layers.add(key)
        differences.push(different)
      }
      const ourProtocols = this.protocolsOf(our)
      const theirProtocols = this.protocolsOf(packet.values)
      for (const [name, field] of this.common) {
        const a = our.get(name)
        const b = packet.values.get(name)
        if (a === undefined && b === undefined) continue
        if (!ourProtocols.has(field.protocol) || !theirProtocols.has(field.protocol)) continue
        occurrences += Math.max(a?.length ?? 0, b?.length ?? 0)
        const different = valuesDiffer(packet.number, field, a ?? [], b ?? [])
        if (different !== null) differences.push(different)
      }
    }
    return { packets: theirs.length, occurrences, differences }
  }

  private layerDifferences(packet: JudgedPacket, our: FieldValues): Difference[] {
    const ours = this.protocolsOf(our)
    const theirs = this.protocolsOf(packet.values)
    const layer = { packet: packet.number, ours: [], theirs: [packet.protocols.join(':')] }
    return [
      ...[...theirs]
        .filter(([name]) => !ours.has(name))
        .map(([field, isFull]) => ({ ...layer, field, kind: isFull ? 'layer-missing' : 'name-missing' }) as const),
      ...[...ours]
        .filter(([name]) => !theirs.has(name))
        .map(([field, isFull]) => ({ ...layer, field, kind: isFull ? 'layer-extra' : 'name-extra' }) as const),
    ]
  }

  /** Of which there is a field; true where it is more than the protocol's own name. */
  private protocolsOf(values: FieldValues): Map<string, boolean> {
    const protocols = new Map<string, boolean>()
    for (const name of values.keys()) {
      const field = this.common.get(name)
      if (field === undefined) continue
      protocols.set(field.protocol, field.type !== PROTOCOL || protocols.get(field.protocol) === true)
    }
    return protocols
  }
}

function valuesDiffer(
  packet: number,
  field: JudgeField,
  ours: readonly string[],
  printed: readonly string[],
): Difference | null {
  if (field.type === PROTOCOL) {
    if (ours.length > 0 && printed.length > 0) return null
    return { packet, field: field.name, kind: ours.length > 0 ? 'extra' : 'missing', ours, theirs: printed }
  }
  const theirs = printed.map(value => theirValue(value, field))
  // One empty text can not be told from none in what tshark prints.
  if (printed.length === 0 && ours.length === 1 && ours[0] === '') return null
  if (ours.length === theirs.length && ours.every((value, at) => value === theirs[at])) return null
  const onlyOurs = without(ours, theirs)
  const onlyTheirs = without(theirs, ours)
  const different = { packet, field: field.name, ours: onlyOurs, theirs: onlyTheirs }
  if (onlyOurs.length > 0) return { ...different, kind: onlyTheirs.length > 0 ? 'value' : 'extra' }
  if (onlyTheirs.length > 0) return { ...different, kind: 'missing' }
  return field.shared ? null : { ...different, kind: 'order', ours, theirs }
}

function without(values: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const value of others) left.set(value, (left.get(value) ?? 0) + 1)
  return values.filter(value => {
    const count = left.get(value) ?? 0
    if (count > 0) left.set(value, count - 1)
    return count === 0
  })
}
