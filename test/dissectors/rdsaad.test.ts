/** MS-RDPBCGR 2.2.18. */
import { describe, expect, it } from 'vitest'
import { rdsaad } from '../../dissectors/rdsaad.ts'
import { BROKEN, CLIENT, LIKELY, MAYBE, NO, NOT_MINE } from '../../src/wire/dissector.ts'
import type { Node } from '../../src/wire/field.ts'
import { MAX_HEAD_BYTES } from '../../src/wire/limits.ts'
import { inside } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import { Conversation, facts, likeness, tree } from '../support/read.ts'
import { shownBetween } from '../support/shown.ts'

const said = (text: string) => inside(new TextEncoder().encode(`${text}\0`))
const nonce = said('{"ts_nonce":"AwABAAEAAAACAOz_BQD0"}')
const request = said('{"rdp_assertion":"eyJhbGciOiJSUzI1NiJ9.eyJ0cyI6IjE3In0.c2lnbmF0dXJl"}')
const result = (code: string) => said(`{ "authentication_result": ${code} }`)

it('tells nonce, request and result', () => {
  expect(facts(rdsaad, 'server', nonce)).toEqual([{ kind: 'rdsaad-nonce', complete: true }])
  expect(facts(rdsaad, 'client', request)).toEqual([{ kind: 'rdsaad-request', complete: true }])
  expect(facts(rdsaad, 'server', result('0'))).toEqual([{ kind: 'rdsaad-result', result: 0, complete: true }])
})

it('reads a result that is written as a signed or an unsigned number', () => {
  expect(facts(rdsaad, 'server', result('-805306259'))).toMatchObject([{ result: 0xd000006d }])
  expect(facts(rdsaad, 'server', result('3489661037'))).toMatchObject([{ result: 0xd000006d }])
  expect(tree(rdsaad, 'server', result('3489661037')).field('rdsaad.authentication_result')?.value).toBe(0xd000006d)
})

it('does not show the assertion', () => {
  const conversation = new Conversation(rdsaad, { watch: true }).say('client', request)
  expect(shownBetween(conversation.pdus[0]?.root as Node, 0, request.length - 1)).toEqual([])
})

it('says nothing of other messages, and shows nothing of them', () => {
  const other = said('{"error":"token eyJhbGciOiJSUzI1NiJ9"}')
  const conversation = new Conversation(rdsaad, { watch: true }).say('server', other)
  expect(conversation.facts).toEqual([])
  expect(shownBetween(conversation.pdus[0]?.root as Node, 0, other.length - 1)).toEqual([])
})

it('gives way to RDP, and to what never ends', () => {
  const rdp = Uint8Array.of(3, 0, 0, 12, 2, 0xf0, 0x80)
  expect(rdsaad.frame(rdp, 0, rdp.length, 0, null, CLIENT)).toBe(NOT_MINE)
  const endless = new Uint8Array(MAX_HEAD_BYTES).fill(0x7b)
  expect(rdsaad.frame(endless, 0, endless.length, 0, null, CLIENT)).toBe(BROKEN)
})

it('is recognised by the first key', () => {
  expect(likeness(rdsaad, 'server', nonce)).toBe(LIKELY)
  expect(likeness(rdsaad, 'server', nonce.subarray(0, 8))).toBe(MAYBE)
  expect(likeness(rdsaad, 'server', said('{"jsonrpc":"2.0","method":"initialize","id":1}'))).toBe(NO)
})

describe('rdsaad conforms: it', () => {
  conformsStream(rdsaad, {
    'a logon': turns(['server', nonce], ['client', request], ['server', result('0')]),
  })
})
