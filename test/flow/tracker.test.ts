import { describe, expect, it } from 'vitest'
import type { Conversation } from '../../src/flow/conversation.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { ethernet, icmp, ipv4, type Packet, RST, SYN, TcpConversation, udp } from '../support/packets.ts'

const ETHERNET = 1
const REQUEST = Uint8Array.from([3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0])
const REFUSAL = Uint8Array.from([3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 3, 0, 8, 0, 5, 0, 0, 0])

/** All conversations of these packets, in the order in which they were handed on. */
function track(...packets: readonly Packet[]): Conversation[] {
  const found: Conversation[] = []
  const tracker = new Tracker({ conversation: conversation => found.push(conversation), time: () => {} })
  const start = packets[0]?.timeUs ?? 0
  packets.forEach(({ bytes, timeUs }, index) => {
    tracker.packet(bytes, 0, bytes.length, bytes.length, ETHERNET, index + 1, (timeUs - start) * 1000)
  })
  tracker.finish()
  return found
}

function one(conversation: TcpConversation): Conversation {
  const found = track(...conversation.packets())
  expect(found).toHaveLength(1)
  return found[0] as Conversation
}

/** The same packet with one less to live; nobody checks the sum of its header. */
function behindRouter(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  copy[22] = (copy[22] as number) - 1
  return copy
}

describe('tracker', () => {
  it('tells handshake, sides, events and how it ended', () => {
    const found = one(new TcpConversation().handshake().send(CLIENT, REQUEST).send(SERVER, REFUSAL).close(CLIENT))
    expect(found).toMatchObject({
      transport: 'tcp',
      client: { address: '192.0.2.1', port: 50_000 },
      server: { address: '198.51.100.1', port: 3389 },
      roles: 'syn',
      firstPacket: 1,
      lastPacket: 10,
      endedBy: 'closed',
      tcp: { synPacket: 1, synAckPacket: 2, ackPacket: 3, syns: 1, synAcks: 1, initialRoundTripMs: 2 },
    })
    expect(found.tcp?.sides[CLIENT]).toMatchObject({
      mss: 1460,
      windowScale: 7,
      bytes: 19,
      segments: 1,
      unacknowledged: 0,
    })
    expect(found.events.map(event => [event.fact.kind, event.packet, event.direction])).toEqual([
      ['negotiation-request', 4, CLIENT],
      ['negotiation-failure', 6, SERVER],
    ])
    expect(found.tcp?.marks.map(mark => mark.kind)).toEqual(['syn', 'syn-ack', 'handshake-ack', 'fin', 'fin'])
  })

  it('knows the client of a connection without SYN by what is said', () => {
    const whole = new TcpConversation({
      client: { address: '192.0.2.9', port: 3389 },
      server: { address: '192.0.2.1', port: 443 },
    })
    whole.handshake().send(CLIENT, REQUEST).send(SERVER, REFUSAL)
    whole.segments = whole.segments.slice(3)
    expect(one(whole)).toMatchObject({ roles: 'content', client: { address: '192.0.2.9' }, tcp: { synPacket: 0 } })
  })

  it('reads a PDU whose segments came in the wrong order, once the hole is filled', () => {
    const whole = new TcpConversation().handshake().send(CLIENT, REQUEST, 7).close(CLIENT)
    const [second, third] = [whole.segments[4], whole.segments[5]]
    if (second === undefined || third === undefined) throw new Error('three segments')
    whole.segments[4] = third
    whole.segments[5] = second
    const found = one(whole)
    expect(found.events).toHaveLength(1)
    expect(found.events[0]).toMatchObject({
      first: 4,
      packet: 5,
      fact: { kind: 'negotiation-request', complete: true },
    })
    expect(found.tcp?.sides[CLIENT].lostSegments).toBe(1)
  })

  it('says which bytes the capture does not hold, and reads on behind them', () => {
    const whole = new TcpConversation().handshake().send(CLIENT, REQUEST, 7).send(SERVER, REFUSAL)
    whole.segments.splice(4, 1)
    const found = one(whole)
    expect(found.events.map(event => event.fact.kind)).toEqual(
      ['negotiation-failure', 'stream-gap', 'negotiation-request', 'malformed'].sort(
        (a, b) => found.events.findIndex(e => e.fact.kind === a) - found.events.findIndex(e => e.fact.kind === b),
      ),
    )
    expect(found.events.find(event => event.fact.kind === 'stream-gap')?.fact).toMatchObject({ length: 7 })
    expect(found.events.find(event => event.fact.kind === 'negotiation-request')?.fact).toMatchObject({
      complete: false,
    })
  })

  it('does not guess where a PDU starts when the capture begins in the middle of a connection', () => {
    const whole = new TcpConversation().handshake().send(CLIENT, new Uint8Array(300).fill(9)).send(SERVER, REFUSAL)
    whole.segments = whole.segments.slice(3)
    expect(one(whole).events.map(event => [event.fact.kind, event.direction])).toEqual([
      ['negotiation-failure', SERVER],
    ])
  })

  it('reads data that came with the SYN', () => {
    const found = one(
      new TcpConversation()
        .segment(CLIENT, SYN, REQUEST)
        .segment(SERVER, SYN | 0x10)
        .send(SERVER, REFUSAL),
    )
    expect(found.events.map(event => [event.fact.kind, event.packet])).toEqual([
      ['negotiation-request', 1],
      ['negotiation-failure', 3],
    ])
  })

  it('names what nobody knows, once enough of it is there', () => {
    const banner = new TextEncoder().encode('SSH-2.0-OpenSSH_9.2p1\r\n')
    const found = one(new TcpConversation().handshake().send(CLIENT, REQUEST).send(SERVER, banner).close(SERVER))
    expect(found.events.at(-1)?.fact).toEqual({
      kind: 'unrecognised',
      first: 'SSH-2.0-OpenSSH_9.2p1\r\n',
      protocol: 'ssh',
    })
  })

  it('counts a resend that nobody acknowledges, with its size', () => {
    const whole = new TcpConversation().handshake()
    const data = new Uint8Array(1400).fill(7)
    whole.segment(CLIENT, 0x18, data)
    const lost = whole.segments.at(-1)
    if (lost === undefined) throw new Error('a segment')
    for (const ms of [300, 900, 2100]) whole.segments.push({ ...lost, timeUs: lost.timeUs + ms * 1000 })
    const side = one(whole).tcp?.sides[CLIENT]
    expect(side).toMatchObject({
      retransmissions: 3,
      stalledResends: 3,
      stalledLength: 1400,
      unacknowledged: 1400,
      largestSegment: 1400,
      largestAcknowledged: 0,
      bytes: 1400,
    })
  })

  it('takes a packet that the mirror port copied for no resend', () => {
    const whole = new TcpConversation().handshake().send(CLIENT, REQUEST)
    const packets = whole.packets()
    const data = packets[3]
    if (data === undefined) throw new Error('data')
    packets.splice(4, 0, { ...data, timeUs: data.timeUs + 20 })
    const found = track(...packets)[0]
    expect(found?.tcp?.sides[CLIENT]).toMatchObject({ mirrorDuplicates: 1, retransmissions: 0, segments: 1 })
  })

  it('sees copies that a router changed, and takes both times to live for those of their sender', () => {
    const packets = new TcpConversation().handshake().send(CLIENT, REQUEST).send(SERVER, REFUSAL).packets()
    const copies = packets.flatMap(packet => [
      packet,
      { timeUs: packet.timeUs + 30, bytes: behindRouter(packet.bytes) },
    ])
    const sides = track(...copies)[0]?.tcp?.sides
    expect(sides?.[CLIENT]).toMatchObject({ copiesHopped: true, ttlLeast: 63, ttlMost: 64, retransmissions: 0 })
    expect(sides?.[SERVER]).toMatchObject({ copiesHopped: true, ttlLeast: 63, ttlMost: 64, segments: 1 })
  })

  it('knows a copy that a router held back, by its identification and lost hop, from a resend', () => {
    const whole = new TcpConversation().handshake().send(CLIENT, REQUEST)
    for (let count = 0; count < 5; count++) whole.segment(SERVER, 0x10, new Uint8Array(500 + count))
    const packets = whole.packets()
    const late = packets
      .slice(5)
      .map((packet, at) => ({ timeUs: packet.timeUs + 40_000 + at, bytes: behindRouter(packet.bytes) }))
    const server = track(...packets, ...late)[0]?.tcp?.sides[SERVER]
    expect(server).toMatchObject({ mirrorDuplicates: 5, copiesHopped: true, retransmissions: 0, outOfOrder: 0 })
    const resent = packets
      .slice(5)
      .map((packet, at) => ({ timeUs: packet.timeUs + 400_000 + at, bytes: packet.bytes.slice() }))
    for (const [at, { bytes }] of resent.entries()) bytes[19] = 100 + at
    const again = track(...packets, ...resent)[0]?.tcp?.sides[SERVER]
    expect(again).toMatchObject({ mirrorDuplicates: 0, copiesHopped: false })
    expect((again?.retransmissions ?? 0) + (again?.outOfOrder ?? 0)).toBe(5)
  })

  it('sees no hop between copies of one point', () => {
    const packets = new TcpConversation().handshake().send(CLIENT, REQUEST).packets()
    const copies = packets.flatMap(packet => [packet, { ...packet, timeUs: packet.timeUs + 30 }])
    expect(track(...copies)[0]?.tcp?.sides[CLIENT]).toMatchObject({ copiesHopped: false, ttlLeast: 64, ttlMost: 64 })
  })

  it('keeps how far time went back or leapt ahead inside a connection', () => {
    const packets = new TcpConversation().handshake().send(CLIENT, REQUEST).send(SERVER, REFUSAL).packets()
    expect(track(...packets)[0]).toMatchObject({ stepBackNs: 0, leapNs: 0 })
    const shifted = (from: number, byUs: number) =>
      packets.map((packet, at) => (at < from ? packet : { ...packet, timeUs: packet.timeUs + byUs }))
    const back = track(...shifted(4, -3_000_000))[0]
    expect(back?.stepBackNs).toBeGreaterThan(2.9e9)
    expect(back?.leapNs).toBe(0)
    expect(track(...shifted(4, 3 * 86_400e6))[0]?.leapNs).toBeGreaterThan(2 * 86_400e9)
  })

  it('keeps what a reset looked like, and whether the receiver would take it', () => {
    const whole = new TcpConversation().handshake().send(CLIENT, REQUEST).reset(SERVER)
    const mark = one(whole).tcp?.marks.at(-1)
    expect(mark).toMatchObject({ kind: 'reset', direction: SERVER, packet: 6, ttl: 64, inWindow: true, ipIdStep: 1 })
    whole.segments[5] = { ...(whole.segments[5] as (typeof whole.segments)[number]), sequence: 77 }
    expect(one(whole).tcp?.marks.at(-1)).toMatchObject({ kind: 'reset', inWindow: false })
  })

  it('knows the time to live of a side whose first packet was a reset', () => {
    const whole = new TcpConversation().segment(SERVER, RST).handshake().send(SERVER, REFUSAL)
    const found = track(...whole.packets())[0]
    expect(found?.tcp?.sides.map(side => [side.ttlLeast, side.ttlMost])).toEqual([
      [64, 64],
      [64, 64],
    ])
  })

  it('knows how a side counts its packets, and keeps what a FIN looks like apart from its other packets', () => {
    const packets = new TcpConversation()
      .handshake()
      .send(CLIENT, REQUEST)
      .send(SERVER, REFUSAL)
      .close(SERVER)
      .packets()
    const fin = packets[7]?.bytes
    if (fin === undefined) throw new Error('the FIN of the server')
    const TIME_TO_LIVE_AT = 22
    fin[TIME_TO_LIVE_AT] = 99
    const { tcp } = track(...packets)[0] as Conversation
    expect(tcp?.sides[SERVER]).toMatchObject({ ttlLeast: 64, ttlMost: 64, packets: 5, ipIdsInRow: 4 })
    expect(tcp?.marks.find(mark => mark.kind === 'fin')).toMatchObject({ direction: SERVER, packet: 8, ttl: 99 })
    expect(tcp?.sides.map(side => side.initialSequence)).toEqual([1000, 9000])
  })

  it('forgets a stall once the resend was acknowledged', () => {
    const whole = new TcpConversation().handshake().segment(CLIENT, 0x18, REQUEST)
    const lost = whole.segments.at(-1)
    if (lost === undefined) throw new Error('a segment')
    whole.segments.push({ ...lost, timeUs: lost.timeUs + 300_000 })
    expect(one(whole).tcp?.sides[CLIENT]).toMatchObject({
      stalledResends: 1,
      unacknowledged: REQUEST.length,
      lastProgressNs: -1,
    })
    whole.wait(400_000).acknowledge(SERVER)
    expect(one(whole).tcp?.sides[CLIENT]).toMatchObject({
      stalledResends: 0,
      unacknowledged: 0,
      lastProgressNs: 404e6,
    })
  })

  it('begins another conversation when a SYN uses the ports again', () => {
    const first = new TcpConversation().handshake().close(CLIENT)
    const second = new TcpConversation({ initial: [500_000, 700_000], startUs: 1_700_000_010_000_000 }).handshake()
    expect(track(...first.packets(), ...second.packets()).map(found => [found.id, found.endedBy])).toEqual([
      [0, 'ports-reused'],
      [1, 'end-of-capture'],
    ])
  })

  it('hands on what closed and what went idle while it still reads', () => {
    const found: Conversation[] = []
    const tracker = new Tracker({ conversation: conversation => found.push(conversation), time: () => {} })
    let packet = 0
    const feed = (packets: readonly Packet[], seconds: number) => {
      for (const { bytes } of packets)
        tracker.packet(bytes, 0, bytes.length, bytes.length, ETHERNET, ++packet, seconds * 1e9)
    }
    const client = (last: number) => ({ client: { address: `192.0.2.${last}`, port: 50_000 } })
    feed(new TcpConversation(client(1)).handshake().close(CLIENT).packets(), 0)
    feed(new TcpConversation(client(2)).handshake().packets(), 1)
    feed(new TcpConversation(client(3)).handshake().packets(), 10)
    expect(found.map(conversation => [conversation.id, conversation.endedBy])).toEqual([[0, 'closed']])
    for (let last = 4; last < 30; last++) feed(new TcpConversation(client(last)).handshake().packets(), 10_000)
    expect(new Set(found.slice(1).map(conversation => `${conversation.id} ${conversation.endedBy}`))).toEqual(
      new Set(['1 idle', '2 idle']),
    )
  })

  it('takes what comes after a conversation was handed on for its echo', () => {
    const whole = new TcpConversation().handshake().close(CLIENT).wait(3_000_000).reset(SERVER)
    const other = new TcpConversation({ client: { address: '192.0.2.2', port: 4 }, startUs: 1_700_000_002_500_000 })
    const packets = [...whole.packets(), ...other.handshake().packets()].sort((a, b) => a.timeUs - b.timeUs)
    expect(track(...packets).map(conversation => [conversation.id, conversation.packets])).toEqual([
      [0, [4, 2]],
      [1, [2, 1]],
    ])
  })

  it('counts SYNs that nobody answers', () => {
    const whole = new TcpConversation().segment(CLIENT, SYN)
    const syn = whole.segments[0]
    if (syn === undefined) throw new Error('a SYN')
    for (const ms of [1000, 3000, 7000]) whole.segments.push({ ...syn, timeUs: syn.timeUs + ms * 1000 })
    expect(one(whole)).toMatchObject({ packets: [4, 0], tcp: { syns: 4, synAcks: 0, ackPacket: 0 } })
  })

  it('takes a reset in answer to a SYN only when it acknowledges it', () => {
    const refused = new TcpConversation().segment(CLIENT, SYN).reset(SERVER)
    expect(one(refused).tcp?.marks.at(-1)).toMatchObject({ kind: 'reset', inWindow: true, flags: RST | 0x10 })
  })

  it('reads what UDP carries, and knows the resolver by its port', () => {
    const query = Uint8Array.from([
      0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 114, 100, 112, 4, 116, 101, 115, 116, 0, 0, 1, 0, 1,
    ])
    const bytes = ethernet(ipv4(udp({ sourcePort: 50_000, destinationPort: 53 }, query)))
    expect(track({ bytes, timeUs: 0 })[0]).toMatchObject({
      transport: 'udp',
      roles: 'port',
      server: { port: 53 },
      events: [{ fact: { kind: 'dns-query', name: 'rdp.test' }, direction: CLIENT, packet: 1 }],
    })
  })

  it('ties an ICMP error to the conversation that it quotes', () => {
    const syn = new TcpConversation().segment(CLIENT, SYN).packets()[0]
    if (syn === undefined) throw new Error('a SYN')
    const quoted = syn.bytes.subarray(14, 14 + 28)
    const error = ethernet(
      ipv4(icmp({ type: 3, code: 1 }, quoted), { source: '203.0.113.9', destination: '192.0.2.1' }),
    )
    expect(track(syn, { bytes: error, timeUs: syn.timeUs + 10 })[0]?.icmp).toMatchObject([
      { packet: 2, type: 3, code: 1, from: '203.0.113.9', direction: CLIENT },
    ])
  })
})
