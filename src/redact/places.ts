/** Where the payload of each packet lies: in which stream, of which side, and where in it. Numbers in typed arrays. */
const FIRST_PACKETS = 1024

/** Payload of a packet. */
export interface PayloadPlace {
  /** Of one direction of one connection, or of one datagram. */
  readonly key: number
  /** Of its first byte. */
  readonly at: number
}

export class Places {
  #keys = new Int32Array(FIRST_PACKETS).fill(-1)
  #positions = new Float64Array(FIRST_PACKETS)
  /** By key: where streams begin, as far as is known. */
  readonly #streams = new Map<number, { sequence: number; at: number }>()

  /**
   * A TCP segment. Positions count as the layers do: from the byte behind SYN, or from the first one that was seen.
   * @param length of its payload
   */
  segment(packet: number, key: number, sequenceOfHeader: number, isSyn: boolean, length: number): void {
    let stream = this.#streams.get(key)
    // SYN takes a number of its own, before the data that may come with it.
    const sequence = isSyn ? (sequenceOfHeader + 1) | 0 : sequenceOfHeader
    if (stream === undefined) {
      if (!isSyn && length === 0) return
      stream = { sequence, at: 0 }
      this.#streams.set(key, stream)
    }
    const at = stream.at + ((sequence - stream.sequence) | 0)
    stream.sequence = sequence
    stream.at = at
    this.#set(packet, key, at)
  }

  datagram(packet: number, key: number): void {
    this.#set(packet, key, 0)
  }

  of(packet: number): PayloadPlace | null {
    const key = this.#keys[packet] ?? -1
    return key < 0 ? null : { key, at: this.#positions[packet] as number }
  }

  #set(packet: number, key: number, at: number): void {
    if (packet >= this.#keys.length) {
      const length = Math.max(this.#keys.length * 2, packet + 1)
      const keys = new Int32Array(length).fill(-1)
      keys.set(this.#keys)
      const positions = new Float64Array(length)
      positions.set(this.#positions)
      this.#keys = keys
      this.#positions = positions
    }
    this.#keys[packet] = key
    this.#positions[packet] = at
  }
}
