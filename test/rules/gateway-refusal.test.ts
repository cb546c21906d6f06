/** What a gateway says no with in its own packets. Codes and packet types: MS-TSGU 2.2.6, 2.2.10. */
import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/flow/event.ts'
import { SERVER } from '../../src/wire/dissector.ts'
import { attempt, attemptWith, claims, verdictOf } from '../support/attempt.ts'
import { event, tls13Handshake } from '../support/conversation.ts'

const TUNNEL_AUTH = 6
const TUNNEL_AUTH_RESPONSE = 7
const CHANNEL_CREATE = 8
const CHANNEL_RESPONSE = 9
const CAP = 0x800759db
const RAP = 0x800759da
const CONNECT_FAILED = 0x000059dd

const asks = (type: number, values = {}) => event('rdg', { type, code: -1, ...values })
const answers = (type: number, code: number) => event('rdg', { type, code }, { direction: SERVER })
const opening = () => [
  event('http-request', { headers: [['upgrade', 'websocket']] }),
  event('http-response', { status: 101, framing: 'switch' }, { direction: SERVER }),
]
const gateway = (...events: Event[]) =>
  attempt({ events: [...opening(), ...events] }, { transport: 'gateway-websocket' })
const refusedAuthorization = () => gateway(asks(TUNNEL_AUTH), answers(TUNNEL_AUTH_RESPONSE, CAP))
const target = { name: 'desk.lab.test', port: 3389 }

describe('gateway-policy-denied', () => {
  it('is confirmed by a connection policy, with the packets of question and answer', () => {
    const { verdict, says, evidence } = verdictOf('gateway-policy-denied', refusedAuthorization())
    expect(verdict).toBe('confirmed')
    expect(says).toContain('E_PROXY_NAP_ACCESSDENIED (0x800759DB)')
    expect(evidence.map(([place]) => place.packet)).toEqual([6, 7])
  })

  it.each([RAP, RAP & 0xffff, 0x59e6, 0x800759ed, 0x5])('is confirmed by result 0x%s of a channel', code => {
    const refused = gateway(asks(CHANNEL_CREATE, target), answers(CHANNEL_RESPONSE, code))
    expect(claims(refused)).toEqual(['gateway-policy-denied (confirmed)'])
  })

  it('is ruled out by a channel, and by a refusal for another reason', () => {
    expect(verdictOf('gateway-policy-denied', gateway(answers(CHANNEL_RESPONSE, 0))).verdict).toBe('ruled-out')
    const unreachable = gateway(answers(CHANNEL_RESPONSE, CONNECT_FAILED))
    expect(verdictOf('gateway-policy-denied', unreachable).verdict).toBe('ruled-out')
    expect(verdictOf('gateway-policy-denied', attemptWith()).verdict).toBe('ruled-out')
  })

  it('sees nothing before the answer, and nothing inside TLS', () => {
    expect(verdictOf('gateway-policy-denied', gateway(asks(TUNNEL_AUTH))).verdict).toBe('not-visible')
    const sealed = attempt({ events: tls13Handshake() }, { transport: 'gateway-tls' })
    expect(verdictOf('gateway-policy-denied', sealed).verdict).toBe('not-visible')
  })
})

describe('gateway-target-unreachable', () => {
  it.each([CONNECT_FAILED, 0x800759dd])('is confirmed by CONNECTFAILED (0x%s), and names the target', code => {
    const refused = gateway(asks(CHANNEL_CREATE, target), answers(CHANNEL_RESPONSE, code))
    const { verdict, says } = verdictOf('gateway-target-unreachable', refused)
    expect(verdict).toBe('confirmed')
    expect(says).toContain('desk.lab.test:3389')
    expect(claims(refused)).toEqual(['gateway-target-unreachable (confirmed)'])
  })

  it('is ruled out by a channel, and by a policy', () => {
    expect(verdictOf('gateway-target-unreachable', gateway(answers(CHANNEL_RESPONSE, 0))).verdict).toBe('ruled-out')
    expect(verdictOf('gateway-target-unreachable', refusedAuthorization()).verdict).toBe('ruled-out')
  })

  it('sees nothing before the answer, and nothing inside TLS', () => {
    expect(verdictOf('gateway-target-unreachable', gateway(asks(CHANNEL_CREATE, target))).verdict).toBe('not-visible')
    const sealed = attempt({ events: tls13Handshake() }, { transport: 'gateway-tls' })
    expect(verdictOf('gateway-target-unreachable', sealed).verdict).toBe('not-visible')
  })
})

describe('refusals by RPC over HTTP', () => {
  const rpc = (...events: Event[]) =>
    attempt(
      {
        events: [
          event('http-request', { method: 'RPC_OUT_DATA', target: '/rpc/rpcproxy.dll?localhost:3388' }),
          event('http-response', { method: 'RPC_OUT_DATA', status: 200 }),
          ...events,
        ],
      },
      { transport: 'gateway-rpc' },
    )
  const called = (call: number) => event('ts-proxy-call', { call })
  const result = (call: number, code: number) => event('ts-proxy-result', { call, result: code })

  it('are confirmed by the result of the call', () => {
    const policy = rpc(called(2), result(2, CAP))
    expect(claims(policy)).toEqual(['gateway-policy-denied (confirmed)'])
    expect(verdictOf('gateway-policy-denied', policy).evidence.map(([, says]) => says)).toEqual([
      'The client sends TsProxyAuthorizeTunnel.',
      'The gateway answers TsProxyAuthorizeTunnel with E_PROXY_NAP_ACCESSDENIED (0x800759DB): the connection authorization policy (CAP, NPS) refuses the client.',
    ])
    expect(claims(rpc(called(4), result(4, CONNECT_FAILED)))).toEqual(['gateway-target-unreachable (confirmed)'])
    expect(claims(rpc(called(1), event('dcerpc-fault', { status: 5 })))).toEqual(['gateway-policy-denied (confirmed)'])
  })

  it('are none when calls are cancelled behind the channel, or their results are sealed', () => {
    const cancelled = rpc(
      called(4),
      result(4, 0),
      called(3),
      result(3, 0x8007071a),
      event('dcerpc-fault', { status: 0x3e3 }),
    )
    expect(claims(cancelled)).toEqual([])
    expect(verdictOf('gateway-target-unreachable', cancelled).verdict).toBe('ruled-out')
    const sealed = rpc(called(4), result(4, -1))
    expect(verdictOf('gateway-target-unreachable', sealed).verdict).toBe('not-visible')
  })
})

describe('the end of a channel', () => {
  const opened = () => [asks(CHANNEL_CREATE, target), answers(CHANNEL_RESPONSE, 0)]
  const closes = (code: number) => answers(0x10, code)

  it.each([0x59f6, 0x800759fa, 0x59fb, 0x5a00])('is confirmed as that of a policy by 0x%s', code => {
    const one = gateway(...opened(), closes(code))
    expect(claims(one)).toEqual(['gateway-policy-denied (confirmed)'])
    const worked = attempt({ events: [...opened(), closes(code)] }, { outcome: 'established' })
    expect(verdictOf('gateway-policy-denied', worked)).toMatchObject({ verdict: 'confirmed', severity: 'info' })
  })

  it.each([
    [0xa0, 'because the target behind it closed its side'],
    [0x4d4, 'with E_PROXY_CONNECTIONABORTED (0x000004D4)'],
  ])('is confirmed as that of the gateway by result %i', (code, words) => {
    const one = gateway(...opened(), closes(code))
    expect(claims(one)).toEqual(['gateway-closed (confirmed)'])
    expect(verdictOf('gateway-closed', one).says).toContain(`The gateway ended the channel ${words}`)
  })

  it('tells of the limit that the gateway had announced', () => {
    const authorized = event(
      'rdg',
      { type: TUNNEL_AUTH_RESPONSE, code: 0, idleTimeoutMinutes: 30 },
      { direction: SERVER },
    )
    const one = gateway(authorized, ...opened(), closes(0x4d4))
    expect(verdictOf('gateway-closed', one).says).toContain('sessions that are idle for 30 min')
  })

  it.each([
    [1011, 'an internal error of the server'],
    [4000, 'with code 4000'],
  ])('is confirmed by WebSocket code %i of the gateway side', (code, words) => {
    const one = gateway(...opened(), event('websocket-close', { code }, { direction: SERVER }))
    expect(claims(one)).toEqual(['gateway-closed (confirmed)'])
    expect(verdictOf('gateway-closed', one).says).toContain(words)
  })

  it('is no fault when it is success, the client came first, or the close is an ordinary one', () => {
    const said = (...events: Event[]) => claims(gateway(...opened(), ...events))
    expect(said(closes(0))).toEqual([])
    expect(said(closes(0x4ca))).toEqual([])
    expect(said(asks(0x10, { code: 0 }), answers(0x11, 0), event('websocket-close', { code: 1000 }))).toEqual([])
    expect(said(event('websocket-close', { code: 1000 }, { direction: SERVER }))).toEqual([])
    expect(
      said(event('websocket-close', { code: 1000 }), event('websocket-close', { code: 1011 }, { direction: SERVER })),
    ).toEqual([])
  })
})

describe('credentials in the packets of the gateway', () => {
  const EXTENDED_AUTH = 3

  it('are refused by gateway-auth-failed, not by a policy', () => {
    const one = gateway(asks(EXTENDED_AUTH), answers(EXTENDED_AUTH, 0x8009030c))
    expect(claims(one)).toEqual(['gateway-auth-failed (confirmed)'])
    expect(verdictOf('gateway-auth-failed', one).says).toContain('SEC_E_LOGON_DENIED (0x8009030C)')
  })

  it('are not refused while the round goes on', () => {
    // SEC_I_CONTINUE_NEEDED
    const one = gateway(asks(EXTENDED_AUTH), answers(EXTENDED_AUTH, 0x00090312), answers(CHANNEL_RESPONSE, 0))
    expect(claims(one)).toEqual([])
    expect(verdictOf('gateway-auth-failed', one).verdict).toBe('ruled-out')
  })
})
