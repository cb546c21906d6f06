/** Captures through our decoder and TCP analysis, with a flow table as plain as can be. */
import { openCapture } from '../../src/capture/open.ts'
import { Decoder } from '../../src/flow/decode.ts'
import { type Headers, KIND_TCP } from '../../src/flow/headers.ts'
import { FAST_RETRANSMISSION, SPURIOUS_RETRANSMISSION, TcpAnalysis } from '../../src/flow/tcp-analysis.ts'
import type { Direction } from '../../src/wire/dissector.ts'
import { flagNames } from './tcp-segments.ts'

export interface AnalysedPacket {
  /** In order of first appearance. */
  readonly stream: number
  readonly flags: readonly string[]
}

/** Numbers connections in order of first appearance, and analyses their segments. */
class TcpFlows {
  readonly #analysis = new TcpAnalysis()
  readonly #streams = new Map<string, number>()
  #count = 0
  #room = 0

  segment(h: Headers, timeNs: number): AnalysedPacket {
    const isLower = h.source < h.destination || (h.source === h.destination && h.sourcePort <= h.destinationPort)
    const direction: Direction = isLower ? 0 : 1
    const own = `${h.source}:${h.sourcePort}`
    const peer = `${h.destination}:${h.destinationPort}`
    const key = `${h.family} ${isLower ? own : peer} ${isLower ? peer : own}`
    let stream = this.#streams.get(key)
    if (stream === undefined || this.#analysis.reusesPorts(stream, direction, h)) {
      stream = this.#count++
      this.#streams.set(key, stream)
      if (this.#count > this.#room) {
        this.#room = 2 * this.#count
        this.#analysis.grow(this.#room)
      }
      this.#analysis.reset(stream)
    }
    return { stream, flags: asShown(this.#analysis.analyse(stream, direction, h, timeNs)) }
  }
}

/** Every TCP segment of a capture, by packet number. Damage ends it, as it ends tshark. */
export async function analysedSegments(path: string): Promise<Map<number, AnalysedPacket>> {
  const capture = await openCapture(path)
  const decoder = new Decoder()
  const flows = new TcpFlows()
  const packets = new Map<number, AnalysedPacket>()
  for (;;) {
    while (capture.next()) {
      const { bytes, start, end, originalLength, linkType, number, timeNs } = capture
      if (decoder.decode(bytes, start, end, originalLength, linkType, number, timeNs) !== KIND_TCP) continue
      packets.set(number, flows.segment(decoder.headers, timeNs))
    }
    if (!(await capture.fill())) break
  }
  await capture.close()
  return packets
}

/** Wireshark says "retransmission" of the fast and the spurious ones too. */
function asShown(flags: number): string[] {
  const names = flagNames(flags)
  return (flags & (FAST_RETRANSMISSION | SPURIOUS_RETRANSMISSION)) !== 0 ? ['retransmission', ...names] : names
}
