/**
 * The security negotiation that opens every RDP connection: protocols and failure codes.
 * MS-RDPBCGR 2.2.1.1.1 (request), 2.2.1.2.1 (response), 2.2.1.2.2 (failure).
 */
import { codeTable, symbolOf } from './table.ts'

const SSL_REQUIRED_BY_SERVER = 1
const SSL_NOT_ALLOWED_BY_SERVER = 2
export const SSL_CERT_NOT_ON_SERVER = 3
const INCONSISTENT_FLAGS = 4
export const HYBRID_REQUIRED_BY_SERVER = 5
const SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER = 6

export const PROTOCOL_RDP = 0x00
const PROTOCOL_SSL = 0x01
export const PROTOCOL_HYBRID = 0x02
const PROTOCOL_RDSTLS = 0x04
export const PROTOCOL_HYBRID_EX = 0x08
const PROTOCOL_RDSAAD = 0x10

export const negotiationFailures = codeTable(
  {
    id: 'negotiation-failure',
    title: 'RDP negotiation failure (RDP_NEG_FAILURE)',
    layer: 'X.224 negotiation, in clear',
    source: 'MS-RDPBCGR 2.2.1.2.2',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [
      SSL_REQUIRED_BY_SERVER,
      'SSL_REQUIRED_BY_SERVER',
      'the server wants TLS or CredSSP',
      'The client offered standard RDP security alone.',
    ],
    [
      SSL_NOT_ALLOWED_BY_SERVER,
      'SSL_NOT_ALLOWED_BY_SERVER',
      'the server is set to standard RDP security only',
      'A client that allows it tries again with standard RDP security in a new TCP connection.',
    ],
    [
      SSL_CERT_NOT_ON_SERVER,
      'SSL_CERT_NOT_ON_SERVER',
      'the server has no valid certificate and can not start TLS',
      'Proof in clear text of a certificate problem on the server.',
    ],
    [
      INCONSISTENT_FLAGS,
      'INCONSISTENT_FLAGS',
      'the requested protocols disagree with the one that already runs',
      'Only where CredSSP ran before the X.224 negotiation.',
    ],
    [
      HYBRID_REQUIRED_BY_SERVER,
      'HYBRID_REQUIRED_BY_SERVER',
      'the server requires CredSSP (Network Level Authentication)',
      'The client did not offer it. mstsc has a message of its own for this (0xB09), not 0x904.',
    ],
    [
      SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER,
      'SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER',
      'the server requires TLS with a client certificate',
      'Rare.',
    ],
  ],
)

export const securityProtocols = codeTable(
  {
    id: 'security-protocol',
    title: 'RDP security protocols (requestedProtocols, selectedProtocol)',
    layer: 'X.224 negotiation, in clear',
    source: 'MS-RDPBCGR 2.2.1.1.1, 2.2.1.2.1',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [PROTOCOL_RDP, 'PROTOCOL_RDP', 'standard RDP security'],
    [PROTOCOL_SSL, 'PROTOCOL_SSL', 'TLS'],
    [PROTOCOL_HYBRID, 'PROTOCOL_HYBRID', 'CredSSP (NLA)'],
    [PROTOCOL_RDSTLS, 'PROTOCOL_RDSTLS', 'RDSTLS', 'Used after a redirection.'],
    [PROTOCOL_HYBRID_EX, 'PROTOCOL_HYBRID_EX', 'CredSSP (NLA) with early user authorization result'],
    [PROTOCOL_RDSAAD, 'PROTOCOL_RDSAAD', 'Entra ID (AAD) authentication'],
  ],
)

/** `SSL_REQUIRED_BY_SERVER`; the number where it is unknown. */
export function negotiationFailureName(code: number): string {
  return symbolOf(negotiationFailures, code)
}

/**
 * The protocols of a flag field for a sentence: `TLS and CredSSP (NLA)`. 0 is standard RDP security; -1 is a request
 * without a negotiation part, which knows nothing else. Unknown bits are named by their value.
 */
export function protocolNames(protocols: number): string {
  if (protocols <= 0) return 'standard RDP security'
  const names: string[] = []
  for (const { value, meaning } of securityProtocols.codes) if ((protocols & value) !== 0) names.push(meaning)
  const unknown = protocols & ~0x1f
  if (unknown !== 0) names.push(`unknown protocols (0x${(unknown >>> 0).toString(16)})`)
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** The same as short as a line of a ladder wants it: `TLS, NLA`. */
export function shortProtocolNames(protocols: number): string {
  if (protocols <= 0) return 'standard RDP security'
  const names = [...SHORT_NAMES].flatMap(([bit, name]) => ((protocols & bit) === 0 ? [] : [name]))
  const unknown = protocols & ~0x1f
  return [...names, ...(unknown === 0 ? [] : [`0x${(unknown >>> 0).toString(16)}`])].join(', ')
}

const SHORT_NAMES: ReadonlyMap<number, string> = new Map([
  [PROTOCOL_SSL, 'TLS'],
  [PROTOCOL_HYBRID, 'NLA'],
  [PROTOCOL_HYBRID_EX, 'NLA with early result'],
  [PROTOCOL_RDSTLS, 'RDSTLS'],
  [PROTOCOL_RDSAAD, 'Entra ID'],
])
