/** Cause 35: two stations have one address. RFC 5227. */
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { Connection } from './language/connection.ts'
import { RemoteDesktop } from './language/rdp.ts'
import { HEALTHY, scenario } from './language/scenario.ts'
import { type Host, pc, sessionHost, type Wire } from './language/wire.ts'

const HOST: Host = sessionHost({ address: '10.20.1.15' })
const OTHER_STATION = 0x9c

/** A session within one network; the client has just asked who has the server's address. */
function askedLocally(wire: Wire): { client: Host; tcp: Connection } {
  const client = pc()
  wire.tapAt(client).asksWhoHas(client, HOST.address).claims(HOST.hardware, HOST.address, client)
  return { client, tcp: new Connection(wire, client, HOST, { rttMs: 0.4 }) }
}

export const otherStationResets = scenario({
  name: 'duplicate address: two stations answer ARP, and the one without a session resets it',
  story: wire => {
    const { client, tcp } = askedLocally(wire)
    wire.later(200).claims(OTHER_STATION, HOST.address, client)
    const rdp = new RemoteDesktop(tcp.opens(), wire).connects().works()
    rdp.client.says(new Uint8Array([4, 0x80, 10, 0x20, 0, 8, 0, 2, 0x80, 1]))
    tcp.resets(1, { ttl: 64, ipId: 0, hardware: OTHER_STATION })
    wire.pause(1)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'duplicate-ip': ['confirmed', 'likely'] },
    mayAlso: ['middlebox-reset', 'session-aborted-by-server'],
  },
})

export const announcedByAnother = scenario({
  name: 'duplicate address: another station announces the address in the middle of a connection, which falls silent',
  story: wire => {
    const { tcp } = askedLocally(wire)
    const rdp = new RemoteDesktop(tcp.opens(), wire).negotiates().secures().logsOn()
    wire.announces(OTHER_STATION, HOST.address)
    wire.later(2000).announces(HOST.hardware, HOST.address)
    rdp.joins().introduces().licenses().activates().works()
    const [sent] = tcp.carries(CLIENT, rdp.tls.writer.data(CLIENT, new Uint8Array([4, 0x80, 10])), { lost: true })
    if (sent !== undefined) for (const wait of [0.3, 0.6, 1.2, 2.4, 4.8]) tcp.resends(sent, wait)
    tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'duplicate-ip': ['confirmed', 'likely'] },
    mayAlso: ['connection-state-lost', 'packet-loss'],
  },
})

export const oneStation = scenario({
  name: 'duplicate address: the same session where one station answers, twice',
  story: wire => {
    const { client, tcp } = askedLocally(wire)
    wire.later(200).claims(HOST.hardware, HOST.address, client)
    new RemoteDesktop(tcp.opens(), wire).connects().works().isEndedByServer()
    tcp.resets(CLIENT)
    wire.pause(40).asksWhoHas(client, HOST.address).claims(HOST.hardware, HOST.address, client)
  },
  withKeys: HEALTHY,
})

export const proxyArp = scenario({
  name: 'duplicate address: a router that answers for many addresses beside the hosts is no conflict',
  story: wire => {
    const { client, tcp } = askedLocally(wire)
    for (const address of ['10.20.1.1', '10.20.1.90', '10.20.1.91', '10.20.1.92']) {
      wire.asksWhoHas(client, address).claims(1, address, client)
    }
    new RemoteDesktop(tcp.opens(), wire).connects().works().isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const failover = scenario({
  name: 'duplicate address: a cluster moves its address to another node, announces it, and the client connects again',
  story: wire => {
    const { client, tcp } = askedLocally(wire)
    new RemoteDesktop(tcp.opens(), wire).connects().works(3)
    wire.announces(OTHER_STATION, HOST.address)
    wire.later(30_000)
    tcp.client.says(new Uint8Array(20))
    const node = { ...HOST, hardware: OTHER_STATION }
    tcp.resets(SERVER, { hardware: OTHER_STATION, ipId: 0 })
    wire.pause(2).asksWhoHas(client, HOST.address).claims(OTHER_STATION, HOST.address, client)
    const again = new Connection(wire, client, node, { rttMs: 0.4 }).opens()
    new RemoteDesktop(again, wire).connects().works(3).isEndedByServer()
    again.resets(CLIENT)
  },
  withKeys: {
    outcome: 'any',
    mayGuess: ['duplicate-ip', 'session-aborted-by-server', 'connection-state-lost'],
  },
})
