/** The layers of one conversation above TCP: the tracker feeds it segments in order, gaps and endings. */

import { tls } from '../../dissectors/tls.ts'
import { isSealedForGood, type TlsState } from '../../dissectors/tls-state.ts'
import { CLIENT, type Direction, type Ending, SERVER } from '../wire/dissector.ts'
import type { Dissection } from './dissection.ts'
import type { FlowTable } from './flow-table.ts'
import { Layers } from './layers.ts'
import { Slot } from './pipe.ts'
import { TlsTail } from './tls-tail.ts'

/** All that one conversation is made of above TCP. */
export class Stack {
  private readonly dissection: Dissection
  private readonly root: Slot

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
    this.root.pipes[direction].segment(bytes, start, end, packet, timeNs, conversation, low)
  }

  /** Would so many bytes be passed over without a look? Then they need not be kept while they wait for a hole. */
  skips(direction: Direction, length: number): boolean {
    return this.root.pipes[direction].skips(length)
  }

  /** Bytes that the capture does not hold. */
  gap(direction: Direction, length: number, packet: number, timeNs: number, conversation: number): void {
    this.place(packet, timeNs, conversation)
    this.root.pipes[direction].gap(length)
  }

  end(direction: Direction, how: Ending, packet: number, timeNs: number, conversation: number): void {
    this.place(packet, timeNs, conversation)
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

  private place(packet: number, timeNs: number, conversation: number): void {
    const { now } = this.dissection
    now.length = 0
    now.first = packet
    now.last = packet
    now.timeNs = timeNs
    now.conversation = conversation
  }
}
