/** The layers of one conversation above TCP: the tracker feeds it segments in order, gaps and endings. */

import { tls } from '../../dissectors/tls.ts'
import { isSealedForGood, type TlsState } from '../../dissectors/tls-state.ts'
import { CLIENT, type Direction, type Ending, SERVER } from '../wire/dissector.ts'
import type { Dissection } from './dissection.ts'
import type { FlowTable } from './flow-table.ts'
import { Layers } from './layers.ts'
import { Slot } from './slot.ts'
import { bulkOf, type TlsBulk } from './tls-bulk.ts'
import { TlsTail } from './tls-tail.ts'

/** All that one conversation is made of above TCP. */
export class Stack {
  private readonly dissection: Dissection
  private readonly root: Slot
  /** While the records of a running session are passed over. */
  private bulk: TlsBulk | null = null
  /** A direction ended: from there on all is read. */
  private ending = false

  /**
   * @param midStream the capture does not hold the beginning of the connection
   * @param peers client and server address, in any form
   */
  constructor(dissection: Dissection, midStream: boolean, peers = '') {
    this.dissection = dissection
    this.root = new Slot(new Layers(dissection, peers), 0, 'tcp', { midStream })
  }

  /**
   * One segment of the connection, in order.
   * @param low offset of its first byte in the TCP stream of that direction
   */
  segment(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: number,
    timeNs: number,
    conversation: number,
    low: number,
  ): void {
    let from = start
    if (this.bulk !== null) {
      from = this.bulk.segment(direction, bytes, start, end, packet, timeNs, low)
      if (from === end) return
      this.resume(packet, timeNs, conversation)
    }
    this.root.pipes[direction].segment(bytes, from, end, packet, timeNs, conversation, low + from - start)
  }

  /** Would so many bytes be passed over without a look? Then they need not be kept while they wait for a hole. */
  skips(direction: Direction, length: number): boolean {
    return this.bulk === null ? this.root.pipes[direction].skips(length) : this.bulk.skips(direction, length)
  }

  /** Bytes that the capture does not hold. */
  gap(direction: Direction, length: number, packet: number, timeNs: number, conversation: number): void {
    this.resume(packet, timeNs, conversation)
    this.dissection.moment(packet, timeNs, conversation)
    this.root.pipes[direction].gap(length)
  }

  end(direction: Direction, how: Ending, packet: number, timeNs: number, conversation: number): void {
    this.ending = true
    this.resume(packet, timeNs, conversation)
    this.dissection.moment(packet, timeNs, conversation)
    this.root.pipes[direction].end(how)
  }

  /** Nothing more can be learnt. */
  get finished(): boolean {
    const { pipes } = this.root
    return (pipes[CLIENT].dead || pipes[CLIENT].ended) && (pipes[SERVER].dead || pipes[SERVER].ended)
  }

  /** Takes the place of the layers once TLS is encrypted both ways without keys; null before. */
  tail(table: FlowTable, flow: number, conversation: number): TlsTail | null {
    const [client, server] = this.root.pipes
    const layer = client.resting
    if (layer === null || layer !== server.resting || layer.dissector.name !== tls.name) return null
    if (!isSealedForGood(layer.state as TlsState)) return null
    const starts = [client.tail(conversation), server.tail(conversation)] as const
    return new TlsTail(this.dissection, table, flow, conversation, layer.id, layer.path, starts)
  }

  /** Once the session runs its records are passed over. */
  skim(conversation: number): void {
    if (this.bulk !== null || this.ending) return
    const [client, server] = this.root.pipes
    const layer = client.passable
    if (layer === null || layer !== server.passable || layer.dissector.name !== tls.name) return
    this.bulk = bulkOf(this.root, layer, conversation, this.dissection.out.unsealer)
  }

  private resume(packet: number, timeNs: number, conversation: number): void {
    const { bulk } = this
    if (bulk === null) return
    this.bulk = null
    this.dissection.moment(packet, timeNs, conversation)
    bulk.resume()
  }
}
