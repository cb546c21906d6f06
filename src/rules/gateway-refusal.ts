/**
 * What the gateway said no with in its own packets or in the results of its calls (RPC over HTTP), what it said yes to, and with
 * which result it closed a channel. MS-TSGU 2.2.6, 2.2.10, 3.2.6, 3.3.5.1.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { SealedTunnel } from '../attempt/sealed-gateway.ts'
import { gatewayResults } from '../codes/rdg-hresults.ts'
import {
  CHANNEL_RESPONSE,
  CLOSE_CHANNEL,
  EXTENDED_AUTH,
  isRefusal,
  rdgAnswers,
  rdgPacketTypes,
} from '../codes/rdg-names.ts'
import { written } from '../codes/table.ts'
import { CREATE_CHANNEL, SETUP_RECEIVE_PIPE, tsProxyAnswers, tsProxyCalls } from '../codes/ts-proxy.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { exchangesOf } from './gateway-exchanges.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { rememberLast } from './remember.ts'
import type { Evidence, Verdict } from './rule.ts'

type Packet = Event<FactOf<'rdg'>>

/** A packet, a result of a call, or a fault, with the result in it. */
export interface GatewayAnswer {
  readonly event: Event
  /** `CHANNEL_RESPONSE`, `TsProxyCreateChannel`, `an RPC fault`. */
  readonly name: string
  readonly result: number
}

export interface GatewayTalk {
  /** Packets of either side, in order; empty where none can be read. */
  readonly packets: readonly Packet[]
  /** The first answer with an error in it. */
  readonly refusal: GatewayAnswer | null
  /** What the client had asked for: the packet or call before the refusal. */
  readonly asked: { readonly event: Event; readonly name: string } | null
  /** The answer by which the channel to the target was opened. */
  readonly channel: Event | null
  /** The gateway closed the channel with a result, which may be that of an orderly end. */
  readonly closed: GatewayAnswer | null
}

export const gatewayTalkOf: (attempt: Attempt) => GatewayTalk = rememberLast(look)

function look(attempt: Attempt): GatewayTalk {
  const packets = attempt.all('rdg').sort(byPacket)
  const results = attempt.all('ts-proxy-result').sort(byPacket)
  const faults = attempt.all('dcerpc-fault').sort(byPacket)
  const channel =
    packets.find(one => isAnswer(one) && one.fact.type === CHANNEL_RESPONSE && one.fact.code === 0) ??
    results.find(({ fact }) => fact.call === CREATE_CHANNEL && fact.result === 0) ??
    null
  const refusal = firstRefusal(packets, results, faults, channel)
  return { packets, refusal, asked: askedBefore(attempt, packets, refusal), channel, closed: closeOf(packets, results) }
}

function byPacket(a: Event, b: Event): number {
  return a.packet - b.packet
}

function isAnswer({ direction, fact }: Packet): boolean {
  return direction === SERVER && rdgAnswers.has(fact.type)
}

function firstRefusal(
  packets: readonly Packet[],
  results: readonly Event<FactOf<'ts-proxy-result'>>[],
  faults: readonly Event<FactOf<'dcerpc-fault'>>[],
  channel: Event | null,
): GatewayAnswer | null {
  const packet = packets.find(one => isAnswer(one) && isRefusal(one.fact.code))
  if (packet !== undefined) return { event: packet, name: packetName(packet), result: packet.fact.code }
  const call = results.find(({ fact }) => tsProxyAnswers.has(fact.call) && isRefusal(fact.result))
  if (call !== undefined) return { event: call, name: callName(call.fact.call), result: call.fact.result }
  // Behind the channel calls are cancelled in the ordinary course of things.
  const fault = faults.find(({ packet: at, fact }) => fact.status > 0 && (channel === null || at < channel.packet))
  return fault === undefined ? null : { event: fault, name: 'an RPC fault', result: fault.fact.status }
}

function askedBefore(
  attempt: Attempt,
  packets: readonly Packet[],
  refusal: GatewayAnswer | null,
): GatewayTalk['asked'] {
  if (refusal === null) return null
  const { packet: at } = refusal.event
  const packet = packets.findLast(one => one.direction === CLIENT && one.packet <= at)
  if (packet !== undefined) return { event: packet, name: packetName(packet) }
  const call = attempt.all('ts-proxy-call').findLast(one => one.packet <= at)
  return call === undefined ? null : { event: call, name: callName(call.fact.call) }
}

/** CLOSE_CHANNEL of the gateway; over RPC the receive pipe ends with the same results. */
function closeOf(
  packets: readonly Packet[],
  results: readonly Event<FactOf<'ts-proxy-result'>>[],
): GatewayAnswer | null {
  const close = packets.find(({ fact }) => fact.type === CLOSE_CHANNEL)
  if (close !== undefined) {
    // Who closes first has ended it.
    return close.direction === SERVER ? { event: close, name: packetName(close), result: close.fact.code } : null
  }
  const pipe = results.find(({ fact }) => fact.call === SETUP_RECEIVE_PIPE && fact.result >= 0)
  return pipe === undefined ? null : { event: pipe, name: callName(SETUP_RECEIVE_PIPE), result: pipe.fact.result }
}

/** The same result travels as HRESULT and as bare Windows error: only the lower half counts. */
export function resultOf({ result }: GatewayAnswer): number {
  return result & 0xffff
}

/** A round of NTLM inside the gateway's packets: what it refuses are credentials, not a policy. */
export function isOfExtendedAuth({ event: { fact } }: GatewayAnswer): boolean {
  return fact.kind === 'rdg' && fact.type === EXTENDED_AUTH
}

/** What a rule about refusals answers where there is none. */
export function withoutRefusal(attempt: Attempt, opened: Verdict, unread: Verdict): Verdict {
  if (gatewayTalkOf(attempt).channel !== null) return opened
  if (attempt.transport === 'gateway-tls') return ENCRYPTED_GATEWAY
  return exchangesOf(attempt).length === 0 ? NOT_A_GATEWAY : unread
}

/**
 * The gateway answered, encrypted, and the client did not go on behind it: perhaps a refusal, of which sizes show the step
 * alone. Null where it went on, where nobody left, or where sizes tell nothing.
 */
export function sealedStopOf({ sealedTunnel, outcome, closing }: Attempt): SealedTunnel['stopped'] {
  const left = closing.side === 'client' || closing.side === 'server'
  return outcome === 'established' || !left ? null : (sealedTunnel?.stopped ?? null)
}

/** The answer as evidence. */
export function refused(refusal: GatewayAnswer): Evidence {
  return [refusal.event, `The gateway answers ${refusal.name} with ${resultText(refusal)}.`]
}

function packetName({ fact }: Packet): string {
  return rdgPacketTypes.get(fact.type) ?? `packet of type 0x${fact.type.toString(16)}`
}

function callName(call: number): string {
  return tsProxyCalls.get(call) ?? `call ${call}`
}

/** `E_PROXY_RAP_ACCESSDENIED (0x800759DA): the resource authorization policy (RAP) forbids the target`. */
export function resultText(answer: GatewayAnswer): string {
  const { result } = answer
  const known =
    gatewayResults.byValue.get(result) ?? gatewayResults.codes.find(one => (one.value & 0xffff) === resultOf(answer))
  const number = written(gatewayResults, result)
  return known === undefined ? `result ${number}` : `${known.symbol} (${number}): ${known.meaning}`
}
