import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AddressMap } from '../../src/redact/addresses.ts'
import { redactDnsName } from '../../src/redact/dns-names.ts'
import { Keyed } from '../../src/redact/keyed.ts'
import { NameMap } from '../../src/redact/names.ts'
import { redactText, redactWide, redactWideBigEndian } from '../../src/redact/texts.ts'

const keyed = new Keyed(Buffer.from('one'))
const addresses = new AddressMap(keyed)
const names = new NameMap(keyed, addresses)
const word = fc.stringMatching(/^[a-z0-9-]{1,20}$/)

describe('a word', () => {
  it('becomes another one of the same length, and different ones stay different', () => {
    fc.assert(
      fc.property(word, word, (one, two) => {
        expect(names.text(one)).toHaveLength(one.length)
        expect(names.text(one) === names.text(two)).toBe(one === two)
      }),
    )
  })

  it('keeps the kind of each character, and case', () => {
    expect(names.text('Srv-07_B')).toMatch(/^[A-Z][a-z]{2}-\d\d_[A-Z]$/)
    expect(names.text('SRV-07_B')).toBe(names.text('srv-07_b').toUpperCase())
  })

  it('that was cut short is the beginning of what the whole becomes', () => {
    fc.assert(
      fc.property(word, fc.nat(20), (one, length) => {
        fc.pre(one.length > length)
        // What a word is kept for, its whole form decides.
        fc.pre(!/^(rd|ts|vdi|avd|wvd|remote|terminal)/.test(one))
        const whole = names.text(one)
        const short = names.text(one.slice(0, length))
        if (short !== one.slice(0, length)) expect(whole.startsWith(short)).toBe(true)
      }),
    )
  })

  it('has no letter in its place', () => {
    const before = 'abcdefghijklmnopqrstuvwxyz'
    expect([...names.text(before)].filter((letter, at) => letter === before[at])).toEqual([])
  })

  it('of other scripts keeps its length in bytes', () => {
    for (const name of ['Ястреб', 'Müller', '山田太郎', 'naïve', '🦅host']) {
      expect(Buffer.byteLength(names.text(name))).toBe(Buffer.byteLength(name))
      expect(names.text(name)).toHaveLength(name.length)
      expect(names.text(name)).not.toBe(name)
    }
  })
})

describe('a text', () => {
  it('keeps its shape, and its words are those that stand alone', () => {
    const full = names.text('srv1.contoso.com')
    expect(full).toMatch(/^[a-z]{3}\d\.[a-z]{7}\.com$/)
    expect(full.split('.')[0]).toBe(names.text('srv1'))
    expect(names.text('TERMSRV/srv1.contoso.com')).toBe(`TERMSRV/${full}`)
    expect(names.text('*.contoso.com')).toBe(`*.${full.split('.')[1]}.com`)
    expect(names.text('https://srv1.contoso.com:8443/')).toBe(`https://${full}:8443/`)
  })

  it('has addresses as they are in headers', () => {
    const address = addresses.ipv4([203, 0, 113, 77]).join('.')
    expect(names.text('203.0.113.77')).toBe(address)
    expect(names.text('CONNECT 203.0.113.77:3389')).toMatch(new RegExp(` ${address}:3389$`))
    const six = Buffer.from(addresses.ipv6(Buffer.from('20010db8000000000000000000000077', 'hex'))).toString('hex')
    expect(names.text('[2001:db8::77]:443')).toBe(`[${six.slice(0, 4)}:${six.slice(5, 8)}::${six.slice(30)}]:443`)
  })

  it('keeps what verdicts rest on', () => {
    for (const kept of [
      'rds',
      'remote',
      'vdi',
      'localhost',
      'Microsoft-HTTPAPI/2.0',
      'Zscaler',
      '_ldap._tcp',
      'mstshash',
    ]) {
      expect(names.text(kept)).toBe(kept)
    }
    expect(names.text('rds01')).toMatch(/^rds\d\d$/)
    expect(names.text('Contoso SSL Inspection CA')).toMatch(/^[A-Z][a-z]{6} [A-Z]{3} Inspection [A-Z]{2}$/)
    expect(names.text('rdgateway-c101-weu-r1.wvd.microsoft.com')).toMatch(/gateway.*\.wvd\.microsoft\.com$/)
  })

  it('replaces an identifier by one', () => {
    expect(names.text('{1b4b4f4a-9c55-4d33-8b35-6c3f7b7a0c11}')).toMatch(
      /^\{(?!1b4b4f4a)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$/,
    )
  })
})

describe('bytes', () => {
  it('in UTF-16 of both orders say the same as in UTF-8', () => {
    const mapped = names.text('srv1')
    expect(Buffer.from(redactText(Buffer.from('srv1'), names)).toString()).toBe(mapped)
    expect(Buffer.from(redactWide(Buffer.from('srv1', 'utf16le'), names)).toString('utf16le')).toBe(mapped)
    const big = Buffer.from(redactWideBigEndian(Buffer.from('srv1', 'utf16le').swap16(), names))
    expect(big.swap16().toString('utf16le')).toBe(mapped)
  })

  it('behind the end of a text are emptied', () => {
    expect(Buffer.from(redactText(Buffer.from('srv1\0secret'), names)).toString()).toBe(
      `${names.text('srv1')}${'\0'.repeat(7)}`,
    )
  })

  it('that are no text stay as long', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
        expect(redactText(bytes, names)).toHaveLength(bytes.length)
        expect(redactWide(bytes, names)).toHaveLength(bytes.length)
        expect(redactDnsName(bytes, '', names)).toHaveLength(bytes.length)
      }),
    )
  })
})

describe('a name of DNS', () => {
  const wire = (name: string): Buffer =>
    Buffer.concat([
      ...name.split('.').map(label => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
      Buffer.of(0),
    ])

  it('keeps labels and pointers', () => {
    const mapped = Buffer.from(redactDnsName(wire('srv1.contoso.com'), 'srv1.contoso.com', names))
    expect(mapped).toEqual(wire(names.text('srv1.contoso.com')))
    const pointing = Buffer.concat([wire('srv1').subarray(0, 5), Buffer.from('c00c', 'hex')])
    expect(
      Buffer.from(redactDnsName(pointing, 'srv1.contoso.com', names))
        .subarray(-2)
        .toString('hex'),
    ).toBe('c00c')
  })

  it('of a reverse lookup is that of the new address', () => {
    const name = '77.113.0.203.in-addr.arpa'
    const reversed = addresses.ipv4([203, 0, 113, 77]).reverse().join('.')
    expect(Buffer.from(redactDnsName(wire(name), name, names))).toEqual(wire(`${reversed}.in-addr.arpa`))
  })
})
