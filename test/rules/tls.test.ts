import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/flow/event.ts'
import { attempt, attemptWith, claims, history, verdictOf } from '../support/attempt.ts'
import { event, icmp, mark, records, tls12Handshake, tls13Handshake } from '../support/conversation.ts'

const SECOND = 1e9
const CLIENT = 0
const SERVER = 1
const close = (seconds: number, values = {}) => mark('fin', { packet: 90, timeNs: seconds * SECOND, ...values })
const hello = (values = {}) => event('client-hello', values)
const serverAlert = (code: number) => event('alert', { code })
const clientAlert = (code: number) => event('alert', { code }, { direction: CLIENT })

describe('tls-version-mismatch', () => {
  it('is confirmed by alert 70 of the server', () => {
    const refused = attempt({ events: [hello({ versions: [], version: 0x0303 }), serverAlert(70)] })
    expect(claims(refused)).toEqual(['tls-version-mismatch (confirmed)'])
    expect(verdictOf('tls-version-mismatch', refused).says).toContain('alert 70 (protocol_version)')
  })

  it('is confirmed by a version that the client did not offer', () => {
    const events = [hello({ versions: [0x0304], suites: [0xc030] }), event('server-hello', { version: 0x0303 })]
    const left = attempt({ events, tcp: { marks: [close(0.2)] } })
    expect(claims(left)).toEqual(['tls-version-mismatch (confirmed)'])
  })

  it.each([80, 40])('is likely when TLS 1.0 was chosen and the client refused with alert %i', code => {
    const events = [
      hello({ suites: [0xc014] }),
      event('server-hello', { version: 0x0301, suite: 0xc014 }),
      event('certificate'),
      event('handshake', { type: 14 }),
      clientAlert(code),
    ]
    const offered = [hello({ suites: [0xc014], versions: [0x0303, 0x0302, 0x0301] }), ...events.slice(1)]
    expect(claims(attempt({ events: offered }))).toEqual(['tls-version-mismatch (likely)'])
  })

  it('is likely when an old client meets alert 40', () => {
    const old = attempt({ events: [hello({ versions: [], version: 0x0301 }), serverAlert(40)] })
    expect(claims(old)).toEqual(['tls-version-mismatch (likely)'])
  })

  it('is likely when the server closes silently and spoke only higher versions with others', () => {
    const closed = attempt(
      { events: [hello({ versions: [], version: 0x0302 })], tcp: { marks: [close(0.1, { direction: SERVER })] } },
      { history: history({ attempts: 5, established: 4, versions: [0x0304], suites: [0x1302] }) },
    )
    expect(claims(closed)).toEqual(['tls-version-mismatch (likely)'])
  })

  it('is ruled out by a handshake that comes to its end', () => {
    const done = attempt({ events: tls12Handshake() }, { outcome: 'established' })
    expect(verdictOf('tls-version-mismatch', done).verdict).toBe('ruled-out')
    expect(verdictOf('tls-cipher-mismatch', done).verdict).toBe('ruled-out')
  })

  it('sees nothing without a hello', () => {
    expect(verdictOf('tls-version-mismatch', attemptWith()).verdict).toBe('not-visible')
    expect(verdictOf('tls-cipher-mismatch', attemptWith()).verdict).toBe('not-visible')
  })
})

describe('tls-cipher-mismatch', () => {
  it.each([40, 71])('is confirmed by alert %i in answer to the ClientHello', code => {
    expect(claims(attempt({ events: [hello(), serverAlert(code)] }))).toEqual(['tls-cipher-mismatch (confirmed)'])
  })

  it('is not claimed where a ServerHello may be missing before the alert', () => {
    for (const missing of [{ serverSide: { ackedUnseen: 1 } }, { clientSide: { ackedUnseen: 1 } }]) {
      const holed = attempt({ events: [hello(), serverAlert(40)], ...missing })
      expect(claims(holed)).toEqual([])
    }
  })

  it('is likely at alert 47', () => {
    expect(claims(attempt({ events: [hello(), serverAlert(47)] }))).toEqual(['tls-cipher-mismatch (likely)'])
  })

  it('is confirmed by a suite that the client did not offer', () => {
    const events = [hello({ suites: [0x1301] }), event('server-hello', { version: 0x0303, suite: 0xc030 })]
    const left = attempt({ events, tcp: { marks: [close(0.2)] } })
    expect(claims(left)).toEqual(['tls-cipher-mismatch (confirmed)'])
  })

  it('is likely when the server closes silently and used none of the suites with others', () => {
    const closed = attempt(
      { events: [hello({ suites: [0x0005] })], tcp: { marks: [close(0.1, { direction: SERVER })] } },
      { history: history({ attempts: 5, established: 4, versions: [0x0303], suites: [0xc030] }) },
    )
    expect(claims(closed)).toEqual(['tls-cipher-mismatch (likely)'])
  })
})

describe('tls-handshake-refused', () => {
  it.each(['fin', 'reset'] as const)('is confirmed by a %s of the server behind the ClientHello', kind => {
    const closed = attempt({ events: [hello()], tcp: { marks: [mark(kind, { packet: 90, direction: SERVER })] } })
    expect(claims(closed)).toEqual(['tls-handshake-refused (confirmed)'])
  })

  it('is confirmed by an alert without a telling code', () => {
    expect(claims(attempt({ events: [hello(), serverAlert(80)] }))).toEqual(['tls-handshake-refused (confirmed)'])
    expect(claims(attempt({ events: [hello(), serverAlert(112)] }))).toEqual(['tls-handshake-refused (confirmed)'])
  })

  it('says nothing where the answer is missing in the capture', () => {
    const drops = attempt({
      events: [hello()],
      serverSide: { ackedUnseen: 2 },
      tcp: { marks: [close(1, { direction: SERVER })] },
    })
    expect(claims(drops)).toEqual([])
  })

  it('takes an alert of the server behind the FIN of the client for what it is: nothing', () => {
    const after = attempt({
      events: [
        event('negotiation-request', { protocols: 1 }),
        event('negotiation-response', { selected: 1 }),
        event('alert', { code: 50 }, { packet: 95 }),
      ],
      tcp: { marks: [close(20)] },
    })
    expect(claims(after)).toEqual([])
  })

  it('is ruled out by a ServerHello, and not visible without a hello', () => {
    expect(verdictOf('tls-handshake-refused', attempt({ events: tls12Handshake() })).verdict).toBe('ruled-out')
    expect(verdictOf('tls-handshake-refused', attemptWith()).verdict).toBe('not-visible')
  })
})

describe('tls-handshake-unanswered', () => {
  const silent = (seconds: number, clientSide = {}, values = {}) =>
    attempt(
      { events: [hello()], clientSide, serverSide: { lastPacket: 5 }, packets: [3, 2], ...values },
      { captureEndNs: seconds * SECOND },
    )

  it('is likely when the hello was acknowledged and nothing followed for seconds', () => {
    expect(claims(silent(4))).toEqual(['tls-handshake-unanswered (likely)'])
    expect(verdictOf('tls-handshake-unanswered', silent(4)).says).toContain('acknowledged, but never answered')
  })

  it('is confirmed past the timer of the server, or by resends in vain', () => {
    expect(claims(silent(70))).toEqual(['tls-handshake-unanswered (confirmed)'])
    const resent = {
      unacknowledged: 318,
      stalledResends: 5,
      stalledLength: 318,
      stalledLastPacket: 12,
      stalledLastNs: 3e9,
    }
    expect(claims(silent(4, resent))).toEqual(['tls-handshake-unanswered (confirmed)'])
    expect(verdictOf('tls-handshake-unanswered', silent(4, resent)).says).toContain('sent again 5 times')
  })

  it('does not speak of silence too early', () => {
    expect(verdictOf('tls-handshake-unanswered', silent(1)).verdict).toBe('not-visible')
  })

  it('leaves it to the path where the path says so', () => {
    const unreachable = silent(4, {}, { icmp: [icmp({ packet: 20 })] })
    expect(verdictOf('tls-handshake-unanswered', unreachable).verdict).toBe('ruled-out')
  })

  it('is ruled out by an answer', () => {
    expect(verdictOf('tls-handshake-unanswered', attempt({ events: tls12Handshake() })).verdict).toBe('ruled-out')
  })
})

describe('tls-version-deprecated', () => {
  const session = (version: number) =>
    attempt(
      { events: [hello(), event('server-hello', { version }), event('certificate'), ...records(-100, 100)] },
      { outcome: 'established' },
    )

  it('tells of TLS 1.0 and 1.1 that work, as information', () => {
    expect(verdictOf('tls-version-deprecated', session(0x0301)).verdict).toBe('confirmed')
    expect(claims(session(0x0301))).toEqual([])
  })

  it('is ruled out by later versions, and not visible without a session', () => {
    expect(verdictOf('tls-version-deprecated', session(0x0303)).verdict).toBe('ruled-out')
    expect(verdictOf('tls-version-deprecated', attemptWith()).verdict).toBe('not-visible')
  })
})

describe('nla-logon-failed', () => {
  it('is confirmed by the error code of a decrypted TSRequest', () => {
    const events = [event('negotiation-request'), event('negotiation-response'), ...tls12Handshake()]
    const answer = event('credssp', { errorCode: 0xc000006d }, { direction: 1 })
    const { verdict, says } = verdictOf('nla-logon-failed', attempt({ events: [...events, answer] }))
    expect(verdict).toBe('confirmed')
    expect(says).toContain('STATUS_LOGON_FAILURE (0xC000006D): bad user name or password')
  })

  const negotiated = (selected = 8) => [event('negotiation-request'), event('negotiation-response', { selected })]
  const refused = (...lengths: number[]) =>
    attempt({
      events: [...negotiated(), ...tls12Handshake(), ...records(...lengths)],
      tcp: { marks: [mark('reset', { packet: 90 })] },
    })

  it('is likely when the last logon message meets a record of the size of a CredSSP error', () => {
    // Sizes as mstsc and Windows write them with TLS 1.2 and AES-GCM: 44 bytes on the wire for the error.
    const logon = refused(-81, 319, -735, 39)
    expect(claims(logon)).toEqual(['nla-logon-failed (likely)'])
  })

  it('is likely when the server leaves with an alert behind the last logon message', () => {
    const logon = attempt({
      events: [...negotiated(2), ...tls13Handshake(), ...records(250, 250, -110, 179, -456, 19)],
      tcp: { marks: [close(3, { direction: SERVER })] },
    })
    expect(claims(logon)).toEqual(['nla-logon-failed (likely)'])
  })

  it('does not read an early user authorization result as a refusal', () => {
    expect(verdictOf('nla-logon-failed', refused(-81, 319, -735, 28)).verdict).toBe('not-visible')
  })

  it('is ruled out without NLA, and by a session', () => {
    const tls = attempt({ events: [...negotiated(1), ...tls12Handshake(), ...records(-81, 319, -735, 39)] })
    expect(verdictOf('nla-logon-failed', tls).verdict).toBe('ruled-out')
    const session = attempt({ events: [...negotiated(), ...tls12Handshake()] }, { outcome: 'established' })
    expect(verdictOf('nla-logon-failed', session).verdict).toBe('ruled-out')
  })
})

describe('session-aborted-by-server', () => {
  const session = [event('negotiation-request'), event('negotiation-response', { selected: 1 }), ...tls12Handshake()]
  const cut = (lengths: number[], values = {}, transport: 'direct' | 'gateway-tls' = 'direct') =>
    attempt(
      { events: [...session, ...records(...lengths)], tcp: { marks: [close(5, { direction: SERVER, ...values })] } },
      { transport },
    )

  it('is confirmed by a close of the server without a farewell', () => {
    expect(claims(cut([-486, 150, -36, 35, -36, 600]))).toEqual(['session-aborted-by-server (confirmed)'])
  })

  it('is ruled out by the record of a Disconnect Provider Ultimatum before', () => {
    expect(verdictOf('session-aborted-by-server', cut([-486, 150, -36, 35, 33])).verdict).toBe('ruled-out')
  })

  it('is ruled out by a close_notify before', () => {
    const farewell = event('alert', { code: -1, level: 0, sealed: true, length: 26 }, { direction: SERVER })
    const events = [...session, ...records(-486, 150, -36, 600), farewell]
    const ended = attempt({ events, tcp: { marks: [close(5, { direction: SERVER })] } })
    expect(verdictOf('session-aborted-by-server', ended).verdict).toBe('ruled-out')
  })

  it('does not claim it of a web server that closes behind its answer', () => {
    expect(claims(cut([-486, 1500], {}, 'gateway-tls'))).toEqual([])
    expect(verdictOf('session-aborted-by-server', cut([-486, 1500], {}, 'gateway-tls')).verdict).toBe('possible')
  })

  it('is likely when a gateway resets its stream', () => {
    const reset = attempt(
      {
        events: [...session, ...records(-486, 1500)],
        tcp: { marks: [mark('reset', { packet: 90, direction: SERVER })] },
      },
      { transport: 'gateway-tls' },
    )
    expect(claims(reset)).toEqual(['session-aborted-by-server (likely)'])
  })

  it('is likely directly behind the confirm or the TLS handshake, but information when the timer of the server ran out', () => {
    const confirmed = [event('negotiation-request'), event('negotiation-response', { selected: 1 })]
    const ended = (events: Event[], seconds: number) =>
      attempt({ events, tcp: { marks: [close(seconds, { direction: SERVER })] } })
    expect(claims(ended(confirmed, 2))).toEqual(['session-aborted-by-server (likely)'])
    expect(claims(ended([...confirmed, ...tls12Handshake()], 2))).toEqual(['session-aborted-by-server (likely)'])
    expect(claims(ended(confirmed, 60))).toEqual([])
  })

  it('is ruled out when the client left first', () => {
    expect(verdictOf('session-aborted-by-server', cut([-486, 600], { direction: CLIENT })).verdict).toBe('ruled-out')
  })
})

describe('client-aborted', () => {
  it('is likely when the client leaves while it waits, and only information where it was the logon prompt', () => {
    const events = [event('negotiation-request')]
    const left = attempt({ events, tcp: { marks: [close(0.5)] } })
    expect(claims(left)).toEqual(['client-aborted (likely)'])
  })

  it('is no more than possible inside the encrypted session', () => {
    const events = [
      event('negotiation-request'),
      event('negotiation-response'),
      ...tls12Handshake(),
      ...records(-486, 150),
    ]
    const left = attempt({ events, tcp: { marks: [close(5)] } })
    expect(verdictOf('client-aborted', left)).toMatchObject({ verdict: 'possible' })
  })

  it('is ruled out by a session that worked, and by a server that left first', () => {
    const mstsc = attempt({ events: tls12Handshake(), tcp: { marks: [mark('reset')] } }, { outcome: 'established' })
    expect(verdictOf('client-aborted', mstsc).verdict).toBe('ruled-out')
    const server = attempt({
      events: [event('negotiation-request')],
      tcp: { marks: [close(0.5, { direction: SERVER })] },
    })
    expect(verdictOf('client-aborted', server).verdict).toBe('ruled-out')
  })

  it('sees nothing where nobody closed', () => {
    expect(verdictOf('client-aborted', attempt({ events: [event('negotiation-request')] })).verdict).toBe('not-visible')
  })
})
