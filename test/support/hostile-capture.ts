/** A capture whose packets were written to get at who looks at it: every name in it is a trap. */
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { Connection } from '../scenarios/language/connection.ts'
import { RemoteDesktop, TLS } from '../scenarios/language/rdp.ts'
import { certificateFor } from '../scenarios/language/tls.ts'
import { pc, sessionHost, Wire } from '../scenarios/language/wire.ts'
import { bytes, concat } from './bytes.ts'
import { HOSTILE_TEXTS, LONG_NAME } from './hostile.ts'

const DNS_PORT = 53
const MOST_LABEL_BYTES = 63
/** No such name. RFC 1035 4.1.1. */
const NXDOMAIN = '8583'
/** Two bytes that begin a character and do not end it; the end of one that did not begin. */
const BROKEN_UTF8 = Uint8Array.of(0xe6, 0x97, 0x41, 0xff, 0xfe, 0xc3, 0x28, 0x80, 0xf0, 0x9f)

const latin1 = (text: string) => Uint8Array.from(text, char => char.charCodeAt(0) & 0xff)
const utf8 = (text: string) => new TextEncoder().encode(text)

/** An attempt for each text, and one for the long name: the lookup, the connection with cookie and SNI, the certificate. */
export function hostileCapture(): Uint8Array {
  const wire = new Wire(5)
  const client = pc()
  wire.tapAt(client)
  for (const [nth, text] of [...HOSTILE_TEXTS, LONG_NAME].entries()) {
    const server = sessionHost({ name: text, address: `10.40.8.${nth + 1}`, hardware: 0x30 + nth })
    asksInVain(wire, text)
    const tcp = new Connection(wire, client, server).opens()
    const rdp = new RemoteDesktop(tcp, wire, {
      security: TLS,
      asks: TLS,
      user: text.replaceAll(/[\r\n]/g, ' ').slice(0, 200),
      name: text,
      certificate: certificateFor(text.slice(0, 1000), wire, { to: -3 }),
    })
    rdp.negotiates()
    rdp.tls.asks()
    rdp.tls.answers()
    tcp.closes(CLIENT)
    wire.pause(4)
    speaksHttp(wire, text, nth)
    wire.pause(70)
  }
  return wire.capture(true)
}

/** RFC 1035: a name of one label, and no answer to it. */
function asksInVain(wire: Wire, text: string): void {
  const client = pc()
  const resolver = sessionHost({ name: 'dns', address: '10.40.1.10' })
  const label = concat(utf8(text), BROKEN_UTF8).subarray(0, MOST_LABEL_BYTES)
  const question = concat(Uint8Array.of(label.length), label, latin1('\x07example\0'), bytes('0001 0001'))
  const head = (flags: string) => bytes(`5a3c ${flags} 0001 0000 0000 0000`)
  const port = 50_000 + wire.random.below(9000)
  wire.datagram(client, resolver, [port, DNS_PORT], concat(head('0100'), question))
  wire.later(900)
  wire.datagram(resolver, client, [DNS_PORT, port], concat(head(NXDOMAIN), question))
}

/** A gateway's refusal, in clear, with the text wherever HTTP lets one be. */
function speaksHttp(wire: Wire, text: string, nth: number): void {
  const gateway = sessionHost({ name: 'gw', address: `10.40.9.${nth + 1}`, hardware: 0x60 + nth })
  const line = text.replaceAll(/[\r\n]/g, ' ')
  const message = (first: string, ...names: readonly string[]) =>
    concat(
      utf8(`${first}\r\n`),
      ...names.map(name => concat(utf8(`${name}: ${line}`), BROKEN_UTF8, latin1('\r\n'))),
      latin1('Content-Length: 0\r\n\r\n'),
    )
  const tcp = new Connection(wire, pc(), gateway, { port: nth % 2 === 0 ? 80 : 3128 }).opens()
  const asked =
    nth % 2 === 0
      ? `RDG_OUT_DATA /${line.replaceAll(' ', '_')} HTTP/1.1`
      : `CONNECT ${line.replaceAll(' ', '_')}:443 HTTP/1.1`
  tcp.client.says(message(asked, 'Host', 'User-Agent', 'Cookie', 'X-Trap'))
  tcp.server.says(message(`HTTP/1.1 403 ${line}`, 'Server', 'Via', 'Location', 'WWW-Authenticate'))
  tcp.closes(SERVER)
}
