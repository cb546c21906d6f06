import { describe, expect, it } from 'vitest'
import type { Companion, Companions } from '../../src/attempt/attempt.ts'
import type { DamagedSegment, TunnelNote } from '../../src/flow/conversation.ts'
import { CLIENT_ADDRESS } from '../support/addresses.ts'
import { attempt, claims, verdictOf } from '../support/attempt.ts'
import { conversation, event, icmp, mark, records, tls12Handshake } from '../support/conversation.ts'

const SECOND = 1e9
const SERVER = 1
const session = () => [
  event('negotiation-request'),
  event('negotiation-response'),
  ...tls12Handshake(),
  ...records(-486, 150, -36, 35),
]
const resends = [3, 4, 6, 10].map((seconds, at) =>
  mark('retransmission', { packet: 40 + at, timeNs: seconds * SECOND, length: 100 }),
)
const lastHeardNs = 0.2 * SECOND

describe('vpn-dropped', () => {
  const cut = (values: object = {}, parts: object = {}) =>
    attempt(
      {
        events: session(),
        tcp: { marks: resends },
        clientSide: { unacknowledged: 100, lastPacket: 99, lastNs: 10 * SECOND },
        ...parts,
      },
      values,
    )
  const tunnel = (lastNs: readonly [number, number]): TunnelNote => ({
    kind: 'wireguard',
    ends: ['192.0.2.5', '203.0.113.9'],
    packets: [40, 30],
    firstPacket: 1,
    firstNs: 0,
    lastPackets: [98, 33],
    lastNs,
  })
  const companion = (address: string, heardNs: number): Companion => ({
    server: { address, port: 445 },
    lastHeard: { packet: 34, timeNs: heardNs },
    lastAsked: { packet: 70, timeNs: heardNs + 5 * SECOND },
  })
  const companions = (values: Partial<Companions>): { companions: Companions } => ({
    companions: { silent: [], heard: [], movedTo: null, ...values },
  })

  it('is confirmed when the other end of the tunnel fell silent at the same instant', () => {
    const dead = cut({ tunnels: [tunnel([30 * SECOND, lastHeardNs])] })
    expect(claims(dead)).toEqual(['vpn-dropped (confirmed)', 'connection-state-lost (confirmed)'])
    expect(verdictOf('vpn-dropped', dead).says).toContain('The WireGuard tunnel to 203.0.113.9 went dead')
    expect(verdictOf('vpn-dropped', dead).evidence.map(([place]) => place.packet)).toContain(33)
  })

  it('is likely when other connections fell silent together and servers elsewhere were still heard', () => {
    const together = cut(
      companions({ silent: [companion('10.0.2.9', lastHeardNs)], heard: [companion('198.51.100.1', 9 * SECOND)] }),
    )
    const verdict = verdictOf('vpn-dropped', together)
    expect(verdict.verdict).toBe('likely')
    expect(verdict.says).toContain('1 other connection of the client (to 10.0.2.9)')
  })

  it('is likely when a router has no way to the network any more, in the middle of the connection', () => {
    const lost = cut({}, { icmp: [icmp({ packet: 45, timeNs: 11 * SECOND, code: 0, from: '10.0.1.1' })] })
    expect(verdictOf('vpn-dropped', lost).verdict).toBe('likely')
    const early = attempt({ tcp: { marks: [mark('syn')] }, icmp: [icmp({ packet: 2, code: 0 })] })
    expect(verdictOf('vpn-dropped', early).verdict).toBe('not-visible')
  })

  it('is no more than possible when nothing at all was heard afterwards, or another address dials', () => {
    const all = cut(companions({ silent: [companion('10.0.2.9', lastHeardNs), companion('10.0.2.8', lastHeardNs)] }))
    expect(verdictOf('vpn-dropped', all).verdict).toBe('possible')
    const moved = cut(companions({ movedTo: { client: '192.168.1.5', packet: 80, timeNs: 20 * SECOND } }))
    expect(verdictOf('vpn-dropped', moved).verdict).toBe('possible')
  })

  it('is ruled out by answers to the end, and by the same server heard later', () => {
    expect(verdictOf('vpn-dropped', attempt({ events: session() })).verdict).toBe('ruled-out')
    const lives = cut()
    const explained = lives.explained
    const other = conversation({ id: 7, from: 50, fromNs: 20 * SECOND, events: session() })
    const beside = cut({ conversations: [...(explained === null ? [] : [explained]), other] })
    expect(verdictOf('vpn-dropped', beside).verdict).toBe('ruled-out')
  })

  it('sees nothing where the silent server is all that there is, and takes a living tunnel for no cause', () => {
    expect(verdictOf('vpn-dropped', cut()).verdict).toBe('not-visible')
    expect(verdictOf('vpn-dropped', cut({ tunnels: [tunnel([30 * SECOND, 29 * SECOND])] })).verdict).toBe('not-visible')
    // It fell silent long after, for a reason of its own.
    expect(verdictOf('vpn-dropped', cut({ tunnels: [tunnel([300 * SECOND, 120 * SECOND])] })).verdict).toBe(
      'not-visible',
    )
  })

  it('does not suspect the tunnel when the client itself is the silent end', () => {
    const mine = { ...tunnel([30 * SECOND, lastHeardNs]), ends: ['203.0.113.9', CLIENT_ADDRESS] as const }
    expect(verdictOf('vpn-dropped', cut({ tunnels: [mine] })).verdict).toBe('not-visible')
  })
})

describe('checksum-corruption', () => {
  const damaged = (packet: number, values: Partial<DamagedSegment> = {}): DamagedSegment => ({
    packet,
    timeNs: packet * 1e7,
    direction: SERVER,
    length: 600,
    acknowledged: false,
    resentPacket: packet + 1,
    resentNs: packet * 1e7 + 2e8,
    resentGood: true,
    ...values,
  })
  const with_ = (segments: readonly DamagedSegment[], serverSide = {}, values = {}) =>
    attempt(
      {
        events: session(),
        tcp: { damaged: segments },
        clientSide: { verified: 10 },
        serverSide: { verified: 30, wrongChecksums: segments.length, ...serverSide },
      },
      values,
    )

  it('is confirmed by three segments that were thrown away and sent again', () => {
    const verdict = verdictOf('checksum-corruption', with_([damaged(20), damaged(30), damaged(40)]))
    expect(verdict.verdict).toBe('confirmed')
    expect(verdict.says).toContain('3 of 30 verified segments of the server arrived here with a wrong checksum')
    expect(verdict.evidence.map(([place]) => place.packet)).toEqual([20, 21, 40])
  })

  it('is likely after one or two, and information where the session works', () => {
    expect(verdictOf('checksum-corruption', with_([damaged(20)])).verdict).toBe('likely')
    expect(claims(with_([damaged(20)], {}, { outcome: 'established' }))).toEqual([])
  })

  it.each([
    [
      'segments that were acknowledged',
      with_([damaged(20, { acknowledged: true, resentPacket: 0 }), damaged(22, { acknowledged: true })]),
    ],
    ['a side of which nothing is right', with_([damaged(20), damaged(22), damaged(24)], { verified: 3 })],
    [
      'a side of which half is wrong',
      with_([damaged(20), damaged(22), damaged(24)], { verified: 30, wrongChecksums: 15 }),
    ],
    ['segments larger than the wire allows', with_([damaged(20, { length: 4344 }), damaged(22, { length: 2896 })])],
    ['a resend that is wrong as well', with_([damaged(20, { resentGood: false })])],
    ['right checksums', with_([])],
  ])('is ruled out by %s', (_, one) => {
    expect(verdictOf('checksum-corruption', one).verdict).toBe('ruled-out')
  })

  it('sees nothing where no checksum could be verified', () => {
    expect(verdictOf('checksum-corruption', attempt({ events: session() })).verdict).toBe('not-visible')
  })
})

describe('server-overloaded', () => {
  const closed = (seconds: number, values = {}) => ({
    firstPacket: 50,
    firstNs: 5 * SECOND,
    lastPacket: 60,
    lastNs: (5 + seconds) * SECOND,
    openedPacket: 0,
    openedNs: 0,
    probes: 4,
    ...values,
  })

  it('is confirmed by the error info of the server', () => {
    const events = [...session(), event('error-info', { code: 6 }, { direction: SERVER })]
    expect(verdictOf('server-overloaded', attempt({ events })).verdict).toBe('confirmed')
  })

  it('is likely when the window stays closed for ten seconds and longer, to the end', () => {
    const verdict = verdictOf(
      'server-overloaded',
      attempt({ events: session(), serverSide: { closedWindow: closed(25), lastWindow: 0 } }),
    )
    expect(verdict.verdict).toBe('likely')
    expect(verdict.says).toBe(
      'The server stopped reading: its receive window stayed closed for 25 s to the end, while the client asked for room 4 times.',
    )
  })

  it('is possible when it opened again, and silent about a session that works', () => {
    const opened = { closedWindow: closed(25, { openedPacket: 61, openedNs: 31 * SECOND }) }
    expect(verdictOf('server-overloaded', attempt({ events: session(), serverSide: opened })).verdict).toBe('possible')
    expect(claims(attempt({ events: session(), serverSide: opened }, { outcome: 'established' }))).toEqual([])
  })

  it('is ruled out by an open window, a short moment, and a client that does not read', () => {
    const one = (clientSide: object, serverSide: object) =>
      verdictOf('server-overloaded', attempt({ events: session(), clientSide, serverSide })).verdict
    expect(one({}, {})).toBe('ruled-out')
    expect(one({}, { closedWindow: closed(2) })).toBe('ruled-out')
    expect(one({ closedWindow: closed(60) }, {})).toBe('ruled-out')
  })

  it('sees nothing without a connection', () => {
    expect(verdictOf('server-overloaded', attempt({ tcp: { marks: [mark('syn')] } })).verdict).toBe('not-visible')
  })
})
