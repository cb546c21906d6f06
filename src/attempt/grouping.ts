/**
 * Conversations grouped into attempts, and handed to the judge. Memory stays flat: an attempt lives until it is quiet and
 * enough others wait behind it, then it is judged and dropped. A quiet one is not judged at once, because the retry that
 * explains it may still be running and is only told when it closes.
 */
import type {
  ContestedAddress,
  Conversation,
  ConversationSink,
  FlowSummary,
  NeighbourNote,
  QualityNote,
} from '../flow/conversation.ts'
import { SERVER } from '../wire/dissector.ts'
import {
  MAX_ATTEMPT_CONVERSATIONS,
  MAX_DOUBTFUL_CONVERSATIONS,
  MAX_OPEN_ATTEMPTS,
  MAX_OPEN_CONNECTIONS,
  MAX_QUIET_ATTEMPTS,
} from '../wire/limits.ts'
import { type Assembled, assemble, firstPacketOf, type Surroundings } from './assemble.ts'
import { Attempt } from './attempt.ts'
import { Beside } from './beside.ts'
import { briefOf, isBareProbe } from './brief.ts'
import { Clients } from './clients.ts'
import { withSender } from './closing.ts'
import { CompanionTable } from './companions.ts'
import { Crowds } from './crowds.ts'
import { Histories, historyBeside } from './history.ts'
import { joinByName } from './join-by-name.ts'
import { joinProxied } from './join-proxied.ts'
import { Lookups } from './lookups.ts'
import { OnePort } from './one-port.ts'
import { type Group, OpenGroups } from './open-groups.ts'
import { isDead } from './outcome.ts'
import { purposeOf } from './purpose.ts'
import { endQuality } from './quality.ts'
import { HTTPS_PORT, isRdpUdp, relevanceOf } from './relevance.ts'
import { Series } from './series.ts'
import { splitIntoAttempts } from './split.ts'
import { Tunnels } from './tunnels.ts'
import { withoutConnection } from './without-connection.ts'

const NS_PER_SECOND = 1e9
/** Quiet for so long, no retry is to be expected that has not begun yet. */
const QUIET_SECONDS = 30

export class Attempts implements ConversationSink {
  private readonly judge: (attempt: Attempt) => void
  private readonly clock: { startSeconds(): number }
  private readonly open = new OpenGroups()
  private readonly clients = new Clients()
  private readonly lookups = new Lookups()
  private readonly histories = new Histories()
  private readonly companions = new CompanionTable()
  private readonly tunnels = new Tunnels()
  private doubtful: Conversation[] = []
  private doubtfulLost = 0
  private readonly beside = new Beside()
  private readonly series = new Series()
  private readonly crowds = new Crowds()
  /** Connections that were left out as part of a scan, and the first client that made some. */
  private scan: { readonly client: string; connections: number } | null = null
  /** Connections without a byte: only where they are all that the capture shows is it about them. */
  private bare: Conversation[] = []
  private probes = 0
  private readonly onePort = new OnePort()
  /** SYNs that nobody answered: only then it counts what else could have told why. */
  private unanswered = 0
  private neighbours: readonly NeighbourNote[] = []
  private contested: readonly ContestedAddress[] = []
  private nowNs = 0
  private judged = 0
  private judgedEarly = 0

  constructor(judge: (attempt: Attempt) => void, clock: { startSeconds(): number }) {
    this.judge = judge
    this.clock = clock
  }

  conversation(conversation: Conversation): void {
    if (conversation.lastNs > this.nowNs) this.nowNs = conversation.lastNs
    this.onePort.conversation(conversation)
    if (isDead(conversation) && conversation.packets[SERVER] === 0) this.unanswered++
    this.tunnels.note(conversation)
    if (conversation.transport === 'udp') {
      this.takeBeside(conversation)
      if (isRdpUdp(conversation)) this.beside.addUdp(conversation)
      return
    }
    const relevance = relevanceOf(conversation)
    if (relevance === 'beside') this.takeBeside(conversation)
    const brief = briefOf(conversation)
    this.clients.note(conversation, relevance, brief)
    if (brief !== null && relevance !== 'none') this.series.note(conversation, brief)
    this.crowds.noteDistance(conversation)
    if (relevance === 'attempt') this.crowds.note(conversation, brief)
    this.companions.note(conversation, relevance === 'attempt')
    if (relevance === 'attempt') this.group(conversation)
    else if (relevance === 'doubtful') this.doubt(conversation)
  }

  time(nowNs: number): void {
    if (nowNs > this.nowNs) this.nowNs = nowNs
    while (this.open.size > MAX_QUIET_ATTEMPTS) {
      const { quietest } = this.open
      if (quietest === null || this.nowNs - quietest.lastNs < QUIET_SECONDS * NS_PER_SECOND) return
      this.finish(quietest)
    }
  }

  /** The capture is at its end: all that is open is judged, in order of start. */
  end(summary: FlowSummary, captureEndNs: number): void {
    this.nowNs = Math.max(this.nowNs, captureEndNs)
    this.neighbours = summary.neighbours
    this.contested = summary.contested
    this.tunnels.add(summary.tunnels)
    this.settleDoubtful()
    const groups: Group[] = []
    for (let group = this.open.quietest; group !== null; group = this.open.quietest) {
      this.open.remove(group)
      groups.push(group)
    }
    const names = this.lookups.namesByAddress()
    const rest = joinProxied(joinByName(groups, names), names).flatMap(group => this.assembled(group))
    rest.push(...withoutConnection(this.lookups, this.neighbours, this.clients, rest, this.judged > 0, this.nowNs))
    rest.sort((a, b) => firstPacketOf(a) - firstPacketOf(b))
    this.pass(rest)
  }

  /** Limits that were reached, and what the capture can not hold. */
  get quality(): readonly QualityNote[] {
    const notes: QualityNote[] = []
    const add = (count: number, id: string, says: string) => {
      if (count > 0) notes.push({ id, says: `${count} ${says}` })
    }
    add(this.judgedEarly, 'attempts-early', 'attempts were judged before the capture told all: too many were open')
    add(this.doubtfulLost, 'doubtful-lost', 'connections that may or may not be attempts were left out: too many')
    add(this.beside.udpLost, 'udp-lost', 'UDP conversations beside attempts were left out: too many')
    add(this.beside.ticketsLost, 'tickets-lost', 'Kerberos conversations beside attempts were left out: too many')
    add(this.lookups.forgotten, 'lookups-lost', 'name lookups were forgotten: too many')
    add(this.clients.forgotten, 'clients-lost', 'clients were not followed beyond their connections: too many')
    add(this.series.forgotten, 'series-lost', 'brief connections were not compared with others: too many')
    add(
      this.crowds.forgotten,
      'crowds-lost',
      'connections were not added to what happens around their server: too many',
    )
    add(this.probes, 'probes-left-out', 'connections without a byte are no attempts: probes, as monitors make them')
    if (this.scan !== null) {
      const says = `connections are no attempts: their clients, ${this.scan.client} first, knock at one target after the other, as port scans do`
      add(this.scan.connections, 'scan-left-out', says)
    }
    const { alone } = this.onePort
    if (this.unanswered > 0 && alone > 0 && this.neighbours.length === 0) {
      const says = `nothing but port ${alone} is in the capture, neither ICMP nor ARP: a capture filter for the port leaves both out`
      notes.push({ id: 'one-port', says })
    }
    add(this.histories.forgotten, 'histories-lost', 'attempts were not added to the history of their server: too many')
    return notes
  }

  /** Names and tickets that are asked for. */
  private takeBeside(conversation: Conversation): void {
    if (conversation.events.length === 0) return
    this.lookups.add(conversation)
    this.beside.addTickets(conversation)
  }

  private doubt(conversation: Conversation): void {
    if (this.clients.isScanned(conversation)) this.scanned(conversation, 1)
    else if (isBareProbe(conversation)) {
      if (this.bare.length < MAX_ATTEMPT_CONVERSATIONS) this.bare.push(conversation)
      else this.probes++
    } else if (this.doubtful.length < MAX_DOUBTFUL_CONVERSATIONS) this.doubtful.push(conversation)
    else this.doubtfulLost++
  }

  private scanned(conversation: Conversation, connections: number): void {
    this.scan ??= { client: conversation.client.address, connections: 0 }
    this.scan.connections += connections
  }

  private group(conversation: Conversation): void {
    const { open } = this
    open.add(conversation)
    while (open.quietest !== null && (open.size > MAX_OPEN_ATTEMPTS || open.connections > MAX_OPEN_CONNECTIONS)) {
      this.judgedEarly++
      this.finish(open.quietest)
    }
  }

  private finish(group: Group): void {
    this.open.remove(group)
    this.pass(this.assembled(group))
  }

  private assembled(group: Group): Assembled[] {
    const { conversations } = group
    const isKnock = (one: Conversation) => (isDead(one) || isBareProbe(one)) && this.clients.isScanned(one)
    if (conversations.every(isKnock)) {
      this.scanned(conversations[0] as Conversation, conversations.length)
      return []
    }
    return splitIntoAttempts(conversations, this.nowNs).map(examined =>
      assemble(examined, purposeOf(examined, this.clients, this.series, this.crowds), this.surroundings),
    )
  }

  private readonly surroundings: Surroundings = {
    lookupsOf: (client, name, address, startNs) => this.lookups.of(client, name, address, startNs),
    neighboursOf: (client, server) =>
      this.neighbours.filter(note => note.address === server || note.address === client).slice(0, MAX_NEIGHBOURS),
    udpOf: (client, server, firstNs, lastNs) => this.beside.udpOf(client, server, firstNs, lastNs),
    ticketsOf: (client, name, firstNs, lastNs) => this.beside.ticketsOf(client, name, firstNs, lastNs),
  }

  /** Adds all to the histories first, so that each of them hears of the others. */
  private pass(done: readonly Assembled[]): void {
    const records = done.map(({ server, outcome, examined }) =>
      examined.length === 0 ? null : this.histories.add(server, outcome, examined),
    )
    for (const [at, assembled] of done.entries()) {
      assembled.id = ++this.judged
      this.look(assembled)
      assembled.history = historyBeside(records[at] ?? null, assembled.outcome)
      assembled.captureEndNs = this.nowNs
      assembled.captureStartSeconds = this.clock.startSeconds()
      const end = endQuality(assembled.explained, assembled.closing, this.nowNs)
      if (end !== null) assembled.quality = [...assembled.quality, end]
      this.judge(new Attempt(assembled))
    }
  }

  /** What else the capture shows of its hosts. */
  private look(assembled: Assembled): void {
    const { client, server, explained } = assembled
    assembled.contested = this.contested.filter(one => one.address === server.address || one.address === client.address)
    assembled.tunnels = this.tunnels.of(client.address, server.address)
    if (explained === null) return
    assembled.companions = this.companions.of(explained)
    assembled.crowd = this.crowds.of(explained)
    assembled.closing = withSender(assembled.closing, explained, assembled.crowd.ttls)
  }

  /**
   * Doubtful connections count when their client did nothing that counts for sure, and those without a byte when nobody did
   * anything: only the end of the capture tells.
   */
  private settleDoubtful(): void {
    const doubtful = this.doubtful.sort((a, b) => a.firstPacket - b.firstPacket)
    this.doubtful = []
    for (const conversation of doubtful) if (this.counts(conversation)) this.group(conversation)
    const nothingElse = this.open.size === 0 && this.judged === 0
    for (const conversation of this.bare) {
      if (this.clients.isScanned(conversation)) this.scanned(conversation, 1)
      else if (nothingElse) this.group(conversation)
      else this.probes++
    }
    this.bare = []
  }

  private counts(conversation: Conversation): boolean {
    const client = conversation.client.address
    if (this.clients.isScanned(conversation)) {
      this.scanned(conversation, 1)
      return false
    }
    if (!isDead(conversation)) return this.clients.triedNothing(client)
    // Gateways are on the port of all web sites: noise beside a desktop that answered, the cause where none did.
    if (conversation.server.port === HTTPS_PORT) return !this.clients.reachedDesktop(client)
    if (!this.clients.triedNothing(client) || !this.clients.reachedNobody(client)) return false
    return !this.clients.isAnsweredOn(conversation.server.port)
  }
}

/** Notes on hardware addresses that one attempt keeps. */
const MAX_NEIGHBOURS = 8
