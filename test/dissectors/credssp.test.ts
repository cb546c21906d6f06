import { describe, expect, it } from 'vitest'
import { credssp } from '../../dissectors/credssp.ts'
import { CLIENT, MAYBE, NO, NOT_MINE, SERVER, SURE } from '../../src/wire/dissector.ts'
import { bytes } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import {
  placesOf,
  TS_AUTHENTICATE,
  TS_CHALLENGE,
  TS_CREDENTIALS,
  TS_NEGOTIATE,
  TS_NO_NTLM,
  TS_PUBLIC_KEY,
  TS_RESTRICTED,
} from '../support/logon-vectors.ts'
import { Conversation, facts, likeness, tree } from '../support/read.ts'
import { shownBetween } from '../support/shown.ts'

const HYBRID = 2
const HYBRID_EX = 8
const negotiated = (selected: number) => ({ next: { protocol: 'credssp', hint: selected } })
const message = {
  kind: 'credssp',
  version: 6,
  hasTokens: false,
  hasAuthInfo: false,
  publicKeyBytes: 0,
  hasNonce: false,
  errorCode: 0,
  complete: true,
}

describe('a logon with NTLM', () => {
  const conversation = new Conversation(credssp, negotiated(HYBRID_EX))
    .say('client', TS_NEGOTIATE)
    .say('server', TS_CHALLENGE)
    .say('client', TS_AUTHENTICATE)
    .say('server', TS_PUBLIC_KEY)
    .say('client', TS_CREDENTIALS)

  it('tells what each message carries', () => {
    expect(conversation.facts.filter(fact => (fact as { kind: string }).kind === 'credssp')).toEqual([
      { ...message, hasTokens: true, hasNonce: true },
      { ...message, hasTokens: true, hasNonce: true },
      { ...message, hasTokens: true, publicKeyBytes: 48, hasNonce: true },
      { ...message, publicKeyBytes: 48, hasNonce: true },
      { ...message, hasAuthInfo: true, hasNonce: true },
    ])
  })

  it('tells who logs on, and for which service', () => {
    expect(conversation.facts).toContainEqual({
      kind: 'ntlm-authenticate',
      flags: 0xe288a235,
      domain: '',
      user: 'labuser',
      workstation: 'vm',
      version: '6.1.7601',
      targetName: 'TERMSRV/rdp.lab.test',
      hasMic: true,
      hasChannelBindings: false,
      complete: true,
    })
  })

  it('is named as in Wireshark', () => {
    const read = tree(credssp, 'client', TS_AUTHENTICATE)
    expect(read.field('credssp.version')?.value).toBe(6)
    expect(read.field('credssp.negoTokens')?.value).toBe(1)
    expect(read.field('ntlmssp.auth.username')?.value).toBe('labuser')
    expect(read.field('credssp.clientNonce')).toMatchObject({ start: 407, end: 439 })
  })

  it('does not show the answer to the challenge, its keys, nor the credentials', () => {
    const watched = new Conversation(credssp, { watch: true })
      .say('client', TS_AUTHENTICATE)
      .say('client', TS_CREDENTIALS)
    const [authenticate, credentials] = watched.pdus
    for (const [said, root, secret] of [
      [TS_AUTHENTICATE, authenticate?.root, '5868a31bc1508e82d45c1c789af6b13d'],
      [TS_AUTHENTICATE, authenticate?.root, 'c8114b0f616f17c8'],
      [TS_AUTHENTICATE, authenticate?.root, '472e0a35eceaed34e10882a7a6705e5c'],
      [TS_AUTHENTICATE, authenticate?.root, 'ca41597716280f9cd9922b2338d86ff3'],
      [TS_AUTHENTICATE, authenticate?.root, '0100000030cc19652556a56b'],
      [TS_CREDENTIALS, credentials?.root, '01000000e7b7e01d5d33fdfe'],
    ] as const) {
      const places = placesOf(said, bytes(secret))
      expect(places.length, secret).toBe(1)
      for (const [from, to] of places) expect(shownBetween(root as never, from, to), secret).toEqual([])
    }
  })
})

describe('a refusal', () => {
  it('tells an HRESULT of the security provider, or an NTSTATUS', () => {
    expect(facts(credssp, 'server', TS_NO_NTLM)).toEqual([{ ...message, errorCode: 0x80090302 }])
    expect(facts(credssp, 'server', TS_RESTRICTED)).toEqual([{ ...message, errorCode: 0xc000006e }])
    expect(tree(credssp, 'server', TS_RESTRICTED).field('credssp.errorCode')?.value).toBe(-1073741714)
  })

  it('of version 2 with an indefinite length is read too', () => {
    expect(facts(credssp, 'server', bytes('30 80 a0 03 02 01 02 a4 80 02 04 c0 00 00 6d 00 00 00 00'))).toEqual([
      { ...message, version: 2, errorCode: 0xc000006d },
    ])
  })
})

describe('the early user authorization result', () => {
  it('is told where the negotiation asked for it', () => {
    for (const [said, result] of [
      ['00 00 00 00', 0],
      ['05 00 00 00', 5],
    ] as const) {
      const conversation = new Conversation(credssp, negotiated(HYBRID_EX)).say('client', TS_CREDENTIALS)
      conversation.say('server', bytes(said))
      expect(conversation.facts[1]).toEqual({ kind: 'early-user-authorization', result, complete: true })
    }
  })

  it('comes once, and only where it was asked for', () => {
    const twice = new Conversation(credssp, negotiated(HYBRID_EX)).say('client', TS_CREDENTIALS)
    twice.say('server', bytes('00 00 00 00 00 00 00 00'))
    expect(twice.facts).toHaveLength(2)
    expect(twice.refused[SERVER]).toBe(NOT_MINE)
    const never = new Conversation(credssp, negotiated(HYBRID)).say('client', TS_CREDENTIALS)
    expect(never.say('server', bytes('00 00 00 00')).refused[SERVER]).toBe(NOT_MINE)
  })
})

describe('recognition', () => {
  it('is sure of a TSRequest, whatever follows the version', () => {
    for (const said of [TS_NEGOTIATE, TS_CHALLENGE, TS_AUTHENTICATE, TS_PUBLIC_KEY, TS_CREDENTIALS, TS_NO_NTLM]) {
      expect(likeness(credssp, 'client', said)).toBe(SURE)
    }
    expect(likeness(credssp, 'client', TS_AUTHENTICATE.subarray(0, 6))).toBe(MAYBE)
  })

  it('refuses other BER: LDAP, SNMP, a certificate', () => {
    expect(likeness(credssp, 'client', bytes('30 0c 02 01 01 60 07 02 01 03 04 00 80 00'))).toBe(NO)
    expect(likeness(credssp, 'client', bytes('30 26 02 01 01 04 06 "public" a0 19'))).toBe(NO)
    expect(likeness(credssp, 'client', bytes('30 82 01 0a 30 82 00 f0 a0 03 02 01 02'))).toBe(NO)
  })

  it('gives way to RDP behind it, either way', () => {
    const conversation = new Conversation(credssp, negotiated(HYBRID_EX)).say('client', TS_CREDENTIALS)
    conversation.say('server', bytes('00 00 00 00')).say('client', bytes('03 00 00 0c 02 f0 80 04 01 00 01 00'))
    expect(conversation.refused[CLIENT]).toBe(NOT_MINE)
    expect(conversation.say('server', bytes('03 00 00 0b 02 f0 80')).refused[SERVER]).toBe(NOT_MINE)
  })
})

describe('credssp conforms: it', () => {
  conformsStream(credssp, {
    'a logon': turns(
      ['client', TS_NEGOTIATE],
      ['server', TS_CHALLENGE],
      ['client', TS_AUTHENTICATE],
      ['server', TS_PUBLIC_KEY],
      ['client', TS_CREDENTIALS],
      ['server', bytes('00 00 00 00')],
    ),
    'a refusal': turns(['client', TS_NEGOTIATE], ['server', TS_NO_NTLM]),
  })
})
