import { describe, expect, it } from 'vitest'
import type { Conversation } from '../../src/flow/conversation.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { MAX_DAMAGED_SEGMENTS, MAX_PAYLOAD_PAUSES } from '../../src/wire/limits.ts'
import { ACK, arp, ethernet, ipv4, type Packet, type Segment, TcpConversation, tcp, udp } from '../support/packets.ts'

const ETHERNET = 1
const SECOND_US = 1_000_000
const REQUEST = Uint8Array.from([3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0])
const CONFIRM = Uint8Array.from([3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 1, 0, 0, 0])
const filled = (length: number) => new Uint8Array(length).fill(0x41)

function track(packets: readonly Packet[]) {
  const found: Conversation[] = []
  const tracker = new Tracker({ conversation: conversation => found.push(conversation), time: () => {} })
  const start = packets[0]?.timeUs ?? 0
  packets.forEach(({ bytes, timeUs }, index) => {
    tracker.packet(bytes, 0, bytes.length, bytes.length, ETHERNET, index + 1, (timeUs - start) * 1000)
  })
  return { summary: tracker.finish(), found }
}

function only(packets: readonly Packet[]): Conversation {
  const { found } = track(packets)
  expect(found).toHaveLength(1)
  return found[0] as Conversation
}

/** One bit of the payload turned on the way. */
function damaged(packet: Packet): Packet {
  const bytes = packet.bytes.slice()
  const last = bytes.length - 1
  bytes[last] = (bytes[last] as number) ^ 1
  return { ...packet, bytes }
}

describe('pauses of the payload', () => {
  it('reach from the last payload of either side to the next, whoever sends it', () => {
    const connection = new TcpConversation().handshake().send(CLIENT, filled(10)).send(SERVER, filled(10))
    connection
      .wait(20 * SECOND_US)
      .send(SERVER, filled(10))
      .wait(5 * SECOND_US)
      .send(CLIENT, filled(10))
    const [pause, ...more] = only(connection.packets()).tcp?.pauses ?? []
    expect(more).toEqual([])
    expect(pause).toMatchObject({ fromPacket: 6, untilPacket: 8, direction: SERVER })
    expect(((pause?.untilNs ?? 0) - (pause?.fromNs ?? 0)) / 1e9).toBeCloseTo(20, 1)
  })

  it('are not broken by keep-alives, with their byte or without', () => {
    const connection = new TcpConversation().handshake().send(CLIENT, filled(10)).send(SERVER, filled(10))
    for (const byte of [0, 1]) {
      connection.wait(20 * SECOND_US).acknowledge(CLIENT)
      const probe = connection.segments.at(-1) as Segment
      connection.segments[connection.segments.length - 1] = {
        ...probe,
        sequence: probe.sequence - 1,
        payload: new Uint8Array(byte),
      }
      connection.acknowledge(SERVER)
    }
    connection.wait(20 * SECOND_US).send(SERVER, filled(10))
    const { tcp } = only(connection.packets())
    expect(tcp?.sides[CLIENT].keepAlives).toBe(2)
    expect(tcp?.pauses).toHaveLength(1)
    expect(((tcp?.pauses[0]?.untilNs ?? 0) - (tcp?.pauses[0]?.fromNs ?? 0)) / 1e9).toBeCloseTo(60, 1)
  })

  it('are kept up to a limit: the last of them', () => {
    const connection = new TcpConversation().handshake().send(CLIENT, filled(10)).send(SERVER, filled(10))
    for (let at = 0; at < MAX_PAYLOAD_PAUSES + 3; at++) connection.wait(15 * SECOND_US).send(CLIENT, filled(10))
    const packets = connection.packets()
    const { tcp } = only(packets)
    expect(tcp?.pauses).toHaveLength(MAX_PAYLOAD_PAUSES)
    expect(tcp?.pauses.at(-1)?.untilPacket).toBe(packets.length - 1)
  })
})

describe('a closed window', () => {
  const window = (packet: Packet, value: number): Packet => {
    const bytes = packet.bytes.slice()
    bytes[48] = value >> 8
    bytes[49] = value & 0xff
    return { ...packet, bytes }
  }

  it('is told from its first packet to the last, with who asked for room and when it opened', () => {
    const connection = new TcpConversation().handshake().send(CLIENT, filled(10)).send(SERVER, filled(10))
    connection.send(CLIENT, filled(500)) // 8, and 9 closes
    for (let probe = 0; probe < 3; probe++) {
      connection.wait(4 * SECOND_US).acknowledge(CLIENT)
      const segment = connection.segments.at(-1) as Segment
      connection.segments[connection.segments.length - 1] = { ...segment, sequence: segment.sequence - 1 }
      connection.acknowledge(SERVER)
    }
    connection.acknowledge(SERVER).send(CLIENT, filled(10))
    const packets = connection.packets().map((one, at) => ([8, 10, 12, 14].includes(at) ? window(one, 0) : one))
    const { tcp } = only(packets)
    expect(tcp?.sides[SERVER].closedWindow).toMatchObject({
      firstPacket: 9,
      lastPacket: 15,
      openedPacket: 16,
      probes: 3,
    })
    expect(tcp?.sides[CLIENT].closedWindow).toBeNull()
  })

  it('tells of a resend that it went into it', () => {
    const connection = new TcpConversation().handshake().send(CLIENT, filled(10)).send(SERVER, filled(10))
    connection.segment(CLIENT, ACK, filled(500)).acknowledge(SERVER)
    const again = connection.segments.at(-2) as Segment
    connection.wait(SECOND_US).acknowledge(CLIENT)
    const late = connection.segments.at(-1) as Segment
    connection.segments[connection.segments.length - 1] = { ...again, timeUs: late.timeUs }
    const packets = connection.packets()
    const closing = packets.length - 2
    const acknowledges = packets[closing] as Packet
    packets[closing] = window(acknowledges, 0)
    const marks = only(packets).tcp?.marks ?? []
    expect(marks.find(mark => mark.packet === packets.length)?.intoClosedWindow).toBe(true)
    expect(marks.find(mark => mark.kind === 'syn')?.intoClosedWindow).toBe(false)
  })
})

describe('segments with wrong checksums', () => {
  /** Handshake, request and confirm, then three segments of the client, the last of which is sent twice. */
  const exchange = (): Packet[] => {
    const connection = new TcpConversation().handshake().send(CLIENT, REQUEST).send(SERVER, CONFIRM)
    connection.send(CLIENT, filled(40)).send(CLIENT, filled(50))
    connection.segment(CLIENT, ACK, filled(60))
    const again = connection.segments.at(-1) as Segment
    connection.wait(SECOND_US / 5)
    connection.segments.push({ ...again, timeUs: again.timeUs + SECOND_US / 5 })
    connection.acknowledge(SERVER)
    return connection.packets()
  }

  it('are told with the resend that was right', () => {
    const packets = exchange()
    const { tcp } = only(packets.map((one, at) => (at === packets.length - 3 ? damaged(one) : one)))
    expect(tcp?.sides[CLIENT]).toMatchObject({ verified: 5, wrongChecksums: 1, offloadedChecksums: 0 })
    expect(tcp?.damaged).toMatchObject([
      {
        packet: packets.length - 2,
        direction: CLIENT,
        length: 60,
        acknowledged: false,
        resentPacket: packets.length - 1,
        resentGood: true,
      },
    ])
  })

  it('are told as accepted where the other side acknowledged them', () => {
    const packets = exchange()
    const accepted = packets.filter((_, at) => at !== packets.length - 2)
    const { tcp } = only(accepted.map((one, at) => (at === accepted.length - 2 ? damaged(one) : one)))
    expect(tcp?.damaged).toMatchObject([{ acknowledged: true, resentPacket: 0 }])
  })

  it('are kept up to a limit', () => {
    const connection = new TcpConversation().handshake()
    for (let at = 0; at < MAX_DAMAGED_SEGMENTS + 4; at++) connection.send(CLIENT, filled(20))
    const { tcp } = only(connection.packets().map(one => (one.bytes.length > 60 ? damaged(one) : one)))
    expect(tcp?.damaged).toHaveLength(MAX_DAMAGED_SEGMENTS)
    expect(tcp?.sides[CLIENT].wrongChecksums).toBe(MAX_DAMAGED_SEGMENTS + 4)
  })

  const events = (packets: readonly Packet[]) =>
    only(packets).events.map(({ fact, packet }) => [fact.kind, packet, 'selected' in fact ? fact.selected : -1])
  /** The server's confirm comes damaged behind two good segments, and then again. */
  const confirmTwice = (copies: number): Packet[] => {
    const connection = new TcpConversation().handshake().send(CLIENT, REQUEST)
    connection.segment(SERVER, ACK, CONFIRM.slice(0, 4)).segment(SERVER, ACK, CONFIRM.slice(4, 8))
    connection.segment(SERVER, ACK, CONFIRM.slice(8))
    const last = connection.segments.at(-1) as Segment
    if (copies > 1) connection.segments.push({ ...last, timeUs: last.timeUs + SECOND_US })
    connection.wait(2 * SECOND_US).acknowledge(CLIENT)
    return connection.packets()
  }

  it('are not read when a right copy comes', () => {
    const packets = confirmTwice(2)
    expect(events(packets.map((one, at) => (at === 7 ? damaged(one) : one)))).toEqual([
      ['negotiation-request', 4, -1],
      ['negotiation-response', 9, 1],
    ])
  })

  it('are read all the same when the other side acknowledges them, in their own place', () => {
    const packets = confirmTwice(1)
    expect(events(packets.map((one, at) => (at === 7 ? damaged(one) : one)))).toEqual([
      ['negotiation-request', 4, -1],
      ['negotiation-response', 8, (1 << 24) | 1],
    ])
  })

  it('are read at once from a sender whose checksums are all wrong', () => {
    const packets = confirmTwice(1)
    const offloaded = packets.map(one => (one.bytes.length > 54 ? damaged(one) : one))
    expect(only(offloaded).events.length).toBeGreaterThan(0)
  })
})

describe('who claims an address', () => {
  const frame = (network: ReturnType<typeof arp>, timeUs: number): Packet => ({ bytes: ethernet(network), timeUs })
  const asked = (timeUs: number) => frame(arp(1, [1, '192.0.2.1'], [0, '192.0.2.9']), timeUs)
  const answer = (hardware: number, timeUs: number) => frame(arp(2, [hardware, '192.0.2.9'], [1, '192.0.2.1']), timeUs)
  const announced = (hardware: number, timeUs: number) =>
    frame(arp(1, [hardware, '192.0.2.9'], [0, '192.0.2.9']), timeUs)

  it('is told where two answer the same question', () => {
    const [one] = track([asked(0), answer(8, 100), answer(9, 300)]).summary.contested
    expect(one).toMatchObject({ address: '192.0.2.9', doubleAnswers: 1, returns: 0, packet: 3 })
    expect(one?.claims.map(claim => [claim.hardware, claim.claims, claim.addresses])).toEqual([
      ['02:00:00:00:00:08', 1, 1],
      ['02:00:00:00:00:09', 1, 1],
    ])
  })

  it('is told where one claims again soon after the other', () => {
    const [one] = track([announced(8, 0), announced(9, SECOND_US), announced(8, 2 * SECOND_US)]).summary.contested
    expect(one).toMatchObject({ doubleAnswers: 0, returns: 1, packet: 3 })
    expect(one?.claims[0]).toMatchObject({ claims: 2, announcements: 2 })
  })

  it('is no contest where one takes over, or comes back after a while', () => {
    const takenOver = track([asked(0), answer(8, 100), announced(9, 200), asked(SECOND_US), answer(9, SECOND_US + 100)])
    expect(takenOver.summary.contested[0]).toMatchObject({ doubleAnswers: 0, returns: 0, packet: 0 })
    const back = track([announced(8, 0), announced(9, 5 * SECOND_US), announced(8, 600 * SECOND_US)])
    expect(back.summary.contested[0]).toMatchObject({ returns: 0 })
  })

  it('is not told of an address with one owner', () => {
    expect(track([asked(0), answer(8, 100), answer(8, 200)]).summary.contested).toEqual([])
  })
})

describe('the outer packets of a VPN', () => {
  const datagram = (bytes: readonly number[], length: number, port: number, fromServer = false) => {
    const payload = new Uint8Array(length)
    payload.set(bytes)
    const ports = fromServer
      ? { sourcePort: port, destinationPort: 40_000 }
      : { sourcePort: 40_000, destinationPort: port }
    const way = fromServer ? { source: '198.51.100.1', destination: '192.0.2.1' } : {}
    return ethernet(ipv4(udp(ports, payload), way))
  }
  const kindOf = (bytes: readonly number[], length: number, port: number) =>
    only([{ bytes: datagram(bytes, length, port), timeUs: 0 }]).tunnel

  it.each([
    ['WireGuard initiation on any port', [1, 0, 0, 0], 148, 34_567, 'wireguard'],
    ['WireGuard data', [4, 0, 0, 0, 9, 9, 9, 9, 1, 0, 0, 0], 96, 51_820, 'wireguard'],
    ['IKE', [...new Array(17).fill(7), 0x20], 120, 500, 'ipsec'],
    ['ESP in UDP', [0xc0, 1, 2, 3, 0, 0, 0, 1], 100, 4500, 'ipsec'],
    ['OpenVPN', [0x38], 54, 1194, 'openvpn'],
    ['L2TP', [0xc8, 2], 40, 1701, 'l2tp'],
    ['nothing of it', [1, 0, 0, 0], 149, 34_567, null],
    ['a large counter', [4, 0, 0, 0, 9, 9, 9, 9, 1, 0, 0, 0, 5], 96, 51_820, null],
    ['a reserved index', [0, 0, 0, 9, 0, 0, 0, 1], 100, 4500, null],
  ] as const)('are known: %s', (_, bytes, length, port, kind) => {
    expect(kindOf(bytes, length, port)).toBe(kind)
  })

  it('are counted an end, with the last packet of each', () => {
    const data = [4, 0, 0, 0, 9, 9, 9, 9, 1, 0, 0, 0]
    const found = only([
      { bytes: datagram(data, 96, 51_820), timeUs: 0 },
      { bytes: datagram(data, 96, 51_820, true), timeUs: 1000 },
      { bytes: datagram(data, 96, 51_820), timeUs: 9000 },
    ])
    expect(found).toMatchObject({ packets: [2, 1], lastPackets: [3, 2], lastTimesNs: [9e6, 1e6] })
  })

  it('are counted by pairs of addresses where they have no ports', () => {
    const esp = (source: string, destination: string, timeUs: number): Packet => ({
      bytes: ethernet(ipv4({ protocol: 50, bytes: filled(80), checksumAt: -1 }, { source, destination })),
      timeUs,
    })
    const { summary } = track([
      esp('192.0.2.1', '198.51.100.1', 0),
      esp('198.51.100.1', '192.0.2.1', 1000),
      esp('192.0.2.1', '198.51.100.1', 7000),
    ])
    expect(summary.tunnels).toEqual([
      {
        kind: 'esp',
        ends: ['192.0.2.1', '198.51.100.1'],
        packets: [2, 1],
        firstPacket: 1,
        firstNs: 0,
        lastPackets: [3, 2],
        lastNs: [7e6, 1e6],
      },
    ])
  })
})

it('a mark carries the hardware address of its packet', () => {
  const packets = [{ bytes: ethernet(ipv4(tcp({ flags: 2 }))), timeUs: 0 }]
  expect(only(packets).tcp?.marks[0]?.hardware).toBe(0x02_00_00_00_00_01)
})
