/** Multicast DNS. Bytes after RFC 6762 sections 5.4 and 10.2. */
import { describe, expect, it } from 'vitest'
import { mdns } from '../../dissectors/dns.ts'
import { bytes } from '../support/bytes.ts'
import { conformsDatagram } from '../support/conformance.ts'
import { facts, tree } from '../support/read.ts'

const query = bytes('00 00 00 00 00 01 00 00 00 00 00 00 04 "host" 05 "local" 00 00 01 80 01')
const answer = bytes(`00 00 84 00 00 00 00 01 00 00 00 00
  04 "host" 05 "local" 00 00 01 80 01 00 00 00 78 00 04 c0 00 02 01`)

conformsDatagram(mdns, { query, answer })

describe('multicast DNS', () => {
  it('has a flag in the highest bit of the class', () => {
    expect(tree(mdns, 'client', query).field('dns.qry.class')?.value).toBe(1)
    expect(tree(mdns, 'client', query).field('dns.qry.qu')?.value).toBe(1)
    expect(tree(mdns, 'server', answer).field('dns.resp.cache_flush')?.value).toBe(1)
  })

  it('says the same facts as DNS', () => {
    expect(facts(mdns, 'server', answer)).toMatchObject([
      { kind: 'dns-response', answers: [{ name: 'host.local', data: '192.0.2.1' }] },
    ])
  })
})
