import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Conversation } from '../../src/flow/conversation.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { concat } from '../support/bytes.ts'
import { TcpConversation } from '../support/packets.ts'

const record = (type: number, length: number): Uint8Array =>
  concat(Uint8Array.from([type, 3, 3, length >> 8, length & 255]), new Uint8Array(length).fill(0x5a))
const CHANGE_CIPHER_SPEC = Uint8Array.from([20, 3, 3, 0, 1, 1])

/** The connection between these, both directions encrypted from their first words on. */
function sealed(client: readonly Uint8Array[], server: readonly Uint8Array[], segmentBytes: number): Conversation {
  const whole = new TcpConversation({ server: { address: '198.51.100.1', port: 443 } }).handshake()
  whole.send(CLIENT, CHANGE_CIPHER_SPEC).send(SERVER, CHANGE_CIPHER_SPEC)
  whole
    .send(CLIENT, concat(...client), segmentBytes)
    .send(SERVER, concat(...server), segmentBytes)
    .close(CLIENT)
  const found: Conversation[] = []
  const tracker = new Tracker({ conversation: conversation => found.push(conversation), time: () => {} })
  whole.packets().forEach(({ bytes }, index) => {
    tracker.packet(bytes, 0, bytes.length, bytes.length, 1, index + 1, index * 1e6)
  })
  tracker.finish()
  return found[0] as Conversation
}

function records(conversation: Conversation, direction: number): number[] {
  return conversation.events.flatMap(({ fact, direction: from }) =>
    fact.kind === 'record' && from === direction ? [fact.length] : [],
  )
}

describe('a TLS connection encrypted both ways', () => {
  it('tells its records however they are cut into segments', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(lengths, lengths, fc.integer({ min: 1, max: 1460 }), (client, server, segmentBytes) => {
        const found = sealed(
          client.map(length => record(23, length)),
          server.map(length => record(23, length)),
          segmentBytes,
        )
        expect(records(found, CLIENT)).toEqual(client)
        expect(records(found, SERVER)).toEqual(server)
      }),
      { numRuns: 30 },
    )
  })

  it('keeps the first records and the last, and each alert', () => {
    const many = Array.from({ length: 500 }, (_, index) => record(23, 100 + index))
    const found = sealed([record(23, 50)], [...many, record(21, 26)], 1460)
    const server = records(found, SERVER)
    expect(server.slice(0, 64)).toEqual(Array.from({ length: 64 }, (_, index) => 100 + index))
    expect(server.slice(-4)).toEqual([597, 598, 599, 26])
    expect(server.length).toBeLessThan(80)
    expect(found.events.filter(event => event.fact.kind === 'alert')).toMatchObject([
      { direction: SERVER, fact: { sealed: true, code: -1, length: 26 } },
    ])
  })

  it('says where it stops to be TLS', () => {
    const found = sealed([record(23, 50)], [record(23, 60), Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])], 1460)
    expect(found.events.at(-1)).toMatchObject({ direction: SERVER, fact: { kind: 'opaque' } })
  })
})
