/**
 * Conversations made by hand, for tests of the rooms that judge them. Everything has a default: a test names only what
 * it is about. Places that a test leaves out are given in order: one packet and ten milliseconds after the one before.
 */
import type {
  Conversation,
  Endpoint,
  FlowSummary,
  FragmentNote,
  IcmpNote,
  MarkKind,
  TcpFacts,
  TcpMark,
  TcpSide,
} from '../../src/flow/conversation.ts'
import type { Event, Fact, FactKind, FactOf } from '../../src/flow/event.ts'
import { CLIENT, type Direction, SERVER } from '../../src/wire/dissector.ts'
import { CLIENT_ADDRESS, SERVER_ADDRESS } from './addresses.ts'
import { FACTS } from './facts.ts'

const FIN = 0x01
const SYN = 0x02
const RST = 0x04
const ACK = 0x10

const STEP_NS = 10_000_000
/** Stands for a place that was not given: `conversation` numbers it. */
const UNPLACED = -1

/** One side of a connection, as a sender: idle unless the test says more. */
function tcpSide(values: Partial<TcpSide> = {}): TcpSide {
  return {
    packets: 0,
    segments: 0,
    bytes: 0,
    largestSegment: 0,
    largestAcknowledged: 0,
    mss: 1460,
    initialSequence: -1,
    windowScale: 7,
    sackPermitted: true,
    timestamps: true,
    firstDataPacket: 0,
    firstDataNs: 0,
    lastDataPacket: 0,
    lastDataNs: 0,
    lastPacket: 0,
    lastNs: 0,
    lastProgressNs: -1,
    unacknowledged: 0,
    stalledResends: 0,
    stalledLength: 0,
    stalledFirstPacket: 0,
    stalledLastPacket: 0,
    stalledFirstNs: 0,
    stalledLastNs: 0,
    sackBeyondHole: false,
    retransmissions: 0,
    fastRetransmissions: 0,
    spuriousRetransmissions: 0,
    needlessRetransmissions: 0,
    outOfOrder: 0,
    duplicateAcks: 0,
    lostSegments: 0,
    ackedUnseen: 0,
    zeroWindows: 0,
    windowFulls: 0,
    keepAlives: 0,
    mirrorDuplicates: 0,
    copiesHopped: false,
    ttlLeast: 64,
    ttlMost: 64,
    ipIdsInRow: 0,
    fragmented: 0,
    lastWindow: 64_128,
    closedWindow: null,
    verified: 0,
    wrongChecksums: 0,
    offloadedChecksums: 0,
    ...values,
  }
}

const FLAGS: Partial<Record<MarkKind, number>> = {
  syn: SYN,
  'syn-ack': SYN | ACK,
  fin: FIN | ACK,
  reset: RST | ACK,
}
const FROM_SERVER: readonly MarkKind[] = ['syn-ack']

/** A mark; its direction is the client's, but for a SYN-ACK. */
export function mark(kind: MarkKind, values: Partial<TcpMark> = {}): TcpMark {
  return {
    kind,
    packet: UNPLACED,
    timeNs: UNPLACED,
    direction: FROM_SERVER.includes(kind) ? SERVER : CLIENT,
    sequence: kind === 'syn' || kind === 'syn-ack' ? 0 : 1,
    acknowledgement: kind === 'syn' ? 0 : 1,
    length: 0,
    flags: FLAGS[kind] ?? ACK,
    window: 501,
    ttl: 64,
    ipId: 1000,
    ipIdStep: 1,
    timestamps: true,
    sinceNewDataMs: -1,
    inWindow: true,
    needless: false,
    intoClosedWindow: false,
    hardware: -1,
    ...values,
  }
}

/** All kinds of facts. */
export const FACT_KINDS = Object.keys(FACTS) as readonly FactKind[]
const SERVER_KINDS: readonly FactKind[] = [
  'negotiation-response',
  'negotiation-failure',
  'disconnect-provider-ultimatum',
  'server-hello',
  'certificate',
  'handshake',
  'alert',
  'http-response',
  'dns-response',
  'kerberos-reply',
  'kerberos-error',
  'socks-reply',
  'unrecognised',
  'early-user-authorization',
  'ntlm-challenge',
  'kerberos-reply',
  'kerberos-error',
  'rdstls-response',
  'rdsaad-result',
  'license-message',
  'mcs-connect-response',
  'mcs-refusal',
  'demand-active',
  'session-active',
  'deactivate-all',
  'error-info',
  'status-info',
  'shutdown-denied',
  'auto-reconnect-failed',
  'logon',
  'logon-error',
  'redirection',
  'ts-proxy-result',
  'dcerpc-fault',
]
const PATHS: Partial<Record<FactKind, string>> = {
  'negotiation-request': 'tcp/x224',
  'negotiation-response': 'tcp/x224',
  'negotiation-failure': 'tcp/x224',
  'http-request': 'tcp/http',
  'http-response': 'tcp/http',
  'dns-query': 'udp/dns',
  'dns-response': 'udp/dns',
  credssp: 'tcp/x224/tls/credssp',
  'early-user-authorization': 'tcp/x224/tls/credssp',
  spnego: 'tcp/x224/tls/credssp',
  'ntlm-negotiate': 'tcp/x224/tls/credssp',
  'ntlm-challenge': 'tcp/x224/tls/credssp',
  'ntlm-authenticate': 'tcp/x224/tls/credssp',
  'kerberos-request': 'tcp/kerberos',
  'kerberos-reply': 'tcp/kerberos',
  'kerberos-error': 'tcp/kerberos',
}

/**
 * An event with a fact of this kind: what is not named is as in a connection that works. The direction is the one in
 * which the kind usually goes.
 */
export function event<K extends FactKind>(
  kind: K,
  fact: Partial<Omit<FactOf<K>, 'kind'>> = {},
  place: Partial<Omit<Event, 'fact'>> = {},
): Event<FactOf<K>> {
  return {
    packet: UNPLACED,
    first: place.packet ?? UNPLACED,
    timeNs: UNPLACED,
    conversation: 0,
    layer: 0,
    path: PATHS[kind] ?? 'tcp/tls',
    direction: SERVER_KINDS.includes(kind) ? SERVER : CLIENT,
    at: 0,
    length: 0,
    ...place,
    fact: { ...(FACTS as Record<FactKind, Fact>)[kind], ...fact } as FactOf<K>,
  }
}

/** Sealed application records, alternating as given: a positive length is the server's, a negative the client's. */
export function records(...lengths: readonly number[]): Event[] {
  return lengths.map(length =>
    event('record', { length: Math.abs(length) }, { direction: length < 0 ? CLIENT : SERVER }),
  )
}

/** What a TLS 1.2 handshake in clear shows, without a close. */
export function tls12Handshake(serverName = 'rdp.lab.test'): Event[] {
  return [
    event('client-hello', { serverName, versions: [] }),
    event('server-hello'),
    event('certificate'),
    event('handshake', { type: 14 }),
    event('handshake', { type: 16, length: 66 }, { direction: CLIENT }),
    event('change-cipher-spec', {}, { direction: CLIENT }),
    event('record', { type: 22, length: 40 }, { direction: CLIENT }),
    event('change-cipher-spec', {}, { direction: SERVER }),
    event('record', { type: 22, length: 40 }, { direction: SERVER }),
  ]
}

/** What a TLS 1.3 handshake without keys shows: the server's flight and the client's Finished are sealed. */
export function tls13Handshake(serverName = 'rdp.lab.test'): Event[] {
  return [
    event('client-hello', { serverName }),
    event('server-hello', { version: 0x0304, suite: 0x1302, group: 29 }),
    event('change-cipher-spec', {}, { direction: SERVER }),
    ...records(23, 900, 281, 69),
    event('change-cipher-spec', {}, { direction: CLIENT }),
    ...records(-69),
  ]
}

/**
 * Plain lengths of what a direct session sends behind TLS, up to the Font Map; the client's are negative. MCS, three
 * channels, Client Info, licence, capabilities, finalization.
 */
export function session(): number[] {
  return [
    ...[-455, 109, -12, -8, 11, -12, 15, -12, 15, -12, 15, -351, 34, 425],
    ...[-482, -37, -41, -41, -41, 36, 40, 40, 40],
  ]
}

export interface ConversationParts extends Partial<Omit<Conversation, 'tcp' | 'client' | 'server'>> {
  readonly client?: Partial<Endpoint>
  readonly server?: Partial<Endpoint>
  /** What replaces the TCP facts that follow from the rest; null for UDP. */
  readonly tcp?: (Partial<Omit<TcpFacts, 'sides' | 'marks'>> & { readonly marks?: readonly TcpMark[] }) | null
  readonly clientSide?: Partial<TcpSide>
  readonly serverSide?: Partial<TcpSide>
  /** Whether the handshake is in the capture; true without. */
  readonly handshake?: boolean
  /** Packet number and time of its first packet. */
  readonly from?: number
  readonly fromNs?: number
}

/**
 * One conversation. By default: a TCP connection to port 3389 with its three-way handshake, then the events, then the
 * marks. Sides hold bytes and places that agree with the events.
 */
export function conversation(parts: ConversationParts = {}): Conversation {
  const { client, server, tcp, clientSide, serverSide, handshake = true, from = 1, fromNs = 0, ...rest } = parts
  const udp = parts.transport === 'udp' || tcp === null
  let packet = from - 1
  let timeNs = fromNs - STEP_NS
  const place = <T extends { readonly packet: number; readonly timeNs: number }>(thing: T): T => {
    packet = thing.packet === UNPLACED ? packet + 1 : Math.max(packet, thing.packet)
    timeNs = thing.timeNs === UNPLACED ? timeNs + STEP_NS : Math.max(timeNs, thing.timeNs)
    return {
      ...thing,
      packet: thing.packet === UNPLACED ? packet : thing.packet,
      timeNs: thing.timeNs === UNPLACED ? timeNs : thing.timeNs,
    }
  }
  const given = tcp?.marks
  const opening =
    udp || !handshake || given?.some(one => one.kind === 'syn') ? [] : OPENING.map(one => place(mark(one)))
  const events = (parts.events ?? []).map(one => {
    const placed = place(one)
    return { ...placed, first: placed.first === UNPLACED ? placed.packet : placed.first, conversation: parts.id ?? 0 }
  })
  const marks = [...opening, ...(given ?? []).map(place)]
  const icmp = (parts.icmp ?? []).map(place)
  const last = Math.max(packet, from)
  const lastNs = Math.max(timeNs, fromNs)
  const sideOf = (direction: Direction) => sideFrom(direction, events, marks)
  const at = (kind: MarkKind) => marks.find(one => one.kind === kind)
  const made: Conversation = {
    id: 0,
    transport: udp ? 'udp' : 'tcp',
    roles: handshake ? 'syn' : 'first-packet',
    firstPacket: from,
    lastPacket: last,
    firstNs: fromNs,
    lastNs,
    packets: [countPackets(CLIENT, events, marks), countPackets(SERVER, events, marks)],
    eventsLost: 0,
    fragments: [],
    cutPackets: 0,
    lastPackets: [lastOf(CLIENT, events, marks).packet, lastOf(SERVER, events, marks).packet],
    lastTimesNs: [lastOf(CLIENT, events, marks).timeNs, lastOf(SERVER, events, marks).timeNs],
    tunnel: null,
    stepBackNs: 0,
    leapNs: 0,
    endedBy: marks.some(one => one.kind === 'fin' || one.kind === 'reset') ? 'closed' : 'end-of-capture',
    ...rest,
    events,
    icmp,
    client: { address: CLIENT_ADDRESS, port: udp ? 53_000 : 50_000, ...client },
    server: { address: SERVER_ADDRESS, port: udp ? 53 : 3389, ...server },
    tcp: udp
      ? null
      : {
          synPacket: at('syn')?.packet ?? 0,
          synNs: at('syn')?.timeNs ?? 0,
          synAckPacket: at('syn-ack')?.packet ?? 0,
          synAckNs: at('syn-ack')?.timeNs ?? 0,
          ackPacket: at('handshake-ack')?.packet ?? 0,
          ackNs: at('handshake-ack')?.timeNs ?? 0,
          syns: marks.filter(one => one.kind === 'syn').length,
          synAcks: marks.filter(one => one.kind === 'syn-ack').length,
          initialRoundTripMs: at('handshake-ack') === undefined ? -1 : 20,
          marksLost: 0,
          pauses: [],
          damaged: [],
          ...tcp,
          marks,
          sides: [
            { ...sideOf(CLIENT), ...clientSide },
            { ...sideOf(SERVER), ...serverSide },
          ],
        },
  }
  return made
}

/** What is known at the end of a capture: nothing, unless the test says otherwise. */
export function flowSummary(values: Partial<FlowSummary> = {}): FlowSummary {
  return { neighbours: [], contested: [], tunnels: [], quality: [], ...values }
}

/** An ICMP message about the client's packets: host unreachable by default. */
export function icmp(values: Partial<IcmpNote> = {}): IcmpNote {
  return {
    packet: UNPLACED,
    timeNs: UNPLACED,
    family: 4,
    type: 3,
    code: 1,
    from: '10.0.1.1',
    mtu: 0,
    direction: CLIENT,
    ...values,
  }
}

/** Fragments from the server, all complete by default. */
export function fragments(values: Partial<FragmentNote> = {}): FragmentNote {
  return {
    direction: SERVER,
    datagrams: 3,
    complete: 3,
    firstPacket: 8,
    lastPacket: 14,
    firstNs: 70_000_000,
    lastNs: 130_000_000,
    overlaps: 0,
    ...values,
  }
}

const OPENING: readonly MarkKind[] = ['syn', 'syn-ack', 'handshake-ack']

function countPackets(direction: Direction, events: readonly Event[], marks: readonly TcpMark[]): number {
  return new Set([...events, ...marks].filter(one => one.direction === direction).map(one => one.packet)).size
}

function lastOf(direction: Direction, events: readonly Event[], marks: readonly TcpMark[]) {
  return [...events, ...marks].reduce(
    (latest, one) => (one.direction === direction && one.packet > latest.packet ? one : latest),
    { packet: 0, timeNs: 0 },
  )
}

/** A record counts with its header, what is in clear as 100 bytes unless the event says more. */
function sideFrom(direction: Direction, events: readonly Event[], marks: readonly TcpMark[]): TcpSide {
  const own = events.filter(one => one.direction === direction)
  const bytes = own.reduce(
    (sum, one) => sum + (one.fact.kind === 'record' ? one.fact.length + 5 : Math.max(one.length, 100)),
    0,
  )
  const first = own[0]
  const last = own.at(-1)
  const lastOfAll = lastOf(direction, events, marks)
  return tcpSide({
    packets: countPackets(direction, events, marks),
    segments: own.length,
    bytes,
    largestSegment: Math.min(bytes, 1448),
    largestAcknowledged: Math.min(bytes, 1448),
    firstDataPacket: first?.packet ?? 0,
    firstDataNs: first?.timeNs ?? 0,
    lastDataPacket: last?.packet ?? 0,
    lastDataNs: last?.timeNs ?? 0,
    lastPacket: lastOfAll.packet,
    lastNs: lastOfAll.timeNs,
    lastProgressNs: last?.timeNs ?? -1,
  })
}
