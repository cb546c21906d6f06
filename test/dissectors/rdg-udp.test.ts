import { describe, expect, it } from 'vitest'
import { rdgUdp } from '../../dissectors/rdg-udp.ts'
import { LIKELY, NO } from '../../src/wire/dissector.ts'
import { bytes } from '../support/bytes.ts'
import { conformsMessages } from '../support/conformance.ts'
import { exchanged } from '../support/messages.ts'
import { Tree } from '../support/read.ts'

/** MS-TSGU 2.2.11.3 and 2.2.11.4, put together from their layouts. */
const REQUEST = bytes('01 00 14 00 3d 0d 04 00 d0 04 d0 04 01 00 00 00 2a 00 00 00 c0 c1 c2 c3')
const RESPONSE = bytes('02 00 10 00 d0 04 d0 04 2b 00 00 00 05 00 07 80 ff ff ff ff')
const DISCONNECT = bytes('04 00 08 00 00 00 00 00 00 00 00 00')
const FRAGMENT = bytes('05 00 0a 00 00 00 02 00 04 00 aa bb cc dd')
const PAYLOAD = bytes('03 00 02 00 aa bb')

const treeOf = (message: Uint8Array) => {
  const { pdus } = exchanged(rdgUdp, [['client', message]], { watch: true })
  return new Tree(pdus[0]?.root == null ? [] : [pdus[0].root])
}

describe('the side channel of a gateway', () => {
  it('is asked for with a cookie that nobody sees', () => {
    expect(exchanged(rdgUdp, [['client', REQUEST]]).facts).toEqual([
      { kind: 'rdg-udp-request', port: 3389, lossy: true, complete: true },
    ])
    expect(treeOf(REQUEST).field('rdg.udp.connect.cookie')).toEqual({ value: '', start: 20, end: 24 })
    expect(treeOf(REQUEST).field('rdg.udp.connect.upstream_mtu')?.value).toBe(1232)
  })

  it('is refused, or ends, with a result', () => {
    expect(
      exchanged(rdgUdp, [
        ['server', RESPONSE],
        ['server', DISCONNECT],
      ]).facts,
    ).toEqual([
      { kind: 'rdg-udp-response', result: 0x80070005, complete: true },
      { kind: 'rdg-udp-disconnect', result: 0, complete: true },
    ])
  })

  it('shows no bytes of a fragmented request, which may be its cookie', () => {
    expect(treeOf(FRAGMENT).field('rdg.udp.fragment.count')?.value).toBe(2)
    expect(treeOf(FRAGMENT).field('rdg.udp.fragment.bytes')).toEqual({ value: '', start: 10, end: 14 })
    expect(treeOf(PAYLOAD).field('rdg.udp.payload')).toMatchObject({ start: 4, end: 6 })
  })

  it('is recognised by type and exact length', () => {
    const probe = (said: Uint8Array) => rdgUdp.probe(said, 0, said.length, 0)
    for (const message of [REQUEST, RESPONSE, DISCONNECT, FRAGMENT, PAYLOAD]) expect(probe(message)).toBe(LIKELY)
    expect(probe(bytes('06 00 02 00 aa bb'))).toBe(NO)
    expect(probe(bytes('03 00 03 00 aa bb'))).toBe(NO)
    expect(probe(bytes('03 00 03'))).toBe(NO)
  })
})

describe('rdg-udp conforms: it', () => {
  conformsMessages(rdgUdp, {
    'a channel': [
      ['client', FRAGMENT],
      ['client', REQUEST],
      ['server', RESPONSE],
      ['client', PAYLOAD],
      ['server', DISCONNECT],
    ],
  })
})
