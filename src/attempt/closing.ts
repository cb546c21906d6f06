/**
 * Who ended a connection, judged at the highest layer that can be read: an alert or close_notify comes before the FIN that
 * follows it, and a FIN or reset that only answers the other side's farewell is not a close of its own (RFC 8446 6.1,
 * RFC 9293 3.6).
 */
import type { Conversation, IcmpNote, TcpFacts, TcpMark } from '../flow/conversation.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, type Direction, opposite, SERVER } from '../wire/dissector.ts'
import type { Closing } from './attempt.ts'
import { checkSender } from './sender-check.ts'
import { beganBefore, type Sightings, type TlsSighting } from './sightings.ts'

/** How long a side may leave the other without the answer it waits for before that is silence, not a pause. */
const SILENCE_MS = 10_000
/** Resends of the same bytes that nobody acknowledged: with two doublings of the timer no round trip explains them. */
const SILENT_RESENDS = 3

/** The answer to a challenge ACK comes within a round trip. */
const CHALLENGE_MS = 2_000

const NS_PER_MS = 1e6
const ALERT_CLOSE_NOTIFY = 0
const FATAL = 2

export function closingOf(seen: Sightings, captureEndNs: number): Closing {
  const { conversation } = seen
  const alert = firstAlert(seen)
  const mark = firstEnd(conversation)
  if (alert !== null && (mark === null || alert.packet <= mark.packet)) return alert
  if (mark !== null) {
    return closing(mark.direction, mark.kind === 'fin' ? 'fin' : 'rst', mark.packet, mark.timeNs)
  }
  const icmp = unreachable(conversation)
  if (icmp !== null) return { side: 'network', how: 'icmp', packet: icmp.packet, timeNs: icmp.timeNs }
  return silence(seen, captureEndNs)
}

/** True when one of the sides ended it; false for a network's word, for silence and for the end of the capture. */
export function isClosed(closing: Closing): boolean {
  return closing.side === 'client' || closing.side === 'server'
}

/** ICMP that says that this connection's packets can not arrive: not the word about their size, which ends nothing. */
export function unreachable(conversation: Conversation): IcmpNote | null {
  for (const note of conversation.icmp) {
    const tooBig = note.family === 4 ? note.code === 4 : false
    const says = note.family === 4 ? note.type === 3 : note.type === 1
    if (says && !tooBig && note.direction === CLIENT) return note
  }
  return null
}

/**
 * The side sent the same data again and again and nobody acknowledged it. Probes of a window that the other side keeps
 * closed resend data as well: that side is there, it only does not read (RFC 9293 3.8.6.1).
 */
export function isStalled(tcp: TcpFacts, direction: Direction): boolean {
  const side = tcp.sides[direction]
  if (side.stalledResends < SILENT_RESENDS || side.stalledLength === 0 || side.unacknowledged === 0) return false
  const other = tcp.sides[opposite(direction)]
  return other.lastWindow > 0 || other.zeroWindows === 0
}

function closing(direction: Direction, how: Closing['how'], packet: number, timeNs: number): Closing {
  return { side: direction === CLIENT ? 'client' : 'server', how, packet, timeNs }
}

/** Of the TLS that ends with the connection: the outer one speaks for both where there are two. */
function firstAlert(seen: Sightings): Closing | null {
  const outer = seen.outer === null ? null : firstAlertOf(seen.outer)
  const inner = seen.inner === null ? null : firstAlertOf(seen.inner)
  if (outer === null || inner === null) return outer ?? inner
  return inner.packet <= outer.packet ? inner : outer
}

function firstAlertOf(tls: TlsSighting): Closing | null {
  const clear = tls.alerts.find(endsTls)
  const sealed = tls.sealedAlerts[0]
  if (sealed !== undefined && (clear === undefined || sealed.packet < clear.packet)) {
    return closing(sealed.direction, 'close-notify', sealed.packet, sealed.timeNs)
  }
  if (clear === undefined) return null
  const how = clear.fact.code === ALERT_CLOSE_NOTIFY ? 'close-notify' : 'alert'
  return closing(clear.direction, how, clear.packet, clear.timeNs)
}

/** A warning such as unrecognized_name ends nothing. */
function endsTls(alert: Event<FactOf<'alert'>>): boolean {
  return alert.fact.level === FATAL || alert.fact.code === ALERT_CLOSE_NOTIFY
}

/** The same with what its packet says of its sender. @param elsewhere see {@link checkSender}. */
export function withSender(closing: Closing, conversation: Conversation, elsewhere: readonly number[]): Closing {
  const { tcp } = conversation
  if (tcp === null || (closing.how !== 'fin' && closing.how !== 'rst')) return closing
  const mark = tcp.marks.find(one => one.packet === closing.packet && (one.kind === 'fin' || one.kind === 'reset'))
  if (mark === undefined) return closing
  const { side, how, packet, timeNs } = closing
  const { authenticity, signs, hops, whereabouts } = checkSender(tcp, mark, elsewhere)
  return { side, how, packet, timeNs, sender: { authenticity, signs, hops, whereabouts } }
}

/**
 * The first FIN, or reset that its receiver had to accept. A forged reset may miss, and still be the cause of the genuine
 * one right behind it: its twin hit the other end, which then answers with a reset.
 */
function firstEnd(conversation: Conversation): TcpMark | null {
  let stray: TcpMark | null = null
  for (const mark of conversation.tcp?.marks ?? []) {
    if (mark.kind === 'fin') return mark
    if (mark.kind !== 'reset') continue
    if (mark.inWindow) return stray !== null && isAnswered(stray, mark) ? stray : mark
    stray ??= mark
  }
  // Without the handshake the window is a guess: a reset with nothing behind it has ended the connection all the same.
  return stray !== null && stray.packet === conversation.lastPacket ? stray : null
}

/** The other side acknowledged the miss (a challenge ACK, RFC 5961 3.2), and the reset answers that. */
function isAnswered(stray: TcpMark, reset: TcpMark): boolean {
  return stray.direction === reset.direction && reset.timeNs - stray.timeNs <= CHALLENGE_MS * NS_PER_MS
}

function silence(seen: Sightings, captureEndNs: number): Closing {
  const { conversation } = seen
  const { tcp } = conversation
  const silent: Closing = {
    side: 'nobody',
    how: 'silence',
    packet: conversation.lastPacket,
    timeNs: conversation.lastNs,
  }
  const open: Closing = { ...silent, how: 'end-of-capture' }
  if (tcp === null) return open
  if (tcp.synPacket > 0 && tcp.synAckPacket === 0 && tcp.syns > 1) return { ...silent, packet: tcp.synPacket }
  for (const direction of [CLIENT, SERVER] as const) {
    if (!isStalled(tcp, direction)) continue
    const { stalledFirstPacket, stalledFirstNs } = tcp.sides[direction]
    return { ...silent, packet: stalledFirstPacket, timeNs: stalledFirstNs }
  }
  if (conversation.endedBy === 'idle') return silent
  // What came before the capture may have been a question that is not open any more: filtered files look like this.
  if (beganBefore(seen)) return open
  const [client, server] = tcp.sides
  const waits = client.lastDataPacket > server.lastDataPacket
  return waits && captureEndNs - client.lastDataNs >= SILENCE_MS * NS_PER_MS
    ? { ...silent, packet: client.lastDataPacket, timeNs: client.lastDataNs }
    : open
}
