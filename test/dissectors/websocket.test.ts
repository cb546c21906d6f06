import { describe, expect, it } from 'vitest'
import { websocket } from '../../dissectors/websocket.ts'
import { BROKEN, CLIENT, LIKELY, MAYBE, NO } from '../../src/wire/dissector.ts'
import { MAX_WEBSOCKET_FRAME_BYTES } from '../../src/wire/limits.ts'
import { bytes, concat, inside } from '../support/bytes.ts'
import { conformsStream } from '../support/conformance.ts'
import { Conversation, facts, likeness, tree } from '../support/read.ts'

/** A frame; the client's are masked. */
function frame(first: number, payload: Uint8Array, mask?: readonly number[]): Uint8Array {
  const { length } = payload
  const bit = mask === undefined ? 0 : 0x80
  const head = length < 126 ? [length | bit] : [126 | bit, length >> 8, length & 255]
  const hidden = payload.map((byte, at) => byte ^ (mask?.[at & 3] ?? 0))
  return inside(Uint8Array.from([first, ...head, ...(mask ?? []), ...hidden]))
}
const mask = [0x37, 0xfa, 0x21, 0x3d]
const handshake = bytes('0100 0000 0e000000 01 00 0000 0000')
const insideRdg = { next: { protocol: 'websocket', inside: { protocol: 'rdg', hint: 'websocket' } } }

// RFC 6455 section 5.7 gives these bytes.
const hello = bytes('81 05 48 65 6c 6c 6f')
const maskedHello = bytes('81 85 37 fa 21 3d 7f 9f 4d 51 58')

it('a frame is named field by field, its text unmasked', () => {
  for (const [said, at] of [
    [hello, 2],
    [maskedHello, 6],
  ] as const) {
    const read = tree(websocket, 'client', said)
    expect(read.field('websocket.fin')?.value).toBe(1)
    expect(read.field('websocket.opcode')?.value).toBe(1)
    expect(read.field('websocket.payload_length')?.value).toBe(5)
    expect(read.field('websocket.payload.text')).toEqual({ value: 'Hello', start: at, end: at + 5 })
  }
  expect(tree(websocket, 'client', maskedHello).field('websocket.masking_key')).toMatchObject({ start: 2, end: 6 })
})

it('lengths of 16 and 64 bits are read', () => {
  const middle = tree(websocket, 'server', frame(0x82, new Uint8Array(256)))
  expect(middle.field('websocket.payload_length_ext_16')?.value).toBe(256)
  const long = concat(bytes('82 7f 00 00 00 00 00 01 00 00'), new Uint8Array(65536))
  expect(tree(websocket, 'server', long).field('websocket.payload_length_ext_64')?.value).toBe(65536n)
})

it('a close tells its code and reason, masked or not, and without a code 1005', () => {
  const reason = bytes('03e8 "bye"')
  const said = { kind: 'websocket-close', code: 1000, reason: 'bye', complete: true }
  expect(facts(websocket, 'server', frame(0x88, reason))).toEqual([said])
  expect(facts(websocket, 'client', frame(0x88, reason, mask))).toEqual([said])
  expect(facts(websocket, 'client', frame(0x88, new Uint8Array(0), mask))).toMatchObject([{ code: 1005, reason: '' }])
})

describe('what lies inside', () => {
  /** Payloads that were handed up. */
  function handed(...frames: Uint8Array[]): string[] {
    const state = websocket.begin(insideRdg.next)
    const conversation = new Conversation(websocket, insideRdg)
    conversation.say('client', concat(...frames))
    expect(state.opened).toBe(false)
    return conversation.payloads.map(([, payload]) => Buffer.from(payload).toString('hex'))
  }
  it('is unmasked and handed up, fragments one after the other', () => {
    const first = frame(0x02, handshake.subarray(0, 3), mask)
    const last = frame(0x80, handshake.subarray(3), mask)
    const ping = frame(0x89, bytes('"?"'), mask)
    const hex = Buffer.from(handshake).toString('hex')
    expect(handed(frame(0x82, handshake, mask))).toEqual([hex])
    expect(handed(first, ping, last).join('')).toBe(hex)
  })
  it('is not handed up when it is text', () => {
    expect(handed(maskedHello)).toEqual([])
  })
  it('is recognised when the capture holds no upgrade', () => {
    expect(likeness(websocket, 'client', frame(0x82, handshake, mask))).toBe(LIKELY)
    expect(likeness(websocket, 'client', frame(0x82, handshake))).toBe(NO)
    expect(likeness(websocket, 'server', frame(0x82, bytes('"any other data"')))).toBe(NO)
    expect(likeness(websocket, 'server', bytes('82'))).toBe(MAYBE)
  })
})

it('a frame too large to be gathered is passed over behind its head, or ends the reading when it is masked', () => {
  const size = MAX_WEBSOCKET_FRAME_BYTES + 1
  const length = [24, 16, 8, 0].map(shift => (size >> shift) & 255)
  const plain = new Conversation(websocket).say('server', Uint8Array.from([0x82, 127, 0, 0, 0, 0, ...length]))
  expect(plain.asked).toMatchObject({ body: { length: size }, opaque: '' })
  const masked = new Conversation(websocket).say('client', Uint8Array.from([0x82, 255, 0, 0, 0, 0, ...length, ...mask]))
  expect(masked.asked.opaque).toMatch(/too large/)
})

it('a control frame that is too long is broken', () => {
  expect(new Conversation(websocket).say('client', frame(0x88, new Uint8Array(126), mask)).refused[CLIENT]).toBe(BROKEN)
})

describe('as any dissector', () => {
  conformsStream(websocket, {
    'a message and its end': [
      ['client', concat(frame(0x82, handshake, mask), frame(0x89, bytes('"?"'), mask))],
      ['server', concat(frame(0x02, handshake), frame(0x80, bytes('00')), hello)],
      ['client', frame(0x88, bytes('03e8 "bye"'), mask)],
      ['server', frame(0x88, bytes('03e8'))],
    ],
  })
})
