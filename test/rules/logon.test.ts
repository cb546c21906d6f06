/** The logon by CredSSP: whose finding a refusal is. Codes: MS-CSSP 2.2.1, MS-ERREF 2.3.1; errors of Kerberos: RFC 4120 7.5.9. */
import { describe, expect, it } from 'vitest'
import type { CertificateSummary } from '../../dissectors/tls-facts.ts'
import type { Event } from '../../src/flow/event.ts'
import { attempt, attemptWith, claims, verdictOf } from '../support/attempt.ts'
import { conversation, event, mark, records, tls12Handshake } from '../support/conversation.ts'

const SERVER = 1
const LOGON_FAILURE = 0xc000006d
const ACCOUNT_RESTRICTION = 0xc000006e
const NOT_SUPPORTED = 0xc00000bb
const NTLM_BLOCKED = 0xc0000418
const UNSUPPORTED_FUNCTION = 0x80090302
const TIME_SKEW = 0x80090324
const WORKED = { outcome: 'established' } as const

const negotiated = (selected = 8): Event[] => [
  event('negotiation-request'),
  event('negotiation-response', { selected }),
]
const secured = (name = 'rdp.lab.test') => [...negotiated(), ...tls12Handshake(name)]
const asks = (values = {}) => event('credssp', { hasTokens: true, ...values })
const answers = (values = {}) => event('credssp', values, { direction: SERVER })
const ntlm = (target = 'TERMSRV/rdp.lab.test', client = 6, server = 6): Event[] => [
  asks({ version: client }),
  event('ntlm-negotiate'),
  answers({ hasTokens: true, version: server }),
  event('ntlm-challenge'),
  asks({ version: client, publicKeyBytes: 48 }),
  event('ntlm-authenticate', { targetName: target }),
]
const left = { marks: [mark('reset', { packet: 60, timeNs: 2e9 })] }
const closed = { marks: [mark('fin', { packet: 60, timeNs: 2e9, direction: SERVER })] }
const refused = (errorCode: number, said = ntlm(), version = 6) =>
  attempt({ events: [...secured(), ...said, answers({ errorCode, version })], tcp: left })
const ticket = event(
  'kerberos-request',
  { messageType: 14, service: 'TERMSRV/rdp.lab.test' },
  { path: 'tcp/tls/credssp' },
)

describe('nla-logon-failed', () => {
  it('is confirmed by an error code, with who asked for what', () => {
    const one = refused(LOGON_FAILURE)
    const { verdict, says, evidence } = verdictOf('nla-logon-failed', one)
    expect(verdict).toBe('confirmed')
    expect(says).toBe(
      'The server refused the logon of LAB\\alice with STATUS_LOGON_FAILURE (0xC000006D): bad user name or password.',
    )
    expect(evidence.map(([, sentence]) => sentence)).toEqual([
      'The client logs on with NTLM, for TERMSRV/rdp.lab.test.',
      'The server answers with STATUS_LOGON_FAILURE (0xC000006D): bad user name or password.',
    ])
    expect(claims(one)).toEqual(['nla-logon-failed (confirmed)'])
  })

  it('names an unknown code by its number', () => {
    expect(verdictOf('nla-logon-failed', refused(0xc0001234)).says).toContain('error 0xC0001234')
  })

  it('is confirmed when SPNEGO rejects', () => {
    const reject = event('spnego', { state: 2 }, { direction: SERVER })
    const one = attempt({ events: [...secured(), ...ntlm(), answers({ hasTokens: true }), reject], tcp: left })
    expect(claims(one)).toEqual(['nla-logon-failed (confirmed)'])
  })

  it('is likely when the server ends the connection in answer to the last message', () => {
    const one = attempt({ events: [...secured(), ...ntlm()], tcp: closed })
    expect(claims(one)).toEqual(['nla-logon-failed (likely)'])
    expect(verdictOf('nla-logon-failed', one).toSettle).toContain('4625')
    const byClient = attempt({ events: [...secured(), ...ntlm()], tcp: left })
    expect(verdictOf('nla-logon-failed', byClient).verdict).toBe('not-visible')
    expect(claims(byClient)).toEqual(['client-aborted (likely)'])
  })

  it('is ruled out by an accepted logon, a session, TLS alone, and the rule that knows better', () => {
    const accepted = attempt({ events: [...secured(), ...ntlm(), answers({ publicKeyBytes: 48 })], tcp: closed })
    expect(verdictOf('nla-logon-failed', accepted).verdict).toBe('ruled-out')
    expect(verdictOf('nla-logon-failed', attempt({ events: secured() }, WORKED)).verdict).toBe('ruled-out')
    expect(verdictOf('nla-logon-failed', attempt({ events: negotiated(1) })).verdict).toBe('ruled-out')
    for (const code of [NTLM_BLOCKED, TIME_SKEW]) {
      expect(verdictOf('nla-logon-failed', refused(code)).verdict).toBe('ruled-out')
    }
  })

  it('sees nothing without a negotiation, or in sizes that do not tell', () => {
    expect(verdictOf('nla-logon-failed', attemptWith()).verdict).toBe('not-visible')
    const sealed = attempt({ events: [...secured(), ...records(-81, 319)], tcp: closed })
    expect(verdictOf('nla-logon-failed', sealed).verdict).toBe('not-visible')
  })
})

describe('nla-logon-failed, by Kerberos in clear', () => {
  const KDC = { address: '10.0.0.10', port: 88 }
  const kdc = (...events: Event[]) => conversation({ id: 7, from: 7, server: KDC, events })
  const beside = (events: Event[], ...asked: Event[]) => {
    const main = conversation({ events, tcp: left })
    return attemptWith({ conversations: [main, kdc(...asked)], explained: main })
  }
  const sealed = (cookie: string) => [
    event('negotiation-request', { cookie }),
    event('negotiation-response', { selected: 8 }),
    ...tls12Handshake(),
    ...records(-81, 319),
  ]

  it.each([
    [24, 'KDC_ERR_PREAUTH_FAILED (24): wrong password'],
    [18, 'KDC_ERR_CLIENT_REVOKED (18): the account is disabled, locked out or outside its logon hours'],
    [23, 'KDC_ERR_KEY_EXPIRED (23): the password has expired or must be changed'],
    [6, 'KDC_ERR_C_PRINCIPAL_UNKNOWN (6): no such user'],
  ])('is confirmed by error %i for the user of the connection', (code, words) => {
    const one = beside(sealed('alice'), event('kerberos-request'), event('kerberos-error', { code, client: '' }))
    expect(claims(one)).toEqual(['nla-logon-failed (confirmed)'])
    expect(verdictOf('nla-logon-failed', one).says).toBe(`The domain controller refused the logon of alice: ${words}.`)
  })

  it('adds the NTSTATUS, which tells locked from disabled', () => {
    const one = beside(sealed('alice'), event('kerberos-error', { code: 18, status: 0xc0000234 }))
    expect(verdictOf('nla-logon-failed', one).says).toContain('STATUS_ACCOUNT_LOCKED_OUT')
  })

  it('is likely where nobody ties the logon to the connection', () => {
    expect(claims(beside(sealed(''), event('kerberos-error', { code: 24 })))).toEqual(['nla-logon-failed (likely)'])
    // Cut to "LAB.TEST\\": not one letter of the user is left.
    expect(claims(beside(sealed('LAB.TEST\\'), event('kerberos-error', { code: 24 })))).toEqual([
      'nla-logon-failed (likely)',
    ])
  })

  it('knows a user by the nine characters that mstsc sends', () => {
    const administrator = event('kerberos-error', { code: 24, client: 'Administrator' })
    expect(claims(beside(sealed('Administr'), administrator))).toEqual(['nla-logon-failed (confirmed)'])
  })

  it('is confirmed by an error inside the logon itself', () => {
    const error = event('kerberos-error', { code: 41, client: '' }, { path: 'tcp/x224/tls/credssp' })
    const one = attempt({ events: [...secured(), asks(), ticket, answers({ hasTokens: true }), error], tcp: left })
    expect(claims(one)).toEqual(['nla-logon-failed (confirmed)'])
    expect(verdictOf('nla-logon-failed', one).says).toMatch(
      /^The server refused the logon of alice: KRB_AP_ERR_MODIFIED/,
    )
  })

  it.each<[string, Event[]]>([
    ['the ordinary request for a proof', [event('kerberos-error', { code: 25 })]],
    ['an error that a ticket overcame', [event('kerberos-error', { code: 24 }), event('kerberos-reply')]],
    ['the logon of a computer', [event('kerberos-error', { code: 18, client: 'CLIENT$' })]],
    ['the logon of somebody else', [event('kerberos-error', { code: 24, client: 'bob' })]],
    ['a ticket for another service', [event('kerberos-error', { code: 14, service: 'cifs/files.lab.test' })]],
    ['an unknown name of the server', [event('kerberos-error', { code: 7, service: 'TERMSRV/rdp' })]],
  ])('does not hold %s against the logon', (_name, said) => {
    expect(verdictOf('nla-logon-failed', beside(sealed('alice'), ...said)).verdict).toBe('not-visible')
  })

  it('says nothing of a logon where TLS itself failed', () => {
    const hello = [...negotiated(), event('client-hello')]
    const one = beside(hello, event('kerberos-error', { code: 24 }))
    expect(verdictOf('nla-logon-failed', one).verdict).toBe('not-visible')
  })
})

describe('nla-ntlm-refused', () => {
  it.each([UNSUPPORTED_FUNCTION, NTLM_BLOCKED, NOT_SUPPORTED])('is confirmed by 0x%s in answer to NTLM', code => {
    expect(claims(refused(code))).toEqual(['nla-ntlm-refused (confirmed)'])
  })

  it('says why the client used NTLM', () => {
    const dialled = verdictOf('nla-ntlm-refused', refused(UNSUPPORTED_FUNCTION, ntlm('TERMSRV/10.10.0.10')))
    expect(dialled.says).toContain('It dialled the address 10.10.0.10: Kerberos needs a name.')
    expect(dialled.evidence[0]?.[1]).toBe('The client logs on with NTLM as LAB\\alice, for TERMSRV/10.10.0.10.')
    const main = conversation({
      events: [...secured(), ...ntlm(), answers({ errorCode: UNSUPPORTED_FUNCTION })],
      tcp: left,
    })
    const kdc = conversation({
      id: 1,
      from: 7,
      events: [event('kerberos-error', { code: 7, service: 'TERMSRV/rdp.lab.test' })],
    })
    const unknown = attemptWith({ conversations: [main, kdc], explained: main })
    expect(verdictOf('nla-ntlm-refused', unknown).says).toContain(
      'Kerberos does not know the service TERMSRV/rdp.lab.test.',
    )
  })

  it('is likely where the message before the code can not be read, or the account is restricted', () => {
    expect(claims(refused(UNSUPPORTED_FUNCTION, [asks()]))).toEqual(['nla-ntlm-refused (likely)'])
    expect(claims(refused(ACCOUNT_RESTRICTION))).toEqual(['nla-ntlm-refused (likely)', 'nla-logon-failed (confirmed)'])
    expect(verdictOf('nla-ntlm-refused', refused(ACCOUNT_RESTRICTION)).toSettle).toContain('Protected Users')
  })

  it('is possible without keys, when an address was dialled and the logon refused', () => {
    // GCM adds 24 bytes: an error of 15 bytes in answer to the third message.
    const sealed = (name: string) => attempt({ events: [...secured(name), ...records(-81, 319, -735, 39)], tcp: left })
    expect(verdictOf('nla-ntlm-refused', sealed('10.10.0.10'))).toMatchObject({
      verdict: 'possible',
      severity: 'warning',
    })
    expect(claims(sealed('10.10.0.10'))).toEqual(['nla-logon-failed (likely)'])
    expect(verdictOf('nla-ntlm-refused', sealed('rdp.lab.test')).verdict).toBe('not-visible')
  })

  it('is ruled out by a Kerberos ticket, another code, a session, and no NLA', () => {
    const kerberos = refused(UNSUPPORTED_FUNCTION, [asks(), ticket])
    expect(verdictOf('nla-ntlm-refused', kerberos).verdict).toBe('ruled-out')
    expect(claims(kerberos)).toEqual(['nla-logon-failed (confirmed)'])
    expect(verdictOf('nla-ntlm-refused', refused(LOGON_FAILURE)).verdict).toBe('ruled-out')
    const worked = attempt({ events: [...secured(), ...ntlm()] }, WORKED)
    expect(verdictOf('nla-ntlm-refused', worked).verdict).toBe('ruled-out')
    expect(verdictOf('nla-ntlm-refused', attempt({ events: negotiated(1) })).verdict).toBe('ruled-out')
  })
})

describe('credssp-version-mismatch', () => {
  const gap = (client: number, server: number, code = NOT_SUPPORTED) =>
    refused(code, ntlm(undefined, client, server), server)

  it.each([
    [2, 6, NOT_SUPPORTED],
    [6, 3, UNSUPPORTED_FUNCTION],
  ])('is confirmed by versions %i and %i with 0x%s', (client, server, code) => {
    expect(claims(gap(client, server, code))).toEqual(['credssp-version-mismatch (confirmed)'])
    expect(verdictOf('credssp-version-mismatch', gap(client, server, code)).says).toContain(
      `the client speaks version ${client} of CredSSP and the server version ${server}`,
    )
  })

  it('is likely when the client leaves at the first message of an old server', () => {
    const at = (server: number, ...more: Event[]) =>
      attempt({ events: [...secured(), asks(), answers({ version: server, hasTokens: true }), ...more], tcp: left })
    expect(claims(at(3))).toEqual(['credssp-version-mismatch (likely)'])
    expect(verdictOf('credssp-version-mismatch', at(6)).verdict).toBe('ruled-out')
    expect(verdictOf('credssp-version-mismatch', at(3, asks({ publicKeyBytes: 48 }))).verdict).toBe('ruled-out')
  })

  it('is ruled out by versions that go together, whatever the code, and by a session', () => {
    expect(verdictOf('credssp-version-mismatch', gap(6, 6)).verdict).toBe('ruled-out')
    expect(verdictOf('credssp-version-mismatch', gap(6, 5)).verdict).toBe('ruled-out')
    const worked = attempt({ events: [...secured(), ...ntlm(undefined, 2, 6)] }, WORKED)
    expect(verdictOf('credssp-version-mismatch', worked).verdict).toBe('ruled-out')
    expect(verdictOf('credssp-version-mismatch', attempt({ events: negotiated(1) })).verdict).toBe('ruled-out')
  })

  it('sees nothing inside TLS', () => {
    const sealed = attempt({ events: [...secured(), ...records(-81, 319)], tcp: left })
    expect(verdictOf('credssp-version-mismatch', sealed).verdict).toBe('not-visible')
  })
})

describe('clock-skew', () => {
  const START = 1_700_000_000
  const HOUR = 3600
  const challenge = (aheadSeconds: number) => event('ntlm-challenge', { timeMs: (START + aheadSeconds) * 1000 })
  const upToChallenge = (aheadSeconds: number) => [
    ...secured(),
    asks(),
    answers({ hasTokens: true }),
    challenge(aheadSeconds),
  ]
  const web = (aheadSeconds: number) =>
    conversation({
      id: 3,
      from: 5,
      server: { address: '10.0.3.3', port: 443 },
      events: [
        event('http-response', {
          status: 503,
          headers: [['date', new Date((START + aheadSeconds) * 1000).toUTCString()]],
        }),
      ],
    })
  const both = (server: number, other: number) => {
    const main = conversation({ events: upToChallenge(server), tcp: left })
    return attemptWith({ conversations: [main, web(other)], explained: main })
  }

  it('is confirmed by the codes of Kerberos and of CredSSP', () => {
    const error = event('kerberos-error', {
      code: 37,
      serverTimeMs: START * 1000,
      clientTimeMs: (START + 2 * HOUR) * 1000,
    })
    const main = conversation({ events: [...secured(), ...records(-81, 319)], tcp: left })
    const kdc = conversation({ id: 1, from: 7, events: [error] })
    const one = attemptWith({ conversations: [main, kdc], explained: main })
    expect(claims(one)).toEqual(['clock-skew (confirmed)'])
    expect(verdictOf('clock-skew', one).says).toContain(
      "the domain controller's clock reads 2023-11-14 22:13:20 UTC, the client's 2023-11-15 00:13:20 UTC",
    )
    const machine = conversation({ id: 1, from: 7, events: [event('kerberos-error', { code: 37, client: 'CLIENT$' })] })
    const ofMachine = attemptWith({ conversations: [main, machine], explained: main })
    expect(claims(ofMachine)).toEqual(['clock-skew (likely)'])
    expect(claims(refused(TIME_SKEW))).toEqual(['clock-skew (confirmed)'])
    expect(claims(refused(0xc0000133))).toEqual(['clock-skew (confirmed)'])
  })

  it('is likely when one clock is off and another one agrees with the recorder', () => {
    expect(verdictOf('clock-skew', both(2 * HOUR, 0))).toMatchObject({ verdict: 'likely', severity: null })
    expect(verdictOf('clock-skew', both(2 * HOUR, 0)).says).toContain('2 hours ahead of')
    expect(verdictOf('clock-skew', both(-HOUR, 20)).says).toContain('1 hour behind')
  })

  it('is only possible, and light, where the recorder may be wrong itself', () => {
    const alone = attempt({ events: upToChallenge(2 * HOUR), tcp: left })
    expect(verdictOf('clock-skew', alone)).toMatchObject({ verdict: 'possible', severity: 'info' })
    expect(verdictOf('clock-skew', both(HOUR, HOUR))).toMatchObject({ verdict: 'possible', severity: 'info' })
  })

  it('is ruled out by clocks that agree, and by an attempt that came past the logon', () => {
    expect(verdictOf('clock-skew', both(120, -200)).verdict).toBe('ruled-out')
    const worked = attempt({ events: upToChallenge(2 * HOUR) }, WORKED)
    expect(verdictOf('clock-skew', worked).verdict).toBe('ruled-out')
    const further = attempt({ events: [...upToChallenge(2 * HOUR), event('mcs-connect-response')] })
    expect(verdictOf('clock-skew', further).verdict).toBe('ruled-out')
    // Windows tries again with the clock that the KDC told.
    const overcome = attempt({ events: [...secured(), event('kerberos-error', { code: 37 }), event('kerberos-reply')] })
    expect(verdictOf('clock-skew', overcome).verdict).toBe('ruled-out')
  })

  it('is possible by a certificate that is not valid yet, where no clock says otherwise', () => {
    const chain = [{ ...(event('certificate').fact.chain[0] as CertificateSummary), notBefore: START + 40 * 86_400 }]
    const handshake = tls12Handshake().map(one =>
      one.fact.kind === 'certificate' ? event('certificate', { chain }) : one,
    )
    const one = attempt({ events: [...negotiated(1), ...handshake], tcp: left })
    expect(claims(one)).toEqual(['tls-certificate-not-yet-valid (likely)'])
    expect(verdictOf('clock-skew', one)).toMatchObject({ verdict: 'possible', severity: 'info' })
  })

  it('does not believe the date of a cache', () => {
    const cached = conversation({
      id: 3,
      events: [
        event('http-response', {
          headers: [
            ['date', 'Mon, 01 Jan 2001 00:00:00 GMT'],
            ['x-cache', 'HIT'],
          ],
        }),
      ],
    })
    const one = attemptWith({ conversations: [cached], explained: cached })
    expect(verdictOf('clock-skew', one).verdict).toBe('not-visible')
  })

  it('sees nothing where no clock can be read', () => {
    expect(verdictOf('clock-skew', attempt({ events: secured() })).verdict).toBe('not-visible')
  })
})
