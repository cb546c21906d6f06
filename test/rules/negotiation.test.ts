import { describe, expect, it } from 'vitest'
import { foreignProtocol } from '../../dissectors/foreign.ts'
import type { Event } from '../../src/flow/event.ts'
import { attempt, attemptWith, claims, verdictOf } from '../support/attempt.ts'
import { conversation, event, mark, records } from '../support/conversation.ts'

const SECOND = 1e9
const SERVER = 1
const close = (seconds: number, values = {}) => mark('fin', { packet: 40, timeNs: seconds * SECOND, ...values })
const refused = (code: number, protocols = 1) =>
  attempt({ events: [event('negotiation-request', { protocols }), event('negotiation-failure', { code })] })

describe('nla-required', () => {
  it('is confirmed by failure 5, and beats the general rule', () => {
    expect(claims(refused(5))).toEqual(['nla-required (confirmed)'])
    const verdict = verdictOf('nla-required', refused(5))
    expect(verdict.says).toBe('The server requires NLA (CredSSP), and the client offered only TLS.')
    expect(verdict.evidence.map(([place]) => place.packet)).toEqual([4, 5])
  })

  it('is ruled out by an accepted negotiation, another code, and a retry that worked', () => {
    const accepted = attempt({ events: [event('negotiation-request'), event('negotiation-response')] })
    expect(verdictOf('nla-required', accepted).verdict).toBe('ruled-out')
    expect(verdictOf('nla-required', refused(2)).verdict).toBe('ruled-out')
    const retried = attempt(
      { events: [event('negotiation-request', { protocols: 1 }), event('negotiation-failure', { code: 5 })] },
      { outcome: 'established' },
    )
    expect(claims(retried)).toEqual([])
  })

  it('is no proof when the client had offered NLA all the same', () => {
    expect(claims(refused(5, 3))).toEqual(['nla-required (likely)'])
  })

  it('sees nothing without a negotiation', () => {
    expect(verdictOf('nla-required', attemptWith()).verdict).toBe('not-visible')
  })
})

describe('security-negotiation-failed', () => {
  it.each([1, 2, 4, 6, 99])('is confirmed by failure %i', code => {
    expect(claims(refused(code))).toEqual(['security-negotiation-failed (confirmed)'])
  })

  it('does not say what the client offered where its request is missing', () => {
    const { says } = verdictOf(
      'security-negotiation-failed',
      attempt({ events: [event('negotiation-failure', { code: 2 })] }),
    )
    expect(says).toMatch(/^The server refused the negotiation because /)
  })

  it('names an unknown code by its number', () => {
    expect(verdictOf('security-negotiation-failed', refused(99)).says).toContain('failure code 99')
  })

  const selected = (protocols: number, choice: number, leaves: number) =>
    attempt({
      events: [event('negotiation-request', { protocols }), event('negotiation-response', { selected: choice })],
      tcp: { marks: [close(leaves)] },
    })

  it('is confirmed when the client leaves a selection that it had not offered', () => {
    expect(claims(selected(1, 0, 0.05))).toEqual(['security-negotiation-failed (confirmed)'])
  })

  it('is likely when a client that offered NLA leaves TLS alone at once', () => {
    expect(claims(selected(3, 1, 0.06))).toEqual(['security-negotiation-failed (likely)'])
  })

  it('does not take a person who cancels the logon prompt for it', () => {
    const cancelled = selected(3, 2, 20)
    expect(claims(cancelled)).toEqual([])
    expect(verdictOf('client-aborted', cancelled)).toMatchObject({ verdict: 'likely', severity: 'info' })
  })

  it('is ruled out when the client goes on', () => {
    const on = attempt({
      events: [event('negotiation-request'), event('negotiation-response'), event('client-hello')],
    })
    expect(verdictOf('security-negotiation-failed', on).verdict).toBe('ruled-out')
  })
})

describe('server-certificate-unusable', () => {
  it('is confirmed by failure 3', () => {
    expect(claims(refused(3))).toEqual(['server-certificate-unusable (confirmed)'])
  })

  it('is possible when the server ends a direct connection at the ClientHello', () => {
    const closed = attempt({
      events: [event('negotiation-request'), event('negotiation-response'), event('client-hello')],
      tcp: { marks: [mark('reset', { direction: SERVER })] },
    })
    expect(verdictOf('server-certificate-unusable', closed).verdict).toBe('possible')
  })

  it('is ruled out by a certificate: its key works', () => {
    const works = attempt({
      events: [event('negotiation-response'), event('client-hello'), event('server-hello'), event('certificate')],
    })
    expect(verdictOf('server-certificate-unusable', works).verdict).toBe('ruled-out')
  })
})

describe('x224-no-confirm', () => {
  const asked = (marks: ReturnType<typeof mark>[], values = {}, seconds = 0) =>
    attempt({ events: [event('negotiation-request')], tcp: { marks }, ...values }, { captureEndNs: seconds * SECOND })

  it('is confirmed by a close or a reset in answer to the request', () => {
    expect(claims(asked([close(0.1, { direction: SERVER })]))).toEqual(['x224-no-confirm (confirmed)'])
    const reset = mark('reset', { packet: 40, timeNs: 0.1 * SECOND, direction: SERVER })
    expect(claims(asked([reset]))).toEqual(['x224-no-confirm (confirmed)'])
  })

  it('is confirmed by an X.224 disconnect', () => {
    const events = [event('negotiation-request'), event('x224-disconnect', { reason: 2 }, { direction: SERVER })]
    expect(claims(attempt({ events }))).toEqual(['x224-no-confirm (confirmed)'])
  })

  it('is likely after seconds of silence, and confirmed after ten', () => {
    const acked = { serverSide: { packets: 2, lastPacket: 5 }, packets: [4, 2] as const }
    expect(claims(asked([close(3.6)], acked))).toEqual(['x224-no-confirm (likely)'])
    expect(claims(asked([close(15)], acked))).toEqual(['x224-no-confirm (confirmed)'])
  })

  it('does not blame the server when the client leaves at once', () => {
    const left = asked([close(0.5)])
    expect(verdictOf('x224-no-confirm', left).verdict).toBe('not-visible')
    expect(claims(left)).toEqual(['client-aborted (likely)'])
  })

  it('sees nothing where the FIN of the server stands behind bytes that are missing', () => {
    const behind = close(0.1, { direction: SERVER, sequence: 20 })
    expect(verdictOf('x224-no-confirm', asked([behind])).verdict).toBe('not-visible')
  })

  it('sees nothing in a capture of one direction', () => {
    const oneSided = asked([], { packets: [5, 0], serverSide: { lastPacket: 0 } }, 20)
    expect(claims(oneSided)).toEqual([])
    expect(verdictOf('x224-no-confirm', oneSided).verdict).toBe('not-visible')
  })

  it('is ruled out by a confirm, and by another service', () => {
    expect(verdictOf('x224-no-confirm', refused(5)).verdict).toBe('ruled-out')
    const ssh = attempt({
      events: [event('negotiation-request'), event('unrecognised')],
      tcp: { marks: [close(0.1, { direction: SERVER })] },
    })
    expect(claims(ssh)).toEqual(['foreign-service (confirmed)'])
  })
})

describe('foreign-service', () => {
  it.each([
    ['SSH-2.0-OpenSSH_9.2\r\n', 'an SSH server'],
    ['RFB 003.008\n', 'a VNC server'],
    ['\xff\xfb\x01\xff\xfb\x03', 'a Telnet server'],
    ['\x01\x02\x03\x04\x05', 'an unknown protocol (01 02 03 04 05)'],
  ])('knows %j', (first, name) => {
    const answer = event('unrecognised', { first, protocol: foreignProtocol(first) })
    const other = attempt({ events: [event('negotiation-request'), answer] })
    expect(verdictOf('foreign-service', other).says).toContain(name)
  })

  it('is confirmed by HTTP in answer to a ClientHello, and nothing else is claimed', () => {
    const web = attempt({
      events: [event('client-hello'), event('http-response', { status: 400, phrase: 'Bad Request', method: '' })],
      tcp: { marks: [close(0.2, { direction: SERVER })] },
    })
    expect(claims(web)).toEqual(['foreign-service (confirmed)'])
    expect(verdictOf('foreign-service', web).says).toContain(
      'a web server (HTTP 400 Bad Request) answers a TLS ClientHello',
    )
  })

  it('is confirmed by a TLS alert in answer to the RDP connection request', () => {
    const tls = attempt({ events: [event('negotiation-request'), event('alert', { code: 10 })] })
    expect(verdictOf('foreign-service', tls).verdict).toBe('confirmed')
  })

  it('is ruled out where the client went on to TLS: the confirm was there, though the capture misses it', () => {
    const events = [event('negotiation-request'), event('client-hello'), event('server-hello')]
    expect(verdictOf('foreign-service', attempt({ events })).verdict).toBe('ruled-out')
  })

  it('can not be seen in an unknown answer to a question that is missing; a known name tells all the same', () => {
    const answered = (first: string) =>
      attempt({
        events: [event('client-hello'), event('unrecognised', { first, protocol: foreignProtocol(first) })],
        clientSide: { ackedUnseen: 1 },
      })
    expect(verdictOf('foreign-service', answered('\x05\x00\x05\x00\x00\x01')).verdict).toBe('not-visible')
    expect(verdictOf('foreign-service', answered('SSH-2.0-OpenSSH_9.2\r\n')).verdict).toBe('confirmed')
  })

  it('is confirmed by a banner from a server that speaks first', () => {
    const ftp = attempt({ events: [event('unrecognised', { first: '220 ready\r\n' })] })
    expect(verdictOf('foreign-service', ftp).verdict).toBe('confirmed')
  })

  it('is ruled out by the right service, and not visible in silence', () => {
    expect(verdictOf('foreign-service', refused(5)).verdict).toBe('ruled-out')
    expect(verdictOf('foreign-service', attempt({ events: [event('negotiation-request')] })).verdict).toBe(
      'not-visible',
    )
  })
})

describe('proxy-connect-refused', () => {
  const asked = event('http-request', { method: 'CONNECT', target: 'gw.lab.test:443' })
  const answered = (status: number, phrase = '') =>
    event('http-response', { method: 'CONNECT', target: 'gw.lab.test:443', status, phrase })

  it('tells how far the authentication to the proxy came', () => {
    const wants = (...schemes: string[]) =>
      event('http-response', {
        method: 'CONNECT',
        status: 407,
        headers: schemes.map(scheme => ['proxy-authenticate', scheme] as const),
      })
    const sends = (value: string) =>
      event('http-request', { method: 'CONNECT', target: 'gw.lab.test:443', headers: [['proxy-authorization', value]] })
    const said = (...events: Event[]) => verdictOf('proxy-connect-refused', attempt({ events })).says
    expect(said(asked, wants('Negotiate', 'NTLM'))).toContain(
      'it wants authentication (Negotiate, NTLM), and the client did not offer any',
    )
    expect(said(asked, wants('NTLM'), sends('NTLM TlRMTVNTUAAB'), wants('NTLM TlRMTVNTUAAC'))).toContain(
      'the client began with NTLM and did not go on',
    )
    expect(said(asked, wants('Basic realm="x"'), sends('Basic (hidden)'), wants('Basic realm="x"'))).toContain(
      "it refused the client's logon by Basic",
    )
  })

  it.each([403, 407, 503])('is confirmed by %i', status => {
    expect(claims(attempt({ events: [asked, answered(status)] }))).toEqual(['proxy-connect-refused (confirmed)'])
  })

  it('names the error of the proxy where it tells one', () => {
    const squid = event('http-response', {
      method: 'CONNECT',
      status: 503,
      phrase: 'Service Unavailable',
      headers: [['x-squid-error', 'ERR_CONNECT_FAIL 111']],
    })
    const { says } = verdictOf('proxy-connect-refused', attempt({ events: [asked, squid] }))
    expect(says).toContain('503 Service Unavailable (ERR_CONNECT_FAIL 111)')
  })

  it('is likely after seconds of silence, confirmed by a close instead of an answer', () => {
    const silent = attempt({ events: [asked], tcp: { marks: [close(4.6)] } })
    expect(claims(silent)).toEqual(['proxy-connect-refused (likely)'])
    const closed = attempt({ events: [asked], tcp: { marks: [close(0.1, { direction: SERVER })] } })
    expect(claims(closed)).toEqual(['proxy-connect-refused (confirmed)'])
  })

  it('is ruled out by 200, also behind a 407 that the client answered', () => {
    const events = [asked, answered(407), asked, answered(200), event('client-hello')]
    expect(verdictOf('proxy-connect-refused', attempt({ events })).verdict).toBe('ruled-out')
  })

  it('can not be seen where the client asked again, and one of question and answer is missing', () => {
    const data = { serverSide: { lastDataPacket: 90 } }
    const answerMissing = attempt({ events: [asked, answered(407), asked], ...data })
    const questionMissing = attempt({ events: [asked, answered(407)], clientSide: { ackedUnseen: 1 }, ...data })
    for (const one of [answerMissing, questionMissing]) {
      expect(verdictOf('proxy-connect-refused', one).verdict).toBe('not-visible')
    }
    expect(verdictOf('proxy-connect-refused', attempt({ events: [asked], ...data })).verdict).toBe('not-visible')
  })

  it('is confirmed by a refusal of SOCKS, and ruled out by its grant', () => {
    const request = event('socks-request', { host: 'rdsh.lab.test', port: 3389 }, { path: 'tcp/socks' })
    const refused = attempt({ events: [request, event('socks-reply', { code: 2, granted: false })] })
    expect(claims(refused)).toEqual(['proxy-connect-refused (confirmed)'])
    expect(verdictOf('proxy-connect-refused', refused).says).toContain(
      'rdsh.lab.test:3389 with code 2: its rules forbid this target',
    )
    const granted = attempt({ events: [request, event('socks-reply'), event('negotiation-request')] })
    expect(verdictOf('proxy-connect-refused', granted).verdict).toBe('ruled-out')
  })

  it('is confirmed on the leg of the client where the leg of the proxy is the one to explain', () => {
    const near = conversation({ events: [asked, answered(504)] })
    const far = conversation({ id: 1, from: 20, tcp: { marks: [mark('syn'), mark('syn')] }, server: { port: 443 } })
    const both = attemptWith({ conversations: [near, far], explained: far })
    expect(verdictOf('proxy-connect-refused', both).verdict).toBe('confirmed')
  })

  it('sees nothing without CONNECT', () => {
    expect(verdictOf('proxy-connect-refused', refused(5)).verdict).toBe('not-visible')
  })
})

describe('server-ended-session', () => {
  const session = [
    event('negotiation-request', { protocols: 0 }),
    event('negotiation-response', { selected: 0 }),
    event('rdp-data'),
  ]

  it('tells of an ultimatum of the server, as information', () => {
    const ended = attempt({
      events: [...session, event('disconnect-provider-ultimatum', { reason: 3 })],
      tcp: { marks: [close(1, { direction: SERVER })] },
    })
    expect(verdictOf('server-ended-session', ended)).toMatchObject({ verdict: 'confirmed' })
    expect(claims(ended)).toEqual([])
  })

  it('is ruled out when the client had left before', () => {
    const late = attempt({
      events: [...session, event('disconnect-provider-ultimatum', { reason: 3 }, { packet: 60 })],
      tcp: { marks: [close(0.5)] },
    })
    expect(verdictOf('server-ended-session', late).verdict).toBe('ruled-out')
  })

  it('sees nothing inside TLS', () => {
    const events = [event('negotiation-response'), event('client-hello'), ...records(-100, 100)]
    expect(verdictOf('server-ended-session', attempt({ events })).verdict).toBe('not-visible')
  })
})

describe('an attempt of several connections', () => {
  it('is judged by the one to explain', () => {
    const first = conversation({ events: [event('negotiation-request'), event('negotiation-failure', { code: 2 })] })
    const second = conversation({
      from: 20,
      fromNs: SECOND,
      id: 1,
      tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] },
    })
    const both = attemptWith({ conversations: [first, second], explained: first })
    expect(claims(both)).toEqual(['security-negotiation-failed (confirmed)'])
  })
})
