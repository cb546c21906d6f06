/** Causes 10, 18, 29, 32 and 33: what the network on the way does to a session. */
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { icmp } from '../support/packets.ts'
import { direct } from './language/attempts.ts'
import { Connection, type Manner, type Sent } from './language/connection.ts'
import type { RemoteDesktop } from './language/rdp.ts'
import { HEALTHY, scenario } from './language/scenario.ts'
import { certificateFor, noise } from './language/tls.ts'
import { type Host, pc, sessionHost, type Wire } from './language/wire.ts'

const MOUSE = new Uint8Array([4, 0x80, 10, 0x20, 0, 8, 0, 2, 0x80, 1])
const BACKOFF = [0.3, 0.6, 1.2, 2.4, 4.8, 9.6]
const ETHERNET_BYTES = 14

/** The tap sits at the client, whose packets leave; nothing answers them. */
function goesOnInVain(attempt: { tcp: Connection; rdp: RemoteDesktop }, waits: readonly number[] = BACKOFF): void {
  const { tcp, rdp } = attempt
  const [sent] = tcp.carries(CLIENT, rdp.tls.writer.data(CLIENT, MOUSE), { lost: true })
  if (sent !== undefined) for (const wait of waits) tcp.resends(sent, wait)
}

export const droppedBehindHandshake = scenario({
  name: 'firewall: the TCP handshake passes, and then everything of the client is dropped',
  story: wire => {
    const { tcp } = direct(wire)
    const [sent] = tcp.carries(CLIENT, new Uint8Array(Buffer.from(REQUEST, 'hex')), { lost: true })
    if (sent !== undefined) for (const wait of BACKOFF) tcp.resends(sent, wait)
    tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'x224-no-confirm': ['confirmed', 'likely'] },
    mayAlso: ['connection-state-lost', 'packet-loss'],
  },
})
const REQUEST = '0300002f2ae00000000000436f6f6b69653a206d737473686173683d434f52505c6d6172690d0a010008000b000000'

export const stateLost = scenario({
  name: 'firewall: a session is forgotten; the client resends into nothing',
  story: wire => {
    const attempt = direct(wire)
    attempt.rdp.connects().works(8)
    goesOnInVain(attempt)
    attempt.tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'connection-state-lost': ['confirmed', 'likely'] },
    mayAlso: ['packet-loss'],
  },
})

export const forgottenWhileIdle = scenario({
  name: 'firewall: after an hour of silence the first data is answered with a reset',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(8)
    wire.pause(3671)
    rdp.client.says(MOUSE)
    tcp.resets(SERVER, { ttl: 62, ipId: 0 })
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'connection-state-lost': ['confirmed', 'likely'] },
    mayAlso: ['middlebox-reset'],
  },
})

/** Three flows of one client towards one network behind a tunnel, and one that does not go through it. */
function throughTunnel(wire: Wire): {
  inside: Connection[]
  outside: Connection
  attempt: { tcp: Connection; rdp: RemoteDesktop }
} {
  const client = pc({ address: '10.8.0.6' })
  wire.tapAt(client)
  const attempt = direct(wire, { client, connection: { rttMs: 38 } })
  const open = (server: Host, port: number) => new Connection(wire, client, server, { port, rttMs: 38 }).opens()
  const inside = [
    open(sessionHost({ name: 'files', address: '10.40.7.20', hardware: 0x20 }), 445),
    open(sessionHost({ name: 'mail', address: '10.40.7.30', hardware: 0x30 }), 993),
  ]
  const outside = open(sessionHost({ name: 'elsewhere', address: '198.51.100.80', hardware: 0x80, hops: 8 }), 8443)
  attempt.rdp.connects()
  return { inside, outside, attempt }
}

const chat = (connection: Connection, wire: Wire) => {
  connection.client.says(noise(wire, 90))
  connection.server.says(noise(wire, 240))
}

export const tunnelDrops = scenario({
  name: 'VPN: all flows to one network fall silent at one instant; one elsewhere goes on',
  story: wire => {
    const { inside, outside, attempt } = throughTunnel(wire)
    for (let round = 0; round < 6; round++) {
      attempt.rdp.works(1)
      for (const flow of [...inside, outside]) chat(flow, wire)
    }
    const lost: Sent[] = []
    for (const flow of [attempt.tcp, ...inside]) lost.push(...flow.carries(CLIENT, noise(wire, 70), { lost: true }))
    for (const wait of BACKOFF) {
      wire.pause(wait)
      chat(outside, wire)
      for (const [at, flow] of [attempt.tcp, ...inside].entries()) {
        const sent = lost[at]
        if (sent !== undefined) flow.resends(sent, 0.002)
      }
    }
    wire.pause(4)
    chat(outside, wire)
    attempt.tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'vpn-dropped': ['confirmed', 'likely'] },
    mayAlso: ['connection-state-lost', 'packet-loss'],
  },
})

export const onlyOneDrops = scenario({
  name: 'VPN: only the session falls silent; the other flows to that network go on',
  story: wire => {
    const { inside, outside, attempt } = throughTunnel(wire)
    attempt.rdp.works(3)
    for (const flow of [...inside, outside]) chat(flow, wire)
    const [sent] = attempt.tcp.carries(CLIENT, attempt.rdp.tls.writer.data(CLIENT, MOUSE), { lost: true })
    for (const wait of BACKOFF) {
      wire.pause(wait)
      if (sent !== undefined) attempt.tcp.resends(sent, 0.002)
      for (const flow of [...inside, outside]) chat(flow, wire)
    }
    attempt.tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'connection-state-lost': ['confirmed', 'likely'] },
    mayAlso: ['packet-loss'],
  },
})

export const idleTimeOut = scenario({
  name: 'idle time-out: a load balancer ends two connections after 240 s of silence, with a TTL of its own',
  story: wire => {
    const client = pc()
    wire.tapAt(client)
    for (let number = 0; number < 2; number++) {
      const { tcp, rdp } = direct(wire, { client })
      rdp.connects().works(4)
      wire.pause(240)
      tcp.resets(SERVER, { ttl: 61, ipId: 0 })
      wire.pause(20)
    }
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'idle-timeout-close': ['confirmed', 'likely'] },
    mayAlso: ['session-aborted-by-server', 'middlebox-reset'],
  },
})

export const idleAndAlive = scenario({
  name: 'idle time-out: 12 minutes of silence with keep-alives, and the session goes on',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(4)
    for (let minute = 0; minute < 12; minute++) {
      wire.pause(60)
      tcp.keepsAlive(SERVER).acknowledges(CLIENT)
    }
    rdp.works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

/** The server's flight with a chain of certificates: more than two full segments. */
function longFlight(wire: Wire): ReturnType<typeof direct> {
  const server = sessionHost({ system: 'linux' })
  const attempt = direct(wire, { server, recordedAt: 'server', connection: { rttMs: 31 } })
  const certificate = certificateFor('rdsh01.corp.example', wire, { filler: 2600 })
  return { ...attempt, rdp: attempt.rdp.with({ certificate }) }
}

/** A router on the way quotes the packet that is too large for its next link. RFC 1191. */
function saysTooBig(wire: Wire, tcp: Connection, sent: Sent, mtu: number): void {
  const server = tcp.sides[SERVER].host
  const router = sessionHost({ name: 'router', address: '10.40.0.1', system: 'device', hops: 1 })
  const quoted = tcp.datagram(sent).bytes.subarray(0, 28)
  wire.later(9_000).carries(router, server, icmp({ type: 3, code: 4, rest: mtu }, quoted))
}

export const blackHole = scenario({
  name: 'MTU: the router says what passes (1400), and the server resends its certificate at full size all the same',
  story: wire => {
    const { tcp, rdp } = longFlight(wire)
    rdp.negotiates()
    wire.pause(1)
    rdp.tls.asks()
    const sent = tcp.losing(1400).carries(SERVER, rdp.tls.serverFlight())
    const [first] = sent
    if (first === undefined) return
    saysTooBig(wire, tcp, first, 1400)
    for (const wait of [0.3, 0.6, 1.2, 2.4]) {
      tcp.resends(first, wait)
      saysTooBig(wire, tcp, first, 1400)
    }
    tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'failed', finds: { 'path-mtu-black-hole': 'confirmed' }, mayAlso: ['packet-loss'] },
})

export const discovery = scenario({
  name: 'MTU: the router says what passes (1400), and the server sends smaller segments: nothing is wrong',
  story: wire => {
    const { tcp, rdp } = longFlight(wire)
    rdp.negotiates()
    wire.pause(1)
    rdp.tls.asks()
    const large = tcp
      .losing(1400)
      .carries(SERVER, rdp.tls.serverFlight())
      .filter(({ bytes }) => bytes.length > 1348)
    for (const sent of large) saysTooBig(wire, tcp, sent, 1400)
    for (const sent of large) for (const piece of tcp.pieces(sent, 1348)) tcp.resends(piece, 0.001, {})
    rdp.tls.agrees().settles()
    rdp.underTls().logsOn().joins().introduces().licenses().activates().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

/** An IPS sends a reset to each end, in the name of the other. */
function torn(wire: Wire, recordedAt: 'client' | 'server'): void {
  const { tcp, rdp } = direct(wire, { recordedAt })
  rdp.negotiates()
  wire.pause(1)
  rdp.tls.asks()
  const forged: Manner = { ttl: 255 - 1, ipId: 0, lost: true }
  if (recordedAt === 'client') {
    tcp.resets(SERVER, { ...forged, early: true })
    return
  }
  tcp.resets(CLIENT, forged)
}

export const forgedAtClient = scenario({
  name: 'forged reset: in the name of the server behind the ClientHello, recorded at the client',
  story: wire => torn(wire, 'client'),
  withKeys: {
    outcome: 'failed',
    finds: { 'middlebox-reset': ['likely', 'confirmed'] },
    first: 'middlebox-reset',
    mayGuess: ['tls-handshake-refused'],
  },
})

export const forgedAtServer = scenario({
  name: 'forged reset: in the name of the client behind the ClientHello, recorded at the server',
  story: wire => torn(wire, 'server'),
  withKeys: { outcome: 'failed', finds: { 'middlebox-reset': ['likely', 'confirmed'] }, mayGuess: ['client-aborted'] },
})

/** One byte of the payload is not what was sent; the checksum still is. */
const damage = (frame: Uint8Array): void => {
  const at = frame.length - 2
  frame[at] = (frame[at] ?? 0) ^ 0x20
}

export const corrupted = scenario({
  name: 'checksums: small packets of the server arrive damaged, are never acknowledged, and come again',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(2)
    for (let number = 0; number < 6; number++) {
      const record = rdp.tls.writer.data(SERVER, noise(wire, 120))
      const [sent] = tcp.carries(SERVER, record, { lost: true, spoils: damage })
      if (sent === undefined) continue
      tcp.resends(sent, 0.25, { lost: true, spoils: damage })
      tcp.resends(sent, 0.5, {})
      tcp.acknowledges(CLIENT)
      rdp.works(1)
    }
    rdp.isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'established',
    finds: { 'checksum-corruption': ['confirmed', 'likely'] },
    mayAlso: ['packet-loss'],
  },
})

export const offload = scenario({
  name: 'checksums: the packets that leave have none yet (offload), and are answered',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    tcp.manner(CLIENT, { spoils: unsummed })
    rdp.connects().works(5).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

/** What a network card would fill in. */
const unsummed = (frame: Uint8Array): void => {
  const at = ETHERNET_BYTES + 20 + 16
  frame[at] = 0x83
  frame[at + 1] = 0x1c
}

export const linkLost = scenario({
  name: 'VPN: everything falls silent at one instant, within the tunnel and outside: the PC has lost its network',
  story: wire => {
    const { inside, outside, attempt } = throughTunnel(wire)
    attempt.rdp.works(3)
    const flows = [attempt.tcp, ...inside, outside]
    for (const flow of flows.slice(1)) chat(flow, wire)
    const lost = flows.flatMap(flow => flow.carries(CLIENT, noise(wire, 70), { lost: true }))
    for (const wait of BACKOFF) {
      wire.pause(wait)
      for (const [at, flow] of flows.entries()) {
        const sent = lost[at]
        if (sent !== undefined) flow.resends(sent, 0.002)
      }
    }
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'connection-state-lost': ['confirmed', 'likely'] },
    mayAlso: ['packet-loss'],
    mayGuess: ['vpn-dropped'],
  },
})

export const recorderStops = scenario({
  name: 'VPN: all flows end at one instant because the recorder stops',
  story: wire => {
    const { inside, outside, attempt } = throughTunnel(wire)
    attempt.rdp.works(6)
    for (const flow of [...inside, outside]) chat(flow, wire)
    attempt.rdp.moves()
  },
  withKeys: { outcome: 'established' },
})

export const idleLimit = scenario({
  name: 'idle time-out: the server ends a session that was idle for 15 minutes, and says so (Set Error Info 3)',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(4)
    wire.pause(900)
    rdp.isEndedByServer(3)
    tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'established', finds: { 'server-ended-session': 'confirmed' } },
  withoutKeys: HEALTHY,
})

export const userComesBack = scenario({
  name: 'idle time-out: the user closes the window after four idle minutes',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(4)
    wire.pause(240)
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const offloadBothWays = scenario({
  name: 'checksums: a virtual machine on the same host: both directions have none, and all is answered',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    tcp.manner(CLIENT, { spoils: unsummed }).manner(SERVER, { spoils: unsummed })
    rdp.connects().works(5).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const longWay = scenario({
  name: 'slow path: a session over a satellite, whose handshake takes 640 ms',
  story: wire => {
    const { tcp, rdp } = direct(wire, { connection: { rttMs: 640 } })
    rdp.connects().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'established', finds: { 'slow-path': 'confirmed' } },
})
