import { describe, expect, it } from 'vitest'
import { isOneSided, qualityOf } from '../../src/attempt/quality.ts'
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

  it('is no offload when a jumbo frame fits what a side announced', () => {
    expect(notes({ events, serverSide: { largestSegment: 8960, mss: 8960 } })).toEqual([])
  })

  it('an unanswered SYN is evidence, not a capture of one side', () => {
    const silent = conversation({ packets: [4, 0], tcp: { marks: [mark('syn'), mark('syn')] } })
    expect(isOneSided(silent)).toBe(false)
  })
})
