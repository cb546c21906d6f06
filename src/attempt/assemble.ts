/**
 * From connections that belong together to one attempt: which of them is to be explained, and what became of the whole.
 * The first that failed is the one to explain, unless a later one worked.
 */
import type { ContestedAddress, Conversation, NeighbourNote, QualityNote, TunnelNote } from '../flow/conversation.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import type {
  AttemptParts,
  Closing,
  Companions,
  Lookup,
  Outcome,
  Purpose,
  ServerHistory,
  Transport,
} from './attempt.ts'
import { isClosed } from './closing.ts'
import { ALONE } from './companions.ts'
import { type Crowd, NO_CROWD } from './crowd.ts'
import { NO_HISTORY } from './history.ts'
import { farLegs, faultBehind } from './legs.ts'
import { membersOf } from './members.ts'
import { milestonesOf } from './milestones.ts'
import { type Examined, examinedAsActive, isAnswered } from './outcome.ts'
import { qualityOf } from './quality.ts'
import { overheadOf } from './record-sizes.ts'
import { readSealedTunnel, type SealedTunnel, type TunnelRecord } from './sealed-gateway.ts'
import { readNestedSession } from './sealed-session.ts'
import { innermostTls, type Sightings, tlsDone } from './sightings.ts'
import { leadsTo } from './split.ts'
import { serverNameOf, transportOf } from './transport.ts'

/** What an attempt is made from. What depends on others is filled in when it is handed to the judge. */
export interface Assembled extends AttemptParts {
  readonly examined: readonly Examined[]
  id: number
  contested: readonly ContestedAddress[]
  tunnels: readonly TunnelNote[]
  companions: Companions
  history: ServerHistory
  crowd: Crowd
  closing: Closing
  captureEndNs: number
  captureStartSeconds: number
  quality: readonly QualityNote[]
}

/** What is known beside the connections. */
export interface Surroundings {
  lookupsOf(client: string, name: string, address: string, startNs: number): readonly Lookup[]
  neighboursOf(client: string, server: string): readonly NeighbourNote[]
  udpOf(client: string, server: string, firstNs: number, lastNs: number): readonly Conversation[]
  /** @param name '' when the desktop's is not known. */
  ticketsOf(client: string, name: string, firstNs: number, lastNs: number): readonly Conversation[]
}

/** @param connections at least one, in order of their start. */
export function assemble(connections: readonly Examined[], purpose: Purpose, around: Surroundings): Assembled {
  const behind = farLegs(connections)
  const far = behind.size === 0 ? NO_LEGS : together(connections.filter(one => behind.has(one)))
  const near = together(behind.size === 0 ? connections : connections.filter(one => !behind.has(one)))
  const examined = far.length === 0 ? near : [...near, ...far].sort(byStart)
  const { explained, outcome } = judgeLegs(near, far)
  const { client, server, firstNs } = explained.seen.conversation
  // Of a proxy's own connection as well: it is the user's attempt.
  const user = (near[0] as Examined).seen.conversation
  const own = far.includes(explained) ? far : near
  const person = own === far ? user.client : client
  const transport = transportOf(explained.seen, examined)
  const named = serverNameOf(explained.seen, NO_LOOKUPS)
  const startNs = user.firstNs
  const lookups = lookupsOfLegs(own === far ? [user, explained.seen.conversation] : [{ client, server }])
  const lastNs = lastNsOf(examined)
  const udp = around.udpOf(person.address, user.server.address, firstNs, lastNs)
  const kerberos = around.ticketsOf(person.address, transport.startsWith('gateway') ? '' : named, startNs, lastNs)
  const tcp = examined.map(one => one.seen.conversation)
  const { closing } = explained
  const sealed = transport.startsWith('gateway') ? sealedTunnelOf(own, explained) : null
  return {
    id: 0,
    contested: NO_CONTEST,
    tunnels: NO_TUNNELS,
    companions: ALONE,
    history: NO_HISTORY,
    crowd: NO_CROWD,
    captureEndNs: 0,
    captureStartSeconds: 0,
    examined,
    conversations: udp.length === 0 ? tcp : [...tcp, ...udp],
    explained: explained.seen.conversation,
    kerberos,
    members: membersOf({ explained, near, far, udp, kerberos }),
    lookups,
    neighbours: around.neighboursOf(person.address, server.address),
    purpose,
    transport,
    client: person,
    server,
    serverName: named === '' ? serverNameOf(explained.seen, lookups) : named,
    milestones: milestonesOf({ explained, examined: own, sealed, udp, lookups, transport, outcome, closing }),
    outcome,
    closing,
    sealedTunnel: sealed,
    quality: qualityOf(tcp),
  }

  function lookupsOfLegs(legs: readonly Pick<Conversation, 'client' | 'server'>[]): readonly Lookup[] {
    const found = legs.map(leg => around.lookupsOf(leg.client.address, named, leg.server.address, startNs))
    return found.length === 1 ? (found[0] as readonly Lookup[]) : [...new Set(found.flat())]
  }
}

function byStart(a: Examined, b: Examined): number {
  return a.seen.conversation.firstPacket - b.seen.conversation.firstPacket
}

/** The connections of one side, read together where only all of them tell. */
function together(connections: readonly Examined[]): readonly Examined[] {
  return withGatewayRounds(withNested(withoutRedirected(connections)))
}

/** A broker closes the connection of a client that it sent elsewhere: no failure, and what follows is to be explained. */
function withoutRedirected(connections: readonly Examined[]): readonly Examined[] {
  if (connections.length < 2) return connections
  return connections.map((one, at) => {
    const next = connections[at + 1]
    return next !== undefined && leadsTo(one, next) ? { ...unfinished(one), redirected: true } : one
  })
}

/** The leg nearest to the client is explained, unless the fault lies on the other one, or only that one shows the outcome. */
function judgeLegs(near: readonly Examined[], far: readonly Examined[]): Judged {
  const judged = judge(near)
  if (far.length === 0 || judged.outcome === 'established') return judged
  const worked = far.findLast(one => one.outcome === 'established')
  if (worked !== undefined && judged.outcome === 'unfinished') return { explained: worked, outcome: 'established' }
  const fault = faultBehind(judged.explained, far)
  return fault === undefined ? judged : { explained: fault, outcome: 'failed' }
}

interface Judged {
  readonly explained: Examined
  readonly outcome: Outcome
}

const NO_LEGS: readonly Examined[] = []

/** An attempt in which no SYN was ever sent: its name could not be resolved, or its address not be found. */
export function assembleWithoutConnection(parts: {
  readonly client: string
  readonly target: string
  readonly name: string
  readonly lookups: readonly Lookup[]
  readonly neighbours: readonly NeighbourNote[]
  readonly closing: Closing
}): Assembled {
  const transport: Transport = 'unknown'
  const outcome: Outcome = 'failed'
  const { lookups, neighbours, closing } = parts
  return {
    id: 0,
    contested: NO_CONTEST,
    tunnels: NO_TUNNELS,
    companions: ALONE,
    history: NO_HISTORY,
    crowd: NO_CROWD,
    captureEndNs: 0,
    captureStartSeconds: 0,
    examined: [],
    conversations: [],
    explained: null,
    kerberos: [],
    members: [],
    lookups,
    neighbours,
    purpose: 'connection',
    transport,
    client: { address: parts.client, port: 0 },
    server: { address: parts.target, port: 0 },
    serverName: parts.name,
    milestones: milestonesOf({
      explained: null,
      examined: [],
      sealed: null,
      udp: [],
      lookups,
      transport,
      outcome,
      closing,
    }),
    outcome,
    closing,
    sealedTunnel: null,
    quality: [],
  }
}

const NO_CONTEST: readonly ContestedAddress[] = []
const NO_TUNNELS: readonly TunnelNote[] = []
const NO_LOOKUPS: readonly Lookup[] = []

/** The channels of a gateway are read together: the client speaks on one, the server answers on the other. */
function withNested(connections: readonly Examined[]): readonly Examined[] {
  if (!connections.some(one => one.seen.outer !== null && one.active === null && one.outcome !== 'established')) {
    return connections
  }
  const records: Event<FactOf<'record'>>[] = []
  for (const { seen } of connections)
    if (seen.inner === null && seen.outer !== null) records.push(...seen.outer.records)
  if (records.length === 0) return connections
  if (connections.length > 1) records.sort((a, b) => a.packet - b.packet)
  const { active } = readNestedSession(records)
  if (active === null) return volumeOfChannels(connections)
  const left = clientLeft(connections)
  return connections.map(one =>
    one.seen.conversation.id === active.conversation ? examinedAsActive(one, active, left) : one,
  )
}

/** What the sizes of a gateway's records tell, where none of its requests could be read. */
function sealedTunnelOf(examined: readonly Examined[], explained: Examined): SealedTunnel | null {
  if (examined.some(one => one.seen.gatewayRequest !== null || one.seen.inner !== null)) return null
  const records = examined.flatMap(({ seen }) => tunnelRecords(seen))
  records.sort((a, b) => a.packet - b.packet)
  return readSealedTunnel(records, explained.seen.conversation.id)
}

function tunnelRecords({ outer, conversation }: Sightings): TunnelRecord[] {
  const hello = outer?.serverHello?.fact
  const overhead = hello === undefined ? null : overheadOf(hello.version, hello.suite)
  if (outer === null || overhead === null) return []
  return outer.records.map(({ packet, timeNs, direction, fact }) => {
    return { packet, timeNs, direction, length: fact.length, overhead, conversation: conversation.id }
  })
}

/** The first packet by which the client left one of the channels; 0 when it left none. */
function clientLeft(connections: readonly Examined[]): number {
  const left = connections.filter(one => one.closing.side === 'client').map(one => one.closing.packet)
  return left.length === 0 ? 0 : Math.min(...left)
}

/**
 * A front may carry each round of the gateway's authentication over another connection: a 401 is no refusal when a later
 * connection was granted the same request. A granted output channel without an input channel led to nothing.
 */
function withGatewayRounds(connections: readonly Examined[]): readonly Examined[] {
  if (!connections.some(one => one.seen.gatewayRequest !== null)) return connections
  const output = connections.map(roundOf).some(round => round.method === 'RDG_OUT_DATA' && isGranted(round.status))
  const input = connections.some(one => one.seen.gatewayRequest?.fact.method === 'RDG_IN_DATA')
  return connections.map((one, at) => {
    const { method, status } = roundOf(one)
    if (one.outcome === 'failed' && status === UNAUTHORIZED) {
      const later = connections.slice(at + 1).map(roundOf)
      const granted = later.some(round => round.method === method && isGranted(round.status))
      return granted ? unfinished(one) : one
    }
    // The request that carries the client's packets never ends, so that nobody answers it.
    const endless = method === 'RDG_IN_DATA' && one.seen.gatewayRequest?.fact.framing === 'chunked'
    if (one.outcome === 'failed' && endless && status === 0 && output) return unfinished(one)
    const alone = method === 'RDG_OUT_DATA' && status === OK && !input && isClosed(one.closing)
    return alone && one.active === null ? { ...one, outcome: 'failed' } : one
  })
}

function unfinished(one: Examined): Examined {
  return { ...one, outcome: 'unfinished' }
}

const OK = 200
const UNAUTHORIZED = 401

function roundOf(one: Examined): { readonly method: string; readonly status: number } {
  return {
    method: one.seen.gatewayRequest?.fact.method ?? '',
    status: one.seen.gatewayAnswer?.fact.status ?? 0,
  }
}

function isGranted(status: number): boolean {
  return status > 0 && status < 300
}

/** Of two channels, one carries the server's volume and the other the client's segments. */
function volumeOfChannels(connections: readonly Examined[]): readonly Examined[] {
  if (connections.length < 2) return connections
  const sending = connections.some(one => isTunnel(one) && (segments(one, CLIENT) ?? 0) >= CHANNEL_SEGMENTS)
  if (!sending) return connections
  const left = clientLeft(connections)
  return connections.map(one => {
    const server = one.seen.conversation.tcp?.sides[SERVER]
    if (server === undefined || !isTunnel(one) || server.bytes < CHANNEL_BYTES || server.segments < CHANNEL_SEGMENTS) {
      return one
    }
    if (one.active !== null) return one
    return examinedAsActive(one, { packet: server.lastDataPacket, timeNs: server.lastDataNs }, left)
  })
}

/** See ACTIVE_SERVER_BYTES of the outcome: a gateway adds its own TLS handshake and packets to each. */
const CHANNEL_BYTES = 32 * 1024
const CHANNEL_SEGMENTS = 20

function isTunnel(one: Examined): boolean {
  return one.seen.outer !== null || one.seen.gatewayRequest !== null
}

function segments(one: Examined, direction: 0 | 1): number | undefined {
  return one.seen.conversation.tcp?.sides[direction].segments
}

function judge(all: readonly Examined[]): Judged {
  const going = all.some(one => one.redirected) ? all.filter(one => !one.redirected) : all
  const examined = going.length === 0 ? all : going
  const worked = examined.findLast(one => one.outcome === 'established')
  if (worked !== undefined) return { explained: worked, outcome: 'established' }
  const lost = examined.findLast(one => one.active !== null && one.outcome === 'failed')
  if (lost !== undefined) return { explained: lost, outcome: 'failed' }
  const failed = examined.findIndex(one => one.outcome === 'failed')
  if (failed === -1) return { explained: grantedChannel(examined) ?? (examined[0] as Examined), outcome: 'unfinished' }
  const later = examined.find((one, at) => at > failed && mayHaveWorked(one))
  if (later !== undefined) return { explained: later, outcome: 'unfinished' }
  return { explained: examined[failed] as Examined, outcome: 'failed' }
}

/** The retry came past the point where sessions fail in clear, and what it did then is not to be seen. */
function mayHaveWorked(one: Examined): boolean {
  if (one.outcome !== 'unfinished' || isClosed(one.closing)) return false
  const tls = innermostTls(one.seen)
  return tls !== null && tlsDone(tls) !== null && isAnswered(tls)
}

/** Of a gateway's connections that tell nothing, the one that was let in and carries the server's side shows most. */
function grantedChannel(examined: readonly Examined[]): Examined | undefined {
  return examined.find(one => isGranted(roundOf(one).status) && roundOf(one).method !== 'RDG_IN_DATA')
}

function lastNsOf(examined: readonly Examined[]): number {
  let last = 0
  for (const { seen } of examined) last = Math.max(last, seen.conversation.lastNs)
  return last
}

/** The first packet of an attempt, by which attempts are ordered. */
export function firstPacketOf({ conversations, lookups, neighbours }: Assembled): number {
  const parts = conversations.length > 0 ? conversations : lookups.length > 0 ? lookups : neighbours
  let first = Number.MAX_SAFE_INTEGER
  for (const { firstPacket } of parts) first = Math.min(first, firstPacket)
  return first
}
