import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Attempt, MILESTONES } from '../../src/attempt/attempt.ts'
import { Attempts } from '../../src/attempt/grouping.ts'
import type { Conversation, MarkKind } from '../../src/flow/conversation.ts'
import type { Event } from '../../src/flow/event.ts'
import { conversation, event, FACT_KINDS, flowSummary, icmp, mark } from '../support/conversation.ts'

const MARKS: readonly MarkKind[] = ['syn', 'syn-ack', 'handshake-ack', 'fin', 'reset', 'retransmission', 'duplicate']

const direction = fc.constantFrom(0 as const, 1 as const)
const anyEvent: fc.Arbitrary<Event> = fc
  .record({
    kind: fc.constantFrom(...FACT_KINDS),
    direction,
    at: fc.integer({ min: 0, max: 5000 }),
    fact: fc.record(
      {
        length: fc.constantFrom(0, 19, 36, 40, 41, 60, 61, 64, 65, 500),
        type: fc.constantFrom(1, 21, 22, 23, 28),
        version: fc.constantFrom(0x0301, 0x0303, 0x0304, 0xfefe),
        suite: fc.constantFrom(0xc030, 0x1302, 0xc013),
        status: fc.constantFrom(0, 101, 200, 302, 401, 407, 503),
        method: fc.constantFrom('CONNECT', 'RDG_OUT_DATA', 'RDG_IN_DATA', 'RPC_IN_DATA', 'GET', ''),
        target: fc.constantFrom('/', 'gw:443', '[::1]:3389', ':', ''),
        code: fc.constantFrom(-1, 0, 5, 40, 255),
        level: fc.constantFrom(0, 1, 2),
        sealed: fc.boolean(),
        rcode: fc.constantFrom(0, 2, 3),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ kind, direction: from, at, fact }) => event(kind, fact as never, { direction: from, at }))

const anyConversation: fc.Arbitrary<Conversation> = fc
  .record({
    transport: fc.constantFrom('tcp' as const, 'tcp' as const, 'udp' as const),
    client: fc.record({ address: fc.constantFrom('10.0.1.2', '10.0.1.3', '::1') }),
    server: fc.record({
      address: fc.constantFrom('10.0.2.2', '10.0.2.3', '::2'),
      port: fc.constantFrom(0, 53, 80, 443, 3389, 3391, 8080, 65_535),
    }),
    events: fc.array(anyEvent, { maxLength: 30 }),
    kinds: fc.array(fc.record({ kind: fc.constantFrom(...MARKS), direction, inWindow: fc.boolean() }), {
      maxLength: 5,
    }),
    handshake: fc.boolean(),
    seconds: fc.integer({ min: 0, max: 120 }),
    unreachable: fc.boolean(),
    packets: fc.tuple(fc.nat(9), fc.nat(9)),
  })
  .map(({ kinds, seconds, unreachable, transport, ...parts }) => {
    const marks = kinds.map(({ kind, ...more }) => mark(kind, more))
    const tcp = transport === 'udp' ? null : { marks }
    const notes = unreachable ? [icmp()] : []
    return conversation({ ...parts, tcp, icmp: notes, from: 1 + seconds * 100, fromNs: seconds * 1e9 })
  })

describe('whatever a capture holds', () => {
  it('is grouped without loss of order, each connection at most once, with milestones in their order', () => {
    fc.assert(
      fc.property(fc.array(anyConversation, { maxLength: 12 }), conversations => {
        const attempts: Attempt[] = []
        const grouped = new Attempts(attempt => attempts.push(attempt), { startSeconds: () => 0 })
        for (const one of conversations) grouped.conversation(one)
        grouped.time(60e9)
        grouped.end(flowSummary(), 200e9)
        const connections = attempts.flatMap(one => one.conversations).filter(one => one.transport === 'tcp')
        expect(new Set(connections).size).toBe(connections.length)
        for (const attempt of attempts) {
          const order = attempt.milestones.map(step => MILESTONES.indexOf(step.id))
          expect(order).toEqual([...new Set(order)].sort((a, b) => a - b))
          expect(
            attempt.milestones.filter(step => step.state === 'failed' && step.id !== 'dns' && step.id !== 'udp').length,
          ).toBeLessThanOrEqual(1)
          if (attempt.outcome === 'established') expect(attempt.reached('active')).toBe(true)
          if (attempt.explained !== null) expect(attempt.conversations).toContain(attempt.explained)
        }
      }),
      { numRuns: 300 },
    )
  })
})
