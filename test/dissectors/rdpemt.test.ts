import { describe, expect, it } from 'vitest'
import { rdpemt } from '../../dissectors/rdpemt.ts'
import { NOT_MINE } from '../../src/wire/dissector.ts'
import { bytes } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import { facts, tree } from '../support/read.ts'

/** MS-RDPEMT 2.2.2.1, put together from its layout: request 5, and a cookie of 16 bytes. */
const REQUEST = bytes(`00 18 00 04 05 00 00 00 00 00 00 00 ${'c0'.repeat(16)}`)
const RESPONSE = bytes('01 04 00 04 00 00 00 00')

describe('a tunnel', () => {
  it('is asked for with a cookie that nobody sees', () => {
    expect(facts(rdpemt, 'client', REQUEST)).toEqual([{ kind: 'rdpemt-request', requestId: 5, complete: true }])
    const read = tree(rdpemt, 'client', REQUEST)
    expect(read.field('rdpmt.createrequest.requestid')).toEqual({ value: 5, start: 4, end: 8 })
    expect(read.field('rdpmt.createrequest.cookie')).toEqual({ value: '', start: 12, end: 28 })
  })

  it('is granted or refused', () => {
    expect(facts(rdpemt, 'server', RESPONSE)).toEqual([{ kind: 'rdpemt-response', result: 0, complete: true }])
    // E_ABORT, as clients have it.
    expect(facts(rdpemt, 'server', bytes('01 04 00 04 04 40 00 80'))).toMatchObject([{ result: 0x80004004 }])
    expect(
      tree(rdpemt, 'server', bytes('01 04 00 04 04 40 00 80')).field('rdpmt.createresponse.hrresponse')?.value,
    ).toBe(-2147467260)
  })

  it('carries measurements in front of its data', () => {
    const measured = bytes('02 02 00 0a 06 00 34 12 01 00 30 07')
    const read = tree(rdpemt, 'server', measured)
    expect(read.field('rdpmt.action')?.value).toBe(2)
    expect(read.field('rdpmt.headerlen')?.value).toBe(10)
    expect(read.field('rdp.bandwidth.sequencenumber')?.value).toBe(0x1234)
    expect(read.field('rdp.bandwidth.reqtype')?.value).toBe(1)
    expect(read.field('rdpmt.data')).toMatchObject({ start: 10, end: 12 })
    expect(read.field('rdp_drdynvc.cmd')?.value).toBe(3)
  })

  it('tells the characteristics of the network', () => {
    const told = bytes('02 00 00 16 12 00 01 00 c0 08 0a 00 00 00 e8 03 00 00 14 00 00 00')
    const read = tree(rdpemt, 'server', told)
    expect(read.field('rdp.networkcharacteristics.basertt')?.value).toBe(10)
    expect(read.field('rdp.networkcharacteristics.bandwidth')?.value).toBe(1000)
    expect(read.field('rdp.networkcharacteristics.averagertt')?.value).toBe(20)
    expect(facts(rdpemt, 'server', told)).toEqual([
      { kind: 'network-characteristics', baseRttMs: 10, averageRttMs: 20, bandwidthKbps: 1000 },
    ])
  })

  it('has no fourth action and no shorter header', () => {
    const frame = (said: Uint8Array) => rdpemt.frame(said, 0, said.length, 0, rdpemt.begin(null), 0)
    expect(frame(bytes('03 00 00 04'))).toBe(NOT_MINE)
    expect(frame(bytes('02 00 00 03'))).toBe(NOT_MINE)
    expect(frame(bytes('02 10 00 04'))).toBe(20)
  })
})

describe('rdpemt conforms: it', () => {
  conformsStream(rdpemt, {
    'a tunnel': turns(
      ['client', REQUEST],
      ['server', RESPONSE],
      ['client', bytes('02 02 00 0a 06 01 34 12 00 00 30 07')],
    ),
  })
})
