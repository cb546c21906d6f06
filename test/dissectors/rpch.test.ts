import { describe, expect, it } from 'vitest'
import { rpch } from '../../dissectors/rpch.ts'
import { CLIENT, NO, NOT_MINE, SURE } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsStream } from '../support/conformance.ts'
import { Conversation, facts, likeness, tree } from '../support/read.ts'
import { bind, openIn, openOut, RTS, rts } from '../support/rpc.ts'

// MS-RPCH 2.2.4: CONN/A1 has 76 bytes, CONN/B1 has 104.
const a1 = openOut('connection')
const b1 = openIn('connection')
const a3 = rts(0, RTS.connectionTimeout(120_000))
const ping = rts(1)
const acknowledged = rts(2, RTS.flowControlAck(4096))

it('the first PDUs of both channels say their commands; they have the lengths of the specification', () => {
  expect([a1.length, b1.length]).toEqual([76, 104])
  expect(facts(rpch, 'client', a1, b1)).toEqual([
    { kind: 'rts', flags: 0, commands: [6, 3, 3, 0], connectionTimeoutMs: -1, complete: true },
    { kind: 'rts', flags: 0, commands: [6, 3, 3, 4, 5, 12], connectionTimeoutMs: -1, complete: true },
  ])
  expect(facts(rpch, 'server', a3)).toMatchObject([{ connectionTimeoutMs: 120_000 }])
})

it('pings and flow control are no facts', () => {
  expect(facts(rpch, 'client', concat(ping, acknowledged))).toEqual([])
})

it('all other PDUs go up whole', () => {
  const conversation = new Conversation(rpch).say('client', concat(b1, bind(), ping))
  expect(conversation.payloads.map(([, given]) => given)).toEqual([bind()])
  expect(conversation.state.opened).toBe(true)
})

it('fields have their names', () => {
  const read = tree(rpch, 'client', b1)
  expect(read.field('dcerpc.pkt_type')).toMatchObject({ value: 20, start: 2, end: 3 })
  expect(read.fields('dcerpc.cn_rts_command').map(({ value }) => value)).toEqual([6, 3, 3, 4, 5, 12])
  expect(read.field('dcerpc.cn_rts_command.clientkeepalive')?.value).toBe(300_000)
})

it('unknown commands end the reading of that PDU, not of the channel', () => {
  const odd = rts(0, concat(Uint8Array.of(99, 0, 0, 0), bytes('01020304')))
  expect(facts(rpch, 'server', concat(odd, a3))).toMatchObject([{ commands: [99], complete: true }, { commands: [2] }])
})

it('is recognised by an RTS PDU', () => {
  expect(likeness(rpch, 'client', a1)).toBe(SURE)
  expect(likeness(rpch, 'client', bind())).toBe(NO)
  expect(new Conversation(rpch).say('client', bytes('"<html>"')).refused[CLIENT]).toBe(NOT_MINE)
})

describe('as any dissector', () => {
  conformsStream(rpch, {
    'both channels in one': [
      ['client', concat(a1, b1, ping)],
      ['server', concat(a3, acknowledged)],
    ],
    'a client address and padding': [
      [
        'server',
        rts(
          0x10,
          concat(bytes('0b000000 00000000 c0000201'), new Uint8Array(12)),
          bytes('08000000 04000000 00000000'),
          bytes('07000000'),
        ),
      ],
    ],
  })
})
