/**
 * Names asked of resolvers, and which attempt each lookup belongs to: the name that the client then used, or an address
 * that it then dialled (RFC 1035 section 4).
 */
import type { DnsMessage } from '../../dissectors/dns.ts'
import type { Conversation } from '../flow/conversation.ts'
import type { Event } from '../flow/event.ts'
import { MAX_LOOKUPS, MAX_LOOKUPS_OF_CLIENT } from '../wire/limits.ts'
import type { Lookup } from './attempt.ts'
import { asksNeighbours, NeighbourNames } from './neighbour-names.ts'

interface Asked {
  name: string
  type: number
  client: string
  resolver: string
  queries: number
  firstPacket: number
  firstNs: number
  lastQueryPacket: number
  lastQueryNs: number
  answerPacket: number
  answerNs: number
  rcode: number
  readonly addresses: string[]
}

const NS_PER_SECOND = 1e9
const TYPE_A = 1
const TYPE_AAAA = 28
const RCODE_NO_ERROR = 0
/** Resolvers' clients give up well before; a question asked later is another one. */
const RETRY_SECONDS = 30
/** How long before its connection a lookup may lie: a name is kept for its time to live, often five minutes. */
const BEFORE_SECONDS = 300
/** The answer for the second address family may come when the first one is already in use. */
const AFTER_SECONDS = 2
/** Addresses kept of one name. */
const MAX_ADDRESSES = 32
/** Lookups that one attempt keeps: a name, its search suffixes, both address families, two resolvers. */
const MAX_OF_ATTEMPT = 16

export class Lookups {
  /** The latest of each question, to which queries and answers go. */
  private readonly latest = new Map<string, Asked>()
  /** All, by client, the oldest first; clients in order of their first lookup. */
  private readonly byClient = new Map<string, Set<Asked>>()
  private kept = 0
  /** Lookups that made room for later ones. */
  forgotten = 0

  private readonly neighbours = new NeighbourNames(({ event, client, resolver }, answer) => {
    const name = event.fact.name.toLowerCase()
    const key = keyOf(client, resolver, event.fact.type, name)
    let asked = this.latest.get(key)
    if (asked === undefined || Math.abs(event.timeNs - asked.lastQueryNs) > RETRY_SECONDS * NS_PER_SECOND) {
      asked = newLookup(name, event.fact.type, client, resolver, event)
      this.keep(key, asked)
    }
    asked.queries++
    if (asked.answerPacket === 0) {
      asked.answerPacket = answer.packet
      asked.answerNs = answer.timeNs
      asked.rcode = RCODE_NO_ERROR
    }
    for (const address of answer.addresses) addAddress(asked, address)
  })

  /** Takes what a conversation says of DNS. Of names asked of the neighbours only those that were answered count. */
  add(conversation: Conversation): void {
    const neighbours = asksNeighbours(conversation)
    for (const event of conversation.events) {
      const { kind } = event.fact
      if (kind !== 'dns-query' && kind !== 'dns-response') continue
      if (neighbours) this.neighbours.take(conversation, event as Event<DnsMessage>)
      else this.take(conversation, event as Event<DnsMessage>)
    }
  }

  /** Lookups of this client that led to this name or address, in packet order. */
  of(client: string, name: string, address: string, startNs: number): readonly Lookup[] {
    const mine = this.byClient.get(client)
    if (mine === undefined) return NONE
    const wanted = name.toLowerCase()
    const all = [...mine]
    const found = all.filter(
      asked =>
        asked.firstNs <= startNs + AFTER_SECONDS * NS_PER_SECOND &&
        asked.firstNs >= startNs - BEFORE_SECONDS * NS_PER_SECOND &&
        (asked.addresses.includes(address) || (wanted !== '' && isNameOf(asked.name, wanted))),
    )
    if (found.length === 0) return NONE
    const names = new Set(found.map(asked => asked.name))
    // The other address family of the same name belongs to it, answered or not.
    const together = all.filter(asked => found.includes(asked) || (names.has(asked.name) && near(asked, found)))
    return together.sort((a, b) => a.firstPacket - b.firstPacket).slice(-MAX_OF_ATTEMPT)
  }

  /** Address lookups of one client, in packet order. */
  ofClient(client: string): readonly Lookup[] {
    return [...(this.byClient.get(client) ?? [])].filter(asked => asked.type === TYPE_A || asked.type === TYPE_AAAA)
  }

  /** The names that led to each address, from any client: one host asks over one address family for both. */
  namesByAddress(): ReadonlyMap<string, ReadonlySet<string>> {
    const names = new Map<string, Set<string>>()
    for (const mine of this.byClient.values()) {
      for (const { name, addresses } of mine) {
        for (const address of addresses) names.set(address, (names.get(address) ?? new Set()).add(name))
      }
    }
    return names
  }

  clients(): Iterable<string> {
    return this.byClient.keys()
  }

  private take(conversation: Conversation, event: Event<DnsMessage>): void {
    const { fact, packet, timeNs } = event
    const client = conversation.client.address
    const resolver = conversation.server.address
    const name = fact.name.toLowerCase()
    const key = keyOf(client, resolver, fact.type, name)
    let asked = this.latest.get(key)
    if (asked !== undefined && Math.abs(timeNs - asked.lastQueryNs) > RETRY_SECONDS * NS_PER_SECOND) asked = undefined
    if (asked === undefined) {
      asked = newLookup(name, fact.type, client, resolver, event)
      this.keep(key, asked)
    }
    if (fact.kind === 'dns-query') {
      asked.queries++
      if (packet >= asked.lastQueryPacket) {
        asked.lastQueryPacket = packet
        asked.lastQueryNs = timeNs
      }
      if (packet < asked.firstPacket) {
        asked.firstPacket = packet
        asked.firstNs = timeNs
      }
      return
    }
    const better = asked.rcode !== RCODE_NO_ERROR && fact.rcode === RCODE_NO_ERROR
    if (asked.answerPacket === 0 || better) {
      asked.answerPacket = packet
      asked.answerNs = timeNs
      asked.rcode = fact.rcode
    }
    for (const { type, data } of fact.answers) if (type === TYPE_A || type === TYPE_AAAA) addAddress(asked, data)
  }

  private keep(key: string, asked: Asked): void {
    this.latest.set(key, asked)
    let mine = this.byClient.get(asked.client)
    if (mine === undefined) {
      mine = new Set()
      this.byClient.set(asked.client, mine)
    }
    mine.add(asked)
    this.kept++
    if (mine.size > MAX_LOOKUPS_OF_CLIENT) this.forget(asked.client, mine)
    else if (this.kept > MAX_LOOKUPS) {
      for (const [client, lookups] of this.byClient) {
        this.forget(client, lookups)
        break
      }
    }
  }

  private forget(client: string, lookups: Set<Asked>): void {
    for (const oldest of lookups) {
      lookups.delete(oldest)
      const key = keyOf(oldest.client, oldest.resolver, oldest.type, oldest.name)
      if (this.latest.get(key) === oldest) this.latest.delete(key)
      break
    }
    if (lookups.size === 0) this.byClient.delete(client)
    this.kept--
    this.forgotten++
  }
}

/** A name that could not be turned into an address: an error, no answer, or an answer without addresses. */
export function hasFailed(lookup: Lookup): boolean {
  return lookup.answerPacket === 0 || lookup.rcode !== RCODE_NO_ERROR
}

const NONE: readonly Lookup[] = []

function keyOf(client: string, resolver: string, type: number, name: string): string {
  return `${client} ${resolver} ${type} ${name}`
}

/** 'rdp' is asked as 'rdp.corp.example' where the resolver appends its search suffixes. */
function isNameOf(asked: string, wanted: string): boolean {
  return asked === wanted || asked.startsWith(`${wanted}.`)
}

function addAddress({ addresses }: Asked, address: string): void {
  if (addresses.length < MAX_ADDRESSES && !addresses.includes(address)) addresses.push(address)
}

function near(asked: Asked, found: readonly Asked[]): boolean {
  return found.some(other => Math.abs(other.firstNs - asked.firstNs) <= RETRY_SECONDS * NS_PER_SECOND)
}

function newLookup(name: string, type: number, client: string, resolver: string, event: Event): Asked {
  return {
    name,
    type,
    client,
    resolver,
    queries: 0,
    firstPacket: event.packet,
    firstNs: event.timeNs,
    lastQueryPacket: event.packet,
    lastQueryNs: event.timeNs,
    answerPacket: 0,
    answerNs: 0,
    rcode: -1,
    addresses: [],
  }
}
