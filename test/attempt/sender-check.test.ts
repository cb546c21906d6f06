import { describe, expect, it } from 'vitest'
import { checkSender } from '../../src/attempt/sender-check.ts'
import type { TcpFacts, TcpMark, TcpSide } from '../../src/flow/conversation.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { conversation, event, mark } from '../support/conversation.ts'
import { attemptsOf, connection } from '../support/grouping.ts'

const SECOND = 1e9
const END = { packet: 20, timeNs: SECOND, direction: SERVER, ttl: 57 } as const
/** A server seven hops away that counts its IP identifications. */
const SIDE = { ttlLeast: 57, ttlMost: 57, packets: 10, ipIdsInRow: 9 }

function check(
  end: Partial<TcpMark> & { readonly kind?: 'fin' | 'reset' } = {},
  more: { side?: Partial<TcpSide>; marks?: readonly TcpMark[]; elsewhere?: readonly number[] } = {},
) {
  const { kind = 'reset', ...values } = end
  const own = mark(kind, { ...END, ...values })
  const { tcp } = conversation({
    events: [event('client-hello'), event('server-hello')],
    serverSide: { ...SIDE, ...more.side },
    tcp: { marks: [own, ...(more.marks ?? [])] },
  })
  const found = (tcp as TcpFacts).marks.find(one => one.packet === END.packet) as TcpMark
  return checkSender(tcp as TcpFacts, found, more.elsewhere)
}

describe('an end of its sender', () => {
  it('looks like its other packets', () => {
    expect(check()).toMatchObject({
      authenticity: 'genuine',
      hops: 7,
      signs: ['time to live 57 as its other packets', 'the next IP identification', 'TCP timestamps as before'],
    })
    expect(check({ kind: 'fin' }).authenticity).toBe('genuine')
  })

  it('may be the reset of a kernel for a socket that is gone: no timestamps, any IP identification, window 0', () => {
    for (const ipId of [0, 40_812]) {
      const kernel = check({ window: 0, timestamps: false, ipId, ipIdStep: -9000 })
      expect(kernel).toMatchObject({ authenticity: 'genuine', signs: ['time to live 57 as its other packets'] })
    }
    expect(check({ ipId: 0, ipIdStep: -1000, timestamps: false }).authenticity).toBe('genuine')
  })

  it('may come over one of several ways that its packets took', () => {
    expect(check({ ttl: 56 }, { side: { ttlLeast: 55 } }).authenticity).toBe('genuine')
  })

  it('may cross others of its packets, and resend what was lost', () => {
    const resend = (timeNs: number) => mark('retransmission', { packet: 21, timeNs, direction: SERVER, length: 500 })
    expect(check({}, { marks: [resend(1.01 * SECOND)] }).authenticity).toBe('genuine')
    const late = { marks: [resend(2 * SECOND)], side: { lastDataPacket: 21, lastDataNs: 2 * SECOND } }
    expect(check({ kind: 'fin' }, late).authenticity).toBe('genuine')
    const bareAck = mark('keep-alive', { packet: 21, timeNs: 2 * SECOND, direction: SERVER })
    expect(check({}, { marks: [bareAck] }).authenticity).toBe('genuine')
  })
})

describe('an end in a foreign name', () => {
  it('comes from another distance, which tells where to look', () => {
    expect(check({ ttl: 62, ipId: 0, ipIdStep: -1000, timestamps: false })).toMatchObject({
      authenticity: 'foreign',
      hops: 2,
      whereabouts: 'about 2 hops from the capture point, where the server is 7 hops away',
      signs: [
        "its time to live is 62 where the server's packets have 57",
        'it lacks the TCP timestamps that the connection uses',
        'its IP identification is 0',
      ],
    })
    expect(check({ ttl: 64 }).whereabouts).toBe('next to the capture point, where the server is 7 hops away')
    expect(check({ ttl: 250 }).whereabouts).toBe('about 5 hops from the capture point, where the server is 7 hops away')
    expect(check({ ttl: 63 }, { side: { ttlLeast: 128, ttlMost: 128 } }).whereabouts).toBe(
      'about 1 hop from the capture point, where the server is next to it',
    )
    // A start value of its own: nothing to count from.
    expect(check({ ttl: 200 })).toMatchObject({ authenticity: 'foreign', hops: -1, whereabouts: '' })
  })

  it('may be a FIN as well', () => {
    expect(check({ kind: 'fin', ttl: 62 }).authenticity).toBe('foreign')
  })

  it('does not stop its claimed sender', () => {
    const data = { lastDataPacket: 30, lastDataNs: 1.5 * SECOND }
    for (const kind of ['reset', 'fin'] as const) {
      const on = check({ kind }, { side: data })
      expect(on).toMatchObject({ authenticity: 'foreign', sentOn: { packet: 30 } })
      expect(on.signs).toEqual(['the server went on sending 500 ms later'])
    }
    const fin = mark('fin', { packet: 21, timeNs: 2 * SECOND, direction: SERVER })
    expect(check({}, { marks: [fin] })).toMatchObject({ authenticity: 'foreign', sentOn: { packet: 21 } })
  })

  it('with the right distance shows by its IP identification together with another sign', () => {
    const jump = { ipId: 40_812, ipIdStep: -9000 }
    expect(check({ ...jump, timestamps: false })).toMatchObject({ authenticity: 'foreign', whereabouts: '' })
    expect(check({ ...jump, inWindow: false }).authenticity).toBe('foreign')
    expect(check(jump)).toMatchObject({
      authenticity: 'unknown',
      signs: ['its IP identification 40812 does not follow on those before'],
    })
    // One who does not count proves nothing.
    expect(check({ ...jump, timestamps: false }, { side: { ipIdsInRow: 2 } }).authenticity).toBe('genuine')
    // A counter for all connections of the host runs on.
    expect(check({ ipId: 3000, ipIdStep: 2000, timestamps: false }).authenticity).toBe('genuine')
  })

  it('may come from as far away, by another stack: a balancer beside the host, or a filter on it', () => {
    expect(check({ ttl: 121 })).toMatchObject({
      authenticity: 'foreign',
      hops: 7,
      whereabouts: 'as far away as the server: beside it, or a filter on that host',
    })
  })

  it('often hits both ends at once, sooner than one could answer the other', () => {
    const twin = (ms: number) => ({
      marks: [mark('reset', { packet: 21, timeNs: SECOND + ms * 1e6, direction: CLIENT })],
    })
    // The handshake took 20 ms.
    expect(check({}, twin(0.1))).toMatchObject({
      authenticity: 'foreign',
      whereabouts: '',
      signs: ['less than 1 ms apart both ends are reset, each in the name of the other'],
    })
    expect(check({}, twin(4)).authenticity).toBe('foreign')
    expect(check({}, twin(9)).authenticity).toBe('genuine')
    expect(check({ kind: 'fin' }, twin(0.1)).authenticity).toBe('genuine')
    expect(check({ ttl: 62 }, twin(100)).signs).toHaveLength(1)
  })

  it('is no twin of another where everything comes at once', () => {
    const { tcp } = conversation({
      tcp: {
        initialRoundTripMs: 1,
        marks: [mark('reset', { ...END, ttl: 64 }), mark('reset', { packet: 21, timeNs: SECOND + 1e5 })],
      },
    })
    const facts = tcp as TcpFacts
    expect(checkSender(facts, facts.marks.find(one => one.packet === 20) as TcpMark).authenticity).toBe('genuine')
  })
})

describe('an end of one who sent nothing else', () => {
  const nothing = { ttlLeast: 0, ttlMost: 0, packets: 1, ipIdsInRow: 0 }

  it('can not be told', () => {
    expect(check({}, { side: nothing })).toMatchObject({ authenticity: 'unknown', signs: [] })
    expect(check({ inWindow: false }, { side: nothing }).authenticity).toBe('unknown')
  })

  it('is compared with other connections to the same address', () => {
    expect(check({}, { side: nothing, elsewhere: [57, 58] })).toMatchObject({
      authenticity: 'genuine',
      signs: ['time to live 57 as its packets in other connections', 'TCP timestamps as before'],
    })
    expect(check({ ttl: 64 }, { side: nothing, elsewhere: [57] })).toMatchObject({
      authenticity: 'foreign',
      signs: ["its time to live is 64 where the server's packets have 57 in other connections"],
    })
  })

  it('as in the whole way: a refused SYN, beside a port of the same host that answers', () => {
    const at = (ttl: number) => {
      const refused = {
        serverSide: { ttlLeast: 0, ttlMost: 0 },
        tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER, ttl })] },
      }
      const answered = {
        server: { port: 443 },
        serverSide: { ttlLeast: 57, ttlMost: 57 },
        events: [event('client-hello')],
      }
      const { attempts } = attemptsOf([connection(answered), connection(refused, 1)])
      return attempts.find(one => one.server.port === 3389)?.closing.sender?.authenticity
    }
    expect(at(57)).toBe('genuine')
    expect(at(64)).toBe('foreign')
  })
})
