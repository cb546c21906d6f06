/** Causes 34, 39 and 41: another host answers than the one that was meant. */
import { CLIENT } from '../../src/wire/dissector.ts'
import { direct } from './language/attempts.ts'
import { Connection } from './language/connection.ts'
import { connectionConfirm, connectionRequest, NLA_EX, RemoteDesktop, redirection } from './language/rdp.ts'
import { encrypted, HEALTHY, scenario } from './language/scenario.ts'
import { raisesVpn, resolves } from './language/services.ts'
import { certificateFor } from './language/tls.ts'
import { type Host, pc, sessionHost, type Wire } from './language/wire.ts'

const NAME = 'rdsh01.corp.example'
const HOME: Host = pc({ address: '192.168.1.23', hardware: 0x23 })
/** Something of the household that has the address of the office's server. */
const NAMESAKE: Host = sessionHost({ name: 'household', address: '192.168.1.15', hardware: 0x6b, system: 'linux' })

/** The VPN's resolver gives an address that is also one of the network at home. */
function askedAtHome(wire: Wire): void {
  wire.tapAt(HOME)
  resolves(wire, HOME, NAME, NAMESAKE.address)
  wire.asksWhoHas(HOME, NAMESAKE.address).claims(NAMESAKE.hardware, NAMESAKE.address, HOME)
}

/** The namesake has a certificate of its own, which the client does not take. */
function findsNamesake(wire: Wire): void {
  askedAtHome(wire)
  const tcp = new Connection(wire, HOME, NAMESAKE, { rttMs: 0.6 }).opens()
  const certificate = certificateFor('DESKTOP-KITCHEN', wire)
  const rdp = new RemoteDesktop(tcp, wire, { name: NAME, certificate }).negotiates()
  wire.pause(3)
  rdp.tls.asks()
  rdp.tls.answers().alerts(CLIENT, 46)
  tcp.resets(CLIENT)
}

const OF_CERTIFICATE = ['tls-certificate-name-mismatch', 'tls-certificate-untrusted', 'tls-certificate-rejected']

export const anotherDesktop = scenario({
  name: "subnet conflict: the office's address is answered on the network at home, by a PC of another name",
  story: findsNamesake,
  withKeys: { outcome: 'failed', finds: { 'subnet-conflict': ['likely', 'possible'] }, mayAlso: OF_CERTIFICATE },
})

export const anotherDesktopBesideVpn = scenario({
  name: 'subnet conflict: the same while a VPN (IPsec) of the PC is up',
  story: wire => {
    raisesVpn(wire.tapAt(HOME), HOME)
    wire.pause(8)
    findsNamesake(wire)
  },
  withKeys: { outcome: 'failed', finds: { 'subnet-conflict': 'likely' }, mayAlso: OF_CERTIFICATE },
})

export const refusingPrinter = scenario({
  name: "subnet conflict: the office's address is answered on the network at home, by a device without RDP",
  story: wire => {
    askedAtHome(wire)
    const tcp = new Connection(wire, HOME, NAMESAKE, { rttMs: 0.6 })
    for (const wait of [0, 0.5, 0.5]) {
      wire.pause(wait)
      tcp.isRefused()
    }
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'tcp-connect-refused': 'confirmed', 'subnet-conflict': ['likely', 'possible', 'not-visible'] },
  },
})

export const ownNetwork = scenario({
  name: 'subnet conflict: a server on the own network, which answers ARP and has the right name, is none',
  story: wire => {
    const client = pc()
    const server = sessionHost({ address: '10.20.1.15' })
    wire.tapAt(client)
    wire.asksWhoHas(client, server.address).claims(server.hardware, server.address, client)
    const tcp = new Connection(wire, client, server, { rttMs: 0.4 }).opens()
    new RemoteDesktop(tcp, wire).connects().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

const BROKER: Host = sessionHost({ name: 'rdcb.corp.example', address: '10.40.7.8', hardware: 8 })
const TOKEN = 'Cookie: msts=3640205228.15629.0000'

/** The broker lets the user in and sends him elsewhere. */
function isRedirected(wire: Wire, target: Host): { client: Host; second: Connection } {
  const { client, tcp, rdp } = direct(wire, { server: BROKER, name: BROKER.name })
  rdp.negotiates().secures().logsOn().joins().introduces().licenses()
  rdp.server.says(redirection(target.address, target.name))
  tcp.resets(CLIENT)
  wire.later(40_000)
  return { client, second: new Connection(wire, client, target) }
}

/** As MS-RDPBCGR 3.2.5.3.1 has it: the routing token in place of the cookie, and RDSTLS offered. */
function comesBack(wire: Wire, second: Connection): void {
  second.opens().client.says(connectionRequest(0x0f, TOKEN))
  second.server.says(connectionConfirm(NLA_EX))
  const rdp = new RemoteDesktop(second, wire, { name: NAME })
  rdp.secures(0.1).logsOn().joins().introduces().licenses().activates().works(3).isEndedByServer()
  second.resets(CLIENT)
}

export const redirected = scenario({
  name: 'redirection: the broker sends the client to another host, and the session runs there',
  story: wire => comesBack(wire, isRedirected(wire, sessionHost()).second),
  withKeys: { outcome: 'any', finds: { 'session-redirected': 'confirmed' } },
  withoutKeys: encrypted(),
})

export const redirectedIntoNothing = scenario({
  name: 'redirection: the broker sends the client to a host that does not answer',
  story: wire => isRedirected(wire, sessionHost()).second.knocks(1, 2, 4, 8),
  withKeys: {
    outcome: 'any',
    finds: { 'tcp-connect-unanswered': ['confirmed', 'likely'], 'session-redirected': 'confirmed' },
    first: 'tcp-connect-unanswered',
  },
  withoutKeys: {
    outcome: 'any',
    finds: { 'tcp-connect-unanswered': ['confirmed', 'likely'] },
    mayGuess: ['client-aborted'],
  },
})

export const byToken = scenario({
  name: 'redirection: only the second connection was recorded, with its routing token',
  story: wire => {
    const client = pc()
    wire.tapAt(client)
    comesBack(wire, new Connection(wire, client, sessionHost()))
  },
  withKeys: HEALTHY,
})

/** One name, and two certificates for it. */
function twoCertificates(wire: Wire, issuer: string | undefined): void {
  const client = pc()
  const wishes = issuer === undefined ? {} : { issuer }
  wire.tapAt(client)
  for (const certificate of [certificateFor(NAME, wire), certificateFor(NAME, wire, wishes)]) {
    const { tcp, rdp } = direct(wire, { client, certificate })
    rdp.connects().works(2).isEndedByServer()
    tcp.resets(CLIENT)
    wire.pause(20)
  }
}

export const intercepted = scenario({
  name: 'TLS interception: one name shows its own certificate, and then one of an inspecting proxy',
  story: wire => twoCertificates(wire, 'Corp TLS Inspection CA'),
  withKeys: { outcome: 'established', finds: { 'tls-intercepted': ['likely', 'confirmed', 'possible'] } },
})

export const farm = scenario({
  name: 'TLS interception: a farm whose hosts have a certificate each, behind one name and several addresses',
  story: wire => {
    const client = pc()
    wire.tapAt(client)
    for (const last of [15, 16]) {
      const server = sessionHost({ address: `10.40.7.${last}`, hardware: last })
      const certificate = certificateFor(`rdsh${last}.corp.example`, wire)
      const { tcp, rdp } = direct(wire, { client, server, name: 'farm.corp.example', certificate })
      rdp.connects().works(2).isEndedByServer()
      tcp.resets(CLIENT)
      wire.pause(20)
    }
  },
  withKeys: HEALTHY,
})

/** An inspecting proxy answers in the server's place, and asks it with a hello of its own. */
function legs(wire: Wire, issuer: string): void {
  const [client, server] = [pc(), sessionHost()]
  const proxy = sessionHost({ name: 'inspector', address: '10.30.0.2', hardware: 2, system: 'linux' })
  wire.tapAt(proxy)
  const near = new Connection(wire, client, proxy).opens()
  const far = new Connection(wire, proxy, server).opens()
  const inner = new RemoteDesktop(near, wire, { certificate: certificateFor(NAME, wire, { issuer }) })
  const outer = new RemoteDesktop(far, wire, { offers: [0xc030, 0xc02f], versions: [0x0303] })
  for (const rdp of [inner, outer]) rdp.negotiates()
  for (const rdp of [outer, inner]) rdp.secures(0.2)
  for (const step of STEPS) for (const rdp of [inner, outer]) step(rdp)
  near.resets(CLIENT)
  far.resets(CLIENT)
}

export const twoLegs = scenario({
  name: 'TLS interception: recorded at the inspecting proxy; its authority is called what it is',
  story: wire => legs(wire, 'Inspection CA'),
  withKeys: { outcome: 'any', finds: { 'tls-intercepted': ['likely', 'confirmed'] } },
})

export const twoLegsOfNeutralName = scenario({
  name: 'TLS interception: recorded at the inspecting proxy, whose hello and certificate differ on the two legs',
  story: wire => legs(wire, 'Corp Issuing CA 2'),
  withKeys: { outcome: 'any', finds: { 'tls-intercepted': ['likely', 'confirmed', 'possible'] } },
})

const STEPS: readonly ((rdp: RemoteDesktop) => unknown)[] = [
  rdp => rdp.logsOn(),
  rdp => rdp.joins().introduces(),
  rdp => rdp.licenses().activates(),
  rdp => rdp.works(2).isEndedByServer(),
]

export const knownProduct = scenario({
  name: 'TLS interception: one name shows its own certificate, and then one of a well-known product',
  story: wire => twoCertificates(wire, 'Zscaler Intermediate Root CA (zscaler.net)'),
  withKeys: { outcome: 'established', finds: { 'tls-intercepted': ['confirmed', 'likely'] } },
})

export const renewed = scenario({
  name: 'TLS interception: the host has made itself a new certificate between two sessions',
  story: wire => twoCertificates(wire, undefined),
  withKeys: HEALTHY,
})

export const alias = scenario({
  name: 'subnet conflict: a server on the own network that is dialled by another name than its own is none',
  story: wire => {
    const client = pc()
    const server = sessionHost({ address: '10.20.1.15' })
    wire.tapAt(client)
    wire.asksWhoHas(client, server.address).claims(server.hardware, server.address, client)
    const tcp = new Connection(wire, client, server, { rttMs: 0.4 }).opens()
    const certificate = certificateFor('rdsh01.corp.example', wire)
    new RemoteDesktop(tcp, wire, { name: 'terminal', certificate }).connects().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})
