/** What every dissector must hold to, whatever its protocol: one suite for all of them. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CLIENT, type Datagram, NEED_MORE, SERVER, type Stream, wholeMessage } from '../../src/wire/dissector.ts'
import type { Node } from '../../src/wire/field.ts'
import { CUT_BY_CAPTURE, CUT_BY_FRAME, type Cut } from '../../src/wire/pdu.ts'
import { concat, inside } from './bytes.ts'
import { exchanged } from './messages.ts'
import { Conversation, datagramReading, type Side, walk } from './read.ts'

/** What both sides say, in turn. */
export type Sample = readonly (readonly [side: Side, said: Uint8Array])[]

const RANDOM_RUNS = 300
/** Beyond this a bit is turned over only in some bytes: certificates are long. */
const FLIPPED_BYTES = 400

export function conformsStream<S, F>(dissector: Stream<S, F>, samples: Readonly<Record<string, Sample>>): void {
  const named = Object.entries(samples)
  // The layer below hands up whole messages: they are never cut, but they may be shorter than they say.
  const isMessages = dissector.frame === wholeMessage
  const converse = (sample: Sample, watch = false): Conversation<S, F> => {
    const conversation = new Conversation(dissector, { watch })
    for (const [side, said] of sample) conversation.say(side, said)
    return conversation
  }

  it.each(named)('reads %s without a fault, and says something', (_, sample) => {
    const { pdus, facts } = converse(sample)
    expect(pdus.map(pdu => pdu.fault)).toEqual(pdus.map(() => null))
    expect(facts.length).toBeGreaterThan(0)
  })

  it.skipIf(isMessages).each(named)('says the same of %s however it is cut into segments', (_, sample) => {
    const whole = converse(sample)
    for (const size of [1, 2, 3, 7, 61]) {
      const cut = sample.flatMap(([side, said]) => pieces(said, size).map(piece => [side, piece] as const))
      expect(converse(cut).facts, `pieces of ${size}`).toEqual(whole.facts)
    }
  })

  it.each(named)('says the same of %s when somebody watches, and keeps every field inside its group', (_, sample) => {
    const watched = converse(sample, true)
    expect(watched.facts).toEqual(converse(sample).facts)
    for (const { root, length } of watched.pdus) isSound(root as Node, length)
  })

  it.each(named)('never takes more of %s than its frame has', (_, sample) => {
    for (const { length, taken } of converse(sample).pdus) expect(taken).toBeLessThanOrEqual(length)
  })

  it.each(named)('keeps plain data of %s as its state', (_, sample) => {
    const { state } = converse(sample)
    expect(structuredClone(state)).toEqual(state)
  })

  it.runIf(isMessages).each(named)('survives any message of %s that is too short, watched or not', (_, sample) => {
    for (const [turn, [side, said]] of sample.entries()) {
      for (const length of someOf(said.length)) {
        const short: Sample = [...sample.slice(0, turn), [side, said.subarray(0, length)], ...sample.slice(turn + 1)]
        const watched = converse(short, true)
        expect(watched.facts).toEqual(converse(short).facts)
        for (const pdu of watched.pdus) isSound(pdu.root as Node, pdu.length)
      }
    }
  })

  const cutAtAnyByte = 'reads what is there of %s cut at any byte, says where, and builds nothing on it'
  it.skipIf(isMessages).each(named)(cutAtAnyByte, (_, sample) => {
    for (const [turn, [side, said]] of sample.entries()) {
      for (const length of someOf(said.length)) {
        const before = converse([...sample.slice(0, turn), [side, said.subarray(0, length)]])
        const state = structuredClone(before.state)
        const read = before.pdus.length
        before.cut(side)
        const cut = before.pdus[read]
        if (cut === undefined) continue
        expect(before.state, `${length} bytes`).toEqual(state)
        expect(cut.fault, `${length} bytes`).not.toBeNull()
        expect(cut.fault?.field).not.toBe('')
        expect((cut.fault?.at as number) + (cut.fault?.had as number)).toBeLessThanOrEqual(cut.length)
      }
    }
  })

  it.each(named)('survives any bit of %s turned over, watched or not', (_, sample) => {
    for (const [turn, [side, said]] of sample.entries()) {
      for (const at of someOf(said.length)) {
        for (let bit = 0; bit < 8; bit++) {
          const flipped = said.slice()
          flipped[at] = (flipped[at] as number) ^ (1 << bit)
          const changed: Sample = [...sample.slice(0, turn), [side, flipped], ...sample.slice(turn + 1)]
          const watched = converse(changed, true)
          expect(watched.facts).toEqual(converse(changed).facts)
          for (const { root, length } of watched.pdus) isSound(root as Node, length)
        }
      }
    }
  })

  it('survives any bytes, from the start and in the middle of each sample', () => {
    const prefixes: Sample[] = [
      [],
      ...named.flatMap(([, sample]) => sample.map((_, turn) => sample.slice(0, turn + 1))),
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...prefixes),
        fc.array(fc.tuple(fc.constantFrom<Side>('client', 'server'), fc.uint8Array({ minLength: 1, maxLength: 120 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (prefix, noise) => {
          const said: Sample = [...prefix, ...noise]
          const watched = converse(said, true)
          for (const [side] of noise) watched.cut(side)
          expect(converse(said).facts).toEqual(watched.facts.slice(0, converse(said).facts.length))
          for (const { root, length } of watched.pdus) isSound(root as Node, length)
        },
      ),
      { numRuns: RANDOM_RUNS },
    )
  })

  it.each(named)(
    'answers for the length of %s without changing anything, and the same whatever it has seen',
    (_, sample) => {
      const conversation = new Conversation(dissector)
      for (const [side, said] of sample) {
        const direction = side === 'client' ? CLIENT : SERVER
        const state = structuredClone(conversation.state)
        const bytes = said.slice()
        let seen = 0
        for (let length = 1; length <= Math.min(said.length, FLIPPED_BYTES); length++) {
          dissector.probe(said, 0, length, direction)
          const answer = dissector.frame(said, 0, length, 0, conversation.state, direction)
          expect(dissector.frame(said, 0, length, seen, conversation.state, direction)).toBe(answer)
          expect(Number.isSafeInteger(answer)).toBe(true)
          if (answer !== NEED_MORE) break
          seen = length
        }
        expect(conversation.state).toEqual(state)
        expect(said).toEqual(bytes)
        conversation.say(side, said)
      }
    },
  )

  it('probes any bytes without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), random => {
        for (const direction of [CLIENT, SERVER] as const) {
          const likeness = dissector.probe(inside(random), 0, random.length, direction)
          expect([0, 1, 2, 3]).toContain(likeness)
        }
      }),
    )
  })
}

export function conformsDatagram<F>(dissector: Datagram<F>, samples: Readonly<Record<string, Uint8Array>>): void {
  const named = Object.entries(samples)

  it.each(named)('reads %s without a fault, and says something', (_, message) => {
    const reading = datagramReading(dissector, message, false)
    expect(reading.fault).toBeNull()
    expect(reading.facts.length).toBeGreaterThan(0)
  })

  it.each(named)(
    'says the same of %s when somebody watches, whole, cut, and with any bit turned over',
    (_, message) => {
      const bothWays = (said: Uint8Array) => {
        const watched = datagramReading(dissector, said, true, CUT_BY_CAPTURE)
        expect(datagramReading(dissector, said, false, CUT_BY_CAPTURE).facts).toEqual(watched.facts)
        isSound(watched.root as Node, said.length)
        return watched
      }
      bothWays(message)
      for (let length = 0; length < message.length; length++) {
        const { facts, fault } = bothWays(message.subarray(0, length))
        for (const fact of facts) expect(fact).toMatchObject({ complete: false })
        if (fault !== null) expect(fault).toMatchObject({ by: expect.stringMatching(/^(capture|length)$/) })
      }
      for (let at = 0; at < message.length * 8; at++) {
        const flipped = message.slice()
        flipped[at >> 3] = (flipped[at >> 3] as number) ^ (1 << (at & 7))
        bothWays(flipped)
      }
    },
  )

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), random => {
        const watched = datagramReading(dissector, random, true)
        expect(datagramReading(dissector, random, false).facts).toEqual(watched.facts)
        isSound(watched.root as Node, random.length)
        dissector.probe(random, 0, random.length, 53)
      }),
      { numRuns: RANDOM_RUNS },
    )
  })
}

/** A protocol on messages: each turn of a sample is one. */
export function conformsMessages<S, F>(dissector: Stream<S, F>, samples: Readonly<Record<string, Sample>>): void {
  const named = Object.entries(samples)
  const bothWays = (sample: Sample, cut: Cut = CUT_BY_FRAME) => {
    const watched = exchanged(dissector, sample, { watch: true, cut })
    expect(exchanged(dissector, sample, { cut }).facts).toEqual(watched.facts)
    for (const { root, length } of watched.pdus) isSound(root as Node, length)
    return watched
  }

  it.each(named)('reads %s without a fault, and says something', (_, sample) => {
    const { pdus, facts } = bothWays(sample)
    expect(pdus.map(pdu => pdu.fault)).toEqual(sample.map(() => null))
    expect(facts.length).toBeGreaterThan(0)
  })

  it.each(named)('keeps plain data of %s as its state, and none of it in what it only looks at', (_, sample) => {
    const { state } = exchanged(dissector, sample)
    const before = structuredClone(state)
    expect(before).toEqual(state)
    for (const [side, said] of sample) {
      const direction = side === 'client' ? CLIENT : SERVER
      const bytes = said.slice()
      dissector.probe(said, 0, said.length, direction)
      dissector.frame(said, 0, said.length, 0, state, direction)
      expect(said).toEqual(bytes)
    }
    expect(state).toEqual(before)
  })

  it.each(named)('survives each message of %s cut at any byte, and with any bit turned over', (_, sample) => {
    for (const [turn, [side, said]] of sample.entries()) {
      const instead = (message: Uint8Array): Sample => [...sample.slice(0, turn), [side, message]]
      for (const length of someOf(said.length)) {
        const { pdus } = bothWays(instead(said.slice(0, length)), CUT_BY_CAPTURE)
        const fault = pdus[turn]?.fault ?? null
        if (fault !== null) expect(fault.by).toMatch(/^(capture|length)$/)
      }
      for (const at of someOf(said.length)) {
        const flipped = said.slice()
        flipped[at] = (flipped[at] as number) ^ (1 << (at & 7))
        bothWays(instead(flipped))
      }
    }
  })

  it('survives any bytes, from the start and behind each sample', () => {
    const prefixes: Sample[] = [[], ...named.map(([, sample]) => sample)]
    fc.assert(
      fc.property(
        fc.constantFrom(...prefixes),
        fc.constantFrom<Side>('client', 'server'),
        fc.uint8Array({ minLength: 1, maxLength: 120 }),
        (prefix, side, noise) => {
          bothWays([...prefix, [side, noise]])
          bothWays([...prefix, [side, noise]], CUT_BY_CAPTURE)
        },
      ),
      { numRuns: RANDOM_RUNS },
    )
  })
}

/** Every node lies inside its parent, behind its elder sister, and inside the PDU. */
function isSound(root: Node, length: number): void {
  walk(root, (node, parent) => {
    const sound =
      node.start <= node.end &&
      (parent === null
        ? node.end - node.start <= length
        : parent.start <= node.start && node.end <= parent.end && isInOrder(parent))
    if (!sound) expect.fail(`${node.field.name} ${node.start}..${node.end} is outside of ${parent?.field.name}`)
  })
}

function isInOrder(parent: Node): boolean {
  const children = parent.children ?? []
  // Bits lie beside one another in the bytes of the number that they are parts of.
  return children.every((child, n) => n === 0 || child.field.mask !== 0 || (children[n - 1] as Node).end <= child.start)
}

function pieces(said: Uint8Array, size: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at < said.length; at += size) parts.push(said.slice(at, at + size))
  return parts
}

/** All positions, or some of them where there are many: the first ones always. */
function someOf(length: number): number[] {
  const step = Math.max(1, Math.floor(length / FLIPPED_BYTES))
  return Array.from({ length }, (_, at) => at).filter(at => at < 80 || at % step === 0)
}

/** Samples of several turns as one run of bytes a side. */
export function turns(...said: (readonly [side: Side, ...parts: Uint8Array[]])[]): Sample {
  return said.map(([side, ...parts]) => [side, inside(concat(...parts))] as const)
}
