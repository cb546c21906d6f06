/**
 * Security tokens as GSS-API and SPNEGO wrap them: two sides agree on Kerberos or NTLM, and carry its messages. Tokens come
 * in CredSSP, in HTTP headers, in RPC and in the packets of a gateway.
 *
 * RFC 4178 4.2 (SPNEGO), MS-SPNG 2.2.1 (hints), RFC 2743 3.1 (GSS-API), RFC 4121 4.1 and RFC 1964 1.1 (Kerberos in it).
 */
import { field } from '../src/wire/field.ts'
import { MAX_MECHANISMS, MAX_NESTED_TOKENS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import * as ber from './ber.ts'
import { objectIdentifier } from './der.ts'
import { isKerberos, type KerberosFact, readKerberos, readTgtMessage } from './kerberos-messages.ts'
import { isNtlmssp, type NtlmFact, readNtlmPdu, readNtlmssp } from './ntlmssp.ts'

export interface SpnegoToken {
  readonly kind: 'spnego'
  readonly token: 'init' | 'response'
  /** Offered, or the one that was chosen: 'NTLM', 'Kerberos' ...; an unknown one by its identifier. */
  readonly mechanisms: readonly string[]
  /** negState: 0 accepted, 1 goes on, 2 rejected, 3 wants a checksum; -1 where it does not say. */
  readonly state: number
  /** It carries a token of the mechanism. */
  readonly hasToken: boolean
  readonly complete: boolean
}
export type AuthenticationFact = SpnegoToken | NtlmFact | KerberosFact

/** Takes what tokens say. */
export interface AuthenticationOut {
  fact(fact: AuthenticationFact): void
}

const NEGOTIATION_STATES = new Map([
  [0, 'accept-completed'],
  [1, 'accept-incomplete'],
  [2, 'reject'],
  [3, 'request-mic'],
])
const KERBEROS_TOKENS = new Map([
  [0x0001, 'KRB5_AP_REQ'],
  [0x0002, 'KRB5_AP_REP'],
  [0x0003, 'KRB5_ERROR'],
  [0x0004, 'KRB5_TGT_REQ'],
  [0x0104, 'KRB5_TGT_REP'],
  [0x0101, 'KRB5_GSS_GetMIC'],
  [0x0102, 'KRB5_GSS_Wrap'],
  [0x0404, 'KRB5_CFX_GetMIC'],
  [0x0405, 'KRB5_CFX_Wrap'],
])
const gss = {
  root: field('gss-api', 'GSS-API Generic Security Service Application Program Interface', 'group'),
  mechanism: field('gss-api.OID', 'OID', 'text'),
  token: field('gss-api.token', 'Token (hidden)', 'group'),
}
const f = {
  root: field('spnego', 'Simple Protected Negotiation', 'group'),
  init: field('spnego.negTokenInit_element', 'negTokenInit', 'group'),
  response: field('spnego.negTokenTarg_element', 'negTokenTarg', 'group'),
  mechanisms: field('spnego.mechTypes', 'mechTypes'),
  mechanism: field('spnego.MechType', 'MechType', 'text'),
  requestFlags: field('spnego.reqFlags', 'reqFlags', 'bytes'),
  mechanismToken: field('spnego.mechToken', 'mechToken (hidden)', 'group'),
  hints: field('spnego.negHints_element', 'negHints', 'group'),
  hintName: field('spnego.hintName', 'hintName', 'text'),
  hintAddress: field('spnego.hintAddress', 'hintAddress', 'bytes'),
  state: field('spnego.negResult', 'negResult', 'dec', NEGOTIATION_STATES),
  chosen: field('spnego.supportedMech', 'supportedMech', 'text'),
  responseToken: field('spnego.responseToken', 'responseToken (hidden)', 'group'),
  mic: field('spnego.mechListMIC', 'mechListMIC (hidden)', 'group'),
}
const krb5 = {
  blob: field('spnego.krb5.blob', 'krb5_blob (hidden)', 'group'),
  mechanism: field('spnego.krb5_oid', 'KRB5 OID', 'text'),
  tokenId: field('spnego.krb5.tok_id', 'krb5_tok_id', 'hex', KERBEROS_TOKENS),
}

const SPNEGO = '1.3.6.1.5.5.2'
const MECHANISMS = new Map([
  [SPNEGO, 'SPNEGO'],
  ['1.2.840.113554.1.2.2', 'Kerberos'],
  ['1.2.840.48018.1.2.2', 'Kerberos (Microsoft)'],
  ['1.2.840.113554.1.2.2.3', 'Kerberos user-to-user'],
  ['1.3.6.1.5.2.5', 'IAKERB'],
  ['1.3.6.1.4.1.311.2.2.10', 'NTLM'],
  ['1.3.6.1.4.1.311.2.2.30', 'NEGOEX'],
  ['1.3.6.1.5.2.7', 'PKU2U'],
])
const KERBEROS_MECHANISMS =
  /^(1\.2\.840\.(113554|48018)\.1\.2\.2|1\.2\.840\.113554\.1\.2\.2\.3|1\.3\.6\.1\.5\.2\.[57])$/

const INITIAL_TOKEN = 0x60
const NEG_TOKEN_INIT = 0xa0
const NEG_TOKEN_RESPONSE = 0xa1
const CONTEXT = 0xa0
const SEQUENCE = 0x30
const OBJECT_IDENTIFIER = 0x06
const TGT_REQUEST = 0x0004
const TGT_REPLY = 0x0104

/** Does a security token begin here that {@link readSecurityToken} reads? */
export function isSecurityToken(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]
  if (first === INITIAL_TOKEN || first === NEG_TOKEN_RESPONSE || first === NEG_TOKEN_INIT) return end - start > 2
  return isNtlmssp(bytes, start, end) || isKerberos(bytes, start, end)
}

/**
 * The token that fills the group at hand: in SPNEGO, in a wrapper of GSS-API alone, or bare. Of one that nobody knows nothing
 * is shown.
 * @param grouped it has a group of its own in the tree
 */
export function readSecurityToken(pdu: Pdu, out: AuthenticationOut, grouped = true): void {
  if (grouped) pdu.group(gss.root)
  new Tokens(pdu, out).read(0)
  if (grouped) pdu.end()
}

/** The same where the token is the whole PDU; an NTLM message is a protocol of its own then. */
export function readTokenPdu(pdu: Pdu, out: AuthenticationOut): void {
  if (!isNtlmssp(pdu.bytes, pdu.pos, pdu.limit)) new Tokens(pdu, out).read(0)
  else {
    const fact = readNtlmPdu(pdu)
    if (fact !== null) out.fact(fact)
  }
}

class Tokens {
  private readonly pdu: Pdu
  private out: AuthenticationOut

  constructor(pdu: Pdu, out: AuthenticationOut) {
    this.pdu = pdu
    this.out = out
  }

  read(depth: number): void {
    const { pdu } = this
    const { bytes, pos, limit } = pdu
    const first = pdu.peek()
    if (depth > MAX_NESTED_TOKENS) ber.hidden(pdu, gss.token, pdu.left)
    else if (isNtlmssp(bytes, pos, limit)) this.tell(readNtlmssp(pdu))
    else if (first === INITIAL_TOKEN) this.initialToken(depth)
    else if (first === NEG_TOKEN_INIT || first === NEG_TOKEN_RESPONSE) this.negotiation(depth)
    else if (isKerberos(bytes, pos, limit)) this.tell(readKerberos(pdu))
    else ber.hidden(pdu, gss.token, pdu.left)
  }

  private tell(fact: AuthenticationFact | null): void {
    if (fact !== null) this.out.fact(fact)
  }

  /** [APPLICATION 0]: the identifier of a mechanism, then its token. */
  private initialToken(depth: number): void {
    const { pdu } = this
    if (KERBEROS_MECHANISMS.test(this.mechanismAhead())) {
      ber.element(pdu, krb5.blob, () => {
        ber.objectId(pdu, depth === 0 ? gss.mechanism : krb5.mechanism)
        this.kerberos()
      })
      return
    }
    ber.element(pdu, null, () => {
      const mechanism = ber.objectId(pdu, gss.mechanism)
      if (mechanism === SPNEGO && (pdu.peek() === NEG_TOKEN_INIT || pdu.peek() === NEG_TOKEN_RESPONSE)) {
        this.negotiation(depth)
      } else if (pdu.left > 0) this.read(depth + 1)
    })
  }

  /** The identifier inside the wrapper at the cursor. */
  private mechanismAhead(): string {
    const { pdu } = this
    const length = pdu.peek(1)
    const inside = 2 + (length > 0x80 ? length & 0x7f : 0)
    const size = pdu.peek(inside + 1)
    if (pdu.peek(inside) !== OBJECT_IDENTIFIER || size < 0) return ''
    const from = pdu.pos + inside + 2
    return objectIdentifier(pdu.bytes, from, Math.min(from + size, pdu.limit))
  }

  private kerberos(): void {
    const { pdu } = this
    const token = pdu.u16le(krb5.tokenId)
    if (token === TGT_REQUEST || token === TGT_REPLY) this.tell(readTgtMessage(pdu))
    else if (isKerberos(pdu.bytes, pdu.pos, pdu.limit)) this.tell(readKerberos(pdu))
    if (pdu.left > 0) ber.hidden(pdu, gss.token, pdu.left)
  }

  /** What the tokens inside say is told behind it. */
  private negotiation(depth: number): void {
    const { pdu, out } = this
    const inner: AuthenticationFact[] = []
    this.out = { fact: fact => inner.push(fact) }
    pdu.group(f.root)
    const fact = pdu.peek() === NEG_TOKEN_INIT ? this.init(depth) : this.response(depth)
    pdu.end()
    this.out = out
    out.fact(fact)
    for (const one of inner) out.fact(one)
  }

  private init(depth: number): SpnegoToken {
    const { pdu } = this
    const mechanisms: string[] = []
    let hasToken = false
    ber.element(pdu, null, () =>
      ber.sequence(pdu, f.init, tag => {
        const part = tag - CONTEXT
        if (part === 0) {
          ber.listOf(pdu, f.mechanisms, () => {
            const mechanism = ber.objectId(pdu, f.mechanism)
            pdu.note('info', mechanismName(mechanism))
            if (mechanisms.length < MAX_MECHANISMS) mechanisms.push(mechanismName(mechanism))
          })
        } else if (part === 1) ber.octets(pdu, f.requestFlags)
        else if (part === 2) {
          hasToken = true
          ber.element(pdu, f.mechanismToken, () => this.read(depth + 1))
        } else if (part === 3 && ber.peekTag(pdu) === SEQUENCE) this.hints()
        else if (part === 3 || part === 4) ber.hiddenOctets(pdu, f.mic)
      }),
    )
    return { kind: 'spnego', token: 'init', mechanisms, state: -1, hasToken, complete: pdu.ok }
  }

  private hints(): void {
    const { pdu } = this
    ber.sequence(pdu, f.hints, tag => {
      if (tag === CONTEXT) ber.text(pdu, f.hintName)
      else ber.octets(pdu, f.hintAddress)
    })
  }

  private response(depth: number): SpnegoToken {
    const { pdu } = this
    const mechanisms: string[] = []
    let state = -1
    let hasToken = false
    ber.element(pdu, null, () =>
      ber.sequence(pdu, f.response, tag => {
        const part = tag - CONTEXT
        if (part === 0) state = ber.integer(pdu, f.state)
        else if (part === 1) {
          const mechanism = ber.objectId(pdu, f.chosen)
          pdu.note('info', mechanismName(mechanism))
          mechanisms.push(mechanismName(mechanism))
        } else if (part === 2) {
          hasToken = true
          ber.element(pdu, f.responseToken, () => this.read(depth + 1))
        } else if (part === 3) ber.hiddenOctets(pdu, f.mic)
      }),
    )
    return { kind: 'spnego', token: 'response', mechanisms, state, hasToken, complete: pdu.ok }
  }
}

function mechanismName(identifier: string): string {
  return MECHANISMS.get(identifier) ?? identifier
}
