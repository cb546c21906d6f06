import { describe, expect, it } from 'vitest'
import { rdg } from '../../dissectors/rdg.ts'
import { BROKEN, CLIENT, LIKELY, NO, NOT_MINE, SERVER } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsStream } from '../support/conformance.ts'
import { Conversation, facts, likeness, tree } from '../support/read.ts'

/** UTF-16LE with a final zero. */
function wide(text: string): string {
  return [...`${text}\0`].map(letter => `${letter.charCodeAt(0).toString(16).padStart(2, '0')} 00`).join(' ')
}
const overWebSocket = { next: { protocol: 'rdg', hint: 'websocket' } }

// Recorded between mstsc 10.0.22621 and a Windows gateway, out of the WebSocket frames; the cookie is made up.
const session = {
  handshakeRequest: bytes('0100 0000 0e000000 01 00 0000 0000'),
  handshakeResponse: bytes('0200 0000 12000000 00000000 01 00 0000 0700'),
  tunnelCreate: bytes('0400 0000 10000000 3f000000 0000 0000'),
  tunnelResponse: bytes('0500 0000 1a000000 0000 00000000 0300 0000 04000000 3f000000'),
  tunnelAuth: bytes(`0600 0000 2a000000 0000 1e00 ${wide('IT-HELP-CLIENT')}`),
  tunnelAuthResponse: bytes('0700 0000 18000000 00000000 0300 0000 00000080 00000000'),
  channelCreate: bytes(`0800 0000 4c000000 01 00 3d0d 0300 3c00 ${wide('IT-HELP-TEST.ad.it-help.ninja')}`),
  channelResponse: bytes('0900 0000 1c000000 00000000 0700 0000 01000000 3f0d 0400 deadbeef'),
  request: bytes('0a00 0000 1d000000 1300 0300 0013 0ee0 0000 0000 0001 0008 0003 0000 00'),
  closeChannel: bytes('1000 0000 0c000000 00000000'),
  closeResponse: bytes('1100 0000 0c000000 00000000'),
}
const keepalive = bytes('0d00 0000 08000000')

function said(...packets: Uint8Array[]): Conversation<unknown, unknown> {
  return new Conversation<unknown, unknown>(rdg as never, overWebSocket).say('client', concat(...packets))
}
const nothing = {
  code: -1,
  capabilities: -1,
  extendedAuthentication: -1,
  idleTimeoutMinutes: -1,
  redirection: -1,
  port: -1,
  udpPort: -1,
  name: '',
  text: '',
}

describe('the packets of a session', () => {
  it('say what both sides offer and agree on', () => {
    const packets = Object.entries(session).filter(([name]) => name !== 'request')
    expect(said(...packets.map(([, packet]) => packet)).facts).toEqual([
      { kind: 'rdg', type: 1, ...nothing, extendedAuthentication: 0, complete: true },
      { kind: 'rdg', type: 2, ...nothing, code: 0, extendedAuthentication: 7, complete: true },
      { kind: 'rdg', type: 4, ...nothing, capabilities: 0x3f, complete: true },
      { kind: 'rdg', type: 5, ...nothing, code: 0, capabilities: 0x3f, complete: true },
      { kind: 'rdg', type: 6, ...nothing, name: 'IT-HELP-CLIENT', complete: true },
      { kind: 'rdg', type: 7, ...nothing, code: 0, redirection: 0x80000000, idleTimeoutMinutes: 0, complete: true },
      { kind: 'rdg', type: 8, ...nothing, port: 3389, name: 'IT-HELP-TEST.ad.it-help.ninja', complete: true },
      { kind: 'rdg', type: 9, ...nothing, code: 0, udpPort: 3391, complete: true },
      { kind: 'rdg', type: 16, ...nothing, code: 0, complete: true },
      { kind: 'rdg', type: 17, ...nothing, code: 0, complete: true },
    ])
  })

  it('hold the RDP session in their data, which is given up as it comes', () => {
    const conversation = said(session.request)
    expect(conversation.facts).toEqual([])
    expect(conversation.pdus).toMatchObject([{ length: 10, fault: null }])
    expect(conversation.asked.body).toEqual({ length: 19, slot: 0 })
  })

  it('are named field by field', () => {
    const read = tree(rdg, 'client', session.channelCreate)
    expect(read.field('rdg.type')).toEqual({ value: 8, start: 0, end: 2 })
    expect(read.field('rdg.port')).toEqual({ value: 3389, start: 10, end: 12 })
    expect(read.field('rdg.resource_name')).toMatchObject({
      value: 'IT-HELP-TEST.ad.it-help.ninja\0',
      start: 16,
      end: 76,
    })
    expect(tree(rdg, 'client', session.tunnelCreate).field('rdg.capabilities.udp_transport')?.value).toBe(1)
  })
})

describe('a refusal', () => {
  // MS-TSGU 2.2.6: the connection policy, the resource policy, an unreachable target.
  it.each([
    ['0500 0000 12000000 0000 db590780 0000 0000', 5, 0x800759db],
    ['0700 0000 10000000 db590780 0000 0000', 7, 0x800759db],
    ['0900 0000 10000000 da590780 0000 0000', 9, 0x800759da],
    ['0900 0000 10000000 dd590000 0000 0000', 9, 0x59dd],
    ['1000 0000 0c000000 a0000000', 16, 0xa0],
  ])('%s says its code', (packet, type, code) => {
    expect(said(bytes(packet)).facts).toMatchObject([{ type, code, complete: true }])
  })
})

describe('texts and secrets', () => {
  it('shows the consent message of a tunnel and a service message', () => {
    const consent = 'Be nice'
    const length = (consent.length + 1) * 2
    const response = bytes(
      `0500 0000 ${(20 + length).toString(16)}000000 0000 00000000 1000 0000 ${length.toString(16)}00 ${wide(consent)}`,
    )
    expect(said(response).facts).toMatchObject([{ type: 5, text: consent }])
    expect(said(bytes(`0b00 0000 12000000 0800 ${wide('Bye')}`)).facts).toMatchObject([{ type: 11, text: 'Bye' }])
  })

  it('tells of cookies and tokens only how long they are', () => {
    const create = bytes('0400 0000 1a000000 3f000000 0100 0000 0800 "s3cr3t!!"')
    const cookie = tree(rdg, 'client', create).field('rdg.paa_cookie')
    expect(cookie).toEqual({ value: '', start: 18, end: 26 })
    const token = bytes('0300 0000 16000000 00000000 0800 "NTLMSSP" 00')
    expect(tree(rdg, 'client', token).field('rdg.extended_auth.blob')).toEqual({ value: '', start: 14, end: 22 })
    expect(JSON.stringify(said(create, token).facts)).not.toMatch(/s3cr3t|NTLMSSP/)
  })
})

describe('the random bytes of the OUT channel', () => {
  it.each([0, 10, 100])('are told apart when there are %i of them, however they are cut', length => {
    const seed = new Uint8Array(length).map((_, at) => (at % 2 === 0 ? 0xab : 0xcd))
    const whole = concat(seed, session.handshakeResponse, keepalive)
    const expected = [
      ...(length > 0 ? [{ kind: 'rdg-seed', length }] : []),
      { kind: 'rdg', type: 2, ...nothing, code: 0, extendedAuthentication: 7, complete: true },
    ]
    expect(facts(rdg, 'server', whole)).toEqual(expected)
    expect(facts(rdg, 'server', ...[...whole].map(byte => bytes(byte.toString(16).padStart(2, '0'))))).toEqual(expected)
  })

  it('are given up where no answer follows within reason', () => {
    const noise = new Uint8Array(5000).fill(0x41)
    const read = new Conversation(rdg).say('server', noise)
    expect(read.refused[SERVER]).toBe(NOT_MINE)
    expect(read.refused[CLIENT]).toBe(0)
  })
})

it('keep-alives are counted and said at the end', () => {
  const conversation = new Conversation(rdg, overWebSocket).say('client', concat(keepalive, keepalive))
  expect(conversation.facts).toEqual([])
  expect(conversation.state.keepalives).toEqual([2, 0])
  const ends: unknown[] = []
  rdg.ended?.(conversation.state, CLIENT, 'fin', 0, { fact: (fact: unknown) => ends.push(fact) } as never)
  rdg.ended?.(conversation.state, SERVER, 'fin', 0, { fact: (fact: unknown) => ends.push(fact) } as never)
  expect(ends).toEqual([{ kind: 'rdg-keepalives', count: 2 }])
})

it('data whose two lengths differ is handed up by its own, and the rest is shown', () => {
  const read = tree(rdg, 'client', bytes('0a00 0000 10000000 0400 03000004 aabb'))
  expect(read.field('rdg.data')).toMatchObject({ start: 10, end: 14 })
  expect(read.field('rdg.rest')).toMatchObject({ start: 14, end: 16 })
})

it('an unknown type is a fact like any other, a length below the header is broken', () => {
  expect(said(bytes('7700 0000 0a000000 0102')).facts).toMatchObject([{ type: 0x77, complete: true }])
  expect(said(bytes('0100 0000 07000000 0102')).refused[CLIENT]).toBe(BROKEN)
})

it('is recognised by the packets that have one length only', () => {
  expect(likeness(rdg, 'client', session.handshakeRequest)).toBe(LIKELY)
  expect(likeness(rdg, 'client', session.request)).toBe(LIKELY)
  expect(likeness(rdg, 'client', keepalive)).toBe(LIKELY)
  expect(likeness(rdg, 'client', bytes('0100 0000 0f000000 0000'))).toBe(NO)
  expect(likeness(rdg, 'client', bytes('16 03 01 00 ff 01 00 00'))).toBe(NO)
})

describe('as any dissector', () => {
  conformsStream(rdg, {
    'the setup of a session': [
      ['client', concat(session.handshakeRequest, session.tunnelCreate, session.tunnelAuth, session.channelCreate)],
      ['server', concat(session.handshakeResponse, session.tunnelResponse, session.tunnelAuthResponse)],
      ['server', session.channelResponse],
      ['client', concat(session.request, keepalive, session.closeChannel)],
      ['server', session.closeResponse],
    ],
    'cookies, tokens and messages': [
      [
        'client',
        bytes('0400 0000 1a000000 3f000000 0100 0000 0800 "s3cr3t!!" 0300 0000 12000000 00000000 0400 "NTLM"'),
      ],
      ['server', concat(session.handshakeResponse, bytes(`0b00 0000 12000000 0800 ${wide('Bye')}`))],
    ],
  })
})

it('the token of extended authentication tells who logs on', () => {
  const token = '"NTLMSSP" 00 01 00 00 00 07 32 00 00 03 00 03 00 23 00 00 00 03 00 03 00 20 00 00 00 "ABCLAB"'
  expect(facts(rdg, 'client', bytes(`0300 0000 34000000 00000000 2600 ${token}`))).toMatchObject([
    { kind: 'ntlm-negotiate', domain: 'LAB', workstation: 'ABC' },
    { kind: 'rdg', type: 3, code: 0 },
  ])
})
