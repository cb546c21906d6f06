/** Whole conversations of RDP-UDP and DTLS through the tracker: no lab capture has UDP, so they are made here. */
import { describe, expect, it } from 'vitest'
import type { Conversation } from '../../src/flow/conversation.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import type { WatchedPdu } from '../../src/flow/watcher.ts'
import { CLIENT } from '../../src/wire/dissector.ts'
import { MAX_PIECES_AHEAD } from '../../src/wire/limits.ts'
import { bytes, concat } from '../support/bytes.ts'
import { DTLS_SERVER_HELLO, dtlsClientHello, dtlsMessage, dtlsRecord } from '../support/dtls.ts'
import { ethernet, icmp, ipv4, udp } from '../support/packets.ts'
import { packet2, source, syn, synAck } from '../support/rdpudp.ts'
import type { Side } from '../support/read.ts'
import { CLIENT_HELLO_1_3, message, record, SERVER_HELLO_1_2, SERVER_HELLO_DONE } from '../support/tls-vectors.ts'

type Said = readonly [side: Side, datagram: Uint8Array]
interface Place {
  /** UDP ports of client and server. */
  readonly ports?: readonly [client: number, server: number]
}
const ETHERNET = 1
const CLIENT_ADDRESS = '192.0.2.1'
const SERVER_ADDRESS = '198.51.100.1'
const HELLO = record(22, CLIENT_HELLO_1_3)
const ANSWER = record(22, SERVER_HELLO_1_2, SERVER_HELLO_DONE)

function frameOf([side, datagram]: Said, { ports = [50_000, 3389] }: Place): Uint8Array {
  const [client, server] = ports
  const fromClient = side === 'client'
  const sourcePort = fromClient ? client : server
  const destinationPort = fromClient ? server : client
  return ethernet(
    ipv4(udp({ sourcePort, destinationPort }, datagram), {
      source: fromClient ? CLIENT_ADDRESS : SERVER_ADDRESS,
      destination: fromClient ? SERVER_ADDRESS : CLIENT_ADDRESS,
    }),
  )
}

function track(said: readonly Said[], place: Place = {}, snapLength = 65_535) {
  const conversations: Conversation[] = []
  const pdus: WatchedPdu[] = []
  const run = (watch: boolean): Conversation => {
    const found: Conversation[] = []
    const tracker = new Tracker(
      { conversation: conversation => found.push(conversation), time: () => {} },
      watch ? { watcher: { wants: () => true, pdu: pdu => pdus.push(pdu) } } : {},
    )
    for (const [n, one] of said.entries()) {
      const frame = frameOf(one, place)
      tracker.packet(frame, 0, Math.min(snapLength, frame.length), frame.length, ETHERNET, n + 1, n * 1e6)
    }
    tracker.finish()
    expect(found).toHaveLength(1)
    return found[0] as Conversation
  }
  conversations.push(run(false), run(true))
  const [plain, watched] = conversations as [Conversation, Conversation]
  // Whoever watches sees what happens anyway.
  expect(watched).toEqual(plain)
  return { conversation: plain, pdus }
}

function told({ events }: Conversation): string[] {
  return events.map(({ fact, path, packet, direction }) => {
    return `${packet} ${direction === CLIENT ? 'client' : 'server'} ${path} ${fact.kind}`
  })
}

const handshake1: Said[] = [
  ['client', syn({ initialSequence: 100, version: 2 })],
  ['server', synAck(100, { initialSequence: 500, version: 2 })],
]
const handshake2: Said[] = [
  ['client', syn({ initialSequence: 100, version: 0x0101 })],
  ['server', synAck(100, { initialSequence: 500, version: 0x0101 })],
]
const first = (sequence: number, payload: Uint8Array): Uint8Array => source(500, sequence, payload)
const second = (channel: number, payload: Uint8Array): Uint8Array => {
  return packet2({ ackOfAcks: 100, data: { sequence: 99 + channel, channel, payload } })
}

describe('reliable RDP-UDP', () => {
  it('carries TLS, each event with its path', () => {
    const { conversation } = track([...handshake1, ['client', first(101, HELLO)], ['server', first(501, ANSWER)]])
    expect(told(conversation)).toEqual([
      '1 client udp/rdpudp rdpudp-syn',
      '2 server udp/rdpudp rdpudp-syn-ack',
      '3 client udp/rdpudp/tls/tls-handshake client-hello',
      '4 server udp/rdpudp/tls/tls-handshake server-hello',
      '4 server udp/rdpudp/tls/tls-handshake handshake',
      '4 server udp/rdpudp rdpudp-counts',
      '4 client udp/rdpudp rdpudp-counts',
    ])
    expect(conversation).toMatchObject({ transport: 'udp', roles: 'content', server: { port: 3389 } })
  })

  it('of the third version carries it too, over several datagrams', () => {
    const { conversation, pdus } = track([
      ...handshake2,
      ['client', second(1, HELLO.slice(0, 100))],
      ['client', second(2, HELLO.slice(100))],
      ['server', second(1, ANSWER)],
    ])
    expect(told(conversation)).toContain('4 client udp/rdpudp/tls/tls-handshake client-hello')
    const tls = pdus.filter(pdu => pdu.name === 'tls')
    expect(tls.map(({ first, packet, transport }) => [first, packet, transport])).toEqual([
      [3, 4, 'udp'],
      [5, 5, 'udp'],
    ])
    expect(tls[0]?.bytes).toEqual(HELLO)
    expect(tls[0]?.origins).toHaveLength(2)
  })

  it('puts datagrams in order, and reads what comes twice once', () => {
    const { conversation, pdus } = track([
      ...handshake1,
      ['client', first(102, HELLO.slice(60, 120))],
      ['client', first(103, HELLO.slice(120))],
      ['client', first(102, HELLO.slice(60, 120))],
      ['client', first(101, HELLO.slice(0, 60))],
      ['client', first(101, HELLO.slice(0, 60))],
    ])
    const hellos = conversation.events.filter(({ fact }) => fact.kind === 'client-hello')
    expect(hellos.map(({ fact }) => fact)).toMatchObject([{ complete: true }])
    expect(pdus.find(pdu => pdu.name === 'tls')?.origins.map(({ first }) => first)).toEqual([6, 3, 4])
  })

  it('goes on behind a datagram that the capture does not hold', () => {
    const late = Array.from(
      { length: MAX_PIECES_AHEAD + 1 },
      (_, n): Said => [
        'server',
        first(503 + n, n === 0 ? record(22, message(14, bytes(''))) : record(23, new Uint8Array(30))),
      ],
    )
    const { conversation } = track([...handshake1, ['server', first(501, ANSWER.slice(0, 30))], ...late])
    const kinds = conversation.events.map(({ fact }) => fact.kind)
    expect(kinds).toContain('stream-gap')
    expect(kinds.filter(kind => kind === 'record')).toHaveLength(MAX_PIECES_AHEAD)
  })

  it('gives up a hole at the end of the conversation', () => {
    const { conversation } = track([...handshake1, ['client', first(102, HELLO)]])
    expect(told(conversation)).toContain('3 client udp/rdpudp/tls/tls-handshake client-hello')
  })

  it('knows the client by its SYN, whatever the ports and whoever spoke first', () => {
    const check = bytes(`00 01 00 00 21 12 a4 42 ${'0b'.repeat(12)}`)
    const said: Said[] = [['server', check], ...handshake1, ['client', first(101, HELLO)]]
    const { conversation } = track(said, { ports: [60_000, 61_000] })
    expect(conversation).toMatchObject({ roles: 'content', client: { port: 60_000 }, server: { port: 61_000 } })
    expect(told(conversation).slice(0, 2)).toEqual(['1 server udp/stun stun', '2 client udp/rdpudp rdpudp-syn'])
  })

  it('without an answer is a SYN sent again and again', () => {
    const [hello] = handshake2 as [Said]
    const { conversation } = track([hello, hello, hello])
    expect(told(conversation)).toEqual([1, 2, 3].map(n => `${n} client udp/rdpudp rdpudp-syn`))
  })

  it('reads a handshake that the snap length cut, but not what it would have begun', () => {
    const { conversation } = track([...handshake1, ['client', first(101, HELLO)]], {}, 100)
    expect(conversation.events.map(({ fact }) => fact)).toMatchObject([
      { kind: 'rdpudp-syn', complete: true },
      { kind: 'rdpudp-syn-ack', complete: true },
      { kind: 'rdpudp-counts', data: 1 },
    ])
  })
})

describe('lossy RDP-UDP', () => {
  const said: Said[] = [
    ['client', syn({ initialSequence: 100, version: 2, lossy: true })],
    ['server', synAck(100, { initialSequence: 500, version: 2 })],
    ['client', first(101, dtlsRecord(22, 0, dtlsMessage(1, 0, dtlsClientHello())))],
    ['server', first(501, dtlsRecord(22, 0, dtlsMessage(2, 0, DTLS_SERVER_HELLO)))],
    ['client', first(103, dtlsRecord(23, 1, new Uint8Array(40), 1))],
  ]

  it('carries DTLS, datagram by datagram', () => {
    const { conversation, pdus } = track(said)
    expect(told(conversation)).toEqual([
      '1 client udp/rdpudp rdpudp-syn',
      '2 server udp/rdpudp rdpudp-syn-ack',
      '3 client udp/rdpudp/dtls client-hello',
      '4 server udp/rdpudp/dtls server-hello',
      '5 client udp/rdpudp/dtls record',
      '5 server udp/rdpudp rdpudp-counts',
      '5 client udp/rdpudp rdpudp-counts',
    ])
    expect(pdus.map(({ name, packet }) => `${packet} ${name}`)).toEqual([
      '1 rdpudp',
      '2 rdpudp',
      '3 rdpudp',
      '3 dtls',
      '4 rdpudp',
      '4 dtls',
      '5 rdpudp',
      '5 dtls',
    ])
  })

  it('goes on behind a datagram that is no DTLS', () => {
    const damaged = said.with(3, ['server', first(501, concat(bytes('16 fe fd'), new Uint8Array(5)))])
    const kinds = track(damaged).conversation.events.map(({ fact }) => fact.kind)
    expect(kinds).toContain('unrecognised')
    expect(kinds.filter(kind => kind === 'client-hello' || kind === 'record')).toEqual(['client-hello', 'record'])
  })
})

describe('DTLS by itself', () => {
  it('is read on any port, beside what else the conversation holds', () => {
    const { conversation } = track(
      [
        ['client', dtlsRecord(22, 0, dtlsMessage(1, 0, dtlsClientHello()))],
        ['client', bytes(`00 01 00 00 21 12 a4 42 ${'0b'.repeat(12)}`)],
        ['server', bytes('80 00 11 22 33 44 55 66 77 88 99')],
        ['server', dtlsRecord(22, 0, dtlsMessage(2, 0, DTLS_SERVER_HELLO))],
      ],
      { ports: [50_000, 40_000] },
    )
    expect(told(conversation)).toEqual([
      '1 client udp/dtls client-hello',
      '2 client udp/stun stun',
      '4 server udp/dtls server-hello',
    ])
  })

  it('puts a certificate together that came in fragments', () => {
    const body = concat(bytes('00 00 20 00 00 1d'), new Uint8Array(29).fill(0x30))
    const { conversation, pdus } = track([
      ['client', dtlsRecord(22, 0, dtlsMessage(1, 0, dtlsClientHello()))],
      ['server', dtlsRecord(22, 0, dtlsMessage(11, 1, body, 0, 20))],
      ['server', dtlsRecord(22, 1, dtlsMessage(11, 1, body, 20))],
    ])
    expect(told(conversation)).toContain('3 server udp/dtls/dtls-handshake certificate')
    expect(pdus.at(-1)).toMatchObject({ name: 'dtls-handshake', packet: 3, transport: 'udp' })
  })
})

it('is given back with its conversation: layers, notes of ICMP and all', () => {
  const found: Conversation[] = []
  const tracker = new Tracker({ conversation: conversation => found.push(conversation), time: () => {} })
  const hello = frameOf(handshake1[0] as Said, {})
  tracker.packet(hello, 0, hello.length, hello.length, ETHERNET, 1, 0)
  const refusal = ethernet(
    ipv4(icmp({ type: 3, code: 3 }, hello.slice(14, 14 + 28)), { source: SERVER_ADDRESS, destination: CLIENT_ADDRESS }),
  )
  tracker.packet(refusal, 0, refusal.length, refusal.length, ETHERNET, 2, 1e6)
  tracker.finish()
  expect(found[0]).toMatchObject({ icmp: [{ type: 3, code: 3, direction: CLIENT }], packets: [1, 0] })
})
