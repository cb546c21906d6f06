import { describe, expect, it } from 'vitest'
import { examine } from '../../src/attempt/outcome.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import {
  type ConversationParts,
  conversation,
  event,
  icmp,
  mark,
  records,
  session,
  tls12Handshake,
  tls13Handshake,
} from '../support/conversation.ts'

const SECOND = 1e9
const GCM = 24
const negotiated = () => [event('negotiation-request'), event('negotiation-response')]
const seal = (overhead: number, plain: readonly number[]) =>
  records(...plain.map(length => (length < 0 ? length - overhead : length + overhead)))
const active = () => [...negotiated(), ...tls12Handshake(), ...seal(GCM, session()), ...seal(GCM, [500, -30, 600])]
const closedBy = (direction: 0 | 1, kind: 'fin' | 'reset' = 'fin') => ({ marks: [mark(kind, { direction })] })

function outcome(parts: ConversationParts, captureEndNs = 0) {
  const one = conversation(parts)
  return examine(one, Math.max(captureEndNs, one.lastNs)).outcome
}

describe('a connection that is never made', () => {
  it.each([
    ['refused', { tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] } }],
    ['rejected by ICMP', { tcp: { marks: [mark('syn')] }, icmp: [icmp()] }],
    ['silent over several SYNs', { tcp: { marks: [mark('syn'), mark('syn')] } }],
  ])('has failed: %s', (_name, parts) => {
    expect(outcome(parts)).toBe('failed')
  })

  it('has failed when the capture goes on long enough for a second SYN that never came', () => {
    expect(outcome({ tcp: { marks: [mark('syn')] } }, 4 * SECOND)).toBe('failed')
  })

  it('is unfinished when the capture ends right behind the SYN', () => {
    expect(outcome({ tcp: { marks: [mark('syn')] } }, SECOND)).toBe('unfinished')
  })
})

describe('a session', () => {
  it('is established when it became active and is open still', () => {
    expect(outcome({ events: active() })).toBe('established')
  })

  it.each([
    ['the client resets it, as mstsc does', closedBy(CLIENT, 'reset')],
    ['the client closes its window', closedBy(CLIENT)],
  ])('is established when %s', (_name, tcp) => {
    expect(outcome({ events: active(), tcp })).toBe('established')
  })

  it('is established when the server says goodbye and closes', () => {
    expect(outcome({ events: [...active(), ...seal(GCM, [36, 9])], tcp: closedBy(SERVER) })).toBe('established')
  })

  it('is established when the server says close_notify', () => {
    const farewell = event('alert', { code: -1, sealed: true, length: 26 }, { direction: SERVER })
    expect(outcome({ events: [...active(), farewell], tcp: closedBy(SERVER) })).toBe('established')
  })

  it.each([
    ['the server resets it', closedBy(SERVER, 'reset')],
    ['the server closes without a word, as a killed process does', closedBy(SERVER)],
  ])('has failed when %s', (_name, tcp) => {
    expect(outcome({ events: active(), tcp })).toBe('failed')
  })

  it('has failed when it falls silent', () => {
    const clientSide = { stalledResends: 4, stalledLength: 80, unacknowledged: 80 }
    expect(outcome({ events: active(), clientSide })).toBe('failed')
    expect(outcome({ events: active(), clientSide, tcp: closedBy(CLIENT) })).toBe('failed')
  })

  it('is taken for active by what the server sent, where sizes tell nothing', () => {
    const events = [...negotiated(), ...tls12Handshake()]
    const much = { serverSide: { bytes: 200_000, segments: 150 }, clientSide: { bytes: 9_000, segments: 60 } }
    expect(outcome({ events, ...much })).toBe('established')
    expect(outcome({ events: [], handshake: false, ...much })).toBe('established')
    expect(outcome({ events, serverSide: { bytes: 9_000, segments: 60 }, clientSide: much.clientSide })).toBe(
      'unfinished',
    )
  })
})

describe('a connection that ends before the session', () => {
  it.each([
    ['a negotiation failure', [event('negotiation-request'), event('negotiation-failure')]],
    ['a fatal alert', [...negotiated(), event('client-hello'), event('alert', { code: 40 })]],
    ['another protocol on the port', [event('negotiation-request'), event('unrecognised')]],
    [
      'a proxy that refuses',
      [
        event('http-request', { method: 'CONNECT', target: 'gw:443' }),
        event('http-response', { method: 'CONNECT', status: 407 }),
      ],
    ],
    ['a gateway that refuses', [event('http-request'), event('http-response', { status: 403 })]],
  ])('has failed, even while it is open, with %s', (_name, events) => {
    expect(outcome({ events })).toBe('failed')
  })

  it('has failed when it is closed during NLA', () => {
    const events = [...negotiated(), ...tls13Handshake(), ...records(-110, 179, -456, 19)]
    expect(outcome({ events, tcp: closedBy(SERVER) })).toBe('failed')
  })

  it('has failed when the client leaves behind the certificate', () => {
    const events = [...tls12Handshake(), event('alert', { code: -1, sealed: true, length: 26 }, { direction: CLIENT })]
    expect(outcome({ events, server: { port: 443 }, tcp: closedBy(CLIENT) })).toBe('failed')
  })

  it('is unfinished while it goes on', () => {
    expect(outcome({ events: [...negotiated(), ...tls12Handshake(), ...seal(GCM, session().slice(0, 8))] })).toBe(
      'unfinished',
    )
  })

  it('is unfinished while a person types between negotiation and TLS', () => {
    expect(outcome({ events: negotiated() }, 50 * SECOND)).toBe('unfinished')
  })

  it('a first 401 with a challenge is not yet a refusal', () => {
    const events = [event('http-request'), event('http-response', { status: 401, framing: 'length' })]
    expect(outcome({ events, server: { port: 8080 } })).toBe('unfinished')
  })
})

describe('what hides too much to tell', () => {
  const large = { serverSide: { bytes: 9_000, segments: 30 }, clientSide: { bytes: 3_000, segments: 25 } }

  it('is a tunnel that was answered and then left', () => {
    const events = [...tls12Handshake(), ...records(-350, 376, -754, 172)]
    expect(outcome({ events, server: { port: 443 }, tcp: closedBy(CLIENT) })).toBe('unfinished')
  })

  it('but not one that was never answered: session tickets are no answer', () => {
    const events = [...tls13Handshake(), ...records(250, 250, -350)]
    expect(outcome({ events, server: { port: 443 }, tcp: closedBy(CLIENT) })).toBe('failed')
  })

  it('nor one that the server resets', () => {
    const events = [...tls13Handshake(), ...records(250, 250, -350, 376, -754, 172)]
    expect(outcome({ events, server: { port: 443 }, tcp: closedBy(SERVER, 'reset') })).toBe('failed')
  })

  it('is a connection that was cut by the snap length or began before the capture', () => {
    expect(outcome({ events: negotiated(), ...large, cutPackets: 12, tcp: closedBy(CLIENT) })).toBe('unfinished')
    expect(outcome({ handshake: false, ...large, tcp: closedBy(CLIENT) })).toBe('unfinished')
  })

  it('is what began before the capture, unless the server cut it', () => {
    const events = records(-100, 200, 150)
    expect(outcome({ handshake: false, events, tcp: closedBy(CLIENT, 'reset') })).toBe('unfinished')
    expect(outcome({ handshake: false, events, tcp: closedBy(SERVER, 'reset') })).toBe('failed')
    expect(outcome({ handshake: false, events: records(200, -100) }, 60 * SECOND)).toBe('unfinished')
  })

  it('but not a connection of which only the handshake is missing', () => {
    const events = [event('negotiation-request'), event('negotiation-response'), event('client-hello')]
    expect(outcome({ handshake: false, events, tcp: closedBy(CLIENT) })).toBe('failed')
    expect(outcome({ handshake: false, events }, 60 * SECOND)).toBe('failed')
  })

  it('is a capture of one side', () => {
    const parts = { packets: [20, 0] as const, clientSide: { bytes: 3_000 }, tcp: closedBy(CLIENT) }
    expect(outcome({ events: [event('negotiation-request')], ...parts })).toBe('unfinished')
  })
})

describe('a session that was decrypted', () => {
  const opened = () => [...negotiated(), ...tls12Handshake()]

  it('is active by its Font Map, whatever sizes its records have', () => {
    const fontMap = event('session-active', {}, { direction: SERVER })
    expect(outcome({ events: [...opened(), fontMap] })).toBe('established')
    expect(outcome({ events: [...opened(), fontMap], tcp: closedBy(SERVER, 'reset') })).toBe('failed')
  })

  it('is not active before it', () => {
    const response = event('mcs-connect-response', {}, { direction: SERVER })
    expect(outcome({ events: [...opened(), response], tcp: closedBy(SERVER) })).not.toBe('established')
  })
})

describe('a connection whose session can be read', () => {
  const behindTls = (...said: ReturnType<typeof event>[]) => [...negotiated(), ...tls12Handshake(), ...said]
  const sessionActive = () => event('session-active')

  it.each([
    ['a CredSSP error', event('credssp', { errorCode: 0xc000006d }, { direction: SERVER })],
    ['an early authorization of 5', event('early-user-authorization', { result: 5 })],
    ['a refused RDSTLS logon', event('rdstls-response', { result: 0x52e })],
    ['a refused Entra logon', event('rdsaad-result', { result: 0x80070005 })],
    ['a licensing error that ends all', event('license-message', { code: 2, transition: 1 })],
    ['a refused MCS user', event('mcs-refusal', { step: 'attach-user' })],
    ['an error info', event('error-info', { code: 9 })],
  ])('has failed by %s, without a close', (_name, word) => {
    expect(outcome({ events: behindTls(word) })).toBe('failed')
  })

  it('worked when somebody ended the active session, and failed when something broke in it', () => {
    const ended = (code: number) => outcome({ events: behindTls(sessionActive(), event('error-info', { code })) })
    expect([0x01, 0x03, 0x05, 0x0b, 0x0c, 0x19].map(ended)).toEqual(Array(6).fill('established'))
    expect([0x06, 0x07, 0x10, 0x102, 0x10d4].map(ended)).toEqual(Array(5).fill('failed'))
  })

  it('is no failure when the server sent the client elsewhere', () => {
    const close = closedBy(CLIENT)
    expect(outcome({ events: behindTls(event('redirection')), tcp: close })).toBe('unfinished')
    // LB_NOREDIRECT: the server only tells about itself.
    expect(outcome({ events: behindTls(event('redirection', { flags: 0x80 })), tcp: close })).toBe('failed')
  })

  it('was left with a word when the server sent its ultimatum before the FIN', () => {
    const said = [sessionActive(), event('disconnect-provider-ultimatum')]
    const records = seal(GCM, [500, -30, 600, 500, -30, 600, 500, -30, 600])
    const fin = closedBy(SERVER)
    expect(outcome({ events: behindTls(...records, ...said), tcp: fin })).toBe('established')
    expect(outcome({ events: behindTls(...records, sessionActive()), tcp: fin })).toBe('failed')
  })
})

describe('a gateway that can be read', () => {
  const opened = [event('http-request'), event('http-response', { status: 101 })]
  const said = (...answers: ReturnType<typeof event>[]) => outcome({ events: [...opened, ...answers] })

  it('has refused by a packet or by the result of a call, but not while a round goes on', () => {
    const packet = (code: number) => event('rdg', { type: 3, code }, { direction: SERVER })
    expect(said(packet(0x8009030c))).toBe('failed')
    expect(said(packet(0x00090312))).toBe('unfinished')
    const call = (result: number) => event('ts-proxy-result', { call: 2, result })
    expect(said(call(0x800759db))).toBe('failed')
    expect(said(call(0))).toBe('unfinished')
    // The call that waits for messages is cancelled at the end of each session.
    expect(said(event('ts-proxy-result', { call: 3, result: 0x8007071a }))).toBe('unfinished')
  })
})
