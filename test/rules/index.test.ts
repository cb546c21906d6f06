import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MarkKind } from '../../src/flow/conversation.ts'
import type { Event } from '../../src/flow/event.ts'
import { rules } from '../../src/rules/index.ts'
import { judge } from '../../src/rules/judge.ts'
import { attempt } from '../support/attempt.ts'
import { event, FACT_KINDS, fragments, icmp, mark } from '../support/conversation.ts'
import { isTsharkInstalled } from '../support/tshark.ts'

const MARKS: readonly MarkKind[] = [
  'fin',
  'reset',
  'retransmission',
  'keep-alive',
  'zero-window',
  'lost-segment',
  'duplicate',
]
const side = fc.constantFrom(0 as const, 1 as const)
const anyEvent: fc.Arbitrary<Event> = fc
  .record({
    kind: fc.constantFrom(...FACT_KINDS),
    direction: side,
    version: fc.integer({ min: 0, max: 0xffff }),
    length: fc.nat(20_000),
    code: fc.nat(255),
    status: fc.nat(999),
  })
  .map(({ kind, direction, ...values }) => event(kind, values as never, { direction }))
const anyMark = fc
  .record({
    kind: fc.constantFrom(...MARKS),
    direction: side,
    ttl: fc.nat(255),
    ipId: fc.nat(65_535),
    length: fc.nat(1500),
    seconds: fc.nat(600),
    packet: fc.nat(99),
  })
  .map(({ kind, seconds, packet, ...values }) => mark(kind, { ...values, packet: 30 + packet, timeNs: seconds * 1e9 }))
const anySide = fc.record({
  unacknowledged: fc.nat(3000),
  stalledResends: fc.nat(9),
  stalledLength: fc.nat(3000),
  stalledFirstPacket: fc.constant(5),
  stalledLastPacket: fc.constant(9),
  retransmissions: fc.nat(9),
  sackBeyondHole: fc.boolean(),
  lastWindow: fc.nat(3),
})
const anyAttempt = fc
  .record({
    events: fc.array(anyEvent, { maxLength: 24 }),
    marks: fc.array(anyMark, { maxLength: 8 }),
    clientSide: anySide,
    serverSide: anySide,
    icmps: fc.array(fc.record({ type: fc.nat(12), code: fc.nat(15), mtu: fc.nat(1500), direction: side }), {
      maxLength: 2,
    }),
    broken: fc.option(fc.nat(3)),
    handshake: fc.boolean(),
    outcome: fc.constantFrom('failed' as const, 'unfinished' as const, 'established' as const),
    transport: fc.constantFrom('direct' as const, 'gateway-http' as const, 'gateway-tls' as const, 'unknown' as const),
    captureEndNs: fc.nat(100).map(seconds => seconds * 1e9),
  })
  .map(({ events, marks, icmps, broken, clientSide, serverSide, handshake, ...values }) =>
    attempt(
      {
        events,
        tcp: { marks },
        icmp: icmps.map(icmp),
        fragments: broken === null ? [] : [fragments({ complete: broken })],
        clientSide,
        serverSide,
        handshake,
      },
      values,
    ),
  )

describe('every rule, about any attempt', () => {
  it('answers in whole sentences, with evidence for what it claims and a way to settle what it does not know', () => {
    fc.assert(
      fc.property(anyAttempt, one => {
        for (const { rule, verdict, says, evidence, toSettle } of judge(one)) {
          expect(says, rule.id).toMatch(/^["A-Z0-9].*\.$/s)
          for (const [place, sentence] of evidence) {
            expect(place.packet, rule.id).toBeGreaterThan(0)
            expect(sentence, rule.id).toMatch(/^["A-Z0-9].*[.…]$/s)
            expect(sentence, rule.id).not.toMatch(/undefined|NaN|\[object/)
          }
          expect(says, rule.id).not.toMatch(/undefined|NaN|\[object/)
          if (verdict === 'confirmed' || verdict === 'likely') expect(evidence.length, rule.id).toBeGreaterThan(0)
          if (verdict === 'likely' || verdict === 'possible' || verdict === 'not-visible')
            expect(toSettle, rule.id).not.toBe('')
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('gives the same answer when it is asked again, after others', () => {
    fc.assert(
      fc.property(anyAttempt, anyAttempt, (one, other) => {
        const first = judge(one)
        judge(other)
        expect(judge(one)).toEqual(first)
      }),
      { numRuns: 200 },
    )
  })
})

describe('the few words of a rule', () => {
  it('fit behind the name of a step', () => {
    for (const { id, short } of rules) expect(short, id).toMatch(/^[A-Za-z][\w ,]{3,31}$/)
  })
})

describe('the display filters', () => {
  it.skipIf(!isTsharkInstalled())('are understood by tshark', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rules-'))
    try {
      const empty = join(folder, 'empty.pcap')
      const header = Buffer.alloc(24)
      header.writeUInt32LE(0xa1b2c3d4, 0)
      header.writeUInt16LE(2, 4)
      header.writeUInt16LE(4, 6)
      header.writeUInt32LE(65_535, 16)
      header.writeUInt32LE(1, 20)
      writeFileSync(empty, header)
      // All at once: tshark takes long to start.
      const all = rules.map(rule => `(${rule.filter})`).join(' || ')
      const run = spawnSync('tshark', ['-r', empty, '-Y', all], { encoding: 'utf8' })
      expect({ status: run.status, complaint: run.status === 0 ? '' : run.stderr }).toEqual({
        status: 0,
        complaint: '',
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
