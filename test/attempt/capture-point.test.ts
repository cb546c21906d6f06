import { describe, expect, it } from 'vitest'
import { capturePointOf } from '../../src/attempt/capture-point.ts'
import { type ConversationParts, conversation, mark } from '../support/conversation.ts'

const MS = 1e6
const handshake = (toServerMs: number, toClientMs: number): ConversationParts => ({
  tcp: {
    marks: [
      mark('syn', { packet: 1, timeNs: 0 }),
      mark('syn-ack', { packet: 2, timeNs: toServerMs * MS }),
      mark('handshake-ack', { packet: 3, timeNs: (toServerMs + toClientMs) * MS }),
    ],
  },
})
const ttls = (client: number, server: number): ConversationParts => ({
  clientSide: { ttlLeast: client, ttlMost: client },
  serverSide: { ttlLeast: server, ttlMost: server },
})
const pointOf = (parts: ConversationParts) => capturePointOf(conversation(parts))

describe('where a connection was recorded', () => {
  it.each([
    ['the client, a Windows host', 128, 57, 'client'],
    ['the server', 121, 64, 'server'],
    ['a router between them', 127, 60, 'middle'],
  ])('is told by routers passed: at %s', (_name, client, server, at) => {
    expect(pointOf(ttls(client, server)).at).toBe(at)
  })

  it.each([
    ['the client', 20, 0.1, 'client'],
    ['the server', 0.1, 20, 'server'],
    ['half-way', 9, 11, 'middle'],
  ])('is told by the halves of the handshake where there is no router: at %s', (_name, toServer, toClient, at) => {
    const point = pointOf({ ...ttls(128, 128), ...handshake(toServer, toClient) })
    expect(point.at).toBe(at)
    expect(point.because).toContain(`${toServer} ms`)
  })

  it('is told by both where they agree', () => {
    const { because } = pointOf({ ...ttls(128, 57), ...handshake(20, 0.1) })
    expect(because).toBe(
      'packets of the client have passed no router, those of the server 7, and the server answered the SYN after 20 ms and the client the SYN-ACK after 0.1 ms',
    )
  })

  it.each<[string, ConversationParts]>([
    ['they contradict one another', { ...ttls(128, 57), ...handshake(0.1, 20) }],
    ['no router was passed and the handshake is too quick', { ...ttls(64, 64), ...handshake(0.2, 0.1) }],
    ['the SYN was sent again', { ...ttls(64, 64), ...handshake(20, 0.1), tcp: { ...handshake(20, 0.1).tcp, syns: 2 } }],
    [
      'the recorder stood at several points',
      { ...handshake(0.2, 0.1), clientSide: { copiesHopped: true, ttlLeast: 127, ttlMost: 128 } },
    ],
    ['times go back', { ...ttls(64, 64), ...handshake(20, -5) }],
    ['the number to begin with is not known', { ...handshake(0.2, 0.1), ...ttls(20, 20) }],
    [
      'nothing of the server is there',
      { ...handshake(0.2, 0.1), ...ttls(128, 0), serverSide: { packets: 0, ttlMost: 0, ttlLeast: 0 } },
    ],
  ])('is unknown where %s', (_name, parts) => {
    expect(pointOf(parts)).toEqual({ at: 'unknown', because: '' })
  })

  it('is unknown without a connection', () => {
    expect(capturePointOf(null).at).toBe('unknown')
    expect(capturePointOf(conversation({ tcp: null })).at).toBe('unknown')
  })
})
