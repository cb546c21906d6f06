/** Datagrams put together from fragments, with the packets that brought the pieces. */
import { Defragmenter } from '../flow/defragment.ts'
import type { Headers } from '../flow/headers.ts'
import type { Position } from '../flow/position.ts'
import { field } from '../wire/field.ts'
import { MAX_FRAGMENTED_DATAGRAMS } from '../wire/limits.ts'
import type { Pdu } from '../wire/pdu.ts'

interface Piece {
  readonly packet: number
  readonly offset: number
}

const parts = (list: string, reassembled: string) => ({
  all: field(`${list}.fragments`, 'Fragments', 'group'),
  one: field(`${list}.fragment`, 'Fragment in frame'),
  count: field(`${list}.fragment.count`, 'Fragment count'),
  length: field(`${list}.${reassembled}`, 'Reassembled length'),
})
const ipv4 = parts('ip', 'reassembled.length')
const ipv6 = parts('ipv6', 'reassembled.length')

export class Fragments {
  private readonly defragmenter = new Defragmenter(() => {})
  /** Oldest first. */
  private readonly pieces = new Map<string, Piece[]>()

  /** @returns the packets that brought the datagram which is complete now; null when it is not. */
  add(position: Position, headers: Headers, packet: number, timeNs: number): readonly number[] | null {
    const { family, source, destination } = headers
    const { fragmentId, fragmentProtocol, fragmentOffset: offset } = position
    const key = `${family} ${source} ${destination} ${fragmentId} ${family === 6 ? '' : fragmentProtocol}`
    const known = this.pieces.get(key) ?? []
    known.push({ packet, offset })
    if (known.length === 1) this.remember(key, known)
    if (!this.defragmenter.add(position, headers, packet, timeNs)) return null
    this.pieces.delete(key)
    return known.sort((a, b) => a.offset - b.offset || a.packet - b.packet).map(piece => piece.packet)
  }

  private remember(key: string, pieces: Piece[]): void {
    if (this.pieces.size >= MAX_FRAGMENTED_DATAGRAMS) {
      for (const oldest of this.pieces.keys()) {
        this.pieces.delete(oldest)
        break
      }
    }
    this.pieces.set(key, pieces)
  }
}

/** Below the header of the fragment that completed it. */
export function readFragments(pdu: Pdu, family: number, packets: readonly number[], length: number): void {
  const names = family === 6 ? ipv6 : ipv4
  pdu.group(names.all)
  for (const packet of packets) pdu.derived(names.one, packet)
  pdu.derived(names.count, packets.length)
  pdu.derived(names.length, length)
  pdu.end()
}
