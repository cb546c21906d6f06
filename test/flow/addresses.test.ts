import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Addresses, hardwareText, ipv4Text } from '../../src/flow/addresses.ts'
import { octets } from '../support/decoding.ts'

const address = fc.uint8Array({ minLength: 16, maxLength: 16 })
/** Many zero groups: that is where the text is hard. */
const sparse = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0x20, 0xffff, 0x0db8), { minLength: 8, maxLength: 8 })
  .map(groups => Uint8Array.from(groups.flatMap(group => [group >> 8, group & 0xff])))

describe('numbers of IPv6 addresses', () => {
  test('are given in order of appearance, and the same address has the same one', () => {
    const addresses = new Addresses()
    const bytes = octets('00 20010db8000000000000000000000001 20010db8000000000000000000000002')
    expect([addresses.intern(bytes, 1), addresses.intern(bytes, 17), addresses.intern(bytes, 1)]).toEqual([0, 1, 0])
  })

  test('do not depend on the seed of the hash', () => {
    fc.assert(
      fc.property(fc.array(address, { maxLength: 50 }), fc.integer(), fc.integer(), (list, a, b) => {
        const [one, other] = [new Addresses(100, a), new Addresses(100, b)]
        expect(list.map(bytes => one.intern(bytes, 0))).toEqual(list.map(bytes => other.intern(bytes, 0)))
      }),
    )
  })

  test('survive the growth of the table', () => {
    const addresses = new Addresses()
    const bytes = new Uint8Array(16)
    const view = new DataView(bytes.buffer)
    for (let round = 0; round < 2; round++) {
      for (let count = 0; count < 5000; count++) {
        view.setUint32(12, count)
        if (addresses.intern(bytes, 0) !== count) expect.fail(`address ${count} has another number in round ${round}`)
      }
    }
    expect(addresses.text(6, 4999)).toBe('::1387')
    expect(addresses.overflows).toBe(0)
  })

  test('beyond the limit are one, and that is counted', () => {
    const addresses = new Addresses(2)
    const ids = ['01', '02', '03', '04', '02'].map(last => addresses.intern(octets('00'.repeat(15), last), 0))
    expect(ids).toEqual([0, 1, 2, 2, 1])
    expect(addresses.overflows).toBe(2)
    expect(addresses.text(6, 2)).toBe('(too many IPv6 addresses)')
  })
})

describe('text', () => {
  // RFC 5952 sections 4 and 5.
  test.each([
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010000000000010000000000000001', '2001:0:0:1::1'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['fe800000000000000000000000000000', 'fe80::'],
    ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
    ['20010DB8ABCD00EF0000000000000000', '2001:db8:abcd:ef::'],
  ])('%s is %s', (digits, text) => {
    const addresses = new Addresses()
    expect(addresses.text(6, addresses.intern(octets(digits), 0))).toBe(text)
  })

  test('is an address, and the shortest one that the URL standard writes', () => {
    fc.assert(
      fc.property(fc.oneof(address, sparse), bytes => {
        const addresses = new Addresses()
        const text = addresses.text(6, addresses.intern(bytes, 0))
        expect(isIPv6(text)).toBe(true)
        if (!text.includes('.')) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`)
      }),
    )
  })

  test('of IPv4, and of hardware addresses', () => {
    expect([ipv4Text(0xc0000201 | 0), ipv4Text(0x7f000001)]).toEqual(['192.0.2.1', '127.0.0.1'])
    expect(new Addresses().text(4, -1)).toBe('255.255.255.255')
    expect(hardwareText(0x0002, 0x8000000f | 0)).toBe('00:02:80:00:00:0f')
  })
})
