/** Floods: what a capture can ask of us without end stays bounded, and reaching a bound is told. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Conversation, QualityNote } from '../../src/flow/conversation.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { MAX_AHEAD_BYTES, MAX_EVENTS, MAX_FLOWS, MAX_FRAGMENTED_DATAGRAMS } from '../../src/wire/limits.ts'
import {
  ACK,
  ethernet,
  ipv4,
  ipv4Fragments,
  ipv6,
  type Network,
  SYN,
  TcpConversation,
  type Transport,
  tcp,
  udp,
} from '../support/packets.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const MEBIBYTE = 2 ** 20
const latin1 = new TextEncoder()

interface Flood {
  /** Still held by the tracker when the last packet has come, beyond what an empty one holds. */
  readonly heldMiB: number
  readonly quality: readonly QualityNote[]
  readonly conversations: number
  /** The last one that was handed on. */
  readonly last: Conversation | undefined
}

function flood(packets: () => Iterable<Uint8Array>): Flood {
  let conversations = 0
  let last: Conversation | undefined
  const sink = {
    conversation(conversation: Conversation) {
      conversations++
      last = conversation
    },
    time() {},
  }
  const tracker = new Tracker(sink)
  const before = heldBytes()
  feed(tracker, packets)
  const heldMiB = (heldBytes() - before) / MEBIBYTE
  const { quality } = tracker.finish()
  return { heldMiB, quality, conversations, last }
}

/** A function of its own: once it has returned nothing holds the packets. */
function feed(tracker: Tracker, packets: () => Iterable<Uint8Array>): void {
  let number = 0
  for (const bytes of packets()) {
    number++
    tracker.packet(bytes, 0, bytes.length, bytes.length, 1, number, number * 1000)
  }
}

function heldBytes(): number {
  // Freed array buffers are counted until the collection after.
  collectGarbage()
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function address(number: number): string {
  return `10.${(number >> 16) & 0xff}.${(number >> 8) & 0xff}.${number & 0xff}`
}

function frames(conversation: TcpConversation): Uint8Array[] {
  return conversation.packets().map(packet => packet.bytes)
}

describe('a flood of', () => {
  it('segments ahead of holes, over many connections', () => {
    const payload = new Uint8Array(1400)
    function* packets() {
      for (let number = 0; number < 1500; number++) {
        const source = address(number)
        yield ethernet(ipv4(tcp({ flags: SYN, sequence: 0 }), { source }))
        for (let segment = 0; segment < 40; segment++) {
          const header = { flags: ACK, sequence: 2 + segment * payload.length, acknowledgement: 1 }
          yield ethernet(ipv4(tcp(header, payload), { source }))
        }
      }
    }
    const { heldMiB, quality } = flood(packets)
    // 80 MiB were offered.
    expect(heldMiB).toBeLessThan((MAX_AHEAD_BYTES / MEBIBYTE) * 2 + 16)
    expect(quality.length).toBeGreaterThan(0)
  })

  it('segments ahead of one hole', () => {
    const payload = new Uint8Array(1400).fill(0x41)
    function* packets() {
      yield* frames(new TcpConversation({ initial: [0, 0] }).handshake())
      for (let segment = 0; segment < 20_000; segment++) {
        const header = { flags: ACK, sequence: 2 + segment * payload.length, acknowledgement: 1 }
        yield ethernet(ipv4(tcp(header, payload)))
      }
    }
    const { heldMiB, last } = flood(packets)
    expect(heldMiB).toBeLessThan(16)
    expect(last?.events.some(event => event.fact.kind === 'stream-gap')).toBe(true)
  })

  it('connections, each from an IPv6 address of its own', () => {
    function* packets() {
      const syn = ethernet(ipv6(tcp({ flags: SYN })))
      const view = new DataView(syn.buffer)
      for (let number = 0; number < MAX_FLOWS + 50_000; number++) {
        view.setUint32(14 + 8 + 12, number)
        yield syn
      }
    }
    const { heldMiB, quality, conversations } = flood(packets)
    expect(heldMiB).toBeLessThan(400)
    expect(conversations).toBe(MAX_FLOWS + 50_000)
    expect(quality.length).toBeGreaterThan(0)
  })

  it('first fragments', () => {
    const whole = ipv4(udp({ destinationPort: 3389 }, new Uint8Array(1600)), { dontFragment: false })
    const first = ethernet(ipv4Fragments(whole, 1400)[0] as Network)
    const offered = MAX_FRAGMENTED_DATAGRAMS * 40
    function* packets() {
      const view = new DataView(first.buffer)
      for (let number = 0; number < offered; number++) {
        view.setUint16(14 + 4, number & 0xffff)
        view.setUint16(14 + 12, number >> 16)
        yield first
      }
    }
    const { heldMiB, quality } = flood(packets)
    // 55 MiB were offered.
    expect(heldMiB).toBeLessThan(40)
    expect(quality.length).toBeGreaterThan(0)
  })

  it('IP headers inside IP headers', () => {
    let inner: Network = ipv4(tcp({ flags: SYN }))
    for (let depth = 0; depth < 60; depth++) {
      const carried: Transport = { protocol: 4, bytes: inner.bytes, checksumAt: -1 }
      inner = ipv4(carried)
    }
    const { quality, conversations } = flood(() => [ethernet(inner)])
    expect(conversations).toBe(0)
    expect(quality.length).toBeGreaterThan(0)
  })

  it('lines in one HTTP head', () => {
    const lines = latin1.encode('X-Header: and so on\r\n'.repeat(70))
    function* packets() {
      const made = new TcpConversation({ server: { address: '198.51.100.1', port: 80 } }).handshake()
      made.send(CLIENT, latin1.encode('GET / HTTP/1.1\r\n'))
      for (let time = 0; time < 5000; time++) made.send(CLIENT, lines)
      yield* frames(made)
    }
    const { heldMiB, last } = flood(packets)
    // 7 MiB were offered.
    expect(heldMiB).toBeLessThan(3)
    expect(last?.events.some(event => /opaque|malformed/.test(event.fact.kind))).toBe(true)
  })

  it('requests that are never answered', () => {
    const request = latin1.encode('GET /RDWeb/ HTTP/1.1\r\nHost: rdweb.example.com\r\n\r\n')
    function* packets() {
      const made = new TcpConversation({ server: { address: '198.51.100.1', port: 80 } }).handshake()
      for (let time = 0; time < 20_000; time++) made.send(CLIENT, request)
      yield* frames(made)
    }
    const { heldMiB, last } = flood(packets)
    expect(heldMiB).toBeLessThan(8)
    expect(last?.events.length).toBeLessThanOrEqual(MAX_EVENTS)
    expect(last?.eventsLost).toBeGreaterThan(0)
  })

  it('TLS handshake messages, the first of which claims 16 MiB', () => {
    const record = Uint8Array.of(22, 3, 1, 0x40, 0, ...new Uint8Array(16_384))
    const first = Uint8Array.from(record)
    first.set([1, 0xff, 0xff, 0xff, 3, 3], 5)
    function* packets() {
      const made = new TcpConversation({ server: { address: '198.51.100.1', port: 443 } }).handshake()
      made.send(CLIENT, first)
      for (let time = 0; time < 500; time++) made.send(CLIENT, record)
      made.send(SERVER, record)
      yield* frames(made)
    }
    const { heldMiB, last } = flood(packets)
    // 8 MiB were offered.
    expect(heldMiB).toBeLessThan(4)
    expect(last?.events.some(event => /opaque|malformed/.test(event.fact.kind))).toBe(true)
  })

  it('TLS records without a byte in them', () => {
    const records = Uint8Array.from({ length: 1400 }, (_, at) => [23, 3, 3, 0, 0][at % 5] as number)
    function* packets() {
      const made = new TcpConversation({ server: { address: '198.51.100.1', port: 443 } }).handshake()
      for (let time = 0; time < 3000; time++) made.send(CLIENT, records)
      yield* frames(made)
    }
    const { heldMiB, last } = flood(packets)
    expect(heldMiB).toBeLessThan(8)
    expect(last?.events.length).toBeLessThanOrEqual(MAX_EVENTS)
  })
})
