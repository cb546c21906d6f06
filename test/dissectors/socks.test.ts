import { describe, expect, it } from 'vitest'
import { socks } from '../../dissectors/socks.ts'
import { CLIENT, HOLD, LIKELY, MAYBE, NO } from '../../src/wire/dissector.ts'
import { bytes } from '../support/bytes.ts'
import { conformsStream, type Sample } from '../support/conformance.ts'
import { Conversation, likeness, tree } from '../support/read.ts'

// RFC 1928 and RFC 1929, byte by byte.
const version5: Sample = [
  ['client', bytes('05 02 00 02')],
  ['server', bytes('05 02')],
  ['client', bytes('01 03 "bob" 05 "alice"')],
  ['server', bytes('01 00')],
  ['client', bytes('05 01 00 03 0b "gw.lab.test" 01bb')],
  ['server', bytes('05 00 00 01 0a000201 c350')],
]
const version4: Sample = [
  ['client', bytes('04 01 0d3d c0000201 "me" 00')],
  ['server', bytes('00 5a 0000 00000000')],
]
const version4a: Sample = [
  ['client', bytes('04 01 0d3d 00000001 00 "rdp.lab.test" 00')],
  ['server', bytes('00 5b 0000 00000000')],
]

function said(sample: Sample): Conversation<unknown, unknown> {
  const conversation = new Conversation<unknown, unknown>(socks as never)
  for (const [side, bytes] of sample) conversation.say(side, bytes)
  return conversation
}

it('a request of version 5 is read with method and logon; behind its grant comes whatever comes', () => {
  const { facts, asked } = said(version5)
  expect(facts).toEqual([
    { kind: 'socks-method', version: 5, code: 2, granted: true, complete: true },
    { kind: 'socks-logon', version: 1, code: 0, granted: true, complete: true },
    { kind: 'socks-request', version: 5, command: 1, host: 'gw.lab.test', port: 443, complete: true },
    { kind: 'socks-reply', version: 5, code: 0, granted: true, complete: true },
  ])
  expect(asked.become).toEqual({ which: 'both', next: { protocol: '' } })
})

it('requests of versions 4 and 4a name an address or a name; a refusal changes nothing', () => {
  expect(said(version4).facts).toMatchObject([
    { kind: 'socks-request', host: '192.0.2.1', port: 3389 },
    { kind: 'socks-reply', code: 90, granted: true },
  ])
  const refused = said(version4a)
  expect(refused.facts).toMatchObject([{ host: 'rdp.lab.test' }, { code: 91, granted: false }])
  expect(refused.asked.become).toBeNull()
})

it('the password is nowhere', () => {
  const conversation = new Conversation(socks, { watch: true })
  for (const [side, more] of version5) conversation.say(side, more)
  expect(JSON.stringify([conversation.facts, conversation.state, conversation.pdus])).not.toContain('alice')
})

it('what the client says before the answer waits for it', () => {
  const early = said([version5[0] as Sample[0], ['client', bytes('16 03 01')]])
  expect(early.refused[CLIENT]).toBe(HOLD)
})

it('fields have their names', () => {
  const read = tree(socks, 'client', bytes('04 01 0d3d c0000201 "me" 00'))
  expect(read.field('socks.dst')?.value).toBe(0xc0000201)
  expect(read.field('socks.dstport')?.value).toBe(3389)
  expect(read.field('socks.username')).toEqual({ value: 'me', start: 8, end: 11 })
})

it('is recognised by a whole first message alone', () => {
  expect(likeness(socks, 'client', bytes('05 02 00 02'))).toBe(LIKELY)
  expect(likeness(socks, 'client', bytes('05 02 00'))).toBe(MAYBE)
  expect(likeness(socks, 'client', bytes('05 00 0b 03 10 00 00 00'))).toBe(NO)
  expect(likeness(socks, 'client', bytes('05 02 00 02 00'))).toBe(NO)
  expect(likeness(socks, 'client', bytes('04 01 0d3d c0000201 "me" 00'))).toBe(LIKELY)
  expect(likeness(socks, 'server', bytes('05 02'))).toBe(NO)
})

describe('as any dissector', () => {
  conformsStream(socks, { 'version 5': version5, 'version 4': version4, 'version 4a': version4a })
})
