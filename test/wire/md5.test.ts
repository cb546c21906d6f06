import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { md5 } from '../../src/wire/md5.ts'

it('gives the digests of RFC 1321 appendix A.5', () => {
  expect(md5('')).toBe('d41d8cd98f00b204e9800998ecf8427e')
  expect(md5('a')).toBe('0cc175b9c0f1b6a831c399e269772661')
  expect(md5('message digest')).toBe('f96b697d7cb7938d525a2f31aaf161d0')
})

it('agrees with the crypto library at every length around a block', () => {
  for (let length = 0; length <= 200; length++) {
    const text = 'x'.repeat(length)
    expect(md5(text)).toBe(createHash('md5').update(text).digest('hex'))
  }
})
