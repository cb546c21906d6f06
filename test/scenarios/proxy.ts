/** Causes 12 and 38: proxies on the way, and the service of Azure Virtual Desktop. RFC 9110 9.3.6, RFC 1928. */
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { Connection } from './language/connection.ts'
import { frame, GATEWAY, head, WebSocketTunnel } from './language/gateway.ts'
import { RemoteDesktop } from './language/rdp.ts'
import { HEALTHY, scenario } from './language/scenario.ts'
import { certificateFor, noise, Tls } from './language/tls.ts'
import { type Host, pc, sessionHost, type Wire } from './language/wire.ts'

const PROXY: Host = sessionHost({
  name: 'proxy.corp.example',
  address: '10.20.9.3',
  hardware: 3,
  system: 'linux',
  hops: 1,
})
const TO_GATEWAY = 'gw.corp.example:443'

function asksProxy(wire: Wire, port = 3128): Connection {
  const client = pc()
  wire.tapAt(client)
  return new Connection(wire, client, PROXY, { port, rttMs: 2 }).opens()
}

function connects(tcp: Connection, ...more: readonly string[]): void {
  const about = ['User-Agent: MS-RDGateway/1.0', 'Proxy-Connection: Keep-Alive']
  tcp.client.says(head(`CONNECT ${TO_GATEWAY} HTTP/1.1`, `Host: ${TO_GATEWAY}`, ...about, ...more))
}

export const forbidden = scenario({
  name: 'proxy: CONNECT is forbidden (403)',
  story: wire => {
    const tcp = asksProxy(wire)
    connects(tcp)
    tcp.server.says(head('HTTP/1.1 403 Forbidden', 'Server: squid/5.7', 'Content-Length: 0', 'Connection: close'))
    tcp.closes(SERVER)
  },
  withKeys: { outcome: 'failed', finds: { 'proxy-connect-refused': 'confirmed' } },
})

export const authenticated = scenario({
  name: 'proxy: CONNECT is asked to authenticate (407), does, and the session works',
  story: wire => {
    const tcp = asksProxy(wire)
    connects(tcp)
    tcp.server.says(
      head('HTTP/1.1 407 Proxy Authentication Required', 'Proxy-Authenticate: Basic realm="corp"', 'Content-Length: 0'),
    )
    connects(tcp, 'Proxy-Authorization: Basic bWFyaWE6c2VjcmV0')
    tcp.server.says(head('HTTP/1.1 200 Connection established'))
    const tunnel = new WebSocketTunnel(wire, tcp.sides[CLIENT].host, GATEWAY, tcp).upgrades().tunnels()
    new RemoteDesktop(tunnel, wire).connects().works(3).isEndedByServer()
    tunnel.leaves()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
  withoutKeys: { outcome: 'any' },
})

/** The proxy's own leg to the gateway, recorded on the proxy together with the client's. */
function bothLegs(wire: Wire): { near: Connection; far: Connection } {
  wire.tapAt(PROXY)
  const near = new Connection(wire, pc(), PROXY, { port: 3128, rttMs: 3 }).opens()
  connects(near)
  return { near, far: new Connection(wire, PROXY, GATEWAY, { port: 443, rttMs: 24 }) }
}

export const silentBehindProxy = scenario({
  name: 'proxy, recorded on it: the gateway does not answer its SYNs, and the client gets 504',
  story: wire => {
    const { near, far } = bothLegs(wire)
    far.knocks(1, 2, 4, 8)
    wire.pause(15)
    near.server.says(head('HTTP/1.1 504 Gateway Timeout', 'Content-Length: 0', 'Connection: close'))
    near.closes(SERVER)
  },
  withKeys: {
    outcome: 'any',
    finds: { 'tcp-connect-unanswered': ['confirmed', 'likely'] },
    first: 'tcp-connect-unanswered',
    mayAlso: ['proxy-connect-refused'],
  },
})

export const bothLegsWork = scenario({
  name: 'proxy, recorded on it: both legs, and a session that works',
  story: wire => {
    const { near, far } = bothLegs(wire)
    far.opens()
    near.server.says(head('HTTP/1.1 200 Connection established'))
    const relay = { near, far }
    const tunnel = new WebSocketTunnel(wire, near.sides[CLIENT].host, GATEWAY, relayed(relay)).upgrades().tunnels()
    new RemoteDesktop(tunnel, wire).connects().works(3).isEndedByServer()
    tunnel.leaves()
    near.resets(CLIENT)
    far.resets(CLIENT)
  },
  withKeys: { outcome: 'any' },
})

/** What one leg says the proxy says on the other. */
function relayed({ near, far }: { readonly near: Connection; readonly far: Connection }): Connection {
  const { carries } = near
  near.carries = (from, said, manner) => {
    if (from === SERVER) far.carries(from, said)
    const sent = carries.call(near, from, said, manner)
    if (from === CLIENT) far.carries(from, said)
    return sent
  }
  return near
}

const SOCKS_HELLO = bytes('05 01 00')
const SOCKS_CHOICE = bytes('05 00')
const SOCKS_REQUEST = concat(bytes('05 01 00 03 13'), bytes('"rdsh01.corp.example" 0d3d'))

function asksSocks(wire: Wire, reply: number): Connection {
  const tcp = asksProxy(wire, 1080)
  tcp.client.says(SOCKS_HELLO)
  tcp.server.says(SOCKS_CHOICE)
  tcp.client.says(SOCKS_REQUEST)
  tcp.server.says(concat(Uint8Array.of(5, reply, 0, 1), new Uint8Array(6)))
  return tcp
}

const socksReplies: readonly (readonly [code: number, what: string])[] = [
  [2, 'its rules forbid it'],
  [5, 'the server refused it'],
]

export const socksRefusals = socksReplies.map(([code, what]) =>
  scenario({
    name: `proxy, SOCKS 5: the connection is refused, ${what} (${code})`,
    story: wire => {
      asksSocks(wire, code).closes(SERVER)
    },
    withKeys: { outcome: 'failed', finds: { 'proxy-connect-refused': 'confirmed' } },
  }),
)

export const socksGranted = scenario({
  name: 'proxy, SOCKS 5: a session that works through it',
  story: wire => {
    const tcp = asksSocks(wire, 0)
    new RemoteDesktop(tcp, wire).connects().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

/** TLS to the service of Azure Virtual Desktop; what is said within is not read. */
function asksService(wire: Wire, name: string, alpn?: readonly string[]): { tcp: Connection; tls: Tls } {
  const client = pc({ address: '192.168.178.31', hardware: 0x31 })
  const service = sessionHost({ name, address: '20.31.108.18', hardware: 0x12, hops: 14 })
  wire.tapAt(client)
  const tcp = new Connection(wire, client, service, { port: 443, rttMs: 19 }).opens()
  const certificate = certificateFor('*.wvd.microsoft.com', wire, { issuer: 'Microsoft Azure RSA TLS Issuing CA 03' })
  const tls = new Tls(tcp, wire, { name, certificate, ...(alpn === undefined ? {} : { alpn }) }).handshakes()
  return { tcp, tls }
}

const SERVICE = 'rdgateway-c101-weu-r1.wvd.microsoft.com'

function upgrades(tls: Tls): void {
  const about = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`]
  tls.client.says(head('GET /api/arm/v2/connections HTTP/1.1', `Host: ${SERVICE}`, ...about, TOKEN))
  tls.server.says(head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', ACCEPT))
}

export const serviceCloses = scenario({
  name: 'AVD: the service takes the request, and closes the connection a second later',
  story: wire => {
    const { tcp, tls } = asksService(wire, SERVICE)
    upgrades(tls)
    tls.client.says(frame(0x82, noise(wire, 400), true))
    wire.pause(1)
    tls.alerts(SERVER, 0)
    tcp.finishes(SERVER)
    tcp.acknowledges(CLIENT).resets(CLIENT)
  },
  withKeys: {
    outcome: 'any',
    finds: { 'avd-service-closed': ['confirmed', 'likely', 'possible'] },
    mayGuess: ['session-aborted-by-server', 'gateway-closed'],
  },
  withoutKeys: {
    outcome: 'any',
    finds: { 'avd-service-closed': ['likely', 'possible'] },
    mayGuess: ['session-aborted-by-server', 'gateway-closed'],
  },
})
const KEY = 'q83vEjRWeJCrze8SNFZ4kA=='
const ACCEPT = 'Sec-WebSocket-Accept: dVvKpTz3x5dxmXtKAdoKJqjTuJM='
const TOKEN = `Authorization: Bearer ${'eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9'.repeat(20)}`

export const feed = scenario({
  name: 'AVD: the feed is fetched, and its server closes behind the answer',
  story: wire => {
    const { tcp, tls } = asksService(wire, 'rdweb.wvd.microsoft.com', ['http/1.1'])
    tls.client.says(head('GET /api/arm/feeddiscovery HTTP/1.1', 'Host: rdweb.wvd.microsoft.com', 'Accept: */*', TOKEN))
    const page = new Uint8Array(3100).fill(0x20)
    tls.server.says(concat(head('HTTP/1.1 200 OK', `Content-Length: ${page.length}`, 'Connection: close'), page))
    tls.alerts(SERVER, 0)
    tcp.closes(SERVER)
  },
  withKeys: { outcome: 'any' },
})

export const recorderStops = scenario({
  name: 'AVD: the recorder stops while the service has yet to answer',
  story: wire => {
    const { tls } = asksService(wire, SERVICE)
    upgrades(tls)
    tls.client.says(frame(0x82, noise(wire, 400), true))
  },
  withKeys: { outcome: 'any', finds: { 'avd-service-closed': 'not-visible' } },
})

export const desktop = scenario({
  name: 'AVD: a desktop through the service, which the user closes',
  story: wire => {
    const { tcp, tls } = asksService(wire, SERVICE)
    upgrades(tls)
    for (let round = 0; round < 60; round++) {
      tls.client.says(frame(0x82, noise(wire, 120), true))
      tls.server.says(frame(0x82, noise(wire, 900), false))
      wire.pause(0.5)
    }
    tls.alerts(CLIENT, 0)
    tcp.closes(CLIENT)
  },
  withKeys: { outcome: 'any' },
})
