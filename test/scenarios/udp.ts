/** Cause 16: RDP over UDP beside a session: it is blocked, it works, it dies. MS-RDPEUDP 3.1.5, MS-RDPEMT. */
import { CLIENT } from '../../src/wire/dissector.ts'
import { concat } from '../support/bytes.ts'
import { DTLS_SESSION } from '../support/dtls-session.ts'
import { icmp } from '../support/packets.ts'
import { ACK, ackVector, header, source, syn, synAck } from '../support/rdpudp.ts'
import { type Direct, direct } from './language/attempts.ts'
import { HEALTHY, scenario } from './language/scenario.ts'
import type { Wire } from './language/wire.ts'

const PORT = 3389
const RESEND_US = 800_000
const ANSWER_US = 12_500
const VERSION_2 = 2

interface Beside extends Direct {
  readonly port: number
}

/** The session is active, and the client tries UDP. */
function active(wire: Wire): Beside {
  const attempt = direct(wire)
  attempt.rdp.connects().works(1)
  return { ...attempt, port: 51_000 + wire.random.below(9_000) }
}

function fromClient(wire: Wire, { client, server, port }: Beside, datagram: Uint8Array): void {
  wire.datagram(client, server, [port, PORT], datagram)
}

function fromServer(wire: Wire, { client, server, port }: Beside, datagram: Uint8Array): void {
  wire.later(ANSWER_US).datagram(server, client, [PORT, port], datagram)
}

const SYN = syn({ initialSequence: 0x1000, version: VERSION_2, lossy: true })

export const blocked = scenario({
  name: 'UDP: four SYNs and no answer; the session goes on over TCP',
  story: wire => {
    const beside = active(wire)
    for (let number = 0; number < 4; number++) {
      fromClient(wire, beside, SYN)
      wire.later(RESEND_US)
    }
    beside.rdp.works(12).isEndedByServer()
    beside.tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'established', finds: { 'udp-transport-blocked': ['confirmed', 'likely'] } },
})

export const closedPort = scenario({
  name: 'UDP: nothing listens on the port (ICMP 3/3); the session goes on over TCP',
  story: wire => {
    const beside = active(wire)
    const { client, server, port } = beside
    for (let number = 0; number < 2; number++) {
      fromClient(wire, beside, SYN)
      wire.later(ANSWER_US).carries(server, client, icmp({ type: 3, code: 3 }, quoted(beside, port)))
      wire.later(RESEND_US)
    }
    beside.rdp.works(12).isEndedByServer()
    beside.tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'established', finds: { 'udp-transport-blocked': ['confirmed', 'likely'] } },
})

/** IPv4 and UDP header of the client's SYN. */
function quoted({ client, server }: Beside, port: number): Uint8Array {
  const addresses = [client, server].flatMap(({ address }) => address.split('.').map(Number))
  const length = SYN.length + 8
  const ip = [0x45, 0, (length + 20) >> 8, (length + 20) & 255, 0, 9, 0, 0, 126, 17, 0, 0, ...addresses]
  return Uint8Array.from([...ip, port >> 8, port & 255, PORT >> 8, PORT & 255, length >> 8, length & 255, 0, 0])
}

/** The handshake of RDP-UDP, DTLS in its first data, and an exchange. */
function works(wire: Wire, beside: Beside): void {
  fromClient(wire, beside, SYN)
  fromServer(wire, beside, synAck(0x1000, { initialSequence: 0x2000, version: VERSION_2, lossy: true }))
  const next = { client: 0x1001, server: 0x2001 }
  for (const [side, digits] of DTLS_SESSION.slice(0, -2)) {
    const datagram = source(
      side === 'client' ? next.server - 1 : next.client - 1,
      next[side]++,
      Buffer.from(digits, 'hex'),
    )
    if (side === 'client') fromClient(wire, beside, datagram)
    else fromServer(wire, beside, datagram)
  }
  for (let number = 0; number < 12; number++) {
    fromServer(wire, beside, source(next.client - 1, next.server++, sealed(wire)))
    fromClient(wire, beside, acknowledgement(next.server - 1))
    wire.later(240_000)
  }
}

/** A DTLS record of application data. */
function sealed(wire: Wire): Uint8Array {
  const content = Uint8Array.from({ length: 320 }, () => wire.random.below(256))
  return concat(Uint8Array.of(23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 1, 64), content)
}

function acknowledgement(of: number): Uint8Array {
  return concat(header(of, ACK), ackVector([[true, 1]]))
}

export const fine = scenario({
  name: 'UDP: handshake, DTLS and data; nothing is wrong',
  story: wire => {
    const beside = active(wire)
    works(wire, beside)
    beside.rdp.works(5).isEndedByServer()
    beside.tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const dies = scenario({
  name: 'UDP: it works for a while and dies; the client goes on asking for 70 s, and TCP stays alive',
  story: wire => {
    const beside = active(wire)
    works(wire, beside)
    for (let number = 0; number < 70; number++) {
      fromClient(wire, beside, acknowledgement(0x2010))
      wire.later(1e6)
      if (number % 10 === 0) beside.rdp.works(1)
    }
    beside.tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'any', finds: { 'udp-transport-blocked': ['confirmed', 'likely', 'possible'] } },
})

export const notTried = scenario({
  name: 'UDP: it is not tried at all, which is no fault',
  story: wire => {
    const { tcp, rdp } = active(wire)
    rdp.works(8).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})
