/**
 * What one conversation shows of the protocols on the way to a session, found in one pass over its events: the grouping,
 * the milestones and the outcome all look at this.
 *
 * Which TLS is meant follows from order, not from ports: TLS behind a negotiation is the session's own security, TLS
 * without one is the outer one of a gateway or a web site (MS-RDPBCGR 1.3.1.1, MS-TSGU 1.3.2).
 */
import { CHANNEL_RESPONSE, isRefusal, rdgAnswers, TUNNEL_AUTH_RESPONSE } from '../codes/rdg-names.ts'
import { AUTHORIZE_TUNNEL, CREATE_CHANNEL, tsProxyAnswers } from '../codes/ts-proxy.ts'
import type { Conversation } from '../flow/conversation.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'
import { isTls13 } from './record-sizes.ts'

const RECORD_ALERT = 21
const RECORD_HANDSHAKE = 22
const RECORD_APPLICATION_DATA = 23
/** Level, code, content type and a tag of 16 bytes: an alert alone in a TLS 1.3 record. */
const ALERT_RECORD_LENGTH = 19

/** One TLS connection, as far as it is readable without keys. */
export interface TlsSighting {
  clientHello: Event<FactOf<'client-hello'>> | null
  /** Not a HelloRetryRequest. */
  serverHello: Event<FactOf<'server-hello'>> | null
  certificate: Event<FactOf<'certificate'>> | null
  /** First sealed handshake message a side; in TLS 1.3 the client's first sealed record, which must be its Finished. */
  readonly finished: [Event | null, Event | null]
  /** All sealed records, as they came: {@link sightingsOf} sorts them out. */
  readonly sealed: Event<FactOf<'record'>>[]
  /** Application data in the order of the streams; the alert-sized record that ends a side of TLS 1.3 is not among them. */
  readonly records: Event<FactOf<'record'>>[]
  /** Alerts that can not be read, by type or by size. */
  readonly sealedAlerts: Event[]
  /** Alerts in clear, or decrypted. */
  readonly alerts: Event<FactOf<'alert'>>[]
}

/** A proxy on the way: HTTP CONNECT (RFC 9110 9.3.6) or SOCKS (RFC 1928). */
export interface ProxySighting {
  /** The first word to it, or of it. */
  readonly request: Event
  /** What the client asks a tunnel to: `host:port`; '' before it asks. */
  target: string
  /** The last answer, and whether it opens the tunnel: null while it does not say. */
  answer: Event | null
  granted: boolean | null
}

export interface Sightings {
  readonly conversation: Conversation
  request: Event<FactOf<'negotiation-request'>> | null
  confirm: Event<FactOf<'negotiation-response'>> | null
  failure: Event<FactOf<'negotiation-failure'>> | null
  x224Refusal: Event<FactOf<'x224-disconnect'>> | null
  ultimatum: Event<FactOf<'disconnect-provider-ultimatum'>> | null
  /** Read, not inferred: MCS is connected, and the session is active (Font Map). */
  mcs: Event<FactOf<'mcs-connect-response'>> | null
  active: Event<FactOf<'session-active'>> | null
  /** CredSSP has accepted the user: the server proved that it knows the logon, or the client entrusted its credentials to it. */
  logon: Event | null
  /** The server let the client go on without a licence, or gave it one. */
  licence: Event<FactOf<'license-message'>> | null
  /** The server says no, behind TLS or standard security, to the user or the connection; without Set Error Info. */
  refusal: Event | null
  /** The last Set Error Info PDU that tells an error. */
  errorInfo: Event<FactOf<'error-info'>> | null
  /** The server sent the client elsewhere. */
  redirection: Event<FactOf<'redirection'>> | null
  /** Something of the logon or the session behind the negotiated TLS could be read. */
  readable: boolean
  /** RDP in clear behind the negotiation: the first packet a side. */
  readonly plain: [Event | null, Event | null]
  outer: TlsSighting | null
  inner: TlsSighting | null
  proxy: ProxySighting | null
  /** The last request to the gateway in clear, and the last answer to any. */
  gatewayRequest: Event<FactOf<'http-request'>> | null
  gatewayAnswer: Event<FactOf<'http-response'>> | null
  /** Gateway packets, or results of its calls, by which tunnel and channel were granted, and the first that refused. */
  tunnel: Event | null
  channel: Event | null
  denied: Event | null
  /** The client's first packet to the gateway, and the gateway's first one. */
  readonly said: [Event | null, Event | null]
  /** What the server said in a protocol that nobody knows. */
  foreign: Event<FactOf<'unrecognised'>> | null
  /** Bytes are missing in some layer, or a layer became unreadable for another reason than missing keys. */
  gaps: boolean
}

export function sightingsOf(conversation: Conversation): Sightings {
  const seen: Sightings = {
    conversation,
    request: null,
    confirm: null,
    failure: null,
    x224Refusal: null,
    ultimatum: null,
    mcs: null,
    active: null,
    logon: null,
    licence: null,
    refusal: null,
    errorInfo: null,
    redirection: null,
    readable: false,
    plain: [null, null],
    outer: null,
    inner: null,
    proxy: null,
    gatewayRequest: null,
    gatewayAnswer: null,
    tunnel: null,
    channel: null,
    denied: null,
    said: [null, null],
    foreign: null,
    gaps: false,
  }
  for (const event of conversation.events) take(seen, event)
  if (seen.outer !== null) settle(seen.outer)
  if (seen.inner !== null) settle(seen.inner)
  return seen
}

/**
 * Puts each side into the order of its stream, which is not that of the packets when segments overtook one another, and
 * the sides together by the packet up to which each of them was complete.
 */
function inStreamOrder<E extends Event>(events: readonly E[]): readonly E[] {
  if (isInOrder(events)) return events
  const placed: { readonly event: E; readonly packet: number }[] = []
  for (const direction of [CLIENT, SERVER] as const) {
    let packet = 0
    for (const event of events.filter(one => one.direction === direction).sort((a, b) => a.at - b.at)) {
      packet = Math.max(packet, event.packet)
      placed.push({ event, packet })
    }
  }
  return placed.sort((a, b) => a.packet - b.packet).map(one => one.event)
}

/** The capture holds neither the handshake nor the first words: what came before is not known. */
export function beganBefore(seen: Sightings): boolean {
  const { tcp } = seen.conversation
  if (tcp === null || tcp.synPacket > 0 || tcp.synAckPacket > 0) return false
  return (
    seen.request === null && seen.proxy === null && seen.gatewayRequest === null && !innermostTls(seen)?.clientHello
  )
}

/** The TLS that carries the session or the gateway, whichever came last. */
export function innermostTls(seen: Sightings): TlsSighting | null {
  return seen.inner ?? seen.outer
}

function speaksTls13(tls: TlsSighting): boolean {
  return isTls13(tls.serverHello?.fact.version ?? 0)
}

/** The event by which both sides have finished the TLS handshake; null before. */
export function tlsDone(tls: TlsSighting): Event | null {
  const [client, server] = tls.finished
  if (speaksTls13(tls)) return client
  if (client === null || server === null) return null
  return client.packet > server.packet ? client : server
}

/** A request of the Remote Desktop Gateway protocols, told by method or path (MS-TSGU 2.2.3, MS-RPCH 2.1.2.1). */
export function isGatewayRequest(fact: FactOf<'http-request'>): boolean {
  const { method, target } = fact
  if (method.startsWith('RDG_') || method.startsWith('RPC_')) return true
  const path = target.toLowerCase()
  return path.includes('/remotedesktopgateway') || path.includes('/rpcproxy.dll')
}

function take(seen: Sightings, event: Event): void {
  const { fact } = event
  switch (fact.kind) {
    case 'negotiation-request':
      seen.request ??= event as Event<typeof fact>
      break
    case 'negotiation-response':
      seen.confirm ??= event as Event<typeof fact>
      break
    case 'negotiation-failure':
      seen.failure ??= event as Event<typeof fact>
      break
    case 'x224-disconnect':
      seen.x224Refusal ??= event as Event<typeof fact>
      break
    case 'disconnect-provider-ultimatum':
      seen.ultimatum ??= event as Event<typeof fact>
      break
    case 'mcs-connect-response':
      if (fact.result === 0) seen.mcs ??= event as Event<typeof fact>
      else seen.refusal ??= event
      break
    case 'session-active':
      seen.active ??= event as Event<typeof fact>
      break
    case 'rdp-data':
      seen.plain[event.direction] ??= event
      seen.readable ||= seen.inner !== null
      break
    case 'credssp':
    case 'early-user-authorization':
    case 'rdstls-response':
    case 'rdsaad-result':
    case 'license-message':
    case 'mcs-refusal':
    case 'error-info':
    case 'redirection':
      takeLogon(seen, event)
      break
    case 'client-hello':
      tlsFor(seen, event).clientHello ??= event as Event<typeof fact>
      break
    case 'server-hello':
      if (!fact.retry) tlsFor(seen, event).serverHello ??= event as Event<typeof fact>
      break
    case 'certificate':
      tlsFor(seen, event).certificate ??= event as Event<typeof fact>
      break
    case 'record':
      tlsFor(seen, event).sealed.push(event as Event<typeof fact>)
      break
    case 'alert':
      if (fact.code < 0) tlsFor(seen, event).sealedAlerts.push(event)
      else tlsFor(seen, event).alerts.push(event as Event<typeof fact>)
      break
    case 'http-request':
      if (fact.method === 'CONNECT') askProxy(seen, event, fact.target)
      else if (isGatewayRequest(fact)) seen.gatewayRequest = event as Event<typeof fact>
      break
    case 'http-response':
      if (fact.method === 'CONNECT' || (seen.proxy !== null && seen.gatewayRequest === null)) {
        answerOfProxy(seen, event, fact.status < 200 ? null : fact.status < 300)
      } else if (!isKdcProxyPath(fact.target)) seen.gatewayAnswer = event as Event<typeof fact>
      break
    case 'socks-request':
      askProxy(seen, event, authority(fact.host, fact.port))
      break
    case 'socks-method':
    case 'socks-logon':
      answerOfProxy(seen, event, fact.granted ? null : false)
      break
    case 'socks-reply':
      answerOfProxy(seen, event, fact.granted)
      break
    case 'rdg':
      takeGatewayPacket(seen, event as Event<typeof fact>)
      break
    case 'ts-proxy-result':
      takeGatewayCall(seen, event as Event<typeof fact>)
      break
    case 'unrecognised':
      if (event.direction === SERVER) seen.foreign ??= event as Event<typeof fact>
      break
    case 'stream-gap':
    case 'malformed':
      seen.gaps = true
      break
    default:
  }
}

/** Where clients ask a Kerberos server through HTTPS (MS-KKDCP 2.1): beside the gateway, on the same host. */
export function isKdcProxyPath(target: string): boolean {
  return /^(?:https?:\/\/[^/]*)?\/kdcproxy\b/i.test(target)
}

/** `gw.example:443`, `[2001:db8::1]:443`. */
function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function askProxy(seen: Sightings, request: Event, target: string): void {
  seen.proxy ??= { request, target, answer: null, granted: null }
  if (seen.proxy.target === '') seen.proxy.target = target
}

function answerOfProxy(seen: Sightings, answer: Event, granted: boolean | null): void {
  seen.proxy ??= { request: answer, target: '', answer: null, granted: null }
  seen.proxy.answer = answer
  seen.proxy.granted = granted
}

/** What is said between TLS and the active session: MS-CSSP 3.1.5, MS-RDPBCGR 2.2.1.12, 2.2.5.1, 2.2.10.2, 2.2.17, 2.2.18. */
function takeLogon(seen: Sightings, event: Event): void {
  const { fact, direction } = event
  seen.readable = true
  switch (fact.kind) {
    case 'credssp':
      if (direction === SERVER && fact.errorCode !== 0) seen.refusal ??= event
      else if (isAccepted(fact, direction)) seen.logon ??= event
      break
    case 'early-user-authorization':
      if (fact.result !== 0 && fact.complete) refuse(seen, event)
      else seen.logon ??= event
      break
    case 'rdstls-response':
    case 'rdsaad-result':
      if (fact.result !== 0 && fact.complete) refuse(seen, event)
      break
    case 'license-message':
      if (isLicensed(fact)) seen.licence ??= event as Event<typeof fact>
      else if (fact.type === LICENCE_ERROR && fact.transition === ST_TOTAL_ABORT) seen.refusal ??= event
      break
    case 'mcs-refusal':
      if (fact.step === 'attach-user') seen.refusal ??= event
      break
    case 'error-info':
      if (fact.code !== 0) seen.errorInfo = event as Event<typeof fact>
      break
    case 'redirection':
      if ((fact.flags & LB_NOREDIRECT) === 0) seen.redirection ??= event as Event<typeof fact>
      break
    default:
  }
}

/** The user was known, but may not log on here: the logon has not succeeded. */
function refuse(seen: Sightings, event: Event): void {
  seen.refusal ??= event
  seen.logon = null
}

/** The server answers the proof of the public key only to a user whom it accepted; the client checks that before it goes on. */
function isAccepted(fact: FactOf<'credssp'>, direction: Direction): boolean {
  return direction === SERVER ? fact.publicKeyBytes > 0 : fact.hasAuthInfo
}

const LICENCE_NEW = 0x03
const LICENCE_UPGRADE = 0x04
const LICENCE_ERROR = 0xff
const STATUS_VALID_CLIENT = 7
const ST_TOTAL_ABORT = 1
const LB_NOREDIRECT = 0x80

function isLicensed({ type, code }: FactOf<'license-message'>): boolean {
  return type === LICENCE_NEW || type === LICENCE_UPGRADE || (type === LICENCE_ERROR && code === STATUS_VALID_CLIENT)
}

/** MS-TSGU 2.2.10: only answers carry a result, and it is zero where the gateway agrees. */
function takeGatewayPacket(seen: Sightings, event: Event<FactOf<'rdg'>>): void {
  const { type, code } = event.fact
  seen.said[event.direction] ??= event
  if (event.direction !== SERVER || !rdgAnswers.has(type)) return
  if (isRefusal(code)) seen.denied ??= event
  else if (code === 0 && type === TUNNEL_AUTH_RESPONSE) seen.tunnel ??= event
  else if (code === 0 && type === CHANNEL_RESPONSE) seen.channel ??= event
}

/** The same by RPC over HTTP: MS-TSGU 3.2.6. */
function takeGatewayCall(seen: Sightings, event: Event<FactOf<'ts-proxy-result'>>): void {
  const { call, result } = event.fact
  if (!tsProxyAnswers.has(call)) return
  if (isRefusal(result)) seen.denied ??= event
  else if (result === 0 && call === AUTHORIZE_TUNNEL) seen.tunnel ??= event
  else if (result === 0 && call === CREATE_CHANNEL) seen.channel ??= event
}

/** TLS behind a negotiation is the inner one; that inside which the negotiation was read is not behind it. */
function tlsFor(seen: Sightings, { path }: Event): TlsSighting {
  const negotiation = seen.request ?? seen.confirm
  if (negotiation !== null && !carries(path, negotiation.path)) {
    seen.inner ??= newTls()
    return seen.inner
  }
  seen.outer ??= newTls()
  return seen.outer
}

/** Was what has the second path read inside the TLS of the first? Its messages lie one layer above its records. */
function carries(tls: string, path: string): boolean {
  if (tls.startsWith(path)) return false
  return path.startsWith(`${tls.replace(/\/tls-handshake$/, '')}/`)
}

function newTls(): TlsSighting {
  return {
    clientHello: null,
    serverHello: null,
    certificate: null,
    finished: [null, null],
    sealed: [],
    records: [],
    sealedAlerts: [],
    alerts: [],
  }
}

function isInOrder(events: readonly Event[]): boolean {
  let client = -1
  let server = -1
  for (const { direction, at } of events) {
    if (at < (direction === CLIENT ? client : server)) return false
    if (direction === CLIENT) client = at
    else server = at
  }
  return true
}

function settle(tls: TlsSighting): void {
  if (tls.sealed.length === 0) return
  for (const record of inStreamOrder(tls.sealed)) takeRecord(tls, record)
  settleAlerts(tls)
}

function takeRecord(tls: TlsSighting, event: Event<FactOf<'record'>>): void {
  const { type } = event.fact
  if (type === RECORD_ALERT) tls.sealedAlerts.push(event)
  else if (type === RECORD_HANDSHAKE) tls.finished[event.direction] ??= event
  else if (type === RECORD_APPLICATION_DATA) {
    if (!speaksTls13(tls) || tls.finished[CLIENT] !== null) tls.records.push(event)
    else if (event.direction === CLIENT && event.fact.length !== ALERT_RECORD_LENGTH) tls.finished[CLIENT] = event
    else if (event.direction === CLIENT) tls.sealedAlerts.push(event)
    else tls.finished[SERVER] ??= event
  }
}

/** In TLS 1.3 an alert looks like application data: the record of its size that a side sent last is taken for one. */
function settleAlerts(tls: TlsSighting): void {
  if (!speaksTls13(tls)) return
  for (const direction of [CLIENT, SERVER] as const) {
    const last = lastOf(tls.records, direction)
    if (last === -1) continue
    const record = tls.records[last] as Event<FactOf<'record'>>
    if (record.fact.length !== ALERT_RECORD_LENGTH) continue
    tls.sealedAlerts.push(record)
    tls.records.splice(last, 1)
  }
  tls.sealedAlerts.sort((a, b) => a.packet - b.packet)
}

function lastOf(records: readonly Event[], direction: Direction): number {
  for (let at = records.length - 1; at >= 0; at--) if (records[at]?.direction === direction) return at
  return -1
}
