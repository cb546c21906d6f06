/** Causes 17, 18, 20 and 21: what fails before a connection carries anything, and captures that end too soon to tell. */
import { CLIENT } from '../../src/wire/dissector.ts'
import { icmp } from '../support/packets.ts'
import { Connection } from './language/connection.ts'
import { RemoteDesktop } from './language/rdp.ts'
import { HEALTHY, scenario } from './language/scenario.ts'
import { Question, resolves } from './language/services.ts'
import { type Host, pc, sessionHost, type Wire } from './language/wire.ts'

const NAME = 'rdsh01.corp.example'
const MISTYPED = 'rdhs01.corp.example'
const SERVER_FAILURE = 2
const NAME_ERROR = 3
const RESOLVER_WAITS = [1, 1, 2, 4]

function recordedAtClient(wire: Wire): Host {
  const client = pc()
  wire.tapAt(client)
  return client
}

export const nameUnknown = scenario({
  name: 'DNS: nobody knows the name that was typed',
  story: wire => {
    new Question(wire, recordedAtClient(wire), MISTYPED).asks().isAnswered(NAME_ERROR)
  },
  withKeys: { outcome: 'failed', finds: { 'dns-lookup-failed': 'confirmed' }, first: 'dns-lookup-failed' },
})

export const resolverFails = scenario({
  name: 'DNS: the resolver fails (SERVFAIL), twice',
  story: wire => {
    const client = recordedAtClient(wire)
    for (let round = 0; round < 2; round++) new Question(wire, client, NAME).asks().isAnswered(SERVER_FAILURE)
  },
  withKeys: { outcome: 'failed', finds: { 'dns-lookup-failed': 'confirmed' }, first: 'dns-lookup-failed' },
})

export const resolverSilent = scenario({
  name: 'DNS: the resolver does not answer',
  story: wire => {
    new Question(wire, recordedAtClient(wire), NAME).asks(...RESOLVER_WAITS)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'dns-lookup-failed': ['confirmed', 'likely'] },
    first: 'dns-lookup-failed',
  },
})

export const recorderStopsAfterQuestion = scenario({
  name: 'DNS: the recorder stops a second after the question',
  story: wire => {
    new Question(wire, recordedAtClient(wire), NAME).asks(1)
  },
  withKeys: { outcome: 'any', finds: { 'dns-lookup-failed': 'not-visible' } },
})

export const anotherSuffix = scenario({
  name: 'DNS: the name is unknown without its suffix, known with it, and the session works',
  story: wire => {
    const client = recordedAtClient(wire)
    new Question(wire, client, 'rdsh01').asks().isAnswered(NAME_ERROR)
    const server = sessionHost()
    resolves(wire, client, NAME, server.address)
    const tcp = new Connection(wire, client, server).opens()
    new RemoteDesktop(tcp, wire).connects().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const knownElsewhere = scenario({
  name: 'DNS: the name is unknown with one suffix, and known from the cache with another: the session works',
  story: wire => {
    const client = recordedAtClient(wire)
    new Question(wire, client, 'rdsh01.home.example').asks().isAnswered(NAME_ERROR)
    const tcp = new Connection(wire, client, sessionHost()).opens()
    new RemoteDesktop(tcp, wire).connects().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

const FIREWALL: Host = sessionHost({ name: 'firewall', address: '10.40.0.1', system: 'linux', hops: 1 })
const UNREACHABLE = 3

/** ICMP in answer to each SYN. RFC 1812 5.2.7.1. */
function refusedByIcmp(wire: Wire, code: number): void {
  const client = recordedAtClient(wire)
  const tcp = new Connection(wire, client, sessionHost())
  for (const wait of [0, 1, 2]) {
    wire.pause(wait)
    const { next } = tcp.sides[CLIENT]
    tcp.knocks()
    const quoted = tcp.datagram({ from: CLIENT, sequence: next, bytes: new Uint8Array(0), flags: SYN })
    wire.later(2_400).carries(FIREWALL, client, icmp({ type: UNREACHABLE, code }, quoted.bytes.subarray(0, 28)))
    tcp.sides[CLIENT].next = next
  }
}
const SYN = 2

export const prohibited = [
  { code: 13, what: 'communication administratively prohibited' },
  { code: 10, what: 'host administratively prohibited' },
  { code: 3, what: 'port unreachable, as a packet filter rejects' },
].map(({ code, what }) =>
  scenario({
    name: `firewall: it says no to each SYN (ICMP 3/${code}, ${what})`,
    story: wire => refusedByIcmp(wire, code),
    withKeys: { outcome: 'failed', finds: { 'connect-prohibited': 'confirmed' }, first: 'connect-prohibited' },
  }),
)

export const unreachable = scenario({
  name: 'router: it can not reach the host (ICMP 3/1)',
  story: wire => refusedByIcmp(wire, 1),
  withKeys: { outcome: 'failed', finds: { 'host-unreachable': 'confirmed' }, first: 'host-unreachable' },
})

export const onePort = scenario({
  name: 'silence: nobody answers, and only packets of the port were recorded: ICMP may have been filtered out',
  story: wire => {
    new Connection(wire, recordedAtClient(wire), sessionHost()).knocks(1, 2, 4)
  },
  withKeys: {
    outcome: 'failed',
    finds: {
      'tcp-connect-unanswered': 'confirmed',
      'host-unreachable': 'not-visible',
      'connect-prohibited': 'not-visible',
    },
  },
})

export const noFilter = scenario({
  name: 'silence: nobody answers, and what else the host does was recorded, too: no ICMP came',
  story: wire => {
    const client = recordedAtClient(wire)
    resolves(wire, client, NAME, sessionHost().address)
    new Connection(wire, client, sessionHost()).knocks(1, 2, 4)
  },
  withKeys: {
    outcome: 'failed',
    finds: {
      'tcp-connect-unanswered': 'confirmed',
      'host-unreachable': 'ruled-out',
      'connect-prohibited': 'ruled-out',
    },
  },
})

export const recorderStopsAfterSyn = scenario({
  name: 'silence: the recorder stops a second after the SYN',
  story: wire => {
    new Connection(wire, recordedAtClient(wire), sessionHost()).knocks(1)
  },
  withKeys: { outcome: 'any', finds: { 'tcp-connect-unanswered': 'not-visible' } },
})
