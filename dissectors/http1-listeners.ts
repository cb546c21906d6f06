/**
 * Who listens to the bodies of HTTP/1 messages, and who speaks behind an Upgrade: the transports of RD Gateway and the KDC
 * proxy. MS-TSGU 3.3.5.1 (RDG_IN_DATA, RDG_OUT_DATA), MS-RPCH 2.1.2 (RPC_IN_DATA, RPC_OUT_DATA), MS-KKDCP 2.1.
 */
import type { Next } from '../src/wire/dissector.ts'
import type { HttpHead } from './http1-facts.ts'
import type { Headers } from './http1-headers.ts'

/** What a request says of the bodies of the exchange. Plain data. */
export interface Asked {
  readonly method: string
  /** The URI that it means; '' when nobody watches. */
  readonly uri: string
  /** The connection that IN and OUT channel of a gateway share; '' without. */
  readonly channel: string
  readonly purpose: '' | 'rdg' | 'rpc' | 'kdc'
  /** The protocol that it wants to change to, in lower case; '' without. */
  readonly upgrade: string
}

/** Echo requests of RPC over HTTP carry no more (MS-RPCH 2.1.2.1.1): not a channel. */
const LONGEST_ECHO = 0x10

export function askedBy(fact: HttpHead, headers: Headers, uri: string): Asked {
  const purpose = purposeOf(fact)
  const upgrade = headers.upgrades ? headers.upgrade : ''
  return { method: fact.method, uri, purpose, upgrade, channel: purpose === 'rdg' ? channelOf(fact) : '' }
}

function purposeOf({ method, target }: HttpHead): Asked['purpose'] {
  if (method.startsWith('RDG_')) return 'rdg'
  if (method.startsWith('RPC_')) return 'rpc'
  if (method === 'POST' && /\/KdcProxy\/?$/i.test(target)) return 'kdc'
  return /^\/remoteDesktopGateway/i.test(target) ? 'rdg' : ''
}

/** In its header, or (WebSocket clients that can set none) in the query. */
function channelOf({ headers, target }: HttpHead): string {
  const header = headers.find(([name]) => name === 'rdg-connection-id')?.[1]
  const id = header ?? /[?&]ConId=([^&]*)/i.exec(target)?.[1] ?? ''
  return id.replace(/[{}]|%7[bd]/gi, '').toLowerCase()
}

/** Who reads the body behind this head; null when it is passed over. */
export function listenerOf({ kind, method, status, length, framing }: HttpHead, asked: Asked): Next | null {
  const answers = kind === 'http-response'
  if (answers && status !== 200) return null
  if (framing !== 'chunked' && framing !== 'until-close' && length === 0) return null
  if (asked.purpose === 'rdg' && method === (answers ? 'RDG_OUT_DATA' : 'RDG_IN_DATA')) {
    return asked.channel === '' ? { protocol: 'rdg' } : { protocol: 'rdg', junction: `rdg ${asked.channel}` }
  }
  if (
    asked.purpose === 'rpc' &&
    (!answers || method === 'RPC_OUT_DATA') &&
    (framing !== 'length' || length > LONGEST_ECHO)
  ) {
    return { protocol: 'rpch' }
  }
  return asked.purpose === 'kdc' ? { protocol: 'kdc-proxy' } : null
}

/** Who speaks behind 101. */
export function upgraded(asked: Asked | undefined, headers: Headers): Next {
  const upgrade = headers.upgrade === '' ? (asked?.upgrade ?? '') : headers.upgrade
  if (upgrade === 'h2c') return { protocol: 'http2' }
  if (upgrade !== 'websocket') return { protocol: '' }
  const inside: Next = { protocol: 'rdg', hint: 'websocket' }
  return asked?.purpose === 'rdg' ? { protocol: 'websocket', inside } : { protocol: 'websocket' }
}
