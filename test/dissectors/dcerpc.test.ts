import { describe, expect, it } from 'vitest'
import { dcerpc } from '../../dissectors/dcerpc.ts'
import { LIKELY, NO } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsStream, type Sample } from '../support/conformance.ts'
import { Conversation, likeness, type Side, tree } from '../support/read.ts'
import { answer, bind, bindAck, call, fault, number, openOut, pdu, sendToServer } from '../support/rpc.ts'

const REQUEST = bytes('0300 0013 0ee0 0000 0000 0001 0008 0003 0000 00')
const CONFIRM = bytes('0300 0013 0ed0 0000 0000 0002 0008 0002 0000 00')
const handle = new Uint8Array(20).fill(7)
const refused = 0x800759da

function said(...turns: (readonly [Side, Uint8Array])[]): Conversation<unknown, unknown> {
  const conversation = new Conversation<unknown, unknown>(dcerpc as never)
  for (const [side, more] of turns) conversation.say(side, more)
  return conversation
}

it('a bind names the gateway interface and how it is authenticated', () => {
  expect(said(['client', bind(5)], ['server', bindAck(5)]).facts).toEqual([
    {
      kind: 'dcerpc-bind',
      interfaces: ['44e265dd-7daf-42cd-8560-3cdb6e7a2729'],
      authType: 10,
      authLevel: 5,
      complete: true,
    },
    { kind: 'dcerpc-bind-ack', results: [0], complete: true },
  ])
})

it('a refused bind says why', () => {
  expect(said(['server', pdu(13, bytes('0400 01 05 00'))]).facts).toEqual([
    { kind: 'dcerpc-bind-nak', results: [4], complete: true },
  ])
})

describe('the calls of the gateway', () => {
  it('are told with the result at the end of their answers', () => {
    const { facts } = said(
      ['client', bind()],
      ['server', bindAck()],
      ['client', call(1, new Uint8Array(40), { callId: 2 })],
      ['server', answer(concat(new Uint8Array(60), number(0, 4)), { callId: 2 })],
      ['client', call(4, new Uint8Array(40), { callId: 3 })],
      ['server', answer(concat(new Uint8Array(24), number(refused, 4)), { callId: 3 })],
      ['client', call(3, new Uint8Array(24), { callId: 4 })],
      ['server', fault(0x5, { callId: 4 })],
    )
    expect(facts.slice(2)).toEqual([
      { kind: 'ts-proxy-call', call: 1, result: -1, complete: true },
      { kind: 'ts-proxy-result', call: 1, result: 0, complete: true },
      { kind: 'ts-proxy-call', call: 4, result: -1, complete: true },
      { kind: 'ts-proxy-result', call: 4, result: refused, complete: true },
      { kind: 'ts-proxy-call', call: 3, result: -1, complete: true },
      { kind: 'dcerpc-fault', status: 5, complete: true },
    ])
  })

  it('hide their results where they are encrypted', () => {
    const { facts, payloads } = said(
      ['client', bind(6)],
      ['client', call(4, new Uint8Array(40), { callId: 3, level: 6 })],
      ['server', answer(new Uint8Array(28), { callId: 3, level: 6 })],
      ['client', sendToServer(REQUEST, { callId: 4, level: 6 })],
    )
    expect(facts.slice(1)).toEqual([
      { kind: 'ts-proxy-call', call: 4, result: -1, complete: true },
      { kind: 'ts-proxy-result', call: 4, result: -1, complete: true },
    ])
    expect(payloads).toEqual([])
  })

  it('hand up the session that they carry, also below integrity', () => {
    for (const level of [0, 5]) {
      const { payloads, facts } = said(
        ['client', bind(level)],
        ['client', call(8, handle, { callId: 5, level })],
        ['client', sendToServer(REQUEST, { callId: 6, level })],
        ['server', answer(number(0, 4), { callId: 6, level })],
        ['server', answer(CONFIRM, { callId: 5, flags: 1, level })],
        ['server', answer(number(0x4ca, 4), { callId: 5, flags: 2, level })],
      )
      expect(payloads.map(([, given]) => given)).toEqual([REQUEST, CONFIRM])
      expect(facts.at(-1)).toEqual({ kind: 'ts-proxy-result', call: 8, result: 0x4ca, complete: true })
    }
  })
})

it('fields have their names, and the verifier is hidden', () => {
  const read = tree(dcerpc, 'client', bind(5))
  expect(read.field('dcerpc.cn_bind_if_ver')?.value).toBe(1)
  expect(read.field('dcerpc.cn_bind_if_ver_minor')?.value).toBe(3)
  expect(read.field('dcerpc.auth_level')?.value).toBe(5)
  expect(read.field('dcerpc.auth_credentials')?.value).toBe('')
})

it('is recognised by its header, RTS apart', () => {
  expect(likeness(dcerpc, 'client', bind())).toBe(LIKELY)
  expect(likeness(dcerpc, 'client', openOut('x'))).toBe(NO)
  expect(likeness(dcerpc, 'client', bytes('05 02 00 02'))).toBe(NO)
})

describe('as any dissector', () => {
  const session: Sample = [
    ['client', bind(5)],
    ['server', bindAck(5)],
    ['client', concat(call(8, handle, { callId: 5 }), sendToServer(REQUEST, { callId: 6, level: 5 }))],
    ['server', concat(answer(number(0, 4), { callId: 6 }), answer(CONFIRM, { callId: 5, flags: 1 }))],
    ['server', fault(5, { callId: 5 })],
  ]
  conformsStream(dcerpc, { 'a session': session, 'a refusal': [['server', pdu(13, bytes('0400 01 05 00'))]] })
})

it('a verifier that is a token tells who logs on', () => {
  const token = bytes('"NTLMSSP" 00 01 00 00 00 07 32 00 00 03 00 03 00 23 00 00 00 03 00 03 00 20 00 00 00 "ABCLAB"')
  const auth3 = pdu(16, bytes('00 00 00 00'), { level: 5, token })
  expect(said(['client', auth3]).facts).toMatchObject([{ kind: 'ntlm-negotiate', domain: 'LAB', workstation: 'ABC' }])
  expect(tree(dcerpc, 'client', auth3).field('ntlmssp.negotiate.domain')?.value).toBe('LAB')
})

it('the address in a bind-ack is shown without the zero that ends it', () => {
  const read = tree(dcerpc as never, 'server', bindAck())
  expect(read.field('dcerpc.cn_sec_addr')).toMatchObject({ value: '3388' })
})
