/** Causes 24 and 28, and what looks like them: many clients at one server, a server that can not keep up, scans, probes. */
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { ACK, RST, SYN } from '../support/packets.ts'
import { direct } from './language/attempts.ts'
import { Connection } from './language/connection.ts'
import { connectionRequest, RemoteDesktop } from './language/rdp.ts'
import { HEALTHY, scenario } from './language/scenario.ts'
import { type Host, pc, sessionHost, type Wire } from './language/wire.ts'

function visitor(number: number): Host {
  const address = `10.${60 + (number >> 6)}.3.${20 + (number & 63)}`
  return pc({ name: `visitor ${number}`, address, hops: 3 })
}

export const manyHalfOpen = scenario({
  name: 'connection limit: 40 clients ask within 20 s; the server acknowledges, and closes without a confirm',
  story: wire => {
    const server = sessionHost()
    wire.tapAt(server)
    for (let number = 0; number < 40; number++) {
      wire.meanwhile(() => {
        const tcp = new Connection(wire, visitor(number), server, { rttMs: 20 }).opens()
        tcp.client.says(connectionRequest(0x0b, `Cookie: mstshash=CORP\\u${number}`))
        // The first few are served; the others find no room.
        if (number < 5) {
          new RemoteDesktop(tcp, wire).answersRequest().secures(1).logsOn().joins().introduces().licenses().activates()
          return
        }
        wire.pause(9 + (number % 5))
        tcp.resets(SERVER)
      })
      wire.later(480_000)
    }
    wire.pause(45)
  },
  withKeys: {
    outcome: 'any',
    finds: { 'server-connection-limit': ['confirmed', 'likely'], 'x224-no-confirm': ['confirmed', 'likely'] },
  },
})

export const synFlood = scenario({
  name: 'connection limit: SYNs from 120 sources that are answered and never completed',
  story: wire => {
    const server = sessionHost()
    wire.tapAt(server)
    for (let number = 0; number < 120; number++) {
      wire.meanwhile(() => {
        const tcp = new Connection(wire, visitor(number), server)
        tcp.segment(CLIENT, SYN)
        for (const wait of [0, 1, 2]) {
          wire.pause(wait)
          tcp.repeats(SERVER, SYN | ACK)
        }
      })
      wire.later(90_000)
    }
    wire.pause(30)
  },
  withKeys: { outcome: 'any', finds: { 'server-connection-limit': ['confirmed', 'likely'] } },
})

export const busyFarm = scenario({
  name: 'connection limit: 40 clients within 20 s, and all of them are served',
  story: wire => {
    const server = sessionHost()
    wire.tapAt(server)
    for (let number = 0; number < 40; number++) {
      wire.meanwhile(() => {
        const tcp = new Connection(wire, visitor(number), server, { rttMs: 20 }).opens()
        new RemoteDesktop(tcp, wire, { user: `CORP\\u${number}` }).connects().works(1).isEndedByServer()
        tcp.resets(CLIENT)
      })
      wire.later(480_000)
    }
    wire.pause(45)
  },
  withKeys: HEALTHY,
})

export const portScan = scenario({
  name: 'scan: one source tries 200 ports of a server, 3389 among them, and resets what is open',
  story: wire => {
    const server = sessionHost()
    const scanner = pc({ name: 'scanner', address: '10.20.9.9', system: 'linux', hardware: 9 })
    wire.tapAt(server)
    for (let number = 0; number < 200; number++) {
      const port = number === 120 ? 3389 : 3300 + number - (number < 120 ? 0 : 31)
      const tcp = new Connection(wire, scanner, server, { port, rttMs: 3, clientPort: 40_123 })
      tcp.segment(CLIENT, SYN)
      if (port !== 3389) {
        tcp.segment(SERVER, RST | ACK, undefined, { bare: true })
        continue
      }
      tcp.segment(SERVER, SYN | ACK)
      tcp.segment(CLIENT, RST, undefined, { bare: true })
    }
    wire.pause(5)
  },
  withKeys: { outcome: 'any' },
})

export const healthProbes = scenario({
  name: 'probes: a load balancer opens and closes 3389 of two servers every 5 s, beside a session that works',
  story: wire => {
    const balancer = pc({ name: 'balancer', address: '10.40.7.5', system: 'linux', hardware: 5 })
    const server = sessionHost()
    wire.tapAt(server)
    const { tcp, rdp } = direct(wire, { recordedAt: 'server' })
    rdp.connects()
    for (let round = 0; round < 24; round++) {
      wire.meanwhile(() => {
        const probe = new Connection(wire, balancer, server, { rttMs: 0.3 }).opens()
        if (round % 2 === 0) probe.closes(CLIENT)
        else probe.resets(CLIENT)
      })
      rdp.works(4)
      wire.pause(1)
    }
    rdp.isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const closedWindow = scenario({
  name: 'server overloaded: its receive window stays closed for 90 s while the client probes, and the client gives up',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(3)
    tcp.setsWindow(SERVER, 0)
    rdp.moves()
    tcp.acknowledges(SERVER)
    probes(wire, tcp, [0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 40])
    tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'any',
    finds: { 'server-overloaded': ['confirmed', 'likely'] },
    mayGuess: ['client-aborted'],
  },
})

export const shortPause = scenario({
  name: 'server overloaded: a window that closes for a second is none',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(3)
    tcp.setsWindow(SERVER, 0)
    rdp.moves()
    tcp.acknowledges(SERVER)
    probes(wire, tcp, [0.3, 0.6])
    tcp.setsWindow(SERVER, 64_240).acknowledges(SERVER)
    rdp.works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

/** One byte beyond what was acknowledged, which the full server does not take. RFC 9293 3.8.6.1. */
function probes(wire: Wire, tcp: Connection, waits: readonly number[]): void {
  for (const wait of waits) {
    wire.pause(wait)
    tcp.probes(CLIENT).acknowledges(SERVER)
  }
}

export const splitFlight = scenario({
  name: "split flight: the client's last TLS 1.2 flight arrives in three pieces, and the server resets",
  story: wire => {
    const { tcp, rdp } = direct(wire, { recordedAt: 'server' })
    rdp.negotiates()
    wire.pause(1)
    rdp.tls.asks()
    const flight = rdp.tls.answers().clientFlight()
    for (const [from, to] of [
      [0, 60],
      [60, 113],
      [113, flight.length],
    ] as const) {
      tcp.client.says(flight.subarray(from, to))
      wire.later(180_000)
    }
    tcp.resets(SERVER)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'tls-client-flight-split': ['likely', 'confirmed'] },
    mayGuess: ['tls-handshake-refused', 'session-aborted-by-server', 'tls-certificate-rejected'],
  },
})

export const splitFlightAccepted = scenario({
  name: 'split flight: the same three pieces, and the server takes them',
  story: wire => {
    const { tcp, rdp } = direct(wire, { recordedAt: 'server' })
    rdp.negotiates()
    wire.pause(1)
    rdp.tls.asks()
    const flight = rdp.tls.answers().clientFlight()
    for (const [from, to] of [
      [0, 60],
      [60, 113],
      [113, flight.length],
    ] as const) {
      tcp.client.says(flight.subarray(from, to))
      wire.later(180_000)
    }
    rdp.tls.settles()
    rdp.underTls().logsOn().joins().introduces().licenses().activates().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const monitor = scenario({
  name: 'probes: a monitor asks for a connection every 30 s, gets the confirm, and leaves',
  story: wire => {
    const monitor = pc({ name: 'monitor', address: '10.50.0.9', system: 'linux', hardware: 9 })
    const server = sessionHost()
    wire.tapAt(server)
    for (let round = 0; round < 12; round++) {
      const probe = new Connection(wire, monitor, server, { rttMs: 4 }).opens()
      probe.client.says(connectionRequest(0x0b, 'Cookie: mstshash=check'))
      new RemoteDesktop(probe, wire).answersRequest()
      probe.closes(CLIENT)
      wire.pause(30)
    }
  },
  withKeys: { outcome: 'any' },
})

export const minimised = scenario({
  name: "server overloaded: it is the client's window that closes for 20 s, and then opens again",
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(3)
    tcp.setsWindow(CLIENT, 0)
    rdp.draws(1200)
    tcp.acknowledges(CLIENT)
    for (const wait of [0.5, 1, 2, 4, 8]) {
      wire.pause(wait)
      tcp.probes(SERVER).acknowledges(CLIENT)
    }
    tcp.setsWindow(CLIENT, 64_240).acknowledges(CLIENT)
    rdp.works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})
