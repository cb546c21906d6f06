/**
 * What is often said about a code and does not hold: against each claim stands what the vendor's tables, the specification
 * or measured captures say. The claims about 0x904 stand with its reading, in `disconnect-reading.ts`.
 */

export interface Hearsay {
  readonly claim: string
  readonly truth: string
}

type Row = readonly [table: string, values: readonly number[], claim: string, truth: string]

const rows: readonly Row[] = [
  [
    'client-disconnect-reason',
    [0x204, 0x108],
    'the certificate, NLA or the password',
    'no RDP byte was sent: the TCP connection was not made',
  ],
  [
    'client-disconnect-reason',
    [0x1b07],
    'the certificate of the server must be renewed, or nobody can log on',
    'it is the client that refuses here; other clients go on after a warning',
  ],
  [
    'client-disconnect-reason',
    [0x1104],
    'a broken network',
    'the client met a message that breaks the protocol: look at what stands before the close',
  ],
  [
    'extended-disconnect-reason',
    [7],
    'a network error, or too little bandwidth',
    "contradicts both of Microsoft's tables: the name is that the server denied the connection",
  ],
  [
    'extended-disconnect-reason',
    [7],
    'always stands beside 0x904',
    '0x904 is reported with extended 0x0 too: the one does not follow from the other',
  ],
  ['errinfo', [0xb, 0xc], 'the server broke the session', 'a person disconnected or logged off: an orderly end'],
  ['license-error', [7], 'an error of licensing', 'it is the message of success: the client needs no licence'],
  [
    'sspi',
    [0x80090302],
    'CredSSP encryption oracle remediation, always',
    'so it is where the two sides speak different CredSSP versions; with version 6 on both the server refuses NTLM',
  ],
  [
    'sspi',
    [0x8009030d],
    'a wrong password',
    'in Schannel event 36870 it says that the private key of the server can not be read',
  ],
  [
    'http-status',
    [401],
    'wrong credentials',
    'the first 401 with a challenge is how each channel begins; only one behind the last message of a round is a refusal',
  ],
  [
    'http-status',
    [200],
    'an answer without Content-Length is broken',
    'MS-TSGU 3.3.5.1 wants the answer of RDG_OUT_DATA without an end',
  ],
  [
    'http-status',
    [101],
    'an answer without Content-Length is broken',
    'an upgrade has no content; what follows are WebSocket frames',
  ],
  [
    'kerberos-error',
    [25],
    'the logon failed',
    'the KDC asks for pre-authentication: the first step of every logon with a password',
  ],
  [
    'tls-alert',
    [0],
    'a failure of TLS',
    'an orderly end. A client that refuses a certificate may send just this, and no certificate alert',
  ],
  ['tls-alert', [45], 'the certificate is too old', 'or not valid yet: a clock may be wrong'],
  [
    'tls-alert',
    [50],
    'a broken client',
    'OpenSSL servers answer a FIN with it: behind the end of the client it is no cause',
  ],
  [
    'tls-alert',
    [80, 40],
    'a broken server',
    'a client that speaks TLS 1.0 by its list, and whose policy forbids what 1.0 needs, ends with these too',
  ],
  [
    'negotiation-failure',
    [2],
    'the connection fails',
    'a client that allows it goes on with standard RDP security in a new connection',
  ],
  [
    'negotiation-failure',
    [5],
    'always the cause',
    'behind a refused logon mstsc tries once more without NLA and is told 5: then the logon before it is the cause',
  ],
  [
    'websocket-close',
    [1006],
    'the gateway sent 1006',
    'nobody sends it: the connection ended under the program, so look at TCP and TLS',
  ],
  [
    'ntstatus',
    [0xc000006d],
    'the password is wrong',
    'or the name, or the form of the name (DOMAIN\\user): the sub status of event 4625 tells which',
  ],
]

/** What is said of it; empty when nothing that is worth an answer. */
export function hearsayOf(table: string, value: number): readonly Hearsay[] {
  return rows
    .filter(([of, values]) => of === table && values.includes(value))
    .map(([, , claim, truth]) => ({ claim, truth }))
}
