/**
 * A capture that is read once from front to back, and whose packets can be read again afterwards, in any order: where each of
 * them lies, and a copy of them where the source passes only once.
 */
import type { Capture } from '../capture/cursor.ts'
import { FileStore, type PacketStore, SpoolStore } from '../capture/packet-store.ts'
import { type GivenKeys, KeySource } from '../flow/tls/keys.ts'
import type { RecordedPacket } from './inspect.ts'
import { PacketIndex } from './packet-index.ts'
import { Replay } from './replay.ts'

export interface IndexedOptions {
  /** For TLS, besides those that the capture holds. */
  readonly keys: GivenKeys | null
  /** Of the copy that is made of what passes only once. */
  readonly mostSpoolBytes?: number | undefined
}

export class IndexedCapture {
  readonly path: string
  readonly capture: Capture
  readonly index = new PacketIndex()
  readonly replay: Replay
  /** Conversations whose layers are joined, by twice their number (one more for UDP): known once attempts are. */
  partners: ReadonlyMap<number, readonly number[]> = new Map()
  readonly #given: GivenKeys | null
  readonly #store: PacketStore
  readonly #spool: SpoolStore | null

  /** @param capture that nothing was read of yet. */
  constructor(path: string, capture: Capture, { keys, mostSpoolBytes }: IndexedOptions) {
    this.path = path
    this.capture = capture
    this.#given = keys
    this.#spool = capture.seekable && capture.info.compression.length === 0 ? null : new SpoolStore(mostSpoolBytes)
    this.#store = this.#spool ?? new FileStore(path)
    this.replay = new Replay({
      index: this.index,
      recorded: row => this.recorded(row),
      partners: stream => this.partners.get(stream) ?? [],
      keys: () => this.keys(),
    })
  }

  /** When the first packet came, since 1970. */
  get start(): { readonly seconds: number; readonly nanoseconds: number } {
    return { seconds: this.capture.startSeconds, nanoseconds: this.capture.startNanoseconds }
  }

  /** Fresh ones: they remember what they were asked for. */
  keys(): KeySource {
    return new KeySource(this.#given, this.capture.info.secrets)
  }

  /** Takes the packet that the capture stands at into the index, with the conversation that it belongs to. */
  add(stream: number): void {
    const { bytes, start, end, base, originalLength, linkType, interfaceId, fcsLength, number, timeNs } = this.capture
    const offset = this.#spool === null ? base + start : this.#spool.append(bytes, start, end)
    this.index.add({
      number,
      offset,
      capturedLength: end - start,
      originalLength,
      timeNs,
      linkType,
      interfaceId,
      fcsLength,
      stream,
    })
  }

  /** Why no more packets can be taken, though there may be more; '' while there is room. */
  get full(): string {
    return this.#spool?.full ?? ''
  }

  /** The packet once more, as it was recorded. */
  recorded(row: number): RecordedPacket {
    const { index, capture } = this
    const packet = index.at(row)
    const bytes = this.#store.read(packet.offset, packet.capturedLength)
    return {
      bytes,
      start: 0,
      end: bytes.length,
      originalLength: packet.originalLength,
      linkType: packet.linkType,
      interfaceId: packet.interfaceId,
      fcsLength: packet.fcsLength,
      number: packet.number,
      timeNs: packet.timeNs,
      previousNs: row === 0 ? packet.timeNs : index.timeNs(row - 1),
      startSeconds: capture.startSeconds,
      startNanoseconds: capture.startNanoseconds,
      info: capture.info,
    }
  }

  /** A cursor that is shown packets one by one, in place of the capture's own. */
  rereading(): Rereading {
    return new Rereading(this.capture)
  }

  close(): void {
    void this.capture.close()
    this.#store.close()
  }
}

/** Packets that are read once more, in place of the capture's cursor. */
export class Rereading {
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  originalLength = 0
  linkType = 0
  number = 0
  timeNs = 0
  packets = 0
  readonly #capture: Capture

  constructor(capture: Capture) {
    this.#capture = capture
  }

  /** Stands at this packet. */
  show({ bytes, start, end, originalLength, linkType, number, timeNs }: RecordedPacket): void {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.originalLength = originalLength
    this.linkType = linkType
    this.number = number
    this.timeNs = timeNs
    this.packets++
  }

  get startSeconds(): number {
    return this.#capture.startSeconds
  }

  get startNanoseconds(): number {
    return this.#capture.startNanoseconds
  }

  get bytesRead(): number {
    return this.#capture.bytesRead
  }

  get error(): Capture['error'] {
    return this.#capture.error
  }

  get info(): Capture['info'] {
    return this.#capture.info
  }
}
