/**
 * Which conversations can be part of an attempt to reach a desktop, told by content: on any port, and never for the mere
 * sake of a port when something else speaks there. Without keys a gateway looks like any web site, so that TLS counts
 * unless the client hello is a browser's (RD Gateway clients offer no ALPN).
 */
import type { Conversation } from '../flow/conversation.ts'
import type { Event, FactKind, FactOf } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { isBareProbe } from './brief.ts'
import { isDead } from './outcome.ts'
import { isGatewayRequest, isKdcProxyPath } from './sightings.ts'

export type Relevance =
  /** Part of an attempt. */
  | 'attempt'
  /** Part of one if the client tried nothing better: a web site's TLS, a SYN without an answer to another port. */
  | 'doubtful'
  /** Beside one: names or tickets are asked for over TCP. */
  | 'beside'
  | 'none'

const RDP_PORT = 3389
export const HTTPS_PORT = 443
/** RDP over TCP and UDP; 3391 is the gateway's UDP port (MS-TSGU 2.1). */
const RDP_PORTS: readonly number[] = [RDP_PORT, 3391]
/** 3390: RDP Shortpath for managed networks. */
const RDP_UDP_PORTS: readonly number[] = [RDP_PORT, 3390, 3391]
/** Other protocols over TLS by IANA's list: NNTPS, LDAPS, DoT, FTPS, IMAPS, POP3S, global catalogue, SIPS, XMPP, AMQPS, MQTTS. */
export const OTHER_TLS_PORTS: readonly number[] = [
  465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 3269, 5061, 5223, 5671, 8883,
]

export function relevanceOf(conversation: Conversation): Relevance {
  if (conversation.tcp === null) return 'none'
  const { port } = conversation.server
  if (isDead(conversation)) {
    if (isRdpPort(port)) return 'attempt'
    if (port === HTTPS_PORT) return 'doubtful'
    return port >= FIRST_USER_PORT && isRefusedOrRepeated(conversation) ? 'doubtful' : 'none'
  }
  const said = relevanceOfContent(conversation.events, port)
  if (said !== null) return said
  if (!isRdpPort(port)) return 'none'
  return isBareProbe(conversation) ? 'doubtful' : 'attempt'
}

/** RDP over UDP: by its ports, which also show it where nobody answers, or by what is said on others. */
export function isRdpUdp(conversation: Conversation): boolean {
  if (conversation.transport !== 'udp') return false
  if (RDP_UDP_PORTS.includes(conversation.server.port)) return true
  return conversation.events.some(({ fact }) => RDP_UDP_FACTS.has(fact.kind))
}

const RDP_UDP_FACTS: ReadonlySet<FactKind> = new Set(['rdpudp-syn', 'rdpudp-syn-ack', 'rdg-udp-request'])

export function isRdpPort(port: number): boolean {
  return RDP_PORTS.includes(port)
}

/** The client hello offers what only web browsers and web services speak. */
export function isWebHello(hello: FactOf<'client-hello'>): boolean {
  return hello.alpn.length > 0
}

/** Below are the well-known services (RFC 6335), which have nothing to do with a gateway or proxy on a port of its own. */
const FIRST_USER_PORT = 1024

/** One SYN and nothing else says nothing: it may be all that was recorded. */
function isRefusedOrRepeated(conversation: Conversation): boolean {
  const { tcp } = conversation
  if (tcp === null) return false
  return tcp.syns > 1 || conversation.icmp.length > 0 || tcp.marks.some(mark => mark.kind === 'reset')
}

function relevanceOfContent(events: readonly Event[], port: number): Relevance | null {
  let proxied = false
  let doubtful = false
  for (const { fact, direction } of events) {
    switch (fact.kind) {
      case 'negotiation-request':
      case 'negotiation-response':
      case 'negotiation-failure':
      case 'disconnect-provider-ultimatum':
        return 'attempt'
      case 'client-hello':
        if (isRdpPort(port)) return 'attempt'
        if (asksKdcProxy(events)) return 'beside'
        return isWebHello(fact) || OTHER_TLS_PORTS.includes(port) ? 'doubtful' : 'attempt'
      case 'server-hello':
      case 'record':
        return isRdpPort(port) ? 'attempt' : 'doubtful'
      case 'kerberos-request':
      case 'kerberos-reply':
      case 'kerberos-error':
      case 'kdc-proxy':
      case 'dns-query':
      case 'dns-response':
        return 'beside'
      case 'socks-request':
        if (isRdpPort(fact.port)) return 'attempt'
        if (fact.port === HTTPS_PORT) doubtful = true
        break
      case 'http-request':
        if (isGatewayRequest(fact)) return 'attempt'
        if (isKdcProxyPath(fact.target)) return 'beside'
        if (fact.method !== 'CONNECT' || !fact.target.includes(':')) return isRdpPort(port) ? 'attempt' : 'none'
        if (isBrowser(fact)) return 'doubtful'
        proxied = true
        break
      case 'unrecognised':
        // What the server says may still be the answer to a request of ours further on.
        if (direction === CLIENT) return isRdpPort(port) ? 'attempt' : 'none'
        break
      default:
    }
  }
  return proxied ? 'attempt' : doubtful ? 'doubtful' : null
}

/** Readable only with keys: the gateway's TLS carries both. */
function asksKdcProxy(events: readonly Event[]): boolean {
  let asks = false
  for (const { fact } of events) {
    if (fact.kind === 'kdc-proxy') asks = true
    else if (fact.kind === 'http-request') {
      if (isGatewayRequest(fact)) return false
      if (isKdcProxyPath(fact.target)) asks = true
    }
  }
  return asks
}

function isBrowser(request: FactOf<'http-request'>): boolean {
  return request.headers.some(([name, value]) => name === 'user-agent' && value.startsWith('Mozilla/'))
}

/** True when the server's side holds payload or ended what the client began. */
export function isAlive(conversation: Conversation): boolean {
  return (conversation.tcp?.sides[SERVER].bytes ?? 0) > 0
}
