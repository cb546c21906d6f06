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
