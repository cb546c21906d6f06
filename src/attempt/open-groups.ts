/**
 * Connections that belong together by client, target, name or id, while more of them may come. The groups stand in a
 * chain, the one quiet for longest first: a million connections pass through here, so that nothing is sorted or searched.
 */
import type { Conversation, Endpoint } from '../flow/conversation.ts'
import { MAX_ATTEMPT_CONVERSATIONS, MAX_GROUPS_SEARCHED } from '../wire/limits.ts'
import { initialSequence, isSameSyn, randomsOf } from './legs.ts'
import { idsOf, isRedirected, NO_IDS } from './split.ts'

export interface Group {
  /** In order of arrival, which is not that of their start. */
  readonly conversations: Conversation[]
  /** Of the connection that came first. */
  readonly said: Said
  /** A connection of it was told to go to another server. */
  redirects: boolean
  /** The addresses of its clients: more than one where legs of one connection were seen. */
  readonly clients: string[]
  /** By which it is found from any client: ids, randoms of ClientHellos, and first sequence numbers. */
  readonly signs: (string | number)[]
  firstNs: number
  lastNs: number
  before: Group | null
  behind: Group | null
}

/** By what a connection names its target, its user and its attempt. */
interface Said {
  /** In SNI. */
  readonly name: string
  /** The user's, in the connection request. */
  readonly cookie: string
  /** The request carries what only a redirected client has: a routing token, or RDSTLS. */
  readonly redirected: boolean
  /** A redirection PDU was read. */
  readonly redirects: boolean
  readonly ids: readonly string[]
}

const NS_PER_SECOND = 1e9
/** A redirected client dials at once. */
const REDIRECT_SECONDS = 3
/** Nothing in a group begins later than this after all that was before: the cut into attempts is finer. */
const GROUP_SECONDS = 60

export class OpenGroups {
  /** How many there are, and the connections of all of them. */
  size = 0
  connections = 0
  /** The group to which nothing was added for longest. */
  quietest: Group | null = null
  private latest: Group | null = null
  private readonly byClient = new Map<string, Group[]>()
  private readonly bySign = new Map<string | number, Group>()

  /** Adds it to the group that it belongs to, or to a new one. */
  add(conversation: Conversation): void {
    this.connections++
    const said = saidOf(conversation)
    const randoms = randomsOf(conversation)
    const sequence = initialSequence(conversation)
    const group =
      this.sameAttempt(conversation, said.ids) ??
      this.sameHello(conversation, randoms) ??
      this.sameSyn(conversation, sequence) ??
      this.groupOf(conversation, said) ??
      this.newGroup(conversation, said)
    if (said.redirects) group.redirects = true
    for (const id of said.ids) this.sign(group, id)
    for (const random of randoms) this.sign(group, random)
    if (sequence !== null) this.sign(group, sequence)
  }

  remove(group: Group): void {
    for (const address of group.clients) {
      const mine = this.byClient.get(address) as Group[]
      if (mine.length === 1) this.byClient.delete(address)
      else mine.splice(mine.indexOf(group), 1)
    }
    for (const sign of group.signs) if (this.bySign.get(sign) === group) this.bySign.delete(sign)
    this.size--
    this.connections -= group.conversations.length
    this.unchain(group)
  }

  private sameAttempt(conversation: Conversation, ids: readonly string[]): Group | null {
    for (const id of ids) {
      const group = this.bySign.get(id)
      if (group !== undefined && hasRoom(group, conversation)) return this.put(group, conversation)
    }
    return null
  }

  /** The group of another leg of the same TLS connection. From one client to several servers it is a scanner's. */
  private sameHello(conversation: Conversation, randoms: readonly string[]): Group | null {
    const { client, server } = conversation
    for (const random of randoms) {
      const group = this.bySign.get(random)
      if (group === undefined || !hasRoom(group, conversation)) continue
      const isLeg = group.conversations.some(
        one => one.client.address !== client.address || one.server.address === server.address,
      )
      if (isLeg) return this.put(group, conversation)
    }
    return null
  }

  private sameSyn(conversation: Conversation, sequence: number | null): Group | null {
    const group = sequence === null ? undefined : this.bySign.get(sequence)
    if (group === undefined || !hasRoom(group, conversation)) return null
    return group.conversations.some(one => isSameSyn(one, conversation)) ? this.put(group, conversation) : null
  }

  private groupOf(conversation: Conversation, said: Said): Group | null {
    const mine = this.byClient.get(conversation.client.address)
    if (mine === undefined) return null
    const oldest = Math.max(0, mine.length - MAX_GROUPS_SEARCHED)
    for (let at = mine.length - 1; at >= oldest; at--) {
      const group = mine[at] as Group
      if (belongs(group, conversation, said)) return this.put(group, conversation)
    }
    return null
  }

  private put(group: Group, conversation: Conversation): Group {
    group.conversations.push(conversation)
    group.firstNs = Math.min(group.firstNs, conversation.firstNs)
    group.lastNs = Math.max(group.lastNs, conversation.lastNs)
    const { address } = conversation.client
    if (!group.clients.includes(address)) this.index(group, address)
    this.unchain(group)
    this.chain(group)
    return group
  }

  private newGroup(conversation: Conversation, said: Said): Group {
    const { firstNs, lastNs } = conversation
    const group: Group = {
      conversations: [conversation],
      said,
      redirects: false,
      clients: [],
      signs: [],
      firstNs,
      lastNs,
      before: null,
      behind: null,
    }
    this.index(group, conversation.client.address)
    this.size++
    this.chain(group)
    return group
  }

  private index(group: Group, address: string): void {
    group.clients.push(address)
    const mine = this.byClient.get(address)
    if (mine === undefined) this.byClient.set(address, [group])
    else mine.push(group)
  }

  private sign(group: Group, sign: string | number): void {
    if (this.bySign.get(sign) === group) return
    this.bySign.set(sign, group)
    group.signs.push(sign)
  }

  private chain(group: Group): void {
    group.before = this.latest
    group.behind = null
    if (this.latest === null) this.quietest = group
    else this.latest.behind = group
    this.latest = group
  }

  private unchain(group: Group): void {
    const { before, behind } = group
    if (before === null) this.quietest = behind
    else before.behind = behind
    if (behind === null) this.latest = before
    else behind.before = before
  }
}

function saidOf(conversation: Conversation): Said {
  let name = ''
  let cookie = ''
  let redirected = false
  let redirects = false
  let named = false
  for (const { fact } of conversation.events) {
    if (fact.kind === 'client-hello') {
      if (name === '') name = fact.serverName
    } else if (fact.kind === 'negotiation-request') {
      cookie = fact.cookie
      redirected = isRedirected(fact)
      named = fact.correlationId !== ''
    } else if (fact.kind === 'http-request') named = true
    else if (fact.kind === 'redirection') redirects = true
  }
  return { name, cookie, redirected, redirects, ids: named ? idsOf(conversation) : NO_IDS }
}

function hasRoom(group: Group, conversation: Conversation): boolean {
  const pauseNs = GROUP_SECONDS * NS_PER_SECOND
  if (conversation.firstNs > group.lastNs + pauseNs || conversation.lastNs < group.firstNs - pauseNs) return false
  return group.conversations.length < MAX_ATTEMPT_CONVERSATIONS
}

function belongs(group: Group, conversation: Conversation, said: Said): boolean {
  if (!hasRoom(group, conversation)) return false
  if (said.ids.length > 0 && group.said.ids.length > 0) {
    if (group.said.ids.some(id => said.ids.includes(id))) return true
    // Side by side, two ids are two clients behind one address; one after the other, a client that tries again.
    if (conversation.firstNs <= group.lastNs && conversation.lastNs >= group.firstNs) return false
  }
  const { server, client } = conversation
  const target = targetOf(group, client.address)
  if ((said.redirected || group.redirects) && touches(conversation.firstNs, group.lastNs)) {
    return target.port === server.port
  }
  if ((group.said.redirected || said.redirects) && touches(group.firstNs, conversation.lastNs)) {
    return target.port === server.port
  }
  if (said.cookie !== '' && group.said.cookie !== '' && said.cookie !== group.said.cookie) return false
  if (target.port !== server.port) return false
  return target.address === server.address || (said.name !== '' && said.name === group.said.name)
}

/** Where this client of it went first. */
function targetOf({ conversations }: Group, client: string): Endpoint {
  const own = conversations.find(one => one.client.address === client) ?? (conversations[0] as Conversation)
  return own.server
}

/** One begins when the other ends: a broker sent the client elsewhere (MS-RDPBCGR 2.2.13). */
function touches(beginNs: number, endNs: number): boolean {
  return Math.abs(beginNs - endNs) <= REDIRECT_SECONDS * NS_PER_SECOND
}
