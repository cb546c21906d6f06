import { describe, expect, it } from 'vitest'
import type { CertificateSummary } from '../../dissectors/tls-facts.ts'
import { matchesName } from '../../src/rules/certificate-exit.ts'
import { attempt, attemptWith, claims, verdictOf } from '../support/attempt.ts'
import { event, mark, records, tls12Handshake, tls13Handshake } from '../support/conversation.ts'

const SECOND = 1e9
const CLIENT = 0
/** The hand-made capture begins then; the hand-made certificate is valid around it. */
const NOW = 1_700_000_000
const DAY = 86_400
const GOOD: CertificateSummary = {
  subject: 'CN=rdp.lab.test',
  issuer: 'CN=Lab CA',
  commonName: 'rdp.lab.test',
  serial: '01',
  notBefore: NOW - 30 * DAY,
  notAfter: NOW + 300 * DAY,
  names: ['rdp.lab.test'],
  selfIssued: false,
  keyAlgorithm: 'rsa',
  keyBits: 2048,
  signatureAlgorithm: 'sha256WithRSAEncryption',
  bytes: 900,
}
const EXPIRED = { notAfter: NOW - 10 * DAY }
const SELF_SIGNED = { selfIssued: true, issuer: 'CN=rdp.lab.test' }
const OTHER_NAME = { names: ['other.lab.test'] }
const NOT_YET = { notBefore: NOW + 5 * DAY }

/** FreeRDP ends the handshake and says close_notify: an encrypted alert, without any data. */
const closeNotify = event('alert', { code: -1, level: 0, sealed: true, length: 26 }, { direction: CLIENT })
const alert = (code: number) => event('alert', { code }, { direction: CLIENT })

function handshake(leaf: Partial<CertificateSummary>) {
  return tls12Handshake().map(one =>
    one.fact.kind === 'certificate' ? event('certificate', { chain: [{ ...GOOD, ...leaf }] }) : one,
  )
}

const refused = (leaf: Partial<CertificateSummary>, farewell = closeNotify) =>
  attempt({ events: [...handshake(leaf), farewell] })

describe('a client that leaves behind the certificate without an alert', () => {
  it.each([
    ['tls-certificate-expired', EXPIRED, 'confirmed'],
    ['tls-certificate-not-yet-valid', NOT_YET, 'confirmed'],
    ['tls-certificate-name-mismatch', OTHER_NAME, 'confirmed'],
    ['tls-certificate-untrusted', SELF_SIGNED, 'likely'],
  ])('is explained by %s', (id, leaf, word) => {
    expect(claims(refused(leaf))).toEqual([`${id} (${word})`])
  })

  it('is explained by dates before trust, and by trust before names; the others are possible', () => {
    const all = refused({ ...EXPIRED, ...SELF_SIGNED, ...OTHER_NAME })
    expect(claims(all)).toEqual(['tls-certificate-expired (confirmed)'])
    expect(verdictOf('tls-certificate-untrusted', all)).toMatchObject({ verdict: 'possible', severity: 'warning' })
    const two = refused({ ...SELF_SIGNED, ...OTHER_NAME })
    expect(claims(two)).toEqual(['tls-certificate-untrusted (likely)'])
  })

  it('says by how much the dates are off', () => {
    expect(verdictOf('tls-certificate-expired', refused(EXPIRED)).says).toContain('10 days before the capture')
    expect(verdictOf('tls-certificate-not-yet-valid', refused(NOT_YET)).says).toContain('5 days after the capture')
  })

  it('is less sure when the client took its time: a person may have cancelled', () => {
    const slow = attempt({
      events: handshake(EXPIRED),
      tcp: { marks: [mark('fin', { packet: 60, timeNs: 20 * SECOND })] },
    })
    expect(claims(slow)).toEqual(['tls-certificate-expired (likely)'])
  })

  it('is the client itself where nothing is wrong with the certificate', () => {
    expect(claims(refused({}))).toEqual(['client-aborted (likely)'])
  })

  it('may miss the certificate of the issuer, where the server sends its own alone', () => {
    expect(verdictOf('tls-certificate-untrusted', refused({}))).toMatchObject({
      verdict: 'possible',
      severity: 'warning',
    })
    const [leaf] = event('certificate').fact.chain as [CertificateSummary]
    const whole = handshake({}).map(one =>
      one.fact.kind === 'certificate'
        ? event('certificate', { chain: [leaf, { ...leaf, subject: leaf.issuer }] })
        : one,
    )
    const sentAll = attempt({ events: [...whole, closeNotify] })
    expect(verdictOf('tls-certificate-untrusted', sentAll).verdict).toBe('ruled-out')
  })
})

describe('a certificate alert', () => {
  it('makes sure of what is wrong', () => {
    const events = [...handshake(SELF_SIGNED).slice(0, 4), alert(48)]
    expect(claims(attempt({ events }))).toEqual(['tls-certificate-untrusted (confirmed)'])
  })

  it('chooses the fault: alert 48 speaks of trust although the name differs, too', () => {
    const events = [...handshake(OTHER_NAME).slice(0, 4), alert(48)]
    expect(claims(attempt({ events }))).toEqual(['tls-certificate-untrusted (confirmed)'])
  })

  it('is reported as such where no fault is to be seen', () => {
    const events = [...handshake({}).slice(0, 4), alert(46)]
    expect(claims(attempt({ events }))).toEqual(['tls-certificate-rejected (confirmed)'])
  })

  it('is none when it is about something else', () => {
    const events = [...handshake(EXPIRED).slice(0, 4), alert(80)]
    expect(verdictOf('tls-certificate-expired', attempt({ events })).verdict).toBe('ruled-out')
  })
})

describe('TLS 1.3 with keys', () => {
  const decrypted = (code: number) =>
    attempt({
      events: [
        event('client-hello'),
        event('server-hello', { version: 0x0304, suite: 0x1302 }),
        event('certificate', {
          chain: [{ ...(event('certificate').fact.chain[0] as CertificateSummary), ...EXPIRED }],
        }),
        event('handshake', { type: 20 }),
        event('alert', { level: 2, code, sealed: true, length: 19 }, { direction: 0 }),
      ],
    })

  it('shows the alert of the client, which names the certificate', () => {
    expect(claims(decrypted(45))).toEqual(['tls-certificate-expired (confirmed)'])
    expect(verdictOf('tls-certificate-expired', decrypted(45)).evidence[1]?.[1]).toContain('certificate_expired')
    // internal_error
    expect(verdictOf('tls-certificate-expired', decrypted(80)).verdict).toBe('ruled-out')
  })
})

describe('TLS 1.3, where the certificate can not be read', () => {
  it('leaves the fault open: the client rejected it, likely', () => {
    const left = attempt({ events: [...tls13Handshake(), ...records(250, 250, -19, 19)] })
    expect(claims(left)).toEqual(['tls-certificate-rejected (likely)'])
    expect(verdictOf('tls-certificate-expired', left).verdict).toBe('not-visible')
  })

  it('does not suspect it when the client sent data', () => {
    const on = attempt({ events: [...tls13Handshake(), ...records(-355, 400, -19)] })
    expect(verdictOf('tls-certificate-rejected', on).verdict).toBe('ruled-out')
  })

  it('is a cancelled dialog just as well when the client closes after a while', () => {
    const slow = attempt({
      events: tls13Handshake(),
      tcp: { marks: [mark('fin', { packet: 60, timeNs: 20 * SECOND })] },
    })
    expect(verdictOf('tls-certificate-rejected', slow).verdict).toBe('possible')
  })
})

describe('certificates that are no cause', () => {
  it('leaves an expired one alone when the session went on: that is a warning only', () => {
    const works = attempt(
      { events: [...handshake({ ...EXPIRED, ...SELF_SIGNED }), ...records(-486, 150)] },
      { outcome: 'established' },
    )
    expect(claims(works)).toEqual([])
    expect(verdictOf('tls-certificate-expired', works).verdict).toBe('ruled-out')
  })

  it('does not blame the certificate when the server closed', () => {
    const closed = attempt({
      events: [...handshake(EXPIRED), ...records(-486)],
      tcp: { marks: [mark('fin', { packet: 60, direction: 1 })] },
    })
    expect(verdictOf('tls-certificate-expired', closed).verdict).toBe('ruled-out')
  })

  it('sees nothing without a certificate', () => {
    expect(verdictOf('tls-certificate-expired', attemptWith()).verdict).toBe('not-visible')
    expect(verdictOf('tls-certificate-rejected', attemptWith()).verdict).toBe('not-visible')
  })
})

describe('names of a certificate', () => {
  it.each([
    ['rdp.lab.test', ['rdp.lab.test'], true],
    ['RDP.LAB.TEST.', ['rdp.lab.test'], true],
    ['rdp.lab.test', ['*.lab.test'], true],
    ['a.rdp.lab.test', ['*.lab.test'], false],
    ['lab.test', ['*.lab.test'], false],
    ['10.0.2.2', ['*.0.2.2'], false],
    ['10.0.2.2', ['10.0.2.2'], true],
    ['rdp.lab.test', ['other.lab.test'], false],
  ])('%s against %j: %s', (asked, names, fits) => {
    expect(matchesName({ ...GOOD, names }, asked)).toBe(fits)
  })

  it('take the common name only where there are no alternative names', () => {
    expect(matchesName({ ...GOOD, names: [] }, 'rdp.lab.test')).toBe(true)
    expect(matchesName({ ...GOOD, names: ['other.lab.test'] }, 'rdp.lab.test')).toBe(false)
  })
})
