/** Signs that the rules about the path weigh besides the plain ones: ICMP about others, closed windows, resets at both ends. */
import { describe, expect, it } from 'vitest'
import type { AddressClaim, ContestedAddress } from '../../src/flow/conversation.ts'
import { SERVER_ADDRESS } from '../support/addresses.ts'
import { attempt, attemptWith, claims, verdictOf } from '../support/attempt.ts'
import { conversation, event, icmp, mark, records, tls12Handshake } from '../support/conversation.ts'

const SECOND = 1e9
const CLIENT = 0
const SERVER = 1
const opening = () => [event('negotiation-request'), event('negotiation-response')]
const session = () => [...opening(), ...tls12Handshake(), ...records(-486, 150, -36, 35)]
const prohibited = (packet: number, seconds: number) => icmp({ packet, timeNs: seconds * SECOND, type: 3, code: 13 })

describe('connect-prohibited', () => {
  it('does not take what ICMP says of UDP beside the connection for its own', () => {
    const tcp = conversation({ events: opening() })
    const udp = conversation({ id: 3, transport: 'udp', icmp: [icmp({ packet: 40, type: 3, code: 3 })] })
    const one = attemptWith({ conversations: [tcp, udp], explained: tcp })
    expect(verdictOf('connect-prohibited', one).verdict).toBe('ruled-out')
  })

  it('is confirmed in the middle of a connection that says nothing more, and ruled out where data goes on', () => {
    const cut = attempt({ events: session(), icmp: [prohibited(80, 5)] })
    expect(verdictOf('connect-prohibited', cut).verdict).toBe('confirmed')
    const goesOn = attempt({
      events: session(),
      icmp: [prohibited(80, 5)],
      serverSide: { lastDataPacket: 90, lastDataNs: 6 * SECOND },
    })
    expect(verdictOf('connect-prohibited', goesOn).verdict).toBe('ruled-out')
  })

  it('is ruled out by a message that comes when one side has left', () => {
    const late = attempt({
      events: session(),
      icmp: [prohibited(80, 5)],
      tcp: { marks: [mark('fin', { packet: 70, timeNs: 4 * SECOND })] },
    })
    expect(verdictOf('connect-prohibited', late).verdict).toBe('ruled-out')
  })
})

describe('packet-loss', () => {
  const resends = (values: object) =>
    [100, 1500, 3000].map((sequence, at) =>
      mark('retransmission', {
        packet: 40 + at,
        timeNs: (1 + at) * SECOND,
        length: 600,
        direction: SERVER,
        sequence,
        ...values,
      }),
    )
  const lost = (values: object, damaged: object[] = []) =>
    attempt(
      {
        events: session(),
        tcp: { marks: resends(values), damaged: damaged as never },
        serverSide: { segments: 60, retransmissions: 3 },
        clientSide: { lastPacket: 90, lastNs: 9 * SECOND },
      },
      { outcome: 'established' },
    )

  it('does not count resends into a closed window: they ask for room', () => {
    expect(claims(lost({}))).toEqual(['packet-loss (confirmed)'])
    expect(verdictOf('packet-loss', lost({ intoClosedWindow: true })).verdict).toBe('ruled-out')
  })

  it('does not count what was overtaken: its IP identification is lower than that of the packet before', () => {
    expect(verdictOf('packet-loss', lost({ ipIdStep: -1 })).verdict).toBe('ruled-out')
    expect(claims(lost({ ipIdStep: -20_000 }))).toEqual(['packet-loss (confirmed)'])
  })

  it('takes the marks that are kept for those that are not', () => {
    const long = (values: object) =>
      attempt(
        {
          events: session(),
          tcp: { marks: resends(values), marksLost: 900 },
          serverSide: { segments: 6000, retransmissions: 300 },
          clientSide: { lastPacket: 90, lastNs: 9 * SECOND },
        },
        { outcome: 'established' },
      )
    expect(verdictOf('packet-loss', long({})).says).toContain('300 of 6000 segments of the server (5 %)')
    expect(['ruled-out', 'possible']).toContain(verdictOf('packet-loss', long({ ipIdStep: -1 })).verdict)
  })

  it('does not count resends of segments that arrived damaged', () => {
    const damaged = [40, 41, 42].map(resentPacket => ({
      packet: resentPacket - 10,
      timeNs: 0,
      direction: SERVER,
      length: 600,
      acknowledged: false,
      resentPacket,
      resentNs: 0,
      resentGood: true,
    }))
    expect(verdictOf('packet-loss', lost({}, damaged)).verdict).toBe('ruled-out')
  })
})

describe('path-mtu-black-hole', () => {
  const stalled = {
    unacknowledged: 1500,
    stalledResends: 5,
    stalledLength: 1448,
    stalledFirstPacket: 10,
    stalledLastPacket: 16,
    stalledFirstNs: 0.1 * SECOND,
    stalledLastNs: 3.2 * SECOND,
    largestAcknowledged: 19,
    largestSegment: 1448,
  }
  const hello = () => [...opening(), event('client-hello')]
  const asking = { lastPacket: 40, lastNs: 4 * SECOND }

  it('is not suspected of a receiver that keeps its window closed', () => {
    const hole = attempt({ events: hello(), serverSide: stalled, clientSide: asking })
    expect(verdictOf('path-mtu-black-hole', hole).verdict).toBe('likely')
    const closedWindow = {
      firstPacket: 9,
      firstNs: 0.09 * SECOND,
      lastPacket: 18,
      lastNs: 3.3 * SECOND,
      openedPacket: 0,
      openedNs: 0,
      probes: 5,
    }
    const full = attempt({ events: hello(), serverSide: stalled, clientSide: { ...asking, closedWindow } })
    expect(verdictOf('path-mtu-black-hole', full).verdict).not.toBe('likely')
    // The window was closed and opened again long before: the hole is another story.
    const before = { ...closedWindow, openedPacket: 8, openedNs: 0.05 * SECOND, firstNs: 0.01 * SECOND }
    const later = attempt({ events: hello(), serverSide: stalled, clientSide: { ...asking, closedWindow: before } })
    expect(verdictOf('path-mtu-black-hole', later).verdict).toBe('likely')
  })

  it('says what both sides announced where they differ', () => {
    const clamped = attempt({ events: hello(), serverSide: { ...stalled, mss: 1160 }, clientSide: asking })
    expect(verdictOf('path-mtu-black-hole', clamped).says).toContain('(MSS 1460 in the SYN, 1160 in the SYN-ACK)')
  })

  it('names the hole in the row of IP identifications, seen from the receiver', () => {
    const gap = event('stream-gap', { length: 1448 }, { packet: 30, timeNs: 2 * SECOND, direction: SERVER })
    const parts = (ipIdStep: number) => ({
      events: [...hello(), gap],
      serverSide: { sackBeyondHole: true, largestSegment: 500, largestAcknowledged: 500 },
      tcp: { marks: [mark('lost-segment', { packet: 20, timeNs: SECOND, direction: SERVER, length: 300, ipIdStep })] },
    })
    const seen = verdictOf('path-mtu-black-hole', attempt(parts(3)))
    expect(seen.verdict).toBe('likely')
    expect(seen.evidence.at(-1)?.[1]).toContain('2 numbers missing')
    expect(verdictOf('path-mtu-black-hole', attempt(parts(1))).evidence).toHaveLength(1)
    expect(verdictOf('path-mtu-black-hole', attempt(parts(9000))).evidence).toHaveLength(1)
  })
})

describe('middlebox-reset', () => {
  const both = (roundTripMs: number, apartMs: number) =>
    attempt({
      events: [...opening(), event('client-hello')],
      tcp: {
        initialRoundTripMs: roundTripMs,
        marks: [
          mark('reset', { packet: 20, timeNs: SECOND, direction: SERVER }),
          mark('reset', { packet: 21, timeNs: SECOND + apartMs * 1e6, direction: CLIENT }),
        ],
      },
    })

  it('is likely when both ends are reset at once, sooner than one could answer the other', () => {
    const one = both(40, 0.2)
    expect(verdictOf('middlebox-reset', one).verdict).toBe('likely')
    expect(verdictOf('middlebox-reset', one).says).toContain('both ends are reset')
  })

  it('is not suspected of resets a round trip apart, or where everything comes at once', () => {
    expect(verdictOf('middlebox-reset', both(40, 30)).verdict).toBe('ruled-out')
    expect(verdictOf('middlebox-reset', both(1, 0.1)).verdict).toBe('ruled-out')
  })
})

describe('tcp-connect-refused', () => {
  it('is no more than likely where two hosts claim the address', () => {
    const claim = (hardware: string): AddressClaim => ({
      hardware,
      claims: 1,
      announcements: 0,
      firstPacket: 1,
      firstNs: 0,
      lastPacket: 1,
      lastNs: 0,
      addresses: 1,
    })
    const contested: ContestedAddress = {
      address: SERVER_ADDRESS,
      claims: [claim('02:00:00:00:00:0a'), claim('02:00:00:00:00:0b')],
      returns: 0,
      doubleAnswers: 1,
      packet: 2,
      timeNs: 0,
    }
    const refused = (more: object) =>
      attempt({ from: 3, tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] } }, more)
    expect(claims(refused({}))).toEqual(['tcp-connect-refused (confirmed)'])
    expect(claims(refused({ contested: [contested] }))).toEqual([
      'duplicate-ip (likely)',
      'tcp-connect-refused (likely)',
    ])
    expect(verdictOf('tcp-connect-refused', refused({ contested: [contested] })).toSettle).toContain('duplicate-ip')
  })
})

describe('connection-state-lost', () => {
  it('says that the connection had been idle before it was forgotten', () => {
    const lost = (untilPacket: number) =>
      attempt({
        events: session(),
        tcp: {
          pauses: [{ fromPacket: 22, fromNs: SECOND, untilPacket, untilNs: 901 * SECOND, direction: CLIENT }],
          marks: [901.3, 902, 904, 908].map((seconds, at) =>
            mark('retransmission', { packet: 41 + at, timeNs: seconds * SECOND, length: 100 }),
          ),
        },
        clientSide: { unacknowledged: 100, lastPacket: 99, lastNs: 908 * SECOND },
      })
    expect(verdictOf('connection-state-lost', lost(40)).says).toContain('no payload had gone over it for 15 min')
    // A pause that the server answered is no part of it.
    expect(verdictOf('connection-state-lost', lost(5)).says).not.toContain('no payload')
  })
})
