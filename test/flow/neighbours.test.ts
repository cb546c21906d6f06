import { describe, expect, test } from 'vitest'
import { Addresses } from '../../src/flow/addresses.ts'
import { Decoder } from '../../src/flow/decode.ts'
import { Headers, KIND_ARP, KIND_ICMP, KIND_OTHER } from '../../src/flow/headers.ts'
import { Neighbours } from '../../src/flow/neighbours.ts'
import { Position } from '../../src/flow/position.ts'
import { concat } from '../support/bytes.ts'
import { decode, octets } from '../support/decoding.ts'
import { ethernet, ipv6 } from '../support/packets.ts'

const REQUEST = 1
const REPLY = 2

function arp(operation: number, sender: string, senderHardware: string, target: string): Uint8Array {
  const address = (text: string) => Uint8Array.from(text.split('.').map(Number))
  const head = octets('0001 0800 0604 00', operation === REQUEST ? '01' : '02', senderHardware)
  return concat(head, address(sender), new Uint8Array(6), address(target))
}

function inFrame(bytes: Uint8Array): Uint8Array {
  return ethernet({ etherType: 0x0806, bytes })
}

/** Decodes in order, a millisecond apart. */
function seen(...packets: readonly Uint8Array[]): Decoder {
  const decoder = new Decoder()
  packets.forEach((packet, at) => {
    decoder.decode(packet, 0, packet.length, packet.length, 1, at + 1, at * 1e6)
  })
  return decoder
}

const ASKED = inFrame(arp(REQUEST, '192.0.2.1', '02000000000a', '192.0.2.9'))
const ANSWERED = inFrame(arp(REPLY, '192.0.2.9', '0200000000ff', '192.0.2.1'))

describe('ARP', () => {
  test('a question that nobody answers', () => {
    expect(seen(ASKED, ASKED, ASKED).neighbourNotes()).toEqual([
      {
        address: '192.0.2.9',
        asker: '192.0.2.1',
        requests: 3,
        firstPacket: 1,
        lastPacket: 3,
        firstNs: 0,
        lastNs: 2e6,
        answers: [],
      },
    ])
  })

  test('each hardware address that answers is kept once', () => {
    const other = inFrame(arp(REPLY, '192.0.2.9', '0200000000fe', '192.0.2.1'))
    const [note] = seen(ASKED, ANSWERED, other, ANSWERED).neighbourNotes()
    expect(note?.answers).toEqual(['02:00:00:00:00:ff', '02:00:00:00:00:fe'])
  })

  test('an announcement is an answer, not a question', () => {
    const announced = inFrame(arp(REQUEST, '192.0.2.9', '0200000000ff', '192.0.2.9'))
    const notes = seen(announced, ASKED).neighbourNotes()
    expect(notes).toHaveLength(1)
    expect(notes[0]?.answers).toEqual(['02:00:00:00:00:ff'])
  })

  test('askers and addresses are told apart', () => {
    const other = inFrame(arp(REQUEST, '192.0.2.2', '02000000000b', '192.0.2.9'))
    const third = inFrame(arp(REQUEST, '192.0.2.2', '02000000000b', '192.0.2.8'))
    const notes = seen(ASKED, other, third, ANSWERED).neighbourNotes()
    expect(notes.map(note => [note.asker, note.address, note.answers.length])).toEqual([
      ['192.0.2.1', '192.0.2.9', 1],
      ['192.0.2.2', '192.0.2.9', 1],
      ['192.0.2.2', '192.0.2.8', 0],
    ])
  })

  test('its kind, and other hardware or protocols', () => {
    expect(decode(ASKED).kind).toBe(KIND_ARP)
    for (const [at, digits] of [
      [0, '0006'],
      [2, '86dd'],
      [4, '0810'],
    ] as const) {
      const other = arp(REQUEST, '192.0.2.1', '02000000000a', '192.0.2.9')
      other.set(octets(digits), at)
      expect(decode(inFrame(other)).kind).toBe(KIND_OTHER)
    }
    const reverse = arp(REQUEST, '192.0.2.1', '02000000000a', '192.0.2.9')
    reverse.set(octets('0003'), 6)
    expect(seen(inFrame(reverse)).neighbourNotes()).toEqual([])
  })
})

describe('neighbour discovery', () => {
  const target = '20010db8000000000000000000000009'
  const message = (type: string, options: string) =>
    ethernet(ipv6({ protocol: 58, bytes: octets(type, '00 0000 00000000', target, options), checksumAt: 2 }))
  const solicitation = message('87', '0101 020000000001')

  test('a question, and an answer with its hardware address', () => {
    const [note] = seen(solicitation, message('88', '0e01 000000000000 0201 0200000000ff')).neighbourNotes()
    expect([note?.address, note?.asker, note?.requests]).toEqual(['2001:db8::9', '2001:db8::1', 1])
    expect(note?.answers).toEqual(['02:00:00:00:00:ff'])
  })

  test('an answer without the option is known by its frame', () => {
    const [note] = seen(solicitation, message('88', '')).neighbourNotes()
    expect(note?.answers).toEqual(['02:00:00:00:00:01'])
  })

  test('options that lie give no hardware address of their own', () => {
    const [note] = seen(solicitation, message('88', '0e00 000000000000 0201 0200000000ff')).neighbourNotes()
    expect(note?.answers).toEqual(['02:00:00:00:00:01'])
  })

  test('is ICMP', () => {
    const { kind, headers } = decode(solicitation)
    expect([kind, headers.icmpType]).toEqual([KIND_ICMP, 135])
  })
})

test('a full table drops and counts', () => {
  const neighbours = new Neighbours(new Addresses(), 2)
  const headers = new Headers()
  for (let last = 1; last <= 4; last++) {
    const position = new Position()
    position.bytes = arp(last < 4 ? REQUEST : REPLY, '192.0.2.1', '02000000000a', `192.0.2.1${last}`)
    position.end = position.bytes.length
    neighbours.arp(position, headers, last, 0)
  }
  expect(neighbours.notes().map(note => note.address)).toEqual(['192.0.2.11', '192.0.2.12'])
  expect(neighbours.dropped).toBe(1)
})
