import { describe, expect, it } from 'vitest'
import { rdp } from '../../dissectors/rdp.ts'
import { newSession } from '../../dissectors/rdp-session.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import {
  CLIENT_INFO,
  CONFIRM_ACTIVE,
  CONTROL_GRANTED,
  DEMAND_ACTIVE,
  FONT_LIST,
  FONT_MAP,
  LICENSE_REQUEST,
  LICENSE_VALID_CLIENT,
  NEW_LICENSE_REQUEST,
  SYNCHRONIZE,
} from '../support/rdp-vectors.ts'
import { Conversation, facts, tree } from '../support/read.ts'

/** Of a Windows server that a user logged off from. */
const ERROR_INFO = bytes('16 00 17 00 00 00 ea 03 01 00 00 01 16 00 2f 00 00 00 0b 00 00 00')

/** A share data PDU of a server. */
function dataPdu(type: number, content: string): Uint8Array {
  const inside = bytes(content)
  const length = 18 + inside.length
  const head = [length & 0xff, length >> 8, 0x17, 0, 0xef, 3, 0xea, 3, 1, 0, 0, 1, length & 0xff, length >> 8, type]
  return concat(Uint8Array.of(...head, 0, 0, 0), inside)
}

const utf16 = (text: string) => [...text].map(character => `"${character}" 00`).join(' ')
/** MS-RDPBCGR 2.2.13.1, written for this test: address, routing token, user, password, FQDN. */
const TARGET = `1a 00 00 00 ${utf16('198.51.100.7')} 00 00`
const PARTS = `${TARGET} 04 00 00 00 "abcd" 06 00 00 00 ${utf16('bo')} 00 00
  06 00 00 00 ${utf16('pw')} 00 00 0a 00 00 00 ${utf16('rdsh')} 00 00`
const PACKET = concat(Uint8Array.of(0, 4, 12 + bytes(PARTS).length, 0, 5, 0, 0, 0, 0x17, 1, 0, 0), bytes(PARTS))
const REDIRECTION = concat(Uint8Array.of(8 + PACKET.length, 0, 0x1a, 0, 0xea, 3, 0, 0), PACKET)

describe('rdp conforms: it', () => {
  conformsStream(rdp, {
    'who logs on': turns(['client', CLIENT_INFO]),
    licensing: turns(['server', LICENSE_REQUEST], ['client', NEW_LICENSE_REQUEST], ['server', LICENSE_VALID_CLIENT]),
    'what the server can do': turns(['server', DEMAND_ACTIVE]),
    'what the client can do': turns(['client', CONFIRM_ACTIVE]),
    'a session that becomes active': turns(
      ['client', SYNCHRONIZE],
      ['server', CONTROL_GRANTED],
      ['client', FONT_LIST],
      ['server', FONT_MAP],
    ),
    'an end with a reason': turns(['server', ERROR_INFO], ['server', bytes('06 00 16 00 ea 03')]),
    'a redirection': turns(['server', REDIRECTION]),
    'a logon': turns([
      'server',
      dataPdu(
        0x26,
        `03 00 00 00 30 00 03 00 00 00 1c 00 00 00 1c 00 00 00 01 00 00 00 02 00 00 00 ${'5a'.repeat(16)}
         08 00 00 00 fb ff ff ff 02 00 00 00`,
      ),
    ]),
  })
})

describe('client info', () => {
  it('tells the user, and of the password only that there is one', () => {
    expect(facts(rdp, 'client', CLIENT_INFO)).toEqual([
      {
        kind: 'client-info',
        user: 'labuser',
        domain: '',
        flags: 0x000b47fb,
        hasPassword: true,
        address: '10.0.1.2',
        reconnects: false,
        complete: true,
      },
    ])
    const read = tree(rdp, 'client', CLIENT_INFO)
    expect(read.field('rdp.password.length')?.value).toBe(20)
    expect(read.field('rdp.password')?.value).toBe('')
    expect(read.field('rdp.Name.Standard')?.value).toBe('Coordinated Universal Time')
    expect(read.field('rdp.performanceFlags')?.value).toBe(0x8f)
  })

  it('in an older character set ends each string with one byte', () => {
    const ansi = bytes('40 00 00 00 e4 04 00 00 03 00 00 00 02 00 03 00 00 00 00 00 00 00 "ab" 00 "eve" 00 00 00 00')
    expect(facts(rdp, 'client', ansi)).toMatchObject([
      { user: 'eve', domain: 'ab', hasPassword: false, complete: true },
    ])
  })
})

describe('licensing', () => {
  it('tells each message, and code and transition of an error alert', () => {
    expect(facts(rdp, 'server', LICENSE_REQUEST, LICENSE_VALID_CLIENT)).toEqual([
      { kind: 'license-message', type: 0x01, code: -1, transition: -1, complete: true },
      { kind: 'license-message', type: 0xff, code: 7, transition: 2, complete: true },
    ])
    expect(facts(rdp, 'client', NEW_LICENSE_REQUEST)).toMatchObject([{ type: 0x13, complete: true }])
  })
})

describe('share PDUs', () => {
  it('tell the capabilities that both sides settle', () => {
    expect(facts(rdp, 'server', DEMAND_ACTIVE)).toEqual([
      { kind: 'demand-active', source: 'RDP', capabilitySets: 13, complete: true },
    ])
    expect(facts(rdp, 'client', CONFIRM_ACTIVE)).toEqual([
      { kind: 'confirm-active', source: 'FREERDP', capabilitySets: 19, complete: true },
    ])
    const read = tree(rdp, 'client', CONFIRM_ACTIVE)
    expect(read.fields('rdp.capabilitySet')).toHaveLength(19)
    expect(read.field('rdp.capability.general.osMajorType')?.value).toBe(4)
  })

  it('tell that the session is active by the Font Map of the server alone', () => {
    const conversation = new Conversation(rdp)
    conversation.state.connecting = true
    conversation.say('client', FONT_MAP)
    expect(conversation.facts).toEqual([])
    conversation.say('server', FONT_MAP)
    expect(conversation.facts).toEqual([{ kind: 'session-active' }])
    expect(conversation.state.connecting).toBe(false)
  })

  it('tell the reason that the server gives', () => {
    expect(facts(rdp, 'server', ERROR_INFO)).toEqual([{ kind: 'error-info', code: 0x0b }])
    expect(facts(rdp, 'server', dataPdu(0x36, '01 04 00 00'))).toEqual([{ kind: 'status-info', code: 0x401 }])
    expect(facts(rdp, 'server', dataPdu(0x25, ''))).toEqual([{ kind: 'shutdown-denied' }])
    expect(facts(rdp, 'server', dataPdu(0x32, '22 00 00 c0'))).toEqual([
      { kind: 'auto-reconnect-failed', status: 0xc0000022 },
    ])
  })

  it('tell logon errors, and hide the cookie to reconnect with', () => {
    const extended = dataPdu(
      0x26,
      `03 00 00 00 30 00 03 00 00 00 1c 00 00 00 1c 00 00 00 01 00 00 00 02 00 00 00 ${'5a'.repeat(16)}
       08 00 00 00 fb ff ff ff 02 00 00 00`,
    )
    expect(facts(rdp, 'server', extended)).toEqual([{ kind: 'logon-error', type: 0xfffffffb, data: 2 }])
    expect(tree(rdp, 'server', extended).field('rdp.sessioninfo.autoreconnectcookie')?.value).toBe('')
  })

  it('of which several come in one are all read', () => {
    expect(facts(rdp, 'server', concat(bytes('06 00 16 00 ea 03'), ERROR_INFO))).toEqual([
      { kind: 'deactivate-all' },
      { kind: 'error-info', code: 0x0b },
    ])
  })

  it('that are compressed stay so', () => {
    const compressed = concat(ERROR_INFO)
    compressed[15] = 0x21
    expect(facts(rdp, 'server', compressed)).toEqual([])
    expect(tree(rdp, 'server', compressed).field('rdp.compressedType.compressed')?.value).toBe(1)
  })
})

describe('a redirection', () => {
  it('tells where to, and hides credentials and the routing token', () => {
    expect(facts(rdp, 'server', REDIRECTION)).toEqual([
      {
        kind: 'redirection',
        flags: 0x117,
        sessionId: 5,
        targetAddress: '198.51.100.7',
        targetName: 'rdsh',
        hasRoutingToken: true,
        complete: true,
      },
    ])
    const read = tree(rdp, 'server', REDIRECTION)
    expect(read.field('rdp.redirection.username')?.value).toBe('bo')
    expect(read.field('rdp.redirection.password')?.value).toBe('')
    expect(read.field('rdp.redirection.loadbalanceinfo')?.value).toBe('')
  })
})

describe('standard RDP security', () => {
  const session = { ...newSession(null), encryption: 2, ioChannel: 1003 }
  const encrypted = bytes('48 00 00 00 11 22 33 44 55 66 77 88 de ad be ef de ad')

  it('leaves what is encrypted alone', () => {
    const conversation = new Conversation(rdp, { watch: true, next: { protocol: 'rdp', hint: session } })
    conversation.say('client', encrypted)
    expect(conversation.facts).toEqual([])
    expect(conversation.pdus[0]?.fault).toBeNull()
  })

  it('has a header in front of what is not', () => {
    const conversation = new Conversation(rdp, { next: { protocol: 'rdp', hint: session } })
    conversation.say('server', concat(bytes('00 00 00 00'), ERROR_INFO))
    expect(conversation.facts).toEqual([{ kind: 'error-info', code: 0x0b }])
  })

  it('begins with the exchange of a random', () => {
    const read = tree(rdp, 'client', bytes('01 00 00 00 04 00 00 00 aa bb cc dd'))
    expect(read.field('rdp.encryptedClientRandom')).toEqual({ value: '', start: 8, end: 12 })
  })
})
