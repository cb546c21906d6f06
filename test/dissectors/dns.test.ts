import { describe, expect, it } from 'vitest'
import { dns, llmnr, mdns } from '../../dissectors/dns.ts'
import { LIKELY, NO } from '../../src/wire/dissector.ts'
import { bytes } from '../support/bytes.ts'
import { datagramReading, facts, tree } from '../support/read.ts'

const query = bytes('12 34 01 00 00 01 00 00 00 00 00 00 03 "rdp" 03 "lab" 04 "test" 00 00 01 00 01')
const QUESTION = '03 "rdp" 03 "lab" 04 "test" 00 00 01 00 01'

describe('a query', () => {
  it('tells the name and the type', () => {
    expect(facts(dns, 'client', query)).toEqual([
      {
        kind: 'dns-query',
        id: 0x1234,
        name: 'rdp.lab.test',
        type: 1,
        rcode: 0,
        truncated: false,
        answers: [],
        complete: true,
      },
    ])
  })

  it('names each field as Wireshark does, with the bytes that it came from', () => {
    const read = tree(dns, 'client', query)
    expect(read.field('dns.qry.name')).toEqual({ value: 'rdp.lab.test', start: 12, end: 26 })
    expect(read.field('dns.qry.type')).toEqual({ value: 1, start: 26, end: 28 })
    expect(read.field('dns.flags.response')?.value).toBe(0)
  })

  it('escapes dots inside a label, and writes the root as a dot', () => {
    const named = (name: string) =>
      facts(dns, 'client', bytes(`00 01 01 00 00 01 00 00 00 00 00 00 ${name} 00 01 00 01`))
    expect(named('03 "a.b" 00')).toMatchObject([{ name: 'a\\.b' }])
    expect(named('00')).toMatchObject([{ name: '.' }])
  })
})

describe('a response', () => {
  it('tells the answers, through compressed names', () => {
    const response = bytes(`12 34 81 80 00 01 00 03 00 00 00 00 ${QUESTION}
      c0 0c 00 05 00 01 00 00 00 3c 00 05 02 "gw" c0 10
      c0 2a 00 01 00 01 00 00 0e 10 00 04 c0 00 02 01
      c0 2a 00 1c 00 01 00 00 0e 10 00 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01`)
    expect(facts(dns, 'server', response)).toMatchObject([
      {
        kind: 'dns-response',
        name: 'rdp.lab.test',
        rcode: 0,
        answers: [
          { name: 'rdp.lab.test', type: 5, data: 'gw.lab.test', ttlSeconds: 60 },
          { name: 'gw.lab.test', type: 1, data: '192.0.2.1', ttlSeconds: 3600 },
          { name: 'gw.lab.test', type: 28, data: '2001:db8::1', ttlSeconds: 3600 },
        ],
        complete: true,
      },
    ])
  })

  it('tells the target of SRV and PTR records', () => {
    const response = bytes(`00 01 81 80 00 00 00 02 00 00 00 00
      00 00 21 00 01 00 00 00 00 00 0e 00 01 00 02 0d 3d 02 "gw" 03 "lab" 00
      00 00 0c 00 01 00 00 00 00 00 05 03 "lab" 00`)
    expect(facts(dns, 'server', response)).toMatchObject([
      { answers: [{ data: 'gw.lab' }, { data: 'lab' }], complete: true },
    ])
  })

  it('tells a refusal', () => {
    expect(facts(dns, 'server', bytes(`12 34 81 83 00 01 00 00 00 00 00 00 ${QUESTION}`))).toMatchObject([
      { rcode: 3, answers: [], complete: true },
    ])
    expect(facts(dns, 'server', bytes(`12 34 83 80 00 01 00 00 00 00 00 00 ${QUESTION}`))).toMatchObject([
      { truncated: true },
    ])
  })

  it('reads authorities and additional records for the tree alone', () => {
    const response = bytes(`12 34 81 80 00 01 00 00 00 00 00 01 ${QUESTION} 00 00 29 10 00 00 00 00 00 00 00`)
    expect(facts(dns, 'server', response)).toMatchObject([{ answers: [], complete: true }])
    expect(tree(dns, 'server', response).field('dns.resp.type')?.value).toBe(41)
  })
})

describe('a damaged message', () => {
  it('whose pointer leads forward or to itself is not complete', () => {
    for (const pointer of ['c0 0c', 'c0 20', 'c0 0d']) {
      const message = bytes(`00 01 01 00 00 01 00 00 00 00 00 00 ${pointer} 00 01 00 01`)
      expect(facts(dns, 'client', message), pointer).toMatchObject([{ name: '', complete: false }])
    }
  })

  it('whose pointers run in a circle ends', () => {
    const message = bytes('00 01 81 80 00 01 00 00 00 00 00 00 01 "a" c0 0c 00 01 00 01')
    expect(facts(dns, 'server', message)).toMatchObject([{ complete: false }])
  })

  it('that counts more records than it holds is not complete', () => {
    const message = bytes(
      `12 34 81 80 00 01 00 05 00 00 00 00 ${QUESTION} c0 0c 00 01 00 01 00 00 0e 10 00 04 c0 00 02 01`,
    )
    expect(facts(dns, 'server', message)).toMatchObject([{ answers: [{ data: '192.0.2.1' }], complete: false }])
  })

  it('that holds more records than are read is not complete', () => {
    const record = ' c0 0c 00 01 00 01 00 00 0e 10 00 04 c0 00 02 01'
    const message = bytes(`12 34 81 80 00 01 00 28 00 00 00 00 ${QUESTION}${record.repeat(40)}`)
    const [fact] = facts(dns, 'server', message) as { answers: unknown[]; complete: boolean }[]
    expect(fact?.answers).toHaveLength(32)
    expect(fact?.complete).toBe(false)
  })

  it('without a whole header says nothing', () => {
    const reading = datagramReading(dns, bytes('12 34 01 00 00'), false)
    expect(reading.facts).toEqual([])
    expect(reading.fault).toMatchObject({ field: 'dns.count.queries', wanted: 2, had: 1 })
  })
})

describe('recognition', () => {
  it('needs a port of DNS and a sane header', () => {
    expect(dns.probe(query, 0, query.length, 53)).toBe(LIKELY)
    expect(dns.probe(query, 0, query.length, 5353)).toBe(NO)
    expect(mdns.probe(query, 0, query.length, 5353)).toBe(LIKELY)
    expect(llmnr.probe(query, 0, query.length, 5355)).toBe(LIKELY)
    expect(dns.probe(query, 0, query.length, 3389)).toBe(NO)
    expect(dns.probe(query, 0, 11, 53)).toBe(NO)
    const noise = bytes('12 34 ff ff ff ff ff ff ff ff ff ff')
    expect(dns.probe(noise, 0, noise.length, 53)).toBe(NO)
  })
})
