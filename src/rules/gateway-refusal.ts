/** What the gateway said no with in its own packets, and what it said yes to. MS-TSGU 2.2.10, 2.2.6, 3.3.5.1. */
import type { Attempt } from '../attempt/attempt.ts'
import { gatewayResults } from '../codes/rdg-hresults.ts'
import { CHANNEL_RESPONSE, rdgAnswers, rdgPacketTypes } from '../codes/rdg-names.ts'
import { written } from '../codes/table.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { exchangesOf } from './gateway-exchanges.ts'
import { ENCRYPTED_GATEWAY, NOT_A_GATEWAY } from './gateway-words.ts'
import { rememberLast } from './remember.ts'
import type { Evidence, Verdict } from './rule.ts'

type Packet = Event<FactOf<'rdg'>>

export interface GatewayTalk {
  /** Packets of either side, in order; empty where none can be read. */
  readonly packets: readonly Packet[]
  /** The first answer with an error in it. */
  readonly refusal: Packet | null
  /** What the client had asked for: the packet before the refusal. */
  readonly asked: Packet | null
  /** The answer by which the channel to the target was opened. */
  readonly channel: Packet | null
}

export const gatewayTalkOf: (attempt: Attempt) => GatewayTalk = rememberLast(attempt => {
  const packets = attempt.all('rdg').sort((a, b) => a.packet - b.packet)
  const isAnswer = ({ direction, fact }: Packet) => direction === SERVER && rdgAnswers.has(fact.type)
  const refusal = packets.find(packet => isAnswer(packet) && packet.fact.code > 0) ?? null
  const asked =
    refusal === null
      ? null
      : packets.findLast(packet => packet.direction === CLIENT && packet.packet <= refusal.packet && packet !== refusal)
  const channel = packets.find(one => isAnswer(one) && one.fact.type === CHANNEL_RESPONSE && one.fact.code === 0)
  return { packets, refusal, asked: asked ?? null, channel: channel ?? null }
})

/** The same result travels as HRESULT and as bare Windows error: only the lower half counts. */
export function resultOf({ fact }: Packet): number {
  return fact.code & 0xffff
}

/** What a rule about refusals answers where there is none. */
export function withoutRefusal(attempt: Attempt, opened: Verdict, unread: Verdict): Verdict {
  if (gatewayTalkOf(attempt).channel !== null) return opened
  if (attempt.transport === 'gateway-tls') return ENCRYPTED_GATEWAY
  return exchangesOf(attempt).length === 0 ? NOT_A_GATEWAY : unread
}

/** The answer as evidence. */
export function refused(refusal: Packet): Evidence {
  return [refusal, `The gateway answers ${packetName(refusal)} with ${resultText(refusal)}.`]
}

/** `TUNNEL_AUTH_RESPONSE`. */
export function packetName({ fact }: Packet): string {
  return rdgPacketTypes.get(fact.type) ?? `packet of type 0x${fact.type.toString(16)}`
}

/** `E_PROXY_RAP_ACCESSDENIED (0x800759DA): the resource authorization policy (RAP) forbids the target`. */
export function resultText(packet: Packet): string {
  const { code } = packet.fact
  const known =
    gatewayResults.byValue.get(code) ?? gatewayResults.codes.find(one => (one.value & 0xffff) === resultOf(packet))
  const number = written(gatewayResults, code)
  return known === undefined ? `result ${number}` : `${known.symbol} (${number}): ${known.meaning}`
}
