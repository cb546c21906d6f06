/** One generated TCP connection: its segments one after the other, some sent twice, some out of order, none missing. */
import { CLIENT, type Direction, opposite, SERVER } from '../../src/wire/dissector.ts'
import type { Random } from '../support/random.ts'
import { ACK, FIN, type Frame, PSH, type Route, RST, SYN } from './frame-writer.ts'

const MAX_SEGMENT_BYTES = 1460
const RESEND_GAP_US = 200
const NOTHING = Buffer.alloc(0)

export type Message = readonly [from: Direction, bytes: Buffer]

/** How it ends: orderly, by a server's reset, not at all; or it never begins: refused, or nobody answers. */
export type End = 'fin' | 'rst' | 'open' | 'refused' | 'silent'

export interface Script {
  readonly route: Route
  /** May never end. */
  readonly messages: Iterable<Message>
  readonly end: End
  /** Share of data segments that are sent twice, and that come after their successor. */
  readonly resent: number
  readonly reordered: number
}

export function* connection(script: Script, random: Random): Generator<Frame> {
  const next: [number, number] = [random.below(2 ** 32), random.below(2 ** 32)]
  const frame = (direction: Direction, flags: number, bytes: Buffer = NOTHING, offset = 0, length = 0): Frame => ({
    direction,
    flags,
    bytes,
    offset,
    length,
    sequence: next[direction],
    acknowledgement: next[opposite(direction)],
    gapUs: 1 + random.below(30),
  })

  const syn = frame(CLIENT, SYN)
  yield syn
  next[CLIENT] = (next[CLIENT] + 1) >>> 0
  if (script.end === 'refused') {
    yield frame(SERVER, RST | ACK)
    return
  }
  if (script.end === 'silent') {
    yield { ...syn, gapUs: 1 + random.below(30) }
    yield { ...syn, gapUs: 1 + random.below(30) }
    return
  }
  yield frame(SERVER, SYN | ACK)
  next[SERVER] = (next[SERVER] + 1) >>> 0
  yield frame(CLIENT, ACK)

  for (const [from, bytes] of script.messages) {
    let held: Frame | null = null
    let sent = 0
    for (let offset = 0; offset < bytes.length; offset += MAX_SEGMENT_BYTES) {
      const length = Math.min(MAX_SEGMENT_BYTES, bytes.length - offset)
      const isLast = offset + length === bytes.length
      const segment: Frame = frame(from, ACK | (isLast ? PSH : 0), bytes, offset, length)
      next[from] = (next[from] + length) >>> 0
      if (held !== null) {
        yield segment
        yield held
        held = null
      } else if (!isLast && random.fraction() < script.reordered) {
        held = segment
      } else {
        yield segment
        if (random.fraction() < script.resent) yield { ...segment, gapUs: RESEND_GAP_US }
      }
      if (++sent % 2 === 0 && held === null) yield frame(opposite(from), ACK)
    }
    if (held !== null) yield held
    if (sent % 2 === 1) yield frame(opposite(from), ACK)
  }

  if (script.end === 'rst') yield frame(SERVER, RST | ACK)
  if (script.end !== 'fin') return
  yield frame(CLIENT, FIN | ACK)
  next[CLIENT]++
  yield frame(SERVER, FIN | ACK)
  next[SERVER]++
  yield frame(CLIENT, ACK)
}
