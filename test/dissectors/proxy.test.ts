import { describe, expect, it } from 'vitest'
import { proxyHead } from '../../dissectors/proxy-head.ts'
import { LIKELY, MAYBE, NO, SURE } from '../../src/wire/dissector.ts'
import { bytes } from '../support/bytes.ts'
import { conformsStream } from '../support/conformance.ts'
import { Conversation, likeness, tree } from '../support/read.ts'

// The examples of sections 2.1 and 2.2 of the specification.
const line = bytes('"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443" 0d0a')
const binary = bytes('0d0a0d0a000d0a515549540a 21 11 000c c0000201 c6336407 dc04 01bb')

it('names client and server before anything else, then the client goes on', () => {
  for (const [head, version] of [
    [line, 1],
    [binary, 2],
  ] as const) {
    const read = tree(proxyHead, 'client', head)
    expect(read.field('proxy.version')?.value).toBe(version)
    expect(read.field('proxy.src.ipv4')?.value).toBe(0xc0000201)
    expect(read.field('proxy.dst.ipv4')?.value).toBe(0xc6336407)
    expect(read.field('proxy.srcport')?.value).toBe(56324)
    expect(read.field('proxy.dstport')?.value).toBe(443)
    const { facts, asked } = new Conversation(proxyHead).say('client', head)
    expect(facts).toEqual([{ kind: 'proxy-head', version, complete: true }])
    expect(asked.become).toEqual({ which: 'this', next: { protocol: '' } })
  }
})

it('is recognised by its first bytes', () => {
  expect(likeness(proxyHead, 'client', line)).toBe(LIKELY)
  expect(likeness(proxyHead, 'client', binary)).toBe(SURE)
  expect(likeness(proxyHead, 'client', bytes('"PRO"'))).toBe(MAYBE)
  expect(likeness(proxyHead, 'client', bytes('"PROPFIND /"'))).toBe(NO)
  expect(likeness(proxyHead, 'server', line)).toBe(NO)
})

describe('as any dissector', () => {
  conformsStream(proxyHead, {
    'a line': [['client', line]],
    'a line that says nothing': [['client', bytes('"PROXY UNKNOWN" 0d0a')]],
    'a binary head': [['client', binary]],
  })
})
