import { describe, expect, it } from 'vitest'
import { rdpudp } from '../../dissectors/rdpudp.ts'
import { NO, NOT_MINE, SURE } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsMessages } from '../support/conformance.ts'
import { exchanged } from '../support/messages.ts'
import {
  ACK,
  ACK_OF_ACKS,
  ackVector,
  DATA,
  FEC,
  FIN,
  header,
  type Packet2,
  packet2,
  type Runs,
  source,
  syn,
  synAck,
} from '../support/rdpudp.ts'
import { type Side, Tree } from '../support/read.ts'
import { CLIENT_HELLO_1_3, record } from '../support/tls-vectors.ts'

type Said = readonly [side: Side, message: Uint8Array]
const HELLO = record(22, CLIENT_HELLO_1_3)
const ID = bytes('a2 e2 c8 18 6d e3 4f 1e 8d 0f 91 75 e4 cd 00 00')
const HASH = bytes('11'.repeat(32))

/** MS-RDPEUDP 4.1.1: flags 0x0A01, that is SYN, SYNLOSSY and CORRELATION_ID. */
const SPECIFICATION_SYN = concat(
  bytes('ff ff ff ff 04 00 0a 01 00 00 00 42 04 d0 04 d0'),
  ID,
  new Uint8Array(16),
  new Uint8Array(1232 - 48),
)

const firstTransport: Said[] = [
  ['client', syn({ initialSequence: 0x42, correlationId: ID })],
  ['server', synAck(0x42, { initialSequence: 0xfffffffe, version: 2 })],
  ['client', source(0xfffffffe, 0x43, HELLO)],
  ['server', source(0x43, 0xffffffff, bytes('16 03 03 00 02 0e 00'))],
]
const secondTransport: Said[] = [
  ['client', syn({ initialSequence: 0xa7eb5da4, correlationId: ID, version: 0x0101, cookieHash: HASH })],
  ['server', synAck(0xa7eb5da4, { initialSequence: 7, version: 0x0101 })],
  ['client', packet2({ delayAck: [1, 500], ackOfAcks: 100, data: { sequence: 100, channel: 1, payload: HELLO } })],
  ['client', packet2({ ackOfAcks: 100, dummy: { sequence: 101, payload: new Uint8Array(900) } })],
  ['server', packet2({ ack: { sequence: 101, delayed: [3] }, overhead: 10 })],
]

describe('the handshake', () => {
  it('of the specification: lossy, with its correlation id', () => {
    expect(exchanged(rdpudp, [['client', SPECIFICATION_SYN]]).facts).toEqual([
      {
        kind: 'rdpudp-syn',
        version: 1,
        lossy: true,
        upstreamMtu: 1232,
        downstreamMtu: 1232,
        initialSequence: 0x42,
        correlationId: 'a2e2c8186de34f1e8d0f9175e4cd0000',
        hasCookieHash: false,
        complete: true,
      },
    ])
  })

  it('agrees on a version, and only the client proves that it knows the cookie', () => {
    const { facts, pdus } = exchanged(rdpudp, secondTransport.slice(0, 2), { watch: true })
    expect(facts).toMatchObject([
      { kind: 'rdpudp-syn', version: 0x0101, lossy: false, hasCookieHash: true },
      { kind: 'rdpudp-syn-ack', version: 0x0101, correlationId: '', hasCookieHash: false, initialSequence: 7 },
    ])
    const trees = pdus.map(({ root }) => new Tree(root === null ? [] : [root]))
    expect(trees[0]?.field('rdpudp.synex.cookiehash')).toMatchObject({ start: 52, end: 84 })
    expect(trees[1]?.field('rdpudp.synex.cookiehash')).toBeUndefined()
    expect(trees[1]?.field('rdpudp.synex.version')).toEqual({ value: 0x0101, start: 18, end: 20 })
  })

  it('with a hash of zeros proves nothing', () => {
    const hello = syn({ initialSequence: 1, version: 0x0101 })
    expect(exchanged(rdpudp, [['client', hello]]).facts).toMatchObject([{ hasCookieHash: false }])
  })

  it('cut by the snap length is not complete, and nothing is built on it', () => {
    const [[, hello]] = secondTransport as [Said]
    const { facts, state } = exchanged(rdpudp, [['client', hello.slice(0, 60)]])
    expect(facts).toMatchObject([{ complete: false }])
    expect(state.began).toBe(false)
  })
})

describe('the first transport', () => {
  it('hands source data up as numbered pieces of a TLS stream', () => {
    const { handed, opened } = exchanged(rdpudp, firstTransport)
    expect(opened.get(0)).toEqual({ protocol: 'tls', inside: { protocol: 'rdpemt' }, ordered: true })
    expect(handed).toMatchObject([
      { direction: 0, number: 0, bytes: HELLO },
      { direction: 1, number: 0, bytes: bytes('16 03 03 00 02 0e 00') },
    ])
  })

  it('counts on beyond the largest number, and leaves out what comes from before the first', () => {
    const more: Said[] = [
      ...firstTransport,
      ['server', source(0x43, 0, bytes('01'))],
      ['server', source(0x43, 0xfffffff0, bytes('02'))],
    ]
    expect(exchanged(rdpudp, more).handed.map(({ number }) => number)).toEqual([0, 0, 1])
  })

  it('lossy hands up messages to DTLS', () => {
    const said: Said[] = [
      ['client', SPECIFICATION_SYN],
      ['server', synAck(0x42, { initialSequence: 1 })],
      ['client', source(1, 0x43, bytes('16 fe ff 00'))],
    ]
    const { handed, opened } = exchanged(rdpudp, said)
    expect(opened.get(0)).toEqual({ protocol: 'dtls', inside: { protocol: 'rdpemt' } })
    expect(handed).toMatchObject([{ number: -1, bytes: bytes('16 fe ff 00') }])
  })

  it('pads its ACK vector to four bytes, behind which the reset number stands', () => {
    const vector: Runs = [
      [true, 3],
      [false, 2],
      [true, 64],
    ]
    const acknowledgement = concat(header(69, ACK | ACK_OF_ACKS), ackVector(vector), bytes('00 00 00 05'))
    const { pdus } = exchanged(rdpudp, [...firstTransport.slice(0, 2), ['server', acknowledgement]], { watch: true })
    const tree = new Tree(pdus[2]?.root == null ? [] : [pdus[2].root])
    expect(tree.field('rdpudp.ack.vectorsize')?.value).toBe(3)
    expect(tree.fields('rdpudp.ack.item').map(({ value }) => value)).toEqual([2, 0xc1, 0x3f])
    expect(tree.fields('rdpudp.ack.item.state').map(({ value }) => value)).toEqual([0, 3, 0])
    expect(tree.fields('rdpudp.ack.item.rle').map(({ value }) => value)).toEqual([2, 1, 63])
    expect(tree.field('rdpudp.resetSeqNum')).toEqual({ value: 5, start: 16, end: 20 })
  })

  it('counts a datagram that is missing once, however often that is told', () => {
    const told: Runs[] = [
      [[true, 3]],
      [
        [true, 3],
        [false, 2],
        [true, 1],
      ],
      [
        [false, 2],
        [true, 2],
      ],
    ]
    const latest = [3, 6, 7]
    const said = told.map((runs, n): Said => ['server', concat(header(latest[n] as number, ACK), ackVector(runs))])
    const { facts } = exchanged(rdpudp, [...firstTransport.slice(0, 2), ...said])
    expect(facts.slice(2)).toEqual([
      {
        kind: 'rdpudp-counts',
        data: 0,
        dataBytes: 0,
        repeated: 0,
        fec: 0,
        acknowledgements: 3,
        received: 5,
        missing: 2,
      },
    ])
  })

  it('tells repeated data, repair packets and the end', () => {
    const again: Said[] = [
      ['client', source(1, 0x43, HELLO)],
      ['client', source(1, 0x43, HELLO)],
      [
        'client',
        concat(header(1, ACK | DATA | FEC), ackVector([[true, 1]]), bytes('00000044 00000043 01 02 0000 aabb')),
      ],
      ['client', concat(header(1, FIN), new Uint8Array(0))],
    ]
    const { facts } = exchanged(rdpudp, [...firstTransport.slice(0, 2), ...again])
    expect(facts.slice(2)).toMatchObject([
      { kind: 'rdpudp-fin' },
      { kind: 'rdpudp-counts', data: 2, dataBytes: 2 * HELLO.length, repeated: 1, fec: 1, acknowledgements: 3 },
    ])
  })
})

describe('the second transport', () => {
  const read = (says: Packet2) => {
    const { pdus, handed, facts } = exchanged(rdpudp, [...secondTransport.slice(0, 2), ['client', packet2(says)]], {
      watch: true,
    })
    const { root = null, fault = null } = pdus[2] ?? {}
    return { tree: new Tree(root === null ? [] : [root]), fault, handed, facts: facts.slice(2) }
  }

  it('is spoken behind the handshake, with its first and eighth byte swapped', () => {
    const { handed } = exchanged(rdpudp, secondTransport)
    expect(handed).toMatchObject([{ direction: 0, number: 0, bytes: HELLO }])
  })

  it('takes the first and eighth byte of the example of the specification for one another', () => {
    // MS-RDPEUDP2 3.1.1.1.5.1: only its prefix 0x10 has type 8, for which a reader of the layout would expect 0xf0.
    const packet = bytes('73 30 35 56 78 a2 36 10 ee 68 f2')
    const { pdus } = exchanged(rdpudp, [...secondTransport.slice(0, 2), ['client', packet]], { watch: true })
    const tree = new Tree(pdus[2]?.root == null ? [] : [pdus[2].root])
    expect(tree.field('rdpudp2.prefixbyte')).toEqual({ value: 0x10, start: 0, end: 1 })
    expect(tree.field('rdpudp2.packetType')?.value).toBe(8)
    expect(tree.field('rdpudp2.flags')?.value).toBe(0x530)
    expect(tree.field('rdpudp2.logWindow')?.value).toBe(3)
  })

  it('reads every payload in its order', () => {
    const { tree, fault } = read({
      ack: { sequence: 0x1234, delayed: [1, 2] },
      overhead: 10,
      delayAck: [3, 500],
      ackOfAcks: 0x0065,
      ackVector: { base: 0x0070, coded: [0x7e, 0xc5, 0x82], timestamp: 0x030201 },
      data: { sequence: 0x0066, channel: 1, payload: bytes('16 03') },
    })
    expect(fault).toBeNull()
    const value = (name: string) => tree.field(name)?.value
    expect(value('rdpudp2.flags')).toBe(0x15d)
    expect(value('rdpudp2.shortpacketlen')).toBe(7)
    expect(value('rdpudp2.ack.seqnum')).toBe(0x1234)
    expect(value('rdpudp2.ack.ts')).toBe(259)
    expect(value('rdpudp2.ack.numDelayedAcks')).toBe(2)
    expect(value('rdpudp2.overheadsize')).toBe(10)
    expect(value('rdpudp2.delayackinfo.max')).toBe(3)
    expect(value('rdpudp2.delayackinfo.timeout')).toBe(500)
    expect(value('rdpudp2.ackofacksseqnum')).toBe(0x65)
    expect(value('rdpudp2.data.seqnum')).toBe(0x66)
    expect(value('rdpudp2.ackvec.baseseqnum')).toBe(0x70)
    expect(value('rdpudp2.ackvec.codedackvecsize')).toBe(3)
    expect(value('rdpudp2.ackvec.havets')).toBe(1)
    expect(value('rdpudp2.ackvec.timestamp')).toBe(0x030201)
    expect(value('rdpudp2.ackvec.sendacktimegap')).toBe(2)
    expect(tree.fields('rdpudp2.ackvec.codecAckMode').map(field => field.value)).toEqual([0, 1, 1])
    expect(tree.fields('rdpudp2.ackvec.codecAckRleState').map(field => field.value)).toEqual([1, 0])
    expect(value('rdpudp2.data.channelseqnumber')).toBe(1)
  })

  it('counts what its vectors call missing, but not what was not sent yet', () => {
    const { facts } = read({ ackVector: { base: 10, coded: [0b0001101, 0xc5, 0x82] } })
    // 10, 12 and 13 arrived, 11 did not; the zeros behind them are missing too, for five more arrived later.
    expect(facts).toMatchObject([{ received: 3 + 5, missing: 1 + 3 }])
    expect(read({ ackVector: { base: 10, coded: [0b0000001] } }).facts).toMatchObject([{ received: 1, missing: 0 }])
  })

  it('gives short packets their true length', () => {
    const { tree, fault } = read({ overhead: 10 })
    expect(fault).toBeNull()
    expect(tree.field('rdpudp2.shortpacketlen')?.value).toBe(3)
    expect(tree.field('rdpudp2.padding')).toMatchObject({ start: 4, end: 8 })
  })

  it('ignores what a dummy holds', () => {
    const { handed, facts } = read({ dummy: { sequence: 1, payload: new Uint8Array(900) } })
    expect(handed).toEqual([])
    expect(facts).toEqual([])
  })

  it('still knows a handshake packet that is sent again', () => {
    const said = [...secondTransport, secondTransport[1] as Said]
    const syns = exchanged(rdpudp, said).facts.filter(fact => (fact as { kind: string }).kind === 'rdpudp-syn-ack')
    expect(syns).toHaveLength(2)
  })
})

describe('recognition', () => {
  const probe = (said: Uint8Array) => rdpudp.probe(said, 0, said.length, 0)

  it('goes by the handshake, on any port', () => {
    expect(probe(SPECIFICATION_SYN)).toBe(SURE)
    expect(probe(synAck(5, { initialSequence: 1, upstreamMtu: 1132, downstreamMtu: 1200 }))).toBe(SURE)
    expect(probe(syn({ initialSequence: 1, upstreamMtu: 1131 }))).toBe(NO)
    expect(probe(syn({ initialSequence: 1, downstreamMtu: 1233 }))).toBe(NO)
    expect(probe(source(1, 1, HELLO))).toBe(NO)
    expect(probe(new Uint8Array(1232))).toBe(NO)
    expect(probe(new Uint8Array(1232).fill(0xff))).toBe(NO)
  })

  it('keeps to a conversation once it has begun', () => {
    const said = source(1, 1, HELLO)
    const fresh = rdpudp.begin(null)
    expect(rdpudp.frame(said, 0, said.length, 0, fresh, 0)).toBe(NOT_MINE)
    expect(rdpudp.frame(said, 0, said.length, 0, { ...fresh, began: true }, 0)).toBe(said.length)
    expect(rdpudp.frame(said, 0, 7, 0, { ...fresh, began: true }, 0)).toBe(NOT_MINE)
  })
})

describe('rdpudp conforms: it', () => {
  conformsMessages(rdpudp, {
    'the first transport': firstTransport,
    'the second transport': [
      ...secondTransport,
      ['server', packet2({ ackVector: { base: 10, coded: [5, 0xc5], timestamp: 3 } })],
    ],
    'a lossy handshake': [['client', SPECIFICATION_SYN]],
  })
})
