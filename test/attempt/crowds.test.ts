import { describe, expect, it } from 'vitest'
import { briefOf } from '../../src/attempt/brief.ts'
import { isGuesser } from '../../src/attempt/crowd.ts'
import { Crowds } from '../../src/attempt/crowds.ts'
import type { Conversation } from '../../src/flow/conversation.ts'
import { judge } from '../../src/rules/judge.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { MAX_CROWD_MINUTES, MAX_CROWD_NAMES, MAX_CROWD_PLACES, MAX_CROWD_SOURCES } from '../../src/wire/limits.ts'
import { type ConversationParts, event, mark, records, tls12Handshake } from '../support/conversation.ts'
import { attemptsOf, connection, established } from '../support/grouping.ts'

const ends = (direction: 0 | 1, kind: 'fin' | 'reset' = 'fin') => ({ marks: [mark(kind, { direction })] })
const refused = { tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] } }
/** A logon that is refused inside NLA, as sizes tell. */
const guess = (at: number, name: string, more: ConversationParts = {}) =>
  connection(
    {
      events: [
        event('negotiation-request', { cookie: name }),
        event('negotiation-response'),
        ...tls12Handshake(),
        ...records(-110, 300, -620, 68),
      ],
      tcp: ends(CLIENT, 'reset'),
      ...more,
    },
    at,
  )
const halfOpen = (at: number, source: number, more: ConversationParts = {}) =>
  connection(
    {
      client: { address: `198.51.100.${source}` },
      tcp: { marks: [mark('syn'), mark('syn-ack'), mark('syn-ack', { timeNs: (at + 1) * 1e9 })], ackPacket: 0 },
      ...more,
    },
    at,
  )
function crowdOf(...all: readonly Conversation[]) {
  const crowds = new Crowds()
  for (const one of all) crowds.note(one, briefOf(one))
  return { crowds, crowd: crowds.of(all[0] as Conversation) }
}

describe('what happens around a server', () => {
  it('names its clients, and how often they try without getting in', () => {
    const one = Array.from({ length: 5 }, (_, at) => guess(at, `user${at % 2}`))
    const desktop = established(4, { serverSide: { bytes: 30_000 } })
    const { crowd } = crowdOf(...one, guess(3, 'alice', { client: { address: '10.0.1.9' } }), desktop)
    expect(crowd).toMatchObject({ sources: 2, confirmed: 7, names: ['user0', 'user1', 'alice'] })
    // One session, and the same client is nobody who never gets in.
    expect(crowd.persistent).toEqual([])
    const { crowd: without } = crowdOf(...one)
    expect(without.persistent).toMatchObject([
      { address: '10.0.1.2', asked: 5, tries: 5, sessions: 0, names: ['user0', 'user1'], packet: 1 },
    ])
    expect(without.persistent.map(isGuesser)).toEqual([false])
  })

  it('counts by the minute, whatever the order in which connections end', () => {
    const times = [0, 61, 62, 63, 64, 200, 5]
    for (const order of [times, [...times].reverse()]) {
      const { crowd } = crowdOf(...order.map(at => guess(at, 'a')))
      expect(crowd.busiest).toMatchObject({ number: 4, packet: 61_001, timeNs: 61e9 })
    }
  })

  it('counts connections that stay half open, but no client that does not hear the answer', () => {
    const { crowd } = crowdOf(halfOpen(0, 1), halfOpen(1, 2), halfOpen(2, 2))
    expect(crowd.halfOpen.number).toBe(3)
    expect(crowd.halfOpenSources.size).toBe(2)
    const deaf = halfOpen(0, 1, {
      tcp: { marks: [mark('syn'), mark('syn'), mark('syn-ack'), mark('syn-ack')], ackPacket: 0 },
    })
    const leaves = halfOpen(0, 1, {
      tcp: {
        marks: [mark('syn'), mark('syn-ack'), mark('syn-ack'), mark('reset', { direction: CLIENT })],
        ackPacket: 0,
      },
    })
    expect(crowdOf(deaf, leaves).crowd.halfOpen.number).toBe(0)
  })

  it('keeps requests without an answer, cuts, and SYNs refused and accepted', () => {
    const unanswered = (source: number, at: number) =>
      connection(
        {
          client: { address: `10.0.1.${source}` },
          events: [event('negotiation-request')],
          tcp: ends(SERVER),
        },
        at,
      )
    const cut = guess(5, 'a', { tcp: ends(SERVER, 'reset') })
    const { crowd } = crowdOf(
      unanswered(1, 0),
      unanswered(2, 1),
      cut,
      connection(refused, 20),
      connection(refused, 21),
      established(40),
    )
    expect(crowd.unconfirmed.map(one => one.packet)).toEqual([4, 1004])
    expect(crowd.unconfirmedSources.size).toBe(2)
    expect(crowd.cuts).toMatchObject([{ client: '10.0.1.2' }])
    expect(crowd.refused.map(one => one.timeNs)).toEqual([20.01e9])
    expect(crowd.accepted.map(one => one.packet)).toEqual([2, 40_002])
  })

  it('is bounded: clients, names, places and minutes', () => {
    const crowds = new Crowds()
    const note = (one: Conversation) => crowds.note(one, briefOf(one))
    for (let at = 0; at < MAX_CROWD_SOURCES + 5; at++) {
      note(
        connection(
          {
            client: { address: `c${at}` },
            events: [event('negotiation-request', { cookie: `u${at}` })],
            tcp: ends(SERVER),
          },
          at,
        ),
      )
    }
    const crowd = crowds.of(connection({}))
    expect(crowd.sources).toBe(MAX_CROWD_SOURCES)
    expect(crowds.forgotten).toBe(5)
    expect(crowd.names).toHaveLength(MAX_CROWD_NAMES)
    expect(crowd.unconfirmed).toHaveLength(MAX_CROWD_PLACES)
    const hours = Array.from({ length: MAX_CROWD_MINUTES + 9 }, (_, at) => guess(at * 60, 'a'))
    const { crowd: long } = crowdOf(...hours, guess(5, 'a'), guess(6000, 'b'), guess(6001, 'b'), guess(6002, 'b'))
    expect(long.busiest.number).toBe(3)
  })
})

describe('one logon after the other', () => {
  const many = Array.from({ length: 40 }, (_, at) =>
    guess(at, `user${at % 12}`, { client: { address: '203.0.113.66' } }),
  )
  const found = (all: readonly Conversation[]) => {
    const { attempts } = attemptsOf(all)
    return attempts.map(one => ({
      client: one.client.address,
      purpose: one.purpose,
      claims: judge(one)
        .filter(({ verdict, severity }) => (verdict === 'confirmed' || verdict === 'likely') && severity !== 'info')
        .map(({ rule }) => rule.id),
    }))
  }

  it('is a scan, of which only the finding about the server counts', () => {
    const attempts = found(many)
    expect(new Set(attempts.map(one => one.purpose))).toEqual(new Set(['scan']))
    expect(new Set(attempts.flatMap(one => one.claims))).toEqual(new Set(['rdp-brute-force']))
  })

  it('is told beside the failure of somebody else, which stays what it is', () => {
    const user = connection(
      { events: [event('negotiation-request', { protocols: 1 }), event('negotiation-failure')], tcp: ends(CLIENT) },
      50,
    )
    const mine = found([...many, user]).find(one => one.client === '10.0.1.2')
    expect(mine).toMatchObject({ purpose: 'connection', claims: ['nla-required', 'rdp-brute-force'] })
  })
})
