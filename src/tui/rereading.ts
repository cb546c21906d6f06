/** Packets that are read once more, in place of the capture's cursor: an analysis takes them as it takes those of a file. */
import type { Capture } from '../capture/cursor.ts'
import type { RecordedPacket } from '../inspect/inspect.ts'

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
