import { describe, expect, it } from 'vitest'
import { http2 } from '../../dissectors/http2.ts'
import { LIKELY, MAYBE, NO, SURE } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsStream } from '../support/conformance.ts'
import { Conversation, likeness, tree } from '../support/read.ts'

const preface = bytes('"PRI * HTTP/2.0" 0d0a 0d0a "SM" 0d0a 0d0a')
/** RFC 9113 4.1. */
function frame(type: number, flags: number, stream: number, content: Uint8Array): Uint8Array {
  return concat(Uint8Array.from([0, content.length >> 8, content.length & 255, type, flags, 0, 0, 0, stream]), content)
}
const settings = frame(4, 0, 0, bytes('0003 00000064 0004 0000ffff'))
/** Static entries for POST and https, and literals for path and authority. */
const request = bytes('83 87 04 09 "/KdcProxy" 41 0b "gw.lab.test" 0f 08 0e "Basic c2VjcmV0"')
const response = bytes('88')
const data = frame(0, 1, 1, bytes('0000000430020500'))

it('a request to the KDC proxy and its answer are told, and the body goes to who reads it', () => {
  const conversation = new Conversation(http2)
    .say('client', concat(preface, settings, frame(1, 4, 1, request), data))
    .say('server', concat(settings, frame(1, 5, 1, response)))
  expect(conversation.facts).toEqual([
    {
      kind: 'http2-headers',
      stream: 1,
      method: 'POST',
      path: '/KdcProxy',
      authority: 'gw.lab.test',
      status: 0,
      complete: true,
    },
    { kind: 'http2-headers', stream: 1, method: '', path: '', authority: '', status: 200, complete: true },
  ])
  expect(conversation.asked.body).toEqual({ length: 8, slot: 0 })
})

it('why a stream or the connection ended', () => {
  const conversation = new Conversation(http2).say(
    'server',
    concat(settings, frame(3, 0, 5, bytes('00000008')), frame(7, 0, 0, bytes('00000003 0000000d "go"'))),
  )
  expect(conversation.facts).toEqual([
    { kind: 'http2-reset', stream: 5, error: 8, complete: true },
    { kind: 'http2-goaway', stream: 3, error: 13, complete: true },
  ])
})

it('a block in several frames is read, and one that can not be unpacked is told without its words', () => {
  const conversation = new Conversation(http2).say(
    'server',
    concat(settings, frame(1, 0, 1, response), frame(9, 4, 1, bytes('8c')), frame(1, 4, 3, bytes('ff'))),
  )
  expect(conversation.facts).toMatchObject([
    { stream: 1, complete: true },
    { stream: 3, complete: false },
  ])
  expect(conversation.state.lost).toEqual([false, true])
})

it('fields have their names, and what proves somebody is hidden', () => {
  const read = tree(http2, 'server', settings, frame(1, 4, 1, request))
  expect(read.fields('http2.type').map(({ value }) => value)).toEqual([4, 1])
  expect(read.field('http2.settings.max_concurrent_streams')?.value).toBe(100)
  expect(read.field('http2.headers.path')?.value).toBe('/KdcProxy')
  expect(read.field('http2.headers.authorization')?.value).toBe('Basic (hidden)')
})

it('is recognised by its preface and by the first frame of a server', () => {
  expect(likeness(http2, 'client', preface)).toBe(SURE)
  expect(likeness(http2, 'client', bytes('"PRI"'))).toBe(MAYBE)
  expect(likeness(http2, 'client', bytes('"PRINT / HTTP/1.1"'))).toBe(NO)
  expect(likeness(http2, 'server', settings)).toBe(LIKELY)
  expect(likeness(http2, 'server', bytes('000000 00 00 00000000'))).toBe(NO)
})

describe('as any dissector', () => {
  conformsStream(http2, {
    'a request and its answer': [
      ['client', concat(preface, settings, frame(1, 4, 1, request), data)],
      ['server', concat(settings, frame(4, 1, 0, bytes('')), frame(8, 0, 0, bytes('00010000')))],
      [
        'server',
        concat(
          frame(1, 4, 1, response),
          frame(0, 9, 1, bytes('02 "ab" 0000')),
          frame(6, 0, 0, bytes('0102030405060708')),
        ),
      ],
      ['server', frame(7, 0, 0, bytes('00000003 00000000'))],
    ],
    'priorities, padding and continuation': [
      ['client', concat(preface, frame(1, 0x28, 3, bytes('01 00000000 10 82 00')), frame(9, 4, 3, bytes('84')))],
      ['client', concat(frame(2, 0, 3, bytes('00000000 10')), frame(0x77, 0, 3, bytes('0102')))],
    ],
  })
})
