import { describe, expect, it } from 'vitest'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { type ConversationParts, event, mark, tls12Handshake, tls13Handshake } from '../support/conversation.ts'
import { attemptsOf, connection, established } from '../support/grouping.ts'

const PROXY = '10.0.1.1'
const refused = { tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] } }
const fin = (direction: 0 | 1) => ({ marks: [mark('fin', { direction })] })
const parts = (attempt: { members: readonly { part: string; firstPacket: number }[] } | undefined) =>
  attempt?.members.map(one => one.part)
const hello = (random: string, serverName = 'rdp.lab.test') => [
  event('negotiation-request'),
  event('client-hello', { random, serverName }),
]
const RANDOM = 'ab'.repeat(32)

describe('the legs of one connection', () => {
  it('are told by the random of their ClientHello, and the one nearest to the client is explained', () => {
    const near = connection({ events: hello(RANDOM), server: { address: '203.0.113.7' }, tcp: fin(SERVER) }, 1)
    const far = connection({ events: hello(RANDOM), client: { address: PROXY }, tcp: fin(SERVER) }, 1.001)
    for (const all of [
      [near, far],
      [far, near],
    ]) {
      const { attempts } = attemptsOf(all)
      expect(attempts).toHaveLength(1)
      expect(attempts[0]?.explained).toBe(near)
      expect(parts(attempts[0])).toEqual(['explained', 'leg'])
    }
    const other = connection({ events: hello('cd'.repeat(32)), client: { address: PROXY } }, 1.001)
    expect(attemptsOf([near, other]).attempts).toHaveLength(2)
  })

  it('are not the many servers to which one scanner says the same', () => {
    const many = [1, 2, 3].map(at =>
      connection({ events: hello(RANDOM, ''), server: { address: `10.0.3.${at}` }, tcp: fin(CLIENT) }, at),
    )
    expect(attemptsOf(many).attempts).toHaveLength(3)
  })

  it('are told by the first sequence number where a translator left it and nothing else was said', () => {
    const silent = (more: ConversationParts) => ({
      tcp: { marks: [mark('syn'), mark('syn')] },
      clientSide: { initialSequence: 0x1234_5678 },
      ...more,
    })
    const near = connection(silent({ client: { address: '192.168.1.5' } }), 1)
    const far = connection(silent({ client: { address: '203.0.113.9' } }), 1.0002)
    const { attempts } = attemptsOf([near, far])
    expect(attempts.map(parts)).toEqual([['explained', 'leg']])
    expect(attempts[0]?.client.address).toBe('192.168.1.5')
    const later = connection(silent({ client: { address: '203.0.113.9' } }), 9)
    expect(attemptsOf([near, later]).attempts).toHaveLength(2)
  })

  it('count once: what fails on both of them is one finding, and what works works', () => {
    const more = { client: { address: PROXY } }
    const { attempts } = attemptsOf([established(0), established(0.001, more)])
    expect(attempts.map(one => [one.outcome, one.history.attempts])).toEqual([
      ['established', 1],
      ['established', 1],
    ])
    const random = { events: [event('negotiation-request'), ...tls12Handshake().slice(1)] }
    const same = [event('client-hello', { random: RANDOM }), ...random.events]
    const joined = attemptsOf([connection({ events: same }, 0), connection({ events: same, ...more }, 0.001)])
    expect(joined.attempts).toHaveLength(1)
  })
})

describe('a proxy or gateway and what it does for its client', () => {
  const asked = (target: string, status: number, more: ConversationParts = {}) =>
    connection(
      {
        server: { address: PROXY, port: 3128 },
        events: [
          event('http-request', { method: 'CONNECT', target }),
          event('http-response', { method: 'CONNECT', status }, { timeNs: 3e9, packet: 2000 }),
        ],
        ...more,
      },
      1,
    )
  const dialled = (more: ConversationParts = {}) =>
    connection({ client: { address: PROXY }, server: { address: '10.0.2.2', port: 3389 }, ...refused, ...more }, 1.5)

  it('is explained by what the proxy met, when its target refuses', () => {
    const { attempts } = attemptsOf([asked('10.0.2.2:3389', 503), dialled()])
    expect(attempts.map(parts)).toEqual([['beside', 'explained']])
    expect(attempts[0]).toMatchObject({
      outcome: 'failed',
      client: { address: '10.0.1.2' },
      server: { address: '10.0.2.2', port: 3389 },
      closing: { side: 'server', how: 'rst' },
    })
  })

  it('is left alone when the target is another, or the time does not fit', () => {
    expect(attemptsOf([asked('10.0.2.3:3389', 503), dialled()]).attempts).toHaveLength(2)
    expect(attemptsOf([asked('10.0.2.2:443', 503), dialled()]).attempts).toHaveLength(2)
    const late = connection({ client: { address: PROXY }, ...refused }, 30)
    expect(attemptsOf([asked('10.0.2.2:3389', 503), late]).attempts).toHaveLength(2)
  })

  it('is found behind an encrypted gateway, unless several clients may be meant', () => {
    const tunnel = (address: string) =>
      connection(
        {
          client: { address },
          server: { address: PROXY, port: 443 },
          events: [...tls13Handshake('gw.lab.test'), event('record', {}, { timeNs: 4e9, packet: 3000 })],
        },
        1,
      )
    const joined = attemptsOf([tunnel('10.0.1.2'), dialled()]).attempts
    expect(joined.map(parts)).toEqual([['beside', 'explained']])
    expect(joined[0]?.outcome).toBe('failed')
    expect(attemptsOf([tunnel('10.0.1.2'), tunnel('10.0.1.3'), dialled()]).attempts).toHaveLength(3)
  })

  it('is not a host in between, from which a person goes on', () => {
    const onHost = established(0, { server: { address: PROXY }, lastNs: 60e9 })
    expect(attemptsOf([onHost, dialled()]).attempts).toHaveLength(2)
  })

  it('is a relay that asks the server in the words of its client, at once', () => {
    const asks = (cookie: string, more: ConversationParts, at: number) =>
      connection(
        { events: [event('negotiation-request', { cookie }), event('negotiation-response')], lastNs: 60e9, ...more },
        at,
      )
    const near = asks('alice', { server: { address: PROXY } }, 1)
    const far = (cookie: string, at: number) => asks(cookie, { client: { address: PROXY } }, at)
    expect(attemptsOf([near, far('alice', 1.2)]).attempts.map(parts)).toEqual([['explained', 'leg']])
    expect(attemptsOf([near, far('bob', 1.2)]).attempts).toHaveLength(2)
    expect(attemptsOf([near, far('alice', 30)]).attempts).toHaveLength(2)
  })

  it('names the target that SOCKS was asked for, and fails when it says no', () => {
    const socks = (granted: boolean, ...more: Parameters<typeof event>[0][]) =>
      attemptsOf([
        connection({
          server: { address: PROXY, port: 1080 },
          events: [
            event('socks-request'),
            event('socks-reply', { granted, code: granted ? 0 : 5 }),
            ...more.map(kind => event(kind)),
          ],
        }),
      ]).attempts[0]
    expect(socks(false)).toMatchObject({ serverName: 'rdp.lab.test', transport: 'direct', outcome: 'failed' })
    expect(socks(false)?.milestone('proxy')).toMatchObject({ state: 'failed', packet: 5 })
    expect(socks(true, 'negotiation-request')?.milestone('proxy')).toMatchObject({ state: 'reached', packet: 5 })
  })

  it('is looked up as well: the names of both legs belong to the attempt', () => {
    const dns = (name: string, client: string, at: number, data: string) =>
      connection(
        {
          transport: 'udp',
          client: { address: client },
          events: [
            event('dns-query', { name }),
            event('dns-response', { name, answers: [{ name, type: 1, data, ttlSeconds: 60 }] }),
          ],
        },
        at,
      )
    const all = [dns('proxy.lab.test', '10.0.1.2', 0.5, PROXY), dns('rdp.lab.test', PROXY, 1.2, '10.0.2.2')]
    const [attempt] = attemptsOf([...all, asked('rdp.lab.test:3389', 503), dialled()]).attempts
    expect(attempt?.lookups.map(one => one.name)).toEqual(['proxy.lab.test', 'rdp.lab.test'])
  })
})

describe('a client that is sent elsewhere', () => {
  const broker = (more: ConversationParts = {}) =>
    connection({ events: [event('negotiation-request'), event('negotiation-response')], tcp: fin(CLIENT), ...more }, 1)
  const host = { server: { address: '10.0.2.9' } }

  it('fails at the second server, not at the first', () => {
    const token = [event('negotiation-request', { routingToken: 'Cookie: msts=1.2.0', cookie: '' })]
    const second = connection({ ...host, events: token, tcp: fin(SERVER) }, 2)
    const { attempts } = attemptsOf([broker(), second])
    expect(attempts.map(parts)).toEqual([['redirected', 'explained']])
    expect(attempts[0]).toMatchObject({ outcome: 'failed', server: { address: '10.0.2.9' } })
  })

  it('is followed by what the redirection says, in either order of arrival', () => {
    const told = broker({
      events: [event('negotiation-request'), event('negotiation-response'), event('redirection')],
    })
    const second = connection({ ...host, ...refused }, 1.5)
    for (const all of [
      [told, second],
      [second, told],
    ])
      expect(attemptsOf(all).attempts.map(parts)).toEqual([['redirected', 'explained']])
    expect(attemptsOf([broker(), second]).attempts).toHaveLength(2)
  })

  it('and what follows a failure is named as that', () => {
    const failure = (at: number) =>
      connection({ events: [event('negotiation-request'), event('negotiation-failure')], tcp: fin(CLIENT) }, at)
    const { attempts } = attemptsOf([failure(1), failure(2), failure(3)])
    expect(attempts.map(parts)).toEqual([['explained', 'after', 'after']])
    expect(attemptsOf([failure(1), established(2)]).attempts.map(parts)).toEqual([['before', 'explained']])
  })
})
