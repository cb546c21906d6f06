/**
 * Every field of RDP-UDP, DTLS, STUN and QUIC that tshark knows too has its value, packet by packet: in conversations made
 * here, and in public captures where they are.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Comparer, type Comparison, type Difference } from '../inspect/comparison.ts'
import { bytes, concat } from '../support/bytes.ts'
import { certificateOf } from '../support/der.ts'
import { DTLS_SERVER_HELLO, dtlsClientHello, dtlsMessage, dtlsRecord, HELLO_VERIFY_REQUEST } from '../support/dtls.ts'
import { ethernet, ipv4, type Packet, pcap, udp } from '../support/packets.ts'
import { ACK, ackVector, header, packet2, source, syn, synAck } from '../support/rdpudp.ts'
import type { Side } from '../support/read.ts'
import { judges } from '../support/tcp-tshark.ts'
import { CLIENT_HELLO_1_3, record, SERVER_HELLO_1_2 } from '../support/tls-vectors.ts'

type Said = readonly [side: Side, datagram: Uint8Array]
const PUBLIC = join(import.meta.dirname, '../../../shared/captures/public')
const PROTOCOLS = /^(rdpudp2?|dtls|stun|quic)(\.|$)/

/**
 * Where tshark 4.0.17 is wrong. Besides, it does not pad ACK vectors, reads the source header in repair packets too, and
 * finds the number of delayed acknowledgements before the bytes have changed places: nothing here has those.
 */
const DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ['rdpudp2.shortpacketlen', 'tshark takes the lower three bits, but those are a reserved one and part of the type'],
  ['rdpudp.ack.vectorsize', 'tshark knows it, but never shows it'],
  ['rdpudp.ack.item.state', 'the same'],
  ['rdpudp2.ackvec.codedAck', 'the same'],
  ['rdpudp2.ack.delayedAcks', 'the same'],
  ['rdpudp.synex.cookiehash', 'tshark reads one in SYN+ACK too, where there is only padding'],
])

const HELLO = record(22, CLIENT_HELLO_1_3)
const certificate = certificateOf({})
const chain = concat(Uint8Array.of(0, certificate.length >> 8, certificate.length & 0xff), certificate)
const certificates = concat(Uint8Array.of(0, chain.length >> 8, chain.length & 0xff), chain)

const conversations: Record<string, readonly Said[]> = {
  'the first transport of RDP-UDP, reliable': [
    ['client', syn({ initialSequence: 0x42, correlationId: bytes('ab'.repeat(16)), version: 2 })],
    ['server', synAck(0x42, { initialSequence: 0x1000, version: 2, upstreamMtu: 1200 })],
    // Vectors of two, six ... bytes need no padding, which tshark does not know.
    [
      'client',
      concat(
        header(0x1000, ACK),
        ackVector([
          [true, 1],
          [false, 2],
        ]),
      ),
    ],
    [
      'client',
      source(0x1000, 0x43, HELLO, [
        [true, 1],
        [true, 2],
      ]),
    ],
    [
      'server',
      source(0x43, 0x1001, record(22, SERVER_HELLO_1_2), [
        [true, 1],
        [false, 64],
      ]),
    ],
  ],
  'the first transport of RDP-UDP, lossy': [
    ['client', syn({ initialSequence: 0x42, lossy: true })],
    ['server', synAck(0x42, { initialSequence: 0x1000, lossy: true })],
    [
      'client',
      source(0x1000, 0x43, dtlsRecord(22, 0, dtlsMessage(1, 0, dtlsClientHello())), [
        [true, 1],
        [true, 2],
      ]),
    ],
  ],
  'the second transport of RDP-UDP': [
    ['client', syn({ initialSequence: 1, version: 0x0101, cookieHash: bytes('11'.repeat(32)) })],
    ['server', synAck(1, { initialSequence: 2, version: 0x0101 })],
    ['client', packet2({ delayAck: [1, 500], ackOfAcks: 100, data: { sequence: 100, channel: 1, payload: HELLO } })],
    ['client', packet2({ ackOfAcks: 100, dummy: { sequence: 101, payload: new Uint8Array(900) } })],
    ['server', packet2({ ack: { sequence: 101 }, overhead: 10 })],
    ['server', packet2({ ackVector: { base: 100, coded: [0x7f, 0xc5, 0x83], timestamp: 0x030201 } })],
    ['server', packet2({ ackVector: { base: 100, coded: [0x7f] }, ackOfAcks: 5 })],
  ],
  'a handshake of DTLS': [
    ['client', dtlsRecord(22, 0, dtlsMessage(1, 0, dtlsClientHello()))],
    ['server', dtlsRecord(22, 0, dtlsMessage(3, 0, HELLO_VERIFY_REQUEST))],
    ['client', dtlsRecord(22, 1, dtlsMessage(1, 1, dtlsClientHello('c0 c1 c2 c3')))],
    ['server', dtlsRecord(22, 1, dtlsMessage(2, 1, DTLS_SERVER_HELLO))],
    ['server', dtlsRecord(22, 2, dtlsMessage(11, 2, certificates, 0, 100))],
    ['server', dtlsRecord(22, 3, dtlsMessage(11, 2, certificates, 100))],
    ['client', concat(dtlsRecord(20, 2, bytes('01')), dtlsRecord(22, 0, new Uint8Array(40).fill(0xab), 1))],
    ['server', dtlsRecord(23, 1, new Uint8Array(60), 1)],
    ['server', dtlsRecord(21, 2, bytes('02 28'))],
  ],
}
/** By owner and repository. */
const captures = [
  'zeek+zeek/testing/btest/Traces/rdp/rdpeudp2-handshake-success.pcap',
  'zeek+zeek/testing/btest/Traces/tls/webrtc-stun.pcap',
]

function framesOf(said: readonly Said[]): Packet[] {
  return said.map(([side, datagram], n) => {
    const client = { address: '192.0.2.1', port: 50_000 }
    const server = { address: '198.51.100.1', port: datagram[1] === 0xfe ? 4433 : 3389 }
    const [from, to] = side === 'client' ? [client, server] : [server, client]
    const datagramOf = udp({ sourcePort: from.port, destinationPort: to.port }, datagram)
    return { timeUs: n * 1000, bytes: ethernet(ipv4(datagramOf, { source: from.address, destination: to.address })) }
  })
}

/** What differs of our protocols, and how much was compared in all. */
async function compare(path: string): Promise<{ occurrences: number; differing: readonly Difference[] }> {
  const compared = await new Comparer().compare(path)
  expect(compared).not.toBeNull()
  const { occurrences, differences } = compared as Comparison
  const differing = differences.filter(({ field }) => PROTOCOLS.test(field) && !DIFFERENCES.has(field))
  return { occurrences, differing }
}

describe.skipIf(!judges())('tshark says the same of', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdpscope-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(Object.entries(conversations))('%s', async (name, said) => {
    const path = join(folder, `${name}.pcap`)
    writeFileSync(path, pcap(framesOf(said)))
    const { occurrences, differing } = await compare(path)
    expect(differing).toEqual([])
    expect(occurrences).toBeGreaterThan(20)
  })

  it.each(captures.filter(name => existsSync(join(PUBLIC, name))))('%s', async name => {
    const { occurrences, differing } = await compare(join(PUBLIC, name))
    expect(differing).toEqual([])
    expect(occurrences).toBeGreaterThan(20)
  })
})
