/** Runs packets, or the bytes of a file, through the tool and keeps all that it hands on. */
import { analyze, type CaptureAnalysis, CaptureError, unreadable } from '../../src/analyze.ts'
import { openStream } from '../../src/capture/open.ts'
import type { Conversation, FlowSummary } from '../../src/flow/conversation.ts'
import type { Event } from '../../src/flow/event.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import { jsonReport } from '../../src/report/json.ts'
import { textReport } from '../../src/report/text.ts'
import type { TextStyle } from '../../src/report/text-style.ts'
import type { Packet } from '../support/packets.ts'

const ETHERNET = 1
const TEXT_STYLE: TextStyle = { width: 80, unicode: true, verbose: true, paint: (_, text) => text }

export interface Tracked {
  readonly conversations: readonly Conversation[]
  readonly summary: FlowSummary
}

export function track(packets: Iterable<Packet>, linkType = ETHERNET): Tracked {
  const conversations: Conversation[] = []
  const tracker = new Tracker({ conversation: conversation => conversations.push(conversation), time: () => {} })
  let number = 0
  let startUs = Number.NaN
  for (const { bytes, timeUs, originalLength } of packets) {
    if (number === 0) startUs = timeUs
    number++
    const timeNs = (timeUs - startUs) * 1000
    tracker.packet(bytes, 0, bytes.length, originalLength ?? bytes.length, linkType, number, timeNs)
  }
  return { summary: tracker.finish(), conversations: conversations.sort((a, b) => a.id - b.id) }
}

/**
 * What was read, without the packets that it was read in: the facts of both directions with their places in the stream.
 * The same whatever segments carried the bytes.
 */
export function reading(conversations: readonly Conversation[]): string[][] {
  return conversations.map(({ events }) => [0, 1].flatMap(direction => ofDirection(events, direction)))
}

function ofDirection(events: readonly Event[], direction: number): string[] {
  return events
    .filter(event => event.direction === direction)
    .map(({ fact, path, at, length }) => `${direction} ${path} ${at}+${length} ${JSON.stringify(fact)}`)
    .sort()
}

/** The whole way from the bytes of a file, given in pieces. @throws anything but "this can not be opened". */
export async function analyseBytes(bytes: Uint8Array, pieceBytes = bytes.length): Promise<CaptureAnalysis> {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
  try {
    const capture = await openStream(pieces(), '-')
    try {
      return await analyze(capture, '-')
    } finally {
      await capture.close()
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    return unreadable('-', error)
  }
}

/** Every report of it, as text. */
export function report(analysis: CaptureAnalysis): string {
  return jsonReport([analysis]) + textReport(analysis, TEXT_STYLE)
}
