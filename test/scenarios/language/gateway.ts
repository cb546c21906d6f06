/**
 * RD Gateway in its three forms: WebSocket, two HTTP channels, RPC over HTTP. A tunnel is a line like any other: the
 * session goes through it. MS-TSGU 2.2.10 (packets), 3.3.5.1; MS-RPCH 2.2.4; RFC 6455.
 */
import { createHash } from 'node:crypto'
import { CLIENT, type Direction, SERVER } from '../../../src/wire/dissector.ts'
import { concat } from '../../support/bytes.ts'
import { answer, bind, bindAck, call, number, openIn, openOut, RTS, rts, sendToServer } from '../../support/rpc.ts'
import { Connection } from './connection.ts'
import { Line } from './line.ts'
import { ntlmOf, wide } from './nla.ts'
import { certificateFor, noise, Tls } from './tls.ts'
import { type Host, sessionHost, type Wire } from './wire.ts'

export const GATEWAY: Host = sessionHost({ name: 'gw.corp.example', address: '203.0.113.40', hardware: 0x40, hops: 9 })
const TARGET = 'rdsh01.corp.example'
const CONNECTION_ID = '{5C3A1E0F-7B52-4D8E-9A61-0D4B6E2F8C11}'
const ACCEPT_MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const KEY = 'q83vEjRWeJCrze8SNFZ4kA=='
const SEED = new Uint8Array(10).map((_, at) => (at % 2 === 0 ? 0xab : 0xcd))

const HANDSHAKE = 1
const TUNNEL = 4
const AUTHORIZATION = 6
const CHANNEL = 8
const DATA = 10

/** Results of the gateway, as HRESULT. MS-TSGU 2.2.6. */
export const GATEWAY_RESULT = {
  resourcePolicy: 0x800759da,
  connectionPolicy: 0x800759db,
  unreachable: 0x800759dd,
  limit: 0x800759e6,
  consent: 0x800759e9,
  quarantine: 0x800759ed,
} as const

/** How far it goes, and with which result it ends there. */
export interface GatewayManners {
  readonly handshake?: number
  readonly tunnel?: number
  readonly authorization?: number
  readonly channel?: number
}

/** What all three have in common: TLS to the gateway. */
function secured(wire: Wire, client: Host, gateway: Host, through?: Line): { line: Tls; tcp: Connection | null } {
  const tcp = through === undefined ? new Connection(wire, client, gateway, { port: 443, rttMs: 24 }).opens() : null
  const certificate = certificateFor(gateway.name, wire, { issuer: 'Example Public CA' })
  // mstsc lists no versions towards a gateway, and no application protocols.
  const line = new Tls(through ?? (tcp as Connection), wire, { name: gateway.name, certificate, versions: [] })
  return { line: line.handshakes(), tcp }
}

abstract class Tunnel extends Line {
  readonly wire: Wire
  protected abstract sends(from: Direction, packet: Uint8Array): void

  constructor(wire: Wire) {
    super()
    this.wire = wire
  }

  /** Handshake, tunnel, authorization, channel: as far as the gateway says yes. */
  tunnels({ handshake = 0, tunnel = 0, authorization = 0, channel = 0 }: GatewayManners = {}): this {
    const steps: readonly (readonly [type: number, asked: Uint8Array, result: number, granted: Uint8Array])[] = [
      [
        HANDSHAKE,
        Uint8Array.of(1, 0, 0, 0, 0, 0),
        handshake,
        concat(result(handshake), Uint8Array.of(1, 0, 0, 0, 7, 0)),
      ],
      [TUNNEL, concat(number(0x3f, 4), new Uint8Array(4)), tunnel, tunnelResponse(tunnel)],
      [AUTHORIZATION, clientName('PC-0037'), authorization, authorizationResponse(authorization)],
      [CHANNEL, channelRequest(TARGET), channel, channelResponse(channel)],
    ]
    for (const [type, asked, code, granted] of steps) {
      this.sends(CLIENT, packet(type, asked))
      this.sends(SERVER, packet(type + 1, granted))
      if (code !== 0) return this
    }
    return this
  }

  override carries(from: Direction, bytes: Uint8Array): void {
    this.sends(from, packet(DATA, concat(number(bytes.length, 2), bytes)))
  }

  /** CLOSE_CHANNEL of one side, and the other's answer. */
  closes(from: Direction, code = 0): this {
    this.sends(from, packet(0x10, result(code)))
    this.sends(from === CLIENT ? SERVER : CLIENT, packet(0x11, result(0)))
    return this
  }
}

/** One connection that becomes a WebSocket: what mstsc tries first. */
export class WebSocketTunnel extends Tunnel {
  readonly tcp: Connection | null
  readonly http: Tls

  constructor(wire: Wire, client: Host, gateway: Host = GATEWAY, through?: Line) {
    super(wire)
    const { line, tcp } = secured(wire, client, gateway, through)
    this.http = line
    this.tcp = tcp
  }

  /** Request, challenge, request, 101. */
  upgrades(): this {
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      `Sec-WebSocket-Key: ${KEY}`,
      'Sec-WebSocket-Version: 13',
    ]
    authenticates(this.wire, this.http, 'RDG_OUT_DATA', upgrade)
    const accept = createHash('sha1').update(`${KEY}${ACCEPT_MAGIC}`).digest('base64')
    const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`]
    this.http.server.says(head('HTTP/1.1 101 Switching Protocols', ...lines))
    return this
  }

  protected override sends(from: Direction, bytes: Uint8Array): void {
    this.http.carries(from, frame(0x82, bytes, from === CLIENT))
  }

  /** The farewell of mstsc: close 1000, and a reset. */
  leaves(): this {
    this.closes(CLIENT)
    this.http.client.says(frame(0x88, Uint8Array.of(3, 0xe8), true))
    this.tcp?.resets(CLIENT)
    return this
  }
}

/** Two connections: what the gateway says comes in one endless answer, what the client says in one endless request. */
export class HttpTunnel extends Tunnel {
  readonly out: { readonly line: Tls; readonly tcp: Connection | null }
  private inward: { readonly line: Tls; readonly tcp: Connection | null } | null = null
  private readonly dialler: Host

  constructor(wire: Wire, client: Host) {
    super(wire)
    this.dialler = client
    this.out = secured(wire, client, GATEWAY)
  }

  /** The OUT channel up to its 200, without the random bytes that follow it. */
  opensOut(): this {
    authenticates(this.wire, this.out.line, 'RDG_OUT_DATA', [])
    return this
  }

  answersOut(): this {
    this.out.line.server.says(head('HTTP/1.1 200 OK', `Date: ${new Date(0).toUTCString()}`), SEED)
    return this
  }

  opensIn(): this {
    this.inward = secured(this.wire, this.dialler, GATEWAY)
    authenticates(this.wire, this.inward.line, 'RDG_IN_DATA', ['Content-Length: 0'])
    this.inward.line.server.says(head('HTTP/1.1 200 OK', 'Content-Length: 0'))
    this.inward.line.client.says(
      head('RDG_IN_DATA /remoteDesktopGateway/ HTTP/1.1', ...ABOUT, 'Transfer-Encoding: chunked'),
    )
    return this
  }

  /** The IN channel is asked for, and nothing comes back. */
  opensInUnanswered(): this {
    this.inward = secured(this.wire, this.dialler, GATEWAY)
    this.inward.line.client.says(head('RDG_IN_DATA /remoteDesktopGateway/ HTTP/1.1', ...ABOUT, 'Content-Length: 0'))
    return this
  }

  /** The first packet of the tunnel, to which no answer comes. */
  asksOnly(): this {
    this.sends(CLIENT, packet(HANDSHAKE, Uint8Array.of(1, 0, 0, 0, 0, 0)))
    return this
  }

  opens(): this {
    return this.opensOut().answersOut().opensIn()
  }

  protected override sends(from: Direction, bytes: Uint8Array): void {
    if (from === SERVER) this.out.line.server.says(bytes)
    else this.inward?.line.client.says(concat(text(`${bytes.length.toString(16)}\r\n`), bytes, text('\r\n')))
  }

  leaves(): this {
    this.closes(CLIENT)
    this.inward?.tcp?.resets(CLIENT)
    this.out.tcp?.resets(CLIENT)
    return this
  }
}

/** RPC over HTTP: RPC_OUT_DATA and RPC_IN_DATA, the calls of TsProxyRpcInterface. */
export class RpcTunnel extends Line {
  readonly wire: Wire
  readonly out: { readonly line: Tls; readonly tcp: Connection | null }
  readonly inward: { readonly line: Tls; readonly tcp: Connection | null }
  /** Authentication level of the calls: 5 signs them, 6 seals them. */
  private readonly level: 5 | 6
  private calls = 1
  private pipe = 0

  constructor(wire: Wire, client: Host, level: 5 | 6 = 5) {
    super()
    this.wire = wire
    this.level = level
    this.out = secured(wire, client, GATEWAY)
    this.inward = secured(wire, client, GATEWAY)
  }

  /** Both channels, their virtual connection, and the binding. */
  opens(): this {
    const about = ['Accept: application/rpc', 'User-Agent: MSRPC', `Host: ${GATEWAY.name}`, 'Connection: Keep-Alive']
    const request = (method: string, length: number) =>
      head(
        `${method} /rpc/rpcproxy.dll?localhost:3388 HTTP/1.1`,
        ...about,
        `Content-Length: ${length}`,
        kerberosTicket(this.wire),
      )
    this.out.line.client.says(request('RPC_OUT_DATA', 76), openOut('virtual'))
    this.inward.line.client.says(request('RPC_IN_DATA', 0x4000_0000), openIn('virtual'))
    const answered = head('HTTP/1.1 200 Success', 'Content-Type: application/rpc', `Content-Length: ${0x4000_0000}`)
    this.out.line.server.says(answered, rts(0, RTS.connectionTimeout(120_000)))
    this.out.line.server.says(rts(0, RTS.version(), RTS.receiveWindow(0x10000), RTS.connectionTimeout(120_000)))
    this.inward.line.client.says(bind(this.level))
    this.out.line.server.says(bindAck(this.level))
    return this
  }

  /** CreateTunnel, AuthorizeTunnel, CreateChannel, SetupReceivePipe: as far as the gateway says yes. */
  tunnels({ tunnel = 0, authorization = 0, channel = 0 }: GatewayManners = {}): this {
    for (const [opnum, code] of [
      [1, tunnel],
      [2, authorization],
      [4, channel],
    ] as const) {
      const callId = ++this.calls
      this.inward.line.client.says(call(opnum, new Uint8Array(60), { callId, level: this.level }))
      const stub = concat(new Uint8Array(48), number(code, 4))
      this.out.line.server.says(answer(stub, { callId, level: this.level }))
      if (code !== 0) return this
    }
    this.pipe = ++this.calls
    this.inward.line.client.says(call(8, new Uint8Array(20), { callId: this.pipe, level: this.level }))
    return this
  }

  override carries(from: Direction, bytes: Uint8Array): void {
    const { level } = this
    if (from === SERVER) this.out.line.server.says(answer(bytes, { callId: this.pipe, flags: 1, level }))
    else {
      const callId = ++this.calls
      this.inward.line.client.says(sendToServer(bytes, { callId, level }))
      this.out.line.server.says(answer(number(0, 4), { callId, level }))
    }
  }

  leaves(): this {
    this.inward.tcp?.resets(CLIENT)
    this.out.tcp?.resets(CLIENT)
    return this
  }
}

/** What mstsc says of itself in each request. */
const ABOUT = [
  'Cache-Control: no-cache',
  'Pragma: no-cache',
  'Accept: */*',
  'User-Agent: MS-RDGateway/1.0',
  `RDG-Connection-Id: ${CONNECTION_ID}`,
  'RDG-Correlation-Id: {8E0D5B7C-33F1-4A06-B9C2-71A4D90F0000}',
  `Host: ${GATEWAY.name}`,
]

/** NTLM within HTTP, as far as the request that the gateway is to answer. */
function authenticates(wire: Wire, line: Line, method: string, lines: readonly string[]): void {
  const said = ntlmOf(wire, { target: `HTTP/${GATEWAY.name}` })
  const request = (token: Uint8Array) =>
    head(`${method} /remoteDesktopGateway/ HTTP/1.1`, ...ABOUT, ...lines, `Authorization: NTLM ${base64(token)}`)
  line.client.says(request(said.negotiate))
  const challenge = [
    `WWW-Authenticate: NTLM ${base64(said.challenge)}`,
    'Content-Length: 0',
    'Server: Microsoft-HTTPAPI/2.0',
  ]
  line.server.says(head('HTTP/1.1 401 Unauthorized', ...challenge))
  line.client.says(request(said.authenticate))
}

/** The length of one, and nothing that could be read. */
function kerberosTicket(wire: Wire): string {
  return `Authorization: Bearer ${base64(noise(wire, 240))}`
}

function tunnelResponse(code: number): Uint8Array {
  if (code !== 0) return concat(Uint8Array.of(0, 0), result(code), new Uint8Array(4))
  return concat(Uint8Array.of(0, 0), result(0), Uint8Array.of(3, 0, 0, 0), number(4, 4), number(0x3f, 4))
}

function authorizationResponse(code: number): Uint8Array {
  if (code !== 0) return concat(result(code), new Uint8Array(4))
  return concat(result(0), Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0x80), number(0, 4))
}

function channelResponse(code: number): Uint8Array {
  if (code !== 0) return concat(result(code), new Uint8Array(4))
  return concat(result(0), Uint8Array.of(5, 0, 0, 0), number(1, 4), number(3391, 2))
}

function clientName(name: string): Uint8Array {
  const value = wide(`${name}\0`)
  return concat(Uint8Array.of(0, 0), number(value.length, 2), value)
}

function channelRequest(target: string): Uint8Array {
  const value = wide(`${target}\0`)
  return concat(Uint8Array.of(1, 0), number(3389, 2), number(3, 2), number(value.length, 2), value)
}

function result(code: number): Uint8Array {
  return number(code, 4)
}

function packet(type: number, body: Uint8Array): Uint8Array {
  return concat(number(type, 2), new Uint8Array(2), number(body.length + 8, 4), body)
}

const MASK = [0x37, 0xfa, 0x21, 0x3d]

/** RFC 6455 5.2. @param masked as a client does */
export function frame(first: number, payload: Uint8Array, masked: boolean): Uint8Array {
  const { length } = payload
  const bit = masked ? 0x80 : 0
  const size = length < 126 ? [length | bit] : [126 | bit, length >> 8, length & 255]
  const hidden = masked ? payload.map((byte, at) => byte ^ (MASK[at & 3] ?? 0)) : payload
  return concat(Uint8Array.of(first, ...size, ...(masked ? MASK : [])), hidden)
}

export function head(...lines: readonly string[]): Uint8Array {
  return text(`${lines.join('\r\n')}\r\n\r\n`)
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
