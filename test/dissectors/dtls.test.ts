import { describe, expect, it } from 'vitest'
import { dtls } from '../../dissectors/dtls.ts'
import { dtlsHandshake } from '../../dissectors/dtls-handshake.ts'
import { LIKELY, NO, SURE } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsMessages } from '../support/conformance.ts'
import { certificateOf } from '../support/der.ts'
import { DTLS_SERVER_HELLO, dtlsClientHello, dtlsMessage, dtlsRecord, HELLO_VERIFY_REQUEST } from '../support/dtls.ts'
import { exchanged } from '../support/messages.ts'
import { type Side, Tree } from '../support/read.ts'

type Said = readonly [side: Side, message: Uint8Array]
/** MS-TSGU 2.2.11.9, put together from its layout. */
const TRAILER = bytes(`00 00 00 00 aa 1d ${'1d'.repeat(16)} 1d aa 1a 00`)

const certificate = certificateOf({})
const chain = concat(Uint8Array.of(0, certificate.length >> 8, certificate.length & 0xff), certificate)
const certificates = concat(Uint8Array.of(0, chain.length >> 8, chain.length & 0xff), chain)

const handshake: Said[] = [
  ['client', dtlsRecord(22, 0, dtlsMessage(1, 0, dtlsClientHello()))],
  ['server', dtlsRecord(22, 0, dtlsMessage(3, 0, HELLO_VERIFY_REQUEST))],
  ['client', dtlsRecord(22, 1, dtlsMessage(1, 1, dtlsClientHello('c0 c1 c2 c3')))],
  [
    'server',
    concat(
      dtlsRecord(22, 1, dtlsMessage(2, 1, DTLS_SERVER_HELLO)),
      dtlsRecord(22, 2, dtlsMessage(11, 2, certificates, 0, 100)),
    ),
  ],
  ['server', dtlsRecord(22, 3, dtlsMessage(11, 2, certificates, 100))],
  ['client', concat(dtlsRecord(20, 2, bytes('01')), dtlsRecord(22, 0, new Uint8Array(40), 1))],
  ['server', dtlsRecord(23, 1, new Uint8Array(60), 1)],
  ['server', dtlsRecord(21, 2, new Uint8Array(26), 1)],
]

const trees = (messages: readonly Said[]) =>
  exchanged(dtls, messages, { watch: true }).pdus.map(({ root }) => new Tree(root === null ? [] : [root]))

describe('a handshake', () => {
  it('says what one of TLS says', () => {
    expect(exchanged(dtls, handshake).facts).toMatchObject([
      { kind: 'client-hello', version: 0xfefd, suites: [0xc030, 0x9d], groups: [23], complete: true },
      { kind: 'handshake', type: 3, length: 7 },
      { kind: 'client-hello', complete: true },
      { kind: 'server-hello', version: 0xfefd, suite: 0xc030, random: '22'.repeat(32), complete: true },
      { kind: 'change-cipher-spec' },
      { kind: 'record', type: 22, length: 40 },
      { kind: 'handshake', type: -1, length: 40 },
      { kind: 'record', type: 23, length: 60 },
      { kind: 'record', type: 21, length: 26 },
      { kind: 'alert', sealed: true, code: -1 },
    ])
  })

  it('names what it shares with TLS as Wireshark does', () => {
    const [hello, verify, again] = trees(handshake)
    expect(hello?.field('dtls.record.version')).toEqual({ value: 0xfefd, start: 1, end: 3 })
    expect(hello?.field('dtls.handshake.message_seq')?.value).toBe(0)
    expect(hello?.field('dtls.handshake.random')).toEqual({ value: '', start: 27, end: 59 })
    expect(hello?.fields('dtls.handshake.ciphersuite').map(({ value }) => value)).toEqual([0xc030, 0x9d])
    expect(hello?.field('tls.handshake.random')).toBeUndefined()
    expect(verify?.field('dtls.handshake.cookie')).toEqual({ value: '', start: 28, end: 32 })
    expect(again?.field('dtls.handshake.cookie_length')?.value).toBe(4)
  })

  it('puts messages together from their fragments, however they come', () => {
    const fragment = (number: number, from: number, to: number): Said => [
      'server',
      dtlsRecord(22, number, dtlsMessage(11, 2, certificates, from, to)),
    ]
    const end = certificates.length
    const orders: Said[][] = [
      [fragment(1, 0, 50), fragment(2, 50, 90), fragment(3, 90, end)],
      [fragment(3, 90, end), fragment(1, 0, 50), fragment(2, 50, 90)],
      [fragment(1, 0, 50), fragment(1, 0, 50), fragment(2, 40, 120), fragment(3, 90, end)],
    ]
    for (const order of orders) {
      const { handed, opened, facts, state } = exchanged(dtls, order)
      expect(handed).toHaveLength(1)
      expect(facts).toEqual([])
      expect(state.assemblies).toEqual([[], []])
      const slot = handed[0]?.slot as number
      const next = opened.get(slot)
      const message: Said = ['server', handed[0]?.bytes as Uint8Array]
      expect(exchanged(dtlsHandshake, [message], next === undefined ? {} : { next }).facts).toMatchObject([
        { kind: 'certificate', complete: true, chain: [{ bytes: certificate.length }] },
      ])
    }
  })

  it('does not believe a fragment that ends behind its message', () => {
    const lying = dtlsRecord(22, 0, dtlsMessage(11, 0, certificates, 0, 10))
    lying[13 + 8] = 0xff
    const { handed, state } = exchanged(dtls, [['server', lying]])
    expect(handed).toEqual([])
    expect(state.assemblies).toEqual([[], []])
  })

  it('remembers only so many messages that never become whole', () => {
    const said = Array.from(
      { length: 40 },
      (_, n): Said => ['server', dtlsRecord(22, n, dtlsMessage(11, n, certificates, 0, 10))],
    )
    expect(exchanged(dtls, said).state.assemblies[1].map(({ number }) => number)).toEqual([
      32, 33, 34, 35, 36, 37, 38, 39,
    ])
  })
})

describe('a datagram', () => {
  it('may hold the correlation id of a gateway client behind its record', () => {
    const [read] = trees([['client', concat(handshake[0]?.[1] as Uint8Array, TRAILER)]])
    expect(read?.field('rdg.udp.correlation.id')).toMatchObject({ end: 13 + 12 + dtlsClientHello().length + 22 })
    expect(read?.field('dtls.trailing_data')).toBeUndefined()
  })

  it('may hold other bytes behind its records, which are shown and nothing else', () => {
    const { facts, pdus } = exchanged(dtls, [
      ['client', concat(handshake[0]?.[1] as Uint8Array, bytes(`${'00'.repeat(20)}`))],
    ])
    expect(facts).toMatchObject([{ kind: 'client-hello', complete: true }])
    expect(pdus[0]?.fault).toBeNull()
  })

  it('that is cut still yields the records before, and what is there of a hello', () => {
    const [, , , [, flight]] = handshake as [Said, Said, Said, Said]
    const { facts } = exchanged(dtls, [['server', flight.slice(0, flight.length - 5)]])
    expect(facts).toMatchObject([{ kind: 'server-hello', complete: true }])
    const [, hello] = handshake[0] as Said
    expect(exchanged(dtls, [['client', hello.slice(0, 70)]]).facts).toMatchObject([
      { kind: 'client-hello', complete: false },
    ])
  })

  it('tells plain alerts', () => {
    expect(exchanged(dtls, [['server', dtlsRecord(21, 1, bytes('02 28'))]]).facts).toEqual([
      { kind: 'alert', level: 2, code: 40, sealed: false, length: 2 },
    ])
  })
})

describe('recognition', () => {
  const probe = (said: Uint8Array) => dtls.probe(said, 0, said.length, 0)

  it('goes by type, version and length', () => {
    for (const [, said] of handshake) expect(probe(said)).toBeGreaterThanOrEqual(LIKELY)
    const [[, hello]] = handshake as [Said]
    expect(probe(hello)).toBe(SURE)
    expect(probe(hello.slice(0, 40))).toBe(LIKELY)
    expect(probe(dtlsRecord(23, 1, new Uint8Array(60), 1).slice(0, 40))).toBe(NO)
    expect(probe(dtlsRecord(23, 0, bytes('00'), 0, 0x0303))).toBe(NO)
    expect(probe(dtlsRecord(23, 0, bytes('00'), 0, 0x0100))).toBe(LIKELY)
    expect(probe(bytes('16 fe fd'))).toBe(NO)
  })
})

describe('dtls conforms: it', () => {
  conformsMessages(dtls, { 'a handshake': handshake })
})

/** Inside records: what comes here was decrypted. */
describe('dtls-handshake conforms: it', () => {
  conformsMessages(dtlsHandshake, {
    'a message and a fragment': [
      ['server', concat(dtlsMessage(2, 1, DTLS_SERVER_HELLO), dtlsMessage(11, 2, certificates, 0, 100))],
      ['server', dtlsMessage(20, 3, bytes('aa bb cc dd ee ff 00 11 22 33 44 55'))],
    ],
  })
})
