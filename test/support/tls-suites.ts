/**
 * How records are sealed, suite by suite: AES-GCM, ChaCha20-Poly1305, and AES-CBC with a MAC before encryption.
 * RFC 5246 6.2.3 and 6.3, RFC 5288, RFC 7905, RFC 8446 5.2 and 7.3.
 */
import { type CipherGCM, createCipheriv, createHmac } from 'node:crypto'

const TLS_1_2 = 0x0303
const APPLICATION_DATA = 23

export interface Suite {
  readonly id: number
  /** Of the pseudo-random function. */
  readonly hash: 'sha256' | 'sha384'
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305' | 'aes-128-cbc' | 'aes-256-cbc'
  readonly keyBytes: 16 | 32
  /** The block cipher's MAC; an AEAD has none. */
  readonly mac: 'sha1' | 'sha256' | null
}

export const AES_128_GCM_SHA256: Suite = {
  id: 0x1301,
  hash: 'sha256',
  cipher: 'aes-128-gcm',
  keyBytes: 16,
  mac: null,
}
export const AES_256_GCM_SHA384: Suite = {
  id: 0x1302,
  hash: 'sha384',
  cipher: 'aes-256-gcm',
  keyBytes: 32,
  mac: null,
}
export const ECDHE_RSA_AES_128_GCM_SHA256: Suite = { ...AES_128_GCM_SHA256, id: 0xc02f }
export const ECDHE_RSA_AES_256_GCM_SHA384: Suite = { ...AES_256_GCM_SHA384, id: 0xc030 }
export const ECDHE_RSA_CHACHA20_POLY1305: Suite = {
  id: 0xcca8,
  hash: 'sha256',
  cipher: 'chacha20-poly1305',
  keyBytes: 32,
  mac: null,
}
export const ECDHE_RSA_AES_256_CBC_SHA: Suite = {
  id: 0xc014,
  hash: 'sha256',
  cipher: 'aes-256-cbc',
  keyBytes: 32,
  mac: 'sha1',
}

/** One direction's keys. */
export interface RecordKeys {
  readonly suite: Suite
  /** TLS 1.3: what a key update goes on from. */
  readonly secret: Buffer
  readonly key: Buffer
  readonly iv: Buffer
  readonly macKey: Buffer
  sequence: bigint
}

/** Both directions' keys of TLS 1.2, the client's first. */
export function keysOf12(
  suite: Suite,
  master: Buffer,
  clientRandom: Buffer,
  serverRandom: Buffer,
): [RecordKeys, RecordKeys] {
  const macBytes = suite.mac === null ? 0 : suite.mac === 'sha1' ? 20 : 32
  const ivBytes = suite.mac !== null ? 0 : suite.cipher === 'chacha20-poly1305' ? 12 : 4
  const seed = Buffer.concat([Buffer.from('key expansion'), serverRandom, clientRandom])
  const material = stretched(suite.hash, master, seed, 2 * (macBytes + suite.keyBytes + ivBytes))
  let at = 0
  const pair = (bytes: number): [Buffer, Buffer] => {
    const from = at
    at += 2 * bytes
    return [material.subarray(from, from + bytes), material.subarray(from + bytes, at)]
  }
  const macs = pair(macBytes)
  const keys = pair(suite.keyBytes)
  const ivs = pair(ivBytes)
  const keysOf = (side: 0 | 1): RecordKeys => ({
    suite,
    secret: master,
    key: keys[side],
    iv: ivs[side],
    macKey: macs[side],
    sequence: 0n,
  })
  return [keysOf(0), keysOf(1)]
}

export function keysOf13(suite: Suite, secret: Buffer): RecordKeys {
  const key = expand(suite, secret, 'key', suite.keyBytes)
  return { suite, secret, key, iv: expand(suite, secret, 'iv', 12), macKey: Buffer.alloc(0), sequence: 0n }
}

/** HKDF-Expand-Label without a context, for lengths of one hash. */
export function expand({ hash }: Suite, secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`)
  const info = Buffer.concat([Buffer.from([length >> 8, length, name.length]), name, Buffer.from([0, 1])])
  return createHmac(hash, secret).update(info).digest().subarray(0, length)
}

/** One record of TLS 1.2, its header in front. */
export function seal12(keys: RecordKeys, type: number, content: Uint8Array): Buffer {
  const sequence = sequenceOf(keys)
  if (keys.suite.mac !== null) return sealCbc(keys, sequence, type, content)
  const additional = Buffer.concat([sequence, recordHeader(type, content.length)])
  const isChaCha = keys.suite.cipher === 'chacha20-poly1305'
  const nonce = isChaCha ? mixed(keys.iv, sequence) : Buffer.concat([keys.iv, sequence])
  const sealed = aead(keys, nonce, additional, content)
  const fragment = isChaCha ? sealed : Buffer.concat([sequence, sealed])
  return Buffer.concat([recordHeader(type, fragment.length), fragment])
}

/** One record of TLS 1.3. */
export function seal13(keys: RecordKeys, type: number, content: Uint8Array): Buffer {
  const head = recordHeader(APPLICATION_DATA, content.length + 17)
  const inner = Buffer.concat([content, Buffer.from([type])])
  return Buffer.concat([head, aead(keys, mixed(keys.iv, sequenceOf(keys)), head, inner)])
}

export function recordHeader(type: number, length: number): Buffer {
  return Buffer.from([type, TLS_1_2 >> 8, TLS_1_2 & 255, length >> 8, length & 255])
}

function aead({ suite, key }: RecordKeys, nonce: Buffer, additional: Buffer, content: Uint8Array): Buffer {
  const options = { authTagLength: 16 }
  const cipher = createCipheriv(suite.cipher as 'aes-128-gcm', key, nonce, options) as CipherGCM
  cipher.setAAD(additional, { plaintextLength: content.length })
  return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

/** The initialisation vector need not be a secret here: it follows from the record's number. */
function sealCbc({ suite, key, macKey }: RecordKeys, sequence: Buffer, type: number, content: Uint8Array): Buffer {
  const mac = createHmac(suite.mac ?? 'sha1', macKey)
    .update(sequence)
    .update(recordHeader(type, content.length))
    .update(content)
    .digest()
  const vector = Buffer.concat([sequence, sequence])
  const padding = 15 - ((content.length + mac.length) % 16)
  const cipher = createCipheriv(suite.cipher, key, vector).setAutoPadding(false)
  const plain = Buffer.concat([content, mac, Buffer.alloc(padding + 1, padding)])
  const fragment = Buffer.concat([vector, cipher.update(plain), cipher.final()])
  return Buffer.concat([recordHeader(type, fragment.length), fragment])
}

function sequenceOf(keys: RecordKeys): Buffer {
  const sequence = Buffer.alloc(8)
  sequence.writeBigUInt64BE(keys.sequence++)
  return sequence
}

function mixed(iv: Buffer, sequence: Buffer): Buffer {
  const nonce = Buffer.from(iv)
  for (let at = 0; at < 8; at++) nonce[4 + at] = (nonce[4 + at] as number) ^ (sequence[at] as number)
  return nonce
}

/** P_hash of RFC 5246 section 5. */
function stretched(hash: Suite['hash'], secret: Buffer, seed: Buffer, length: number): Buffer {
  const parts: Buffer[] = []
  let chain = seed
  for (let have = 0; have < length; have += hash === 'sha256' ? 32 : 48) {
    chain = createHmac(hash, secret).update(chain).digest()
    parts.push(createHmac(hash, secret).update(chain).update(seed).digest())
  }
  return Buffer.concat(parts).subarray(0, length)
}
