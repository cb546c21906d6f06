/** What one direction of a slot tells: facts as events and records as numbers, each with its place. */
import type { Direction } from '../wire/dissector.ts'
import type { Dissection } from './dissection.ts'
import type { Fact } from './event.ts'
import type { Layer } from './layers.ts'
import type { Origins } from './origins.ts'
import { RecordLog } from './record-log.ts'

export class Telling {
  /** What is read now was counted before. */
  replaying = false
  /** Records of the layer that reads now. */
  private records: RecordLog | null = null
  private recordsOf: Layer | null = null
  private readonly dissection: Dissection
  private readonly origins: Origins
  /** Of the slot: what speaks while no layer is known. */
  private readonly path: string
  private readonly direction: Direction

  constructor(dissection: Dissection, origins: Origins, path: string, direction: Direction) {
    this.dissection = dissection
    this.origins = origins
    this.path = path
    this.direction = direction
  }

  /** @param length 0 of what no bytes say: it comes from the packet at hand */
  emit(layer: Layer | null, fact: Fact, at: number, length: number): void {
    const { origins, dissection } = this
    const head = length === 0 ? dissection.now : origins.at(at)
    const tail = length === 0 ? dissection.now : origins.at(at + length - 1)
    dissection.emit({
      fact,
      packet: tail.last,
      first: head.first,
      timeNs: tail.timeNs,
      conversation: length === 0 && origins.fedBy >= 0 ? origins.fedBy : tail.conversation,
      layer: layer?.id ?? -1,
      path: layer?.path ?? this.path,
      direction: this.direction,
      at,
      length,
    })
  }

  tally(layer: Layer | null, type: number, length: number, at: number): void {
    if (this.replaying) return
    const last = this.origins.at(at)
    this.log(layer, last.conversation).push(type, length, at, last.last, last.timeNs)
  }

  log(layer: Layer | null, conversation: number): RecordLog {
    if (this.records === null || this.recordsOf !== layer) {
      this.recordsOf = layer
      this.records = new RecordLog(conversation, layer?.id ?? -1, layer?.path ?? this.path, this.direction)
      this.dissection.keep(this.records)
    }
    return this.records
  }
}
