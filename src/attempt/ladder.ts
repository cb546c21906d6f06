/**
 * An attempt as a ladder: who said what to whom, in order, at the level of messages. Not every segment: TCP comes in where it
 * begins, ends, loses or stalls.
 */
import { icmpName } from '../codes/icmp.ts'
import type { Conversation, TcpMark } from '../flow/conversation.ts'
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'
import { MAX_LADDER_STEPS } from '../wire/limits.ts'
import type { Attempt, Lookup } from './attempt.ts'
import { type MessageWords, type Mood, messageWords } from './message-words.ts'

export type PartyRole = 'client' | 'server' | 'gateway' | 'proxy' | 'resolver' | 'router' | 'other'

export interface Party {
  readonly role: PartyRole
  readonly address: string
  /** '' when the capture tells none. */
  readonly name: string
}

export interface LadderStep {
  readonly packet: number
  readonly timeNs: number
  /** Indices into the parties; the same twice for what happens at one of them. */
  readonly from: number
  readonly to: number
  readonly text: string
  readonly mood: Mood
  /** `message` of a protocol, `tcp` for its beginning and end, `loss` for what did not arrive. */
  readonly kind: 'message' | 'tcp' | 'loss'
  /** tcp.stream or udp.stream; -1 for lookups. */
  readonly stream: number
}

export interface Ladder {
  /** The client first. */
  readonly parties: readonly Party[]
  /** In order of time. */
  readonly steps: readonly LadderStep[]
  /** Steps from the middle that were left out. */
  readonly omitted: number
}

const NS_PER_MS = 1e6

export function ladderOf(attempt: Attempt): Ladder {
  const parties = new Parties(attempt)
  const steps: LadderStep[] = []
  for (const lookup of attempt.lookups) addLookup(steps, parties, lookup)
  for (const conversation of attempt.conversations) addConversation(steps, parties, conversation)
  steps.sort((a, b) => a.timeNs - b.timeNs || a.packet - b.packet)
  const omitted = Math.max(0, steps.length - MAX_LADDER_STEPS)
  // How it began and how it ended tell more than its middle.
  const half = MAX_LADDER_STEPS >> 1
  const kept = omitted === 0 ? steps : [...steps.slice(0, half), ...steps.slice(steps.length - half)]
  return ordered({ parties: parties.all, steps: kept, omitted })
}

/** As they stand on the way: the client first, the server last. */
const PLACES: Readonly<Record<PartyRole, number>> = {
  client: 0,
  resolver: 1,
  router: 2,
  other: 3,
  proxy: 4,
  gateway: 5,
  server: 6,
}

function ordered({ parties, steps, omitted }: Ladder): Ladder {
  const order = parties.map((_, at) => at).sort((a, b) => placeOf(parties[a]) - placeOf(parties[b]) || a - b)
  const moved = new Map(order.map((from, to): [number, number] => [from, to]))
  return {
    parties: order.flatMap(at => parties[at] ?? []),
    steps: steps.map(step => ({ ...step, from: moved.get(step.from) ?? 0, to: moved.get(step.to) ?? 0 })),
    omitted,
  }
}

function placeOf(party: Party | undefined): number {
  return PLACES[party?.role ?? 'server']
}

class Parties {
  readonly all: Party[] = []
  readonly #attempt: Attempt

  constructor(attempt: Attempt) {
    this.#attempt = attempt
    this.indexOf(attempt.client.address, 'client')
  }

  indexOf(address: string, role: PartyRole): number {
    const known = this.all.findIndex(party => party.address === address)
    if (known >= 0) return known
    const { server, serverName } = this.#attempt
    this.all.push({ role, address, name: address === server.address && role !== 'proxy' ? serverName : '' })
    return this.all.length - 1
  }
}

function addLookup(steps: LadderStep[], parties: Parties, lookup: Lookup): void {
  const from = parties.indexOf(lookup.client, 'client')
  const to = parties.indexOf(lookup.resolver, 'resolver')
  const asks = lookup.queries > 1 ? ` (asked ${lookup.queries} times)` : ''
  steps.push({
    packet: lookup.firstPacket,
    timeNs: lookup.firstNs,
    from,
    to,
    text: `who is ${lookup.name}?${asks}`,
    mood: 'plain',
    kind: 'message',
    stream: -1,
  })
  if (lookup.answerPacket === 0) return
  const found = lookup.addresses.join(', ')
  const failed = lookup.rcode !== 0
  steps.push({
    packet: lookup.answerPacket,
    timeNs: lookup.answerNs,
    from: to,
    to: from,
    text: failed ? `no: code ${lookup.rcode}` : found === '' ? 'no address of this kind' : found,
    mood: failed ? 'bad' : found === '' ? 'plain' : 'good',
    kind: 'message',
    stream: -1,
  })
}

function addConversation(steps: LadderStep[], parties: Parties, conversation: Conversation): void {
  const client = parties.indexOf(conversation.client.address, 'client')
  const server = parties.indexOf(conversation.server.address, serverRole(conversation))
  const ends = [client, server] as const
  const add = (
    place: { readonly packet: number; readonly timeNs: number },
    direction: Direction,
    words: MessageWords,
    kind: LadderStep['kind'],
  ): void => {
    const { packet, timeNs } = place
    const from = ends[direction]
    const to = ends[direction === CLIENT ? SERVER : CLIENT]
    steps.push({ packet, timeNs, from, to, ...words, kind, stream: conversation.id })
  }
  for (const event of conversation.events) {
    const words = messageWords(event)
    if (words !== null) add(event, event.direction, words, 'message')
  }
  addTcp(conversation, add)
  for (const note of conversation.icmp) {
    const router = parties.indexOf(note.from, 'router')
    const { packet, timeNs, family, type, code, mtu } = note
    const text = `ICMP: ${icmpName(family, type, code)}${mtu > 0 ? `, MTU ${mtu}` : ''}`
    steps.push({
      packet,
      timeNs,
      from: router,
      to: ends[note.direction],
      text,
      mood: 'bad',
      kind: 'tcp',
      stream: conversation.id,
    })
  }
}

type Add = (
  place: { readonly packet: number; readonly timeNs: number },
  direction: Direction,
  words: MessageWords,
  kind: LadderStep['kind'],
) => void

function addTcp({ tcp, server }: Conversation, add: Add): void {
  if (tcp === null) return
  if (tcp.synPacket > 0) {
    const times = tcp.syns > 1 ? ` (sent ${tcp.syns} times)` : ''
    const place = { packet: tcp.synPacket, timeNs: tcp.synNs }
    add(
      place,
      CLIENT,
      { text: `TCP SYN to port ${server.port}${times}`, mood: tcp.syns > 1 ? 'doubtful' : 'plain' },
      'tcp',
    )
  }
  if (tcp.synAckPacket > 0) {
    const rtt = tcp.initialRoundTripMs < 0 ? '' : ` (round trip ${tcp.initialRoundTripMs.toFixed(1)} ms)`
    add({ packet: tcp.synAckPacket, timeNs: tcp.synAckNs }, SERVER, { text: `TCP SYN+ACK${rtt}`, mood: 'good' }, 'tcp')
  }
  for (const run of runsOf(tcp.marks)) {
    const words = markWords(run)
    if (words !== null) add(run.mark, run.mark.direction, words, isLoss(run.mark) ? 'loss' : 'tcp')
  }
}

/** Marks of one kind and side, one behind the other. */
interface Run {
  readonly mark: TcpMark
  count: number
  lastNs: number
}

function runsOf(marks: readonly TcpMark[]): Run[] {
  const runs: Run[] = []
  for (const mark of marks) {
    const last = runs.at(-1)
    if (last !== undefined && last.mark.kind === mark.kind && last.mark.direction === mark.direction) {
      last.count++
      last.lastNs = mark.timeNs
    } else runs.push({ mark, count: 1, lastNs: mark.timeNs })
  }
  return runs
}

function isLoss({ kind }: TcpMark): boolean {
  return (
    kind === 'retransmission' || kind === 'fast-retransmission' || kind === 'lost-segment' || kind === 'acked-unseen'
  )
}

function markWords({ mark, count, lastNs }: Run): MessageWords | null {
  const span = count > 1 ? ` ${count} times within ${((lastNs - mark.timeNs) / NS_PER_MS).toFixed(0)} ms` : ''
  switch (mark.kind) {
    case 'fin':
      return { text: 'TCP FIN', mood: 'plain' }
    case 'reset':
      return { text: `TCP RST (TTL ${mark.ttl})`, mood: 'bad' }
    case 'retransmission':
    case 'fast-retransmission':
      return mark.needless ? null : { text: `${mark.length} bytes sent again${span}`, mood: 'doubtful' }
    case 'lost-segment':
      return { text: `a segment before this one is missing${span}`, mood: 'doubtful' }
    case 'acked-unseen':
      return { text: `acknowledges what the capture does not hold${span}`, mood: 'doubtful' }
    case 'zero-window':
      return { text: `window closed${span}`, mood: 'doubtful' }
    default:
      return null
  }
}

function serverRole({ events, server }: Conversation): PartyRole {
  for (const { fact } of events) {
    if (fact.kind === 'http-request' && fact.method === 'CONNECT') return 'proxy'
    if (fact.kind === 'socks-request') return 'proxy'
    if (fact.kind === 'rdg' || fact.kind === 'ts-proxy-call') return 'gateway'
    if (fact.kind === 'kerberos-request' || fact.kind === 'kerberos-error') return 'other'
  }
  return server.port === 53 ? 'resolver' : 'server'
}
