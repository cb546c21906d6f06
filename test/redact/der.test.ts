import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AddressMap } from '../../src/redact/addresses.ts'
import { redactDer } from '../../src/redact/der.ts'
import { Keyed } from '../../src/redact/keyed.ts'
import { NameMap } from '../../src/redact/names.ts'
import { bytes } from '../support/bytes.ts'
import { certificateOf, commonName, element, INTEGER, identifier, SEQUENCE } from '../support/der.ts'

const keyed = new Keyed(Buffer.from('one'))
const addresses = new AddressMap(keyed)
const names = new NameMap(keyed, addresses)
const redacted = (der: Uint8Array): Buffer => Buffer.from(redactDer(der, { keyed, addresses, names }))
const OCTETS = 0x04
const BITS = 0x03

describe('a certificate', () => {
  const full = 'srv1.contoso.example'
  const one = certificateOf({
    subject: commonName(full),
    issuer: commonName('Contoso Issuing CA'),
    alternativeNames: [
      element(0x82, full),
      element(0x82, '*.contoso.example'),
      element(0x87, Uint8Array.of(203, 0, 113, 77)),
    ],
    serial: bytes('5a 11 22 33 44 55 66 77 88 99'),
  })
  const read = new X509Certificate(redacted(one))

  it('is as long, and others read it', () => {
    expect(redacted(one)).toHaveLength(one.length)
    expect(read.subject).toBe(`CN=${names.text(full)}`)
    expect(read.issuer).toBe(`CN=${names.text('Contoso Issuing CA')}`)
    const address = addresses.ipv4([203, 0, 113, 77]).join('.')
    const wild = names.text('*.contoso.example')
    expect(read.subjectAltName).toBe(`DNS:${names.text(full)}, DNS:${wild}, IP Address:${address}`)
    expect(read.checkHost(names.text(full))).toBe(names.text(full))
  })

  it('keeps its times', () => {
    const before = new X509Certificate(one)
    expect([read.validFrom, read.validTo]).toEqual([before.validFrom, before.validTo])
  })

  it('has another serial number, of the same size', () => {
    expect(read.serialNumber).toMatch(/^5A(?!112233)[0-9A-F]{18}$/)
  })

  it('that signs itself still does, and another does not', () => {
    const own = new X509Certificate(redacted(certificateOf({ subject: commonName(full), issuer: commonName(full) })))
    expect(own.issuer).toBe(own.subject)
    expect(read.issuer).not.toBe(read.subject)
  })
})

describe('values', () => {
  it('small numbers, flags, times and identifiers stay', () => {
    for (const kept of [
      '020105',
      '0101ff',
      '0303070680',
      '0a0101',
      '06032a0304',
      '170d3234303130313030303030305a',
      '0500',
    ]) {
      expect(redacted(bytes(kept)).toString('hex')).toBe(kept)
    }
  })

  it('octets and keys say nothing, and the same of the same', () => {
    const key = element(OCTETS, bytes('ff 11 22 33 44 55 66 77'))
    expect(redacted(key).toString('hex')).toMatch(/^0408(?!ff112233)/)
    expect(redacted(key)).toEqual(redacted(key))
    expect(redacted(element(BITS, bytes('00 ff 11 22 33 44 55 66'))).toString('hex')).toMatch(/^030800(?!ff1122)/)
  })

  it('values in octets are redacted as values, behind the record mark of Kerberos too', () => {
    const inner = element(SEQUENCE, element(0x1b, 'srv1'), element(INTEGER, Uint8Array.of(7)))
    const mapped = element(SEQUENCE, element(0x1b, names.text('srv1')), element(INTEGER, Uint8Array.of(7)))
    expect(redacted(element(OCTETS, inner))).toEqual(Buffer.from(element(OCTETS, mapped)))
    const mark = Uint8Array.of(0, 0, 0, inner.length)
    const marked = element(OCTETS, Buffer.concat([mark, inner]))
    expect(redacted(marked)).toEqual(Buffer.from(element(OCTETS, Buffer.concat([mark, mapped]))))
  })

  it('a long identifier keeps its beginning: the end is a number of the site', () => {
    const template = identifier('1.3.6.1.4.1.311.21.8.9735519.16245011.5390982.6893722.4419217')
    const mapped = redacted(template)
    expect(mapped).toHaveLength(template.length)
    expect(mapped.subarray(0, 10)).toEqual(Buffer.from(template).subarray(0, 10))
    expect(mapped.subarray(10)).not.toEqual(Buffer.from(template).subarray(10))
  })

  it('whatever is no DER is emptied', () => {
    expect(redacted(Buffer.from('srv1.contoso.example')).includes('contoso')).toBe(false)
  })

  it('any bytes stay as many, and nested ones come to an end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), any => {
        expect(redacted(any)).toHaveLength(any.length)
      }),
    )
    let deep: Uint8Array = new Uint8Array(0)
    for (let level = 0; level < 5000; level++) deep = element(OCTETS, deep)
    expect(redacted(deep)).toHaveLength(deep.length)
  })
})
