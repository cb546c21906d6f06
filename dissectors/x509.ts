/**
 * X.509 certificates: what a network engineer asks of one. Whose it is, who issued it, from when to when, for which names,
 * with which key. Nothing is verified. A missing or damaged piece is '' or 0.
 *
 * RFC 5280 section 4 (certificates), RFC 4514 (names as text), RFC 3279, RFC 5480, RFC 8410 (keys and signatures).
 */
import { hex } from '../src/wire/bytes.ts'
import {
  MAX_ALTERNATIVE_NAMES,
  MAX_CACHED_CERTIFICATES,
  MAX_CERTIFICATE_NAME,
  MAX_DER_ELEMENTS,
} from '../src/wire/limits.ts'
import {
  BIT_STRING,
  BOOLEAN,
  Der,
  INTEGER,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  objectIdentifier,
  SEQUENCE,
  SET,
  stringText,
  timeSeconds,
} from './der.ts'
import { ipv4Text, ipv6Text } from './ip-address.ts'
import type { CertificateSummary } from './tls.ts'

/**
 * The summary of the certificate in bytes[start, end). A server sends the same certificate to each client: summaries are
 * remembered, up to a limit, and the same object is answered for the same bytes.
 */
export function certificateSummary(bytes: Uint8Array, start: number, end: number): CertificateSummary {
  const key = sampleHash(bytes, start, end)
  const known = remembered.get(key)
  if (known !== undefined && equal(known.bytes, bytes, start, end)) return known.summary
  const summary = readCertificate(bytes, start, end)
  if (remembered.size >= MAX_CACHED_CERTIFICATES) remembered.clear()
  remembered.set(key, { bytes: bytes.slice(start, end), summary })
  return summary
}

const remembered = new Map<number, { readonly bytes: Uint8Array; readonly summary: CertificateSummary }>()
const NO_BYTES = new Uint8Array(0)

const VERSION = 0xa0
const EXTENSIONS = 0xa3
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'
const COMMON_NAME = '2.5.4.3'

/** RFC 4514 section 3, and what else is met in names. */
const ATTRIBUTES = new Map([
  [COMMON_NAME, 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
])

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

/** The fields of the certificate in their order; where one is missing, what follows is read all the same. */
function readCertificate(bytes: Uint8Array, start: number, end: number): CertificateSummary {
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
    bytes: end - start,
  }
  const outer = new Der(bytes, start, end)
  if (!outer.take(SEQUENCE)) return summary
  const whole = outer.inside()
  if (!whole.take(SEQUENCE)) return summary
  const part = whole.inside()
  part.take(VERSION)
  if (part.take(INTEGER)) summary.serial = serialText(part)
  if (part.take(SEQUENCE)) {
    const algorithm = firstIdentifier(part)
    summary.signatureAlgorithm = SIGNATURE_ALGORITHMS.get(algorithm) ?? algorithm
  }
  let issuer = NO_BYTES
  if (part.take(SEQUENCE)) {
    issuer = bytes.slice(part.from, part.end)
    summary.issuer = readName(part).text
  }
  if (part.take(SEQUENCE)) {
    const validity = part.inside()
    if (validity.next()) summary.notBefore = timeSeconds(validity.tag, bytes, validity.start, validity.end)
    if (validity.next()) summary.notAfter = timeSeconds(validity.tag, bytes, validity.start, validity.end)
  }
  if (part.take(SEQUENCE)) {
    const name = readName(part)
    summary.subject = name.text
    summary.commonName = name.commonName
    summary.selfIssued = issuer.length > 0 && equal(issuer, bytes, part.from, part.end)
  }
  if (part.take(SEQUENCE)) Object.assign(summary, readKey(part))
  // Unique identifiers [1] and [2] may lie in between; they are long out of use.
  while (part.next()) if (part.tag === EXTENSIONS) summary.names = alternativeNames(part)
  return summary
}

/** Hexadecimal, without the zero byte that only keeps the number positive. */
function serialText(element: Der): string {
  const { bytes, start, end } = element
  const sign = end - start > 1 && bytes[start] === 0 ? 1 : 0
  return hex(bytes, start + sign, Math.min(end, start + sign + 64))
}

/** The identifier with which an AlgorithmIdentifier begins. */
function firstIdentifier(element: Der): string {
  const inside = element.inside()
  return inside.take(OBJECT_IDENTIFIER) ? objectIdentifier(inside.bytes, inside.start, inside.end) : ''
}

/** RFC 4514: the last relative name first, several attributes of one joined by a plus sign. */
function readName(element: Der): { text: string; commonName: string } {
  const relatives: string[] = []
  let commonName = ''
  const sets = element.inside()
  for (let n = 0; n < MAX_DER_ELEMENTS && sets.take(SET); n++) {
    const pairs: string[] = []
    const attributes = sets.inside()
    for (; n < MAX_DER_ELEMENTS && attributes.take(SEQUENCE); n++) {
      const pair = attributes.inside()
      if (!pair.take(OBJECT_IDENTIFIER)) continue
      const type = objectIdentifier(pair.bytes, pair.start, pair.end)
      if (!pair.next()) continue
      const value = bounded(stringText(pair.tag, pair.bytes, pair.start, Math.min(pair.end, pair.start + 4096)))
      if (type === COMMON_NAME) commonName = value
      pairs.push(`${ATTRIBUTES.get(type) ?? type}=${escaped(value)}`)
    }
    relatives.push(pairs.join('+'))
  }
  return { text: bounded(relatives.reverse().join(',')), commonName }
}

/** RFC 4514 2.4. */
function escaped(value: string): string {
  return value.replace(/[,+"\\<>;]|^[ #]| $/g, '\\$&')
}

function bounded(text: string): string {
  return text.length <= MAX_CERTIFICATE_NAME ? text : `${text.slice(0, MAX_CERTIFICATE_NAME - 1)}…`
}

/** SubjectPublicKeyInfo. */
function readKey(element: Der): { keyAlgorithm: string; keyBits: number } {
  const info = element.inside()
  if (!info.take(SEQUENCE)) return { keyAlgorithm: '', keyBits: 0 }
  const algorithm = info.inside()
  if (!algorithm.take(OBJECT_IDENTIFIER)) return { keyAlgorithm: '', keyBits: 0 }
  const identifier = objectIdentifier(algorithm.bytes, algorithm.start, algorithm.end)
  const [name, bits] = KEY_ALGORITHMS.get(identifier) ?? [identifier, 0]
  if (identifier === EC && algorithm.take(OBJECT_IDENTIFIER)) {
    const curve = objectIdentifier(algorithm.bytes, algorithm.start, algorithm.end)
    const [curveName, curveBits] = CURVES.get(curve) ?? [curve, 0]
    return { keyAlgorithm: `EC ${curveName}`, keyBits: curveBits }
  }
  if (name.startsWith('RSA') && info.take(BIT_STRING)) return { keyAlgorithm: name, keyBits: modulusBits(info) }
  return { keyAlgorithm: name, keyBits: bits }
}

/** RSAPublicKey lies in a bit string, behind the byte that counts unused bits. */
function modulusBits(bitString: Der): number {
  const outer = new Der(bitString.bytes, bitString.start + 1, bitString.end)
  if (!outer.take(SEQUENCE)) return 0
  const key = outer.inside()
  if (!key.take(INTEGER)) return 0
  let at = key.start
  while (at < key.end && key.bytes[at] === 0) at++
  if (at === key.end) return 0
  return (key.end - at) * 8 - (Math.clz32(key.bytes[at] as number) - 24)
}

/** DNS names and addresses of the extension, in their order. */
function alternativeNames(element: Der): string[] {
  const names: string[] = []
  const list = element.inside()
  if (!list.take(SEQUENCE)) return names
  const extensions = list.inside()
  for (let n = 0; n < MAX_DER_ELEMENTS && extensions.take(SEQUENCE); n++) {
    const one = extensions.inside()
    if (!one.take(OBJECT_IDENTIFIER)) continue
    if (objectIdentifier(one.bytes, one.start, one.end) !== SUBJECT_ALTERNATIVE_NAME) continue
    one.take(BOOLEAN)
    if (!one.take(OCTET_STRING)) continue
    const value = one.inside()
    if (!value.take(SEQUENCE)) continue
    const general = value.inside()
    while (general.next()) {
      const name = generalName(general)
      if (name === '') continue
      if (names.length === MAX_ALTERNATIVE_NAMES) return [...names, '…']
      names.push(name)
    }
  }
  return names
}

function generalName(element: Der): string {
  const { tag, bytes, start, end } = element
  if (tag === DNS_NAME) return bounded(stringText(tag, bytes, start, Math.min(end, start + 4096)))
  if (tag !== IP_ADDRESS) return ''
  if (end - start === 4) return ipv4Text(bytes, start)
  return end - start === 16 ? ipv6Text(bytes, start) : ''
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
