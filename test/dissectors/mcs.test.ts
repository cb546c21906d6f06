import { describe, expect, it } from 'vitest'
import { mcs } from '../../dissectors/mcs.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import { CLIENT_INFO, CONNECT_INITIAL, CONNECT_RESPONSE, FONT_LIST, sendData } from '../support/rdp-vectors.ts'
import { Conversation, facts, tree } from '../support/read.ts'

/** MS-RDPBCGR 4.2.3 and 2.2.2.3: what the user and what the server asks for. */
const BY_USER = bytes('21 80')
const BY_SERVER = bytes('20 80')

describe('mcs conforms: it', () => {
  conformsStream(mcs, {
    'a connection': turns(['client', CONNECT_INITIAL], ['server', CONNECT_RESPONSE]),
    'a user': turns(
      ['client', bytes('04 01 00 01 00')],
      ['client', bytes('28')],
      ['server', bytes('2e 00 00 06')],
      ['client', bytes('38 00 06 03 ef')],
      ['server', bytes('3e 00 00 06 03 ef 03 ef')],
      ['client', sendData('client', 1003, FONT_LIST)],
      ['client', BY_USER],
    ),
    'a refusal': turns(['client', bytes('38 00 06 03 ee')], ['server', bytes('3c 60 00 06 03 ee')]),
  })
})

describe('MCS Connect Initial', () => {
  it('tells who the client is and which channels it wants', () => {
    expect(facts(mcs, 'client', CONNECT_INITIAL)).toEqual([
      {
        kind: 'rdp-client',
        version: 0x0008000c,
        build: 18363,
        name: 'vm',
        selectedProtocol: 1,
        earlyCapabilities: 1249,
        connectionType: 6,
        multitransport: 0,
        channels: ['rdpdr', 'rdpsnd', 'cliprdr'],
        complete: true,
      },
    ])
  })

  it('names the fields of all three layers as Wireshark does', () => {
    const read = tree(mcs, 'client', CONNECT_INITIAL)
    expect(read.field('t125.ConnectMCSPDU')?.value).toBe(101)
    expect(read.fields('t125.maxMCSPDUsize').map(field => field.value)).toEqual([65535, 1056, 65535])
    expect(read.field('t124.numeric')?.value).toBe('1')
    expect(read.field('t124.h221NonStandard')).toEqual({ value: '', start: 124, end: 128 })
    expect(read.field('rdp.client.name')).toEqual({ value: 'vm', start: 154, end: 186 })
    expect(read.fields('rdp.header.type').map(field => field.value)).toEqual([
      0xc001, 0xc004, 0xc002, 0xc003, 0xc006, 0xc00a,
    ])
    expect(read.fields('rdp.options.compress.rdp').map(field => field.value)).toEqual([1, 0, 1])
  })

  it('finds the settings behind a conference of another shape', () => {
    // A conference name of two digits.
    const at = CONNECT_INITIAL.findIndex((_, n) => CONNECT_INITIAL[n] === 0x44 && CONNECT_INITIAL[n + 1] === 0x75)
    const other = concat(CONNECT_INITIAL)
    other[at - 7] = 0x01
    expect(facts(mcs, 'client', other)).toMatchObject([{ kind: 'rdp-client', build: 18363, complete: true }])
  })

  it('keeps the blocks behind one that lies about its inside', () => {
    const other = concat(CONNECT_INITIAL)
    const network = other.findIndex((_, n) => other[n] === 0x03 && other[n + 1] === 0xc0 && other[n + 2] === 0x2c)
    other[network + 4] = 30
    const [fact] = facts(mcs, 'client', other) as { complete: boolean; channels: string[] }[]
    expect(fact?.complete).toBe(false)
    expect(fact?.channels.slice(0, 3)).toEqual(['rdpdr', 'rdpsnd', 'cliprdr'])
    expect(tree(mcs, 'client', other).field('rdp.multiTransportFlags')?.value).toBe(0)
  })
})

describe('MCS Connect Response', () => {
  it('tells the result, and what the server is and grants', () => {
    const conversation = new Conversation(mcs).say('server', CONNECT_RESPONSE)
    expect(conversation.facts).toEqual([
      { kind: 'mcs-connect-response', result: 0, complete: true },
      {
        kind: 'rdp-server',
        version: 0x00080004,
        requestedProtocols: 1,
        encryptionMethod: 0,
        encryptionLevel: 0,
        certificate: '',
        channels: 3,
        multitransport: 0,
        complete: true,
      },
    ])
    expect(conversation.state).toMatchObject({ encryption: 0, ioChannel: 1003, channelIds: [1004, 1005, 1006] })
  })

  it('that refuses tells why', () => {
    const refused = concat(CONNECT_RESPONSE)
    refused[5] = 14
    expect(facts(mcs, 'server', refused)[0]).toEqual({ kind: 'mcs-connect-response', result: 14, complete: true })
  })
})

describe('domain PDUs', () => {
  it('tell the reason of a disconnect provider ultimatum', () => {
    expect(facts(mcs, 'client', BY_USER)).toEqual([{ kind: 'disconnect-provider-ultimatum', reason: 3 }])
    expect(facts(mcs, 'server', BY_SERVER)).toEqual([{ kind: 'disconnect-provider-ultimatum', reason: 1 }])
  })

  it('tell a refusal to join, and stay silent where all is well', () => {
    expect(facts(mcs, 'server', bytes('3c 60 00 06 03 ee'))).toEqual([
      { kind: 'mcs-refusal', step: 'channel-join', result: 3, channel: 1006 },
    ])
    expect(facts(mcs, 'server', bytes('3e 00 00 06 03 ee 03 ee'))).toEqual([])
    expect(facts(mcs, 'server', bytes('2d c0'))).toEqual([
      { kind: 'mcs-refusal', step: 'attach-user', result: 14, channel: 0 },
    ])
  })

  it('that are unknown are data', () => {
    expect(facts(mcs, 'client', bytes('f0 01 02'))).toEqual([])
    expect(tree(mcs, 'client', bytes('f0 01 02')).field('t124.DomainMCSPDU')?.value).toBe(60)
  })

  it('name channel, priority and segmentation of data', () => {
    const read = tree(mcs, 'client', sendData('client', 1003, CLIENT_INFO))
    expect(read.field('t124.channelId')).toEqual({ value: 1003, start: 3, end: 5 })
    expect(read.field('t124.dataPriority')?.value).toBe(1)
    expect(read.field('t124.Segmentation.end')?.value).toBe(1)
    expect(read.field('t124.userData')).toEqual({ value: '', start: 8, end: 8 + CLIENT_INFO.length })
  })
})
