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
import { MAX_DOUBTFUL_CONVERSATIONS, MAX_OPEN_ATTEMPTS, MAX_QUIET_ATTEMPTS, MAX_UDP_BESIDE } from '../wire/limits.ts'
import { type Assembled, assemble, firstPacketOf, type Surroundings } from './assemble.ts'
import { Attempt } from './attempt.ts'
import { Clients } from './clients.ts'
import { CompanionTable } from './companions.ts'
import { Histories, historyBeside } from './history.ts'
import { joinByName } from './join-by-name.ts'
import { Lookups } from './lookups.ts'
import { type Group, OpenGroups } from './open-groups.ts'
import { isDead } from './outcome.ts'
import { endQuality } from './quality.ts'
import { HTTPS_PORT, isBareProbe, isRdpUdp, relevanceOf } from './relevance.ts'
import { splitIntoAttempts } from './split.ts'
import { Tunnels } from './tunnels.ts'
import { withoutConnection } from './without-connection.ts'

const NS_PER_SECOND = 1e9
/** UDP beside a session begins with it, or soon after. */
const UDP_SECONDS = 60
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
  /** RDP over UDP, by client. */
  private readonly udp = new Map<string, Conversation[]>()
  private udpKept = 0
  private udpLost = 0
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
    this.tunnels.note(conversation)
    if (conversation.transport === 'udp') {
      this.takeUdp(conversation)
      return
    }
    const relevance = relevanceOf(conversation)
    this.clients.note(conversation, relevance)
    this.companions.note(conversation, relevance === 'attempt')
    if (relevance === 'attempt') this.group(conversation)
    else if (relevance === 'doubtful' && !this.clients.isScanner(conversation.client.address)) {
      if (this.doubtful.length < MAX_DOUBTFUL_CONVERSATIONS) this.doubtful.push(conversation)
      else this.doubtfulLost++
    }
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
    const rest = joinByName(groups, this.lookups.namesByAddress()).flatMap(group => this.assembled(group))
    rest.push(...withoutConnection(this.lookups, this.neighbours, this.clients, rest, this.judged > 0, this.nowNs))
    rest.sort((a, b) => firstPacketOf(a) - firstPacketOf(b))
    this.pass(rest)
  }

  /** Limits that were reached. */
  get quality(): readonly QualityNote[] {
    const notes: QualityNote[] = []
    const add = (count: number, id: string, says: string) => {
      if (count > 0) notes.push({ id, says: `${count} ${says}` })
    }
    add(this.judgedEarly, 'attempts-early', 'attempts were judged before the capture told all: too many were open')
    add(this.doubtfulLost, 'doubtful-lost', 'connections that may or may not be attempts were left out: too many')
    add(this.udpLost, 'udp-lost', 'UDP conversations beside attempts were left out: too many')
    add(this.lookups.forgotten, 'lookups-lost', 'name lookups were forgotten: too many')
    add(this.clients.forgotten, 'clients-lost', 'clients were not followed beyond their connections: too many')
    add(this.histories.forgotten, 'histories-lost', 'attempts were not added to the history of their server: too many')
    return notes
  }

  private takeUdp(conversation: Conversation): void {
    if (conversation.events.length > 0) this.lookups.add(conversation)
    if (!isRdpUdp(conversation)) return
    if (this.udpKept >= MAX_UDP_BESIDE) {
      this.udpLost++
      return
    }
    this.udpKept++
    const { address } = conversation.client
    const mine = this.udp.get(address)
    if (mine === undefined) this.udp.set(address, [conversation])
    else mine.push(conversation)
  }

  private group(conversation: Conversation): void {
    this.open.add(conversation)
    const { quietest } = this.open
    if (this.open.size <= MAX_OPEN_ATTEMPTS || quietest === null) return
    this.judgedEarly++
    this.finish(quietest)
  }

  private finish(group: Group): void {
    this.open.remove(group)
    this.pass(this.assembled(group))
  }

  private assembled(group: Group): Assembled[] {
    const { conversations } = group
    const client = conversations[0]?.client.address ?? ''
    if (this.clients.isScanner(client) && conversations.every(one => isDead(one) || isBareProbe(one))) return []
    return splitIntoAttempts(conversations, this.nowNs).map(examined => assemble(examined, this.surroundings))
  }

  private readonly surroundings: Surroundings = {
    lookupsOf: (client, name, address, startNs) => this.lookups.of(client, name, address, startNs),
    neighboursOf: (client, server) =>
      this.neighbours.filter(note => note.address === server || note.address === client).slice(0, MAX_NEIGHBOURS),
    udpOf: (client, server, firstNs, lastNs) =>
      (this.udp.get(client) ?? NO_CONVERSATIONS).filter(
        one =>
          one.server.address === server &&
          one.firstNs >= firstNs &&
          one.firstNs <= lastNs + UDP_SECONDS * NS_PER_SECOND,
      ),
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
    if (explained !== null) assembled.companions = this.companions.of(explained)
  }

  /** Doubtful connections count when their client did nothing that counts for sure: only the end of the capture tells. */
  private settleDoubtful(): void {
    const doubtful = this.doubtful.sort((a, b) => a.firstPacket - b.firstPacket)
    this.doubtful = []
    for (const conversation of doubtful) if (this.counts(conversation)) this.group(conversation)
  }

  private counts(conversation: Conversation): boolean {
    const client = conversation.client.address
    if (this.clients.isScanner(client)) return false
    if (!isDead(conversation)) return this.clients.triedNothing(client)
    // Gateways are on the port of all web sites: noise beside a desktop that answered, the cause where none did.
    if (conversation.server.port === HTTPS_PORT) return !this.clients.reachedDesktop(client)
    if (!this.clients.triedNothing(client) || !this.clients.reachedNobody(client)) return false
    return !this.clients.isAnsweredOn(conversation.server.port)
  }
}

const NO_CONVERSATIONS: readonly Conversation[] = []
/** Notes on hardware addresses that one attempt keeps. */
const MAX_NEIGHBOURS = 8
