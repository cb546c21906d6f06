/**
 * Connections of one client that belong together by target, name or id, while more of them may come. The groups stand in a
 * chain, the one quiet for longest first: a million connections pass through here, so that nothing is sorted or searched.
 */
import type { Conversation } from '../flow/conversation.ts'
import { MAX_ATTEMPT_CONVERSATIONS, MAX_GROUPS_SEARCHED } from '../wire/limits.ts'
import { idsOf, NO_IDS } from './split.ts'

export interface Group {
  /** In order of arrival, which is not that of their start. */
  readonly conversations: Conversation[]
  /** Of the connection that came first. */
  readonly said: Said
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
  readonly ids: readonly string[]
}

const NS_PER_SECOND = 1e9
const PROTOCOL_RDSTLS = 0x04
/** A redirected client dials at once. */
const REDIRECT_SECONDS = 3
/** Nothing in a group begins later than this after all that was before: the cut into attempts is finer. */
const GROUP_SECONDS = 60

export class OpenGroups {
  size = 0
  /** The group to which nothing was added for longest. */
  quietest: Group | null = null
  private latest: Group | null = null
  private readonly byClient = new Map<string, Group[]>()

  /** Adds it to the group that it belongs to, or to a new one. */
  add(conversation: Conversation): void {
    const { address } = conversation.client
    const said = saidOf(conversation)
    let mine = this.byClient.get(address)
    if (mine === undefined) {
      mine = []
      this.byClient.set(address, mine)
    }
    const oldest = Math.max(0, mine.length - MAX_GROUPS_SEARCHED)
    for (let at = mine.length - 1; at >= oldest; at--) {
      const group = mine[at] as Group
      if (!belongs(group, conversation, said)) continue
      group.conversations.push(conversation)
      group.firstNs = Math.min(group.firstNs, conversation.firstNs)
      group.lastNs = Math.max(group.lastNs, conversation.lastNs)
      this.unchain(group)
      this.chain(group)
      return
    }
    const { firstNs, lastNs } = conversation
    const group: Group = {
      conversations: [conversation],
      said,
      firstNs,
      lastNs,
      before: null,
      behind: null,
    }
    mine.push(group)
    this.size++
    this.chain(group)
  }

  remove(group: Group): void {
    const address = group.conversations[0]?.client.address ?? ''
    const mine = this.byClient.get(address)
    if (mine !== undefined) {
      if (mine.length === 1) this.byClient.delete(address)
      else mine.splice(mine.indexOf(group), 1)
    }
    this.size--
    this.unchain(group)
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
  let named = false
  for (const { fact } of conversation.events) {
    if (fact.kind === 'client-hello') {
      if (name === '') name = fact.serverName
    } else if (fact.kind === 'negotiation-request') {
      cookie = fact.cookie
      redirected = fact.routingToken !== '' || (fact.protocols > 0 && (fact.protocols & PROTOCOL_RDSTLS) !== 0)
      named = fact.correlationId !== ''
    } else if (fact.kind === 'http-request') named = true
  }
  return { name, cookie, redirected, ids: named ? idsOf(conversation) : NO_IDS }
}

function belongs(group: Group, conversation: Conversation, said: Said): boolean {
  const pauseNs = GROUP_SECONDS * NS_PER_SECOND
  if (conversation.firstNs > group.lastNs + pauseNs || conversation.lastNs < group.firstNs - pauseNs) return false
  if (group.conversations.length >= MAX_ATTEMPT_CONVERSATIONS) return false
  if (said.ids.length > 0 && group.said.ids.length > 0) {
    if (group.said.ids.some(id => said.ids.includes(id))) return true
    // Side by side, two ids are two clients behind one address; one after the other, a client that tries again.
    if (conversation.firstNs <= group.lastNs && conversation.lastNs >= group.firstNs) return false
  }
  const { server } = conversation
  const target = group.conversations[0]?.server
  if (said.redirected && follows(group, conversation)) return target?.port === server.port
  if (said.cookie !== '' && group.said.cookie !== '' && said.cookie !== group.said.cookie) return false
  if (target?.port !== server.port) return false
  return target.address === server.address || (said.name !== '' && said.name === group.said.name)
}

/** It begins when the group ends: a broker sent the client elsewhere (MS-RDPBCGR 2.2.13). */
function follows(group: Group, conversation: Conversation): boolean {
  return Math.abs(conversation.firstNs - group.lastNs) <= REDIRECT_SECONDS * NS_PER_SECOND
}
