/**
 * The key exchange messages of TLS up to 1.2: what the server and the client send depends on the cipher suite, which the
 * messages themselves do not name. Only the tree wants them.
 *
 * RFC 5246 sections 7.4.3 and 7.4.7, RFC 8422 section 5.4 and 5.7, RFC 4279 (pre-shared keys), RFC 4346 (before TLS 1.2).
 */
import { cipherSuites, TLS_1_0, TLS_1_2 } from '../src/codes/tls-names.ts'
import type { Field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { readScheme } from './tls-extensions.ts'
import type { HandshakeFields } from './tls-fields.ts'

const NAMED_CURVE = 3
const DTLS_1_2 = 0xfefd

interface KeyExchange {
  readonly kind: 'rsa' | 'rsa-export' | 'dh' | 'ecdh' | 'psk' | 'unknown'
  /** An identity of a pre-shared key goes before it. */
  readonly withPsk: boolean
  /** The server signs its part. */
  readonly isSigned: boolean
}

/** By the suite's name: `TLS_ECDHE_RSA_WITH_...`. */
function keyExchange(suite: number): KeyExchange {
  const method = /^TLS_(.*?)_WITH_/.exec(cipherSuites.get(suite) ?? '')?.[1] ?? ''
  const withPsk = method.includes('PSK')
  const isSigned = !withPsk && !/anon/i.test(method)
  const kind = /^ECDH/.test(method)
    ? 'ecdh'
    : /^DH/.test(method)
      ? 'dh'
      : /^RSA_EXPORT/.test(method)
        ? 'rsa-export'
        : /^RSA/.test(method)
          ? 'rsa'
          : withPsk
            ? 'psk'
            : 'unknown'
  return { kind, withPsk, isSigned }
}

export function readServerKeyExchange(pdu: Pdu, f: HandshakeFields, suite: number, version: number): void {
  const { kind, withPsk, isSigned } = keyExchange(suite)
  if (withPsk) vector(pdu, f.hintLength, f.hint)
  if (kind === 'ecdh') {
    if (pdu.u8(f.curveType) !== NAMED_CURVE) return
    pdu.u16be(f.namedCurve)
    pdu.mark(f.serverPoint, pdu.u8(f.serverPointLength))
  } else if (kind === 'dh') {
    vector(pdu, f.primeLength, f.prime)
    vector(pdu, f.generatorLength, f.generator)
    vector(pdu, f.serverPublicLength, f.serverPublic)
  } else if (kind === 'rsa-export') {
    vector(pdu, f.modulusLength, f.modulus)
    vector(pdu, f.exponentLength, f.exponent)
  } else return
  if (isSigned) readSignature(pdu, f, version, f.signatureLength, f.signature)
}

export function readClientKeyExchange(pdu: Pdu, f: HandshakeFields, suite: number, version: number): void {
  const { kind, withPsk } = keyExchange(suite)
  if (withPsk) vector(pdu, f.pskIdentityLength, f.pskIdentity)
  if (kind === 'ecdh') pdu.mark(f.clientPoint, pdu.u8(f.clientPointLength))
  else if (kind === 'dh') vector(pdu, f.clientPublicLength, f.clientPublic)
  else if (kind === 'rsa' || kind === 'rsa-export') {
    // SSL 3.0 sends it without its length.
    if (version < TLS_1_0) pdu.mark(f.premaster, pdu.left)
    else vector(pdu, f.premasterLength, f.premaster)
  }
}

/** Before TLS 1.2 the key said how it signs. */
export function readSignature(pdu: Pdu, f: HandshakeFields, version: number, lengthField: Field, bytes: Field): void {
  if ((version >= TLS_1_2 && version < 0xfe00) || (version >= 0xfe00 && version <= DTLS_1_2)) readScheme(pdu, f)
  vector(pdu, lengthField, bytes)
}

function vector(pdu: Pdu, lengthField: Field, bytes: Field): void {
  pdu.mark(bytes, pdu.u16be(lengthField))
}
