import { describe, expect, it } from 'vitest'
import { attempt, claims, verdictOf } from '../support/attempt.ts'
import { event, fragments, icmp, mark, records, tls12Handshake } from '../support/conversation.ts'
import { ACK, RST } from '../support/packets.ts'

const SECOND = 1e9
const CLIENT = 0
const SERVER = 1
const opening = () => [event('negotiation-request'), event('negotiation-response')]
const resend = (packet: number, seconds: number, values = {}) =>
  mark('retransmission', { packet, timeNs: seconds * SECOND, length: 100, ...values })
/** Server flight of 1448 bytes that is sent again and again. */
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

describe('path-mtu-black-hole', () => {
  const hello = [...opening(), event('client-hello')]

  it('is likely when full-size segments are sent again in vain while small ones pass', () => {
    const hole = attempt({ events: hello, serverSide: { ...stalled, sackBeyondHole: true } })
    const verdict = verdictOf('path-mtu-black-hole', hole)
    expect(verdict.verdict).toBe('likely')
    expect(verdict.says).toContain('sent a segment of 1448 bytes (the client announced an MSS of 1460) again 5 times')
    expect(claims(hole)).toEqual(['path-mtu-black-hole (likely)'])
  })

  it('is likely on the side of the receiver, where only the hole is to be seen', () => {
    const hole = attempt({
      events: [...hello, event('stream-gap', { length: 1448 }, { direction: SERVER })],
      serverSide: { sackBeyondHole: true, largestSegment: 611 },
    })
    expect(claims(hole)).toEqual(['path-mtu-black-hole (likely)'])
  })

  it('is likely when sequence numbers run ahead of data that stays away, without a word of SACK', () => {
    const ahead = { packet: 12, timeNs: 0.5 * SECOND, sequence: 1419, length: 0, direction: SERVER } as const
    const keepAlive = { packet: 16, timeNs: 10 * SECOND, length: 0 } as const
    const hole = (marks: Parameters<typeof mark>[1][], serverSide = {}) =>
      attempt({
        events: hello,
        tcp: { marks: [...marks.map(values => mark('lost-segment', values)), mark('keep-alive', keepAlive)] },
        serverSide: { lostSegments: 1, bytes: 19, largestSegment: 19, lastDataPacket: 5, ...serverSide },
      })
    expect(claims(hole([ahead]))).toEqual(['path-mtu-black-hole (likely)'])
    // The client had them: the recorder missed them, not the client.
    expect(claims(hole([ahead], { ackedUnseen: 1 }))).not.toContain('path-mtu-black-hole (likely)')
    // They came in the end.
    expect(claims(hole([ahead], { lastDataPacket: 14 }))).not.toContain('path-mtu-black-hole (likely)')
    // Too small to fail for its size.
    expect(claims(hole([{ ...ahead, sequence: 520 }]))).not.toContain('path-mtu-black-hole (likely)')
    // Too short to have outlived its resends.
    expect(claims(hole([{ ...ahead, timeNs: 9 * SECOND }]))).not.toContain('path-mtu-black-hole (likely)')
  })

  it('is confirmed by ICMP "fragmentation needed" that the sender does not heed', () => {
    const hole = attempt({
      events: hello,
      serverSide: stalled,
      icmp: [icmp({ packet: 11, type: 3, code: 4, mtu: 1200, direction: SERVER })],
    })
    expect(verdictOf('path-mtu-black-hole', hole).verdict).toBe('confirmed')
  })

  it('stays silent about path MTU discovery at work: the sender shrinks and is acknowledged', () => {
    const works = attempt(
      { events: hello, icmp: [icmp({ packet: 11, type: 3, code: 4, mtu: 1200, direction: SERVER })] },
      { outcome: 'established' },
    )
    expect(claims(works)).toEqual([])
    const heeded = attempt({
      events: hello,
      icmp: [icmp({ packet: 11, type: 3, code: 4, mtu: 1200, direction: SERVER })],
      serverSide: { ...stalled, stalledLength: 1100, stalledResends: 1 },
    })
    expect(verdictOf('path-mtu-black-hole', heeded).verdict).not.toBe('confirmed')
  })

  it('is ruled out by large segments that are acknowledged', () => {
    const fine = attempt({ events: hello, serverSide: { largestSegment: 1448, largestAcknowledged: 1448 } })
    expect(verdictOf('path-mtu-black-hole', fine).verdict).toBe('ruled-out')
  })

  it('sees nothing where no large segment was sent', () => {
    const small = attempt({
      events: opening(),
      clientSide: { largestSegment: 45 },
      serverSide: { largestSegment: 19 },
    })
    expect(verdictOf('path-mtu-black-hole', small).verdict).toBe('not-visible')
  })

  it('is no more than possible when the other side is silent altogether', () => {
    const gone = attempt({
      events: hello,
      clientSide: { ...stalled, stalledFirstPacket: 20, stalledFirstNs: 5 * SECOND, stalledLastNs: 9 * SECOND },
    })
    expect(verdictOf('path-mtu-black-hole', gone).verdict).toBe('possible')
  })
})

describe('ip-fragments-lost', () => {
  const events = [...opening(), event('client-hello')]

  it('is confirmed by datagrams that never become whole, although TCP shows no resend', () => {
    const lost = attempt({ events, fragments: [fragments({ datagrams: 4, complete: 0 })] })
    expect(claims(lost)).toEqual(['ip-fragments-lost (confirmed)'])
  })

  it('is likely where all fragments are here and what they carry is never acknowledged', () => {
    const behind = attempt({ events, fragments: [fragments({ datagrams: 6, complete: 6 })], serverSide: stalled })
    expect(claims(behind)).toEqual(['ip-fragments-lost (likely)'])
    expect(verdictOf('path-mtu-black-hole', behind).verdict).toBe('ruled-out')
  })

  it('stays silent about fragments that work, and tells of them as information', () => {
    const works = attempt({ events, fragments: [fragments()] }, { outcome: 'established' })
    expect(claims(works)).toEqual([])
    expect(verdictOf('ip-fragments-lost', works).verdict).toBe('ruled-out')
    expect(verdictOf('ip-fragmentation', works).verdict).toBe('confirmed')
  })

  it('is ruled out without fragments', () => {
    expect(verdictOf('ip-fragments-lost', attempt({ events })).verdict).toBe('ruled-out')
    expect(verdictOf('ip-fragmentation', attempt({ events })).verdict).toBe('ruled-out')
  })
})

describe('packet-loss', () => {
  const session = [...opening(), ...tls12Handshake()]
  const lost = (sequences: readonly number[], values = {}) => ({
    events: session,
    tcp: {
      marks: sequences.map((sequence, at) => resend(30 + at, 1 + at / 10, { direction: SERVER, sequence, ...values })),
    },
    serverSide: { segments: 60, retransmissions: sequences.length },
    clientSide: { lastPacket: 90, lastNs: 9 * SECOND },
  })

  it('is confirmed by three needed resends above one percent, even in a session that works', () => {
    const loss = attempt(lost([100, 1500, 3000]), { outcome: 'established' })
    expect(claims(loss)).toEqual(['packet-loss (confirmed)'])
    expect(verdictOf('packet-loss', loss).says).toContain('3 of 60 segments of the server (5 %)')
  })

  it('does not count resends that D-SACK proves needless', () => {
    const parts = lost([100, 1500, 3000], { needless: true })
    const spurious = attempt(
      { ...parts, serverSide: { ...parts.serverSide, needlessRetransmissions: 3 } },
      { outcome: 'established' },
    )
    expect(claims(spurious)).toEqual([])
    expect(verdictOf('packet-loss', spurious).verdict).toBe('ruled-out')
  })

  it('does not count the smaller segments that ICMP asked for, but those that are still too large', () => {
    const told = icmp({ packet: 28, timeNs: 0.9 * SECOND, type: 3, code: 4, mtu: 1400, direction: SERVER })
    const smaller = attempt({ ...lost([100, 1500, 3000]), icmp: [told] }, { outcome: 'established' })
    expect(verdictOf('packet-loss', smaller).verdict).toBe('ruled-out')
    const asLarge = attempt({ ...lost([100, 1500, 3000], { length: 1460 }), icmp: [told] }, { outcome: 'established' })
    expect(verdictOf('packet-loss', asLarge).verdict).toBe('confirmed')
  })

  it('takes one or two losses for what every path has', () => {
    const few = attempt(lost([100, 1500]), { outcome: 'established' })
    expect(claims(few)).toEqual([])
    expect(verdictOf('packet-loss', few)).toMatchObject({ verdict: 'possible', severity: 'info' })
  })

  it('does not call it random loss when one stretch is sent again and again', () => {
    expect(verdictOf('packet-loss', attempt(lost([100, 100, 100]))).verdict).toBe('ruled-out')
  })

  it('leaves out what is sent when the client has already left', () => {
    const parts = lost([100, 1500, 3000])
    const late = attempt({
      ...parts,
      tcp: { marks: [mark('fin', { packet: 25, timeNs: SECOND }), ...parts.tcp.marks] },
    })
    expect(claims(late)).toEqual(['client-aborted (likely)'])
  })
})

describe('slow-path', () => {
  it('tells of a round trip of 300 ms and more, as information', () => {
    const slow = attempt({ events: opening(), tcp: { initialRoundTripMs: 412 } }, { outcome: 'established' })
    expect(verdictOf('slow-path', slow).verdict).toBe('confirmed')
    expect(verdictOf('slow-path', slow).says).toContain('412 ms')
    expect(claims(slow)).toEqual([])
  })

  it('is ruled out by a fast one, and does not measure a handshake with resends', () => {
    expect(verdictOf('slow-path', attempt({ events: opening() })).verdict).toBe('ruled-out')
    const resent = attempt({ events: opening(), tcp: { initialRoundTripMs: 2070, syns: 3 } })
    expect(verdictOf('slow-path', resent).verdict).toBe('not-visible')
  })
})

describe('connection-state-lost', () => {
  const session = [...opening(), ...tls12Handshake(), ...records(-486, 150, -36, 35)]
  const silent = (...marks: ReturnType<typeof mark>[]) =>
    attempt({
      events: session,
      tcp: { marks },
      clientSide: { unacknowledged: 100, lastPacket: 99, lastNs: 9 * SECOND },
    })

  it('is confirmed by resends in vain on a connection that had worked', () => {
    const lost = silent(resend(31, 3), resend(32, 4), resend(33, 6), resend(34, 10))
    expect(claims(lost)).toEqual(['connection-state-lost (confirmed)'])
    expect(verdictOf('connection-state-lost', lost).says).toContain('4 of them resends of data')
  })

  it('is likely after a keep-alive and FINs in vain', () => {
    const lost = silent(
      mark('keep-alive', { packet: 31, timeNs: 5 * SECOND }),
      mark('fin', { packet: 32, timeNs: 6.8 * SECOND }),
      mark('fin', { packet: 33, timeNs: 7 * SECOND }),
    )
    expect(claims(lost)).toEqual(['connection-state-lost (likely)'])
  })

  it('does not take one unanswered FIN at the end of the capture for a silence', () => {
    expect(claims(silent(mark('fin', { packet: 31, timeNs: 5 * SECOND })))).not.toContain(
      'connection-state-lost (likely)',
    )
  })

  it('owes nothing to a side that has left', () => {
    const left = attempt({
      events: session,
      tcp: {
        marks: [
          mark('fin', { packet: 31, timeNs: 3 * SECOND }),
          ...[4, 5, 7, 11].map((seconds, at) => resend(32 + at, seconds, { direction: SERVER })),
        ],
      },
    })
    expect(verdictOf('connection-state-lost', left).verdict).toBe('ruled-out')
  })

  it('is ruled out by a peer with window 0: it is alive', () => {
    const probes = [3, 4, 6, 10].map((seconds, at) =>
      mark('zero-window-probe', { packet: 31 + at, timeNs: seconds * SECOND, length: 1 }),
    )
    const full = attempt({
      events: session,
      tcp: { marks: probes },
      serverSide: { lastWindow: 0 },
      clientSide: { lastPacket: 99 },
    })
    expect(verdictOf('connection-state-lost', full).verdict).toBe('ruled-out')
  })

  it('is likely when data behind a long silence is answered with a reset from nowhere', () => {
    const forgotten = attempt({
      events: session,
      clientSide: { lastDataPacket: 60, lastDataNs: 900 * SECOND, lastPacket: 60, lastNs: 900 * SECOND },
      tcp: {
        marks: [mark('reset', { packet: 61, timeNs: 900.02 * SECOND, direction: SERVER, timestamps: false, ipId: 0 })],
      },
    })
    expect(claims(forgotten)).toEqual(['connection-state-lost (likely)'])
  })

  it('is not claimed when the host itself ends what it knows: it acknowledges, and goes on counting', () => {
    const reset = { packet: 61, timeNs: 900.02 * SECOND, direction: CLIENT, timestamps: false, ipId: 1001 } as const
    const ends = (flags: number, authenticity: 'genuine' | 'unknown') =>
      attempt(
        {
          events: session,
          serverSide: { lastDataPacket: 60, lastDataNs: 900 * SECOND, lastPacket: 60, lastNs: 900 * SECOND },
          tcp: { marks: [mark('reset', { ...reset, flags })] },
        },
        {
          closing: {
            side: 'client',
            how: 'rst',
            packet: reset.packet,
            timeNs: reset.timeNs,
            sender: { authenticity, signs: [], hops: 0, whereabouts: '' },
          },
        },
      )
    expect(verdictOf('connection-state-lost', ends(RST | ACK, 'genuine')).verdict).toBe('ruled-out')
    expect(verdictOf('connection-state-lost', ends(RST, 'genuine')).verdict).toBe('likely')
    expect(verdictOf('connection-state-lost', ends(RST | ACK, 'unknown')).verdict).toBe('likely')
  })

  it('is likely all the same when a device on the way sends that reset, with a time to live of its own', () => {
    const forgotten = attempt({
      events: session,
      clientSide: { lastDataPacket: 60, lastDataNs: 900 * SECOND, lastPacket: 60, lastNs: 900 * SECOND },
      serverSide: { ttlLeast: 126, ttlMost: 126 },
      tcp: {
        marks: [
          mark('reset', {
            packet: 61,
            timeNs: 900.02 * SECOND,
            direction: SERVER,
            timestamps: false,
            ipId: 0,
            ttl: 62,
          }),
        ],
      },
    })
    expect(claims(forgotten)).toEqual(['middlebox-reset (likely)', 'connection-state-lost (likely)'])
  })

  it('is ruled out where the client answers the farewell behind a long silence with its usual reset', () => {
    const idle = attempt(
      {
        events: session,
        serverSide: { lastDataPacket: 60, lastDataNs: 900 * SECOND, lastPacket: 60, lastNs: 900 * SECOND },
        tcp: { marks: [mark('reset', { packet: 61, timeNs: 900.001 * SECOND, timestamps: false })] },
      },
      { outcome: 'established' },
    )
    expect(verdictOf('connection-state-lost', idle).verdict).toBe('ruled-out')
  })

  it('sees nothing without a connection', () => {
    const never = attempt({ tcp: { marks: [mark('syn')] } })
    expect(verdictOf('connection-state-lost', never).verdict).toBe('not-visible')
  })
})

describe('middlebox-reset', () => {
  const hello = [...opening(), event('client-hello')]
  const cut = (values = {}, serverSide = {}) =>
    attempt({
      events: hello,
      serverSide: { ttlLeast: 63, ttlMost: 63, ...serverSide },
      tcp: { marks: [mark('reset', { packet: 20, timeNs: SECOND, direction: SERVER, ttl: 63, ...values })] },
    })

  it('is likely, never confirmed, when the time to live is another one', () => {
    const forged = cut({ ttl: 64, timestamps: false, ipId: 0 })
    expect(claims(forged)).toEqual(['middlebox-reset (likely)'])
    expect(verdictOf('middlebox-reset', forged).says).toContain("time to live is 64 where the server's packets have 63")
  })

  it('takes a reset of the same sender for what it is', () => {
    const genuine = cut()
    expect(verdictOf('middlebox-reset', genuine).verdict).toBe('ruled-out')
    expect(claims(genuine)).toEqual(['tls-handshake-refused (confirmed)'])
  })

  it('does not suspect IP identification 0 and missing options alone: kernels reset like that', () => {
    expect(verdictOf('middlebox-reset', cut({ ipId: 0, timestamps: false })).verdict).toBe('ruled-out')
  })

  it('is likely when the claimed sender goes on sending', () => {
    const forged = attempt({
      events: hello,
      tcp: {
        marks: [
          mark('reset', { packet: 20, timeNs: SECOND, direction: SERVER }),
          resend(21, 1.4, { direction: SERVER }),
        ],
      },
    })
    expect(claims(forged)).toEqual(['middlebox-reset (likely)'])
  })

  it('says where to look for the device, and takes a FIN in a foreign name as well', () => {
    const forged = cut({ ttl: 64 }, { ttlLeast: 57, ttlMost: 57 })
    const { says } = verdictOf('middlebox-reset', forged)
    expect(says).toMatch(/ Look for a device next to the capture point, where the server is 7 hops away\.$/)
    const fin = attempt({
      events: hello,
      serverSide: { ttlLeast: 57, ttlMost: 57 },
      tcp: { marks: [mark('fin', { packet: 20, timeNs: SECOND, direction: SERVER, ttl: 62 })] },
    })
    expect(claims(fin)).toEqual(['middlebox-reset (likely)'])
    expect(verdictOf('middlebox-reset', fin).says).toMatch(
      /^The FIN that ended the connection carries the server's address/,
    )
  })

  it('compares the reset of a refused SYN with other connections to that host', () => {
    const refused = (authenticity: 'genuine' | 'foreign') =>
      attempt(
        { tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER, ttl: 64 })] } },
        {
          closing: {
            side: 'server',
            how: 'rst',
            packet: 2,
            timeNs: 0,
            sender: {
              authenticity,
              signs: ['its time to live is 64'],
              hops: 0,
              whereabouts: 'next to the capture point',
            },
          },
        },
      )
    expect(claims(refused('foreign'))).toEqual(['tcp-connect-refused (confirmed)', 'middlebox-reset (likely)'])
    expect(claims(refused('genuine'))).toEqual(['tcp-connect-refused (confirmed)'])
    expect(verdictOf('middlebox-reset', refused('genuine')).verdict).toBe('ruled-out')
  })

  it('does not look at the reset by which a client closes a session that worked', () => {
    const mstsc = attempt(
      { events: hello, tcp: { marks: [mark('reset', { packet: 20, ttl: 128 })] } },
      { outcome: 'established' },
    )
    expect(verdictOf('middlebox-reset', mstsc).verdict).toBe('ruled-out')
  })

  it('sees nothing where there is no packet to compare with', () => {
    const refused = attempt({ tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] } })
    expect(verdictOf('middlebox-reset', refused).verdict).toBe('not-visible')
  })
})
