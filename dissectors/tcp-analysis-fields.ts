/** What a connection is known to have done when one of its segments is read: fields without bytes of their own. */
import { type Field, field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'

/** Where each is 0, -1 or empty, nothing is known. Times in nanoseconds. */
export interface TcpConnectionView {
  readonly stream: number
  /** What was seen of it before this segment, as Wireshark's bits: SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16, RST 32. */
  readonly completeness: number
  /** Subtracted from the numbers of the segment to make them relative. */
  readonly sequenceBase: number
  readonly acknowledgementBase: number
  /** Scale of the sender's window: shift, and as it is shown; -1 not known, -2 no scaling, 0 not shown. */
  readonly windowShift: number
  readonly windowFactor: number
  readonly sinceFirstNs: number
  readonly sinceLastNs: number
  /** Names of tcp.analysis.* flags, without the prefix. */
  readonly flags: readonly string[]
  readonly duplicateAckNumber: number
  readonly duplicateAckFrame: number
  readonly acksFrame: number
  readonly ackRoundTripNs: number
  readonly roundTripNs: number
  readonly bytesInFlight: number
  readonly pushBytesSent: number
  readonly resendFrame: number
  readonly resendDelayNs: number
  /** There is something to say. */
  readonly analysed: boolean
}

const timestamps = field('tcp.timestamps', 'Timestamps', 'group')
const sinceFirst = field('tcp.time_relative', 'Time since first frame of this stream', 'duration')
const sinceLast = field('tcp.time_delta', 'Time since previous frame of this stream', 'duration')
const analysis = field('tcp.analysis', 'Sequence and acknowledgment analysis', 'group')
const acksFrame = field('tcp.analysis.acks_frame', 'Acknowledges the segment in frame')
const ackRoundTrip = field('tcp.analysis.ack_rtt', 'Round trip to the acknowledgment', 'duration')
const roundTrip = field('tcp.analysis.initial_rtt', 'Initial round trip', 'duration')
const inFlight = field('tcp.analysis.bytes_in_flight', 'Bytes in flight')
const pushed = field('tcp.analysis.push_bytes_sent', 'Bytes sent since last PSH')
const flags = field('tcp.analysis.flags', 'Flags', 'group')
const duplicateNumber = field('tcp.analysis.duplicate_ack_num', 'Duplicate ACK number')
const duplicateFrame = field('tcp.analysis.duplicate_ack_frame', 'Duplicate of the ACK in frame')
const resendDelay = field('tcp.analysis.rto', 'Sent again after', 'duration')
const resendFrame = field('tcp.analysis.rto_frame', 'First sent in frame')

const FLAGS = new Map(
  [
    ['retransmission', 'Retransmission'],
    ['fast_retransmission', 'Fast retransmission'],
    ['spurious_retransmission', 'Spurious retransmission'],
    ['out_of_order', 'Out of order'],
    ['reused_ports', 'Ports used again'],
    ['lost_segment', 'Previous segment not captured'],
    ['ack_lost_segment', 'Acknowledges a segment that was not captured'],
    ['window_update', 'Window update'],
    ['window_full', 'Window full'],
    ['keep_alive', 'Keep-alive'],
    ['keep_alive_ack', 'Acknowledgment of a keep-alive'],
    ['duplicate_ack', 'Duplicate acknowledgment'],
    ['zero_window_probe', 'Zero window probe'],
    ['zero_window', 'Zero window'],
    ['zero_window_probe_ack', 'Acknowledgment of a zero window probe'],
  ].map(([name, label]) => [name as string, field(`tcp.analysis.${name}`, label as string, 'group')]),
)

/** @param isAnalysed whether the group is shown, be it empty */
export function readTcpAnalysis(pdu: Pdu, view: TcpConnectionView, isAnalysed: boolean): void {
  pdu.group(timestamps)
  pdu.derived(sinceFirst, view.sinceFirstNs)
  pdu.derived(sinceLast, view.sinceLastNs)
  pdu.end()
  if (!isAnalysed) return
  pdu.group(analysis)
  if (view.acksFrame > 0) {
    pdu.derived(acksFrame, view.acksFrame)
    pdu.derived(ackRoundTrip, view.ackRoundTripNs)
  }
  if (view.roundTripNs > 0) pdu.derived(roundTrip, view.roundTripNs)
  if (view.bytesInFlight > 0) pdu.derived(inFlight, view.bytesInFlight)
  if (view.pushBytesSent > 0) pdu.derived(pushed, view.pushBytesSent)
  if (view.flags.length > 0) readFlags(pdu, view)
  if (view.duplicateAckNumber > 0) {
    // Wireshark has it twice: as a flag, and as the line that holds these two.
    pdu.derived(FLAGS.get('duplicate_ack') as Field, '')
    pdu.derived(duplicateNumber, view.duplicateAckNumber)
    pdu.derived(duplicateFrame, view.duplicateAckFrame)
  }
  pdu.end()
}

function readFlags(pdu: Pdu, view: TcpConnectionView): void {
  pdu.group(flags)
  for (const name of view.flags) {
    const f = FLAGS.get(name)
    if (f !== undefined) pdu.derived(f, '')
  }
  pdu.end()
  if (view.resendFrame === 0) return
  pdu.derived(resendDelay, view.resendDelayNs)
  pdu.derived(resendFrame, view.resendFrame)
}
