import { describe, expect, it } from 'vitest'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { MAX_KERBEROS_BESIDE } from '../../src/wire/limits.ts'
import { type ConversationParts, event, mark, tls12Handshake } from '../support/conversation.ts'
import { attemptsOf, connection } from '../support/grouping.ts'

const failed = (at: number, name = 'rdp.lab.test', more: ConversationParts = {}) =>
  connection(
    {
      events: [event('negotiation-request'), event('negotiation-response'), ...tls12Handshake(name)],
      tcp: { marks: [mark('fin')] },
      ...more,
    },
    at,
  )
const KDC = { server: { address: '10.0.9.1', port: 88 } }
const ticket = (at: number, service: string, more: ConversationParts = {}) =>
  connection(
    {
      ...KDC,
      events: [event('kerberos-request', { messageType: 12, service }), event('kerberos-error', { service })],
      ...more,
    },
    at,
  )
const logon = (at: number, client = 'alice', more: ConversationParts = {}) =>
  connection(
    { ...KDC, events: [event('kerberos-request', { client }), event('kerberos-error', { client })], ...more },
    at,
  )

describe('tickets beside an attempt', () => {
  const found = (...all: Parameters<typeof attemptsOf>[0]) =>
    attemptsOf([...all, failed(100)]).attempts.map(one => one.kerberos.length)

  it('are those for its desktop and the logons of people, over TCP and UDP, shortly before or during it', () => {
    expect(found(ticket(99.9, 'TERMSRV/rdp.lab.test'), logon(99.8))).toEqual([2])
    expect(found(ticket(99.9, 'TERMSRV/RDP', { transport: 'udp', server: { port: 88 } }))).toEqual([1])
    expect(found(logon(100.01))).toEqual([1])
  })

  it('are not those of other desktops, services, machines, clients and times', () => {
    expect(found(ticket(99.9, 'TERMSRV/other.lab.test'))).toEqual([0])
    expect(found(ticket(99.9, 'cifs/rdp.lab.test'))).toEqual([0])
    expect(found(logon(99.9, 'PC7$'))).toEqual([0])
    expect(found(logon(99.9, 'alice', { client: { address: '10.0.1.9' } }))).toEqual([0])
    expect(found(logon(60), logon(300))).toEqual([0])
  })

  it('are found among all events of the attempt, and are no attempt of their own', () => {
    const { attempts } = attemptsOf([logon(99.8), failed(100)])
    expect(attempts).toHaveLength(1)
    expect(attempts[0]?.all('kerberos-error').map(one => one.fact.code)).toEqual([24])
    expect(attempts[0]?.conversations).toHaveLength(1)
    expect(attempts[0]?.members.map(one => [one.part, one.outcome])).toEqual([
      ['kerberos', null],
      ['explained', 'failed'],
    ])
    expect(attemptsOf([logon(99.8)]).attempts).toEqual([])
  })

  it('may come through a KDC proxy, whose refusal is no refusal of the gateway', () => {
    const proxied = connection(
      {
        server: { port: 443 },
        events: [
          event('client-hello'),
          event('http-request', { method: 'POST', target: '/KdcProxy' }),
          event('kerberos-request', { messageType: 12, service: 'TERMSRV/rdp.lab.test' }),
          event('http-response', { method: 'POST', target: '/KdcProxy', status: 503 }),
        ],
      },
      99.9,
    )
    expect(found(proxied)).toEqual([1])
  })

  it('are bounded, and what is left out is counted', () => {
    const many = Array.from({ length: MAX_KERBEROS_BESIDE + 3 }, () => logon(99.8))
    const { grouped } = attemptsOf(many)
    expect(grouped.quality).toEqual([
      { id: 'tickets-lost', says: '3 Kerberos conversations beside attempts were left out: too many' },
    ])
  })
})

describe('UDP beside an attempt', () => {
  it('may run on any port, told by what is said', () => {
    const udp = (kind: 'rdpudp-syn' | 'dns-query') =>
      connection({ transport: 'udp', server: { port: 33_890 }, events: [event(kind)] }, 100.05)
    const parts = (one: Parameters<typeof attemptsOf>[0][number]) =>
      attemptsOf([one, failed(100)]).attempts[0]?.members.map(({ part }) => part)
    expect(parts(udp('rdpudp-syn'))).toEqual(['explained', 'udp'])
    expect(parts(udp('dns-query'))).toEqual(['explained'])
  })
})

describe('names', () => {
  const question = (name: string, more: ConversationParts = {}) =>
    connection({ transport: 'udp', events: [event('dns-query', { name })], ...more }, 99)
  const answer = (name: string, more: ConversationParts = {}) =>
    connection(
      {
        transport: 'udp',
        events: [
          event(
            'dns-response',
            { name, answers: [{ name, type: 1, data: '10.0.2.2', ttlSeconds: 30 }] },
            { direction: CLIENT },
          ),
        ],
        ...more,
      },
      99.1,
    )
  const names = (...all: Parameters<typeof attemptsOf>[0]) =>
    attemptsOf([...all, failed(100, '')]).attempts.map(one => [
      one.serverName,
      one.lookups.map(({ resolver }) => resolver),
    ])
  const LLMNR = { server: { address: '224.0.0.252', port: 5355 } }
  const MDNS = { client: { address: '10.0.1.2', port: 5353 }, server: { address: '224.0.0.251', port: 5353 } }

  it('asked of the neighbours count once one of them answers, whichever half comes first', () => {
    const asked = question('desk', LLMNR)
    const unicast = answer('desk', {
      client: { address: '10.0.2.2', port: 5355 },
      server: { address: '10.0.1.2', port: 53_000 },
    })
    expect(names(asked, unicast)).toEqual([['desk', ['224.0.0.252']]])
    expect(names(unicast, asked)).toEqual([['desk', ['224.0.0.252']]])
    const others = answer('desk', {
      client: { address: '10.0.2.2', port: 5355 },
      server: { address: '10.0.1.77', port: 53_000 },
    })
    expect(names(asked, others)).toEqual([['', []]])
    expect(names(asked)).toEqual([['', []]])
    const toAll = answer('desk.local', { client: { address: '10.0.2.2', port: 5353 }, server: MDNS.server })
    expect(names(question('desk.local', MDNS), toAll)).toEqual([['desk.local', ['224.0.0.251']]])
  })

  it('asked over TCP count as well', () => {
    const events = [event('dns-query'), event('dns-response')]
    const overTcp = connection({ server: { address: '10.0.1.1', port: 53 }, events }, 99)
    expect(names(overTcp)).toEqual([['rdp.lab.test', ['10.0.1.1']]])
  })

  it('and a failure of the neighbours to answer is no attempt', () => {
    const again = [99, 99.4].map(at =>
      connection({ transport: 'udp', events: [event('dns-query', { name: 'rdp7' })], ...LLMNR }, at),
    )
    expect(attemptsOf(again).attempts).toEqual([])
    const dead = connection({ tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] } }, 100)
    expect(attemptsOf([...again, dead]).attempts.map(one => one.lookups)).toEqual([[]])
  })
})
