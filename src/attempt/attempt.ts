/**
 * An attempt is what the user did: one click on Connect. It may hold a DNS lookup, several TCP connections and ICMP beside
 * them. The first connection that failed is the one to explain, unless a later one of the same attempt worked.
 */
import type {
  ContestedAddress,
  Conversation,
  Endpoint,
  NeighbourNote,
  QualityNote,
  TunnelNote,
} from '../flow/conversation.ts'
import type { Event, FactKind, FactOf } from '../flow/event.ts'
import type { Direction } from '../wire/dissector.ts'
import type { Crowd } from './crowd.ts'
import type { Place } from './place.ts'
import type { SealedTunnel } from './sealed-gateway.ts'
import type { SenderCheck } from './sender-check.ts'

/**
 * In the order in which a connection passes them. `tls` is TLS from the first byte: a gateway's, or a web site's;
 * `security` is TLS behind the X.224 negotiation, which is the only one of a direct connection.
 */
export const MILESTONES = [
  'dns',
  'tcp',
  'proxy',
  'tls',
  'gateway-http',
  'gateway-tunnel',
  'gateway-channel',
  'x224',
  'security',
  'nla',
  'mcs',
  'licence',
  'active',
  'udp',
] as const
export type MilestoneId = (typeof MILESTONES)[number]

export interface Milestone {
  readonly id: MilestoneId
  readonly state: 'reached' | 'failed' | 'not-visible'
  /** 0 when no packet shows it. For a failed one: the packet that ended the attempt there. */
  readonly packet: number
  /** Told from record sizes or from what came behind it, not read. */
  readonly inferred?: true
}

export type Outcome = 'established' | 'failed' | 'unfinished'
export type Transport = 'direct' | 'gateway-websocket' | 'gateway-http' | 'gateway-rpc' | 'gateway-tls' | 'unknown'

/**
 * What an attempt is for. `probe`: a check that something answers, as monitors and load balancers make them: a connection
 * without a byte, one that leaves right behind a confirm that it could have used, TLS alone on the RDP port, or TLS without
 * a name by the clock. `scan`: its client tries many targets, many offers or many names in a row, faster than a
 * person. Everything else is a `connection`. Nothing that rules find in the first two is more than information.
 */
export type Purpose = 'connection' | 'probe' | 'scan'

/** Who ended the connection to explain, judged at the highest readable layer. */
export interface Closing {
  readonly side: 'client' | 'server' | 'network' | 'nobody'
  readonly how: 'fin' | 'rst' | 'close-notify' | 'alert' | 'icmp' | 'silence' | 'end-of-capture'
  /** 0 when no packet shows it. */
  readonly packet: number
  readonly timeNs: number
  /** Of a FIN or reset: whether it is that side's own. */
  readonly sender?: SenderCheck
}

/** A name asked of a resolver. */
export interface Lookup {
  readonly name: string
  readonly type: number
  readonly client: string
  readonly resolver: string
  readonly queries: number
  readonly firstPacket: number
  readonly firstNs: number
  readonly lastQueryPacket: number
  readonly lastQueryNs: number
  /** 0 when there was no answer. */
  readonly answerPacket: number
  readonly answerNs: number
  /** -1 when there was no answer. */
  readonly rcode: number
  readonly addresses: readonly string[]
}

/**
 * What a connection is to its attempt. `explained`: the one that verdicts are about. `before`: it came first, and the
 * attempt went on. `beside`: another channel, or another address tried at the same time. `after`: tried again behind the
 * one explained; that it failed as well is a consequence. `redirected`: its server sent the client elsewhere. `leg`: the
 * same connection on the other side of a proxy or of a translator of addresses. `udp`, `kerberos`: what belongs to it there.
 */
export type Part = 'explained' | 'before' | 'beside' | 'after' | 'redirected' | 'leg' | 'udp' | 'kerberos'

/** One connection of an attempt, as reports list them. */
export interface Member {
  readonly part: Part
  /** As Wireshark numbers them: tcp.stream, udp.stream. */
  readonly stream: number
  readonly transport: 'tcp' | 'udp'
  readonly client: Endpoint
  readonly server: Endpoint
  readonly firstPacket: number
  readonly lastPacket: number
  /** Null where nothing is judged: of UDP and Kerberos. */
  readonly outcome: Outcome | null
}

/** What other attempts of the same capture say about the same server. Bounded; filled when they are judged. */
export interface ServerHistory {
  readonly attempts: number
  readonly established: number
  /** TLS versions and suites that it chose for other clients. */
  readonly versions: readonly number[]
  readonly suites: readonly number[]
  /** Seconds without payload after which the connections of its attempts were ended by the server's side. */
  readonly idleCloses: readonly number[]
  /** Certificates of its own, not of a desktop behind it, that it sent in clear or decrypted: each once. */
  readonly certificates: readonly SeenCertificate[]
}

/** Another connection of the same client. */
export interface Companion {
  readonly server: Endpoint
  /** The last packet of its server, and of its client. */
  readonly lastHeard: Place
  readonly lastAsked: Place
}

/** What other connections show of the moment at which the server of this one was heard last. Bounded. */
export interface Companions {
  /** Connections of the same client whose servers were heard last at the same instant, and were asked in vain behind it. */
  readonly silent: readonly Companion[]
  /** Other servers that the client heard later. */
  readonly heard: readonly Companion[]
  /** The first SYN to the same server, behind that moment, from another address. */
  readonly movedTo: (Place & { readonly client: string }) | null
}

export interface SeenCertificate {
  /** For which name in SNI; '' without. */
  readonly name: string
  readonly subject: string
  readonly issuer: string
  readonly serial: string
  readonly keyAlgorithm: string
  readonly selfIssued: boolean
  /** Where it was sent first. */
  readonly packet: number
  readonly timeNs: number
}

export interface AttemptParts {
  readonly id: number
  readonly conversations: readonly Conversation[]
  /** The connection to explain; null when no connection was made at all. */
  readonly explained: Conversation | null
  /** Conversations in which its client asks for tickets: to a desktop, or to log a person on. */
  readonly kerberos: readonly Conversation[]
  /** All of them, in the order of their first packets. */
  readonly members: readonly Member[]
  readonly lookups: readonly Lookup[]
  readonly neighbours: readonly NeighbourNote[]
  /** Addresses of client or server that several hardware addresses claimed. */
  readonly contested: readonly ContestedAddress[]
  /** VPNs whose outer packets go to or from the client's host, or whose ends are not known to be another's. */
  readonly tunnels: readonly TunnelNote[]
  readonly companions: Companions
  readonly history: ServerHistory
  readonly crowd: Crowd
  readonly purpose: Purpose
  readonly transport: Transport
  readonly client: Endpoint
  readonly server: Endpoint
  /** SNI, Host, or the name that DNS gave; '' when unknown. */
  readonly serverName: string
  readonly milestones: readonly Milestone[]
  readonly outcome: Outcome
  readonly closing: Closing
  /** What the sizes of a gateway's records tell, where none of its requests could be read; otherwise null. */
  readonly sealedTunnel: SealedTunnel | null
  /** What weakens verdicts about this attempt; ids and meanings: codes/quality.ts. */
  readonly quality: readonly QualityNote[]
  /** Nanoseconds since the first packet of the capture: when the capture began (0) and where it ended so far. */
  readonly captureEndNs: number
  /** Seconds since 1970 of the first packet, for certificates and clocks. */
  readonly captureStartSeconds: number
}

/** What rules judge. Plain data with a few ways to look at it. */
export class Attempt implements AttemptParts {
  readonly id: number
  readonly conversations: readonly Conversation[]
  readonly explained: Conversation | null
  readonly kerberos: readonly Conversation[]
  readonly members: readonly Member[]
  readonly lookups: readonly Lookup[]
  readonly neighbours: readonly NeighbourNote[]
  readonly contested: readonly ContestedAddress[]
  readonly tunnels: readonly TunnelNote[]
  readonly companions: Companions
  readonly history: ServerHistory
  readonly crowd: Crowd
  readonly purpose: Purpose
  readonly transport: Transport
  readonly client: Endpoint
  readonly server: Endpoint
  readonly serverName: string
  readonly milestones: readonly Milestone[]
  readonly outcome: Outcome
  readonly closing: Closing
  readonly sealedTunnel: SealedTunnel | null
  readonly quality: readonly QualityNote[]
  readonly captureEndNs: number
  readonly captureStartSeconds: number
  /** Of all its events: most rules ask for what is not there. */
  #kinds: Set<FactKind> | null = null

  constructor(parts: AttemptParts) {
    this.id = parts.id
    this.conversations = parts.conversations
    this.explained = parts.explained
    this.kerberos = parts.kerberos
    this.members = parts.members
    this.lookups = parts.lookups
    this.neighbours = parts.neighbours
    this.contested = parts.contested
    this.tunnels = parts.tunnels
    this.companions = parts.companions
    this.history = parts.history
    this.crowd = parts.crowd
    this.purpose = parts.purpose
    this.transport = parts.transport
    this.client = parts.client
    this.server = parts.server
    this.serverName = parts.serverName
    this.milestones = parts.milestones
    this.outcome = parts.outcome
    this.closing = parts.closing
    this.sealedTunnel = parts.sealedTunnel
    this.quality = parts.quality
    this.captureEndNs = parts.captureEndNs
    this.captureStartSeconds = parts.captureStartSeconds
  }

  /** The first such event of the connection to explain, in packet order. */
  find<K extends FactKind>(
    kind: K,
    fits?: (fact: FactOf<K>, event: Event<FactOf<K>>) => boolean,
  ): Event<FactOf<K>> | undefined {
    if (!this.#holds(kind)) return undefined
    for (const event of this.explained?.events ?? []) {
      if (event.fact.kind !== kind) continue
      const typed = event as Event<FactOf<K>>
      if (fits === undefined || fits(typed.fact, typed)) return typed
    }
    return undefined
  }

  /** The last such event of the connection to explain. */
  findLast<K extends FactKind>(
    kind: K,
    fits?: (fact: FactOf<K>, event: Event<FactOf<K>>) => boolean,
  ): Event<FactOf<K>> | undefined {
    if (!this.#holds(kind)) return undefined
    const events = this.explained?.events ?? []
    for (let at = events.length - 1; at >= 0; at--) {
      const event = events[at] as Event
      if (event.fact.kind !== kind) continue
      const typed = event as Event<FactOf<K>>
      if (fits === undefined || fits(typed.fact, typed)) return typed
    }
    return undefined
  }

  /** All such events of all its connections, connection by connection, those that ask for tickets last. */
  all<K extends FactKind>(kind: K): Event<FactOf<K>>[] {
    const found: Event<FactOf<K>>[] = []
    if (!this.#holds(kind)) return found
    for (const conversations of [this.conversations, this.kerberos]) {
      for (const { events } of conversations) {
        for (const event of events) if (event.fact.kind === kind) found.push(event as Event<FactOf<K>>)
      }
    }
    return found
  }

  /** The last event that this side of the connection to explain sent. */
  lastFrom(direction: Direction): Event | undefined {
    return this.explained?.events.findLast(event => event.direction === direction)
  }

  milestone(id: MilestoneId): Milestone | undefined {
    return this.milestones.find(milestone => milestone.id === id)
  }

  reached(id: MilestoneId): boolean {
    return this.milestone(id)?.state === 'reached'
  }

  hasQuality(id: string): boolean {
    return this.quality.some(note => note.id === id)
  }

  #holds(kind: FactKind): boolean {
    if (this.#kinds === null) {
      this.#kinds = new Set()
      for (const { events } of [...this.conversations, ...this.kerberos]) {
        for (const { fact } of events) this.#kinds.add(fact.kind)
      }
      for (const { fact } of this.explained?.events ?? []) this.#kinds.add(fact.kind)
    }
    return this.#kinds.has(kind)
  }
}
