/**
 * The steps that an attempt passed, and the one at which it ended (MS-RDPBCGR 1.3.1.1, MS-TSGU 1.3.3). Only steps that
 * lie on its way are listed; behind the failed one only those that encryption may hide.
 */
import type { Conversation } from '../flow/conversation.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import type { Closing, Lookup, Milestone, MilestoneId, Outcome, Transport } from './attempt.ts'
import { hasFailed } from './lookups.ts'
import { type Examined, isAnswered } from './outcome.ts'
import type { Place } from './place.ts'
import type { SealedTunnel } from './sealed-gateway.ts'
import { innermostTls, type Sightings, type TlsSighting, tlsDone } from './sightings.ts'

const PROTOCOL_HYBRID = 0x02
const PROTOCOL_HYBRID_EX = 0x08

export interface MilestoneSources {
  readonly explained: Examined | null
  /** All connections of the attempt, for what the partners of a gateway show. */
  readonly examined: readonly Examined[]
  /** What the sizes of a gateway's records tell; null where they tell nothing, or more could be read. */
  readonly sealed: SealedTunnel | null
  readonly udp: readonly Conversation[]
  readonly lookups: readonly Lookup[]
  readonly transport: Transport
  readonly outcome: Outcome
  readonly closing: Closing
}

export function milestonesOf(sources: MilestoneSources): readonly Milestone[] {
  const { explained, lookups, udp } = sources
  const found: Milestone[] = []
  if (lookups.length > 0) found.push(dns(lookups))
  if (explained !== null) connection(found, sources, explained)
  if (udp.length > 0) found.push(udpStep(udp))
  return found
}

/** A step of the connection: the packet that shows it (0: none does), or null when it was not passed. */
interface Step {
  readonly id: MilestoneId
  readonly packet: number | null
  readonly inferred: boolean
  /** It could have been passed unseen. */
  readonly hidden: boolean
}

function connection(found: Milestone[], sources: MilestoneSources, explained: Examined): void {
  const steps = withTunnel(stepsOf(sources, explained), sources.sealed)
  let furthest = steps.length - 1
  while (furthest >= 0 && steps[furthest]?.packet === null) furthest--
  const failed = sources.outcome === 'failed'
  for (const [at, step] of steps.entries()) {
    if (step.packet !== null) found.push(milestone(step.id, 'reached', step.packet, step.inferred))
    // What lies before a step that was passed was passed as well; but not every session has a logon of its own.
    else if (at < furthest && !(step.hidden && step.id === 'nla')) found.push(milestone(step.id, 'reached', 0, true))
    else if (step.hidden) found.push(milestone(step.id, 'not-visible', 0, false))
    else {
      if (failed) found.push(milestone(step.id, 'failed', refusal(explained) ?? sources.closing.packet, false))
      break
    }
  }
}

/** Steps that could not be read, as the sizes of a gateway's records tell them. */
function withTunnel(steps: readonly Step[], tunnel: SealedTunnel | null): readonly Step[] {
  if (tunnel === null) return steps
  const { http, channel, x224, security, session } = tunnel
  const places: Partial<Record<MilestoneId, Place | null>> = {
    'gateway-http': http,
    'gateway-tunnel': tunnel.tunnel,
    'gateway-channel': channel,
    x224,
    security,
    nla: session?.logon ?? null,
    mcs: session?.mcs ?? null,
    licence: session?.licence ?? null,
    active: session?.active ?? null,
  }
  // Sizes show all of the opening: what lies before it and is no logon is nothing.
  const known = session === null || session.logon !== null ? steps : steps.filter(({ id }) => id !== 'nla')
  return known.map(step => {
    const place = step.packet === null ? (places[step.id] ?? null) : null
    return place === null ? step : { ...step, packet: place.packet, inferred: true }
  })
}

function stepsOf(sources: MilestoneSources, explained: Examined): Step[] {
  const { seen, session, active } = explained
  const steps: Step[] = [step('tcp', tcpPacket(seen.conversation))]
  if (seen.proxy !== null) steps.push(step('proxy', seen.proxy.granted ? (seen.proxy.answer?.packet ?? 0) : null))
  const gateway = sources.transport.startsWith('gateway')
  if (gateway) gatewaySteps(steps, sources, explained)
  else if (seen.outer !== null) steps.push(step('tls', tlsPacket(seen.outer)))
  // Behind the TLS of a gateway or of an unknown service nothing can be read; it may have been passed all the same.
  const hidden = seen.request === null && seen.confirm === null && (gateway || isSealed(seen))
  const x224 = seen.confirm?.packet ?? null
  steps.push({ id: 'x224', packet: x224, inferred: false, hidden })
  const selected = seen.confirm?.fact.selected ?? 0
  if (seen.inner !== null || selected !== 0 || hidden) {
    steps.push({ id: 'security', packet: securityPacket(seen), inferred: false, hidden })
  }
  const sealed = hidden || isUnread(seen, session)
  if (hidden || (selected & (PROTOCOL_HYBRID | PROTOCOL_HYBRID_EX)) !== 0) {
    steps.push(readStep('nla', seen.logon, session?.logon ?? null, sealed))
  }
  steps.push(readStep('mcs', seen.mcs, session?.mcs ?? null, sealed))
  steps.push(readStep('licence', seen.licence, session?.licence ?? null, sealed))
  steps.push(readStep('active', seen.active, active, sealed))
  return steps
}

/** What came behind the negotiation is encrypted and its sizes do not tell, or it is standard security, which may encrypt. */
function isUnread(seen: Sightings, session: Examined['session']): boolean {
  if (seen.inner === null) return seen.plain[CLIENT] !== null
  if (seen.readable && !seen.gaps) return false
  return securityPacket(seen) !== null && session?.exact !== true
}

function gatewaySteps(steps: Step[], sources: MilestoneSources, explained: Examined): void {
  const { seen } = explained
  if (seen.outer !== null || seen.gatewayRequest === null) {
    steps.push(step('tls', tlsPacket(seen.outer)))
  }
  const clear = sources.examined.find(one => one.seen.gatewayRequest !== null)
  const status = seen.gatewayAnswer?.fact.status ?? 0
  const granted = status > 0 && status < 300 ? (seen.gatewayAnswer?.packet ?? 0) : null
  // A client that never asked, or was never answered, was not let in.
  const sealed = clear === undefined && seen.outer !== null && isAnswered(seen.outer)
  steps.push({ id: 'gateway-http', packet: granted, inferred: false, hidden: sealed })
  const tunnel = firstPacket(sources.examined, one => one.seen.tunnel)
  const channel = firstPacket(sources.examined, one => one.seen.channel)
  const hidden = (granted !== null || sealed) && tunnel === null && !isDenied(sources.examined)
  steps.push({ id: 'gateway-tunnel', packet: tunnel, inferred: false, hidden })
  steps.push({ id: 'gateway-channel', packet: channel, inferred: false, hidden })
}

function firstPacket(examined: readonly Examined[], of: (one: Examined) => Place | null): number | null {
  for (const one of examined) {
    const place = of(one)
    if (place !== null) return place.packet
  }
  return null
}

function isDenied(examined: readonly Examined[]): boolean {
  return examined.some(one => one.seen.denied !== null)
}

/** The packet in which the other side says no, where there is one: the close only follows it. */
function refusal({ seen }: Examined): number | null {
  const status = seen.gatewayAnswer?.fact.status ?? 0
  if (seen.failure !== null) return seen.failure.packet
  if (seen.denied !== null) return seen.denied.packet
  if (seen.proxy !== null && seen.proxy.answer !== null && seen.outer === null) return seen.proxy.answer.packet
  if (status >= 300) return seen.gatewayAnswer?.packet ?? null
  if (seen.confirm === null) return seen.foreign?.packet ?? null
  return seen.refusal?.packet ?? seen.errorInfo?.packet ?? null
}

/** TLS came so far that what follows can not be read. */
function isSealed(seen: Sightings): boolean {
  const tls = innermostTls(seen)
  return tls !== null && (tlsDone(tls) !== null || tls.records.length > 0)
}

function securityPacket(seen: Sightings): number | null {
  return tlsPacket(seen.inner)
}

/** Application data shows a handshake that the capture does not hold. */
function tlsPacket(tls: TlsSighting | null): number | null {
  if (tls === null) return null
  const done = tlsDone(tls)
  return done === null && tls.records.length > 0 ? 0 : (done?.packet ?? null)
}

function tcpPacket(conversation: Conversation): number | null {
  const { tcp } = conversation
  if (tcp === null) return null
  if (tcp.ackPacket > 0) return tcp.ackPacket
  const [client, server] = tcp.sides
  if (tcp.synAckPacket > 0) return client.firstDataPacket > 0 ? client.firstDataPacket : tcp.synAckPacket
  // The capture began later: data from the server shows that there was a connection.
  return server.bytes > 0 ? 0 : null
}

function dns(lookups: readonly Lookup[]): Milestone {
  const good = lookups.find(lookup => !hasFailed(lookup) && lookup.addresses.length > 0)
  if (good !== undefined) return milestone('dns', 'reached', good.answerPacket, false)
  const last = lookups.at(-1) as Lookup
  return milestone('dns', 'failed', last.answerPacket > 0 ? last.answerPacket : last.lastQueryPacket, false)
}

function udpStep(udp: readonly Conversation[]): Milestone {
  const answered = udp.find(conversation => conversation.packets[CLIENT] > 0 && conversation.packets[SERVER] > 0)
  if (answered !== undefined) return milestone('udp', 'reached', answered.firstPacket, false)
  return milestone('udp', 'failed', udp[0]?.lastPacket ?? 0, false)
}

function step(id: MilestoneId, packet: number | null): Step {
  return { id, packet, inferred: false, hidden: false }
}

/** Read where it can be, otherwise told from sizes. */
function readStep(id: MilestoneId, read: Place | null, inferred: Place | null, hidden: boolean): Step {
  if (read !== null) return step(id, read.packet)
  return { id, packet: inferred?.packet ?? null, inferred: true, hidden }
}

function milestone(id: MilestoneId, state: Milestone['state'], packet: number, inferred: boolean): Milestone {
  return inferred ? { id, state, packet, inferred } : { id, state, packet }
}
