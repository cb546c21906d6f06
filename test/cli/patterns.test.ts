/** Addresses and globs as people write them. */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inPrefix } from '../../src/cli/address-prefix.ts'
import { capturesLike } from '../../src/cli/capture-glob.ts'

describe('a prefix', () => {
  it.each([
    ['10.0.0.0/8', '10.200.3.4', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['2001:db8::/32', '2001:db8:1::5', true],
    ['2001:db8::/32', '2001:db9::5', false],
    ['10.0.0.0/8', '::a00:1', false],
    ['10.0.0.0/8', '', false],
    ['10.0.0.0/8', 'rdp.example', false],
  ])('%s holds %s: %s', (prefix, address, holds) => {
    expect(inPrefix(prefix)?.(address)).toBe(holds)
  })

  it.each([
    '',
    '10.0.0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'rdp.example',
    '2001:db8::/129',
    'fe80::1%eth0',
  ])('%s is none', text => {
    expect(inPrefix(text)).toBeNull()
  })
})

describe('a glob', () => {
  it.each([
    ['*.pcap', 'deep/er/a.pcap', true],
    ['old-*.pcapng', 'old-1.pcapng', true],
    ['lab/**', 'lab/a/b.pcap', true],
    ['./lab/**', 'lab/b.pcap', true],
    ['lab/*', 'lab/a/b.pcap', false],
    ['lab/**', 'elsewhere/b.pcap', false],
    ['a/[1].pcap', 'a/[1].pcap', true],
    ['/base/lab/*.pcap', 'lab/x.pcap', true],
    ['/other/**', '/other/x.pcap', true],
    ['../other/*', '/other/x.pcap', true],
    ['**/x.pcap', '/other/x.pcap', true],
    ['{a,b}.pcap', 'b.pcap', true],
    ['!a.pcap', 'b.pcap', false],
    ['-', '-', true],
    ['**', '-', false],
  ])('%s means %s: %s', async (glob, path, means) => {
    const matches = await capturesLike(glob, '/base')
    expect(matches(path === '-' ? path : resolve('/base', path))).toBe(means)
  })
})
