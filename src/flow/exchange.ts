/**
 * The layers of one conversation of datagrams, for the protocols that remember what was said before. Several may share its
 * ports (STUN finds the way that RDP-UDP then takes): each datagram goes to the one whose it is.
 */
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'
import { CUT_BY_CAPTURE, CUT_BY_FRAME } from '../wire/pdu.ts'
import type { Dissection } from './dissection.ts'
import type { Headers } from './headers.ts'
import { type Layer, Layers } from './layers.ts'
import { recogniseMessage } from './recognition.ts'
import { Slot } from './slot.ts'

export class Exchange {
  private readonly dissection: Dissection
  private readonly root: Slot

  constructor(dissection: Dissection) {
    this.dissection = dissection
    this.root = new Slot(new Layers(dissection, ''), 0, 'udp', { messages: true })
  }

  /** Answers whether somebody read it. */
  datagram(direction: Direction, h: Headers, packet: number, timeNs: number, conversation: number): boolean {
    const layer = this.layerOf(direction, h)
    if (layer === null) return false
    const { bytes, payload, payloadEnd, payloadLength } = h
    const cut = payloadEnd - payload < payloadLength ? CUT_BY_CAPTURE : CUT_BY_FRAME
    this.root.pipes[direction].datagram(layer, bytes, payload, payloadEnd, packet, timeNs, conversation, cut)
    return true
  }

  /** The conversation is over. */
  end(packet: number, timeNs: number, conversation: number): void {
    this.dissection.moment(packet, timeNs, conversation)
    for (const direction of [CLIENT, SERVER] as const) this.root.pipes[direction].end('capture')
  }

  private layerOf(direction: Direction, { bytes, payload, payloadEnd }: Headers): Layer | null {
    const { layers, made } = this.root
    for (const layer of layers) {
      if (layer.dissector.frame(bytes, payload, payloadEnd, 0, layer.state, direction) > 0) return layer
    }
    const dissector = recogniseMessage(bytes, payload, payloadEnd, direction)
    return dissector === null ? null : made.begin(this.root, { protocol: dissector.name })
  }
}
