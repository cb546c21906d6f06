import { describe, expect, it } from 'vitest'
import type { AddressClaim, ContestedAddress, NeighbourNote, TunnelNote } from '../../src/flow/conversation.ts'
import { CLIENT_ADDRESS, SERVER_ADDRESS } from '../support/addresses.ts'
import { attempt, claims, lookup, verdictOf } from '../support/attempt.ts'
import { event, mark, tls12Handshake } from '../support/conversation.ts'

const SECOND = 1e9
const SERVER = 1
const ONE = '02:00:00:00:00:0a'
const OTHER = '02:00:00:00:00:0b'
const number = (hardware: string) => Number.parseInt(hardware.replaceAll(':', ''), 16)
const session = () => [event('negotiation-request'), event('negotiation-response'), ...tls12Handshake()]

function claim(hardware: string, values: Partial<AddressClaim> = {}): AddressClaim {
  return {
    hardware,
    claims: 2,
    announcements: 0,
    firstPacket: 2,
    firstNs: 0,
    lastPacket: 4,
    lastNs: SECOND,
    addresses: 1,
    ...values,
  }
}

function contested(claims: readonly AddressClaim[], values: Partial<ContestedAddress> = {}): ContestedAddress {
  return { address: SERVER_ADDRESS, claims, returns: 0, doubleAnswers: 1, packet: 4, timeNs: 1e6, ...values }
}

function neighbour(values: Partial<NeighbourNote> = {}): NeighbourNote {
  return {
    address: SERVER_ADDRESS,
    asker: CLIENT_ADDRESS,
    requests: 1,
    firstPacket: 1,
    lastPacket: 1,
    firstNs: 0,
    lastNs: 0,
    answers: [ONE],
    ...values,
  }
}

describe('duplicate-ip', () => {
  const both = [contested([claim(ONE), claim(OTHER, { firstPacket: 3 })])]

  it('is likely when two hardware addresses answer the same question, and names what it can not exclude', () => {
    const verdict = verdictOf('duplicate-ip', attempt({ events: session() }, { contested: both }))
    expect(verdict.verdict).toBe('likely')
    expect(verdict.says).toContain(`${ONE} and ${OTHER}, claim the server's address ${SERVER_ADDRESS}: both answered`)
    expect(verdict.toSettle).toContain('two network cards')
    expect(verdict.evidence.map(([place]) => place.packet)).toEqual([2, 3, 4])
  })

  const withReset = (lastPacket: number, later: ReturnType<typeof mark>[] = []) =>
    attempt(
      {
        events: session(),
        tcp: {
          marks: [
            mark('syn', { hardware: 1 }),
            mark('syn-ack', { hardware: number(ONE) }),
            mark('handshake-ack', { hardware: 1 }),
            mark('reset', { packet: 60, timeNs: SECOND, direction: SERVER, hardware: number(OTHER) }),
            ...later,
          ],
        },
      },
      { contested: [contested([claim(ONE, { lastPacket }), claim(OTHER)], { returns: 2 })] },
    )

  it('is confirmed when the connection gets packets from both, while the first goes on', () => {
    const verdict = verdictOf('duplicate-ip', withReset(90))
    expect(verdict.verdict).toBe('confirmed')
    expect(verdict.evidence.at(-1)?.[0].packet).toBe(60)
    const goesOn = mark('retransmission', { packet: 61, timeNs: 2e9, direction: SERVER, hardware: number(ONE) })
    expect(verdictOf('duplicate-ip', withReset(4, [goesOn])).verdict).toBe('confirmed')
  })

  it('does not call it confirmed when the first one is gone: a fail-over resets, too', () => {
    expect(verdictOf('duplicate-ip', withReset(4)).verdict).toBe('likely')
  })

  it.each([
    ['an address that another card took over once', contested([claim(ONE), claim(OTHER)], { doubleAnswers: 0 })],
    ['VRRP', contested([claim(ONE), claim('00:00:5e:00:01:0a')], { returns: 4 })],
    ['HSRP version 2', contested([claim(ONE), claim('00:00:0c:9f:f0:01')], { returns: 4 })],
    ['GLBP', contested([claim('00:07:b4:00:01:01'), claim('00:07:b4:00:01:02')], { returns: 4 })],
    ['network load balancing', contested([claim(ONE), claim('02:bf:0a:00:02:02')], { returns: 4 })],
    ['a router that answers for many', contested([claim(ONE), claim(OTHER, { addresses: 5 })], { returns: 4 })],
  ])('is ruled out by %s', (_, one) => {
    const verdict = verdictOf('duplicate-ip', attempt({ events: session() }, { contested: [one] }))
    expect(verdict.verdict).toBe('ruled-out')
  })

  it('is ruled out by one owner, and not visible without ARP', () => {
    const owned = attempt({ events: session() }, { neighbours: [neighbour()] })
    expect(verdictOf('duplicate-ip', owned).verdict).toBe('ruled-out')
    expect(verdictOf('duplicate-ip', attempt({ events: session() })).verdict).toBe('not-visible')
  })

  it('claims nothing above info about a session that works', () => {
    expect(claims(attempt({ events: session() }, { contested: both, outcome: 'established' }))).toEqual([])
  })
})

describe('subnet-conflict', () => {
  const server = { address: '192.168.1.10', port: 3389 }
  const client = { address: '192.168.1.5', port: 50_000 }
  const local = neighbour({ address: server.address, asker: client.address })
  const vpn: TunnelNote = {
    kind: 'wireguard',
    ends: [client.address, '203.0.113.9'],
    packets: [9, 9],
    firstPacket: 1,
    firstNs: 0,
    lastPackets: [90, 91],
    lastNs: [9e9, 9e9],
  }
  const lookups = [lookup({ name: 'desk7.office.example', addresses: [server.address], rcode: 0, answerPacket: 2 })]
  const named = (commonName: string) =>
    tls12Handshake().map(one =>
      one.fact.kind === 'certificate'
        ? event('certificate', {
            chain: [{ ...(one.fact.chain[0] as object), commonName, names: [commonName] }] as never,
          })
        : one,
    )
  const shown = (commonName: string, values = {}) =>
    attempt(
      {
        client,
        server,
        fromNs: SECOND,
        events: [event('negotiation-request'), event('negotiation-response'), ...named(commonName)],
      },
      { neighbours: [local], lookups, ...values },
    )

  it('is likely when a local host with another name answers while a VPN is up', () => {
    const verdict = verdictOf('subnet-conflict', shown('nas.home.lan', { tunnels: [vpn] }))
    expect(verdict.verdict).toBe('likely')
    expect(verdict.says).toContain('calls itself nas.home.lan where desk7.office.example was asked for')
    expect(verdict.toSettle).toContain('route print')
  })

  it('is no more than possible without a VPN, or where only a VPN speaks for it', () => {
    expect(verdictOf('subnet-conflict', shown('nas.home.lan')).verdict).toBe('possible')
    const refused = attempt(
      { client, server, fromNs: SECOND, tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] } },
      { neighbours: [local], tunnels: [vpn] },
    )
    expect(verdictOf('subnet-conflict', refused).verdict).toBe('possible')
  })

  it.each([
    ['the name asked for', shown('desk7.office.example', { tunnels: [vpn] })],
    ['its short name', shown('DESK7', { tunnels: [vpn] })],
    ['another name of its domain', shown('srv01.office.example', { tunnels: [vpn] })],
    [
      'a session with a local host that was meant',
      attempt({ client, server, events: session() }, { neighbours: [local], outcome: 'established' }),
    ],
    [
      'a VPN beside a local session that works',
      shown('DESK7', { lookups: [], tunnels: [vpn], outcome: 'established' }),
    ],
    ['a public address', attempt({ server: { address: '198.51.100.7' }, events: session() })],
  ])('is ruled out by %s', (_, one) => {
    expect(verdictOf('subnet-conflict', one).verdict).toBe('ruled-out')
  })

  it('does not see whether a local host that refused was meant', () => {
    const refused = attempt({ client, server, events: session() }, { neighbours: [local] })
    expect(verdictOf('subnet-conflict', refused).verdict).toBe('not-visible')
  })

  it('is ruled out by hops, and not visible without ARP', () => {
    const far = attempt({ client, server, events: session(), serverSide: { ttlLeast: 121, ttlMost: 121 } })
    expect(verdictOf('subnet-conflict', far).verdict).toBe('ruled-out')
    expect(verdictOf('subnet-conflict', attempt({ client, server, events: session() })).verdict).toBe('not-visible')
  })

  it('claims nothing above info about a session that works', () => {
    expect(claims(shown('nas.home.lan', { tunnels: [vpn], outcome: 'established' }))).toEqual([])
  })
})
