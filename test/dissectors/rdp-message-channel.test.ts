import { describe, expect, it } from 'vitest'
import { rdpMessageChannel } from '../../dissectors/rdp-message-channel.ts'
import { bytes } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import { facts, tree } from '../support/read.ts'

/** MS-RDPBCGR 2.2.14.1.5, 2.2.15.1, 2.2.15.2, 2.2.16.1, in the manner of the sections' tables. */
const RESULT = bytes('00 10 00 00 12 00 07 00 c0 08 05 00 00 00 a0 86 01 00 07 00 00 00')
const REQUEST = bytes(`02 00 00 00 01 00 00 00 01 00 00 00 ${'c0'.repeat(16)}`)
const RESPONSE = bytes('04 00 00 00 01 00 00 00 04 40 00 80')
const HEARTBEAT = bytes('00 40 00 00 00 0f 03 05')

describe('rdp-message-channel conforms: it', () => {
  conformsStream(rdpMessageChannel, {
    'a measurement': turns(
      ['server', bytes('00 10 00 00 06 00 01 00 01 10')],
      ['client', bytes('00 20 00 00 06 01 01 00 00 00')],
      ['server', bytes('00 10 00 00 08 00 02 00 02 00 03 00 aa bb cc')],
      ['server', RESULT],
    ),
    'an offer of UDP': turns(['server', REQUEST], ['client', RESPONSE]),
    'a heartbeat': turns(['server', HEARTBEAT]),
  })
})

describe('the message channel', () => {
  it('tells what the server has measured', () => {
    expect(facts(rdpMessageChannel, 'server', RESULT)).toEqual([
      { kind: 'network-characteristics', baseRttMs: 5, averageRttMs: 7, bandwidthKbps: 100_000 },
    ])
  })

  it('tells the offer of UDP and how the client fared, and hides the cookie', () => {
    expect(facts(rdpMessageChannel, 'server', REQUEST)).toEqual([
      { kind: 'multitransport-request', requestId: 1, protocol: 1 },
    ])
    expect(facts(rdpMessageChannel, 'client', RESPONSE)).toEqual([
      { kind: 'multitransport-response', requestId: 1, hresult: 0x80004004 },
    ])
    expect(tree(rdpMessageChannel, 'server', REQUEST).field('rdp.mtreq.securitycookie')?.value).toBe('')
  })

  it('says heartbeats once', () => {
    expect(facts(rdpMessageChannel, 'server', HEARTBEAT, HEARTBEAT)).toEqual([
      { kind: 'heartbeat', periodSeconds: 15, warnAfter: 3, reconnectAfter: 5 },
    ])
  })
})
