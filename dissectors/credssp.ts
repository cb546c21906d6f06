/**
 * CredSSP: network level authentication, inside TLS and before RDP. Tokens of Kerberos or NTLM go to and fro, then proofs
 * that both see the same certificate, then the user's credentials; the server may say why not. Behind it a server that was
 * asked for PROTOCOL_HYBRID_EX says whether the user may log on here, before the session begins.
 *
 * MS-CSSP 2.2.1 (TSRequest), MS-RDPBCGR 2.2.10.2 (early user authorization result), 5.4.5.2.
 */
import { earlyAuthorizationResults } from '../src/codes/authorization.ts'
import { ntStatuses } from '../src/codes/ntstatus.ts'
import { sspiResults } from '../src/codes/sspi.ts'
import {
  BROKEN,
  type Direction,
  MAYBE,
  NEED_MORE,
  NO,
  NOT_MINE,
  type Out,
  SERVER,
  SURE,
  stream,
} from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import * as ber from './ber.ts'
import { elementLength, type Header, readHeader } from './ber-header.ts'
import { type AuthenticationFact, readSecurityToken } from './spnego.ts'

export interface CredSspMessage {
  readonly kind: 'credssp'
  /** 2 to 6; 0 when it is missing. */
  readonly version: number
  readonly hasTokens: boolean
  /** The user's credentials, encrypted. */
  readonly hasAuthInfo: boolean
  /** Bytes of the encrypted proof of the public key; 0 without. */
  readonly publicKeyBytes: number
  readonly hasNonce: boolean
  /** NTSTATUS, or HRESULT of the security support provider; 0 without. */
  readonly errorCode: number
  readonly complete: boolean
}
/** May the user log on here? 0 = yes, 5 = no. */
export interface EarlyUserAuthorization {
  readonly kind: 'early-user-authorization'
  readonly result: number
  readonly complete: boolean
}
export type CredSspFact = CredSspMessage | EarlyUserAuthorization | AuthenticationFact

export interface CredSspState {
  /** selectedProtocol of the negotiation; -1 when it is not known. */
  readonly selected: number
  /** The client has spoken, and whether the server gave its early result. */
  began: boolean
  authorized: boolean
}

/** As signed numbers, which is how they are encoded. */
const ERRORS = new Map([...ntStatuses.symbols, ...sspiResults.symbols].map(([value, symbol]) => [value | 0, symbol]))
const f = {
  request: field('credssp.TSRequest_element', 'TSRequest', 'group'),
  version: field('credssp.version', 'version'),
  tokens: field('credssp.negoTokens', 'negoTokens'),
  tokenItem: field('credssp.NegoData_item_element', 'NegoData item', 'group'),
  token: field('credssp.negoToken', 'negoToken (hidden)', 'group'),
  authInfo: field('credssp.authInfo', 'authInfo (hidden)', 'group'),
  publicKey: field('credssp.pubKeyAuth', 'pubKeyAuth (hidden)', 'group'),
  error: field('credssp.errorCode', 'errorCode', 'dec', ERRORS),
  nonce: field('credssp.clientNonce', 'clientNonce', 'bytes'),
}
const early = field(
  'rdp.earlyUserAuthResult',
  'Early user authorization result',
  'hex',
  earlyAuthorizationResults.symbols,
)

const SEQUENCE = 0x30
const CONTEXT = 0xa0
const TPKT_VERSION = 3
const HYBRID_EX = 8
const UNKNOWN = -1
const EARLY_RESULT_BYTES = 4

export const credssp = stream<CredSspState, CredSspFact>({
  name: 'credssp',
  title: 'Credential Security Support Provider',
  spec: ['MS-CSSP 2.2.1', 'MS-RDPBCGR 2.2.10.2'],

  begin: next => ({ selected: typeof next?.hint === 'number' ? next.hint : UNKNOWN, began: false, authorized: false }),

  probe(bytes, start, end) {
    if (bytes[start] !== SEQUENCE) return NO
    const state = readHeader(bytes, start, end, header)
    if (state === 'cut') return MAYBE
    if (state !== 'whole' || header.length < 5) return NO
    // [0] INTEGER of one octet, the version; something of what follows must be there too.
    const at = header.start
    if (end - at < 6) return MAYBE
    const isVersion = bytes[at] === CONTEXT && bytes[at + 1] === 3 && bytes[at + 2] === 2 && bytes[at + 3] === 1
    const version = bytes[at + 4] as number
    const then = bytes[at + 5] as number
    return isVersion && version >= 2 && version < 16 && then > CONTEXT && then <= CONTEXT + 5 ? SURE : NO
  },

  frame(bytes, start, end, _seen, state, direction) {
    const first = bytes[start] as number
    if (first === SEQUENCE) {
      const length = elementLength(bytes, start, end)
      return length === 0 ? NEED_MORE : length < 0 ? BROKEN : length
    }
    return mayBeEarlyResult(first, state, direction) ? EARLY_RESULT_BYTES : NOT_MINE
  },

  read(pdu, state, direction, out) {
    if (pdu.peek() === SEQUENCE) request(pdu, state, out)
    else {
      const result = pdu.u32le(early)
      out.fact({ kind: 'early-user-authorization', result, complete: pdu.ok })
      if (pdu.ok && direction === SERVER) state.authorized = true
    }
  },
})

const header: Header = { tag: 0, start: 0, length: 0 }

/** It comes once, from the server, and is no beginning of RDP: neither TPKT nor another TSRequest. */
function mayBeEarlyResult(first: number, state: CredSspState, direction: Direction): boolean {
  const isAsked = state.selected === HYBRID_EX || state.selected === UNKNOWN
  return direction === SERVER && isAsked && state.began && !state.authorized && first !== TPKT_VERSION
}

function request(pdu: Pdu, state: CredSspState, out: Out<CredSspFact>): void {
  let version = 0
  let hasTokens = false
  let hasAuthInfo = false
  let publicKeyBytes = 0
  let hasNonce = false
  let errorCode = 0
  const tokens: AuthenticationFact[] = []
  ber.sequence(pdu, f.request, tag => {
    const part = tag - CONTEXT
    if (part === 0) version = ber.integer(pdu, f.version)
    else if (part === 1) {
      hasTokens = true
      ber.listOf(pdu, f.tokens, () =>
        ber.sequence(pdu, f.tokenItem, () =>
          ber.element(pdu, f.token, () => readSecurityToken(pdu, { fact: fact => tokens.push(fact) })),
        ),
      )
    } else if (part === 2) {
      hasAuthInfo = true
      ber.hiddenOctets(pdu, f.authInfo)
    } else if (part === 3) publicKeyBytes = ber.hiddenOctets(pdu, f.publicKey)
    else if (part === 4) errorCode = ber.integer(pdu, f.error) >>> 0
    else if (part === 5) hasNonce = ber.octets(pdu, f.nonce) > 0
  })
  const complete = pdu.ok
  out.fact({ kind: 'credssp', version, hasTokens, hasAuthInfo, publicKeyBytes, hasNonce, errorCode, complete })
  for (const fact of tokens) out.fact(fact)
  if (complete) state.began = true
}
