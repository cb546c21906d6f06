import { describe, expect, test } from 'vitest'
import { KIND_ARP, KIND_OTHER, KIND_TCP, KIND_UDP } from '../../src/flow/headers.ts'
import { concat } from '../support/bytes.ts'
import { decode, octets } from '../support/decoding.ts'
import { ethernet, ipv4, ipv6, tcp, udp, vlan } from '../support/packets.ts'

const V4 = ipv4(tcp({ sourcePort: 50_123, destinationPort: 3389 }, octets('0300 0013')))
const V6 = ipv6(udp({ sourcePort: 50_123, destinationPort: 3389 }, octets('0102 03')))
const MAC = '02000000 0002 0200 0000 0001'

/** Name, link type, what comes before the IPv4 packet, what comes before the IPv6 packet. */
const LAYERS: readonly (readonly [string, number, string, string])[] = [
  ['Ethernet', 1, `${MAC} 0800`, `${MAC} 86dd`],
  ['802.3 with LLC and SNAP', 1, `${MAC} 0034 aaaa03 000000 0800`, `${MAC} 003b aaaa03 000000 86dd`],
  ['802.3 with SNAP of a bridge', 1, `${MAC} 0034 aaaa03 0000f8 0800`, `${MAC} 003b aaaa03 0000f8 86dd`],
  ['802.1Q', 1, `${MAC} 8100 0007 0800`, `${MAC} 8100 e007 86dd`],
  ['802.1ad', 1, `${MAC} 88a8 0064 8100 0007 0800`, `${MAC} 88a8 0064 8100 0007 86dd`],
  ['QinQ with 0x9100', 1, `${MAC} 9100 0064 8100 0007 0800`, `${MAC} 9100 0064 9100 0007 86dd`],
  ['a VLAN tag before LLC', 1, `${MAC} 8100 0007 0034 aaaa03 000000 0800`, `${MAC} 8100 0007 003b aaaa03 000000 86dd`],
  ['Cisco metadata', 1, `${MAC} 8909 0101 0001 0003 0800`, `${MAC} 8909 0101 0001 0003 86dd`],
  ['802.1BR E-tag', 1, `${MAC} 893f 0000 0001 0000 0800`, `${MAC} 893f 0000 0001 0000 86dd`],
  ['VN-tag', 1, `${MAC} 8926 0000 0001 0800`, `${MAC} 8926 0000 0001 86dd`],
  ['MACsec in the clear', 1, `${MAC} 88e5 00 00 00000001 0800`, `${MAC} 88e5 20 00 00000001 0200000000010001 86dd`],
  ['PPPoE', 1, `${MAC} 8864 1100 0001 002e 0021`, `${MAC} 8864 1100 0001 0035 0057`],
  ['MPLS', 1, `${MAC} 8847 00010140`, `${MAC} 8847 00010140`],
  ['MPLS, three labels', 1, `${MAC} 8847 00010040 00020040 00003140`, `${MAC} 8848 00010040 00020040 00003140`],
  ['MPLS in PPPoE', 1, `${MAC} 8864 1100 0001 0032 0281 00010140`, `${MAC} 8864 1100 0001 0039 0281 00010140`],
  ['NULL, little-endian', 0, '02000000', '1e000000'],
  ['NULL, big-endian', 0, '00000002', '0000000a'],
  ['NULL of FreeBSD and of NetBSD', 0, '02000000', '1c000000'],
  ['LOOP', 108, '00000002', '00000018'],
  ['PPP', 9, 'ff03 0021', '0057'],
  ['PPP with a short protocol', 9, '21', 'ff03 57'],
  ['PPP in HDLC', 50, 'ff03 0021', 'ff03 0057'],
  ['Cisco HDLC as PPP', 50, '0f00 0800', '8f00 86dd'],
  ['PPPoE as link', 51, '1100 0001 002e 0021', '1100 0001 0035 0057'],
  ['PPP with direction', 204, '00 ff03 0021', '01 0057'],
  ['Cisco HDLC', 104, '0f00 0800', '8f00 86dd'],
  ['frame relay by number', 107, '1841 03cc', '1841 038e'],
  ['frame relay with SNAP', 107, '1841 03 00 80 000000 0800', '1841 03 00 80 000000 86dd'],
  ['frame relay of Cisco', 107, '1841 0800', '1841 86dd'],
  ['RFC 1483', 100, 'aaaa03 000000 0800', 'aaaa03 000000 86dd'],
  ['raw IP', 101, '', ''],
  ['raw IP by its old number', 12, '', ''],
  ['raw IP of OpenBSD', 14, '', ''],
  ['IPv4 and IPv6', 228, '', '-'],
  ['IPv6', 229, '-', ''],
  ['MPLS as link', 219, '00010140', '00010140'],
  ['Linux cooked', 113, '0000 0001 0006 0200 0000 0001 0000 0800', '0004 0001 0006 0200 0000 0001 0000 86dd'],
  [
    'Linux cooked 2',
    276,
    '0800 0000 00000002 0001 00 06 0200 0000 0001 0000',
    '86dd 0000 00000002 0001 04 06 0200 0000 0001 0000',
  ],
  ['OpenBSD enc', 109, '02000000 00000001 00000000', '18000000 00000001 00000000'],
  ['pf log', 117, `3d02 0000 ${'00'.repeat(60)}`, `3d18 0000 ${'00'.repeat(60)}`],
  ['netfilter log', 239, '02 00 0000 0500 0a00 61 000000 3000 0900', '0a 00 0000 3700 0900'],
  [
    'macOS pktap',
    258,
    `6c000000 01000000 01000000 ${'00'.repeat(96)} ${MAC} 0800`,
    `6c000000 01000000 0c000000 ${'00'.repeat(96)}`,
  ],
  [
    '802.11 to the distribution system',
    105,
    '0801 0000 020000000009 020000000001 020000000002 1000 aaaa03 000000 0800',
    '0801 0000 020000000009 020000000001 020000000002 1000 aaaa03 000000 86dd',
  ],
  [
    '802.11 with QoS from the distribution system',
    105,
    '8802 0000 020000000002 020000000009 020000000001 1000 0000 aaaa03 000000 0800',
    '8882 0000 020000000002 020000000009 020000000001 1000 0000 00000000 aaaa03 000000 86dd',
  ],
  [
    '802.11 with four addresses',
    105,
    '0803 0000 020000000008 020000000009 020000000002 1000 020000000001 aaaa03 000000 0800',
    '0803 0000 020000000008 020000000009 020000000002 1000 020000000001 aaaa03 000000 86dd',
  ],
  [
    'radiotap with padding behind the 802.11 header',
    127,
    '0000 1100 03000000 0000000000000000 20 8802 0000 020000000002 020000000009 020000000001 1000 0000 0000 aaaa03 000000 0800',
    '0000 0800 00000000 0802 0000 020000000002 020000000009 020000000001 1000 aaaa03 000000 86dd',
  ],
  [
    'Prism and AVS',
    119,
    `44000000 10000000 0000000000000000 0801 0000 020000000009 020000000001 020000000002 1000 aaaa03 000000 0800`,
    `80211001 0000000c 00000000 0801 0000 020000000009 020000000001 020000000002 1000 aaaa03 000000 86dd`,
  ],
  [
    'AVS',
    163,
    `80211001 0000000c 00000000 0801 0000 020000000009 020000000001 020000000002 1000 aaaa03 000000 0800`,
    `80211001 0000000c 00000000 0801 0000 020000000009 020000000001 020000000002 1000 aaaa03 000000 86dd`,
  ],
  [
    'PPI',
    192,
    `0000 0800 69000000 0801 0000 020000000009 020000000001 020000000002 1000 aaaa03 000000 0800`,
    `0000 0c00 65000000 00000000`,
  ],
]

describe('a packet is found behind its link layer', () => {
  test.each(LAYERS)('%s', (_, linkType, before4, before6) => {
    if (before4 !== '-') {
      const { kind, headers, source } = decode(concat(octets(before4), V4.bytes), linkType)
      expect([kind, headers.family, source]).toEqual([KIND_TCP, 4, '192.0.2.1'])
      expect([headers.sourcePort, headers.destinationPort]).toEqual([50_123, 3389])
      expect(headers.payloadLength).toBe(4)
      expect(headers.tunnels).toBe(0)
    }
    if (before6 !== '-') {
      const { kind, headers, destination } = decode(concat(octets(before6), V6.bytes), linkType)
      expect([kind, headers.family, destination]).toEqual([KIND_UDP, 6, '2001:db8::2'])
      expect([headers.sourcePort, headers.destinationPort]).toEqual([50_123, 3389])
      expect(headers.payloadLength).toBe(3)
    }
  })
})

describe('the source hardware address', () => {
  test.each(LAYERS.filter(([, linkType]) => [1, 105, 113, 276].includes(linkType)))(
    'is known in %s',
    (_, linkType, before) => {
      const { headers } = decode(concat(octets(before), V4.bytes), linkType)
      expect([headers.linkSourceHigh, headers.linkSourceLow]).toEqual([0x0200, 1])
    },
  )

  test('is absent where the link has none, also after a packet that had one', () => {
    const { decoder, headers } = decode(ethernet(V4))
    expect(headers.linkSourceHigh).toBe(0x0200)
    decoder.decode(V4.bytes, 0, V4.bytes.length, V4.bytes.length, 101, 2, 0)
    expect([headers.linkSourceHigh, headers.linkSourceLow]).toEqual([-1, -1])
  })
})

describe('what is not followed', () => {
  test.each([9999, 65_536 + 1, 65_536 + 6, -1])('the unknown link type %i is counted and named', linkType => {
    const { kind, decoder } = decode(V4.bytes, linkType)
    expect(kind).toBe(KIND_OTHER)
    expect(decoder.quality()).toEqual([{ id: 'unknown-link-type', says: expect.stringContaining(`(${linkType})`) }])
  })

  test.each([
    ['an unknown EtherType', 1, `${MAC} 88cc 0207`],
    ['spanning tree', 1, `${MAC} 0026 424203 0000`],
    ['PPPoE discovery', 1, `${MAC} 8863 1109 0000 0004 01010000`],
    ['PPP of another protocol', 9, 'ff03 c021 0101'],
    ['encrypted MACsec', 1, `${MAC} 88e5 2c 00 00000001 0200000000010001 0800`],
    ['an encrypted 802.11 frame', 105, '0841 0000 020000000009 020000000001 020000000002 1000 aaaa03 000000 0800'],
    ['an 802.11 beacon', 105, '8000 0000 ffffffffffff 020000000001 020000000002 1000 aaaa03 000000 0800'],
    [
      'an aggregate of 802.11 packets',
      105,
      '8801 0000 020000000009 020000000001 020000000002 1000 8000 aaaa03 000000 0800',
    ],
    ['a later 802.11 fragment', 105, '0801 0000 020000000009 020000000001 020000000002 1100 aaaa03 000000 0800'],
  ])('%s is another kind, in silence', (_, linkType, before) => {
    const { kind, decoder } = decode(concat(octets(before), V4.bytes), linkType)
    expect(kind).toBe(KIND_OTHER)
    expect(decoder.quality()).toEqual([])
  })

  test('a packet cut within its headers is counted', () => {
    const { kind, decoder } = decode(ethernet(V4).slice(0, 40), 1, 58)
    expect(kind).toBe(KIND_OTHER)
    expect(decoder.quality().map(note => note.id)).toEqual(['headers-cut'])
  })

  test('a stack of labels without an end is counted as too deep', () => {
    const { kind, decoder } = decode(concat(octets(MAC, '8847', '00010040'.repeat(20), '00010140'), V4.bytes))
    expect(kind).toBe(KIND_OTHER)
    expect(decoder.quality().map(note => note.id)).toEqual(['headers-too-deep'])
  })

  test('more tags than a packet can sensibly have are counted as too deep', () => {
    let network = V4
    for (let count = 0; count < 100; count++) network = vlan(count, network)
    const { kind, decoder } = decode(ethernet(network))
    expect(kind).toBe(KIND_OTHER)
    expect(decoder.quality().map(note => note.id)).toEqual(['headers-too-deep'])
  })
})

test('ARP is found behind tags', () => {
  const arp = octets('0001 0800 0604 0001 020000000001 c0000201 000000000000 c0000202')
  expect(decode(ethernet(vlan(5, { etherType: 0x0806, bytes: arp }))).kind).toBe(KIND_ARP)
})

test('padding of short frames is no payload', () => {
  const { headers } = decode(concat(ethernet(ipv4(tcp({}))), new Uint8Array(6)))
  expect([headers.payloadLength, headers.payloadEnd - headers.payload]).toEqual([0, 0])
})
