import { expect, test } from 'vitest'
import { tcpChecksumState } from '../../src/flow/checksum.ts'
import { concat } from '../support/bytes.ts'
import { decode, octets } from '../support/decoding.ts'
import { ethernet, icmp, ipv4, ipv6, type Network, tcp } from '../support/packets.ts'

const SEGMENT = tcp({ sequence: 0xfffffff0, flags: 0x18 }, octets('0102 0304 05'))
const IN_IPV4 = ethernet(ipv4(SEGMENT))

test.each<readonly [string, Network]>([
  ['IPv4', ipv4(SEGMENT)],
  ['IPv6', ipv6(SEGMENT)],
  ['a tunnel', ipv4({ protocol: 4, bytes: ipv4(SEGMENT).bytes, checksumAt: -1 })],
])('a right checksum is good in %s', (_, network) => {
  expect(tcpChecksumState(decode(ethernet(network)).headers)).toBe('good')
})

test('one bit less or more is bad', () => {
  for (let at = 34; at < IN_IPV4.length; at++) {
    const changed = IN_IPV4.slice()
    changed[at] = (changed[at] as number) ^ 1
    const { headers } = decode(changed)
    expect(tcpChecksumState(headers), `byte ${at}`).toBe('bad')
  }
})

test('the sum of the pseudo header alone is what offload leaves', () => {
  const changed = IN_IPV4.slice()
  let sum = 6 + (IN_IPV4.length - 34)
  for (let at = 26; at < 34; at += 2) sum += ((changed[at] as number) << 8) | (changed[at + 1] as number)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  changed.set([sum >> 8, sum & 0xff], 50)
  expect(tcpChecksumState(decode(changed).headers)).toBe('offloaded')
})

test('a cut segment, and what is no segment, can not be verified', () => {
  expect(tcpChecksumState(decode(IN_IPV4.slice(0, -1), 1, IN_IPV4.length).headers)).toBe('unverifiable')
  expect(tcpChecksumState(decode(ethernet(ipv4(icmp({ type: 8, code: 0 })))).headers)).toBe('unverifiable')
})

test('bytes behind the datagram do not count', () => {
  expect(tcpChecksumState(decode(concat(IN_IPV4, octets('ffff'))).headers)).toBe('good')
})
