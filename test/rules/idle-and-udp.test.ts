import { describe, expect, it } from 'vitest'
import type { PayloadPause } from '../../src/flow/conversation.ts'
import type { Event } from '../../src/flow/event.ts'
import { attempt, attemptWith, claims, history, verdictOf } from '../support/attempt.ts'
import { conversation, event, icmp, mark, records, tls12Handshake } from '../support/conversation.ts'

const SECOND = 1e9
const CLIENT = 0
const SERVER = 1
const session = () => [
  event('negotiation-request'),
  event('negotiation-response'),
  ...tls12Handshake(),
  ...records(-486, 150, -36, 35),
]

describe('idle-timeout-close', () => {
  /** The last payload comes at `fromSeconds`, and the server ends the connection so many seconds later. */
  const ended = (seconds: number, marks: ReturnType<typeof mark>[] = [], values: object = {}, parts: object = {}) => {
    const from = { lastDataPacket: 30, lastDataNs: 10 * SECOND }
    return attempt(
      {
        events: session(),
        clientSide: from,
        serverSide: { ...from, lastDataPacket: 29 },
        tcp: { marks: [...marks, mark('fin', { packet: 60, timeNs: (10 + seconds) * SECOND, direction: SERVER })] },
        ...parts,
      },
      values,
    )
  }
  const word = (one: ReturnType<typeof attempt>) => verdictOf('idle-timeout-close', one).verdict

  it.each([60.1, 120, 299.7, 600, 350.4, 90])('is likely after %s s of silence', seconds => {
    expect(word(ended(seconds))).toBe('likely')
  })

  it('says the interval, the exact time, and who sent the end', () => {
    const verdict = verdictOf('idle-timeout-close', ended(300.2))
    expect(verdict.says).toContain('300.2 s after the last payload: an idle time-out of 5 minutes.')
    expect(verdict.says).toContain("time to live of the server's SYN-ACK (64)")
    expect(verdict.evidence.map(([place]) => place.packet)).toEqual([30, 60])
    const device = ended(
      300.2,
      [],
      {},
      {
        tcp: { marks: [mark('reset', { packet: 60, timeNs: 310.2 * SECOND, direction: SERVER, ttl: 61 })] },
      },
    )
    expect(verdictOf('idle-timeout-close', device).says).toContain('a device on the way sent it')
  })

  it('is confirmed when connections of the server end after the same time again and again', () => {
    const again = ended(240, [], { history: history({ attempts: 2, idleCloses: [240, 240.3, 239.8] }) })
    expect(word(again)).toBe('confirmed')
    expect(word(ended(240, [], { history: history({ attempts: 2, idleCloses: [240, 17, 503] }) }))).toBe('likely')
  })

  it('counts from payload: keep-alives do not hold the timer', () => {
    const kept = ended(
      300,
      [mark('keep-alive', { packet: 40, timeNs: 100 * SECOND })],
      {},
      {
        clientSide: { lastDataPacket: 30, lastDataNs: 10 * SECOND, keepAlives: 1 },
      },
    )
    expect(word(kept)).toBe('likely')
    expect(verdictOf('idle-timeout-close', kept).says).toContain('keep-alives went over it')
  })

  it('takes the farewell before the FIN for a part of the end', () => {
    const pause: PayloadPause = {
      fromPacket: 30,
      fromNs: 10 * SECOND,
      untilPacket: 59,
      untilNs: 310 * SECOND,
      direction: SERVER,
    }
    const alert = event('alert', { code: 0, level: 1 }, { packet: 59, timeNs: 310 * SECOND })
    const one = attempt({
      events: [...session(), alert],
      tcp: { pauses: [pause], marks: [mark('fin', { packet: 60, timeNs: 310 * SECOND, direction: SERVER })] },
    })
    expect(word(one)).toBe('likely')
  })

  it.each([
    ['a time that is no whole interval', ended(137)],
    ['traffic to the end', ended(2)],
    ['a client that left', ended(300, [mark('fin', { packet: 50, timeNs: 200 * SECOND })])],
    [
      'a keep-alive directly before: the end answers it',
      ended(300, [mark('keep-alive', { packet: 59, timeNs: 309.98 * SECOND })]),
    ],
    [
      'a person at the logon prompt',
      attempt({
        events: [event('negotiation-request'), event('negotiation-response')],
        tcp: { marks: [mark('fin', { packet: 60, timeNs: 60 * SECOND, direction: SERVER })] },
      }),
    ],
    ['nobody who ended it', attempt({ events: session() })],
  ])('is ruled out by %s', (_, one) => {
    expect(word(one)).toBe('ruled-out')
  })

  it('is information where only TLS to some server is seen: web servers close what idles', () => {
    expect(claims(ended(60, [], { transport: 'gateway-tls', outcome: 'unfinished' }))).toEqual([])
  })

  it('sees nothing without a connection', () => {
    expect(word(attempt({ tcp: { marks: [mark('syn')] } }))).toBe('not-visible')
  })
})

describe('udp-transport-blocked', () => {
  const syn = (packet: number, seconds: number): Event =>
    event('rdpudp-syn', {}, { packet, timeNs: seconds * SECOND, direction: CLIENT })
  const answer = (): Event => event('rdpudp-syn-ack', {}, { packet: 41, timeNs: 5.1 * SECOND, direction: SERVER })
  const udp = (events: readonly Event[], parts: object = {}) =>
    conversation({ id: 3, transport: 'udp', server: { port: 3389 }, events, ...parts })
  const beside = (one: ReturnType<typeof udp>, serverSeconds = 30, values: object = {}, clientSeconds = 30) => {
    const tcp = conversation({
      events: session(),
      serverSide: { lastPacket: 99, lastNs: serverSeconds * SECOND },
      clientSide: { lastPacket: 98, lastNs: clientSeconds * SECOND },
    })
    return attemptWith({ conversations: [tcp, one], explained: tcp, outcome: 'established', ...values })
  }
  const tried = [syn(40, 5), syn(41, 5.8), syn(42, 6.6)]
  const word = (one: ReturnType<typeof attempt>) => verdictOf('udp-transport-blocked', one).verdict

  it('is confirmed by three SYNs in vain while TCP goes on, and is information', () => {
    const one = beside(udp(tried))
    expect(word(one)).toBe('confirmed')
    expect(verdictOf('udp-transport-blocked', one).says).toContain('the session stays on TCP')
    expect(claims(one)).toEqual([])
  })

  it('is likely after one SYN, and possible where the capture ends', () => {
    expect(word(beside(udp([syn(40, 5)])))).toBe('likely')
    expect(word(beside(udp(tried), 6.7, {}, 6.8))).toBe('possible')
  })

  it('is confirmed by ICMP, and names who refuses; the TCP connection is not touched by it', () => {
    const refused = udp(tried, { icmp: [icmp({ packet: 43, timeNs: 5.1 * SECOND, code: 3, from: '10.0.2.2' })] })
    const one = beside(refused, 30, { outcome: 'failed' })
    expect(word(one)).toBe('confirmed')
    expect(verdictOf('udp-transport-blocked', one).says).toContain('refused by the server itself')
    expect(verdictOf('connect-prohibited', one).verdict).toBe('ruled-out')
  })

  it('is likely when the SYN is answered and the handshake inside is not', () => {
    const hello = event('client-hello', {}, { packet: 44, timeNs: 8 * SECOND })
    expect(word(beside(udp([syn(40, 5), answer(), hello])))).toBe('likely')
  })

  it('is likely when it worked and then only the client sent on for more than 65 s; TCP that ends with it is another story', () => {
    const worked = udp([syn(40, 5), answer()], {
      packets: [90, 40],
      lastTimesNs: [80 * SECOND, 9 * SECOND],
      lastNs: 80 * SECOND,
    })
    expect(word(beside(worked, 90, {}, 90))).toBe('likely')
    expect(word(beside(worked, 9, { outcome: 'failed' }, 90))).toBe('ruled-out')
    const pausing = udp([syn(40, 5), answer()], {
      packets: [90, 40],
      lastTimesNs: [50 * SECOND, 9 * SECOND],
      lastNs: 50 * SECOND,
    })
    expect(word(beside(pausing, 90, {}, 90))).toBe('ruled-out')
  })

  it('is ruled out by an answer, and by TCP that fell silent at the same time', () => {
    expect(word(beside(udp([syn(40, 5), answer()])))).toBe('ruled-out')
    expect(word(beside(udp(tried), 5, { outcome: 'failed' }))).toBe('ruled-out')
  })

  it('sees nothing where UDP was not tried', () => {
    expect(word(attempt({ events: session() }))).toBe('not-visible')
  })
})

describe('tls-client-flight-split', () => {
  const opening = () => [event('negotiation-request'), event('negotiation-response'), ...tls12Handshake().slice(0, 4)]
  const flight = (packets: readonly [number, number, number], seconds = [0.2, 0.2, 0.2]) => [
    event(
      'handshake',
      { type: 16, length: 66 },
      { packet: packets[0], timeNs: (seconds[0] as number) * SECOND, direction: CLIENT },
    ),
    event('change-cipher-spec', {}, { packet: packets[1], timeNs: (seconds[1] as number) * SECOND, direction: CLIENT }),
    event(
      'record',
      { type: 22, length: 40 },
      { packet: packets[2], timeNs: (seconds[2] as number) * SECOND, direction: CLIENT },
    ),
  ]
  const reset = (values = {}) => mark('reset', { packet: 40, timeNs: 0.5 * SECOND, direction: SERVER, ...values })
  const word = (one: ReturnType<typeof attempt>) => verdictOf('tls-client-flight-split', one).verdict

  it('is likely, never confirmed, when the flight comes in pieces and the server resets', () => {
    const one = attempt({
      events: [...opening(), ...flight([20, 21, 22], [0.2, 0.21, 0.25])],
      tcp: { marks: [reset()] },
    })
    expect(word(one)).toBe('likely')
    expect(verdictOf('tls-client-flight-split', one).says).toContain('came in 3 packets over 50 ms')
  })

  it('is possible when the server closes with a FIN', () => {
    const fin = mark('fin', { packet: 40, timeNs: 0.5 * SECOND, direction: SERVER })
    expect(word(attempt({ events: [...opening(), ...flight([20, 21, 22])], tcp: { marks: [fin] } }))).toBe('possible')
  })

  it('is ruled out by one packet, a server that goes on, one that does not reset, and TLS 1.3', () => {
    expect(word(attempt({ events: [...opening(), ...flight([20, 20, 20])], tcp: { marks: [reset()] } }))).toBe(
      'ruled-out',
    )
    expect(word(attempt({ events: session() }))).toBe('ruled-out')
    expect(word(attempt({ events: [...opening(), ...flight([20, 21, 22])] }))).toBe('ruled-out')
    const newer = [event('client-hello'), event('server-hello', { version: 0x0304 })]
    expect(word(attempt({ events: newer, tcp: { marks: [reset()] } }))).toBe('ruled-out')
  })

  it('leaves a forged reset to the rule about forged resets', () => {
    const forged = attempt({ events: [...opening(), ...flight([20, 21, 22])], tcp: { marks: [reset({ ttl: 61 })] } })
    expect(word(forged)).toBe('ruled-out')
  })

  it('sees nothing where the flight is missing', () => {
    expect(word(attempt({ events: opening(), tcp: { marks: [reset()] } }))).toBe('not-visible')
  })
})
