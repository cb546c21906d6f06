/** What the two sides of a conversation said, layer by layer: the payload of TCP or UDP, then what each protocol in it carried. */
import type { InspectedPacket } from '../inspect/packet.ts'
import { StreamBytes } from '../inspect/stream-bytes.ts'
import { CLIENT } from '../wire/dissector.ts'
import type { Document } from './document.ts'

export interface FollowedPart {
  readonly packet: number
  /** 0 = the client, or the side that was seen first. */
  readonly side: 0 | 1
  readonly bytes: Uint8Array
}

export interface FollowedLayer {
  /** `TCP payload`, `TLS > HTTP`. */
  readonly title: string
  readonly parts: readonly FollowedPart[]
}

/** @param stream twice its number, and one more where it is UDP. */
export async function followStream(document: Document, stream: number): Promise<FollowedLayer[]> {
  const packets = await document.packets(document.index.rowsOf(stream))
  const transport = stream % 2 === 0 ? 'tcp' : 'udp'
  const bytes = new StreamBytes(transport, stream >> 1)
  for (const packet of packets) bytes.add(packet)
  const layers: FollowedLayer[] = []
  const payload = bytes.payload()
  if (payload.length > 0) layers.push({ title: `${transport.toUpperCase()} payload`, parts: payload })
  for (const [path, parts] of byPath(packets)) {
    layers.push({ title: path.replace(/^(tcp|udp)\//, '').replaceAll('/', ' > '), parts })
  }
  return layers
}

/** PDUs by the path of their layer, the outermost first. */
function byPath(packets: readonly InspectedPacket[]): [string, FollowedPart[]][] {
  const found = new Map<string, FollowedPart[]>()
  for (const { layers, number } of packets) {
    for (const { pdu, bytes } of layers) {
      if (pdu === null) continue
      const parts = found.get(pdu.path) ?? []
      parts.push({ packet: number, side: pdu.direction === CLIENT ? 0 : 1, bytes })
      found.set(pdu.path, parts)
    }
  }
  return [...found].sort(([a], [b]) => a.split('/').length - b.split('/').length)
}
