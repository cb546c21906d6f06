/** How a session ends or is refused behind the logon. Codes: MS-RDPBCGR 2.2.5.1.1, 2.2.1.12.1.3, 2.2.10.2, 2.2.17.4, 2.2.18.3. */
import { describe, expect, it } from 'vitest'
import type { AttemptParts, Milestone } from '../../src/attempt/attempt.ts'
import type { Event } from '../../src/flow/event.ts'
import { attempt, attemptWith, claims, verdictOf } from '../support/attempt.ts'
import { conversation, event, mark, records, tls12Handshake } from '../support/conversation.ts'

const SERVER = 1
const GCM = 24
const WORKED = { outcome: 'established' } as const
const secured = (selected = 8): Event[] => [
  event('negotiation-request'),
  event('negotiation-response', { selected }),
  ...tls12Handshake(),
]
const joined = (): Event[] => [...secured(), event('rdp-client'), event('mcs-connect-response'), event('client-info')]
const active = (): Event[] => [...joined(), event('license-message'), event('demand-active'), event('session-active')]
const left = { marks: [mark('reset', { packet: 90, timeNs: 3e9 })] }
const closed = { marks: [mark('fin', { packet: 90, timeNs: 3e9, direction: SERVER })] }
const ends = (events: Event[], values: Partial<AttemptParts> = {}) => attempt({ events, tcp: left }, values)
const errorInfo = (code: number) => event('error-info', { code })
const sealed = (...plain: number[]) => records(...plain.map(length => (length < 0 ? length - GCM : length + GCM)))
const reached = (...ids: Milestone['id'][]): Partial<AttemptParts> => ({
  milestones: ids.map(id => ({ id, state: 'reached', packet: 0, inferred: true })),
})
/** NLA by size, then MCS with two channels and Client Info. */
const NLA = [-57, 295, -735, 60, -90]
const MCS = [-462, 126, -12, -8, 11, -12, 15, -12, 15, -351]

describe('server-denied', () => {
  it.each([
    [0x02, 'ERRINFO_RPC_INITIATED_LOGOFF (0x00000002)'],
    [0x05, 'ERRINFO_DISCONNECTED_BY_OTHERCONNECTION (0x00000005)'],
    [0x07, 'ERRINFO_SERVER_DENIED_CONNECTION (0x00000007)'],
    [0x09, 'ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES (0x00000009)'],
    [0x408, 'ERRINFO_CB_DESTINATION_POOL_NOT_FREE (0x00000408)'],
    [0x7777, 'code 0x00007777'],
  ])('is confirmed by error info %i before the session is active', (code, words) => {
    const one = ends([...joined(), errorInfo(code)])
    expect(claims(one)).toEqual(['server-denied (confirmed)'])
    expect(verdictOf('server-denied', one).says).toContain(`The server refused the connection: ${words}`)
  })

  it('leaves "out of memory" to the rule about overload', () => {
    const one = ends([...joined(), errorInfo(0x06)])
    expect(claims(one)).toEqual(['server-overloaded (confirmed)'])
    expect(verdictOf('server-denied', one).verdict).toBe('ruled-out')
  })

  it('is confirmed by error info 7, 9 and 10 in an active session, too', () => {
    for (const code of [7, 9, 10]) {
      expect(claims(ends([...active(), errorInfo(code)]))).toEqual(['server-denied (confirmed)'])
    }
  })

  it.each<[string, Event, string]>([
    ['early authorization', event('early-user-authorization', { result: 5 }), 'AUTHZ_ACCESS_DENIED (0x00000005)'],
    ['RDSTLS', event('rdstls-response', { result: 0x775 }), 'RDSTLS_RESULT_ACCOUNT_LOCKED_OUT (0x00000775)'],
    ['Entra ID', event('rdsaad-result', { result: 0x80070005 }), 'E_ACCESSDENIED (0x80070005)'],
  ])('is confirmed by a refusal of %s', (_name, said, words) => {
    const one = ends([...secured(), said])
    expect(claims(one)).toEqual(['server-denied (confirmed)'])
    expect(verdictOf('server-denied', one).says).toContain(`The server refused the user: ${words}`)
  })

  it('is confirmed by MCS, but not by one channel that is not joined', () => {
    expect(claims(ends([...secured(), event('mcs-connect-response', { result: 15 })]))).toEqual([
      'server-denied (confirmed)',
    ])
    expect(claims(ends([...joined(), event('mcs-refusal', { step: 'attach-user', result: 13 })]))).toEqual([
      'server-denied (confirmed)',
    ])
    const channel = ends([...joined(), event('mcs-refusal', { step: 'channel-join' })])
    expect(verdictOf('server-denied', channel).verdict).toBe('ruled-out')
  })

  it('is confirmed by a notice in the place of a desktop, and a warning where the session lives on', () => {
    const notice = (type: number) => [...active(), event('logon-error', { type })]
    expect(claims(ends(notice(0xfffffffa)))).toContain('server-denied (confirmed)')
    expect(verdictOf('server-denied', ends(notice(0xfffffff9), WORKED))).toMatchObject({
      verdict: 'confirmed',
      severity: 'warning',
    })
    // LOGON_MSG_SESSION_CONTINUE comes with each logon.
    expect(claims(ends(notice(0xfffffffe), WORKED))).toEqual([])
  })

  it('is a note when a session could not be taken up again by itself', () => {
    const one = ends([...active(), event('auto-reconnect-failed')], WORKED)
    expect(verdictOf('server-denied', one)).toMatchObject({ verdict: 'confirmed', severity: 'info' })
  })

  it('is likely by sizes: an early result, or an error message and a farewell before the session was active', () => {
    const early = ends([...secured(), ...sealed(...NLA, 4)])
    expect(claims(early)).toEqual(['server-denied (likely)'])
    const denied = ends([...secured(), ...sealed(...NLA, 4, ...MCS, 36, 9)], reached('mcs'))
    expect(claims(denied)).toEqual(['server-denied (likely)'])
    expect(verdictOf('server-denied', denied).toSettle).toContain('4625')
  })

  it('does not take a client that goes on, plain NLA, or a running session for it', () => {
    const on = ends([...secured(), ...sealed(...NLA, 4, -462)])
    expect(verdictOf('server-denied', on).verdict).toBe('not-visible')
    const plain = ends([...secured(2), ...sealed(...NLA, 4)])
    expect(verdictOf('server-denied', plain).verdict).toBe('not-visible')
    const ran = ends([...secured(), ...sealed(...NLA, 4, ...MCS, 36, 9)], reached('mcs', 'active'))
    expect(verdictOf('server-denied', ran).verdict).toBe('not-visible')
  })

  it('is ruled out by a session that can be read, by one that worked, and by an earlier end', () => {
    expect(verdictOf('server-denied', ends(active(), WORKED)).verdict).toBe('ruled-out')
    expect(verdictOf('server-denied', ends([...active(), errorInfo(0)], WORKED)).verdict).toBe('ruled-out')
    expect(verdictOf('server-denied', ends([event('negotiation-request')])).verdict).toBe('ruled-out')
  })

  it('says of an encrypted session that 0x7 is the word of the client', () => {
    const one = ends([...secured(), ...sealed(-57, 295)])
    expect(verdictOf('server-denied', one)).toMatchObject({ verdict: 'not-visible' })
    expect(verdictOf('server-denied', one).says).toContain('0x7 in a dialog is the label of the client')
  })
})

describe('license-refused', () => {
  it.each([0x100, 0x101, 0x10a])('is confirmed by error info %i', code => {
    expect(claims(ends([...joined(), errorInfo(code)]))).toEqual(['license-refused (confirmed)'])
  })

  it('is confirmed by a licensing error that ends all, of either side', () => {
    const server = ends([...joined(), event('license-message', { code: 6, transition: 1 })])
    expect(claims(server)).toEqual(['license-refused (confirmed)'])
    expect(verdictOf('license-refused', server).says).toContain('ERR_NO_LICENSE_SERVER (0x00000006)')
    const client = ends([...joined(), event('license-message', { code: 2, transition: 1 }, { direction: 0 })])
    expect(verdictOf('license-refused', client).says).toMatch(/^The client ended licensing with an error/)
  })

  it('is likely by a licensing error behind which the session did not go on', () => {
    const one = ends([...joined(), event('license-message', { code: 8, transition: 2 })])
    expect(claims(one)).toEqual(['license-refused (likely)'])
  })

  it('is possible without keys, never more', () => {
    const one = ends([...secured(), ...sealed(...NLA, 4, ...MCS, 337, -158, 34, 9)], reached('mcs'))
    expect(verdictOf('license-refused', one)).toMatchObject({ verdict: 'possible', severity: 'warning' })
  })

  it('is ruled out by code 7, a new licence, an active session, another error, and an earlier end', () => {
    const said = (...events: Event[]) => verdictOf('license-refused', ends([...joined(), ...events])).verdict
    expect(said(event('license-message'))).toBe('ruled-out')
    expect(said(event('license-message', { type: 3, code: -1 }))).toBe('ruled-out')
    expect(said(event('license-message', { code: 4, transition: 2 }), event('session-active'))).toBe('ruled-out')
    expect(said(errorInfo(9))).toBe('ruled-out')
    expect(verdictOf('license-refused', ends([event('negotiation-request')])).verdict).toBe('ruled-out')
  })

  it('sees nothing in an encrypted session whose sizes do not point to it', () => {
    const one = ends([...secured(), ...sealed(...NLA, 4, ...MCS, 337)], reached('mcs'))
    expect(verdictOf('license-refused', one).verdict).toBe('not-visible')
  })
})

describe('server-ended-session', () => {
  it.each([
    [0x01, 'ERRINFO_RPC_INITIATED_DISCONNECT'],
    [0x03, 'ERRINFO_IDLE_TIMEOUT'],
    [0x05, 'ERRINFO_DISCONNECTED_BY_OTHERCONNECTION'],
    [0x0b, 'ERRINFO_RPC_INITIATED_DISCONNECT_BYUSER'],
    [0x0c, 'ERRINFO_LOGOFF_BY_USER'],
    [0x1a, 'ERRINFO_SERVER_REBOOT'],
  ])('gives error info %i as the reason, and nothing above info is claimed', (code, symbol) => {
    const farewell = [...active(), errorInfo(code), event('deactivate-all'), event('disconnect-provider-ultimatum')]
    const one = ends(farewell, WORKED)
    expect(claims(one)).toEqual([])
    const { verdict, says, evidence } = verdictOf('server-ended-session', one)
    expect(verdict).toBe('confirmed')
    expect(says).toContain(`The server ended the session in order: ${symbol}`)
    expect(evidence).toHaveLength(2)
  })

  it('says so when the session was not active yet', () => {
    const one = ends([...joined(), errorInfo(0x0c)])
    expect(verdictOf('server-ended-session', one).says).toContain('before it became active')
    const limit = ends([...joined(), errorInfo(4)])
    expect(verdictOf('server-ended-session', limit).verdict).toBe('confirmed')
    expect(claims(limit)).toEqual(['server-denied (confirmed)'])
  })

  it('is confirmed by Deactivate All before the close, but not by a reactivation', () => {
    const down = attempt({ events: [...active(), event('deactivate-all')], tcp: closed }, WORKED)
    expect(verdictOf('server-ended-session', down).verdict).toBe('confirmed')
    const again = [...active(), event('deactivate-all'), event('demand-active'), event('session-active')]
    expect(verdictOf('server-ended-session', attempt({ events: again, tcp: closed }, WORKED)).verdict).toBe('ruled-out')
  })

  it('is ruled out by a client that left first, by an error, and by a session without a farewell', () => {
    const bye = event('disconnect-provider-ultimatum', {}, { direction: 0 })
    expect(verdictOf('server-ended-session', ends([...active(), bye], WORKED)).verdict).toBe('ruled-out')
    const late = attempt({
      events: [...active(), event('error-info', { code: 0x0c }, { packet: 95, timeNs: 4e9 })],
      tcp: { marks: [mark('fin', { packet: 90, timeNs: 3e9 })] },
    })
    expect(verdictOf('server-ended-session', late).verdict).toBe('ruled-out')
    expect(verdictOf('server-ended-session', ends([...joined(), errorInfo(7)])).verdict).toBe('ruled-out')
    expect(verdictOf('server-ended-session', ends(active(), WORKED)).verdict).toBe('ruled-out')
  })

  it('sees nothing inside TLS', () => {
    const one = ends([...secured(), ...sealed(...NLA)], WORKED)
    expect(verdictOf('server-ended-session', one).verdict).toBe('not-visible')
  })
})

describe('session-aborted-by-server', () => {
  it.each([
    [0x10, 'A part of the server failed'],
    [0x18, 'A part of the server failed'],
    [0x10e5, 'The server did not take what the client (build 22621) sent'],
  ])('is confirmed by error info %i', (code, says) => {
    const one = ends([...active(), errorInfo(code)])
    expect(claims(one)).toEqual(['session-aborted-by-server (confirmed)'])
    expect(verdictOf('session-aborted-by-server', one).says).toContain(says)
  })

  it('steps back where the server gave a reason before it closed', () => {
    const said = (...events: Event[]) =>
      attempt({ events: [...joined(), ...sealed(-100, 100), ...events], tcp: closed })
    expect(claims(said(errorInfo(9)))).toEqual(['server-denied (confirmed)'])
    expect(claims(said(event('redirection')))).toEqual([])
    expect(claims(said())).toEqual(['session-aborted-by-server (confirmed)'])
  })
})

describe('session-redirected', () => {
  it('is confirmed by the redirection, names the target, and finds no fault in the close', () => {
    const one = ends([...joined(), event('redirection')], { outcome: 'unfinished' })
    expect(claims(one)).toEqual([])
    const { verdict, says } = verdictOf('session-redirected', one)
    expect(verdict).toBe('confirmed')
    expect(says).toContain('to rdsh.lab.test, 198.51.100.7, with a routing token for the load balancer')
    expect(says).toContain('This attempt holds no connection behind it')
  })

  it('is found in the connection before the one to explain', () => {
    const first = conversation({ events: [...joined(), event('redirection')], tcp: left })
    const second = conversation({ id: 1, from: 100, fromNs: 4e9, events: active() })
    const one = attemptWith({ conversations: [first, second], explained: second, ...WORKED })
    expect(verdictOf('session-redirected', one).verdict).toBe('confirmed')
  })

  it('shows the connection that follows', () => {
    const first = conversation({ events: [...joined(), event('redirection')], tcp: left })
    const second = conversation({ id: 1, from: 100, fromNs: 4e9, server: { address: '198.51.100.7' } })
    const one = attemptWith({ conversations: [first, second], explained: first })
    const { says, evidence } = verdictOf('session-redirected', one)
    expect(says).not.toContain('no connection behind it')
    expect(evidence.at(-1)?.[1]).toBe('The client connects again, to 198.51.100.7.')
  })

  it('is likely by a routing token of a broker, not by the name of a collection', () => {
    const came = (routingToken: string) =>
      attempt({ events: [event('negotiation-request', { cookie: '', routingToken })] })
    expect(verdictOf('session-redirected', came('Cookie: msts=1686764.15629.0000')).verdict).toBe('likely')
    expect(verdictOf('session-redirected', came('tsv://MS Terminal Services Plugin.1.Desks')).verdict).toBe('ruled-out')
  })

  it('is ruled out in a session that can be read, and by a redirection that only tells', () => {
    expect(verdictOf('session-redirected', ends(active(), WORKED)).verdict).toBe('ruled-out')
    const tells = ends([...active(), event('redirection', { flags: 0x80 })], WORKED)
    expect(verdictOf('session-redirected', tells).verdict).toBe('ruled-out')
  })

  it('sees nothing inside TLS', () => {
    expect(verdictOf('session-redirected', ends([...secured(), ...sealed(...NLA)])).verdict).toBe('not-visible')
  })
})

describe('client-aborted, in a session that can be read', () => {
  it('names the build and the step behind which the client left', () => {
    const one = ends([...joined(), event('license-message'), event('demand-active')])
    expect(claims(one)).toEqual(['client-aborted (likely)'])
    expect(verdictOf('client-aborted', one).says).toContain(
      "The client (build 22621) ended the attempt behind the server's Demand Active",
    )
  })

  it('leaves the word to the rule that knows why', () => {
    const said = (...events: Event[]) => verdictOf('client-aborted', ends([...joined(), ...events])).verdict
    expect(said(errorInfo(9))).toBe('ruled-out')
    expect(said(event('license-message', { code: 6, transition: 1 }))).toBe('ruled-out')
    expect(said(event('redirection'))).toBe('ruled-out')
  })
})
