/** MS-RDPBCGR 2.2.17. */
import { describe, expect, it } from 'vitest'
import { rdstls } from '../../dissectors/rdstls.ts'
import { BROKEN, LIKELY, NO, NOT_MINE } from '../../src/wire/dissector.ts'
import type { Node } from '../../src/wire/field.ts'
import { bytes, inside } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import { Conversation, facts, likeness, tree } from '../support/read.ts'
import { shownBetween } from '../support/shown.ts'

const wide = (text: string) => [...text].map(character => `"${character}" 00`).join(' ')
const capabilities = bytes('01 00 01 00 01 00 01 00')
const request = bytes(
  `01 00 02 00 01 00 04 00 aa bb cc dd 08 00 ${wide('bob')} 00 00 08 00 ${wide('LAB')} 00 00 0e 00 ${wide('secret')} 00 00`,
)
const cookie = bytes(`01 00 02 00 02 00 07 00 00 00 1c 00 ${'5a'.repeat(28)}`)
const response = (code: string) => bytes(`01 00 04 00 01 00 ${code}`)

it('tells versions, who asks with what, and the result', () => {
  expect(facts(rdstls, 'server', capabilities)).toEqual([{ kind: 'rdstls-capabilities', versions: 1, complete: true }])
  expect(facts(rdstls, 'client', request)).toEqual([
    { kind: 'rdstls-request', with: 'password', user: 'bob', domain: 'LAB', complete: true },
  ])
  expect(facts(rdstls, 'client', cookie)).toEqual([
    { kind: 'rdstls-request', with: 'cookie', user: '', domain: '', complete: true },
  ])
  expect(facts(rdstls, 'server', response('2e 05 00 00'))).toEqual([
    { kind: 'rdstls-response', result: 0x52e, complete: true },
  ])
})

it('shows neither password nor cookie, nor a password that a length makes a name', () => {
  for (const [said, from, to] of [
    [request, request.length - 14, request.length],
    [cookie, 12, 40],
  ] as const) {
    const conversation = new Conversation(rdstls, { watch: true }).say('client', said)
    expect(shownBetween(conversation.pdus[0]?.root as Node, from, to)).toEqual([])
  }
  const lying = request.slice()
  lying[22] = 0xff
  const cut = new Conversation(rdstls, { watch: true }).say('client', inside(lying)).cut('client')
  expect(cut.facts).toMatchObject([{ user: 'bob', domain: '', complete: false }])
  expect(shownBetween(cut.pdus[0]?.root as Node, request.length - 14, request.length)).toEqual([])
  expect(tree(rdstls, 'client', request).field('rdstls.passwordLength')?.value).toBe(14)
})

it('gives way to RDP, and is broken by an unknown type', () => {
  expect(new Conversation(rdstls).say('client', bytes('03 00 00 0c 02 f0 80 04')).refused[0]).toBe(NOT_MINE)
  expect(new Conversation(rdstls).say('client', bytes('01 00 09 00 01 00 00 00')).refused[0]).toBe(BROKEN)
  expect(likeness(rdstls, 'server', capabilities)).toBe(LIKELY)
  expect(likeness(rdstls, 'client', bytes('01 02 03 04 05 06 07 08'))).toBe(NO)
})

describe('rdstls conforms: it', () => {
  conformsStream(rdstls, {
    'a logon with a password': turns(
      ['server', capabilities],
      ['client', request],
      ['server', response('00 00 00 00')],
    ),
    'a cookie': turns(['client', cookie], ['server', response('05 00 00 00')]),
  })
})
