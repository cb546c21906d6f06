/** Something else answers on that port. Cause 43; MS-RDPBCGR 2.2.1.2, RFC 8446 5.1. */
import type { Attempt } from '../attempt/attempt.ts'
import type { Event } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { type Picture, pictureOf } from './picture.ts'
import { beforeClick, onServer } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, rule, ruledOut, type Verdict } from './rule.ts'
import { isLate } from './unseen.ts'

const RIGHT_SERVICE = ruledOut('The server speaks the protocol that it was asked in.')
const NO_ANSWER = notVisible(
  'The server sent nothing that could tell which service it is.',
  'Connect to the port by hand: Test-NetConnection, or curl -v telnet://<server>:<port>, and see what it says.',
)
const INCOMPLETE = notVisible(
  'The capture does not hold all that the server said first.',
  'Capture from before the click on Connect, with both directions and without drops of the recorder.',
)
const TO_SETTLE = 'netstat -abno on the server names the program that listens on this port.'

/** What speaks each protocol. */
const SERVICES: ReadonlyMap<string, string> = new Map([
  ['ssh', 'an SSH server'],
  ['vnc', 'a VNC server'],
  ['smb2', 'a file server (SMB)'],
  ['smb', 'a file server (SMB)'],
  ['telnet', 'a Telnet server'],
  ['ftp', 'an FTP server'],
  ['smtp', 'a mail server (SMTP)'],
  ['ftp-or-smtp', 'an FTP or mail server'],
  ['pop', 'a POP3 server'],
  ['imap', 'an IMAP server'],
  ['mysql', 'a MySQL server'],
  ['tds', 'a Microsoft SQL server'],
  ['pgsql', 'a PostgreSQL server'],
  ['ldap', 'a directory server (LDAP)'],
  ['sip', 'a SIP server'],
  ['rtsp', 'an RTSP server'],
  ['amqp', 'an AMQP broker'],
  ['ica', 'a Citrix server'],
  ['nx', 'a NoMachine server'],
  ['bittorrent', 'a BitTorrent peer'],
  ['http', 'a web server'],
])

export const foreignService = rule({
  id: 'foreign-service',
  severity: 'error',
  title: 'Something else than the expected service answers on that port',
  short: 'another service answers',
  causes: [43],
  looksAt: 'The first bytes of the server, against the protocol that the client speaks: RDP negotiation, TLS or HTTP.',
  confirms:
    'A banner or another protocol in answer to the RDP connection request or the TLS ClientHello, or before the client said anything.',
  rulesOut: 'An answer in the protocol of the question.',
  cannotSee: 'A program that speaks TLS or RDP itself, and stands in for the expected one.',
  settledBy: [beforeClick, onServer],
  remedy: [
    'On the server: netstat -abno | findstr :<port> names the program that listens there.',
    'Is it the right port? RDP: reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp" /v PortNumber. Look at port forwardings of the router, too.',
  ],
  ask: ['server', 'network'],
  filter: 'tcp.len > 0 && !tpkt && !tls && (tcp.srcport == 3389 || tcp.srcport == 443)',

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    const { firstFromServer, connection } = picture
    if (firstFromServer === null || connection === null) return NO_ANSWER
    // Of a stream with holes, or without its beginning, anything may look foreign.
    if (picture.unseen[SERVER] || isLate(connection)) return INCOMPLETE
    // Nor can it be told what answers a question that is not here.
    if (picture.unseen[CLIENT] && isUnknown(firstFromServer)) return INCOMPLETE
    return isForeign(picture, firstFromServer)
      ? found(attempt, picture, firstFromServer)
      : behindHello(attempt, picture)
  },
})

function isUnknown({ fact }: Event): boolean {
  return fact.kind === 'unrecognised' && !SERVICES.has(fact.protocol)
}

/** What answers what: RDP to RDP, TLS to TLS, HTTP to HTTP. */
function isForeign({ request, clientHello, unseen }: Picture, answer: Event): boolean {
  const { kind } = answer.fact
  if (kind === 'unrecognised') return true
  if (request === null || unseen[CLIENT] || answer.packet < request.packet) return false
  if (kind === 'http-response') return true
  // A client that went on to TLS had its confirm, though it is not here.
  const wentOn = clientHello !== null && clientHello.packet < answer.packet
  return !wentOn && (kind === 'alert' || kind === 'server-hello')
}

/** TLS was agreed on, or asked for behind a proxy's CONNECT, and then something else came. */
function behindHello(attempt: Attempt, picture: Picture): Verdict {
  const { clientHello, serverHello, connection } = picture
  if (clientHello === null || serverHello !== null || connection === null) return RIGHT_SERVICE
  for (const event of connection.events) {
    if (event.direction !== SERVER || event.packet <= clientHello.packet) continue
    const { kind } = event.fact
    if (kind === 'unrecognised' || kind === 'http-response') return found(attempt, picture, event)
    if (kind !== 'opaque' && kind !== 'stream-gap') break
  }
  return RIGHT_SERVICE
}

function found(attempt: Attempt, { request, clientHello }: Picture, answer: Event): Verdict {
  const question = clientHello !== null && clientHello.packet < answer.packet ? clientHello : request
  const asked = question === null ? null : question === clientHello ? 'a TLS ClientHello' : 'an RDP connection request'
  const what = nameOf(answer)
  const evidence: Evidence[] = [[answer, `The server says: ${what}.`]]
  if (question !== null && question.packet < answer.packet) evidence.unshift([question, `The client sends ${asked}.`])
  const says = `On ${attempt.server.address} port ${attempt.server.port} ${what} answers${asked === null ? '' : ` ${asked}`}, which is not the expected service.`
  // Half a message may be the beginning of the right thing.
  if (answer.fact.kind === 'unrecognised' && answer.fact.first.length < 4) return likely(says, TO_SETTLE, ...evidence)
  return confirmed(says, ...evidence)
}

function nameOf({ fact }: Event): string {
  switch (fact.kind) {
    case 'http-response':
      return `a web server (HTTP ${fact.status}${fact.phrase === '' ? '' : ` ${fact.phrase}`})`
    case 'alert':
    case 'server-hello':
      return 'a TLS server'
    case 'negotiation-response':
    case 'negotiation-failure':
      return 'an RDP server'
    case 'unrecognised':
      return SERVICES.get(fact.protocol) ?? `an unknown protocol (${preview(fact.first)})`
    default:
      return 'another protocol'
  }
}

/** The first bytes, as text where they are text. */
function preview(first: string): string {
  const start = first.slice(0, 16)
  if (/^[\x20-\x7e\r\n\t]+$/.test(start)) return `"${start.replace(/[\r\n\t]+/g, ' ').trim()}"`
  return [...start.slice(0, 8)].map(char => char.charCodeAt(0).toString(16).padStart(2, '0')).join(' ')
}
