/**
 * Where on the way a connection was recorded, told from its own packets: the time to live says how many routers a packet
 * has passed (senders begin with 64, 128 or 255), and the halves of the TCP handshake say how far each end is. RFC 791
 * section 3.2, RFC 9293 section 3.5. A hint, never proof: tunnels and proxies begin anew.
 */
import type { Conversation, TcpFacts, TcpSide } from '../flow/conversation.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { hopsOf } from './hops.ts'

export interface CapturePoint {
  /** 'client' and 'server': on that host, or in its network. */
  readonly at: 'client' | 'server' | 'middle' | 'unknown'
  /** What tells it, as a clause; '' when unknown. */
  readonly because: string
}

const UNKNOWN_POINT: CapturePoint = { at: 'unknown', because: '' }

/** Shorter handshakes are a matter of the hosts, not of the path. */
const LEAST_ROUND_TRIP_NS = 1e6
/** This share of the round trip or more lies on one side of the capture point: the other end is near. */
const NEAR_SHARE = 0.8

export function capturePointOf(conversation: Conversation | null): CapturePoint {
  const tcp = conversation?.tcp ?? null
  if (tcp === null) return UNKNOWN_POINT
  const routed = byHops(tcp)
  const timed = byTiming(tcp)
  if (routed === null || timed === null) return routed ?? timed ?? UNKNOWN_POINT
  if (routed.at === timed.at) return { at: routed.at, because: `${routed.because}, and ${timed.because}` }
  // Behind some routers, but close by them: nearer than half-way.
  if (routed.at === 'middle') return { at: 'middle', because: `${routed.because}, and ${timed.because}` }
  // In one's own network a host answers slowly, or a proxy near by answers for another: no end is sure.
  return timed.at === 'middle' ? routed : UNKNOWN_POINT
}

function byHops(tcp: TcpFacts): CapturePoint | null {
  const client = hopsOfSide(tcp.sides[CLIENT])
  const server = hopsOfSide(tcp.sides[SERVER])
  if (client < 0 || server < 0 || client + server === 0) return null
  if (client === 0)
    return { at: 'client', because: `packets of the client have passed no router, those of the server ${server}` }
  if (server === 0)
    return { at: 'server', because: `packets of the server have passed no router, those of the client ${client}` }
  return {
    at: 'middle',
    because: `packets of the client have passed ${routers(client)}, those of the server ${server}`,
  }
}

/** Routers that its packets have passed; -1 when they do not say. */
function hopsOfSide({ packets, ttlLeast, ttlMost, copiesHopped }: TcpSide): number {
  // Several paths, several senders or several points of capture: no single number.
  if (packets === 0 || copiesHopped || ttlLeast !== ttlMost) return -1
  return hopsOf(ttlMost)
}

function byTiming({
  synPacket,
  synNs,
  synAckPacket,
  synAckNs,
  ackPacket,
  ackNs,
  syns,
  synAcks,
}: TcpFacts): CapturePoint | null {
  if (synPacket === 0 || synAckPacket === 0 || ackPacket === 0 || syns !== 1 || synAcks !== 1) return null
  const toServerNs = synAckNs - synNs
  const toClientNs = ackNs - synAckNs
  const wholeNs = toServerNs + toClientNs
  if (toServerNs < 0 || toClientNs < 0 || wholeNs < LEAST_ROUND_TRIP_NS) return null
  const because = `the server answered the SYN after ${ms(toServerNs)} and the client the SYN-ACK after ${ms(toClientNs)}`
  if (toServerNs >= NEAR_SHARE * wholeNs) return { at: 'client', because }
  return { at: toClientNs >= NEAR_SHARE * wholeNs ? 'server' : 'middle', because }
}

function routers(hops: number): string {
  return hops === 1 ? '1 router' : `${hops} routers`
}

function ms(ns: number): string {
  const value = ns / 1e6
  if (value < 0.1) return 'less than 0.1 ms'
  return value < 10 ? `${Math.round(value * 10) / 10} ms` : `${Math.round(value)} ms`
}
