/**
 * What the generated connections say: the X.224 negotiation, HTTP to a gateway and to RD Web, and TLS dialogues of
 * Node's own client and server, recorded once (`dialogues.json`; a made-up CA issued their certificates).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import type { Message } from './connection.ts'

const CLIENT_NAMES = ['admin', 'jdoe', 'CORP\\svc1']
const PAGE = Buffer.alloc(2600, '<p>hello</p>\n')

type Dialogues = Record<string, { from: 'client' | 'server'; base64: string }[]>

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'dialogues.json'), 'utf8')) as Dialogues
function dialogue(name: string): readonly Message[] {
  return (recorded[name] ?? []).map(({ from, base64 }) => [
    from === 'client' ? CLIENT : SERVER,
    Buffer.from(base64, 'base64'),
  ])
}

/** Handshake and a few records, with a gateway and with a session host, in TLS 1.2 and 1.3. */
export const gatewayTls12 = dialogue('gatewayTls12')
export const gatewayTls13 = dialogue('gatewayTls13')
export const hostTls12 = dialogue('hostTls12')
export const hostTls13 = dialogue('hostTls13')

/** Connection requests that offer TLS and NLA (MS-RDPBCGR 2.2.1.1), with the cookies of three users. */
export const connectionRequests: readonly Message[] = CLIENT_NAMES.map(name => {
  const cookie = Buffer.from(`Cookie: mstshash=${name}\r\n`)
  const length = 6 + cookie.length + 8
  const header = Buffer.from([3, 0, 0, length + 5, length, 0xe0, 0, 0, 0, 0, 0])
  return [CLIENT, Buffer.concat([header, cookie, Buffer.from([1, 0, 8, 0, 3, 0, 0, 0])])]
})

/** The server chooses NLA (MS-RDPBCGR 2.2.1.2.1). */
export const connectionConfirm: Message = [
  SERVER,
  Buffer.from([3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0x1f, 8, 0, 2, 0, 0, 0]),
]

/** The server chooses TLS alone. */
export const connectionConfirmTls: Message = [
  SERVER,
  Buffer.from([3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0x1f, 8, 0, 1, 0, 0, 0]),
]

/** What FreeRDP's client and server say inside TLS until the session is active; the password is none (`rdp-session.json`). */
export const rdpSession: readonly Message[] = (
  JSON.parse(readFileSync(join(import.meta.dirname, 'rdp-session.json'), 'utf8')) as Dialogues[string]
).map(({ from, base64 }) => [from === 'client' ? CLIENT : SERVER, Buffer.from(base64, 'base64')])

/** Set Error Info: logged off by the user (MS-RDPBCGR 2.2.5.1), and the ultimatum behind it (2.2.2.3). */
export const loggedOff = Buffer.from('0300002402f08068000603eb701616001700ef03ea030100000116002f0000000c000000', 'hex')
export const disconnectUltimatum = Buffer.from('0300000902f0802180', 'hex')

/** The server refuses: HYBRID_REQUIRED_BY_SERVER (MS-RDPBCGR 2.2.1.2.2). */
export const negotiationFailure: Message = [
  SERVER,
  Buffer.from([3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 3, 0, 8, 0, 5, 0, 0, 0]),
]

/** A gateway request with its challenge, then a page of RD Web. */
export const httpDialogue: readonly Message[] = [
  [
    CLIENT,
    head(
      'RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1',
      'Cache-Control: no-cache',
      'Connection: Upgrade',
      'Pragma: no-cache',
      'Upgrade: websocket',
      'Accept: */*',
      'User-Agent: MS-RDGateway/1.0',
      'RDG-Connection-Id: {9A1F5B1C-0000-4B4E-9F6C-0B4E7C1A2B3C}',
      'RDG-Correlation-Id: {F1A2B3C4-0000-4E5F-8A9B-0C1D2E3F4A5B}',
      'RDG-User-Id: YQBkAG0AaQBuAA==',
      'Host: rdgw.corp.example.com',
    ),
  ],
  [
    SERVER,
    head(
      'HTTP/1.1 401 Unauthorized',
      'Content-Type: text/html',
      'Server: Microsoft-HTTPAPI/2.0',
      'WWW-Authenticate: Negotiate',
      'WWW-Authenticate: NTLM',
      'Date: Mon, 20 Nov 2023 10:11:12 GMT',
      `Content-Length: ${PAGE.length}`,
    ),
  ],
  [
    CLIENT,
    head(
      'GET /RDWeb/Pages/en-US/login.aspx?x=1 HTTP/1.1',
      'Host: rdweb.corp.example.com',
      'User-Agent: Mozilla/5.0',
      'Accept: text/html,application/xhtml+xml',
      'Cookie: TSWAAuthHttpOnlyCookie=abcdef0123456789',
    ),
  ],
  [
    SERVER,
    head(
      'HTTP/1.1 200 OK',
      'Content-Type: text/html; charset=utf-8',
      'Server: Microsoft-IIS/10.0',
      'X-Powered-By: ASP.NET',
      `Content-Length: ${PAGE.length}`,
    ),
  ],
].map(([from, bytes]) => [from, from === SERVER ? Buffer.concat([bytes as Buffer, PAGE]) : bytes] as Message)

/** TLS application data records of this size, one after the other, filled with random words. */
export function applicationData(bytes: Buffer, recordBytes: number): Buffer {
  const whole = recordBytes + 5
  for (let at = 0; at + whole <= bytes.length; at += whole) {
    bytes.set([23, 3, 3], at)
    bytes.writeUInt16BE(recordBytes, at + 3)
  }
  return bytes.subarray(0, Math.floor(bytes.length / whole) * whole)
}

function head(...lines: string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}
