/**
 * Connections that end before anything was asked that a person wants: what monitors, load balancers and scanners make.
 * Each alone may as well be a person's: only the company that it keeps tells (see purpose.ts).
 */
import type { Conversation } from '../flow/conversation.ts'
import type { Event } from '../flow/event.ts'
import { CLIENT } from '../wire/dissector.ts'
import { isDead } from './outcome.ts'
import { isTls13 } from './record-sizes.ts'

export type Brief =
  /** SYNs that nobody answered with a SYN-ACK. */
  | 'dead'
  /** Made and left by the client without a byte: a TCP check. */
  | 'bare'
  /** The connection request was answered, and the client left at once. */
  | 'negotiation'
  /** The server's part of the TLS handshake came, and the client left at once. */
  | 'hello'

const NS_PER_SECOND = 1e9
/** A monitor leaves at once; who stays longer waits for something. */
const BARE_SECONDS = 3
/** A person at the prompt for credentials, or before a certificate, takes longer to say no. */
const LEAVES_SECONDS = 1
const RECORD_APPLICATION_DATA = 23
/** In TLS 1.3 the client's Finished and its farewell look like data. */
const SEALED_ENDS = 2

export function briefOf(conversation: Conversation): Brief | null {
  if (isDead(conversation)) return 'dead'
  if (isBareProbe(conversation)) return 'bare'
  const { tcp } = conversation
  if (tcp === null || tcp.synPacket === 0 || conversation.eventsLost > 0) return null
  const end = tcp.marks.find(mark => mark.kind === 'fin' || mark.kind === 'reset')
  if (end === undefined || end.direction !== CLIENT) return null
  const said = wordsOf(conversation.events)
  if (said === null || said.answer === null) return null
  return (end.timeNs - said.answer.timeNs) / NS_PER_SECOND <= LEAVES_SECONDS ? said.step : null
}

/** A connection that was made and left without a byte, as load balancers and monitors do all day. */
export function isBareProbe(conversation: Conversation): boolean {
  const { tcp } = conversation
  if (tcp === null || tcp.synAckPacket === 0) return false
  const [client, server] = tcp.sides
  if (client.bytes > 0 || server.bytes > 0) return false
  const end = tcp.marks.find(mark => mark.kind === 'fin' || mark.kind === 'reset')
  return end?.direction === CLIENT && (end.timeNs - tcp.synAckNs) / NS_PER_SECOND < BARE_SECONDS
}

interface Words {
  readonly step: 'negotiation' | 'hello'
  /** The server's last word to it. */
  readonly answer: Event | null
}

/** How far the two came; null when the client went on, or spoke something else. */
function wordsOf(events: readonly Event[]): Words | null {
  let step: Words['step'] | null = null
  let answer: Event | null = null
  let sealed = 0
  let sealedEnds = 0
  for (const event of events) {
    const fromClient = event.direction === CLIENT
    switch (event.fact.kind) {
      case 'negotiation-request':
        step ??= 'negotiation'
        break
      case 'negotiation-response':
      case 'negotiation-failure':
        answer = event
        break
      case 'client-hello':
        step = 'hello'
        answer = null
        break
      case 'server-hello':
        if (isTls13(event.fact.version)) sealedEnds = SEALED_ENDS
        if (step === 'hello') answer = event
        break
      case 'certificate':
      case 'handshake':
      case 'change-cipher-spec':
        if (!fromClient && step === 'hello') answer = event
        break
      case 'record':
        if (fromClient && event.fact.type === RECORD_APPLICATION_DATA && ++sealed > sealedEnds) return null
        if (!fromClient && step === 'hello') answer = event
        break
      case 'alert':
      case 'opaque':
        break
      default:
        return null
    }
  }
  return step === null ? null : { step, answer }
}
