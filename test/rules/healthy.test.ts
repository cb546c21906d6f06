/** What good or harmless captures do and no rule may hold against them; each was seen in a real one. */
import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/flow/event.ts'
import { attempt, attemptWith, claims, lookup } from '../support/attempt.ts'
import {
  conversation,
  event,
  fragments,
  icmp,
  mark,
  records,
  tls12Handshake,
  tls13Handshake,
} from '../support/conversation.ts'

const SECOND = 1e9
const CLIENT = 0
const SERVER = 1
const WORKED = { outcome: 'established' } as const
const negotiated = (selected = 8): Event[] => [
  event('negotiation-request'),
  event('negotiation-response', { selected }),
]
/** NLA, MCS, channels and the first screen, by size. */
const session = records(-81, 319, -735, 28, -486, 150, -36, -32, 35, -36, 39, -36, 39, -404, 60, 400, -560, 1400, 1400)
const direct = (): Event[] => [...negotiated(), ...tls12Handshake(), ...session]
const at = (packet: number, seconds: number, values = {}) => ({ packet, timeNs: seconds * SECOND, ...values })

describe('nothing above info is claimed of', () => {
  it('the reset by which mstsc ends every session', () => {
    expect(claims(attempt({ events: direct(), tcp: { marks: [mark('reset', at(90, 60))] } }, WORKED))).toEqual([])
  })

  it('a reset of the kernel behind the FIN of the client, with another IP identification and no timestamps', () => {
    const marks = [
      mark('fin', at(90, 60)),
      mark('reset', at(92, 60.01, { direction: CLIENT, ipId: 0, timestamps: false, flags: 0x04 })),
    ]
    expect(claims(attempt({ events: direct(), tcp: { marks } }, WORKED))).toEqual([])
  })

  it('a decode_error of the server in answer to the FIN of the client', () => {
    const events = [...negotiated(1), event('alert', { code: 50 }, at(95, 21))]
    expect(claims(attempt({ events, tcp: { marks: [mark('fin', at(90, 20))] } }))).toEqual([])
  })

  it('minutes between the negotiation and the ClientHello: a person typing', () => {
    const events = [...negotiated(), event('client-hello', {}, at(10, 58)), ...tls12Handshake().slice(1), ...session]
    expect(claims(attempt({ events }, WORKED))).toEqual([])
  })

  it('a negotiation failure that a retry overcomes', () => {
    const first = conversation({
      events: [event('negotiation-request', { protocols: 1 }), event('negotiation-failure')],
    })
    const second = conversation({ id: 1, from: 20, fromNs: SECOND, events: direct() })
    expect(claims(attemptWith({ conversations: [first, second], explained: second, ...WORKED }))).toEqual([])
  })

  it('an expired, self-signed certificate of another name over which the session went on', () => {
    const chain = [
      {
        subject: 'CN=OLD',
        issuer: 'CN=OLD',
        commonName: 'OLD',
        serial: '01',
        notBefore: 1,
        notAfter: 2,
        names: [],
        selfIssued: true,
        keyAlgorithm: 'rsa',
        keyBits: 2048,
        signatureAlgorithm: 'sha1WithRSAEncryption',
        bytes: 700,
      },
    ]
    const events = direct().map(one => (one.fact.kind === 'certificate' ? event('certificate', { chain }) : one))
    expect(claims(attempt({ events }, WORKED))).toEqual([])
  })

  it('spurious resends, repeated FINs, out of order segments and mirror copies', () => {
    const marks = [
      mark('spurious-retransmission', at(40, 2, { length: 120, needless: true })),
      mark('retransmission', at(41, 3, { length: 120, needless: true, direction: SERVER })),
      mark('out-of-order', at(42, 3.1, { length: 120, direction: SERVER })),
      mark('duplicate', at(43, 3.2, { length: 120 })),
      mark('fin', at(90, 60)),
      mark('fin', at(91, 60.2)),
    ]
    const sides = {
      clientSide: { spuriousRetransmissions: 1, needlessRetransmissions: 1 },
      serverSide: { retransmissions: 1, needlessRetransmissions: 1, outOfOrder: 1, mirrorDuplicates: 1 },
    }
    expect(claims(attempt({ events: direct(), tcp: { marks }, ...sides }, WORKED))).toEqual([])
  })

  it('drops of the recorder: acknowledged segments that it did not see', () => {
    const drops = { serverSide: { ackedUnseen: 3, lostSegments: 3 } }
    expect(claims(attempt({ events: direct(), ...drops }, WORKED))).toEqual([])
    expect(claims(attempt({ events: [event('client-hello')], ...drops }, { captureEndNs: 20 * SECOND }))).toEqual([])
  })

  it('fragments that arrive, path MTU discovery that works, and an MSS that was clamped', () => {
    const events = direct()
    expect(claims(attempt({ events, fragments: [fragments()] }, WORKED))).toEqual([])
    const note = icmp({ ...at(12, 0.2), type: 3, code: 4, mtu: 1400, direction: SERVER })
    expect(claims(attempt({ events, icmp: [note] }, WORKED))).toEqual([])
    expect(
      claims(attempt({ events, serverSide: { mss: 1160, largestSegment: 1148, largestAcknowledged: 1148 } }, WORKED)),
    ).toEqual([])
  })

  it('a window of zero for a while, and keep-alives that are answered', () => {
    const marks = [
      mark('zero-window', at(50, 5)),
      mark('zero-window-probe', at(51, 6, { direction: SERVER, length: 1 })),
      mark('keep-alive', at(60, 30)),
    ]
    const sides = {
      serverSide: { lastPacket: 70, lastNs: 31 * SECOND },
      clientSide: { lastPacket: 71, lastNs: 31 * SECOND },
    }
    expect(claims(attempt({ events: direct(), tcp: { marks }, ...sides }, WORKED))).toEqual([])
  })

  it('a session that is cut off by the end of the capture', () => {
    expect(claims(attempt({ events: direct() }, { outcome: 'unfinished', captureEndNs: 600 * SECOND }))).toEqual([])
  })

  it('a capture that begins in the middle, of which only records are to be seen', () => {
    const events = records(-60, 1400, -60, 1400, -60)
    expect(claims(attempt({ events, handshake: false }, { outcome: 'unfinished' }))).toEqual([])
  })

  it('a capture of one direction, whichever it is', () => {
    const asked = attempt(
      {
        events: [event('negotiation-request'), event('client-hello')],
        packets: [9, 0],
        serverSide: { lastPacket: 0, bytes: 0 },
      },
      { outcome: 'unfinished', captureEndNs: 99 * SECOND },
    )
    expect(claims(asked)).toEqual([])
    const answered = attempt(
      {
        events: [event('negotiation-response'), event('server-hello')],
        packets: [0, 9],
        clientSide: { lastPacket: 0, bytes: 0 },
      },
      { outcome: 'unfinished', captureEndNs: 99 * SECOND },
    )
    expect(claims(answered)).toEqual([])
  })

  it('a gateway over TLS 1.3: tickets, records both ways, and a client that closes', () => {
    const events = [...tls13Handshake(), ...records(250, 250, -355, 381, -759, 172, -360, 380, 900, -70, -64, 19)]
    for (const outcome of ['established', 'unfinished'] as const) {
      const left = attempt(
        { events, server: { port: 443 }, tcp: { marks: [mark('fin', at(90, 60))] } },
        { outcome, transport: 'gateway-tls' },
      )
      expect(claims(left)).toEqual([])
    }
  })

  it('a web server that closes behind its answer', () => {
    const events = [...tls12Handshake(), ...records(-300, 1400)]
    const marks = [mark('fin', at(90, 1, { direction: SERVER }))]
    expect(claims(attempt({ events, server: { port: 443 }, tcp: { marks } }, { transport: 'gateway-tls' }))).toEqual([])
  })

  it('AAAA questions that fail beside a good A', () => {
    const lookups = [lookup({ type: 28, rcode: 2, answerPacket: 2 }), lookup({ rcode: 0, addresses: ['10.0.2.2'] })]
    const made = conversation({ events: direct() })
    expect(claims(attemptWith({ lookups, conversations: [made], explained: made, ...WORKED }))).toEqual([])
    expect(claims(attemptWith({ lookups }))).toEqual([])
  })

  it('SYNs that were sent again and then answered', () => {
    const marks = [
      mark('syn', at(1, 0)),
      mark('syn', at(2, 1)),
      mark('syn', at(3, 2)),
      mark('syn-ack', at(4, 2.1)),
      mark('handshake-ack', at(5, 2.1)),
    ]
    expect(claims(attempt({ events: direct(), tcp: { marks } }, WORKED))).toEqual([])
  })
})
