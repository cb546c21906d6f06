import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Attempt, AttemptParts } from '../../src/attempt/attempt.ts'
import type { Event } from '../../src/flow/event.ts'
import { acceptFor } from '../../src/rules/websocket-accept.ts'
import { attempt, attemptWith, claims, verdictOf } from '../support/attempt.ts'
import { conversation, event, mark, tls13Handshake } from '../support/conversation.ts'

const SECOND = 1e9
const SERVER = 1
const NEGOTIATE = 'NTLM TlRMTVNTUAABAAAAt4II4gAAAAA='
const CHALLENGE = 'NTLM TlRMTVNTUAACAAAABgAGADgAAAA='
const AUTHENTICATE = 'NTLM TlRMTVNTUAADAAAAGAAYAIYAAAA='
type Headers = readonly (readonly [string, string])[]

const request = (method: string, headers: Headers = [], values = {}) =>
  event('http-request', { method, headers, ...values })
const response = (method: string, status: number, headers: Headers = [], values = {}) =>
  event('http-response', { method, status, phrase: '', headers, ...values })
const round = (method: string, outcome: Event): Event[] => [
  request(method, [['authorization', NEGOTIATE]]),
  response(method, 401, [['www-authenticate', CHALLENGE]]),
  request(method, [['authorization', AUTHENTICATE]]),
  outcome,
]
const close = (seconds: number, values = {}) => mark('fin', { packet: 90, timeNs: seconds * SECOND, ...values })

const gateway = (events: Event[], marks: ReturnType<typeof mark>[] = [], values: Partial<AttemptParts> = {}): Attempt =>
  attempt({ events, tcp: { marks }, server: { port: 8080 } }, { transport: 'gateway-http', ...values })

describe('gateway-http-error', () => {
  it.each([302, 403, 404, 405, 501, 502, 503])('is confirmed by %i', status => {
    expect(claims(gateway([request('RDG_OUT_DATA'), response('RDG_OUT_DATA', status)]))).toEqual([
      'gateway-http-error (confirmed)',
    ])
  })

  it('tells status, phrase and sender', () => {
    const answer = response('RDG_OUT_DATA', 503, [['server', 'haproxy']], { phrase: 'Service Unavailable' })
    const { says } = verdictOf('gateway-http-error', gateway([request('RDG_OUT_DATA'), answer]))
    expect(says).toContain('HTTP 503 Service Unavailable')
    expect(says).toContain('"haproxy" (HAProxy, a load balancer)')
  })

  it('tells what the answer passed on its way, and that a proxy made it', () => {
    const said = (headers: Headers, phrase = '') =>
      verdictOf(
        'gateway-http-error',
        gateway([request('RDG_OUT_DATA'), response('RDG_OUT_DATA', 503, headers, { phrase })]),
      ).says
    expect(
      said([
        ['server', 'Microsoft-HTTPAPI/2.0'],
        ['via', '1.1 proxy7'],
      ]),
    ).toContain(
      'It comes from "Microsoft-HTTPAPI/2.0" (the HTTP service of a Windows server, as RD Gateway has it), and passed "1.1 proxy7".',
    )
    expect(said([['proxy-status', 'edge; error=connection_refused']])).toContain('was made by a proxy')
    expect(said([['server', 'Unheard/1']])).toMatch(/It comes from "Unheard\/1"\.$/)
  })

  it('reads the Windows error in the phrase of an RPC proxy', () => {
    const said = (phrase: string) =>
      verdictOf('gateway-http-error', gateway([request('RPC_OUT_DATA'), response('RPC_OUT_DATA', 503, [], { phrase })]))
        .says
    expect(said('RPC Error: 5')).toContain('access denied')
    expect(said('RPC Error: 6ba, EEInfo: x')).toContain('the RPC server is unavailable')
    expect(said('RPC Error: 4d2')).toContain('Windows error 0x4d2')
  })

  it('stays silent when the client fell back and works', () => {
    const events = [request('RDG_OUT_DATA'), response('RDG_OUT_DATA', 404)]
    expect(claims(gateway(events, [], { outcome: 'established' }))).toEqual([])
  })

  it('sees nothing inside TLS', () => {
    const sealed = attempt({ events: tls13Handshake() }, { transport: 'gateway-tls' })
    expect(verdictOf('gateway-http-error', sealed).verdict).toBe('not-visible')
    expect(verdictOf('gateway-http-error', attemptWith()).verdict).toBe('ruled-out')
  })
})

describe('gateway-auth-loop and gateway-auth-failed', () => {
  const split = (): Attempt => {
    const [first, challenge, last, refusal] = round(
      'RDG_OUT_DATA',
      response('RDG_OUT_DATA', 401, [['www-authenticate', 'NTLM']]),
    ) as [Event, Event, Event, Event]
    const one = conversation({ id: 0, client: { port: 40_001 }, events: [first, challenge] })
    const two = conversation({ id: 1, client: { port: 40_002 }, from: 20, fromNs: SECOND, events: [last, refusal] })
    return attemptWith({ conversations: [one, two], explained: two, transport: 'gateway-http' })
  }

  it('confirms a loop when the round travels over two connections', () => {
    expect(claims(split())).toEqual(['gateway-auth-loop (confirmed)'])
    expect(verdictOf('gateway-auth-failed', split()).verdict).toBe('ruled-out')
  })

  it('confirms refused credentials when the round stays on one', () => {
    const refused = gateway(round('RDG_OUT_DATA', response('RDG_OUT_DATA', 401, [['www-authenticate', 'NTLM']])))
    expect(claims(refused)).toEqual(['gateway-auth-failed (confirmed)'])
  })

  it('names the user, the missing channel bindings, and an account that may not use NTLM', () => {
    const [first, challenge, last] = round('RDG_OUT_DATA', response('RDG_OUT_DATA', 401)) as [Event, Event, Event]
    const token = event(
      'ntlm-authenticate',
      { user: 'bob', hasChannelBindings: false },
      { path: 'tcp/http1/security-token', packet: 6, timeNs: 50_000_000 },
    )
    const refusal = response('RDG_OUT_DATA', 401, [], { phrase: 'User Account Restricted' })
    const asked = { ...last, packet: 6, timeNs: 50_000_000 }
    const { says, evidence } = verdictOf('gateway-auth-failed', gateway([first, challenge, token, asked, refusal]))
    expect(says).toContain('The gateway refused the credentials of LAB\\bob')
    expect(says).toContain('401 User Account Restricted. So Windows answers members of Protected Users')
    expect(evidence[0]?.[1]).toContain('without channel bindings')
  })

  it('suspects a loop behind four complete rounds', () => {
    const events = Array.from({ length: 4 }, () => round('RDG_OUT_DATA', response('RDG_OUT_DATA', 401))).flat()
    expect(claims(gateway(events))).toEqual(['gateway-auth-loop (likely)'])
  })

  it('stays silent about the ordinary rounds of both channels', () => {
    const out = round('RDG_OUT_DATA', response('RDG_OUT_DATA', 200, [], { framing: 'until-close' }))
    const one = conversation({ events: out })
    const two = conversation({
      id: 1,
      from: 20,
      fromNs: SECOND,
      events: [
        ...round('RDG_IN_DATA', response('RDG_IN_DATA', 200)),
        request('RDG_IN_DATA', [], { framing: 'chunked' }),
      ],
    })
    const works = attemptWith({
      conversations: [one, two],
      explained: one,
      transport: 'gateway-http',
      outcome: 'unfinished',
    })
    expect(claims(works)).toEqual([])
  })

  it('suspects the schemes when the client does not go on behind a bare 401', () => {
    const events = [request('RDG_OUT_DATA'), response('RDG_OUT_DATA', 401, [['www-authenticate', 'Negotiate']])]
    expect(claims(gateway(events))).toEqual(['gateway-auth-failed (likely)'])
  })
})

describe('gateway-unanswered', () => {
  it('is likely after seconds without an answer, confirmed after the 90 s of the client', () => {
    const asked = [request('RDG_OUT_DATA')]
    expect(claims(gateway(asked, [close(5)]))).toEqual(['gateway-unanswered (likely)'])
    expect(claims(gateway(asked, [close(95)]))).toEqual(['gateway-unanswered (confirmed)'])
  })

  it('is confirmed by a close instead of an answer', () => {
    expect(claims(gateway([request('RDG_OUT_DATA')], [close(0.2, { direction: SERVER })]))).toEqual([
      'gateway-unanswered (confirmed)',
    ])
  })

  it('is normal for a second RDG_IN_DATA and for RPC_IN_DATA', () => {
    const events = [
      request('RDG_IN_DATA'),
      response('RDG_IN_DATA', 200),
      request('RDG_IN_DATA', [], { framing: 'chunked' }),
    ]
    expect(verdictOf('gateway-unanswered', gateway(events, [close(50)])).verdict).toBe('ruled-out')
    expect(verdictOf('gateway-unanswered', gateway([request('RPC_IN_DATA')], [close(50)])).verdict).toBe('ruled-out')
  })
})

describe('gateway-response-malformed', () => {
  const out = (values: object) => gateway([request('RDG_OUT_DATA'), response('RDG_OUT_DATA', 200, [], values)])

  it('is confirmed by an OUT answer that ends at the seed, and by lengths that differ', () => {
    expect(verdictOf('gateway-response-malformed', out({ framing: 'length', length: 100 })).verdict).toBe('confirmed')
    expect(verdictOf('gateway-response-malformed', out({ framing: 'invalid', oddity: 'two lengths' })).verdict).toBe(
      'confirmed',
    )
  })

  it('is information when the OUT answer is chunked', () => {
    expect(verdictOf('gateway-response-malformed', out({ framing: 'chunked' }))).toMatchObject({ severity: 'info' })
  })

  it('can not be seen in heads that were cut: what is left of a line looks like a line without a colon', () => {
    const events = [
      request('RDG_OUT_DATA'),
      response('RDG_OUT_DATA', 200, [], { oddity: 'a header line without a colon' }),
    ]
    expect(verdictOf('gateway-response-malformed', gateway(events)).verdict).toBe('likely')
    const cut = attempt({ events, cutPackets: 2 }, { transport: 'gateway-http' })
    expect(verdictOf('gateway-response-malformed', cut).verdict).toBe('not-visible')
  })

  it.each([
    ['without Content-Length', { framing: 'until-close' }],
    ['with Content-Length 2147483647', { framing: 'length', length: 2_147_483_647 }],
  ])('is ruled out by an OUT answer %s', (_name, values) => {
    expect(verdictOf('gateway-response-malformed', out(values)).verdict).toBe('ruled-out')
  })
})

describe('gateway-response-buffered', () => {
  it('is likely when nothing follows the 200 of the OUT channel until the asking side gives up', () => {
    const held = gateway([request('RDG_OUT_DATA'), response('RDG_OUT_DATA', 200)], [close(6)])
    expect(claims(held)).toEqual(['gateway-response-buffered (likely)'])
  })

  it('is ruled out by the IN channel', () => {
    const one = conversation({ events: [request('RDG_OUT_DATA'), response('RDG_OUT_DATA', 200)] })
    const two = conversation({ id: 1, from: 20, fromNs: SECOND, events: [request('RDG_IN_DATA')] })
    const on = attemptWith({
      conversations: [one, two],
      explained: one,
      transport: 'gateway-http',
      captureEndNs: 9 * SECOND,
    })
    expect(verdictOf('gateway-response-buffered', on).verdict).toBe('ruled-out')
  })
})

describe('gateway-websocket-refused', () => {
  const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
  const upgrade = request('RDG_OUT_DATA', [
    ['upgrade', 'websocket'],
    ['sec-websocket-key', KEY],
  ])
  const switched = (accept: string) => response('RDG_OUT_DATA', 101, [['sec-websocket-accept', accept]])

  it('is confirmed by a wrong Sec-WebSocket-Accept and by another status', () => {
    expect(verdictOf('gateway-websocket-refused', gateway([upgrade, switched('wrong')])).verdict).toBe('confirmed')
    expect(verdictOf('gateway-websocket-refused', gateway([upgrade, response('RDG_OUT_DATA', 200)])).verdict).toBe(
      'confirmed',
    )
  })

  it('is ruled out by the right one (RFC 6455 section 1.3)', () => {
    const good = gateway([upgrade, switched('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')])
    expect(verdictOf('gateway-websocket-refused', good).verdict).toBe('ruled-out')
  })

  it('is information when the client fell back and works', () => {
    const works = gateway([upgrade, response('RDG_OUT_DATA', 200)], [], { outcome: 'established' })
    expect(claims(works)).toEqual([])
  })

  it('hashes the literal text of any key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), key => {
        const expected = createHash('sha1')
          .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'latin1')
          .digest('base64')
        expect(acceptFor(key)).toBe(expected)
      }),
    )
  })
})

describe('gateway-closed', () => {
  const opened = [request('RDG_OUT_DATA'), response('RDG_OUT_DATA', 101)]

  it('is confirmed by a close of the gateway on the open channel', () => {
    expect(verdictOf('gateway-closed', gateway(opened, [close(1, { direction: SERVER })])).verdict).toBe('confirmed')
  })

  it('is ruled out when the client left first', () => {
    expect(verdictOf('gateway-closed', gateway(opened, [close(1)])).verdict).toBe('ruled-out')
  })
})

describe('gateway-response-malformed, of channels that must not end', () => {
  const verdict = (...events: Event[]) => verdictOf('gateway-response-malformed', gateway(events)).verdict
  const granted = () => [request('RDG_IN_DATA'), response('RDG_IN_DATA', 200, [], { framing: 'length', length: 0 })]

  it('is likely by an IN channel without chunks, which no request can fill', () => {
    expect(verdict(...granted(), request('RDG_IN_DATA'))).toBe('likely')
    expect(verdict(...granted(), request('RDG_IN_DATA', [], { framing: 'chunked' }))).toBe('ruled-out')
    expect(verdict(...granted(), request('RDG_IN_DATA', [], { framing: 'length', length: 1 << 30 }))).toBe('ruled-out')
    // Rounds of authentication have empty bodies.
    expect(verdict(request('RDG_IN_DATA'), response('RDG_IN_DATA', 401), ...granted())).toBe('ruled-out')
  })

  it('is likely by a channel of RPC over HTTP whose length is not that of a channel', () => {
    const rpcIn = (length: number) => request('RPC_IN_DATA', [], { framing: 'length', length })
    const rpcOut = (length: number) => [
      request('RPC_OUT_DATA'),
      response('RPC_OUT_DATA', 200, [], { framing: 'length', length }),
    ]
    expect(verdict(rpcIn(4096))).toBe('likely')
    expect(verdict(...rpcOut(4096))).toBe('likely')
    for (const length of [0, 16, 1 << 30]) expect(verdict(rpcIn(length))).toBe('ruled-out')
    for (const length of [20, 1 << 30]) expect(verdict(...rpcOut(length))).toBe('ruled-out')
  })
})

describe('gateway-unanswered and gateway-response-buffered', () => {
  it('tell what the request itself shows of the proxy', () => {
    const waits = gateway([request('RDG_OUT_DATA', [['expect', '100-continue']])], [close(5)])
    expect(verdictOf('gateway-unanswered', waits).evidence[0]?.[1]).toContain('waits for 100 Continue')
    const old = request('RDG_OUT_DATA', [], { version: 'HTTP/1.0' })
    const held = gateway([old, response('RDG_OUT_DATA', 200)], [close(9)])
    expect(verdictOf('gateway-response-buffered', held).evidence[0]?.[1]).toContain('over HTTP/1.0')
  })
})

describe('gateway-response-buffered, with both channels open', () => {
  const opened = () => [
    request('RDG_OUT_DATA'),
    response('RDG_OUT_DATA', 200, [], { framing: 'until-close' }),
    request('RDG_IN_DATA'),
    response('RDG_IN_DATA', 200),
    request('RDG_IN_DATA', [], { framing: 'chunked' }),
    event('rdg', { type: 1, code: -1 }),
  ]
  const verdict = (events: Event[], seconds: number) =>
    verdictOf('gateway-response-buffered', gateway(events, [close(seconds)])).verdict

  it('is likely when the first packet of the client gets no answer', () => {
    expect(verdict(opened(), 30)).toBe('likely')
    expect(claims(gateway(opened(), [close(30)]))).toEqual(['gateway-response-buffered (likely)'])
  })

  it('is ruled out by a packet of the gateway, and by a client that does not wait', () => {
    expect(verdict([...opened(), event('rdg', { type: 2 }, { direction: SERVER })], 30)).toBe('ruled-out')
    expect(verdict(opened(), 0.5)).toBe('ruled-out')
  })
})
