/** How an attempt reaches the desktop, and the name it dials: told by content, by the port only where there is none. */
import type { Lookup, Transport } from './attempt.ts'
import type { Examined } from './outcome.ts'
import { HTTPS_PORT, isRdpPort, isWebHello, OTHER_TLS_PORTS } from './relevance.ts'
import type { Sightings } from './sightings.ts'

const SWITCHING_PROTOCOLS = 101

/** @param explained first: what it shows counts before what its partners show. */
export function transportOf(explained: Sightings, examined: readonly Examined[]): Transport {
  for (const { seen } of examined) {
    if (seen.gatewayRequest === null) continue
    if (examined.some(one => one.seen.gatewayAnswer?.fact.status === SWITCHING_PROTOCOLS)) return 'gateway-websocket'
    return seen.gatewayRequest.fact.method.startsWith('RPC_') ? 'gateway-rpc' : 'gateway-http'
  }
  if (explained.request !== null || explained.confirm !== null || explained.failure !== null) return 'direct'
  const { port } = explained.conversation.server
  if (isRdpPort(port)) return 'direct'
  if (explained.proxy !== null && explained.outer === null) return proxied(explained.proxy.target)
  const hello = explained.outer?.clientHello
  if (hello != null) return isWebHello(hello.fact) || OTHER_TLS_PORTS.includes(port) ? 'unknown' : 'gateway-tls'
  return port === HTTPS_PORT ? 'gateway-tls' : 'unknown'
}

/** The name in SNI, CONNECT or Host, as the client gave it; otherwise a name that DNS gave for this address. */
export function serverNameOf(seen: Sightings, lookups: readonly Lookup[]): string {
  // Of TLS in TLS the outer one is the gateway's, which is the server that was dialled.
  const hello = seen.outer?.clientHello ?? seen.inner?.clientHello
  if (hello != null && hello.fact.serverName !== '') return hello.fact.serverName
  if (seen.proxy !== null && seen.proxy.target !== '') return withoutPort(seen.proxy.target)
  const host = seen.gatewayRequest?.fact.headers.find(([name]) => name === 'host')
  if (host !== undefined) return withoutPort(host[1])
  const { address } = seen.conversation.server
  return lookups.find(lookup => lookup.addresses.includes(address))?.name ?? ''
}

function proxied(target: string): Transport {
  return isRdpPort(Number(target.slice(target.lastIndexOf(':') + 1))) ? 'direct' : 'gateway-tls'
}

/** 'gw.example:443' and '[2001:db8::1]:443' without the port and the brackets. */
function withoutPort(authority: string): string {
  if (authority.startsWith('[')) return authority.slice(1, authority.indexOf(']'))
  const colon = authority.lastIndexOf(':')
  return colon === -1 ? authority : authority.slice(0, colon)
}
