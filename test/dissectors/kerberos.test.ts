/** RFC 4120: messages between kinit and an MIT KDC, and such as Windows sends, put together by hand. */
import { describe, expect, it } from 'vitest'
import { kerberos, kerberosUdp } from '../../dissectors/kerberos.ts'
import { BROKEN, LIKELY, MAYBE, NO, NOT_MINE } from '../../src/wire/dissector.ts'
import type { Node } from '../../src/wire/field.ts'
import { bytes, concat, inside } from '../support/bytes.ts'
import { conformsDatagram, conformsStream, turns } from '../support/conformance.ts'
import { element, GENERALIZED_TIME, SEQUENCE } from '../support/der.ts'
import {
  AS_REPLY,
  AS_REQUEST,
  AS_REQUEST_WITH_TIMESTAMP,
  PREAUTHENTICATION_REQUIRED,
  placesOf,
  UNKNOWN_SERVICE,
} from '../support/logon-vectors.ts'
import { Conversation, facts, likeness, tree } from '../support/read.ts'
import { shownBetween } from '../support/shown.ts'

const GENERAL_STRING = 0x1b
const number = (...octets: number[]) => element(0x02, Uint8Array.from(octets))
const octets = (...parts: Uint8Array[]) => element(0x04, ...parts)
const part = (place: number, ...inner: (Uint8Array | string)[]) => element(0xa0 + place, ...inner)
const text = (value: string) => element(GENERAL_STRING, value)
const name = (type: number, ...parts: string[]) =>
  element(SEQUENCE, part(0, number(type)), part(1, element(SEQUENCE, ...parts.map(text))))
const padata = (type: number[], value: Uint8Array) =>
  element(SEQUENCE, part(1, number(...type)), part(2, octets(value)))
/** On TCP. */
const marked = (message: Uint8Array) =>
  inside(concat(Uint8Array.of(0, 0, message.length >> 8, message.length & 255), message))

/** As a domain controller of Windows refuses: the code alone, then an NTSTATUS in the data. */
const error = (code: number, ...more: Uint8Array[]) =>
  inside(
    element(
      0x7e,
      element(
        SEQUENCE,
        part(0, number(5)),
        part(1, number(30)),
        part(4, element(GENERALIZED_TIME, '20261121001743Z')),
        part(5, number(0x02, 0xce, 0xc4)),
        part(6, number(code)),
        part(9, text('LAB.TEST')),
        part(10, name(2, 'krbtgt', 'LAB.TEST')),
        ...more,
      ),
    ),
  )
const lockedOut = error(18, part(12, octets(padata([3], bytes('34 02 00 c0 00 00 00 00 01 00 00 00')))))

describe('a logon', () => {
  it('asks first without proof', () => {
    expect(facts(kerberosUdp, 'client', AS_REQUEST)).toEqual([
      {
        kind: 'kerberos-request',
        messageType: 10,
        realm: 'LAB.TEST',
        client: 'alice',
        service: 'krbtgt/LAB.TEST',
        etypes: [18, 17, 20, 19, 16, 23, 25, 26],
        preauthentication: [150, 149],
        complete: true,
      },
    ])
  })

  it('is told what to prove, and with which encryption', () => {
    expect(facts(kerberosUdp, 'server', PREAUTHENTICATION_REQUIRED)).toEqual([
      {
        kind: 'kerberos-error',
        code: 25,
        realm: 'LAB.TEST',
        client: 'alice',
        service: 'krbtgt/LAB.TEST',
        text: 'NEEDED_PREAUTH',
        serverTimeMs: expect.any(Number),
        clientTimeMs: 0,
        status: 0,
        complete: true,
      },
    ])
    const read = tree(kerberosUdp, 'server', PREAUTHENTICATION_REQUIRED)
    expect(read.field('kerberos.info2_salt')?.value).toBe('LAB.TESTalice')
    expect(read.field('kerberos.error_code')?.value).toBe(25)
  })

  it('proves it, and gets a ticket', () => {
    expect(facts(kerberosUdp, 'client', AS_REQUEST_WITH_TIMESTAMP)).toMatchObject([
      { preauthentication: [133, 2, 150, 149] },
    ])
    expect(facts(kerberosUdp, 'server', AS_REPLY)).toMatchObject([
      { kind: 'kerberos-reply', messageType: 11, client: 'alice', service: 'krbtgt/LAB.TEST', etypes: [18] },
    ])
  })

  it('shows nothing that is encrypted with the password', () => {
    const cipher = bytes('38843e1770a44e1e65ae30d8a82f53f8')
    const [place] = placesOf(AS_REQUEST_WITH_TIMESTAMP, cipher)
    const conversation = new Conversation(kerberos, { watch: true }).say('client', marked(AS_REQUEST_WITH_TIMESTAMP))
    const [from, to] = place as [number, number]
    expect(shownBetween(conversation.pdus[0]?.root as Node, from + 4, to + 4)).toEqual([])
  })

  it('is named as in Wireshark, flag by flag', () => {
    const read = tree(kerberosUdp, 'client', AS_REQUEST)
    expect(read.field('kerberos.kdc-req-body.etype')?.value).toBe(8)
    expect(read.fields('kerberos.CNameString').map(({ value }) => value)).toEqual(['alice'])
    expect(read.field('kerberos.KDCOptions.forwardable')?.value).toBe(1)
    expect(read.field('kerberos.KDCOptions.renewable.ok')?.value).toBe(1)
    expect(read.field('kerberos.KDCOptions.canonicalize')?.value).toBe(0)
    expect(read.fields('kerberos.padata_type').map(({ value }) => value)).toEqual([150, 149])
  })
})

describe('an error', () => {
  it('names the service that nobody knows', () => {
    expect(facts(kerberosUdp, 'server', UNKNOWN_SERVICE)).toMatchObject([
      { code: 7, service: 'TERMSRV/none.lab.test', text: 'LOOKING_UP_SERVER' },
    ])
  })

  it('of Windows has an NTSTATUS beside it: the account is locked out', () => {
    expect(facts(kerberosUdp, 'server', lockedOut)).toMatchObject([
      { code: 18, status: 0xc0000234, serverTimeMs: Date.UTC(2026, 10, 21, 0, 17, 43, 184) },
    ])
    expect(tree(kerberosUdp, 'server', lockedOut).field('kerberos.smb.nt_status')?.value).toBe(0xc0000234)
  })

  it('tells both clocks where they differ', () => {
    const skew = error(37, part(2, element(GENERALIZED_TIME, '20261121002000Z')), part(3, number(5)))
    expect(facts(kerberosUdp, 'server', skew)).toMatchObject([
      {
        code: 37,
        serverTimeMs: Date.UTC(2026, 10, 21, 0, 17, 43, 184),
        clientTimeMs: Date.UTC(2026, 10, 21, 0, 20),
      },
    ])
  })

  it('of an unknown number is a fact', () => {
    expect(facts(kerberosUdp, 'server', error(99))).toMatchObject([{ code: 99, complete: true }])
  })
})

describe('armor and delegation', () => {
  const encrypted = element(SEQUENCE, part(0, number(18)), part(2, octets(bytes('"cipher of no matter"'))))
  const ticket = element(
    0x61,
    element(
      SEQUENCE,
      part(0, number(5)),
      part(1, text('LAB.TEST')),
      part(2, name(2, 'krbtgt', 'LAB.TEST')),
      part(3, encrypted),
    ),
  )
  const apRequest = element(
    0x6e,
    element(
      SEQUENCE,
      part(0, number(5)),
      part(1, number(14)),
      part(2, element(0x03, Uint8Array.of(0, 0, 0, 0, 0))),
      part(3, ticket),
      part(4, encrypted),
    ),
  )
  const body = element(
    SEQUENCE,
    part(0, element(0x03, Uint8Array.of(0, 0x40, 0x81, 0, 0))),
    part(2, text('LAB.TEST')),
    part(3, name(2, 'TERMSRV', 'rdp.lab.test')),
    part(5, element(GENERALIZED_TIME, '20370913024805Z')),
    part(7, number(0x7f, 0xff, 0xff, 0xff)),
    part(8, element(SEQUENCE, number(18), number(23))),
    part(11, element(SEQUENCE, ticket)),
  )
  const fast = part(
    0,
    element(
      SEQUENCE,
      part(0, element(SEQUENCE, part(0, number(1)), part(1, octets(apRequest)))),
      part(1, element(SEQUENCE, part(0, number(16)), part(1, octets(bytes('"checksum"'))))),
      part(2, encrypted),
    ),
  )
  const request = inside(
    element(
      0x6c,
      element(
        SEQUENCE,
        part(1, number(5)),
        part(2, number(12)),
        part(3, element(SEQUENCE, padata([1], apRequest), padata([0, 0x88], fast))),
        part(4, body),
      ),
    ),
  )

  it('are read without showing what they seal, and the service asked for stays', () => {
    expect(facts(kerberosUdp, 'client', request)).toEqual([
      {
        kind: 'kerberos-request',
        messageType: 12,
        realm: 'LAB.TEST',
        client: '',
        service: 'TERMSRV/rdp.lab.test',
        etypes: [18, 23],
        preauthentication: [1, 136],
        complete: true,
      },
    ])
    const read = tree(kerberosUdp, 'client', request)
    expect(read.fields('kerberos.ap_req_element')).toHaveLength(2)
    expect(read.field('kerberos.armor_type')?.value).toBe(1)
    expect(read.fields('kerberos.Ticket_element')).toHaveLength(1)
    const conversation = new Conversation(kerberos, { watch: true }).say('client', marked(request))
    for (const secret of ['"cipher of no matter"', '"checksum"']) {
      for (const [from, to] of placesOf(request, bytes(secret))) {
        expect(shownBetween(conversation.pdus[0]?.root as Node, from + 4, to + 4)).toEqual([])
      }
    }
  })

  it('inside one another are read only so deep', () => {
    let inner: Uint8Array = apRequest
    for (let n = 0; n < 12; n++) {
      inner = element(0x6c, element(SEQUENCE, part(2, number(12)), part(3, element(SEQUENCE, padata([1], inner)))))
    }
    expect(facts(kerberosUdp, 'client', inside(inner))).toHaveLength(1)
  })
})

describe('recognition', () => {
  it('on UDP is by port and content', () => {
    const of = (said: Uint8Array, port: number) => kerberosUdp.probe(said, 0, said.length, port)
    expect(of(AS_REQUEST, 88)).toBe(LIKELY)
    expect(of(AS_REQUEST, 389)).toBe(NO)
    expect(of(bytes('30 0c 02 01 01 60 07 02 01 03'), 88)).toBe(NO)
  })

  it('on TCP is by content, whatever the port', () => {
    expect(likeness(kerberos, 'client', marked(AS_REQUEST))).toBe(LIKELY)
    expect(likeness(kerberos, 'client', marked(AS_REQUEST).subarray(0, 6))).toBe(MAYBE)
    expect(likeness(kerberos, 'client', bytes('00 00 00 20 ff "SMB" 72 00 00 00 00 18'))).toBe(NO)
    expect(likeness(kerberos, 'client', bytes('03 00 00 13 0e d0 00 00 12 34 00 02'))).toBe(NO)
  })

  it('gives way when the first bytes are another protocol, and is broken by them later', () => {
    const other = bytes('00 00 00 20 ff "SMB" 72 00 00 00 00 18 00 00')
    expect(new Conversation(kerberos).say('client', other).refused[0]).toBe(NOT_MINE)
    expect(new Conversation(kerberos).say('client', marked(AS_REQUEST)).say('client', other).refused[0]).toBe(BROKEN)
  })
})

describe('kerberos conforms: it', () => {
  conformsStream(kerberos, {
    'a logon': turns(
      ['client', marked(AS_REQUEST)],
      ['server', marked(PREAUTHENTICATION_REQUIRED)],
      ['client', marked(AS_REQUEST_WITH_TIMESTAMP)],
    ),
    'two errors': turns(['server', marked(lockedOut), marked(UNKNOWN_SERVICE)]),
  })
  conformsDatagram(kerberosUdp, {
    'a request': AS_REQUEST,
    'a refusal': lockedOut,
    'what is to be proven': PREAUTHENTICATION_REQUIRED,
  })
})
