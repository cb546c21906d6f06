/** A packet's bytes as tshark -x prints them: sixteen a line, and behind the frame what was put together or decrypted. */
import type { InspectedLayer, InspectedPacket } from '../inspect/packet.ts'

const BYTES_A_LINE = 16
const OFFSET_DIGITS = 4
const SOURCE_NAMES = { packet: 'Frame', reassembled: 'Reassembled', decrypted: 'Decrypted' } as const

/** Lines with line ends, and an empty one behind each part. */
export function packetHex(packet: InspectedPacket): string {
  const others = distinct(packet.layers)
  if (others.length === 0) return `${hexDump(packet.bytes)}\n`
  const frame = part(`Frame (${packet.bytes.length} bytes)`, packet.bytes)
  const parts = others.map(layer => {
    const name = layer.pdu?.title ?? layer.tree.field.label
    return part(`${SOURCE_NAMES[layer.source]} ${name} (${layer.bytes.length} bytes)`, layer.bytes)
  })
  return `${[frame, ...parts].join('')}`
}

/** Lines with line ends. */
export function hexDump(bytes: Uint8Array): string {
  return hexLines(bytes)
    .map(line => `${line}\n`)
    .join('')
}

export function hexLines(bytes: Uint8Array): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += BYTES_A_LINE) {
    const line = bytes.subarray(at, at + BYTES_A_LINE)
    const pairs = Array.from(line, byte => byte.toString(16).padStart(2, '0')).join(' ')
    const letters = Array.from(line, byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(OFFSET_DIGITS, '0')}  ${pairs.padEnd(BYTES_A_LINE * 3 - 1)}   ${letters}`)
  }
  return lines
}

function part(title: string, bytes: Uint8Array): string {
  return `${title}:\n${hexDump(bytes)}\n`
}

/** Layers whose bytes are not in the packet; those of one run of bytes once. */
function distinct(layers: readonly InspectedLayer[]): InspectedLayer[] {
  const seen = new Set<Uint8Array>()
  return layers.filter(({ source, bytes }) => {
    if (source === 'packet' || seen.has(bytes)) return false
    seen.add(bytes)
    return true
  })
}
