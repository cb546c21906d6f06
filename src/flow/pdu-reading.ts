/** Reads one PDU of a layer with the cursor that all share; whoever watches gets its field tree. */
import type { Direction } from '../wire/dissector.ts'
import type { Node } from '../wire/field.ts'
import { CUT_BY_FRAME, type Cut } from '../wire/pdu.ts'
import type { Dissection } from './dissection.ts'
import type { Layer } from './layers.ts'
import { copyStretches, type Stretch } from './origin.ts'
import type { Origins } from './origins.ts'
import type { Reading } from './outbox.ts'

/** Whose PDU it is. */
export interface PduReading extends Reading {
  readonly dissection: Dissection
  readonly origins: Origins
  readonly direction: Direction
  /** Of the PDU in the layer's bytes. */
  readonly position: number
}

/** What the reading asks for waits in the outbox; a PDU that is cut asks for nothing. */
export function readPdu(
  reading: PduReading,
  layer: Layer,
  bytes: Uint8Array,
  start: number,
  end: number,
  cut: Cut,
): void {
  const { pdu, out } = reading.dissection
  const at = reading.position
  pdu.reset(bytes, start, end, cut)
  const tree = isWatched(reading, at + end - start) ? pdu.watch(layer.dissector.root) : null
  out.begin(reading, at, start, end - start)
  layer.dissector.read(pdu, layer.state, reading.direction, out)
  // The bytes may be others now, where a sender had moved some; a dissector may count from another place in them.
  const base = pdu.bytes === bytes ? start : pdu.start
  if (tree !== null) show(reading, layer, tree, pdu.bytes.slice(base, base + end - start), base)
  if (pdu.fault !== null) reading.emit({ kind: 'malformed', fault: pdu.fault }, at, end - start)
  if (cut !== CUT_BY_FRAME) out.clear()
}

function isWatched({ dissection: { watcher }, origins }: PduReading, end: number): boolean {
  return watcher?.wants(origins.at(end - 1).whole) === true
}

function show(reading: PduReading, layer: Layer, tree: Node, bytes: Uint8Array, base: number): void {
  const { origins: from, direction, position: at } = reading
  const { name, title } = layer.dissector
  const { length } = bytes
  const tail = from.at(at + length - 1)
  const origins: Stretch[] = []
  copyStretches(from.all, at, at + length, origins, 0, length)
  reading.dissection.watcher?.pdu({
    name,
    title,
    packet: tail.whole,
    first: from.at(at).first,
    timeNs: tail.timeNs,
    transport: layer.path.startsWith('udp') ? 'udp' : 'tcp',
    conversation: tail.conversation,
    layer: layer.id,
    path: layer.path,
    direction,
    at,
    length,
    bytes,
    base,
    tree,
    origins,
  })
}
