import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/attempt/attempt.ts'
import { Attempts } from '../../src/attempt/grouping.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import {
  type ConversationParts,
  conversation,
  event,
  flowSummary,
  mark,
  records,
  session,
  tls12Handshake,
  tls13Handshake,
} from '../support/conversation.ts'

const GCM = 24
const closed = (direction: 0 | 1) => ({ marks: [mark('fin', { direction })] })
const sealed = (plain: readonly number[]) => records(...plain.map(length => (length < 0 ? length - GCM : length + GCM)))

/** 'tcp:3 x224:6 security:FAILED9 nla:?' */
function steps(parts: ConversationParts): string {
  let made: Attempt | null = null as Attempt | null
  const attempts = new Attempts(
    attempt => {
      made = attempt
    },
    { startSeconds: () => 0 },
  )
  const one = conversation(parts)
  attempts.conversation(one)
  attempts.end(flowSummary(), one.lastNs)
  const marks = { reached: '', failed: 'FAILED', 'not-visible': '?' }
  return (made?.milestones ?? [])
    .map(step => `${step.id}:${marks[step.state]}${step.packet || ''}${step.inferred === true ? '~' : ''}`)
    .join(' ')
}

describe('the steps of a direct connection', () => {
  it('end at TCP when the SYN is refused', () => {
    expect(steps({ tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] } })).toBe('tcp:FAILED2')
  })

  it('end at the packet that says no, not at the close behind it', () => {
    const events = [event('negotiation-request'), event('negotiation-failure')]
    expect(steps({ events, tcp: closed(CLIENT) })).toBe('tcp:3 x224:FAILED5')
    const foreign = [event('negotiation-request'), event('unrecognised')]
    expect(steps({ events: foreign, tcp: closed(SERVER) })).toBe('tcp:3 x224:FAILED5')
  })

  it('end at the TLS behind the negotiation', () => {
    const events = [event('negotiation-request'), event('negotiation-response'), event('client-hello')]
    expect(steps({ events, tcp: { marks: [mark('reset', { direction: SERVER })] } })).toBe(
      'tcp:3 x224:5 security:FAILED7',
    )
  })

  const opened = () => [
    event('negotiation-request'),
    event('negotiation-response', { selected: 8 }),
    ...tls12Handshake(),
    event('credssp', { hasTokens: true }),
    event('credssp', { hasTokens: true }, { direction: SERVER }),
    event('credssp', { hasTokens: true, publicKeyBytes: 48 }),
  ]

  it('are read where the session can be read', () => {
    const events = [
      ...opened(),
      event('credssp', { publicKeyBytes: 48 }, { direction: SERVER }),
      event('credssp', { hasAuthInfo: true }),
      event('mcs-connect-response'),
      event('license-message', { type: 1, code: -1, transition: -1 }),
      event('license-message', {}),
      event('session-active'),
    ]
    expect(steps({ events })).toBe('tcp:3 x224:5 security:14 nla:18 mcs:20 licence:22 active:23')
  })

  it('end at the word with which the server refuses the logon', () => {
    const error = event('credssp', { errorCode: 0xc000006d }, { direction: SERVER })
    expect(steps({ events: [...opened(), error], tcp: closed(CLIENT) })).toBe('tcp:3 x224:5 security:14 nla:FAILED18')
    const accepted = event('credssp', { publicKeyBytes: 48 }, { direction: SERVER })
    const events = [...opened(), accepted, event('early-user-authorization', { result: 5 })]
    expect(steps({ events, tcp: closed(CLIENT) })).toBe('tcp:3 x224:5 security:14 nla:FAILED19')
  })

  it('end at the error with which the server ends a session that did not become active', () => {
    const events = [
      ...opened(),
      event('credssp', { publicKeyBytes: 48 }, { direction: SERVER }),
      event('mcs-connect-response'),
      event('error-info', { code: 9 }),
    ]
    expect(steps({ events, tcp: closed(CLIENT) })).toBe('tcp:3 x224:5 security:14 nla:18 mcs:19 licence:FAILED20')
  })

  it('end at NLA where it was chosen and sizes show that MCS never began', () => {
    const events = [
      event('negotiation-request'),
      event('negotiation-response', { selected: 8 }),
      ...tls12Handshake(),
      ...sealed([-57, 295, -680, 15]),
    ]
    expect(steps({ events, tcp: closed(CLIENT) })).toBe('tcp:3 x224:5 security:14 nla:FAILED19')
  })

  it('are all told from sizes when the session became active', () => {
    const events = [
      event('negotiation-request'),
      event('negotiation-response', { selected: 8 }),
      ...tls12Handshake(),
      ...sealed([-57, 295, -680, 200, -120, ...session()]),
    ]
    expect(steps({ events })).toBe('tcp:3 x224:5 security:14 nla:20~ mcs:21~ licence:32~ active:42~')
  })

  it('are not visible behind TLS whose sizes are padded', () => {
    const events = [
      event('negotiation-request'),
      event('negotiation-response', { selected: 1 }),
      event('client-hello'),
      event('server-hello', { suite: 0xc013 }),
      ...tls12Handshake().slice(4),
      ...records(-480, 128),
    ]
    expect(steps({ events, serverSide: { bytes: 4000 } })).toBe('tcp:3 x224:5 security:12 mcs:? licence:? active:?')
  })

  it('show no packet for a connection that began before the capture', () => {
    const events = [event('record', { length: 100 }, { direction: SERVER }), event('record', { length: 50 })]
    expect(steps({ handshake: false, events })).toMatch(/^tcp: tls: x224:\? /)
  })
})

describe('the steps of a gateway', () => {
  it('end at TLS', () => {
    const events = [event('client-hello'), event('alert')]
    expect(steps({ server: { port: 443 }, events, tcp: closed(CLIENT) })).toBe('tcp:3 tls:FAILED5')
  })

  it('end at its first request when the client leaves without one', () => {
    const events = [...tls12Handshake(), event('alert', { code: -1, sealed: true, length: 26 }, { direction: CLIENT })]
    expect(steps({ server: { port: 443 }, events, tcp: closed(CLIENT) })).toBe('tcp:3 tls:12 gateway-http:FAILED13')
  })

  it('are not visible behind TLS that was answered', () => {
    const events = [...tls13Handshake(), ...records(-350, 376, -754, 172)]
    expect(steps({ server: { port: 443 }, events, tcp: closed(CLIENT) })).toMatch(
      /^tcp:3 tls:12 gateway-http:\? gateway-tunnel:\? gateway-channel:\? x224:\? security:\? nla:\? mcs:\?/,
    )
  })

  it('end at HTTP in clear', () => {
    const events = [event('http-request'), event('http-response', { status: 403 })]
    expect(steps({ server: { port: 8080 }, events, tcp: closed(CLIENT) })).toBe('tcp:3 gateway-http:FAILED5')
  })

  it('end at the proxy before', () => {
    const events = [
      event('http-request', { method: 'CONNECT', target: 'gw:443' }),
      event('http-response', { method: 'CONNECT', status: 503 }),
    ]
    expect(steps({ server: { port: 3128 }, events, tcp: closed(SERVER) })).toBe('tcp:3 proxy:FAILED5')
    const tunnel = [events[0] as never, event('http-response', { method: 'CONNECT', status: 200 })]
    expect(steps({ server: { port: 3128 }, events: [...tunnel, event('client-hello')], tcp: closed(SERVER) })).toBe(
      'tcp:3 proxy:5 tls:FAILED7',
    )
  })
})
