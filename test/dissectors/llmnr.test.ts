/** Link-local multicast name resolution. Bytes after RFC 4795 section 2.1.1. */
import { expect, it } from 'vitest'
import { llmnr } from '../../dissectors/dns.ts'
import { bytes } from '../support/bytes.ts'
import { conformsDatagram } from '../support/conformance.ts'
import { tree } from '../support/read.ts'

const query = bytes('b6 1a 04 00 00 01 00 00 00 00 00 00 04 "wpad" 00 00 01 00 01')

conformsDatagram(llmnr, { query })

it('has bits of its own', () => {
  expect(tree(llmnr, 'client', query).field('dns.flags.conflict')?.value).toBe(1)
  expect(tree(llmnr, 'client', query).field('dns.flags.recdesired')).toBeUndefined()
})
