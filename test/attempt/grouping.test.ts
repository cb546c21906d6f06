import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Attempts } from '../../src/attempt/grouping.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { MAX_ATTEMPT_CONVERSATIONS, MAX_OPEN_ATTEMPTS } from '../../src/wire/limits.ts'
import { type ConversationParts, event, flowSummary, mark, records, tls13Handshake } from '../support/conversation.ts'
import { attemptsOf, connection, established } from '../support/grouping.ts'

const SECOND = 1e9
const fin = (direction: 0 | 1) => ({ marks: [mark('fin', { direction })] })
const refused = { tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] } }
const nlaRefused = (at: number, more: ConversationParts = {}) =>
  connection({ events: [event('negotiation-request'), event('negotiation-failure')], tcp: fin(CLIENT), ...more }, at)
const tlsOnly = (at: number, more: ConversationParts = {}, name = 'gw.lab.test') =>
  connection({ events: tls13Handshake(name), server: { port: 443 }, ...more }, at)
const dns = (at: number, name: string, more: ConversationParts = {}, answered = true) => {
  const events = [event('dns-query', { name })]
  const answer = event('dns-response', { name, answers: [{ name, type: 1, data: '10.0.2.2', ttlSeconds: 60 }] })
  return connection({ transport: 'udp', events: answered ? [...events, answer] : events, ...more }, at)
}

describe('which connections make one attempt', () => {
  it('a failure and the retry that follows', () => {
    const { attempts } = attemptsOf([nlaRefused(0), nlaRefused(1)])
    expect(attempts.map(one => one.conversations.length)).toEqual([2])
    expect(attempts[0]).toMatchObject({ outcome: 'failed', transport: 'direct', id: 1 })
    expect(attempts[0]?.explained?.firstPacket).toBe(1)
  })

  it('the retry that works is the one to explain', () => {
    const { attempts } = attemptsOf([nlaRefused(0), established(1)])
    expect(attempts).toHaveLength(1)
    expect(attempts[0]).toMatchObject({ outcome: 'established' })
    expect(attempts[0]?.explained?.firstPacket).toBe(1001)
  })

  it('but not what comes after a pause, or after a session that worked and ended', () => {
    expect(attemptsOf([nlaRefused(0), nlaRefused(30)]).attempts).toHaveLength(2)
    expect(attemptsOf([established(0), nlaRefused(5)]).attempts.map(one => one.outcome)).toEqual([
      'established',
      'failed',
    ])
  })

  it('not those of other clients, servers, ports or users', () => {
    const others: ConversationParts[] = [
      { client: { address: '10.0.1.9' } },
      { server: { address: '10.0.2.9' } },
      { server: { port: 3390 } },
      { events: [event('negotiation-request', { cookie: 'bob' }), event('negotiation-failure')] },
    ]
    for (const other of others) expect(attemptsOf([nlaRefused(0), nlaRefused(0.5, other)]).attempts).toHaveLength(2)
  })

  it('those of one name on several addresses', () => {
    const { attempts } = attemptsOf([tlsOnly(0), tlsOnly(1, { server: { address: '10.0.2.3', port: 443 } })])
    expect(attempts).toHaveLength(1)
    expect(attempts[0]).toMatchObject({ transport: 'gateway-tls', serverName: 'gw.lab.test' })
  })

  it('the two channels of a gateway, told from other channels beside them by their id', () => {
    const channel = (id: string, method: string) =>
      connection({
        server: { port: 8080 },
        events: [event('http-request', { method, headers: [['rdg-connection-id', id]] }), event('http-response')],
      })
    const { attempts } = attemptsOf([
      channel('{A}', 'RDG_OUT_DATA'),
      channel('{B}', 'RDG_OUT_DATA'),
      channel('{a}', 'RDG_IN_DATA'),
      channel('{B}', 'RDG_IN_DATA'),
    ])
    expect(attempts.map(one => one.conversations.length)).toEqual([2, 2])
    expect(attempts[0]?.transport).toBe('gateway-http')
  })

  it('the server that a broker sends the client to', () => {
    const elsewhere = { server: { address: '10.0.2.9' } }
    const redirected = [event('negotiation-request', { protocols: 0x0f }), event('negotiation-response')]
    const token = [event('negotiation-request', { routingToken: 'Cookie: msts=1.2.0000', cookie: '' })]
    expect(attemptsOf([nlaRefused(0), nlaRefused(1, elsewhere)]).attempts).toHaveLength(2)
    for (const events of [redirected, token]) {
      expect(attemptsOf([nlaRefused(0), connection({ ...elsewhere, events }, 1)]).attempts).toHaveLength(1)
      expect(attemptsOf([nlaRefused(0), connection({ ...elsewhere, events }, 8)]).attempts).toHaveLength(2)
    }
  })

  it('the order of arrival makes no difference', () => {
    const all = [
      nlaRefused(0),
      nlaRefused(1),
      established(3),
      nlaRefused(60),
      tlsOnly(61),
      tlsOnly(62),
      nlaRefused(200),
    ]
    const expected = attemptsOf(all).attempts.map(one => one.conversations.map(part => part.firstPacket))
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), shuffled => {
        const attempts = attemptsOf(shuffled, { endNs: 300 * SECOND }).attempts
        expect(attempts.map(one => one.conversations.map(part => part.firstPacket))).toEqual(expected)
        expect(attempts.map(one => one.id)).toEqual(attempts.map((_, at) => at + 1))
      }),
    )
  })
})

describe('the tunnel of a gateway', () => {
  const before = records(-350, 376, -754, 172, -280, -36, 27, -39, 35, -41, 43, -65, 41, -79, 37)
  const inside = records(-545, -99, -103, -103, -103, 339, 242)
  const tunnel = (at: number, direction: 0 | 1) =>
    tlsOnly(at, { events: [...tls13Handshake('gw.lab.test'), ...before, ...inside], tcp: fin(direction) })

  it('was a session when the client ends it', () => {
    expect(attemptsOf([tunnel(0, CLIENT)]).attempts[0]).toMatchObject({ outcome: 'established' })
  })

  it('was cut when the gateway closes first and without a word', () => {
    expect(attemptsOf([tunnel(0, SERVER)]).attempts[0]).toMatchObject({ outcome: 'failed' })
  })

  it('is read over both channels, wherever they run', () => {
    const all = [...before, ...inside].map((one, at) => ({
      ...one,
      packet: 100 + at,
      first: 100 + at,
      timeNs: at * 1e6,
    }))
    const channel = (direction: 0 | 1) =>
      tlsOnly(0, { events: [...tls13Handshake(), ...all.filter(one => one.direction === direction)] })
    const { attempts } = attemptsOf([channel(SERVER), channel(CLIENT)])
    expect(attempts).toHaveLength(1)
    expect(attempts[0]).toMatchObject({ outcome: 'established', transport: 'gateway-tls' })
    expect(attempts[0]?.milestone('active')).toMatchObject({ state: 'reached', inferred: true })
  })
})

describe('what is no attempt', () => {
  it.each([
    ['a web site in clear', { server: { port: 80 }, events: [event('http-request', { method: 'GET', target: '/' })] }],
    ['SSH', { server: { port: 22 }, events: [event('unrecognised')] }],
    ['a monitor that connects and leaves', { server: { port: 443 }, tcp: fin(CLIENT) }],
    ['a refused well-known service', { server: { port: 25 }, ...refused }],
    ['one SYN to an unknown port', { server: { port: 9000 }, tcp: { marks: [mark('syn')] } }],
  ])('%s', (_name, parts) => {
    expect(attemptsOf([connection(parts)]).attempts).toEqual([])
  })

  it('a browser, beside a client that does try', () => {
    const browser = tlsOnly(1, {
      server: { address: '203.0.113.5', port: 443 },
      events: [event('client-hello', { alpn: ['h2', 'http/1.1'] }), event('alert')],
    })
    expect(attemptsOf([browser, nlaRefused(0)]).attempts.map(one => one.transport)).toEqual(['direct'])
    expect(attemptsOf([browser]).attempts.map(one => one.transport)).toEqual(['unknown'])
  })

  it('a web site that does not answer, beside a desktop that does', () => {
    const site = connection({ server: { address: '203.0.113.5', port: 443 }, ...refused })
    expect(attemptsOf([site, nlaRefused(0)]).attempts.map(one => one.transport)).toEqual(['direct'])
    expect(attemptsOf([site, connection(refused)]).attempts).toHaveLength(2)
  })

  it('a scan of ports or hosts', () => {
    const ports = Array.from({ length: 30 }, (_, at) =>
      connection({ server: { port: 3380 + at }, ...refused }, at / 100),
    )
    const hosts = Array.from({ length: 30 }, (_, at) =>
      connection({ server: { address: `10.0.3.${at}` }, ...refused }, at / 100),
    )
    expect(attemptsOf(ports).attempts).toEqual([])
    expect(attemptsOf(hosts).attempts).toEqual([])
  })

  it('monitors on the RDP port, unless they are all there is', () => {
    const probes = [0, 5, 10].map(at => connection({ tcp: { marks: [mark('reset', { direction: CLIENT })] } }, at))
    expect(attemptsOf(probes).attempts).toHaveLength(1)
    expect(attemptsOf([...probes, nlaRefused(20)]).attempts.map(one => one.conversations.length)).toEqual([1])
  })

  it('a refused port where the same service answers over another address', () => {
    const six = { client: { address: '::1' }, server: { address: '::1', port: 8000 } }
    const four = { server: { address: '127.0.0.1', port: 8000 }, serverSide: { bytes: 500 } }
    expect(attemptsOf([connection({ ...six, ...refused })]).attempts).toHaveLength(1)
    expect(attemptsOf([connection({ ...six, ...refused }), connection(four, 0.1)]).attempts).toEqual([])
  })
})

describe('what is an attempt', () => {
  it.each([
    ['a refused port of a gateway', { server: { port: 443 }, ...refused }, 'gateway-tls'],
    ['a refused unknown port, when it is all that was tried', { server: { port: 9443 }, ...refused }, 'unknown'],
    ['another protocol on the RDP port', { events: [event('unrecognised')] }, 'direct'],
    ['the negotiation, on any port', { server: { port: 40_000 }, events: [event('negotiation-request')] }, 'direct'],
    ['a gateway in clear behind a proxy', { server: { port: 8080 }, events: [event('http-request')] }, 'gateway-http'],
    [
      'RPC over HTTP',
      {
        server: { port: 80 },
        events: [event('http-request', { method: 'RPC_IN_DATA', target: '/rpc/rpcproxy.dll?a' })],
      },
      'gateway-rpc',
    ],
    [
      'a gateway over WebSocket',
      { server: { port: 80 }, events: [event('http-request'), event('http-response', { status: 101 })] },
      'gateway-websocket',
    ],
    [
      'a proxy on the way',
      { server: { port: 3128 }, events: [event('http-request', { method: 'CONNECT', target: 'gw.lab.test:443' })] },
      'gateway-tls',
    ],
  ] as const)('%s', (_name, parts, transport) => {
    expect(attemptsOf([connection(parts as ConversationParts)]).attempts.map(one => one.transport)).toEqual([transport])
  })

  it('a name that is not resolved, when the client tries nothing else', () => {
    const failed = dns(0, 'files.corp.example', { events: [event('dns-query'), event('dns-response', { rcode: 3 })] })
    const [attempt] = attemptsOf([failed]).attempts
    expect(attempt).toMatchObject({ explained: null, outcome: 'failed', serverName: 'rdp.lab.test' })
    expect(attempt?.milestone('dns')).toMatchObject({ state: 'failed' })
    expect(attempt?.lookups).toMatchObject([{ rcode: 3, queries: 1 }])
  })

  it('an address that nobody answers for, when the capture shows nothing else', () => {
    const note = { address: '10.0.1.77', asker: '10.0.1.2', requests: 4, answers: [] }
    const place = { firstPacket: 1, lastPacket: 4, firstNs: 0, lastNs: 3 * SECOND }
    const neighbours = [{ ...note, ...place }]
    const [attempt] = attemptsOf([], { neighbours }).attempts
    expect(attempt).toMatchObject({ explained: null, outcome: 'failed', server: { address: '10.0.1.77' } })
    expect(attemptsOf([], { neighbours: [{ ...note, ...place, answers: ['02:00:00:00:00:01'] }] }).attempts).toEqual([])
    expect(attemptsOf([nlaRefused(0)], { neighbours }).attempts).toHaveLength(1)
  })
})

describe('what is tied to an attempt', () => {
  it('the lookup of its address, with both address families', () => {
    const quad = dns(1.01, 'rdp.lab.test', {
      events: [event('dns-query', { type: 28 }), event('dns-response', { type: 28, rcode: 2, answers: [] })],
    })
    const { attempts } = attemptsOf([nlaRefused(2), dns(1, 'rdp.lab.test'), quad, dns(1, 'other.lab.test', {}, false)])
    expect(attempts).toHaveLength(1)
    expect(attempts[0]?.lookups.map(one => [one.name, one.type])).toEqual([
      ['rdp.lab.test', 1],
      ['rdp.lab.test', 28],
    ])
    expect(attempts[0]?.serverName).toBe('rdp.lab.test')
    expect(attempts[0]?.milestone('dns')).toMatchObject({ state: 'reached' })
  })

  it('UDP beside the session, answered or not', () => {
    const udp = (packets: readonly [number, number]) =>
      connection({ transport: 'udp', server: { port: 3389 }, client: { port: 50_001 }, packets }, 0.5)
    const blocked = attemptsOf([established(0), udp([4, 0])]).attempts
    expect(blocked).toHaveLength(1)
    expect(blocked[0]?.milestone('udp')).toMatchObject({ state: 'failed' })
    expect(blocked[0]?.conversations.map(one => one.transport)).toEqual(['tcp', 'udp'])
    expect(attemptsOf([established(0), udp([4, 4])]).attempts[0]?.milestone('udp')).toMatchObject({ state: 'reached' })
    expect(attemptsOf([udp([4, 0])]).attempts).toEqual([])
  })

  it('hardware addresses of the server', () => {
    const note = { asker: '10.0.1.2', requests: 1, firstPacket: 1, lastPacket: 2, firstNs: 0, lastNs: 1 }
    const mine = { ...note, address: '10.0.2.2', answers: ['02:00:00:00:00:01', '02:00:00:00:00:02'] }
    const neighbours = [mine, { ...note, address: '10.9.9.9', answers: [] }]
    expect(attemptsOf([nlaRefused(0)], { neighbours }).attempts[0]?.neighbours).toEqual([mine])
  })

  it('what other attempts say about the same server, the later ones too', () => {
    const other = { client: { address: '10.0.1.9' } }
    const { attempts } = attemptsOf([nlaRefused(0), established(5, other), nlaRefused(40)])
    expect(attempts.map(one => one.history.attempts)).toEqual([2, 2, 2])
    expect(attempts.map(one => one.history.established)).toEqual([1, 0, 1])
    expect(attempts[0]?.history).toMatchObject({ versions: [0x0303], suites: [0xc030] })
  })
})

describe('memory', () => {
  it('stays flat: what is quiet for long is judged while the capture is read, beyond what waits', () => {
    let judged = 0
    const grouped = new Attempts(() => judged++, { startSeconds: () => 0 })
    for (let at = 0; at < 3000; at++) {
      grouped.conversation(nlaRefused(at, { client: { address: `10.1.${at >> 8}.${at & 255}` } }))
      grouped.time(at * SECOND)
    }
    expect(judged).toBeGreaterThan(2000)
    expect(grouped.quality).toEqual([])
    grouped.end(flowSummary(), 3000 * SECOND)
    expect(judged).toBe(3000)
  })

  it('is bounded when all come at once, and says so', () => {
    let judged = 0
    const grouped = new Attempts(() => judged++, { startSeconds: () => 0 })
    const many = MAX_OPEN_ATTEMPTS + 10
    for (let at = 0; at < many; at++) grouped.conversation(nlaRefused(0, { client: { address: `10.1.0.0/${at}` } }))
    expect(judged).toBe(10)
    expect(grouped.quality.map(note => note.id)).toEqual(['attempts-early'])
    grouped.end(flowSummary(), SECOND)
    expect(judged).toBe(many)
  })

  it('one attempt holds a bounded number of connections', () => {
    const many = Array.from({ length: MAX_ATTEMPT_CONVERSATIONS + 1 }, (_, at) => nlaRefused(at / 2))
    expect(attemptsOf(many).attempts.map(one => one.conversations.length)).toEqual([MAX_ATTEMPT_CONVERSATIONS, 1])
  })

  it('a retry that outlives its failure by far is still part of the attempt', () => {
    const { attempts } = attemptsOf([nlaRefused(0), established(1, { lastNs: 3600 * SECOND })])
    expect(attempts.map(one => one.outcome)).toEqual(['established'])
  })
})
