import { describe, expect, test } from 'vitest'
import { KIND_OTHER, KIND_TCP, KIND_UDP } from '../../src/flow/headers.ts'
import { MAX_TUNNEL_DEPTH } from '../../src/wire/limits.ts'
import { concat } from '../support/bytes.ts'
import { decode, LINKTYPE_RAW, octets } from '../support/decoding.ts'
import { ethernet, ipv4, ipv6, type Network, tcp, udp, vlan } from '../support/packets.ts'

const OUTER = { source: '203.0.113.1', destination: '203.0.113.2' }
const INNER = ipv4(tcp({ sourcePort: 50_123, destinationPort: 3389 }, octets('0300 0013')), { id: 77, ttl: 9 })
const INNER_6 = ipv6(tcp({ sourcePort: 50_123, destinationPort: 3389 }, octets('0300 0013')))
const INNER_FRAME = ethernet(INNER, [7, 8])
const FRAME_6 = ethernet(vlan(3, INNER_6), [7, 8])

/** An outer packet that carries `bytes` as this protocol. */
function carrying(protocol: number, ...bytes: readonly Uint8Array[]): Network {
  return ipv4({ protocol, bytes: concat(...bytes), checksumAt: -1 }, OUTER)
}

function inUdp(port: number, ...bytes: readonly Uint8Array[]): Network {
  return ipv4(udp({ sourcePort: 40_000, destinationPort: port }, concat(...bytes)), OUTER)
}

const GRE = 47
/** Name, packet, tunnels passed. */
const TUNNELS: readonly (readonly [string, Network, number])[] = [
  ['IP in IP', carrying(4, INNER.bytes), 1],
  ['6in4', carrying(41, INNER_6.bytes), 1],
  ['4in6', ipv6({ protocol: 4, bytes: INNER.bytes, checksumAt: -1 }), 1],
  ['Ethernet in IPv6', ipv6({ protocol: 143, bytes: INNER_FRAME, checksumAt: -1 }), 1],
  ['Ethernet in IP', carrying(97, octets('3000'), INNER_FRAME), 1],
  ['MPLS in IP', carrying(137, octets('00010140'), INNER.bytes), 1],
  ['GRE', carrying(GRE, octets('0000 0800'), INNER.bytes), 1],
  ['GRE with IPv6', carrying(GRE, octets('0000 86dd'), INNER_6.bytes), 1],
  [
    'GRE with checksum, key and sequence',
    carrying(GRE, octets('b000 0800 12340000 00000001 00000002'), INNER.bytes),
    1,
  ],
  ['GRE with key and Ethernet', carrying(GRE, octets('2000 6558 00000001'), INNER_FRAME), 1],
  ['GRE with MPLS', carrying(GRE, octets('0000 8847 00010140'), INNER.bytes), 1],
  ['PPTP', carrying(GRE, octets('3081 880b 002c 0001 00000005 00000004 ff03 0021'), INNER.bytes), 1],
  ['PPTP without acknowledgement', carrying(GRE, octets('3001 880b 002c 0001 00000005 21'), INNER.bytes), 1],
  ['WCCP', carrying(GRE, octets('0000 883e'), INNER.bytes), 1],
  ['WCCP 2', carrying(GRE, octets('0000 883e 00000000'), INNER.bytes), 1],
  ['ERSPAN I', carrying(GRE, octets('0000 88be'), INNER_FRAME), 1],
  ['ERSPAN II', carrying(GRE, octets('1000 88be 00000001 1001 0001 00000000'), INNER_FRAME), 1],
  ['ERSPAN III', carrying(GRE, octets('1000 22eb 00000001 2001 0001 00000000 0000 0000'), INNER_FRAME), 1],
  [
    'ERSPAN III with a platform header',
    carrying(GRE, octets('1000 22eb 00000001 2001 0001 00000000 0000 0001 0000000000000000'), FRAME_6),
    1,
  ],
  ['VXLAN', inUdp(4789, octets('08000000 00000700'), INNER_FRAME), 1],
  ['VXLAN with group policy', inUdp(4789, octets('88000001 00000700'), FRAME_6), 1],
  ['VXLAN at its old port', inUdp(8472, octets('08000000 00000700'), INNER_FRAME), 1],
  ['VXLAN GPE', inUdp(4790, octets('0c000001 00000700'), INNER.bytes), 1],
  [
    'VXLAN GPE with a service header',
    inUdp(4790, octets('0c000004 00000700 0fc6 0101 00000101', '00'.repeat(16)), INNER.bytes),
    2,
  ],
  ['Geneve', inUdp(6081, octets('0000 6558 00000700'), INNER_FRAME), 1],
  ['Geneve with options', inUdp(6081, octets('0240 0800 00000700 0102 80 01 00000001'), INNER.bytes), 1],
  ['GTP-U', inUdp(2152, octets('30ff 002c 00000001'), INNER.bytes), 1],
  ['GTP-U with a sequence', inUdp(2152, octets('32ff 0030 00000001 00010000'), INNER.bytes), 1],
  [
    'GTP-U with extension headers',
    inUdp(2152, octets('34ff 0038 00000001 00000085 01 1001 85 01 1002 00'), INNER.bytes),
    1,
  ],
  ['L2TP', inUdp(1701, octets('0002 0001 0002 ff03 0021'), INNER.bytes), 1],
  ['L2TP with all its fields', inUdp(1701, octets('4a02 0000 0001 0002 0001 0000 0002 0000 0021'), INNER.bytes), 1],
  ['Teredo', inUdp(3544, INNER_6.bytes), 1],
  [
    'Teredo with authentication and origin',
    inUdp(3544, octets('0001 00 00 0000000000000001 00 0000 1234 01020304'), INNER_6.bytes),
    1,
  ],
  [
    'VXLAN in GRE in IP',
    carrying(4, carrying(GRE, octets('0000 0800'), inUdp(4789, octets('0800000000000700'), INNER_FRAME).bytes).bytes),
    3,
  ],
]

describe('the innermost flow is found through', () => {
  test.each(TUNNELS)('%s', (_, packet, tunnels) => {
    const { kind, headers, source } = decode(ethernet(packet))
    expect(kind).toBe(KIND_TCP)
    expect(source).toBe(headers.family === 6 ? '2001:db8::1' : '192.0.2.1')
    expect([headers.sourcePort, headers.destinationPort, headers.payloadLength]).toEqual([50_123, 3389, 4])
    expect(headers.tunnels).toBe(tunnels)
    if (headers.family === 4) expect([headers.ipId, headers.ttl]).toEqual([77, 9])
    const version = headers.bytes[headers.ipStart] ?? 0
    expect(version >> 4).toBe(headers.family)
  })

  test('a provider backbone bridge, and a pseudowire with and without control word', () => {
    const before = ['88e7 00000001', '8847 00010140', '8847 00010140 00000000']
    for (const header of before) {
      const { kind, headers } = decode(concat(octets('020000000002 020000000001', header), INNER_FRAME))
      expect([kind, headers.tunnels, headers.linkSourceLow]).toEqual([KIND_TCP, 1, 7])
    }
  })
})

test('the hardware address is that of the innermost frame', () => {
  expect(decode(ethernet(inUdp(4789, octets('0800000000000700'), INNER_FRAME))).headers.linkSourceLow).toBe(7)
  expect(decode(ethernet(carrying(4, INNER.bytes))).headers.linkSourceLow).toBe(1)
})

describe('a datagram stays plain UDP', () => {
  test.each([
    ['VXLAN without its flag', 4789, '00000000 00000700', INNER_FRAME],
    ['VXLAN with noise inside', 4789, '08000000 00000700', octets('00112233445566778899aabbccddeeff0011223344')],
    ['Geneve of another version', 6081, '4000 6558 00000700', INNER_FRAME],
    ['Geneve with reserved bits', 6081, '0001 6558 00000700', INNER_FRAME],
    ['Geneve of another type', 6081, '0000 88cc 00000700', INNER_FRAME],
    ['a GTP echo', 2152, '3201 0004 00000000 00010000', octets('')],
    ['GTP longer than its datagram', 2152, '30ff 00ff 00000001', INNER.bytes],
    ['GTP with an extension of no length', 2152, '34ff 0030 00000001 00000085', octets('00000000')],
    ['L2TP control', 1701, 'c802 0014 0001 0000 0000 0000 8008 0000 0000 0001', octets('')],
    ['L2TP with PPP of another protocol', 1701, '0002 0001 0002 ff03 c021', INNER.bytes],
    ['a Teredo bubble', 3544, '6000 0000 0000 3b 15', new Uint8Array(32)],
    ['a port that says nothing', 4000, '08000000 00000700', INNER_FRAME],
    ['an empty one', 4789, '', octets('')],
  ])('%s', (_, port, header, inside) => {
    const { kind, headers, source } = decode(ethernet(inUdp(port, octets(header), inside)))
    expect([kind, source, headers.tunnels]).toEqual([KIND_UDP, '203.0.113.1', 0])
    expect([headers.sourcePort, headers.destinationPort]).toEqual([40_000, port])
    expect(headers.payloadLength).toBe(octets(header).length + inside.length)
  })
})

test('GRE of an unknown version, with source routes, or with another protocol is another kind', () => {
  for (const header of ['0002 0800', '4000 0800 00000000', '0000 88cc', '0001 0800 00000000']) {
    expect(decode(ethernet(carrying(GRE, octets(header), INNER.bytes))).kind).toBe(KIND_OTHER)
  }
})

test('as many tunnels as the limit are passed; one more is counted as too deep', () => {
  let packet = INNER
  for (let depth = 0; depth < MAX_TUNNEL_DEPTH; depth++) packet = carrying(4, packet.bytes)
  const deepest = decode(packet.bytes, LINKTYPE_RAW)
  expect([deepest.kind, deepest.headers.tunnels]).toEqual([KIND_TCP, MAX_TUNNEL_DEPTH])
  const tooDeep = decode(carrying(4, packet.bytes).bytes, LINKTYPE_RAW)
  expect(tooDeep.kind).toBe(KIND_OTHER)
  expect(tooDeep.decoder.quality().map(note => note.id)).toEqual(['headers-too-deep'])
})
