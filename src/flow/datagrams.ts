/** Reads what UDP carries, a datagram at a time: each stands for itself. */
import { datagramDissectors, type ProtocolFact } from '../../dissectors/index.ts'
import { CLIENT, type Datagram, type DatagramOut, type Direction, LIKELY } from '../wire/dissector.ts'
import type { Node } from '../wire/field.ts'
import { CUT_BY_CAPTURE, CUT_BY_FRAME } from '../wire/pdu.ts'
import type { Dissection } from './dissection.ts'
import type { Headers } from './headers.ts'

type AnyDatagram = Datagram<ProtocolFact>
const DISSECTORS = datagramDissectors as unknown as readonly AnyDatagram[]

/** The dissector that knows this payload, by its content and ports; null when none does. */
export function recogniseDatagram(h: Headers): AnyDatagram | null {
  const port = Math.min(h.sourcePort, h.destinationPort)
  for (const dissector of DISSECTORS) {
    if (dissector.probe(h.bytes, h.payload, h.payloadEnd, port) >= LIKELY) return dissector
  }
  return null
}

export class Datagrams {
  private readonly dissection: Dissection
  private readonly out: DatagramOut<ProtocolFact> = { fact: fact => this.emit(fact) }
  // The datagram at hand.
  private packet = 0
  private timeNs = 0
  private conversation = 0
  private direction: Direction = CLIENT
  private length = 0
  private path = ''

  constructor(dissection: Dissection) {
    this.dissection = dissection
  }

  read(
    dissector: AnyDatagram,
    h: Headers,
    conversation: number,
    direction: Direction,
    packet: number,
    timeNs: number,
  ): void {
    this.packet = packet
    this.timeNs = timeNs
    this.conversation = conversation
    this.direction = direction
    this.length = h.payloadLength
    this.path = `udp/${dissector.name}`
    const cut = h.payloadEnd - h.payload < h.payloadLength ? CUT_BY_CAPTURE : CUT_BY_FRAME
    const { pdu, watcher } = this.dissection
    pdu.reset(h.bytes, h.payload, h.payloadEnd, cut)
    const tree = watcher?.wants(packet) === true ? pdu.watch(dissector.root) : null
    dissector.read(pdu, direction, this.out)
    if (tree !== null) this.show(dissector, tree, h.bytes.slice(h.payload, h.payloadEnd), h.payload)
  }

  private show(dissector: AnyDatagram, tree: Node, bytes: Uint8Array, base: number): void {
    const { packet, timeNs, conversation, direction, path } = this
    const { name, title } = dissector
    const { length } = bytes
    const whole = {
      at: 0,
      length,
      first: packet,
      last: packet,
      whole: packet,
      timeNs,
      conversation,
      low: 0,
      exact: true,
    }
    this.dissection.watcher?.pdu({
      name,
      title,
      packet,
      first: packet,
      timeNs,
      transport: 'udp',
      conversation,
      layer: 0,
      path,
      direction,
      at: 0,
      length,
      bytes,
      base,
      tree,
      origins: [whole],
    })
  }

  private emit(fact: ProtocolFact): void {
    const { packet, timeNs, conversation, direction, length, path } = this
    this.dissection.emit({
      fact,
      packet,
      first: packet,
      timeNs,
      conversation,
      layer: 0,
      path,
      direction,
      at: 0,
      length,
    })
  }
}
