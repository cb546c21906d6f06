/** Gateways behind TLS without keys: where the client did not go on, and what may have stopped it; never more than possible. */
import { describe, expect, it } from 'vitest'
import type { Closing } from '../../src/attempt/attempt.ts'
import type { SealedTunnel, TunnelStep } from '../../src/attempt/sealed-gateway.ts'
import { attempt, verdictOf } from '../support/attempt.ts'
import { records, tls13Handshake } from '../support/conversation.ts'

const place = (packet: number) => ({ packet, timeNs: packet * 1e7 })
const left: Closing = { side: 'client', how: 'rst', ...place(60) }
const tunnel = (step: TunnelStep | null): SealedTunnel => ({
  http: place(20),
  tunnel: null,
  channel: null,
  x224: null,
  security: null,
  session: null,
  stopped: step === null ? null : { step, asked: place(30), answer: place(31) },
})
const gateway = (sealedTunnel: SealedTunnel | null, values = {}) =>
  attempt(
    { events: [...tls13Handshake(), ...records(-350, 376)], server: { port: 443 } },
    { transport: 'gateway-tls', closing: left, sealedTunnel, ...values },
  )

describe('a gateway behind TLS', () => {
  it.each<[TunnelStep, RegExp]>([
    ['handshake', /way to log on/],
    ['tunnel', /quarantine/],
    ['authorization', /\(CAP\)/],
    ['channel', /\(RAP\)/],
  ])('may have refused where the client did not go on: %s', (step, who) => {
    const verdict = verdictOf('gateway-policy-denied', gateway(tunnel(step)))
    expect(verdict).toMatchObject({
      verdict: 'possible',
      evidence: [
        [place(30), expect.anything()],
        [place(31), expect.anything()],
      ],
    })
    expect(verdict.says).toMatch(who)
    expect(verdict.toSettle).not.toBe('')
  })

  it('may not have reached the target only where the client asked for it', () => {
    const word = (step: TunnelStep) => verdictOf('gateway-target-unreachable', gateway(tunnel(step))).verdict
    expect(word('channel')).toBe('possible')
    expect(word('authorization')).toBe('not-visible')
  })

  it('is not judged where the client went on, nobody left, the session worked, or sizes tell nothing', () => {
    const open: Closing = { side: 'nobody', how: 'end-of-capture', ...place(60) }
    for (const one of [
      gateway(tunnel(null)),
      gateway(null),
      gateway(tunnel('channel'), { closing: open }),
      gateway(tunnel('channel'), { outcome: 'established' }),
    ]) {
      for (const id of ['gateway-policy-denied', 'gateway-target-unreachable']) {
        expect(verdictOf(id, one).verdict).toBe('not-visible')
      }
    }
  })
})
