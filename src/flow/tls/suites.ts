/**
 * What a cipher suite says about keys and records, read from its name: the name is the registry's own description.
 * RFC 5246 appendix C, RFC 8446 appendix B.4, RFC 5288 and 5289 (GCM), RFC 6655 and 7251 (CCM), RFC 7905 (ChaCha20), RFC 6209
 * (ARIA), RFC 5932 (Camellia).
 */
import { getCiphers } from 'node:crypto'
import { cipherSuites, TLS_1_1, TLS_1_2 } from '../../codes/tls-names.ts'

export type Hash = 'md5' | 'sha1' | 'sha256' | 'sha384'
export const HASH_BYTES: Readonly<Record<Hash, number>> = { md5: 16, sha1: 20, sha256: 32, sha384: 48 }

/** How records are protected: `xor` = the nonce is the IV with the sequence number over it. */
export type Protection = 'aead' | 'aead-xor' | 'cbc' | 'stream' | 'none'

export interface Cipher {
  /** Name in node:crypto. */
  readonly algorithm: string
  readonly protection: Protection
  readonly keyBytes: number
  /** Of the key block: the part of the nonce that does not change, or of a cipher block. */
  readonly ivBytes: number
  /** Of the authentication tag. */
  readonly tagBytes: number
}

export interface Suite {
  readonly cipher: Cipher
  /** Of the MAC of each record; without meaning for AEAD. */
  readonly mac: Hash
  /** Of the key schedule, from TLS 1.2 on. */
  readonly prf: Hash
  /** The client sends the premaster secret encrypted with the server's RSA key. */
  readonly staticRsa: boolean
}

const aead = (algorithm: string, keyBytes: number, tagBytes = 16): Cipher => ({
  algorithm,
  protection: 'aead',
  keyBytes,
  ivBytes: 4,
  tagBytes,
})
const cbc = (algorithm: string, keyBytes: number, ivBytes = 16): Cipher => ({
  algorithm,
  protection: 'cbc',
  keyBytes,
  ivBytes,
  tagBytes: 0,
})

/** By the part of the name behind WITH, without the hash. */
const CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  ['NULL', { algorithm: '', protection: 'none', keyBytes: 0, ivBytes: 0, tagBytes: 0 }],
  ['RC4_128', { algorithm: 'rc4', protection: 'stream', keyBytes: 16, ivBytes: 0, tagBytes: 0 }],
  ['DES_CBC', cbc('des-ede3-cbc', 8, 8)],
  ['3DES_EDE_CBC', cbc('des-ede3-cbc', 24, 8)],
  ['AES_128_CBC', cbc('aes-128-cbc', 16)],
  ['AES_256_CBC', cbc('aes-256-cbc', 32)],
  ['CAMELLIA_128_CBC', cbc('camellia-128-cbc', 16)],
  ['CAMELLIA_256_CBC', cbc('camellia-256-cbc', 32)],
  ['ARIA_128_CBC', cbc('aria-128-cbc', 16)],
  ['ARIA_256_CBC', cbc('aria-256-cbc', 32)],
  ['AES_128_GCM', aead('aes-128-gcm', 16)],
  ['AES_256_GCM', aead('aes-256-gcm', 32)],
  ['ARIA_128_GCM', aead('aria-128-gcm', 16)],
  ['ARIA_256_GCM', aead('aria-256-gcm', 32)],
  ['AES_128_CCM', aead('aes-128-ccm', 16)],
  ['AES_256_CCM', aead('aes-256-ccm', 32)],
  ['AES_128_CCM_8', aead('aes-128-ccm', 16, 8)],
  ['AES_256_CCM_8', aead('aes-256-ccm', 32, 8)],
  [
    'CHACHA20_POLY1305',
    { algorithm: 'chacha20-poly1305', protection: 'aead-xor', keyBytes: 32, ivBytes: 12, tagBytes: 16 },
  ],
])
const HASHES: ReadonlyMap<string, Hash> = new Map([
  ['MD5', 'md5'],
  ['SHA', 'sha1'],
  ['SHA256', 'sha256'],
  ['SHA384', 'sha384'],
])
const NAME = /^TLS_(?:(.+)_WITH_)?(.+?)(?:_(MD5|SHA|SHA256|SHA384))?$/
/** In TLS 1.3 all of the nonce comes from the key schedule (RFC 8446 5.3). */
const NONCE_BYTES = 12

const DTLS_1_0 = 0xfeff
const DTLS_1_2 = 0xfefd

const available = new Set(getCiphers())
const read = new Map<number, Suite | null>()

/** Null when this tool can not decrypt it. */
export function suiteOf(id: number): Suite | null {
  const known = read.get(id)
  if (known !== undefined) return known
  const suite = suiteNamed(cipherSuites.get(id) ?? '')
  read.set(id, suite)
  return suite
}

function suiteNamed(name: string): Suite | null {
  const [, exchange, cipherName = '', hashName = ''] = NAME.exec(name) ?? []
  const cipher = CIPHERS.get(cipherName)
  if (cipher === undefined || exchange?.includes('EXPORT') === true) return null
  const hash = HASHES.get(hashName) ?? 'sha256'
  return {
    cipher: exchange === undefined ? { ...cipher, protection: 'aead-xor', ivBytes: NONCE_BYTES } : cipher,
    mac: hash,
    prf: hash === 'sha384' ? 'sha384' : 'sha256',
    staticRsa: exchange === 'RSA' || exchange === 'RSA_PSK',
  }
}

/** Not every build of Node has every cipher. */
export function isAvailable({ cipher: { algorithm, protection } }: Suite): boolean {
  return protection === 'none' || protection === 'stream' || available.has(algorithm)
}

/** The hash of the key schedule; null = MD5 and SHA-1 together (RFC 4346 section 5). */
export function scheduleHash(suite: Suite, version: number): Hash | null {
  return streamVersion(version) < TLS_1_2 ? null : suite.prf
}

/** The version of TLS that a version of DTLS builds on (RFC 4347, RFC 6347); any other as it is. */
export function streamVersion(version: number): number {
  return version === DTLS_1_0 ? TLS_1_1 : version === DTLS_1_2 ? TLS_1_2 : version
}
