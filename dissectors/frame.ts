/** The packet as it was recorded: number, times, lengths. The outermost layer, made by the recorder and not sent. */
import { field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'

/** What the capture says of a packet. */
export interface FrameView {
  readonly number: number
  /** Nanoseconds since 1970. */
  readonly epochNs: bigint
  readonly relativeNs: number
  readonly deltaNs: number
  readonly originalLength: number
  readonly capturedLength: number
  /** Wireshark's number of the encapsulation; -1 when it is not known. */
  readonly encapsulation: number
  /** -1 when the format has no interfaces. */
  readonly interfaceId: number
  /** As Wireshark writes them: `eth:ethertype:ip:tcp`. */
  readonly protocols: string
}

export const frameRoot = field('frame', 'Frame', 'group')
const interfaceId = field('frame.interface_id', 'Interface ID')
const encapsulation = field('frame.encap_type', 'Encapsulation type')
const time = field('frame.time', 'Arrival time', 'time')
const epoch = field('frame.time_epoch', 'Epoch time', 'duration')
const delta = field('frame.time_delta', 'Time since previous packet', 'duration')
const relative = field('frame.time_relative', 'Time since first packet', 'duration')
const number = field('frame.number', 'Frame number')
const length = field('frame.len', 'Length on the wire')
const captured = field('frame.cap_len', 'Captured length')
const protocols = field('frame.protocols', 'Protocols', 'text')

export function readFrame(pdu: Pdu, view: FrameView): void {
  if (view.interfaceId >= 0) pdu.derived(interfaceId, view.interfaceId)
  if (view.encapsulation >= 0) pdu.derived(encapsulation, view.encapsulation)
  pdu.derived(time, view.epochNs)
  pdu.derived(epoch, view.epochNs)
  pdu.derived(delta, view.deltaNs)
  pdu.derived(relative, view.relativeNs)
  pdu.derived(number, view.number)
  pdu.derived(length, view.originalLength)
  pdu.derived(captured, view.capturedLength)
  pdu.derived(protocols, view.protocols)
}
