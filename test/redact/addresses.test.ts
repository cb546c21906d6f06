import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AddressMap } from '../../src/redact/addresses.ts'
import { Keyed } from '../../src/redact/keyed.ts'

const map = new AddressMap(new Keyed(Buffer.from('one')))
const other = new AddressMap(new Keyed(Buffer.from('other')))
const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 })
const hardware = fc.uint8Array({ minLength: 6, maxLength: 6 })
const text = (bytes: readonly number[]): string => bytes.join('.')
const mapped = (address: string): string => text(map.ipv4(address.split('.').map(Number)))
const v6 = (digits: string): string => Buffer.from(map.ipv6(Buffer.from(digits, 'hex'))).toString('hex')
const mac = (digits: string): string => Buffer.from(map.hardware(Buffer.from(digits, 'hex'))).toString('hex')

/** How many items at the beginning are the same. */
function shared(one: ArrayLike<unknown>, two: ArrayLike<unknown>): number {
  let count = 0
  while (count < one.length && one[count] === two[count]) count++
  return count
}

describe('IPv4', () => {
  it('two addresses share as many leading bytes as before', () => {
    fc.assert(
      fc.property(ipv4, ipv4, fc.nat(4), (one, two, common) => {
        const near = [...one.slice(0, common), ...two.slice(common)]
        expect(shared(map.ipv4(one), map.ipv4(near))).toBe(shared(one, near))
      }),
    )
  })

  it('a beginning becomes the beginning of what the whole becomes', () => {
    fc.assert(
      fc.property(ipv4, fc.nat(4), (address, length) => {
        expect(map.ipv4(address.slice(0, length))).toEqual(map.ipv4(address).slice(0, length))
      }),
    )
  })

  it('is written with as many digits in each place', () => {
    fc.assert(
      fc.property(ipv4, address => {
        expect(map.ipv4(address).map(byte => String(byte).length)).toEqual(address.map(byte => String(byte).length))
      }),
    )
  })

  it('the same key gives the same address, another one another', () => {
    expect(new AddressMap(new Keyed(Buffer.from('one'))).ipv4([203, 0, 113, 77])).toEqual(map.ipv4([203, 0, 113, 77]))
    expect(other.ipv4([203, 0, 113, 77])).not.toEqual(map.ipv4([203, 0, 113, 77]))
  })

  it.each(['0.0.0.0', '127.0.0.1', '127.8.9.10', '224.0.0.251', '239.255.255.250', '255.255.255.255'])(
    '%s stays',
    address => {
      expect(mapped(address)).toBe(address)
    },
  )

  it.each([
    ['10.1.2.3', /^10\./],
    ['172.20.3.4', /^172\.(1[6-9]|2\d|3[01])\./],
    ['192.168.7.8', /^192\.168\./],
    ['169.254.33.44', /^169\.254\./],
    ['100.100.1.1', /^100\.(6[4-9]|[789]\d|1[01]\d|12[0-7])\./],
  ])('%s stays of its kind', (address, kind) => {
    expect(mapped(address)).toMatch(kind)
    expect(mapped(address)).not.toBe(address)
  })

  it('no other address becomes one of those kinds', () => {
    const special = /^(0|10|127)\.|^172\.(1[6-9]|2\d|3[01])\.|^192\.168\.|^169\.254\.|^2(2[4-9]|[345]\d)\./
    fc.assert(
      fc.property(ipv4, address => {
        expect(special.test(text(map.ipv4(address)))).toBe(special.test(text(address)))
      }),
      { numRuns: 1000 },
    )
  })

  it('keeps what stands for a whole network', () => {
    expect(mapped('203.0.113.255')).toMatch(/\.255$/)
    expect(mapped('203.0.113.0')).toMatch(/\.0$/)
  })
})

describe('IPv6', () => {
  it('two addresses share as many leading digits as before', () => {
    fc.assert(
      fc.property(ipv6, ipv6, fc.nat(16), (one, two, common) => {
        const near = Uint8Array.from([...one.slice(0, common), ...two.slice(common)])
        const digits = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
        const [a, b] = [digits(one), digits(near)]
        // Multicast groups and prefixes that hold other addresses go by their own rules.
        fc.pre(![a, b].some(address => /^(ff|0000|0064)/.test(address)))
        expect(shared(digits(map.ipv6(one)), digits(map.ipv6(near)))).toBe(shared(a, b))
      }),
      { examples: [[Buffer.from('fc'.padEnd(32, '0'), 'hex'), Buffer.from('f0'.padEnd(32, '0'), 'hex'), 0]] },
    )
  })

  it('no other address gets a prefix that stays', () => {
    const kinds = /^(2001(?!0000)|20010000|2002|[23]|fe[89ab]|f[cdf]|0064ff9b|0{20}ffff|0{31}1|)/
    fc.assert(
      fc.property(fc.constantFrom('2', '4', 'f', 'fe', '0064', '00a4', '0000', '2001', ''), ipv6, (begin, rest) => {
        const address = (begin + Buffer.from(rest).toString('hex')).slice(0, 32)
        expect(kinds.exec(v6(address))?.[0]).toBe(kinds.exec(address)?.[0])
      }),
      { numRuns: 500 },
    )
  })

  it.each(['0'.repeat(32), `${'0'.repeat(31)}1`, 'ff020000000000000000000000000001'])('%s stays', address => {
    expect(v6(address)).toBe(address)
  })

  it('keeps kinds: link-local, unique local, global, and zeros that are not written', () => {
    expect(v6('fe80000000000000020000fffe000009')).toMatch(/^fe80000000000000(?!020000fffe000009)/)
    expect(v6('fd001234000000000000000000000001')).toMatch(/^fd/)
    expect(v6('20010db8000000000000000000000077')).toMatch(/^2...0...0{20}00(?!77)[1-9a-f][0-9a-f]$/)
  })

  it('maps an address of IPv4 inside as that address', () => {
    const inside = Buffer.from(map.ipv4([203, 0, 113, 77])).toString('hex')
    expect(v6('00000000000000000000ffffcb00714d')).toBe(`00000000000000000000ffff${inside}`)
    expect(v6('0064ff9b0000000000000000cb00714d')).toBe(`0064ff9b0000000000000000${inside}`)
  })

  it('hides whose a solicited-node group is, the same way in the hardware address of the group', () => {
    const group = v6('ff0200000000000000000001ff5e6f7a')
    expect(group).toMatch(/^ff0200000000000000000001ff(?!5e6f7a)/)
    expect(mac('3333ff5e6f7a')).toBe(`3333${group.slice(-8)}`)
  })
})

describe('hardware addresses', () => {
  it('two share as many leading bytes as before, and say the same of group and origin', () => {
    fc.assert(
      fc.property(hardware, hardware, fc.nat(6), (one, two, common) => {
        const near = Uint8Array.from([...one.slice(0, common), ...two.slice(common)])
        // Groups of IPv6 go by their own rules.
        fc.pre(![one, near].some(address => address[0] === 0x33 && address[1] === 0x33))
        expect(shared(map.hardware(one), map.hardware(near))).toBe(shared(one, near))
        expect((map.hardware(one)[0] as number) & 3).toBe((one[0] as number) & 3)
      }),
    )
  })

  it.each(['ffffffffffff', '000000000000', '01005e0000fb', '0180c2000000', '333300000001'])('%s stays', address => {
    expect(mac(address)).toBe(address)
  })

  it('shared addresses of router groups keep what tells them', () => {
    expect(mac('00005e000107')).toMatch(/^00005e0001(?!07)/)
  })
})
