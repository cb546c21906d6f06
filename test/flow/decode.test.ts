import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decoder } from '../../src/flow/decode.ts'
import { ACK, KIND_ICMP, KIND_OTHER, KIND_TCP, KIND_UDP, PSH, SYN } from '../../src/flow/headers.ts'
import { concat } from '../support/bytes.ts'
import { decode, expectSane, LINKTYPE_RAW, octets } from '../support/decoding.ts'
import { ethernet, icmp, ipv4, ipv6, tcp, udp } from '../support/packets.ts'

const PAYLOAD = octets('0300 0013 0ee0 0000')

/** An IPv4 packet whose bytes at the given places are others. */
function changed(bytes: Uint8Array, changes: Readonly<Record<number, string>>): Uint8Array {
  const copy = bytes.slice()
  for (const [at, digits] of Object.entries(changes)) copy.set(octets(digits), Number(at))
  return copy
}

describe('IPv4', () => {
  const packet = ipv4(tcp({}, PAYLOAD), { source: '10.1.2.3', destination: '250.255.0.1', ttl: 57, id: 0xbeef }).bytes

  test('addresses, identification and time to live', () => {
    const { headers, source, destination } = decode(packet, LINKTYPE_RAW)
    expect([source, destination]).toEqual(['10.1.2.3', '250.255.0.1'])
    expect([headers.ipId, headers.ttl, headers.dontFragment, headers.protocol]).toEqual([0xbeef, 57, true, 6])
    expect(headers.fragments).toBe(0)
  })

  test('options are passed over', () => {
    const withOptions = concat(
      changed(packet, { 0: '46', 2: '0034' }).slice(0, 20),
      octets('94040000'),
      packet.slice(20),
    )
    const { kind, headers } = decode(withOptions, LINKTYPE_RAW)
    expect([kind, headers.payloadLength, headers.tcpStart - headers.ipStart]).toEqual([KIND_TCP, 8, 24])
  })

  test('a total length of 0 leaves all that is there to the segment', () => {
    const { headers } = decode(changed(packet, { 2: '0000' }), LINKTYPE_RAW)
    expect([headers.payloadLength, headers.payloadEnd - headers.payload]).toEqual([8, 8])
  })

  test('a segment cut by the snap length keeps its length on the wire', () => {
    const { kind, headers } = decode(packet.slice(0, 43), LINKTYPE_RAW, 48)
    expect([kind, headers.payloadLength, headers.payloadEnd - headers.payload]).toEqual([KIND_TCP, 8, 3])
  })

  test('the IP length counts where the file says less', () => {
    const { headers } = decode(packet.slice(0, 43), LINKTYPE_RAW, 43)
    expect([headers.payloadLength, headers.payloadEnd - headers.payload]).toEqual([8, 3])
  })

  test.each([
    ['another version', { 0: '55' }],
    ['a header length below 20', { 0: '44' }],
    ['a total length below the header', { 2: '0013' }],
  ])('%s is malformed, and counted', (_, changes) => {
    const { kind, decoder } = decode(ethernet({ etherType: 0x0800, bytes: changed(packet, changes) }))
    expect(kind).toBe(KIND_OTHER)
    expect(decoder.quality().map(note => note.id)).toEqual(['headers-malformed'])
  })

  test('another protocol is another kind, with its addresses', () => {
    const { kind, source, headers } = decode(changed(packet, { 9: '59' }), LINKTYPE_RAW)
    expect([kind, source, headers.protocol]).toEqual([KIND_OTHER, '10.1.2.3', 0x59])
  })

  test('an authentication header is passed through', () => {
    const inside = concat(octets('06 04 0000 00000001 00000001 000000000000000000000000'), tcp({}, PAYLOAD).bytes)
    const { kind, headers } = decode(ipv4({ protocol: 51, bytes: inside, checksumAt: -1 }).bytes, LINKTYPE_RAW)
    expect([kind, headers.protocol, headers.payloadLength]).toEqual([KIND_TCP, 6, 8])
  })
})

describe('IPv6', () => {
  test('addresses and hop limit', () => {
    const { headers, source, destination } = decode(ipv6(tcp({}), { source: 'fe80::1', ttl: 3 }).bytes, LINKTYPE_RAW)
    expect([source, destination, headers.ttl, headers.ipId]).toEqual(['fe80::1', '2001:db8::2', 3, -1])
  })

  test('extension headers are passed over', () => {
    const chain = octets(
      '2b 00 0502 00000100', // hop by hop
      '3c 02 0000 00000000 20010db8000000000000000000000009', // routing
      '2c 00 0104 00000000', // destination options
      '33 00 0000 00000001', // fragment, atomic
      '87 04 0000 00000001 00000001 000000000000000000000000', // authentication
      '06 00 0000 00000000', // mobility
    )
    const inside = concat(chain, tcp({ destinationPort: 3389 }, PAYLOAD).bytes)
    const { kind, headers } = decode(ipv6({ protocol: 0, bytes: inside, checksumAt: -1 }).bytes, LINKTYPE_RAW)
    expect([kind, headers.protocol, headers.destinationPort]).toEqual([KIND_TCP, 6, 3389])
    expect([headers.payloadLength, headers.fragments]).toEqual([8, 0])
  })

  test('an extension header longer than its packet is malformed', () => {
    const inside = concat(octets('06 ff 0000 00000000'), tcp({}).bytes)
    const { kind, decoder } = decode(ipv6({ protocol: 60, bytes: inside, checksumAt: -1 }).bytes, LINKTYPE_RAW)
    expect(kind).toBe(KIND_OTHER)
    expect(decoder.quality().map(note => note.id)).toEqual(['headers-malformed'])
  })

  test('a payload length of 0 leaves all that is there to the segment', () => {
    const { kind, headers } = decode(changed(ipv6(tcp({}, PAYLOAD)).bytes, { 4: '0000' }), LINKTYPE_RAW)
    expect([kind, headers.payloadLength]).toEqual([KIND_TCP, 8])
  })

  test("IPv6's extension numbers are no headers in IPv4", () => {
    const inside = concat(octets('06 00 0000 00000000'), tcp({}).bytes)
    expect(decode(ipv4({ protocol: 60, bytes: inside, checksumAt: -1 }).bytes, LINKTYPE_RAW).kind).toBe(KIND_OTHER)
  })
})

describe('TCP', () => {
  test('fields', () => {
    const segment = tcp({ sequence: 0x80000001, acknowledgement: 0xffffffff, flags: SYN | ACK | PSH, window: 0xfffe })
    const { kind, headers } = decode(ethernet(ipv4(segment)))
    expect(kind).toBe(KIND_TCP)
    expect([headers.sequence >>> 0, headers.acknowledgement >>> 0]).toEqual([0x80000001, 0xffffffff])
    expect([headers.flags, headers.window]).toEqual([SYN | ACK | PSH, 0xfffe])
  })

  test('options of a SYN', () => {
    const options = [...octets('0204 05b4 0402 080a fffffffe 00000001 01 0303 0e')]
    const { headers } = decode(ethernet(ipv4(tcp({ flags: SYN, options }))))
    expect([headers.mss, headers.windowScale, headers.sackPermitted]).toEqual([1460, 14, true])
    expect([headers.hasTimestamps, headers.timestampValue >>> 0, headers.timestampEcho]).toEqual([true, 0xfffffffe, 1])
  })

  test('aligned timestamps alone', () => {
    const options = [...octets('0101 080a 00000007 80000000')]
    const { headers } = decode(ethernet(ipv4(tcp({ options }, PAYLOAD))))
    expect([headers.hasTimestamps, headers.timestampValue, headers.timestampEcho >>> 0]).toEqual([true, 7, 0x80000000])
    expect([headers.mss, headers.payloadLength]).toEqual([-1, 8])
  })

  test('SACK blocks, four at most', () => {
    const options = [...octets('0101 0522 00000001 00000002 00000003 00000004 00000005 00000006 80000007 80000008')]
    const { headers } = decode(ethernet(ipv4(tcp({ options }))))
    expect(headers.sackBlocks).toBe(4)
    expect([...headers.sackLeft].map(edge => edge >>> 0)).toEqual([1, 3, 5, 0x80000007])
    expect([...headers.sackRight].map(edge => edge >>> 0)).toEqual([2, 4, 6, 0x80000008])
  })

  test.each([
    ['02ff 05b4', -1],
    ['0101 0204', -1],
    ['0300 0000', -1],
    ['0001 0204 05b4', -1],
    ['0205 05b4 00', -1],
    ['0204 05b4 08ff', 1460],
    ['fe02 0204 05b4', 1460],
    ['0204 05b4 0302 0102', 1460],
  ])('an option that lies or is unknown (%s) costs the options behind it, not the segment', (digits, mss) => {
    const { kind, headers } = decode(ethernet(ipv4(tcp({ options: [...octets(digits)] }, PAYLOAD))))
    expect([kind, headers.payloadLength, headers.windowScale, headers.mss]).toEqual([KIND_TCP, 8, -1, mss])
  })

  test('nothing stays from the packet before', () => {
    const decoder = new Decoder()
    const { headers } = decoder
    const first = ethernet(
      ipv4(tcp({ flags: SYN, options: [...octets('0204 05b4 0402 080a 00000001 00000001 01 0303 0e')] })),
    )
    const second = ethernet(ipv4(tcp({})))
    decoder.decode(first, 0, first.length, first.length, 1, 1, 0)
    decoder.decode(second, 0, second.length, second.length, 1, 2, 0)
    expect([headers.mss, headers.windowScale, headers.sackPermitted]).toEqual([-1, -1, false])
    expect([headers.hasTimestamps, headers.sackBlocks]).toEqual([false, 0])
    decoder.decode(second, 0, 10, 10, 1, 3, 0)
    expect([headers.kind, headers.family, headers.payloadLength, headers.linkSourceHigh]).toEqual([
      KIND_OTHER,
      0,
      0,
      -1,
    ])
  })

  test.each(['40', '00', 'f0'])('a header length that lies (%s) is malformed', digits => {
    const { kind, decoder } = decode(changed(ethernet(ipv4(tcp({}))), { 46: digits }))
    expect(kind).toBe(KIND_OTHER)
    expect(decoder.quality().map(note => note.id)).toEqual(['headers-malformed'])
  })

  test('options cut by the snap length leave a segment with what was captured', () => {
    const options = [...octets('0204 05b4 0402 080a 00000001 00000001 01 0303 0e')]
    const packet = ethernet(ipv4(tcp({ flags: SYN, options }, PAYLOAD)))
    const { kind, headers } = decode(packet.slice(0, 60), 1, packet.length)
    expect([kind, headers.mss, headers.windowScale]).toEqual([KIND_TCP, 1460, -1])
    expect([headers.payloadLength, headers.payloadEnd - headers.payload]).toEqual([8, 0])
  })
})

describe('UDP', () => {
  const packet = ethernet(ipv4(udp({}, PAYLOAD)))

  test.each([
    ['its own length', '0010', 8],
    ['less than IP carries', '000c', 4],
    ['0: what IP carries', '0000', 8],
    ['more than IP carries: what IP carries', 'ffff', 8],
  ])('payload by %s', (_, length, expected) => {
    const { kind, headers } = decode(changed(packet, { 38: length }))
    expect([kind, headers.payloadLength, headers.payloadEnd - headers.payload]).toEqual([KIND_UDP, expected, expected])
  })

  test('a length below its header is malformed', () => {
    const { kind, decoder } = decode(changed(packet, { 38: '0007' }))
    expect(kind).toBe(KIND_OTHER)
    expect(decoder.quality().map(note => note.id)).toEqual(['headers-malformed'])
  })
})

describe('ICMP', () => {
  const quotedSegment = ipv4(
    tcp({ sourcePort: 3389, destinationPort: 50_123, sequence: 0xdeadbeef }, new Uint8Array(1400)),
    {
      source: '198.51.100.9',
      destination: '192.0.2.9',
      id: 42,
      ttl: 1,
    },
  )

  test('"fragmentation needed" quotes a segment and says the MTU', () => {
    const error = icmp({ type: 3, code: 4, rest: 1400 }, quotedSegment.bytes.slice(0, 28))
    const { kind, headers, decoder, source } = decode(ethernet(ipv4(error, { source: '203.0.113.7' })))
    expect([kind, headers.icmpType, headers.icmpCode, headers.icmpMtu]).toEqual([KIND_ICMP, 3, 4, 1400])
    expect([source, headers.icmpQuotes]).toEqual(['203.0.113.7', true])
    const { quoted, addresses } = decoder
    expect([addresses.text(4, quoted.source), addresses.text(4, quoted.destination)]).toEqual([
      '198.51.100.9',
      '192.0.2.9',
    ])
    expect([quoted.kind, quoted.sourcePort, quoted.destinationPort]).toEqual([KIND_TCP, 3389, 50_123])
    expect([quoted.sequence >>> 0, quoted.ipId, quoted.flags]).toEqual([0xdeadbeef, 42, 0])
  })

  test('a quote with the whole header has flags and the length on the wire', () => {
    const error = icmp({ type: 11, code: 0 }, quotedSegment.bytes.slice(0, 60))
    const { headers, decoder } = decode(ethernet(ipv4(error)))
    expect([headers.icmpQuotes, decoder.quoted.flags, decoder.quoted.payloadLength]).toEqual([true, ACK, 1400])
    expect(headers.icmpMtu).toBe(0)
  })

  test('a quoted datagram', () => {
    const error = icmp({ type: 3, code: 3 }, ipv4(udp({ destinationPort: 3391 }, PAYLOAD)).bytes)
    const { decoder, headers } = decode(ethernet(ipv4(error)))
    expect([headers.icmpQuotes, decoder.quoted.kind]).toEqual([true, KIND_UDP])
    expect([decoder.quoted.destinationPort, decoder.quoted.payloadLength]).toEqual([3391, 8])
  })

  test('a later error without a sequence does not keep the one before', () => {
    const decoder = new Decoder()
    for (const length of [60, 24]) {
      const packet = ethernet(ipv4(icmp({ type: 3, code: 1 }, quotedSegment.bytes.slice(0, length))))
      decoder.decode(packet, 0, packet.length, packet.length, 1, 1, 0)
      expect(decoder.headers.icmpQuotes).toBe(true)
    }
    expect([decoder.quoted.sequence, decoder.quoted.flags, decoder.quoted.payloadLength]).toEqual([0, 0, 0])
  })

  test.each([
    ['an echo', icmp({ type: 8, code: 0 }, PAYLOAD)],
    ['an error that quotes nothing', icmp({ type: 3, code: 1 })],
    [
      'an error that quotes another protocol',
      icmp({ type: 3, code: 2 }, ipv4({ protocol: 89, bytes: PAYLOAD, checksumAt: -1 }).bytes),
    ],
    ['an error that quotes a later fragment', icmp({ type: 3, code: 1 }, changed(quotedSegment.bytes, { 6: '0001' }))],
    ['an error that quotes noise', icmp({ type: 3, code: 1 }, new Uint8Array(40))],
  ])('%s quotes nothing', (_, message) => {
    const { kind, headers } = decode(ethernet(ipv4(message)))
    expect([kind, headers.icmpQuotes]).toEqual([KIND_ICMP, false])
  })

  test('a quoted first fragment has ports', () => {
    const error = icmp({ type: 3, code: 1 }, changed(quotedSegment.bytes, { 6: '2000' }))
    const { headers, decoder } = decode(ethernet(ipv4(error)))
    expect([headers.icmpQuotes, decoder.quoted.sourcePort]).toEqual([true, 3389])
  })

  test('ICMPv6 "packet too big" quotes a segment behind extension headers', () => {
    const chain = concat(octets('2c 00 0104 00000000  06 00 0001 00000009'), tcp({ sourcePort: 3389 }).bytes)
    const quote = ipv6({ protocol: 60, bytes: chain, checksumAt: -1 }).bytes
    const error = { protocol: 58, bytes: concat(octets('0200 0000 00000500'), quote), checksumAt: 2 }
    const { kind, headers, decoder } = decode(ethernet(ipv6(error, { source: '2001:db8::99' })))
    expect([kind, headers.icmpType, headers.icmpMtu, headers.icmpQuotes]).toEqual([KIND_ICMP, 2, 1280, true])
    expect([decoder.quoted.sourcePort, decoder.addresses.text(6, decoder.quoted.source)]).toEqual([3389, '2001:db8::1'])
    expect(decoder.addresses.text(6, headers.source)).toBe('2001:db8::99')
  })

  test("the other version's ICMP is another kind", () => {
    expect(decode(ethernet(ipv6(icmp({ type: 8, code: 0 })))).kind).toBe(KIND_OTHER)
  })
})

describe('whatever the bytes', () => {
  const linkTypes = [
    0, 1, 9, 50, 51, 100, 101, 104, 105, 107, 108, 109, 113, 117, 119, 127, 163, 192, 204, 219, 228, 229, 239, 258, 276,
  ]

  test('nothing throws and nothing reaches behind the end', () => {
    const decoder = new Decoder()
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(...linkTypes),
        fc.nat(300),
        fc.nat(100),
        (bytes, linkType, originalLength, packet) => {
          const kind = decoder.decode(bytes, 0, bytes.length, originalLength, linkType, packet, packet * 1e6)
          expectSane(decoder.headers, kind)
        },
      ),
      { numRuns: 5000 },
    )
    decoder.flush()
  })

  test('packets with some bytes changed neither throw nor reach behind the end', () => {
    const packets = [
      ethernet(ipv4(tcp({ options: [...octets('0204 05b4 0402 080a 00000001 00000001 01 0303 0e')] }, PAYLOAD))),
      ethernet(
        ipv6({
          protocol: 0,
          bytes: concat(octets('2c 00 0502 00000100 06 00 0001 00000009'), tcp({}).bytes),
          checksumAt: -1,
        }),
      ),
      ethernet(ipv4(udp({ destinationPort: 4789 }, concat(octets('0800000000000700'), ethernet(ipv4(tcp({}))))))),
      ethernet(ipv4(icmp({ type: 3, code: 4 }, ipv4(tcp({})).bytes))),
      ethernet(
        ipv4({ protocol: 47, bytes: concat(octets('2000 6558 00000001'), ethernet(ipv4(tcp({})))), checksumAt: -1 }),
      ),
    ]
    const decoder = new Decoder()
    fc.assert(
      fc.property(
        fc.constantFrom(...packets),
        fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (packet, changes) => {
          const bytes = packet.slice()
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          expectSane(decoder.headers, decoder.decode(bytes, 0, bytes.length, bytes.length, 1, 1, 0))
        },
      ),
      { numRuns: 5000 },
    )
  })
})
