import { describe, expect, it } from 'vitest'
import { stun } from '../../dissectors/stun.ts'
import { LIKELY, NO, SURE } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsDatagram } from '../support/conformance.ts'
import { facts, tree } from '../support/read.ts'

/** RFC 5769 section 2.2: a Binding response over IPv4. */
const RESPONSE = bytes(`01 01 00 3c 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 0b "test vector" 20
  00 20 00 08 00 01 a1 47 e1 12 a6 43
  00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7
  80 28 00 04 c0 7d 4c 96`)
/** RFC 5769 section 2.3: the same over IPv6, without its last two attributes. */
const RESPONSE_6 = bytes(`01 01 00 28 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 0b "test vector" 20
  00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9`)

function message(type: string, ...attributes: string[]): Uint8Array {
  const all = concat(...attributes.map(bytes))
  return concat(bytes(`${type} 00`), Uint8Array.of(all.length), bytes(`21 12 a4 42 ${'0a'.repeat(12)}`), all)
}

const ERROR = message(
  '01 13',
  '00 09 00 10 00 00 04 01 "Unauthorized"',
  '00 14 00 03 "lab" 00',
  '00 15 00 04 aa bb cc dd',
)

describe('a message', () => {
  it('tells the address that the server saw, through its mask', () => {
    expect(facts(stun, 'server', RESPONSE)).toEqual([
      {
        kind: 'stun',
        class: 'success',
        method: 1,
        transaction: 'b7e7a701bc34d686fa87dfae',
        mapped: '192.0.2.1:32853',
        relayed: '',
        error: 0,
        reason: '',
        software: 'test vector',
        complete: true,
      },
    ])
    expect(facts(stun, 'server', RESPONSE_6)).toMatchObject([
      { mapped: '[2001:db8:1234:5678:11:2233:4455:6677]:32853' },
    ])
  })

  it('names each field as Wireshark does', () => {
    const read = tree(stun, 'server', RESPONSE)
    expect(read.field('stun.type')).toEqual({ value: 0x0101, start: 0, end: 2 })
    expect(read.field('stun.type.class')?.value).toBe(0x10)
    expect(read.field('stun.type.method')?.value).toBe(1)
    expect(read.fields('stun.attribute').map(({ value }) => value)).toEqual([0x8022, 0x0020, 0x0008, 0x8028])
    expect(read.field('stun.att.padding')).toEqual({ value: 1, start: 35, end: 36 })
    expect(read.field('stun.att.ipv4')?.value).toBe(0xc0000201)
    expect(read.field('stun.att.port')?.value).toBe(32853)
    expect(read.field('stun.att.crc32')?.value).toBe(0xc07d4c96)
  })

  it('tells what a relay refuses, and keeps its challenge to itself', () => {
    expect(facts(stun, 'server', ERROR)).toMatchObject([
      { class: 'error', method: 3, error: 401, reason: 'Unauthorized', complete: true },
    ])
    const read = tree(stun, 'server', ERROR)
    expect(read.field('stun.att.realm')?.value).toBe('lab')
    expect(read.field('stun.att.nonce')).toBeUndefined()
    expect(read.field('stun.att.secret')).toMatchObject({ value: '' })
  })

  it('tells what a relay lends, and for how long', () => {
    const granted = message('01 03', '00 16 00 08 00 01 e1 12 e1 12 a6 43', '00 0d 00 04 00 00 02 58')
    expect(facts(stun, 'server', granted)).toMatchObject([{ class: 'success', method: 3, relayed: '192.0.2.1:49152' }])
    expect(tree(stun, 'server', granted).field('stun.att.lifetime')?.value).toBe(600)
  })

  it('through a relay is no fact', () => {
    const sent = message('00 16', '00 12 00 08 00 01 e1 12 e1 12 a6 43', '00 13 00 04 01 02 03 04')
    expect(facts(stun, 'client', sent)).toEqual([])
    expect(tree(stun, 'client', sent).field('stun.value')).toMatchObject({ start: 36, end: 40 })
    const channel = bytes('40 01 00 03 aa bb cc 00')
    expect(facts(stun, 'client', channel)).toEqual([])
    expect(tree(stun, 'client', channel).field('stun.channel')?.value).toBe(0x4001)
  })

  it('reads plain addresses, numbers and unknown attributes', () => {
    const read = tree(
      stun,
      'server',
      message(
        '01 01',
        '00 01 00 08 00 01 0d 3d c0 00 02 09',
        '80 2b 00 14 00 02 0d 96 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01',
        '00 0c 00 04 40 00 00 00',
        '00 19 00 04 11 00 00 00',
        '00 0a 00 04 00 02 80 22',
        'ff 00 00 02 01 02 00 00',
        '00 25 00 00',
      ),
    )
    expect(read.field('stun.att.ipv4')?.value).toBe(0xc0000209)
    expect(read.field('stun.att.ipv6')).toMatchObject({ value: '', start: 40 })
    expect(read.field('stun.att.channelnum')?.value).toBe(0x4000)
    expect(read.field('stun.att.transp')?.value).toBe(17)
    expect(read.fields('stun.att.unknown').map(({ value }) => value)).toEqual([2, 0x8022])
    expect(read.field('stun.value')).toMatchObject({ start: 84, end: 86 })
    expect(read.fields('stun.attribute')).toHaveLength(7)
  })

  it('with an attribute longer than it is, is not complete', () => {
    expect(facts(stun, 'server', message('01 01', '80 22 00 40 "abc" 00'))).toMatchObject([{ complete: false }])
  })
})

describe('recognition', () => {
  it('goes by the magic cookie; data of a channel by the port too', () => {
    const probe = (said: Uint8Array, port: number) => stun.probe(said, 0, said.length, port)
    expect(probe(RESPONSE, 50_000)).toBe(SURE)
    expect(probe(RESPONSE.slice(0, 19), 3478)).toBe(NO)
    expect(probe(bytes('01 01 00 00 21 12 a4 43 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae'), 3478)).toBe(NO)
    expect(probe(bytes('40 01 00 03 aa bb cc 00'), 3478)).toBe(LIKELY)
    expect(probe(bytes('40 01 00 03 aa bb cc 00'), 3479)).toBe(NO)
    expect(probe(bytes('40 01 00 03 aa bb'), 3478)).toBe(NO)
  })
})

describe('stun conforms: it', () => {
  conformsDatagram(stun, { 'a response': RESPONSE, 'a response over IPv6': RESPONSE_6, 'a refusal': ERROR })
})
