/** The same bytes give the same events, whatever segments carry them and in whatever order these come. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLIENT, type Direction } from '../../src/wire/dissector.ts'
import { MAX_AHEAD_SEGMENTS } from '../../src/wire/limits.ts'
import { connectionConfirm, connectionRequests, gatewayTls13, hostTls12, httpDialogue } from '../bench/messages.ts'
import { type Segment, SYN, splitSegment, TcpConversation } from '../support/packets.ts'
import { Random } from '../support/random.ts'
import { reading, track } from './whole-way.ts'

/** Of one segment: a flight of four stays within what may wait ahead of a hole. */
const MAX_PIECES = MAX_AHEAD_SEGMENTS / 4 - 1

type Message = readonly [Direction, Uint8Array]

const dialogues: Record<string, readonly Message[]> = {
  'X.224 and TLS 1.2': [connectionRequests[0] as Message, connectionConfirm, ...hostTls12],
  'TLS 1.3': gatewayTls13,
  'HTTP with bodies': httpDialogue,
}

function conversation(messages: readonly Message[], initial: [number, number] = [1000, 2000]): TcpConversation {
  const made = new TcpConversation({ initial }).handshake()
  for (const [direction, bytes] of messages) made.send(direction, Uint8Array.from(bytes))
  return made.close(CLIENT)
}

function orderly(messages: readonly Message[]): string[][] {
  return reading(track(conversation(messages).packets()).conversations)
}

/** Changes the segments, then tells what is read. */
function readingOf(made: TcpConversation, change: (segments: readonly Segment[]) => Segment[]): string[][] {
  made.segments = change(made.segments)
  return reading(track(made.packets()).conversations)
}

/** Data segments that follow one another in one direction, with nothing from the other side in between. */
function inFlights(segments: readonly Segment[], change: (flight: readonly Segment[]) => Segment[]): Segment[] {
  const changed: Segment[] = []
  let flight: Segment[] = []
  const land = () => {
    changed.push(...change(flight))
    flight = []
  }
  for (const segment of segments) {
    const goesOn = segment.payload.length > 0 && (flight[0]?.direction ?? segment.direction) === segment.direction
    if (!goesOn) land()
    if (segment.payload.length > 0) flight.push(segment)
    else changed.push(segment)
  }
  land()
  return changed
}

function split(random: Random, most: number, segments: readonly Segment[]): Segment[] {
  return segments.flatMap(segment => {
    const pieces: Segment[] = []
    let rest = segment
    while (rest.payload.length > 1 && pieces.length < MAX_PIECES) {
      const at = 1 + random.below(Math.min(most, rest.payload.length - 1))
      const [piece, after] = splitSegment(rest, at)
      pieces.push(piece)
      rest = after
    }
    return [...pieces, rest]
  })
}

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })

describe.each(Object.entries(dialogues))('%s', (_, messages) => {
  const expected = orderly(messages)

  it('is read at all', () => {
    expect(expected).toHaveLength(1)
    expect(expected[0]?.length).toBeGreaterThan(2)
    expect(expected[0]?.join('\n')).not.toMatch(/"kind":"(unrecognised|malformed|stream-gap)"/)
  })

  it('reads the same in segments of any size, from any sequence number on', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 400 }), (seed, most) => {
        const random = new Random(seed)
        const made = conversation(messages, [random.below(2 ** 32), random.below(2 ** 32)])
        expect(readingOf(made, segments => split(random, most, segments))).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('reads the same near the end of the sequence numbers', () => {
    for (let before = 1; before < 3000; before += 37) {
      const made = conversation(messages, [2 ** 32 - before, 2 ** 32 - 2 * before])
      expect(readingOf(made, segments => [...segments])).toEqual(expected)
    }
  })

  it('reads the same when the segments of a flight come in any order', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 20, max: 1000 }), (seed, most) => {
        const random = new Random(seed)
        const change = (flight: readonly Segment[]) => random.shuffled(split(random, most, flight))
        expect(readingOf(conversation(messages), segments => inFlights(segments, change))).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('reads the same when segments come again, cut anew', () => {
    fc.assert(
      fc.property(seeds, seed => {
        const random = new Random(seed)
        const change = (flight: readonly Segment[]) => {
          const again = flight.filter(() => random.fraction() < 0.5)
          return [...flight, ...split(random, 700, random.shuffled(again))]
        }
        expect(readingOf(conversation(messages), segments => inFlights(segments, change))).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('invents nothing when segments are lost', () => {
    const known = new Set(expected.flat().map(whereAndKind))
    fc.assert(
      fc.property(seeds, seed => {
        const random = new Random(seed)
        const change = (segments: readonly Segment[]) =>
          split(random, 900, segments).filter(segment => segment.flags & SYN || random.fraction() > 0.1)
        const read = readingOf(conversation(messages), change).flat()
        const invented = read.filter(line => !known.has(whereAndKind(line)) && !aboutLoss(line))
        expect(invented).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('survives any order at all', () => {
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, lossy) => {
        const random = new Random(seed)
        const change = (segments: readonly Segment[]) =>
          random.shuffled(split(random, 300, segments)).filter(() => !lossy || random.fraction() > 0.2)
        const made = conversation(messages)
        made.segments = change(made.segments)
        const { conversations } = track(made.packets())
        const packets = conversations.reduce((sum, { packets: [client, server] }) => sum + client + server, 0)
        expect(packets).toBe(made.segments.length)
      }),
      { numRuns: 100 },
    )
  })
})

/** Not more: a response whose request was lost tells less, and what follows a lost record moves up. */
/** Where the negotiation was lost, what follows it stands by itself: it is found by its content. */
function whereAndKind(line: string): string {
  return line.replace('/x224/', '/').replace(/ \d+\+\d+ .*?("kind":"[^"]*").*/, ' $1')
}

/** What the stack says of bytes that are missing, and what was read up to there. */
function aboutLoss(line: string): boolean {
  return (
    /"kind":"(stream-gap|opaque|malformed|unrecognised|http-body-cut)"/.test(line) || line.includes('"complete":false')
  )
}
