/** What `decode` writes for each packet: the formats of src/report, by the options of the command. */
import { occurrencesOf } from '../inspect/occurrences.ts'
import type { InspectedPacket } from '../inspect/packet.ts'
import { FIELDS_STYLE, type FieldsStyle, fieldsHead, fieldsLine, fieldTexts } from '../report/packet-fields.ts'
import { packetHex } from '../report/packet-hex.ts'
import { jsonFields, jsonPacket, jsonPacketsHead, jsonPacketsTail } from '../report/packet-json.ts'
import { packetLine } from '../report/packet-line.ts'
import { packetTree } from '../report/packet-tree.ts'
import type { TextStyle } from '../report/text-style.ts'
import { UsageError } from './status.ts'

export interface DecodeFormatOptions {
  readonly format?: 'text' | 'tree' | 'fields' | 'json'
  readonly field?: readonly string[]
  readonly fieldOption?: readonly string[]
  readonly hex?: boolean
}

/** Writes packets, one after the other. */
export interface DecodeWriter {
  head(): string
  /** @param index of the packets written, from 0 */
  packet(packet: InspectedPacket, index: number): string
  tail(written: number): string
}

const OCCURRENCES = { f: 'first', l: 'last', a: 'all' } as const
const QUOTES = { d: '"', s: "'", n: '' } as const
const OPTIONS = 'header=y|n, separator=, aggregator=, occurrence=f|l|a, quote=d|s|n'

/** @throws UsageError for options that do not go together. */
export function decodeWriter(options: DecodeFormatOptions, style: TextStyle): DecodeWriter {
  const { field = [], fieldOption = [], hex = false } = options
  const format = options.format ?? (field.length > 0 ? 'fields' : 'text')
  const chosen = format === 'fields' || format === 'json'
  if (format === 'fields' && field.length === 0) throw new UsageError('-T fields needs -e with the name of a field')
  if (field.length > 0 && !chosen) throw new UsageError(`-e goes with -T fields or json, not with ${format}`)
  if (fieldOption.length > 0 && format !== 'fields') throw new UsageError('-E goes with -T fields')
  if (hex && chosen) throw new UsageError(`-x goes with -T text or tree, not with ${format}`)
  const plain = { head: () => '', tail: () => '' }
  switch (format) {
    case 'fields':
      return fieldsWriter(field, fieldsStyle(fieldOption))
    case 'json':
      return {
        head: jsonPacketsHead,
        packet: field.length === 0 ? jsonPacket : chosenJson(field),
        tail: jsonPacketsTail,
      }
    case 'tree':
      return { ...plain, packet: packet => packetTree(packet, style) + (hex ? packetHex(packet) : '') }
    default:
      // As tshark: the bytes alone.
      return { ...plain, packet: packet => (hex ? packetHex(packet) : `${packetLine(packet, style)}\n`) }
  }
}

function fieldsWriter(names: readonly string[], style: FieldsStyle): DecodeWriter {
  const wanted = new Set(names)
  return {
    head: () => (style.header ? fieldsHead(names, style) : ''),
    packet: packet => fieldsLine(occurrencesOf(packet.layers, wanted), names, style),
    tail: () => '',
  }
}

function chosenJson(names: readonly string[]): DecodeWriter['packet'] {
  const wanted = new Set(names)
  return (packet, index) => {
    const found = occurrencesOf(packet.layers, wanted)
    const values = names.map(name => [name, fieldTexts(found, name, { occurrence: 'all' })] as const)
    return jsonFields(new Map(values), index)
  }
}

/** `key=value`, several of them. */
function fieldsStyle(options: readonly string[]): FieldsStyle {
  let style = FIELDS_STYLE
  for (const option of options) {
    const at = option.indexOf('=')
    const key = at < 0 ? option : option.slice(0, at)
    style = { ...style, ...oneOption(key, at < 0 ? '' : option.slice(at + 1), option) }
  }
  return style
}

function oneOption(key: string, value: string, option: string): Partial<FieldsStyle> {
  switch (key) {
    case 'header':
      if (value === 'y' || value === 'n') return { header: value === 'y' }
      break
    case 'separator':
    case 'aggregator': {
      const character = value === '/t' ? '\t' : value === '/s' ? ' ' : value
      if (character.length === 1) return { [key]: character }
      break
    }
    case 'occurrence':
      if (value in OCCURRENCES) return { occurrence: OCCURRENCES[value as keyof typeof OCCURRENCES] }
      break
    case 'quote':
      if (value in QUOTES) return { quote: QUOTES[value as keyof typeof QUOTES] }
  }
  throw new UsageError(`-E ${option}: it must be one of ${OPTIONS} (/t is a tab, /s a space)`)
}
