import { describe, expect, it } from 'vitest'
import type { Closing } from '../../src/attempt/attempt.ts'
import { endQuality, isOneSided, qualityOf } from '../../src/attempt/quality.ts'
import { type ConversationParts, conversation, event, mark } from '../support/conversation.ts'

const notes = (...parts: ConversationParts[]) => qualityOf(parts.map(one => conversation(one))).map(note => note.id)
const events = [event('negotiation-request'), event('negotiation-response')]

describe('what weakens verdicts', () => {
  it('is nothing in a whole capture of both sides', () => {
    expect(notes({ events })).toEqual([])
  })

  it.each<[string, ConversationParts]>([
    ['no-syn', { handshake: false }],
    ['snap-length', { cutPackets: 3 }],
    ['drops', { serverSide: { ackedUnseen: 2 } }],
    ['duplicates', { clientSide: { mirrorDuplicates: 9 } }],
    ['offload', { serverSide: { largestSegment: 16_000 } }],
    ['several-points', { serverSide: { copiesHopped: true } }],
    ['clock-back', { stepBackNs: 3e9 }],
    ['clock-leap', { leapNs: 3 * 86_400e9 }],
    ['evicted', { endedBy: 'evicted' }],
    ['events-lost', { eventsLost: 4 }],
    ['one-sided', { packets: [9, 0], tcp: { marks: [mark('syn')] }, clientSide: { bytes: 400 } }],
    ['one-sided', { packets: [0, 9] }],
  ])('is said: %s', (id, parts) => {
    expect(notes({ events, ...parts })).toContain(id)
  })

  it('is said once a reason, when TLS could not be decrypted', () => {
    const failed = (why: string) => ({ events: [...events, event('not-decrypted', { why })] })
    expect(notes(failed('no secret'), failed('no secret'), failed('bytes lost'))).toEqual([
      'not-decrypted',
      'not-decrypted',
    ])
  })

  it('is said once for all connections of an attempt', () => {
    expect(notes({ events, cutPackets: 1 }, { events, cutPackets: 2 })).toEqual(['snap-length'])
  })

  it('says how much of it, and of which side', () => {
    const said = (...parts: ConversationParts[]) => qualityOf(parts.map(one => conversation(one)))[0]?.says
    expect(said({ events, packets: [9, 0], clientSide: { bytes: 400 } })).toBe(
      'the capture holds no packets of the server, although the other side goes on',
    )
    expect(said({ events, packets: [5, 5], cutPackets: 3 })).toMatch(/^3 of its 10 packets were cut/)
    expect(said({ events, serverSide: { ackedUnseen: 2 } })).toMatch(/^packets of the server are missing/)
    expect(said({ events, leapNs: 3 * 86_400e9 })).toBe('inside a connection time leaps ahead, by up to 3 days')
    expect(said({ events, serverSide: { mirrorDuplicates: 1 } })).toMatch(/^1 packet was recorded twice/)
  })

  it('is no clock that jumps when queues of a card are some milliseconds apart', () => {
    expect(notes({ events, stepBackNs: 5e6 })).toEqual([])
  })

  it('is no offload when a jumbo frame fits what a side announced', () => {
    expect(notes({ events, serverSide: { largestSegment: 8960, mss: 8960 } })).toEqual([])
  })

  it('an unanswered SYN is evidence, not a capture of one side', () => {
    const silent = conversation({ packets: [4, 0], tcp: { marks: [mark('syn'), mark('syn')] } })
    expect(isOneSided(silent)).toBe(false)
  })
})

describe('the end of the capture', () => {
  const open: Closing = { side: 'nobody', how: 'end-of-capture', packet: 0, timeNs: 0 }
  const one = conversation({ events })

  it('is said where the connection was open', () => {
    expect(endQuality(one, open, one.lastNs)?.says).toBe(
      'the capture ends while the connection is open, with its last packet',
    )
    expect(endQuality(one, { ...open, how: 'silence' }, one.lastNs + 12e9)?.says).toMatch(
      /12 s behind its last packet$/,
    )
  })

  it('is not said when a side had closed, when nothing came for a minute more, or without a connection', () => {
    expect(endQuality(one, { ...open, side: 'server', how: 'fin' }, one.lastNs)).toBeNull()
    expect(endQuality(one, open, one.lastNs + 61e9)).toBeNull()
    expect(endQuality({ ...one, endedBy: 'idle' }, open, one.lastNs)).toBeNull()
    expect(endQuality(null, open, 0)).toBeNull()
  })
})
