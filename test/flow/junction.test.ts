/** Two TCP connections that carry the two directions of one gateway session, as one conversation. */
import { describe, expect, it } from 'vitest'
import type { Conversation } from '../../src/flow/conversation.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { type Packet, TcpConversation } from '../support/packets.ts'
import { answer, bind, bindAck, call, number, openIn, openOut, sendToServer } from '../support/rpc.ts'

const ETHERNET = 1
const REQUEST = bytes('0300 0013 0ee0 0000 0000 0001 0008 0003 0000 00')
const CONFIRM = bytes('0300 0013 0ed0 0000 0000 0002 0008 0002 0000 00')
const ID = 'RDG-Connection-Id: {7E1C0000-0000-0000-0000-000000000001}'
const handshakeResponse = bytes('0200 0000 12000000 00000000 01 00 0000 0000')
const handshakeRequest = bytes('0100 0000 0e000000 01 00 0000 0000')

function head(...lines: string[]): Uint8Array {
  return bytes(`"${lines.join('" 0d0a "')}" 0d0a 0d0a`)
}
function data(payload: Uint8Array): Uint8Array {
  return concat(bytes('0a00 0000'), number(10 + payload.length, 4), number(payload.length, 2), payload)
}
function chunk(payload: Uint8Array): Uint8Array {
  return concat(bytes(`"${payload.length.toString(16)}" 0d0a`), payload, bytes('0d0a'))
}
function connection(port: number, startUs = 0): TcpConversation {
  return new TcpConversation({
    client: { address: '192.0.2.1', port },
    server: { address: '198.51.100.1', port: 80 },
    startUs: 1_700_000_000_000_000 + startUs,
  }).handshake()
}

/** Conversations by their client's port; packets of all connections in the order of their times. */
function track(...connections: TcpConversation[]): Map<number, Conversation> {
  const found = new Map<number, Conversation>()
  const tracker = new Tracker({ conversation: one => found.set(one.client.port, one), time: () => {} })
  const packets: Packet[] = connections.flatMap(one => one.packets()).sort((a, b) => a.timeUs - b.timeUs)
  packets.forEach((packet, at) => {
    tracker.packet(packet.bytes, 0, packet.bytes.length, packet.bytes.length, ETHERNET, at + 1, packet.timeUs * 1000)
  })
  tracker.finish()
  return found
}
function kinds(conversation: Conversation | undefined): string[] {
  return conversation?.events.map(({ fact, path }) => `${path.replace('tcp/http1', '')} ${fact.kind}`.trim()) ?? []
}

/** OUT, with as many random bytes as a real gateway sends; its packets come while IN is open. */
function outChannel(startUs = 0): TcpConversation {
  return connection(50_001, startUs)
    .send(CLIENT, head('RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1', 'Host: gw', ID))
    .send(SERVER, head('HTTP/1.1 200 OK'))
    .send(SERVER, bytes('abcdabcdabcdabcdabcd'))
    .wait(100_000)
    .send(SERVER, handshakeResponse)
    .send(SERVER, data(CONFIRM))
}
function inChannel(startUs = 20_000): TcpConversation {
  return connection(50_002, startUs)
    .send(CLIENT, head('RDG_IN_DATA /remoteDesktopGateway/ HTTP/1.1', 'Host: gw', ID, 'Transfer-Encoding: chunked'))
    .send(CLIENT, chunk(handshakeRequest))
    .send(CLIENT, chunk(data(REQUEST)))
}

describe('the two channels of a gateway', () => {
  it('are read as one session, and each event is kept with the connection of its bytes', () => {
    const found = track(outChannel(), inChannel())
    expect(kinds(found.get(50_001))).toEqual([
      'http-request',
      'http-response',
      '/rdg rdg-seed',
      '/rdg rdg',
      '/rdg/x224 negotiation-response',
    ])
    expect(kinds(found.get(50_002))).toEqual([
      'http-request',
      '/rdg rdg',
      '/rdg/x224 negotiation-request',
      'http-body-cut',
    ])
    for (const conversation of found.values()) {
      expect(conversation.events.every(one => one.conversation === conversation.id)).toBe(true)
    }
  })

  it('are not ended by the connection of an earlier round that had the same name', () => {
    const earlier = connection(50_003, 1)
      .send(CLIENT, head('RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1', 'Host: gw', ID))
      .send(SERVER, head('HTTP/1.1 401 Unauthorized', 'Content-Length: 0'))
      .wait(60_000)
      .close(CLIENT)
    const found = track(earlier, outChannel(), inChannel())
    expect(kinds(found.get(50_001))).toContain('/rdg/x224 negotiation-response')
    expect(kinds(found.get(50_002))).toContain('/rdg/x224 negotiation-request')
  })

  it('go on with one of them when the other is gone', () => {
    const found = track(outChannel(), inChannel().reset(CLIENT))
    expect(kinds(found.get(50_001))).toContain('/rdg/x224 negotiation-response')
  })

  it('miss nothing of one when bytes of the other are lost', () => {
    const gapped = inChannel()
    gapped.segments = gapped.segments.filter((_, at) => at !== 5)
    const found = track(outChannel(), gapped)
    expect(kinds(found.get(50_001))).toContain('/rdg/x224 negotiation-response')
    expect(kinds(found.get(50_002))).toContain('stream-gap')
  })

  it('of other clients or with other names stay apart', () => {
    const other = connection(50_004, 30_000)
      .send(CLIENT, head('RDG_IN_DATA /r HTTP/1.1', 'RDG-Connection-Id: {other}', 'Transfer-Encoding: chunked'))
      .send(CLIENT, chunk(handshakeRequest))
      .close(CLIENT)
    const found = track(outChannel(), other, inChannel())
    expect(kinds(found.get(50_002))).toContain('/rdg/x224 negotiation-request')
    expect(kinds(found.get(50_004))).toEqual(['http-request', '/rdg rdg', 'http-body-cut'])
  })
})

describe('the WebSocket of a gateway', () => {
  it('carries both directions behind the upgrade', () => {
    const mask = [1, 2, 3, 4]
    const frame = (payload: Uint8Array, masked: boolean) =>
      concat(
        Uint8Array.from([0x82, payload.length | (masked ? 0x80 : 0), ...(masked ? mask : [])]),
        masked ? payload.map((byte, at) => byte ^ (mask[at & 3] as number)) : payload,
      )
    const found = track(
      connection(50_001)
        .send(
          CLIENT,
          head('RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', ID),
        )
        .send(SERVER, head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'))
        .send(CLIENT, frame(handshakeRequest, true))
        .send(SERVER, frame(handshakeResponse, false))
        .send(CLIENT, frame(data(REQUEST), true))
        .send(SERVER, frame(data(CONFIRM), false)),
    )
    expect(kinds(found.get(50_001))).toEqual([
      'http-request',
      'http-response',
      '/websocket/rdg rdg',
      '/websocket/rdg rdg',
      '/websocket/rdg/x224 negotiation-request',
      '/websocket/rdg/x224 negotiation-response',
    ])
  })
})

describe('RPC over HTTP', () => {
  it('is one session over both channels, which name the same virtual connection', () => {
    const stub = (length: number) => new Uint8Array(length)
    const out = connection(50_001)
      .send(CLIENT, head('RPC_OUT_DATA /rpc/rpcproxy.dll?localhost:3388 HTTP/1.1', 'Host: gw', 'Content-Length: 76'))
      .send(CLIENT, openOut('connection'))
      .send(SERVER, head('HTTP/1.1 200 Success', 'Content-Type: application/rpc', 'Content-Length: 1073741824'))
      .wait(60_000)
      .send(SERVER, bindAck())
      .wait(20_000)
      .send(SERVER, answer(concat(stub(24), number(0x800759da, 4)), { callId: 2 }))
      .wait(20_000)
      .send(SERVER, answer(CONFIRM, { callId: 3, flags: 1 }))
    const into = connection(50_002, 10_000)
      .send(CLIENT, head('RPC_IN_DATA /rpc/rpcproxy.dll?localhost:3388 HTTP/1.1', 'Content-Length: 1073741824'))
      .send(CLIENT, openIn('connection'))
      .send(CLIENT, bind())
      .wait(50_000)
      .send(CLIENT, call(4, stub(40), { callId: 2 }))
      .wait(10_000)
      .send(CLIENT, call(8, stub(20), { callId: 3 }))
      .send(CLIENT, sendToServer(REQUEST, { callId: 4 }))
    const found = track(out, into)
    expect(kinds(found.get(50_001))).toEqual([
      'http-request',
      '/rpch rts',
      'http-response',
      '/rpch/dcerpc dcerpc-bind-ack',
      '/rpch/dcerpc ts-proxy-result',
      '/rpch/dcerpc/x224 negotiation-response',
      'http-body-cut',
    ])
    expect(kinds(found.get(50_002))).toEqual([
      'http-request',
      '/rpch rts',
      '/rpch/dcerpc dcerpc-bind',
      '/rpch/dcerpc ts-proxy-call',
      '/rpch/dcerpc ts-proxy-call',
      '/rpch/dcerpc/x224 negotiation-request',
      'http-body-cut',
    ])
    const result = found.get(50_001)?.events.find(({ fact }) => fact.kind === 'ts-proxy-result')?.fact
    expect(result).toMatchObject({ call: 4, result: 0x800759da })
  })
})
