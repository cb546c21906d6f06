/** What stands beside an attempt: names, tickets and the time. RFC 1035, RFC 4120, RFC 9110 6.6.1. */
import { CLIENT } from '../../../src/wire/dissector.ts'
import { bytes, concat } from '../../support/bytes.ts'
import { element, INTEGER, SEQUENCE } from '../../support/der.ts'
import { AS_REQUEST, AS_REQUEST_WITH_TIMESTAMP, PREAUTHENTICATION_REQUIRED } from '../../support/logon-vectors.ts'
import { Connection } from './connection.ts'
import { noise } from './tls.ts'
import { type Host, STORY_BEGINS_MS, sessionHost, type Wire } from './wire.ts'

const DNS_PORT = 53
const KERBEROS_PORT = 88
const ANSWER_US = 14_000
const KRB_ERROR = 0x7e
const GENERALIZED_TIME = 0x18
const GENERAL_STRING = 0x1b

/** The domain controller and resolver of most stories. */
function controller(values: Partial<Host> = {}): Host {
  return sessionHost({ name: 'dc01.corp.example', address: '10.40.1.10', hardware: 0x10, ...values })
}

/** RFC 1035 4.1.1. */
const NO_ERROR = 0
const NOTHING = new Uint8Array(0)

/** The client asks for a name, and gets this address. */
export function resolves(wire: Wire, client: Host, name: string, address: string, resolver = controller()): void {
  const answer = concat(bytes('c00c 0001 0001 00000e10 0004'), Uint8Array.from(address.split('.'), Number))
  const asked = new Question(wire, client, name, resolver)
  asked.asks().isAnswered(NO_ERROR, answer)
}

/** A question for the address of a name. RFC 1035 4.1. */
export class Question {
  private readonly wire: Wire
  private readonly client: Host
  private readonly resolver: Host
  private readonly port: number
  private readonly question: Uint8Array

  constructor(wire: Wire, client: Host, name: string, resolver = controller()) {
    this.wire = wire
    this.client = client
    this.resolver = resolver
    this.port = 50_000 + wire.random.below(10_000)
    const labels = name.split('.').map(label => concat(Uint8Array.of(label.length), new TextEncoder().encode(label)))
    this.question = concat(...labels, bytes('00 0001 0001'))
  }

  /** @param gapsSeconds after which it asks again */
  asks(...gapsSeconds: readonly number[]): this {
    const query = this.message(0x0100, NOTHING)
    for (const gap of [0, ...gapsSeconds]) {
      this.wire.pause(gap).datagram(this.client, this.resolver, [this.port, DNS_PORT], query)
    }
    return this
  }

  /** @param code the rcode */
  isAnswered(code: number, answer: Uint8Array = NOTHING): this {
    this.wire.later(ANSWER_US)
    this.wire.datagram(this.resolver, this.client, [DNS_PORT, this.port], this.message(0x8580 | code, answer))
    return this
  }

  private message(flags: number, answer: Uint8Array): Uint8Array {
    const head = Uint8Array.of(0x5a, 0x3c, flags >> 8, flags & 255, 0, 1, 0, answer.length > 0 ? 1 : 0, 0, 0, 0, 0)
    return concat(head, this.question, answer)
  }
}

/** Who asks for tickets: the user of the recorded requests. */
export const TICKET_USER = 'alice'

export interface TicketWishes {
  /** The controller's clock against that of the capture. */
  readonly clockAheadSeconds?: number
}

/** The client asks for a ticket, first without and then with proof of its password. @param code of the last answer */
export function asksForTicket(wire: Wire, client: Host, code: number, wishes: TicketWishes = {}): void {
  const kdc = controller()
  const ask = (request: Uint8Array, answer: Uint8Array) => {
    const port = 55_000 + wire.random.below(9_000)
    wire.datagram(client, kdc, [port, KERBEROS_PORT], request)
    wire.later(ANSWER_US)
    wire.datagram(kdc, client, [KERBEROS_PORT, port], answer)
  }
  ask(AS_REQUEST, PREAUTHENTICATION_REQUIRED)
  wire.later(900)
  ask(AS_REQUEST_WITH_TIMESTAMP, kerberosError(wire, code, wishes))
}

/** RFC 4120 5.9.1. */
function kerberosError(wire: Wire, code: number, { clockAheadSeconds = 0 }: TicketWishes = {}): Uint8Array {
  const timeMs = STORY_BEGINS_MS + wire.nowUs / 1000 + clockAheadSeconds * 1000
  const time = new Date(timeMs).toISOString().replace(/\D/g, '').slice(0, 14)
  const number = (value: number) => element(INTEGER, Uint8Array.of(value))
  const realm = element(GENERAL_STRING, 'LAB.TEST')
  const service = element(
    SEQUENCE,
    element(0xa0, number(2)),
    element(0xa1, element(SEQUENCE, element(GENERAL_STRING, 'krbtgt'), realm)),
  )
  const parts: [number, Uint8Array][] = [
    [0, number(5)],
    [1, number(30)],
    [4, element(GENERALIZED_TIME, `${time}Z`)],
    [5, number(77)],
    [6, number(code)],
    [9, realm],
    [10, service],
  ]
  return element(KRB_ERROR, element(SEQUENCE, ...parts.map(([tag, content]) => element(0xa0 | tag, content))))
}

const ESP = 50
const ESP_BYTES = 104

/** A tunnel of IPsec is up: ESP both ways, as good as noise behind its index (RFC 4303 2). */
export function raisesVpn(wire: Wire, client: Host): void {
  const concentrator = sessionHost({ name: 'vpn.corp.example', address: '198.51.100.7', system: 'linux', hops: 11 })
  const packet = () => ({ protocol: ESP, bytes: noise(wire, ESP_BYTES), checksumAt: -1 })
  wire.carries(client, concentrator, packet())
  wire.later(31_000).carries(concentrator, client, packet())
}

/** Windows looks whether it is online: plain HTTP, whose answer tells the time. */
export function asksWhetherOnline(wire: Wire, client: Host, clockAheadSeconds = 0): void {
  const site = sessionHost({ name: 'www.msftconnecttest.com', address: '23.55.161.203', system: 'linux', hops: 9 })
  const tcp = new Connection(wire, client, site, { port: 80 }).opens()
  const line = (...lines: string[]) => new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`)
  tcp.client.says(
    line('GET /connecttest.txt HTTP/1.1', 'Connection: Close', 'User-Agent: Microsoft NCSI', `Host: ${site.name}`),
  )
  const date = new Date(STORY_BEGINS_MS + wire.nowUs / 1000 + clockAheadSeconds * 1000).toUTCString()
  const head = line(
    'HTTP/1.1 200 OK',
    'Content-Length: 22',
    `Date: ${date}`,
    'Connection: close',
    'Content-Type: text/plain',
  )
  tcp.server.says(concat(head, new TextEncoder().encode('Microsoft Connect Test')))
  tcp.closes(CLIENT)
}
