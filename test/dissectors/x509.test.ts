import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { certificateSummary } from '../../dissectors/x509.ts'
import { bytes, inside } from '../support/bytes.ts'
import {
  BIT_STRING,
  BMP_STRING,
  type CertificateParts,
  certificateOf,
  commonName,
  element,
  GENERALIZED_TIME,
  INTEGER,
  identifier,
  name,
  PRINTABLE_STRING,
  SEQUENCE,
  UTC_TIME,
  UTF8_STRING,
} from '../support/der.ts'

function summaryOf(parts: CertificateParts) {
  const certificate = inside(certificateOf(parts))
  return certificateSummary(certificate, 0, certificate.length)
}
const keyOf = ({ publicKey }: { publicKey: KeyObject }) =>
  new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))

describe('the summary of a certificate', () => {
  it.each([
    ['RSA', 2048, keyOf(generateKeyPairSync('rsa', { modulusLength: 2048 }))],
    ['RSA', 1024, keyOf(generateKeyPairSync('rsa', { modulusLength: 1024 }))],
    ['EC P-256', 256, keyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }))],
    ['EC P-384', 384, keyOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
    ['Ed25519', 256, keyOf(generateKeyPairSync('ed25519'))],
  ])('agrees with node:crypto on a certificate with an %s key of %i bits', (keyAlgorithm, keyBits, key) => {
    const der = certificateOf({
      key,
      serial: bytes('00 9f 01 02 03 04 05 06'),
      issuer: name(
        [['2.5.4.6', PRINTABLE_STRING, 'DE']],
        [['2.5.4.10', UTF8_STRING, 'Lab']],
        [['2.5.4.3', UTF8_STRING, 'Root']],
      ),
      subject: name([['2.5.4.10', UTF8_STRING, 'Lab']], [['2.5.4.3', UTF8_STRING, 'rdp.lab.test']]),
      alternativeNames: [
        element(0x82, 'rdp.lab.test'),
        element(0x82, '*.lab.test'),
        element(0x87, bytes('c0 00 02 01')),
      ],
    })
    const judge = new X509Certificate(der)
    const summary = certificateSummary(der, 0, der.length)
    expect(summary).toEqual({
      subject: 'CN=rdp.lab.test,O=Lab',
      issuer: 'CN=Root,O=Lab,C=DE',
      commonName: 'rdp.lab.test',
      serial: judge.serialNumber.toLowerCase(),
      notBefore: Date.parse(judge.validFrom) / 1000,
      notAfter: Date.parse(judge.validTo) / 1000,
      names: ['rdp.lab.test', '*.lab.test', '192.0.2.1'],
      selfIssued: false,
      keyAlgorithm,
      keyBits,
      signatureAlgorithm: 'sha256WithRSAEncryption',
      bytes: der.length,
    })
    expect(judge.subject.split('\n').reverse().join(',')).toBe(summary.subject)
    expect(judge.issuer.split('\n').reverse().join(',')).toBe(summary.issuer)
    expect(judge.subjectAltName).toBe('DNS:rdp.lab.test, DNS:*.lab.test, IP Address:192.0.2.1')
  })

  it('agrees with node:crypto on times from 1950 to 9999', () => {
    const times = fc.date({ min: new Date('1950-01-01'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
    fc.assert(
      fc.property(times, date => {
        const digits = date.toISOString().replace(/[-:T]|\..*$/g, '')
        const isUtc = date.getUTCFullYear() < 2050
        const time = isUtc ? element(UTC_TIME, `${digits.slice(2)}Z`) : element(GENERALIZED_TIME, `${digits}Z`)
        const der = certificateOf({ notAfter: time })
        const summary = certificateSummary(der, 0, der.length)
        expect(summary.notAfter).toBe(Math.floor(date.getTime() / 1000))
        expect(summary.notAfter).toBe(Date.parse(new X509Certificate(der).validTo) / 1000)
      }),
      { numRuns: 200 },
    )
  })

  it('counts the bits of a modulus, not its bytes', () => {
    const modulus = bytes(`01 ${'ff'.repeat(127)}`)
    const rsa = element(SEQUENCE, element(INTEGER, modulus), element(INTEGER, bytes('01 00 01')))
    const algorithm = element(SEQUENCE, identifier('1.2.840.113549.1.1.1'), element(0x05))
    const key = element(SEQUENCE, algorithm, element(BIT_STRING, Uint8Array.of(0), rsa))
    expect(summaryOf({ key })).toMatchObject({ keyAlgorithm: 'RSA', keyBits: 1017 })
  })

  it('knows that issuer and subject are the same name', () => {
    expect(summaryOf({ issuer: commonName('self'), subject: commonName('self') }).selfIssued).toBe(true)
    expect(summaryOf({ issuer: commonName('self'), subject: commonName('else') }).selfIssued).toBe(false)
  })

  it('escapes what has a meaning in names, and joins the attributes of one relative name', () => {
    const subject = name([
      ['2.5.4.3', UTF8_STRING, ' a,b+c" '],
      ['2.5.4.11', UTF8_STRING, '#x'],
    ])
    expect(summaryOf({ subject }).subject).toBe('CN=\\ a\\,b\\+c\\"\\ +OU=\\#x')
  })

  it('reads UTF-8 and UTF-16 names, and writes unknown attributes by their number', () => {
    const wide = Uint8Array.from([0x00, 0x42, 0x00, 0xfc, 0x00, 0x72, 0x00, 0x6f])
    expect(summaryOf({ subject: name([['2.5.4.3', BMP_STRING, wide]]) }).commonName).toBe('Büro')
    expect(summaryOf({ subject: name([['2.5.4.3', UTF8_STRING, 'Zürich']]) }).commonName).toBe('Zürich')
    expect(summaryOf({ subject: name([['1.2.3.4', UTF8_STRING, 'x']]) }).subject).toBe('1.2.3.4=x')
  })

  it('writes IPv6 addresses in their short form', () => {
    const alternativeNames = [
      element(0x87, bytes('20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01')),
      element(0x87, bytes('20 01 0d b8 00 01 00 00 00 01 00 01 00 01 00 01')),
      element(0x87, new Uint8Array(16)),
      element(0x87, new Uint8Array(5)),
    ]
    expect(summaryOf({ alternativeNames }).names).toEqual(['2001:db8::1', '2001:db8:1:0:1:1:1:1', '::'])
  })

  it('has no time where there is none', () => {
    expect(summaryOf({ notAfter: element(UTC_TIME, '251301000000Z') }).notAfter).toBe(0)
    expect(summaryOf({ notAfter: element(UTC_TIME, 'tomorrow') }).notAfter).toBe(0)
    expect(summaryOf({ notAfter: element(UTC_TIME, '250101000000+0100') }).notAfter).toBe(
      Date.UTC(2024, 11, 31, 23) / 1000,
    )
  })

  it('shortens names without end, and says so', () => {
    const subject = commonName('x'.repeat(5000))
    expect(summaryOf({ subject }).commonName).toMatch(/^x{1000,}…$/)
    const many = Array.from({ length: 500 }, (_, n) => element(0x82, `n${n}`))
    expect(summaryOf({ alternativeNames: many }).names.at(-1)).toBe('…')
  })

  it('is the same object for the same bytes, and another one for others', () => {
    const one = certificateOf({ subject: commonName('once') })
    const other = one.slice()
    other[other.length - 1] = 1
    expect(certificateSummary(inside(one), 0, one.length)).toBe(certificateSummary(one, 0, one.length))
    expect(certificateSummary(other, 0, other.length)).not.toBe(certificateSummary(one, 0, one.length))
  })

  it('never throws, whatever is cut off or turned over', () => {
    const whole = certificateOf({
      key: keyOf(generateKeyPairSync('rsa', { modulusLength: 1024 })),
      alternativeNames: [element(0x82, 'a'), element(0x87, bytes('c0 00 02 01'))],
    })
    for (let length = 0; length <= whole.length; length++) {
      const cut = inside(whole.slice(0, length))
      expect(certificateSummary(cut, 0, length).bytes).toBe(length)
    }
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = whole.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      certificateSummary(flipped, 0, flipped.length)
    }
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        random => certificateSummary(random, 0, random.length).bytes === random.length,
      ),
    )
  })
})
