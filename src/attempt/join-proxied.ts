/**
 * The connection that a proxy or gateway makes for a client, where one capture holds both sides and nothing in it is the
 * same: it was refused, or the client's side is encrypted. What is known is who dials, when, and mostly the target that
 * the client asked for.
 */
import { CHANNEL_CREATE } from '../codes/rdg-names.ts'
import type { Conversation } from '../flow/conversation.ts'
import type { Group } from './open-groups.ts'
import { isDead } from './outcome.ts'
import { isRdpPort } from './relevance.ts'

/** What a client of a proxy wants. */
interface Wish {
  readonly group: Group
  readonly via: Conversation
  /** In lower case; '' where encryption hides it. */
  readonly host: string
  /** 0 where encryption hides it. */
  readonly port: number
  /** The user's in a connection request that was confirmed: a relay says the same to the server; null otherwise. */
  readonly cookie: string | null
}

/** A relay dials when it is dialled; a person on a host in between has to log on first. */
const RELAY_NS = 3e9

/** @returns the groups, with those that proxies made for clients joined to the ones of their clients. */
export function joinProxied(
  groups: readonly Group[],
  names: ReadonlyMap<string, ReadonlySet<string>>,
): readonly Group[] {
  if (groups.length < 2) return groups
  const dialled = new Set(groups.map(group => group.conversations[0]?.client.address))
  const wishes = new Map<string, Wish[]>()
  for (const group of groups) {
    for (const via of group.conversations) {
      // Only where the server of one is the client of another there is anything to join.
      if (!dialled.has(via.server.address)) continue
      const wish = wishOf(group, via)
      if (wish === null) continue
      const same = wishes.get(via.server.address)
      if (same === undefined) wishes.set(via.server.address, [wish])
      else same.push(wish)
    }
  }
  if (wishes.size === 0) return groups
  const joined = new Set<Group>()
  for (const group of groups) {
    const [first] = group.conversations
    if (first === undefined) continue
    const fitting = (wishes.get(first.client.address) ?? []).filter(wish => isFor(wish, group, first, names))
    const owners = new Set(fitting.map(wish => wish.group))
    // Of several clients at one time nothing tells whose it is.
    if (owners.size !== 1) continue
    const [owner] = owners
    if (owner === undefined || owner === group || joined.has(owner)) continue
    owner.conversations.push(...group.conversations)
    owner.firstNs = Math.min(owner.firstNs, group.firstNs)
    owner.lastNs = Math.max(owner.lastNs, group.lastNs)
    joined.add(group)
  }
  return groups.filter(group => !joined.has(group))
}

function wishOf(group: Group, via: Conversation): Wish | null {
  let cookie: string | null = null
  let confirmed = false
  let hello = false
  for (const { fact } of via.events) {
    if (fact.kind === 'http-request' && fact.method === 'CONNECT') return wish(group, via, ...parted(fact.target))
    if (fact.kind === 'socks-request') return wish(group, via, fact.host, fact.port)
    if (fact.kind === 'rdg' && fact.type === CHANNEL_CREATE && fact.port > 0) {
      return wish(group, via, fact.name, fact.port)
    }
    if (fact.kind === 'negotiation-request') cookie ??= fact.cookie
    else if (fact.kind === 'negotiation-response' || fact.kind === 'negotiation-failure') confirmed = true
    else if (fact.kind === 'client-hello' || fact.kind === 'http-request') hello = true
  }
  // A balancer that takes the request and can not pass it on; where it got further it may be a person on a host in between.
  if (cookie !== null) return { ...wish(group, via, '', 0), cookie: confirmed ? cookie : null }
  return hello ? wish(group, via, '', 0) : null
}

function wish(group: Group, via: Conversation, host: string, port: number): Wish {
  return { group, via, host: host.toLowerCase(), port, cookie: null }
}

function parted(authority: string): [host: string, port: number] {
  const colon = authority.lastIndexOf(':')
  const host = authority.slice(0, colon === -1 ? authority.length : colon).replace(/^\[|\]$/g, '')
  return [host, colon === -1 ? 0 : Number(authority.slice(colon + 1)) || 0]
}

function isFor(
  { group, via, host, port, cookie }: Wish,
  other: Group,
  first: Conversation,
  names: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  if (group === other || first.firstNs < via.firstNs || first.firstNs > via.lastNs) return false
  const { server } = first
  if (cookie !== null) return first.firstNs - via.firstNs <= RELAY_NS && cookie !== '' && cookieOf(first) === cookie
  if (port === 0) return isRdpPort(server.port) && (isDead(first) || via.server.port !== server.port)
  if (port !== server.port) return false
  return host === server.address || isName(host, names.get(server.address)) || !isAddress(host)
}

function cookieOf({ events }: Conversation): string {
  for (const { fact } of events) if (fact.kind === 'negotiation-request') return fact.cookie
  return ''
}

function isName(host: string, names: ReadonlySet<string> | undefined): boolean {
  for (const name of names ?? []) if (name === host || name.startsWith(`${host}.`)) return true
  return false
}

function isAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(':')
}
