/** One packet, to unfold: its layers with all fields, and its bytes. */
import type { InspectedLayer, InspectedPacket } from '../../inspect/packet.ts'
import type { Node } from '../../wire/field.ts'
import { MAX_DOCUMENT_FIELDS, MAX_DOCUMENT_PACKET_BYTES } from '../../wire/limits.ts'
import { relativeTime } from '../layout.ts'
import { hexLines } from '../packet-hex.ts'
import { packetColumns } from '../packet-line.ts'
import { nodeText } from '../packet-tree.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { shortened } from './words.ts'

const MOST_INFO = 300

export function packetDetails(packet: InspectedPacket, id: string): Html {
  const { number, timeNs, originalLength, bytes, layers } = packet
  const { source, destination, protocol, info } = packetColumns(packet)
  const room = { fields: MAX_DOCUMENT_FIELDS }
  const shown = layers.map(layer => layerDetails(layer, room))
  const cut = bytes.length < originalLength ? `, ${bytes.length} captured` : ''
  const left = room.fields < 0 ? html`<p class="note">${-room.fields} more fields are left out here.</p>` : NOTHING
  return html`<details class="packet" id="${id}"><summary><span class="number">Packet ${number}</span> <span class="time">${relativeTime(timeNs)}</span> <span class="ends">${shortened(source, 60)} → ${shortened(destination, 60)}</span> <span class="protocol">${protocol}</span> <span class="info">${shortened(info, MOST_INFO)}</span></summary>
<div class="inside">${shown}${left}${dump(bytes, `${originalLength} bytes${cut}`, number)}</div></details>
`
}

interface Room {
  /** How many more fields are shown; below 0: how many were left out. */
  fields: number
}

function layerDetails(layer: InspectedLayer, room: Room): Html {
  const { children } = layer.tree
  const { text, remark } = nodeText(layer.tree, layer, true)
  const title = html`<b>${text}</b> <code>${layer.tree.field.name}</code>${remarkOf(layer.tree, remark)}`
  const inside = children === null || children.length === 0 ? NOTHING : fieldList(children, layer, room)
  if (String(inside) === '') return html`<p class="layer">${title}</p>`
  return html`<details class="layer"><summary>${title}</summary>${inside}</details>`
}

function fieldList(nodes: readonly Node[], layer: InspectedLayer, room: Room): Html {
  const items = nodes.flatMap(node => {
    room.fields--
    const below = node.children === null ? NOTHING : fieldList(node.children, layer, room)
    if (room.fields < 0 && String(below) === '') return []
    const { text, remark } = nodeText(node, layer, false)
    return [html`<li>${text} <code>${node.field.name}</code>${remarkOf(node, remark)}${below}</li>`]
  })
  return items.length === 0 ? NOTHING : html`<ul class="fields">${items}</ul>`
}

function remarkOf({ severity }: Node, remark: string): Html {
  if (remark === '') return NOTHING
  return html` <span class="remark ${severity === 'error' ? 'bad' : 'doubtful'}">${remark}</span>`
}

function dump(bytes: Uint8Array, size: string, number: number): Html {
  const lines = hexLines(bytes.subarray(0, MAX_DOCUMENT_PACKET_BYTES))
  const left = bytes.length - MAX_DOCUMENT_PACKET_BYTES
  return html`<details class="layer"><summary><b>Bytes</b>: ${size}</summary><div class="scroll" role="group" tabindex="0" aria-label="Bytes of packet ${number}"><pre class="hex">${lines.map(
    line => html`${line}
`,
  )}</pre></div>${left > 0 ? html`<p class="note">${left} more bytes are left out here.</p>` : NOTHING}</details>`
}
