/**
 * What the connection to explain shows, taken in one pass over its events: who said what first, how far TLS came, and
 * who left first. All rules look at the same picture, so that their answers fit together.
 *
 * Who left first is judged at the highest readable layer: an alert or close_notify comes before the FIN that follows it.
 */
import type { DisconnectProvider } from '../../dissectors/mcs.ts'
import type { NegotiationFailure, NegotiationRequest, NegotiationResponse } from '../../dissectors/rdp-negotiation.ts'
import type { Certificate, ClientHello, ServerHello } from '../../dissectors/tls-facts.ts'
import type { X224Refusal } from '../../dissectors/x224.ts'
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import type { Conversation, TcpFacts, TcpMark } from '../flow/conversation.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'
import { rememberLast } from './remember.ts'
import { isMissing } from './unseen.ts'

/** Encrypted records of one side behind its handshake: application data, as far as sizes tell. */
export interface SealedRecord extends Place {
  /** Without the record header. */
  readonly length: number
  readonly direction: Direction
}

/** Who ended the connection first, and with what. */
export interface Leaving extends Place {
  readonly side: Direction
  /** 'sealed-alert': an encrypted alert, or a record of an alert's size where the type is encrypted too. */
  readonly how: 'alert' | 'close-notify' | 'sealed-alert' | 'ultimatum' | 'fin' | 'rst'
  /** Of an alert that can be read; otherwise -1. */
  readonly code: number
}

export interface Picture {
  readonly connection: Conversation | null
  readonly tcp: TcpFacts | null
  /** The TCP handshake was answered, as far as the capture shows: by a SYN-ACK, or because a side went on. */
  readonly connected: boolean
  /** What this side said is not all in the capture (see unseen.ts). */
  readonly unseen: readonly [client: boolean, server: boolean]

  readonly request: Event<NegotiationRequest> | null
  readonly confirm: Event<NegotiationResponse> | null
  readonly failure: Event<NegotiationFailure> | null
  readonly disconnect: Event<X224Refusal> | null
  readonly ultimatum: Event<DisconnectProvider> | null

  readonly connectRequest: Event<FactOf<'http-request'>> | null
  /** The last answer to a CONNECT. */
  readonly connectResponse: Event<FactOf<'http-response'>> | null

  readonly clientHello: Event<ClientHello> | null
  /** Not a HelloRetryRequest. */
  readonly serverHello: Event<ServerHello> | null
  readonly helloRetry: Event<ServerHello> | null
  readonly certificate: Event<Certificate> | null
  /** The first record of the server's flight behind its hello that shows that the flight came through. */
  readonly serverFlight: Place | null
  /** The client's side of the handshake is done: its Finished, or the record that must be it. */
  readonly clientFinished: Place | null
  readonly serverFinished: Place | null
  /** Fatal alerts and farewells, in clear or decrypted. */
  readonly clientAlert: Event<FactOf<'alert'>> | null
  readonly serverAlert: Event<FactOf<'alert'>> | null
  /** Application data behind the handshake, in packet order; the alert-sized last record of a TLS 1.3 side is not among them. */
  readonly sealed: readonly SealedRecord[]
  readonly clientApplication: SealedRecord | null

  /** The first thing that each side said that somebody understood, or that nobody did. */
  readonly firstFromClient: Event | null
  readonly firstFromServer: Event | null
  readonly leaving: Leaving | null
}

/** Of a record that holds an alert alone in TLS 1.3: level, code, content type, tag of 16 bytes. */
const ALERT_RECORD_LENGTH = 19
const TLS_1_3 = 0x0304
const HANDSHAKE_SERVER_HELLO_DONE = 14
const RECORD_ALERT = 21
const RECORD_HANDSHAKE = 22
const RECORD_APPLICATION = 23
const CLOSE_NOTIFY = 0
const LEVEL_FATAL = 2
/** Records of a TLS 1.3 Finished alone: 4 + 32 or 48 bytes of HMAC, content type, tag. */
const FINISHED_SHA256 = 53
const FINISHED_SHA384 = 69

/** The picture of the connection to explain. */
export const pictureOf: (attempt: Attempt) => Picture = rememberLast(attempt => look(attempt.explained))

type Draft = { -readonly [K in keyof Picture]: Picture[K] } & { sealed: SealedRecord[]; unseen: [boolean, boolean] }

function look(connection: Conversation | null): Picture {
  const draft = blank(connection)
  if (connection === null) return draft
  const sealedAlerts: SealedRecord[] = []
  const records = innermostTls(connection.events)
  const messages = `${records}/tls-handshake`
  for (const event of connection.events) {
    const isOtherTls =
      records !== '' && event.path !== records && event.path !== messages && OF_TLS.has(event.fact.kind)
    if (!isOtherTls) note(draft, event, sealedAlerts)
  }
  if (draft.sealed.length > 0) settleTls13(draft, sealedAlerts)
  draft.leaving = firstLeaving(draft, sealedAlerts)
  return draft
}

/**
 * Where TLS lies in TLS and both can be read, the inner one is the one that the session depends on: the path of its
 * records; '' without a hello. Handshake messages lie one layer above.
 */
function innermostTls(events: readonly Event[]): string {
  let path = ''
  for (const event of events) {
    const isHello = event.fact.kind === 'client-hello' || event.fact.kind === 'server-hello'
    if (isHello && event.path !== path && depthOf(event.path) > depthOf(path)) path = event.path
  }
  return path.replace(/\/tls-handshake$/, '')
}

function depthOf(path: string): number {
  return path.split('/').length
}

const OF_TLS: ReadonlySet<string> = new Set([
  'client-hello',
  'server-hello',
  'certificate',
  'handshake',
  'change-cipher-spec',
  'alert',
  'record',
])

function blank(connection: Conversation | null): Draft {
  const tcp = connection?.tcp ?? null
  const connected =
    tcp !== null &&
    (tcp.synAckPacket > 0 || tcp.ackPacket > 0 || tcp.sides[CLIENT].segments > 0 || tcp.sides[SERVER].segments > 0)
  return {
    connection,
    tcp,
    connected,
    unseen: connection === null ? [false, false] : [isMissing(connection, CLIENT), isMissing(connection, SERVER)],
    request: null,
    confirm: null,
    failure: null,
    disconnect: null,
    ultimatum: null,
    connectRequest: null,
    connectResponse: null,
    clientHello: null,
    serverHello: null,
    helloRetry: null,
    certificate: null,
    serverFlight: null,
    clientFinished: null,
    serverFinished: null,
    clientAlert: null,
    serverAlert: null,
    sealed: [],
    clientApplication: null,
    firstFromClient: null,
    firstFromServer: null,
    leaving: null,
  }
}

function note(draft: Draft, event: Event, sealedAlerts: SealedRecord[]): void {
  const { fact } = event
  const fromClient = event.direction === CLIENT
  if (fact.kind !== 'opaque' && fact.kind !== 'stream-gap') {
    if (fromClient) draft.firstFromClient ??= event
    else draft.firstFromServer ??= event
  }
  switch (fact.kind) {
    case 'stream-gap':
      draft.unseen[event.direction] = true
      break
    case 'negotiation-request':
      draft.request ??= event as Event<NegotiationRequest>
      break
    case 'negotiation-response':
      draft.confirm ??= event as Event<NegotiationResponse>
      break
    case 'negotiation-failure':
      draft.failure ??= event as Event<NegotiationFailure>
      break
    case 'x224-disconnect':
      draft.disconnect ??= event as Event<X224Refusal>
      break
    case 'disconnect-provider-ultimatum':
      draft.ultimatum ??= event as Event<DisconnectProvider>
      break
    case 'http-request':
      if (fact.method === 'CONNECT') draft.connectRequest ??= event as Event<FactOf<'http-request'>>
      break
    case 'http-response':
      if (fact.method === 'CONNECT') draft.connectResponse = event as Event<FactOf<'http-response'>>
      break
    case 'client-hello':
      if (fromClient) draft.clientHello ??= event as Event<ClientHello>
      break
    case 'server-hello':
      if (fact.retry) draft.helloRetry ??= event as Event<ServerHello>
      else draft.serverHello ??= event as Event<ServerHello>
      break
    case 'certificate':
      if (!fromClient && fact.chain.length > 0) {
        draft.certificate ??= event as Event<Certificate>
        draft.serverFlight ??= event
      }
      break
    case 'handshake':
      if (fact.type === HANDSHAKE_SERVER_HELLO_DONE && !fromClient) draft.serverFlight ??= event
      if (fact.type === -1) noteFinished(draft, event)
      break
    case 'alert':
      // Its code is known where it is in clear, or was decrypted.
      if (fact.code < 0) sealedAlerts.push(sealedRecord(event, fact.length))
      else if (fact.level === LEVEL_FATAL || fact.code === CLOSE_NOTIFY) {
        if (fromClient) draft.clientAlert ??= event as Event<FactOf<'alert'>>
        else draft.serverAlert ??= event as Event<FactOf<'alert'>>
      }
      break
    case 'record':
      if (fact.type === RECORD_HANDSHAKE) noteFinished(draft, event)
      else if (fact.type === RECORD_ALERT) sealedAlerts.push(sealedRecord(event, fact.length))
      else if (fact.type === RECORD_APPLICATION) draft.sealed.push(sealedRecord(event, fact.length))
      break
    default:
  }
}

function noteFinished(draft: Draft, event: Event): void {
  if (event.direction === CLIENT) draft.clientFinished ??= event
  else {
    draft.serverFinished ??= event
    draft.serverFlight ??= event
  }
}

function sealedRecord(event: Event, length: number): SealedRecord {
  return { packet: event.packet, timeNs: event.timeNs, length, direction: event.direction }
}

/**
 * TLS 1.3 writes "application data" over everything: the server's flight, both Finished, tickets and alerts. Sizes and
 * order tell them apart: what the server sends before the client's first record is its flight, the client's first
 * record is its Finished, and a side's last record of 19 bytes an alert.
 */
function settleTls13(draft: Draft, sealedAlerts: SealedRecord[]): void {
  if (draft.serverHello?.fact.version !== TLS_1_3) {
    draft.clientApplication = draft.sealed.find(record => record.direction === CLIENT) ?? null
    return
  }
  const application: SealedRecord[] = []
  for (let at = 0; at < draft.sealed.length; at++) {
    const record = draft.sealed[at] as SealedRecord
    if (record.length === ALERT_RECORD_LENGTH && isLastOfItsSide(draft.sealed, at)) sealedAlerts.push(record)
    else if (record.direction === CLIENT && draft.clientFinished === null && isFinished(record)) {
      draft.clientFinished = record
    } else if (record.direction === SERVER && draft.clientFinished === null) {
      draft.serverFlight ??= record
      draft.serverFinished = record
    } else application.push(record)
  }
  draft.sealed = application
  draft.clientApplication = application.find(record => record.direction === CLIENT) ?? null
}

function isFinished(record: SealedRecord): boolean {
  return record.length === FINISHED_SHA256 || record.length === FINISHED_SHA384
}

function isLastOfItsSide(records: readonly SealedRecord[], at: number): boolean {
  const { direction } = records[at] as SealedRecord
  for (let later = at + 1; later < records.length; later++) if (records[later]?.direction === direction) return false
  return true
}

function firstLeaving(draft: Draft, sealedAlerts: readonly SealedRecord[]): Leaving | null {
  let first: Leaving | null = null
  for (const event of [draft.clientAlert, draft.serverAlert]) {
    if (event === null) continue
    const how = event.fact.code === CLOSE_NOTIFY ? 'close-notify' : 'alert'
    first = earlier(first, event, event.direction, how, event.fact.code)
  }
  for (const record of sealedAlerts) first = earlier(first, record, record.direction, 'sealed-alert', -1)
  if (draft.ultimatum !== null) first = earlier(first, draft.ultimatum, draft.ultimatum.direction, 'ultimatum', -1)
  const mark = firstClose(draft.tcp)
  if (mark !== null) first = earlier(first, mark, mark.direction, mark.kind === 'fin' ? 'fin' : 'rst', -1)
  return first
}

function earlier(
  first: Leaving | null,
  place: Place,
  side: Direction,
  how: Leaving['how'],
  code: number,
): Leaving | null {
  if (first !== null && first.packet <= place.packet) return first
  return { packet: place.packet, timeNs: place.timeNs, side, how, code }
}

function firstClose(tcp: TcpFacts | null): TcpMark | null {
  for (const mark of tcp?.marks ?? []) if (mark.kind === 'fin' || mark.kind === 'reset') return mark
  return null
}
