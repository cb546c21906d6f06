/** TLS that is opened on its way, and the Azure Virtual Desktop service. */
import { describe, expect, it } from 'vitest'
import type { AttemptParts, SeenCertificate } from '../../src/attempt/attempt.ts'
import type { Event } from '../../src/flow/event.ts'
import { attempt, attemptWith, claims, history, verdictOf } from '../support/attempt.ts'
import { event, mark, records, tls12Handshake, tls13Handshake } from '../support/conversation.ts'

const SERVER = 1
const WORKED = { outcome: 'established' } as const
const left = { marks: [mark('fin', { packet: 60, timeNs: 2e9 })] }
const closedByServer = { marks: [mark('fin', { packet: 60, timeNs: 2e9, direction: SERVER })] }

describe('tls-intercepted', () => {
  const ZSCALER = 'CN=Zscaler Intermediate Root CA (zscalerthree.net),OU=Zscaler Inc.,O=Zscaler Inc.'
  const leaf = {
    subject: 'CN=gw.lab.test',
    issuer: 'CN=Lab CA',
    commonName: 'gw.lab.test',
    serial: '02',
    notBefore: 1_600_000_000,
    notAfter: 2_000_000_000,
    names: ['gw.lab.test'],
    selfIssued: false,
    keyAlgorithm: 'rsa',
    keyBits: 2048,
    signatureAlgorithm: 'sha256WithRSAEncryption',
    bytes: 900,
  }
  const seen = (values: Partial<SeenCertificate> = {}): SeenCertificate => ({
    name: 'gw.lab.test',
    subject: 'CN=gw.lab.test',
    issuer: 'CN=Lab CA',
    serial: '01',
    keyAlgorithm: 'rsa',
    selfIssued: false,
    packet: 3,
    timeNs: 0,
    ...values,
  })
  const shown = (values: Partial<typeof leaf>, others: SeenCertificate[] = [], parts: Partial<AttemptParts> = {}) => {
    const events = tls12Handshake('gw.lab.test').map(one =>
      one.fact.kind === 'certificate' ? event('certificate', { chain: [{ ...leaf, ...values }] }) : one,
    )
    const one = history({ attempts: 1, certificates: others })
    return attempt({ events, tcp: left }, { transport: 'gateway-tls', history: one, ...parts })
  }
  const verdict = (...given: Parameters<typeof shown>) => verdictOf('tls-intercepted', shown(...given))

  it('is likely by the name of the issuer alone, and says what would settle it', () => {
    const one = verdict({ issuer: ZSCALER })
    expect(one).toMatchObject({ verdict: 'likely', severity: null })
    expect(one.says).toContain('comes from Zscaler')
    expect(one.toSettle).toContain('another network')
  })

  it('knows the names that administrators give', () => {
    expect(verdict({ issuer: 'CN=Corp TLS Inspection CA' }).says).toContain('an inspecting proxy or firewall')
  })

  it('is confirmed by another certificate of the same server for the same name', () => {
    const one = verdict({ issuer: ZSCALER }, [seen()])
    expect(one.verdict).toBe('confirmed')
    expect(one.evidence.map(([{ packet }]) => packet)).toEqual([6, 3])
    expect(verdict({ issuer: ZSCALER }, [seen({ name: 'other.lab.test' })]).verdict).toBe('likely')
    expect(verdict({ issuer: ZSCALER }, [seen({ issuer: ZSCALER })]).verdict).toBe('likely')
  })

  it('is a note where the session works', () => {
    expect(verdict({ issuer: ZSCALER }, [], WORKED)).toMatchObject({ verdict: 'likely', severity: 'info' })
    expect(claims(shown({ issuer: ZSCALER }, [seen()], WORKED))).toEqual([])
  })

  it('is possible by two issuers of which none is known, unless their keys are of two kinds', () => {
    expect(verdict({}, [seen({ issuer: 'CN=Other CA' })]).verdict).toBe('possible')
    expect(verdict({}, [seen({ issuer: 'CN=Other CA', keyAlgorithm: 'ec' })]).verdict).toBe('not-visible')
    expect(verdict({}, [seen({ serial: '09' })]).verdict).toBe('not-visible')
    expect(verdict({}, [seen({ issuer: 'CN=gw.lab.test', selfIssued: true })]).verdict).toBe('possible')
  })

  it('is not the page of the product itself', () => {
    const own = { issuer: 'CN=support,O=Fortinet', subject: 'CN=FGT60F,O=Fortinet' }
    expect(verdict(own).verdict).toBe('not-visible')
  })

  it('is ruled out by a certificate that the server made, and not visible in TLS 1.3', () => {
    expect(verdict({ selfIssued: true, issuer: 'CN=gw.lab.test' }).verdict).toBe('ruled-out')
    const hidden = attempt({ events: tls13Handshake('gw.lab.test') }, { transport: 'gateway-tls' })
    expect(verdictOf('tls-intercepted', hidden).verdict).toBe('not-visible')
  })
})

describe('avd-service-closed', () => {
  const GATEWAY = 'rdgateway-c101-weu-r1.wvd.microsoft.com'
  const service = (name: string, more: Event[], tcp = closedByServer, values: Partial<AttemptParts> = {}) =>
    attempt({ events: [...tls13Handshake(name), ...more], tcp }, { transport: 'gateway-tls', ...values })
  const talk = () => records(-900, 400, -300, 350)
  const word = (one: ReturnType<typeof service>) => verdictOf('avd-service-closed', one)

  it('is likely when the gateway of the service ends the connection first', () => {
    const one = word(service(GATEWAY, talk()))
    expect(one).toMatchObject({ verdict: 'likely', severity: null })
    expect(one.says).toContain(GATEWAY)
    expect(one.toSettle).toContain('WVDErrors')
    expect(word(service('gateway.wvd.azure.us', talk())).verdict).toBe('likely')
  })

  it('is possible, and a note, for the services that are asked in short calls', () => {
    const one = word(service('client.wvd.microsoft.com', talk()))
    expect(one).toMatchObject({ verdict: 'possible', severity: 'info' })
  })

  it('is ruled out elsewhere, before TLS, by a client that left, and by a session', () => {
    expect(word(service('gw.lab.test', talk())).verdict).toBe('ruled-out')
    expect(word(service('rdgateway.wvd.microsoft.com.evil.test', talk())).verdict).toBe('ruled-out')
    expect(word(service(GATEWAY, [])).verdict).toBe('ruled-out')
    expect(word(service(GATEWAY, talk(), left)).verdict).toBe('ruled-out')
    expect(word(service(GATEWAY, talk(), closedByServer, WORKED)).verdict).toBe('ruled-out')
    expect(verdictOf('avd-service-closed', attemptWith()).verdict).toBe('ruled-out')
  })

  it('sees nothing while the connection is open', () => {
    expect(word(service(GATEWAY, talk(), { marks: [] })).verdict).toBe('not-visible')
  })
})
