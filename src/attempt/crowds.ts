/**
 * What happens around each server of a capture: who knocks, how often and under which names, which connections stay half
 * open or without an answer, and when it cut its clients off. Fed with each connection as it comes; every table is
 * bounded, and what rules see is the state when they ask.
 */
import type { Conversation, TcpFacts } from '../flow/conversation.ts'
import type { Event, FactKind } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import {
  MAX_CROWD_MINUTES,
  MAX_CROWD_NAMES,
  MAX_CROWD_PLACES,
  MAX_CROWD_SOURCES,
  MAX_CROWD_TTLS,
  MAX_SERVER_HISTORIES,
} from '../wire/limits.ts'
import type { Brief } from './brief.ts'
import {
  type Crowd,
  type Cut,
  isGuesser,
  type Minute,
  NO_CROWD,
  PERSISTENT_TRIES,
  type Source,
  TRIES_A_MINUTE,
} from './crowd.ts'
import { isDead } from './outcome.ts'
import type { Place } from './place.ts'
import { isRdpPort } from './relevance.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }
/** By the clock's minutes, of which the fullest are kept: connections do not come in the order of their time. */
type Minutes = Map<number, Writable<Minute>>

interface OpenSource extends Writable<Omit<Source, 'names' | 'busiest'>> {
  readonly names: string[]
  /** Of its tries; most sources make none. */
  minutes: Minutes | null
}

interface Scene extends Writable<Omit<Crowd, 'persistent' | 'names' | 'busiest' | 'busiestTries' | 'halfOpen'>> {
  readonly clients: Map<string, OpenSource>
  readonly persistent: Set<OpenSource>
  readonly names: string[]
  readonly minutes: Minutes
  readonly triesMinutes: Minutes
  readonly halfOpenMinutes: Minutes
  readonly halfOpenSources: Set<string>
  readonly unconfirmedSources: Set<string>
  readonly unconfirmed: Place[]
  readonly cuts: Cut[]
  readonly refused: Place[]
  readonly accepted: Place[]
}

const NS_PER_SECOND = 1e9
const RECORD_APPLICATION_DATA = 23
const MINUTE_NS = 60 * NS_PER_SECOND
/** Logons that fail are over soon, and bring no pictures. */
const TRY_SECONDS = 30
const TRY_BYTES = 24 * 1024
/** Refusals and acceptances are kept one in so long. */
const APART_NS = 10 * NS_PER_SECOND
/** A SYN-ACK that was sent again was not answered. */
const REPEATED = 2

/** One address, with what happens on each of its ports. */
interface Host {
  readonly scenes: Map<number, Scene>
  /** Times to live of its packets, on whatever port. */
  readonly ttls: number[]
}

export class Crowds {
  private readonly hosts = new Map<string, Host>()
  private scenes = 0
  /** A client has made so many tries that it may be a guesser. */
  private guessing = false
  private sourcesKept = 0
  /** Servers, and clients of servers, that found no room. */
  forgotten = 0

  /** @param brief see brief.ts. */
  note(conversation: Conversation, brief: Brief | null): void {
    const { tcp } = conversation
    if (tcp === null) return
    const scene = this.sceneOf(conversation)
    if (scene === null) return
    noteAnswer(scene, conversation, tcp)
    if (isHalfOpen(tcp)) {
      count(scene.halfOpenMinutes, conversation)
      keep(scene.halfOpenSources, conversation.client.address)
      return
    }
    const words = wordsOf(conversation)
    if (!words.asked) return
    count(scene.minutes, conversation)
    if (words.confirm !== null) {
      scene.confirmed++
      scene.firstConfirmNs = Math.min(scene.firstConfirmNs, words.confirm.timeNs)
      scene.lastConfirmNs = Math.max(scene.lastConfirmNs, words.confirm.timeNs)
    } else if (words.request !== null && tcp.sides[SERVER].bytes === 0) {
      keep(scene.unconfirmedSources, conversation.client.address)
      place(scene.unconfirmed, words.request)
    }
    for (const name of words.names) add(scene.names, name)
    const source = this.sourceOf(scene, conversation)
    if (source === null) return
    source.asked++
    for (const name of words.names) add(source.names, name)
    const before = { tried: source.tries > 0, in: source.sessions > 0 }
    if (brief === null && isTry(conversation, tcp)) {
      source.tries++
      if (source.tries >= TRIES_A_MINUTE) this.guessing = true
      source.minutes ??= new Map()
      count(source.minutes, conversation)
      count(scene.triesMinutes, conversation)
    } else if (brief === null && isSession(conversation, tcp)) source.sessions++
    const now = { tried: source.tries > 0, in: source.sessions > 0 }
    scene.trying += Number(now.tried) - Number(before.tried)
    scene.tryingAndIn += Number(now.tried && now.in) - Number(before.tried && before.in)
    if (source.sessions > 0) scene.persistent.delete(source)
    else if (source.tries >= PERSISTENT_TRIES && scene.persistent.size < MAX_CROWD_PLACES) scene.persistent.add(source)
  }

  of({ server }: Pick<Conversation, 'server'>): Crowd {
    const host = this.hosts.get(server.address)
    const scene = host?.scenes.get(server.port)
    if (host === undefined || scene === undefined) return NO_CROWD
    return view(scene, host.ttls)
  }

  /** Of any TCP connection: how far away the server is. */
  noteDistance({ server, tcp }: Conversation): void {
    if (tcp === null || tcp.sides[SERVER].ttlMost === 0) return
    const ttls = this.hostOf(server.address)?.ttls
    if (ttls === undefined) return
    const { ttlLeast, ttlMost } = tcp.sides[SERVER]
    if (ttls.length < MAX_CROWD_TTLS && !ttls.includes(ttlLeast)) ttls.push(ttlLeast)
    if (ttls.length < MAX_CROWD_TTLS && !ttls.includes(ttlMost)) ttls.push(ttlMost)
  }

  /** Its client tries one logon after the other on this server. */
  isGuessing({ client, server }: Conversation): boolean {
    if (!this.guessing) return false
    const source = this.hosts.get(server.address)?.scenes.get(server.port)?.clients.get(client.address)
    return source !== undefined && isGuesser(sourceView(source))
  }

  private hostOf(address: string): Host | null {
    let host = this.hosts.get(address)
    if (host !== undefined) return host
    if (this.hosts.size >= MAX_SERVER_HISTORIES) return null
    host = { scenes: new Map(), ttls: [] }
    this.hosts.set(address, host)
    return host
  }

  private sceneOf({ server }: Conversation): Scene | null {
    const host = this.hostOf(server.address)
    let scene = host?.scenes.get(server.port)
    if (scene !== undefined) return scene
    if (host === null || this.scenes >= MAX_SERVER_HISTORIES) {
      this.forgotten++
      return null
    }
    this.scenes++
    scene = newScene()
    host.scenes.set(server.port, scene)
    return scene
  }

  private sourceOf(scene: Scene, { client, firstPacket, firstNs }: Conversation): OpenSource | null {
    let source = scene.clients.get(client.address)
    if (source !== undefined) return source
    if (this.sourcesKept >= MAX_CROWD_SOURCES) {
      this.forgotten++
      return null
    }
    this.sourcesKept++
    source = {
      address: client.address,
      packet: firstPacket,
      timeNs: firstNs,
      asked: 0,
      tries: 0,
      sessions: 0,
      names: [],
      minutes: null,
    }
    scene.clients.set(client.address, source)
    scene.sources++
    return source
  }
}

function newScene(): Scene {
  return {
    ...NO_CROWD,
    clients: new Map(),
    persistent: new Set(),
    names: [],
    minutes: new Map(),
    triesMinutes: new Map(),
    halfOpenMinutes: new Map(),
    halfOpenSources: new Set(),
    unconfirmedSources: new Set(),
    unconfirmed: [],
    cuts: [],
    refused: [],
    accepted: [],
  }
}

function view(scene: Scene, ttls: readonly number[]): Crowd {
  return {
    ...scene,
    ttls,
    persistent: [...scene.persistent].map(sourceView),
    busiest: fullest(scene.minutes),
    busiestTries: fullest(scene.triesMinutes),
    halfOpen: fullest(scene.halfOpenMinutes),
  }
}

function sourceView({ minutes, ...source }: OpenSource): Source {
  return { ...source, busiest: minutes === null ? NO_CROWD.busiest : fullest(minutes) }
}

function count(minutes: Minutes, { firstNs, firstPacket }: Conversation): void {
  const at = Math.floor(firstNs / MINUTE_NS)
  const minute = minutes.get(at)
  if (minute === undefined) {
    if (minutes.size >= MAX_CROWD_MINUTES) forgetEmptiest(minutes)
    minutes.set(at, { number: 1, packet: firstPacket, timeNs: firstNs })
    return
  }
  minute.number++
  if (firstPacket > minute.packet) return
  minute.packet = firstPacket
  minute.timeNs = firstNs
}

function forgetEmptiest(minutes: Minutes): void {
  let emptiest = -1
  let least = Number.POSITIVE_INFINITY
  for (const [at, { number }] of minutes) {
    if (number >= least) continue
    least = number
    emptiest = at
  }
  minutes.delete(emptiest)
}

/** The earliest of the fullest. */
function fullest(minutes: Minutes): Minute {
  let most = NO_CROWD.busiest
  for (const minute of minutes.values()) {
    const earlier = minute.number === most.number && minute.timeNs < most.timeNs
    if (minute.number > most.number || earlier) most = minute
  }
  return most
}

function noteAnswer(scene: Scene, conversation: Conversation, tcp: TcpFacts): void {
  const end = tcp.marks.find(mark => mark.kind === 'fin' || mark.kind === 'reset')
  if (isDead(conversation)) {
    if (end?.kind === 'reset' && end.direction === SERVER) apart(scene.refused, end)
    return
  }
  if (tcp.synAckPacket > 0) apart(scene.accepted, { packet: tcp.synAckPacket, timeNs: tcp.synAckNs })
  const [client, server] = tcp.sides
  if (end === undefined || end.direction !== SERVER || client.bytes === 0 || server.bytes === 0) return
  if (scene.cuts.length < MAX_CROWD_PLACES) {
    scene.cuts.push({
      packet: end.packet,
      timeNs: end.timeNs,
      client: conversation.client.address,
      stream: conversation.id,
    })
  }
}

interface Words {
  readonly asked: boolean
  readonly request: Place | null
  readonly confirm: Place | null
  readonly names: readonly string[]
}

const NO_NAMES: readonly string[] = []

/** What the client asked for under which names, and whether the server confirmed it or said no in so many words. */
function wordsOf({ events, server }: Conversation): Words {
  let request: Place | null = null
  let confirm: Place | null = null
  let names: string[] | null = null
  let hello = false
  for (const event of events) {
    const { fact } = event
    if (fact.kind === 'negotiation-request') {
      request ??= event
      if (fact.cookie !== '') names = [...(names ?? NO_NAMES), fact.cookie]
    } else if (fact.kind === 'negotiation-response' || fact.kind === 'negotiation-failure') confirm ??= event
    else if (fact.kind === 'client-hello') hello = true
    else if (fact.kind === 'ntlm-authenticate' && fact.user !== '') names = [...(names ?? NO_NAMES), fact.user]
  }
  // Behind any other port TLS is as well a web site's.
  return { asked: request !== null || (hello && isRdpPort(server.port)), request, confirm, names: names ?? NO_NAMES }
}

/**
 * The client never said a word behind its SYN, and the server asked for one more than once. One that sends its SYN again
 * does not hear the answer: that is the way, not the client.
 */
function isHalfOpen(tcp: TcpFacts): boolean {
  if (tcp.synPacket === 0 || tcp.syns > 1 || tcp.synAcks < REPEATED || tcp.ackPacket > 0) return false
  const [client] = tcp.sides
  return client.bytes === 0 && !tcp.marks.some(mark => mark.direction === CLIENT && isEnd(mark.kind))
}

function isEnd(kind: string): boolean {
  return kind === 'fin' || kind === 'reset'
}

function hasEnded(tcp: TcpFacts): boolean {
  return tcp.marks.some(mark => isEnd(mark.kind))
}

/** As far as it can be told without looking further: read, long, or with more data than a logon that fails. */
function isSession({ firstNs, lastNs, events }: Conversation, tcp: TcpFacts): boolean {
  if (lastNs - firstNs > TRY_SECONDS * NS_PER_SECOND || tcp.sides[SERVER].bytes >= TRY_BYTES) return true
  return events.some(({ fact }) => PASSED.has(fact.kind)) || answersBehindLogon(events) > LOGON_ANSWERS
}

/** It came to a logon and ended soon, and the server said no more than that takes: who is let in is told much more. */
function isTry(conversation: Conversation, tcp: TcpFacts): boolean {
  return hasEnded(tcp) && beganLogon(conversation.events) && !isSession(conversation, tcp)
}

function beganLogon(events: readonly Event[]): boolean {
  let records = 0
  for (const { fact, direction } of events) {
    if (fact.kind === 'credssp' || fact.kind === 'client-info') return true
    const sealed = fact.kind === 'record' && fact.type === RECORD_APPLICATION_DATA && direction === CLIENT
    if (sealed && ++records >= CLIENT_RECORDS) return true
  }
  return false
}

/** Behind the logon. */
const PASSED: ReadonlySet<FactKind> = new Set([
  'mcs-connect-response',
  'license-message',
  'demand-active',
  'session-active',
  'redirection',
])
/** The client's Finished of TLS 1.3, or its first token: what comes then is an answer to its logon. */
const CLIENT_RECORDS = 2
/** A challenge, a refusal, and what a system adds to them. */
const LOGON_ANSWERS = 4

/** The server's sealed records behind the client's first two. */
function answersBehindLogon(events: readonly Event[]): number {
  let asked = 0
  let answers = 0
  for (const { fact, direction } of events) {
    if (fact.kind !== 'record' || fact.type !== RECORD_APPLICATION_DATA) continue
    if (direction === CLIENT) asked++
    else if (asked >= CLIENT_RECORDS) answers++
  }
  return answers
}

function keep(values: Set<string>, value: string): void {
  if (values.size < MAX_CROWD_PLACES) values.add(value)
}

function add(values: string[], value: string): void {
  const name = value.toLowerCase()
  if (values.length < MAX_CROWD_NAMES && !values.includes(name)) values.push(name)
}

function place(places: Place[], { packet, timeNs }: Place): void {
  if (places.length < MAX_CROWD_PLACES) places.push({ packet, timeNs })
}

function apart(places: Place[], { packet, timeNs }: Place): void {
  if (places.every(one => Math.abs(one.timeNs - timeNs) >= APART_NS)) place(places, { packet, timeNs })
}
