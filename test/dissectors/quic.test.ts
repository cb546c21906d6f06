import { describe, expect, it } from 'vitest'
import { quic } from '../../dissectors/quic.ts'
import { LIKELY, NO } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsDatagram } from '../support/conformance.ts'
import { facts, tree } from '../support/read.ts'

/** RFC 9001 appendix A.2: header of the client's Initial packet; what is sealed is left blank. */
const INITIAL = concat(bytes('c0 00 00 00 01 08 83 94 c8 f0 3e 51 57 08 00 00 44 9e'), new Uint8Array(1182))
/** RFC 9001 appendix A.4: a Retry packet. */
const RETRY = bytes(`ff 00 00 00 01 00 08 f0 67 a5 50 2a 42 62 b5 "token" ${'04'.repeat(16)}`)
const NEGOTIATION = bytes('80 00 00 00 00 01 aa 01 bb 00 00 00 01 6b 33 43 cf')

describe('a packet with a long header', () => {
  it('tells its version', () => {
    expect(facts(quic, 'client', INITIAL)).toEqual([{ kind: 'quic', version: 1, complete: true }])
    const read = tree(quic, 'client', INITIAL)
    expect(read.field('quic.long.packet_type')?.value).toBe(0)
    expect(read.field('quic.dcid')).toEqual({ value: '', start: 6, end: 14 })
    expect(read.field('quic.scil')?.value).toBe(0)
    expect(read.field('quic.length')).toEqual({ value: 1182, start: 16, end: 18 })
  })

  it('may be followed by others in the same datagram', () => {
    const two = concat(
      bytes('e0 00 00 00 01 01 aa 00 02 01 02'),
      bytes('e0 00 00 00 01 01 aa 00 01 03'),
      bytes('40 aa'),
    )
    const read = tree(quic, 'server', two)
    expect(read.fields('quic.length').map(({ value }) => value)).toEqual([2, 1])
    expect(facts(quic, 'server', two)).toHaveLength(1)
  })

  it('may name the versions that its sender speaks', () => {
    expect(facts(quic, 'server', NEGOTIATION)).toMatchObject([{ version: 0, complete: true }])
    expect(
      tree(quic, 'server', NEGOTIATION)
        .fields('quic.supported_version')
        .map(({ value }) => value),
    ).toEqual([1, 0x6b3343cf])
  })

  it('is recognised by a version that is known', () => {
    const probe = (said: Uint8Array, port = 443) => quic.probe(said, 0, said.length, port)
    expect(probe(INITIAL)).toBe(LIKELY)
    expect(probe(RETRY, 50_000)).toBe(LIKELY)
    expect(probe(NEGOTIATION)).toBe(LIKELY)
    expect(probe(NEGOTIATION, 3389)).toBe(NO)
    expect(probe(bytes('40 00 00 00 01 08 83 94 c8 f0 3e 51 57 08 00'))).toBe(NO)
    expect(probe(bytes('c0 12 34 56 78 08 83 94 c8 f0 3e 51 57 08 00 00'))).toBe(NO)
    expect(probe(bytes('c0 00 00 00 01 15 83 94 c8 f0 3e 51 57 08 00 00'))).toBe(NO)
  })
})

describe('quic conforms: it', () => {
  conformsDatagram(quic, {
    'a Handshake packet': concat(bytes('e0 00 00 00 01 02 aa bb 03 cc dd ee 40 20'), new Uint8Array(32)),
  })
})
