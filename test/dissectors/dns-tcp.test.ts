/** DNS over TCP. Bytes after RFC 1035 sections 4.1 and 4.2.2. */
import { describe, expect, it } from 'vitest'
import { dnsTcp } from '../../dissectors/dns-tcp.ts'
import { LIKELY, NO } from '../../src/wire/dissector.ts'
import { bytes } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import { likeness, tree } from '../support/read.ts'

const QUESTION = '03 "rdp" 03 "lab" 00 00 01 00 01'
const query = bytes(`00 19 12 34 01 00 00 01 00 00 00 00 00 00 ${QUESTION}`)
const answer = bytes(
  `00 29 12 34 81 80 00 01 00 01 00 00 00 00 ${QUESTION} c0 0c 00 01 00 01 00 00 00 3c 00 04 c0 00 02 01`,
)

conformsStream(dnsTcp, { 'a question and its answer': turns(['client', query], ['server', answer]) })

describe('DNS over TCP', () => {
  it('reads names from the start of the message, behind the length', () => {
    const read = tree(dnsTcp, 'server', answer)
    expect(read.field('dns.length')?.value).toBe(41)
    expect(read.field('dns.resp.name')?.value).toBe('rdp.lab')
    expect(read.field('dns.a')?.value).toBe(0xc0000201)
  })

  it('is recognised by a question that makes sense', () => {
    expect(likeness(dnsTcp, 'client', query)).toBe(LIKELY)
    expect(likeness(dnsTcp, 'server', answer)).toBe(LIKELY)
    const connectRequest = bytes('03 00 00 13 0e e0 00 00 00 00 00 01 00 08 00 03 00 00 00')
    expect(likeness(dnsTcp, 'client', connectRequest)).toBe(NO)
    expect(likeness(dnsTcp, 'client', bytes('16 03 01 00 c8 01 00 00 c4 03 03 00 01 00 00 00 00 00 00 00'))).toBe(NO)
  })
})
