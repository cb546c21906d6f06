/** Redacted payload by its place: of each direction of each connection, and of each datagram. What nobody wrote is empty. */
import type { Filling } from './frames.ts'
import type { Places } from './places.ts'
import { SparseBytes } from './sparse-bytes.ts'

export class Overlays {
  readonly #places: Places
  readonly #streams = new Map<number, SparseBytes>()
  /** By packet. */
  readonly #datagrams = new Map<number, SparseBytes>()

  constructor(places: Places) {
    this.#places = places
  }

  /**
   * @param packet that brought the bytes first
   * @param low of the first of them: in the stream of its direction, or in the datagram
   */
  write(packet: number, transport: 'tcp' | 'udp', low: number, bytes: Uint8Array): void {
    const place = this.#places.of(packet)
    if (place === null) return
    if (transport === 'tcp') of(this.#streams, place.key).write(low, bytes)
    else of(this.#datagrams, packet).write(low, bytes)
  }

  /** What becomes of the payload of a packet, wherever the same bytes were read. */
  filling(packet: number, transport: 'tcp' | 'udp', start: number, end: number): Filling {
    const place = this.#places.of(packet)
    const bytes =
      place === null ? undefined : transport === 'tcp' ? this.#streams.get(place.key) : this.#datagrams.get(packet)
    const at = place?.at ?? 0
    return { start, end, fill: into => bytes?.read(at, into) }
  }
}

function of(all: Map<number, SparseBytes>, key: number): SparseBytes {
  const known = all.get(key)
  if (known !== undefined) return known
  const made = new SparseBytes()
  all.set(key, made)
  return made
}
