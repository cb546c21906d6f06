/** A packet with all fields of its layers, indented; each field with its name, so that a filter can be written from it. */
import type { InspectedLayer, InspectedPacket } from '../inspect/packet.ts'
import { shownText } from '../inspect/value-text.ts'
import type { Node } from '../wire/field.ts'
import { clean } from './clean.ts'
import type { TextStyle } from './text-style.ts'

/** What a line shows of a long value. */
const MOST_CHARACTERS = 200
const BITS_OF_BYTE = 8

/** Lines with line ends, and an empty one behind them. */
export function packetTree(packet: InspectedPacket, style: Pick<TextStyle, 'paint'>): string {
  const { number, originalLength, bytes, timeNs, layers } = packet
  const cut = bytes.length < originalLength ? ` (${bytes.length} captured)` : ''
  const lines = [
    style.paint('strong', `Packet ${number}: ${originalLength} bytes${cut}, ${(timeNs / 1e9).toFixed(6)} s`),
  ]
  for (const layer of layers) addNode(layer.tree, layer, 1, lines, style)
  return `${lines.join('\n')}\n\n`
}

/** A field in one line. */
export interface NodeText {
  /** `Window: 64240`, with the place of its bits where it is part of a number; not cleaned. */
  readonly text: string
  /** What the dissector remarked; '' when nothing. */
  readonly remark: string
}

/** @param isRoot of a layer: it says where its bytes come from. */
export function nodeText(node: Node, layer: InspectedLayer, isRoot: boolean): NodeText {
  const value = shortened(shownText(node, layer))
  const bits = isPartOfNumber(node) ? `${bitPicture(node)} = ` : ''
  const source = isRoot && layer.source !== 'packet' ? ` (${layer.source})` : ''
  return { text: `${bits}${node.field.label}${value === '' ? '' : `: ${value}`}${source}`, remark: node.remark }
}

function addNode(
  node: Node,
  layer: InspectedLayer,
  depth: number,
  lines: string[],
  style: Pick<TextStyle, 'paint'>,
): void {
  const { field, severity, children } = node
  const { text, remark } = nodeText(node, layer, depth === 1)
  const shown = depth === 1 ? style.paint('strong', clean(text)) : clean(text)
  const said = remark === '' ? '' : style.paint(severity === 'error' ? 'bad' : 'doubtful', ` [${clean(remark)}]`)
  lines.push(`${'  '.repeat(depth)}${shown}${style.paint('faint', `  ${field.name}`)}${said}`)
  if (children !== null) for (const child of children) addNode(child, layer, depth + 1, lines, style)
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}… (${text.length} characters)` : text
}

/** Some bits of a number, shown as they are there: not scaled, not in words. */
function isPartOfNumber({ field, value, start, end }: Node): boolean {
  if (field.mask === 0 || typeof value !== 'number' || end <= start) return false
  const mask = field.mask >>> 0
  const largest = mask / ((field.mask & -field.mask) >>> 0)
  return value <= largest && mask !== 2 ** ((end - start) * BITS_OF_BYTE) - 1
}

/** `.... ..1.`: which bits of the number it is, and what they are. */
function bitPicture({ field, value, start, end }: Node): string {
  const width = Math.min(32, Math.max(BITS_OF_BYTE, (end - start) * BITS_OF_BYTE))
  const lowest = Math.log2((field.mask & -field.mask) >>> 0)
  const shifted = Number(value) * 2 ** lowest
  let picture = ''
  for (let bit = width - 1; bit >= 0; bit--) {
    const inMask = ((field.mask >>> bit) & 1) === 1
    picture += inMask ? String(Math.floor(shifted / 2 ** bit) % 2) : '.'
    if (bit % 4 === 0 && bit > 0) picture += ' '
  }
  return picture
}
