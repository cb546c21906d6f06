/**
 * X.509 certificates: what a network engineer asks of one. Whose it is, who issued it, from when to when, for which names,
 * with which key. Nothing is verified. A missing or damaged piece is '' or 0.
 *
 * RFC 5280 section 4 (certificates), RFC 3279, RFC 5480, RFC 8410 (keys and signatures).
 */
import { hex } from '../src/wire/bytes.ts'
import type { Field } from '../src/wire/field.ts'
import { MAX_CACHED_CERTIFICATES } from '../src/wire/limits.ts'
import { Pdu } from '../src/wire/pdu.ts'
import { element, integer, objectId, octets, peekTag } from './ber.ts'
import { elementLength } from './ber-header.ts'
import { BIT_STRING, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, timeSeconds } from './der.ts'
import type { CertificateSummary } from './tls-facts.ts'
import { readCertificateExtensions } from './x509-extensions.ts'
import { directory, certificate as f } from './x509-fields.ts'
import { choice, distinguishedName } from './x509-names.ts'

/**
 * The summary of the certificate in bytes[start, end). A server sends the same certificate to each client: summaries are
 * remembered, up to a limit, and the same object is answered for the same bytes.
 */
export function certificateSummary(bytes: Uint8Array, start: number, end: number): CertificateSummary {
  const key = sampleHash(bytes, start, end)
  const known = remembered.get(key)
  if (known !== undefined && equal(known.bytes, bytes, start, end)) return known.summary
  const summary = readCertificate(cursor.reset(bytes, start, end))
  if (remembered.size >= MAX_CACHED_CERTIFICATES) remembered.clear()
  remembered.set(key, { bytes: bytes.slice(start, end), summary })
  return summary
}

const remembered = new Map<number, { readonly bytes: Uint8Array; readonly summary: CertificateSummary }>()
const cursor = new Pdu()

const VERSION = 0xa0
const EXTENSIONS = 0xa3
const UTC_TIME = 0x17
const MAX_SERIAL_BYTES = 64

const RSA = '1.2.840.113549.1.1.1'
const EC = '1.2.840.10045.2.1'
const KEY_ALGORITHMS = new Map<string, readonly [name: string, bits: number]>([
  [RSA, ['RSA', 0]],
  ['1.2.840.113549.1.1.10', ['RSASSA-PSS', 0]],
  ['1.2.840.10040.4.1', ['DSA', 0]],
  [EC, ['EC', 0]],
  ['1.3.101.112', ['Ed25519', 256]],
  ['1.3.101.113', ['Ed448', 456]],
])
const CURVES = new Map<string, readonly [name: string, bits: number]>([
  ['1.2.840.10045.3.1.1', ['P-192', 192]],
  ['1.3.132.0.33', ['P-224', 224]],
  ['1.2.840.10045.3.1.7', ['P-256', 256]],
  ['1.3.132.0.34', ['P-384', 384]],
  ['1.3.132.0.35', ['P-521', 521]],
  ['1.3.132.0.10', ['secp256k1', 256]],
  ['1.3.36.3.3.2.8.1.1.7', ['brainpoolP256r1', 256]],
  ['1.3.36.3.3.2.8.1.1.11', ['brainpoolP384r1', 384]],
  ['1.3.36.3.3.2.8.1.1.13', ['brainpoolP512r1', 512]],
])
const SIGNATURE_ALGORITHMS = new Map([
  ['1.2.840.113549.1.1.2', 'md2WithRSAEncryption'],
  ['1.2.840.113549.1.1.4', 'md5WithRSAEncryption'],
  ['1.2.840.113549.1.1.5', 'sha1WithRSAEncryption'],
  ['1.3.14.3.2.29', 'sha1WithRSA'],
  ['1.2.840.113549.1.1.10', 'rsassaPss'],
  ['1.2.840.113549.1.1.11', 'sha256WithRSAEncryption'],
  ['1.2.840.113549.1.1.12', 'sha384WithRSAEncryption'],
  ['1.2.840.113549.1.1.13', 'sha512WithRSAEncryption'],
  ['1.2.840.113549.1.1.14', 'sha224WithRSAEncryption'],
  ['1.2.840.10040.4.3', 'dsa-with-sha1'],
  ['2.16.840.1.101.3.4.3.2', 'dsa-with-sha256'],
  ['1.2.840.10045.4.1', 'ecdsa-with-SHA1'],
  ['1.2.840.10045.4.3.1', 'ecdsa-with-SHA224'],
  ['1.2.840.10045.4.3.2', 'ecdsa-with-SHA256'],
  ['1.2.840.10045.4.3.3', 'ecdsa-with-SHA384'],
  ['1.2.840.10045.4.3.4', 'ecdsa-with-SHA512'],
  ['1.3.101.112', 'Ed25519'],
  ['1.3.101.113', 'Ed448'],
])

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** All that is left of the group at hand. What is damaged in it is a fault of the PDU. */
export function readCertificate(pdu: Pdu): CertificateSummary {
  const summary: Writable<CertificateSummary> = {
    subject: '',
    issuer: '',
    commonName: '',
    serial: '',
    notBefore: 0,
    notAfter: 0,
    names: [],
    selfIssued: false,
    keyAlgorithm: '',
    keyBits: 0,
    signatureAlgorithm: '',
    bytes: pdu.left,
  }
  if (peekTag(pdu) !== SEQUENCE) return summary
  element(pdu, null, () => {
    if (peekTag(pdu) !== SEQUENCE) return
    element(pdu, f.signed, () => readSigned(pdu, summary))
    if (peekTag(pdu) === SEQUENCE) algorithmIdentifier(pdu, f.signatureAlgorithm)
    if (peekTag(pdu) === BIT_STRING) {
      element(pdu, null, () => {
        pdu.u8(f.unusedBits)
        pdu.mark(f.encrypted, pdu.left)
      })
    }
  })
  return summary
}

/** The fields of the certificate in their order; where one is missing, what follows is read all the same. */
function readSigned(pdu: Pdu, summary: Writable<CertificateSummary>): void {
  if (peekTag(pdu) === VERSION) element(pdu, null, () => integer(pdu, f.version))
  if (peekTag(pdu) === INTEGER) summary.serial = serialNumber(pdu)
  if (peekTag(pdu) === SEQUENCE) {
    const algorithm = algorithmIdentifier(pdu, f.signature)
    summary.signatureAlgorithm = SIGNATURE_ALGORITHMS.get(algorithm) ?? algorithm
  }
  const issuerAt = pdu.pos
  if (peekTag(pdu) === SEQUENCE) summary.issuer = distinguishedName(pdu, f.issuer, directory.sequence).text
  const issuerEnd = pdu.pos
  if (peekTag(pdu) === SEQUENCE) {
    element(pdu, f.validity, () => {
      if (pdu.left > 0) summary.notBefore = time(pdu, f.notBefore)
      if (pdu.left > 0) summary.notAfter = time(pdu, f.notAfter)
    })
  }
  if (peekTag(pdu) === SEQUENCE) {
    const at = pdu.pos
    const name = distinguishedName(pdu, f.subject, f.subjectSequence)
    summary.subject = name.text
    summary.commonName = name.commonName
    summary.selfIssued = issuerEnd > issuerAt && equal(pdu.bytes.subarray(issuerAt, issuerEnd), pdu.bytes, at, pdu.pos)
  }
  if (peekTag(pdu) === SEQUENCE) Object.assign(summary, publicKey(pdu))
  // Unique identifiers [1] and [2] may lie in between; they are long out of use.
  while (pdu.left > 0) {
    if (peekTag(pdu) === EXTENSIONS) summary.names = readCertificateExtensions(pdu)
    else octets(pdu, f.unknown)
  }
}

/** Hexadecimal, without the zero byte that only keeps the number positive. */
function serialNumber(pdu: Pdu): string {
  const size = octets(pdu, f.serial)
  const start = pdu.pos - size
  const sign = size > 1 && pdu.bytes[start] === 0 ? 1 : 0
  return hex(pdu.bytes, start + sign, Math.min(pdu.pos, start + sign + MAX_SERIAL_BYTES))
}

/** The identifier with which it begins. */
function algorithmIdentifier(pdu: Pdu, group: Field): string {
  let algorithm = ''
  element(pdu, group, () => {
    if (peekTag(pdu) === OBJECT_IDENTIFIER) algorithm = objectId(pdu, f.algorithm)
    if (pdu.left > 0) pdu.mark(f.parameters, pdu.left)
  })
  return algorithm
}

function time(pdu: Pdu, f: Field): number {
  let seconds = 0
  const isUtc = peekTag(pdu) === UTC_TIME
  choice(pdu, f, isUtc ? 0 : 1, () =>
    element(pdu, null, tag => {
      const { bytes, pos, limit, left } = pdu
      seconds = timeSeconds(tag, bytes, pos, limit)
      if (isUtc) pdu.value(TIMES.utc, left, pdu.watched ? utcText(seconds) : '')
      else pdu.value(TIMES.generalized, left, pdu.watched ? BigInt(seconds) * 1_000_000_000n : 0)
    }),
  )
  return seconds
}

const TIMES = { utc: f.utcTime, generalized: f.generalizedTime }

/** `2026-01-01 00:00:00 (UTC)` */
function utcText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' (UTC)')
}

/** SubjectPublicKeyInfo. */
function publicKey(pdu: Pdu): { keyAlgorithm: string; keyBits: number } {
  let identifier = ''
  let curve = ''
  let keyBits = 0
  element(pdu, f.keyInfo, () => {
    if (peekTag(pdu) !== SEQUENCE) return
    element(pdu, f.keyAlgorithm, () => {
      if (peekTag(pdu) === OBJECT_IDENTIFIER) identifier = objectId(pdu, f.algorithm)
      if (identifier === EC && peekTag(pdu) === OBJECT_IDENTIFIER) {
        choice(pdu, f.curve, 1, () => {
          curve = objectId(pdu, f.namedCurve)
        })
      } else if (pdu.left > 0) pdu.mark(f.parameters, pdu.left)
    })
    if (peekTag(pdu) !== BIT_STRING) return
    element(pdu, null, () => {
      pdu.u8(f.unusedBits)
      if (identifier === RSA) keyBits = rsaKey(pdu)
      else pdu.mark(f.key, pdu.left)
    })
  })
  const [name, bits] = KEY_ALGORITHMS.get(identifier) ?? [identifier, 0]
  if (curve !== '') {
    const [curveName, curveBits] = CURVES.get(curve) ?? [curve, 0]
    return { keyAlgorithm: `EC ${curveName}`, keyBits: curveBits }
  }
  return { keyAlgorithm: name, keyBits: keyBits || bits }
}

/** RSAPublicKey: bits of its modulus. */
function rsaKey(pdu: Pdu): number {
  let bits = 0
  const size = elementLength(pdu.bytes, pdu.pos, pdu.limit)
  pdu.sized(f.key, size > 0 ? size : pdu.left, f.key)
  if (peekTag(pdu) === SEQUENCE) {
    element(pdu, null, () => {
      if (peekTag(pdu) === INTEGER) {
        const length = octets(pdu, f.modulus)
        bits = bitLength(pdu.bytes, pdu.pos - length, pdu.pos)
      }
      if (peekTag(pdu) === INTEGER) integer(pdu, f.exponent)
    })
  }
  pdu.end()
  return bits
}

function bitLength(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] === 0) at++
  return at === end ? 0 : (end - at) * 8 - (Math.clz32(bytes[at] as number) - 24)
}

/** FNV-1a over the length and some bytes of the whole; equal hashes are compared byte by byte. */
function sampleHash(bytes: Uint8Array, start: number, end: number): number {
  const step = Math.max(1, (end - start) >> 6)
  let hash = 0x811c9dc5 ^ (end - start)
  for (let at = start; at < end; at += step) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
  return hash
}

function equal(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let n = 0; n < known.length; n++) if (known[n] !== bytes[start + n]) return false
  return true
}
