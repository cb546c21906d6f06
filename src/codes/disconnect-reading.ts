/**
 * What the numbers of mstsc's error dialog tell, and what they do not: "error code 0x904, extended error code 0x7". Each
 * sentence says where it comes from; what no source says is marked as inference.
 */
import { clientDisconnectReasons } from './client-disconnect-reasons.ts'
import { decidedBy } from './decided-by.ts'
import { extendedDisconnectReasons } from './extended-disconnect-reasons.ts'
import { gatewayClientReasons } from './gateway-client.ts'
import { written } from './table.ts'

/** A reason of the web for a code, and what the vendor's tables say about it. */
interface Claim {
  readonly claim: string
  readonly truth: string
}

export interface Reading {
  /** `0x904 0x7`. */
  readonly codes: string
  readonly is: readonly string[]
  readonly isNot: readonly string[]
  readonly claims: readonly Claim[]
  /** What a capture of such an attempt shows when the code is right. */
  readonly wire: readonly string[]
  readonly capture: readonly string[]
  /** Ids of the rules that decide it. */
  readonly rules: readonly string[]
}

const SOCKET_CLOSED = 0x904
const SERVER_DENIED = 7

/** @returns null when neither table of mstsc knows the reason. */
export function readDisconnect(reason: number, extended: number | null): Reading | null {
  const table = clientDisconnectReasons.byValue.has(reason) ? clientDisconnectReasons : gatewayClientReasons
  const known = table.byValue.get(reason)
  if (known === undefined) return null
  const family = reason === SOCKET_CLOSED ? socketClosed : familyOf(table.id, reason)
  const second = extended === null ? null : extendedReading(reason, extended)
  return {
    codes: `${short(reason)}${extended === null ? '' : ` ${short(extended)}`}`,
    is: [`${written(table, reason)} means: ${known.meaning} (${table.source}).`, ...family.is, ...(second?.is ?? [])],
    isNot: [...family.isNot, ...(second?.isNot ?? [])],
    claims: family.claims,
    wire: [...family.wire, ...(second?.wire ?? [])],
    capture: [...family.capture, ...WHAT_TO_CAPTURE],
    rules: [...new Set([...decidedBy(table.id, reason), ...(second?.rules ?? [])])],
  }
}

type Part = Pick<Reading, 'is' | 'isNot' | 'claims' | 'wire' | 'capture'>

const nothing: Part = { is: [], isNot: [], claims: [], wire: [], capture: [] }

const WHAT_TO_CAPTURE: readonly string[] = [
  'Record on the client, whole packets, from before the click on Connect until after the dialog. Name lookups, Kerberos and ICMP belong to it.',
  'If that leaves two explanations, record at the server or the gateway at the same time: a packet that left one end and did not reach the other places the fault between them.',
  'For what is said inside TLS (error info, logon, licence, gateway policy) a key log is needed, or the event logs of the server.',
]

/** The code that the web has the most stories about. */
const socketClosed: Part = {
  is: [
    'The name in that table, disconnectReasonAtClientWinsockFDCLOSE, is the notice of Windows sockets that a connection was closed: the TCP connection existed, and ended while the client still wanted it. It names no cause.',
  ],
  isNot: [
    'It is not a diagnosis by the client. For what it diagnoses itself it has codes of its own (below); had it seen one of those, it would show that code.',
  ],
  claims: [
    { claim: 'DNS failure', truth: 'has its own codes: 0x104, 0x208, 0x508, 0x604' },
    {
      claim: 'host off, port closed, firewall drops the SYN',
      truth: 'has its own codes: 0x204 (connect failed), 0x108 (timed out)',
    },
    {
      claim: 'server certificate expired',
      truth:
        'a client that refuses it shows 0x1B07. It can be the cause only where the server can not replace or read its own expired certificate: then it closes before its ServerHello (events 1057, 1058, Schannel 36870)',
    },
    {
      claim: 'wrong, locked or expired credentials',
      truth: 'have their own codes: 0x807, 0xB07, 0xD07, 0xF07, 0x1207 and more',
    },
    { claim: 'NLA required', truth: 'has a message of its own (0xB09)' },
    { claim: 'licensing', truth: 'has its own codes: 0x808, 0x908, with extended 0x100 to 0x10B' },
    { claim: 'RD Gateway', truth: 'has codes of its own: 0x3000001 and following' },
    {
      claim: 'a gateway response without Content-Length',
      truth: 'is no fault by itself: MS-TSGU 3.3.5.1 lets the gateway answer without a length',
    },
    { claim: 'network error, too little bandwidth', truth: "contradicts Microsoft's tables; slow never equals closed" },
  ],
  wire: [
    'A completed TCP handshake, some bytes of the client, then FIN or RST from the other side (or from something in between).',
    'Without a completed handshake the capture is not of that attempt, or the code is not 0x904.',
    'A RST of the client alone proves nothing: mstsc ends every connection with one, good or bad.',
    'Expected as well, though no source says so: RST within the TLS handshake.',
  ],
  capture: [],
}

const lookup: Part = {
  ...nothing,
  wire: [
    'A query for the server without a usable answer (or none at all, where a cache answered), and no SYN to the server.',
  ],
}
const connect: Part = {
  ...nothing,
  isNot: ['It is nothing that RDP itself decided: no RDP byte was sent.'],
  wire: ['SYN without SYN-ACK: resent in vain, answered by RST, or answered by an ICMP message.'],
}
const cut: Part = {
  ...nothing,
  wire: ['A connection that was made, and that then broke: reset, closed, or silent until a timer ran out.'],
}
const logon: Part = {
  ...nothing,
  isNot: ['It is not a fault of the network: the connection came as far as the logon.'],
  wire: [
    'TCP, X.224 and TLS complete, then a few records of CredSSP, then the end. The reason itself is inside TLS; the security log of the server has it (events 4625, 4776).',
  ],
}
const certificate: Part = {
  ...nothing,
  wire: [
    'The server sends its certificate (readable up to TLS 1.2), and the client leaves: with an alert, or without one right after the handshake.',
  ],
}
const licence: Part = {
  ...nothing,
  isNot: ['Licence error 7 is not meant: STATUS_VALID_CLIENT is success.'],
  wire: [
    'TLS and logon complete, then the end about twenty records later. What the licence server said is inside TLS.',
  ],
}
const nla: Part = {
  ...nothing,
  wire: ['A negotiation failure 5 (HYBRID_REQUIRED_BY_SERVER) in clear, in the first answer of the server.'],
}
const gateway: Part = {
  ...nothing,
  isNot: ['It is not an official number: Microsoft publishes no table of these.'],
  wire: [
    'TLS to the gateway; the HTTP status and the gateway packets are inside it, readable with keys or on the hop behind it.',
  ],
}

const families: readonly (readonly [rule: string, part: Part])[] = [
  ['dns-lookup-failed', lookup],
  ['tcp-connect-unanswered', connect],
  ['nla-logon-failed', logon],
  ['tls-certificate-expired', certificate],
  ['license-refused', licence],
  ['nla-required', nla],
  ['gateway-http-error', gateway],
  ['x224-no-confirm', cut],
]

function familyOf(table: string, reason: number): Part {
  const rules = decidedBy(table, reason)
  return families.find(([rule]) => rules.includes(rule))?.[1] ?? nothing
}

interface ExtendedReading extends Pick<Reading, 'is' | 'isNot' | 'wire' | 'rules'> {}

function extendedReading(reason: number, extended: number): ExtendedReading {
  const meaning = extendedDisconnectReasons.byValue.get(extended)?.meaning
  const code = `0x${extended.toString(16).toUpperCase()}`
  if (meaning === undefined) {
    const what =
      extended >= 0x1000 && extended <= 0x7fff
        ? 'lies in the range of internal protocol errors of the client (0x1000 to 0x7FFF)'
        : "is not in Microsoft's table"
    return { is: [`Extended ${code} ${what}.`], isNot: [], wire: [], rules: [] }
  }
  if (extended === 0) return { is: ['Extended 0x0 adds nothing.'], isNot: [], wire: [], rules: [] }
  if (extended === SERVER_DENIED) return serverDenied(reason)
  return {
    is: [`Extended ${code} means: ${meaning} (Microsoft, ExtendedDisconnectReasonCode).`],
    isNot: [],
    wire: [
      'The server says so in a Set Error Info PDU, behind TLS: visible only with keys, or in the event log of the server.',
    ],
    rules: decidedBy('extended-disconnect-reason', extended),
  }
}

function serverDenied(reason: number): ExtendedReading {
  return {
    is: [
      'Extended 0x7 is exDiscReasonServerDeniedConnection in Microsoft\'s table: "the server denied the connection".',
      ...(reason === SOCKET_CLOSED
        ? [
            'With 0x904 Microsoft does not explain it. Reports show the pair where no server can have said so: another program on the port, a server that closes right after TLS, an unusable server certificate. So it seems to be filled in by the client when the socket closes during connection set-up (inference).',
          ]
        : []),
    ],
    isNot: [
      'It does not mean that the server spoke: only a Set Error Info PDU with 7 (ERRINFO_SERVER_DENIED_CONNECTION) shows that, and such a PDU can exist only after MCS, inside TLS.',
      'It is not licence error 7, which is success.',
    ],
    wire: ['Extended 0x7 alone selects no cause: go by the last step that the capture shows.'],
    rules: ['server-denied'],
  }
}

function short(value: number): string {
  return `0x${value.toString(16).toUpperCase()}`
}
