/** Security tokens: NTLM messages, SPNEGO around them and around Kerberos, and how HTTP headers hold them. */
import { describe, expect, it } from 'vitest'
import { httpAuthentication, securityToken } from '../../dissectors/security-token.ts'
import type { Node } from '../../src/wire/field.ts'
import { bytes, concat, inside } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import { element, identifier, SEQUENCE } from '../support/der.ts'
import { AS_REQUEST, TS_AUTHENTICATE, UNKNOWN_SERVICE } from '../support/logon-vectors.ts'
import { Conversation, facts, tree } from '../support/read.ts'
import { shownBetween } from '../support/shown.ts'

/** A gateway of the lab that asks a client of HTTP. */
const challenge = bytes(
  '4e544c4d5353500002000000060006003800000015828ae2059502e857698f650000000000000000500050003e0000000a0063450000000f4c0041004200020006004c00410042000100040047005700040010006c00610062002e00740065007300740003001600670077002e006c00610062002e00740065007300740007000800301aabbe4d79dd0100000000',
)
/** FreeRDP, without CredSSP around it. */
const authenticate = TS_AUTHENTICATE.subarray(29, 351)

const NTLM = '1.3.6.1.4.1.311.2.2.10'
const KERBEROS = '1.2.840.113554.1.2.2'
const USER_TO_USER = '1.2.840.113554.1.2.2.3'
const number = (value: number) => element(0x02, Uint8Array.of(value))

/** GSS-API: the mechanism, and what it says. */
const initial = (mechanism: string, ...token: Uint8Array[]) => element(0x60, identifier(mechanism), ...token)
const offer = (mechanisms: string[], ...parts: Uint8Array[]) =>
  inside(
    initial(
      '1.3.6.1.5.5.2',
      element(0xa0, element(SEQUENCE, element(0xa0, element(SEQUENCE, ...mechanisms.map(identifier))), ...parts)),
    ),
  )
const answer = (...parts: Uint8Array[]) => inside(element(0xa1, element(SEQUENCE, ...parts)))

describe('NTLM', () => {
  it('of a server tells its names and its clock', () => {
    expect(facts(securityToken, 'server', challenge)).toEqual([
      {
        kind: 'ntlm-challenge',
        flags: 0xe28a8215,
        targetName: 'LAB',
        version: '10.0.17763',
        computer: 'GW',
        domain: 'LAB',
        dnsComputer: 'gw.lab.test',
        dnsDomain: 'lab.test',
        dnsTree: '',
        timeMs: 1795220270931,
        complete: true,
      },
    ])
  })

  it('of a client tells who it is, and what it dials', () => {
    expect(facts(securityToken, 'client', authenticate)).toMatchObject([
      {
        kind: 'ntlm-authenticate',
        user: 'labuser',
        workstation: 'vm',
        targetName: 'TERMSRV/rdp.lab.test',
        hasMic: true,
      },
    ])
  })

  it('in its oldest form ends behind the flags, and has names of one byte a character', () => {
    const oldest = bytes('"NTLMSSP" 00 01 00 00 00 07 b2 00 00')
    expect(facts(securityToken, 'client', oldest)).toMatchObject([
      { kind: 'ntlm-negotiate', version: '', complete: true },
    ])
    const named = bytes('"NTLMSSP" 00 01 00 00 00 07 32 00 00 03 00 03 00 23 00 00 00 03 00 03 00 20 00 00 00 "ABCLAB"')
    expect(facts(securityToken, 'client', named)).toMatchObject([{ domain: 'LAB', workstation: 'ABC', complete: true }])
  })

  it('names each flag, and where nothing is given says so', () => {
    const read = tree(securityToken, 'client', authenticate)
    expect(read.field('ntlmssp.negotiateflags')?.value).toBe(0xe288a235)
    expect(read.field('ntlmssp.negotiateunicode')?.value).toBe(1)
    expect(read.field('ntlmssp.negotiateoem')?.value).toBe(0)
    expect(read.field('ntlmssp.negotiate56')?.value).toBe(1)
    expect(read.field('ntlmssp.auth.domain')?.value).toBe('NULL')
    expect(read.field('ntlmssp.ntlmv2_response.target_name')?.value).toBe('TERMSRV/rdp.lab.test')
    expect(read.field('ntlmssp.version.build_number')?.value).toBe(7601)
  })

  it('whose name lies about its length does not show the answer to the challenge as one', () => {
    const lying = authenticate.slice()
    // The user's name, which lies before the answer, claims to go on beyond the end.
    lying.set([0xff, 0x0f], 36)
    const conversation = new Conversation(securityToken, { watch: true }).say('client', inside(lying))
    expect(conversation.facts).toMatchObject([{ user: '', complete: false }])
    expect(shownBetween(conversation.pdus[0]?.root as Node, 106, 322)).toEqual([])
  })

  it('of an unknown type says nothing and shows nothing', () => {
    const unknown = bytes('"NTLMSSP" 00 09 00 00 00 01 02 03 04')
    expect(facts(securityToken, 'client', unknown)).toEqual([])
    expect(tree(securityToken, 'client', unknown).field('ntlmssp.messagetype.unknown')).toMatchObject({
      start: 12,
      end: 16,
    })
  })
})

describe('SPNEGO', () => {
  it('tells what a client offers, and what is inside', () => {
    const said = offer([KERBEROS, NTLM], element(0xa2, element(0x04, authenticate)))
    expect(facts(securityToken, 'client', said)).toMatchObject([
      { kind: 'spnego', token: 'init', mechanisms: ['Kerberos', 'NTLM'], state: -1, hasToken: true, complete: true },
      { kind: 'ntlm-authenticate', user: 'labuser' },
    ])
    const read = tree(securityToken, 'client', said)
    expect(read.field('gss-api.OID')?.value).toBe('1.3.6.1.5.5.2')
    expect(read.field('spnego.mechTypes')?.value).toBe(2)
    expect(read.fields('spnego.MechType').map(({ value }) => value)).toEqual([KERBEROS, NTLM])
  })

  it('of a server that speaks first has hints', () => {
    const hints = element(0xa3, element(SEQUENCE, element(0xa0, element(0x1b, 'not_defined_in_RFC4178@please_ignore'))))
    const said = offer(['1.3.6.1.4.1.311.2.2.30', NTLM, '1.2.3.4'], hints)
    expect(facts(securityToken, 'server', said)).toMatchObject([
      { mechanisms: ['NEGOEX', 'NTLM', '1.2.3.4'], hasToken: false },
    ])
    expect(tree(securityToken, 'server', said).field('spnego.hintName')?.value).toMatch(/^not_defined/)
  })

  it('tells the state of an answer: rejected', () => {
    expect(facts(securityToken, 'server', answer(element(0xa0, element(0x0a, Uint8Array.of(2)))))).toEqual([
      { kind: 'spnego', token: 'response', mechanisms: [], state: 2, hasToken: false, complete: true },
    ])
  })

  it('carries what a server of Kerberos has against the client', () => {
    const error = initial(KERBEROS, bytes('03 00'), UNKNOWN_SERVICE)
    const said = answer(
      element(0xa0, element(0x0a, Uint8Array.of(1))),
      element(0xa1, identifier(KERBEROS)),
      element(0xa2, element(0x04, error)),
      element(0xa3, element(0x04, 'secret checksum!')),
    )
    expect(facts(securityToken, 'server', said)).toMatchObject([
      { kind: 'spnego', mechanisms: ['Kerberos'], state: 1, hasToken: true },
      { kind: 'kerberos-error', code: 7, service: 'TERMSRV/none.lab.test' },
    ])
    const conversation = new Conversation(securityToken, { watch: true }).say('server', said)
    expect(shownBetween(conversation.pdus[0]?.root as Node, said.length - 16, said.length)).toEqual([])
    expect(tree(securityToken, 'server', said).field('spnego.krb5.tok_id')?.value).toBe(3)
  })

  it('asks for a ticket of the other side, for user-to-user', () => {
    const principal = element(
      SEQUENCE,
      element(0xa0, number(2)),
      element(0xa1, element(SEQUENCE, element(0x1b, 'TERMSRV'), element(0x1b, 'rdp.lab.test'))),
    )
    const request = element(
      SEQUENCE,
      element(0xa0, number(5)),
      element(0xa1, number(16)),
      element(0xa2, principal),
      element(0xa3, element(0x1b, 'LAB.TEST')),
    )
    const said = offer([USER_TO_USER], element(0xa2, element(0x04, initial(USER_TO_USER, bytes('04 00'), request))))
    expect(facts(securityToken, 'client', said)).toMatchObject([
      { mechanisms: ['Kerberos user-to-user'], hasToken: true },
      { kind: 'kerberos-request', messageType: 16, realm: 'LAB.TEST', service: 'TERMSRV/rdp.lab.test' },
    ])
  })

  it('inside itself again and again is read only so deep', () => {
    let said = initial('1.3.6.1.5.5.2', answer(element(0xa0, element(0x0a, Uint8Array.of(0)))))
    for (let n = 0; n < 20; n++) said = answer(element(0xa2, element(0x04, said)))
    expect(facts(securityToken, 'client', inside(said)).length).toBeLessThan(8)
  })
})

it('a token that nobody knows is not shown', () => {
  const conversation = new Conversation(securityToken, { watch: true }).say('client', bytes('"bearer of a secret"'))
  expect(conversation.facts).toEqual([])
  expect(shownBetween(conversation.pdus[0]?.root as Node, 0, 20)).toEqual([])
})

describe('an HTTP header', () => {
  const base64 = (token: Uint8Array) => btoa(String.fromCharCode(...token))

  it('of NTLM or Negotiate yields the token, and where it stands', () => {
    for (const [scheme, token] of [
      ['NTLM', challenge],
      ['Negotiate', authenticate],
      ['negotiate', challenge.subarray(0, 61)],
      ['Negotiate', offer([NTLM])],
    ] as const) {
      const value = `${scheme}  ${base64(token)}`
      expect(httpAuthentication(value)).toEqual({
        scheme: scheme.toLowerCase(),
        token: Uint8Array.from(token),
        from: scheme.length + 2,
        to: value.length,
      })
    }
  })

  it('of another scheme, or without a token, has none', () => {
    for (const value of [
      'Negotiate',
      'NTLM ',
      'Basic YWxpY2U6c2VjcmV0',
      'Bearer TlRMTVNTUAAB',
      'Negotiate, NTLM',
      '',
      '=',
    ]) {
      expect(httpAuthentication(value).token, value).toBeNull()
    }
    expect(httpAuthentication('Basic realm="x"').scheme).toBe('basic')
    expect(httpAuthentication('NTLM !!!').token).toBeNull()
  })
})

describe('security-token conforms: it', () => {
  conformsStream(securityToken, {
    NTLM: turns(['server', challenge], ['client', authenticate]),
    'an offer with a token': turns([
      'client',
      offer([KERBEROS, NTLM], element(0xa2, element(0x04, concat(authenticate)))),
    ]),
    'bare Kerberos': turns(['client', AS_REQUEST]),
  })
})
